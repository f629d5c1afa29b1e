from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import unquote

import httptools
import pytest
from hypothesis import given
from hypothesis import strategies as st

from invocations import request_plan
from invocations.drawn import DrawnAttribute, Keys, Listed, Order, Place, Spread
from invocations.request_plan import METHODS, BadRequestPlan, RequestPlan
from invocations.requests import Target, calls, events

TARGET = Target("http://gateway:9000", "shop", "alias1", "checkout", "Serin token")
BASE = b"/2016-08-15/proxy/shop.alias1/checkout"


@dataclass
class Seen:
    """A request as a server's parser sees it."""

    target: bytes = b""
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""
    complete: bool = False

    def on_url(self, url: bytes) -> None:
        self.target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.append((name.decode(), value.decode()))

    def on_body(self, body: bytes) -> None:
        self.body += body

    def on_message_complete(self) -> None:
        assert not self.complete
        self.complete = True


def seen(plan: RequestPlan, index: int = 0, run: str = "7") -> Seen:
    plan.check()
    request = Seen()
    parser = httptools.HttpRequestParser(request)
    parser.feed_data(calls(TARGET, plan, run=run)(index))
    assert request.complete
    assert parser.get_method().decode() == plan.method
    return request


visible = st.characters(codec="utf-8", exclude_categories=("Cc", "Cs"))
texts = st.text(visible, max_size=12)
trimmed = texts.map(str.strip)
tokens = st.text("abcXYZ019-_.", min_size=1, max_size=8).filter(lambda name: name.lower() not in {"te"})
cookies = trimmed.map(lambda text: text.replace(";", ""))
listed = st.lists(cookies.map(str.strip), min_size=1, max_size=4).map(tuple)
sources = st.builds(Listed, listed, st.sampled_from(Order)) | st.builds(
    Keys, st.integers(1, 1_000_000), st.sampled_from(Spread)
)
plans = st.builds(
    RequestPlan,
    method=st.sampled_from(METHODS),
    path=st.text(visible, max_size=20)
    .map(lambda text: "/" + text.replace("?", "").replace("#", ""))
    .filter(lambda path: "." not in unquote(path)),
    query=texts.map(lambda text: text.replace("#", "")),
    headers=st.lists(st.tuples(tokens.map("h-{}".format), trimmed), max_size=3).map(tuple),
    cookies=st.lists(st.tuples(tokens.map("c-{}".format), cookies.map(str.strip)), max_size=3).map(tuple),
    body=st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=30),
    drawn=st.lists(
        st.builds(DrawnAttribute, st.sampled_from(Place), tokens.map("d-{}".format), sources),
        max_size=4,
        unique_by=lambda attribute: (attribute.place, attribute.name.lower()),
    ).map(tuple),
)


@given(plans, st.integers(0, 999_999))
def test_calls__any_plan_and_index__is_one_whole_request_within_bounds(plan: RequestPlan, index: int) -> None:
    request = seen(plan, index)
    assert request.target.startswith(BASE + b"/")
    assert request.body == plan.body.encode()
    names = [name.lower() for name, _ in request.headers]
    for once in ("host", "authorization", "content-length"):
        assert names.count(once) == 1
    assert names.count("cookie") == bool(plan.cookies or _drawn(plan, Place.COOKIE))
    assert len(names) == 3 + len(plan.headers) + len(_drawn(plan, Place.HEADER)) + names.count("cookie")
    assert len(request.target) - len(BASE) <= request_plan.MAX_ADDRESS


def _drawn(plan: RequestPlan, place: Place) -> list[DrawnAttribute]:
    return [attribute for attribute in plan.drawn if attribute.place is place]


@given(plans)
def test_plan__written_and_read_back__is_the_same(plan: RequestPlan) -> None:
    assert request_plan.parse(plan.document()) == plan


def test_calls__everything_given__stands_where_it_belongs() -> None:
    plan = RequestPlan(
        method="POST",
        path="/carts/7 ü",
        query="a=1&bad=%zz",
        headers=(("Accept", "text/html"), ("X-Twice", "1"), ("X-Twice", "2")),
        cookies=(("theme", "dark"),),
        body="grün",
        drawn=(
            DrawnAttribute(Place.QUERY, "user id", Listed(("a b", "c&d"))),
            DrawnAttribute(Place.HEADER, "x-uid", Listed(("ö",))),
            DrawnAttribute(Place.COOKIE, "sid", Listed(("s1", "s2", "s3"))),
        ),
    )
    request = seen(plan, 1)
    assert request.target == BASE + b"/carts/7%20%C3%BC?a=1&bad=%zz&user+id=c%26d"
    assert request.headers == [
        ("Host", "gateway:9000"),
        ("Authorization", "Serin token"),
        ("Accept", "text/html"),
        ("X-Twice", "1"),
        ("X-Twice", "2"),
        ("x-uid", "ö"),
        ("Cookie", "theme=dark; sid=s2"),
        ("Content-Length", "5"),
    ]


def test_calls__another_run__draws_other_values() -> None:
    plan = RequestPlan(drawn=(DrawnAttribute(Place.HEADER, "x-uid", Keys(1_000_000)),))
    assert seen(plan, run="7").headers != seen(plan, run="8").headers


def test_events__several_payloads__are_sent_in_turn() -> None:
    request = events(TARGET, [b"one", b"two"])
    assert [request(index)[-3:] for index in range(3)] == [b"one", b"two", b"one"]
    path = b"/2016-08-15/services/shop.alias1/functions/checkout/invocations"
    assert request(0).startswith(b"POST " + path + b" HTTP/1.1\r\nHost: gateway:9000\r\n")


def header(name: str, *values: str) -> DrawnAttribute:
    return DrawnAttribute(Place.HEADER, name, Listed(values or ("1",)))


def query(name: str, *values: str) -> DrawnAttribute:
    return DrawnAttribute(Place.QUERY, name, Listed(values or ("1",)))


@pytest.mark.parametrize(
    ("field", "plan"),
    [
        ("method", RequestPlan(method="TRACE")),
        ("method", RequestPlan(method="GET / HTTP/1.1\r\nX: ")),
        ("path", RequestPlan(path="")),
        ("path", RequestPlan(path="carts")),
        ("path", RequestPlan(path="/a?b")),
        ("path", RequestPlan(path="/a#b")),
        ("path", RequestPlan(path="/a/../b")),
        ("path", RequestPlan(path="/%2E%2e")),
        ("path", RequestPlan(path="/a\r\nb")),
        ("path", RequestPlan(path="/\ud800")),
        ("path", RequestPlan(path="/" + "x" * 4096)),
        ("path", RequestPlan(path="/" + "ü" * 700)),
        ("path", RequestPlan(query="x" * 4096)),
        ("path", RequestPlan(drawn=tuple(query(f"q{n}", "x" * 250, "€" * 80) for n in range(8)))),
        ("headers", RequestPlan(drawn=tuple(header(f"x-{n}", "€" * 256) for n in range(8)))),
        ("query", RequestPlan(query="a#b")),
        ("query", RequestPlan(query="a\tb")),
        ("headers", RequestPlan(headers=(("", "1"),))),
        ("headers", RequestPlan(headers=(("a b", "1"),))),
        ("headers", RequestPlan(headers=(("ü", "1"),))),
        ("headers", RequestPlan(headers=(("x", "1\r\nY: 2"),))),
        ("headers", RequestPlan(headers=(("x", " 1"),))),
        ("headers", RequestPlan(headers=(("x" * 129, "1"),))),
        ("headers", RequestPlan(headers=(("Authorization", "Basic x"),))),
        ("headers", RequestPlan(headers=(("HOST", "other"),))),
        ("headers", RequestPlan(headers=(("Content-Length", "7"),))),
        ("headers", RequestPlan(headers=(("Transfer-Encoding", "chunked"),))),
        ("headers", RequestPlan(headers=(("X-Fc-Log-Type", "Tail"),))),
        ("headers", RequestPlan(headers=(("X-Serin-Region", "x"),))),
        ("headers", RequestPlan(headers=(("Cookie", "a=b"),))),
        ("headers", RequestPlan(headers=(("x", "y" * 8192),))),
        ("headers", RequestPlan(cookies=(("x", "y" * 8192),))),
        ("cookies", RequestPlan(cookies=(("", "1"),))),
        ("cookies", RequestPlan(cookies=(("a;b", "1"),))),
        ("cookies", RequestPlan(cookies=(("a", "1; b=2"),))),
        ("cookies", RequestPlan(cookies=(("a", "\x7f"),))),
        ("body", RequestPlan(body="a\0b")),
        ("body", RequestPlan(body="a\ud800b")),
        ("body", RequestPlan(body="ü" * (64 * 1024 + 1))),
        ("drawn", RequestPlan(drawn=tuple(header(f"x-{n}") for n in range(9)))),
    ],
)
def test_plan__out_of_bounds__is_refused_at_its_field(field: str, plan: RequestPlan) -> None:
    with pytest.raises(BadRequestPlan) as refusal:
        plan.check()
    assert refusal.value.field == field
    assert str(refusal.value).endswith((".", "-"))


@pytest.mark.parametrize(
    ("part", "attribute"),
    [
        ("name", header("")),
        ("name", header("a b")),
        ("name", header("Host")),
        ("name", header("cookie")),
        ("name", header("X-GIVEN")),
        ("name", header("X-First")),
        ("name", DrawnAttribute(Place.COOKIE, "a=b", Listed(("1",)))),
        ("name", DrawnAttribute(Place.COOKIE, "given", Listed(("1",)))),
        ("name", query("")),
        ("name", query("a\nb")),
        ("name", query("given too")),
        ("values", header("x", "a", " b")),
        ("values", header("x", "a", "b\r\nc: d")),
        ("values", DrawnAttribute(Place.COOKIE, "x", Listed(("a;b",)))),
        ("prefix", DrawnAttribute(Place.COOKIE, "x", Keys(5, prefix="a;"))),
        ("count", DrawnAttribute(Place.QUERY, "x", Keys(0))),
    ],
)
def test_plan__bad_attribute__is_refused_at_its_row_and_part(part: str, attribute: DrawnAttribute) -> None:
    plan = RequestPlan(
        query="given+too",
        headers=(("x-given", "1"),),
        cookies=(("given", "1"),),
        drawn=(header("x-first"), attribute),
    )
    with pytest.raises(BadRequestPlan) as refusal:
        plan.check()
    assert (refusal.value.field, refusal.value.row, refusal.value.part) == ("drawn", 1, part)


def test_plan__same_name_in_other_places__is_no_repetition() -> None:
    same = tuple(DrawnAttribute(place, "uid", Keys(5)) for place in Place)
    RequestPlan(headers=(("x", "1"), ("x", "2")), drawn=same).check()
