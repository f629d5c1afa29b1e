from __future__ import annotations

from ipaddress import ip_address

import pytest

from releases.core import targets
from releases.core.targets import Allowed, BadTarget, Target

NOTHING = Allowed()
SPECIAL = [
    ("0.0.0.0", "unspecified"),
    ("0.1.2.3", "unspecified"),
    ("10.0.0.1", "private"),
    ("10.255.255.255", "private"),
    ("100.64.0.1", "a provider's inside"),
    ("100.100.100.200", "a provider's inside"),
    ("127.0.0.1", "loopback"),
    ("127.255.255.254", "loopback"),
    ("168.63.129.16", "a provider's inside"),
    ("169.254.169.254", "link-local"),
    ("172.16.0.1", "private"),
    ("172.31.255.255", "private"),
    ("192.0.0.1", "reserved"),
    ("192.0.2.1", "for documents"),
    ("192.88.99.1", "reserved"),
    ("192.168.1.1", "private"),
    ("198.18.0.1", "for measurements"),
    ("198.19.255.255", "for measurements"),
    ("198.51.100.1", "for documents"),
    ("203.0.113.1", "for documents"),
    ("224.0.0.1", "multicast"),
    ("239.255.255.255", "multicast"),
    ("240.0.0.1", "reserved"),
    ("255.255.255.255", "reserved"),
    ("::", "unspecified"),
    ("::1", "loopback"),
    ("::127.0.0.1", "loopback"),
    ("::ffff:127.0.0.1", "loopback"),
    ("::ffff:10.0.0.1", "private"),
    ("::ffff:169.254.169.254", "link-local"),
    ("::ffff:0.0.0.0", "unspecified"),
    ("64:ff9b::127.0.0.1", "loopback"),
    ("64:ff9b::a00:1", "private"),
    ("64:ff9b:1::1", "a translation of addresses inside"),
    ("100::1", "discarded"),
    ("2001::1", "reserved"),
    ("2001:10::1", "reserved"),
    ("2001:db8::1", "for documents"),
    ("2002:7f00:1::1", "6to4, which wraps IPv4"),
    ("3fff::1", "for documents"),
    ("4000::1", "reserved"),
    ("fc00::1", "private"),
    ("fd12:3456::1", "private"),
    ("fe80::1", "link-local"),
    ("febf::1", "link-local"),
    ("fec0::1", "private"),
    ("ff02::1", "multicast"),
    ("ff0e::1", "multicast"),
]
PUBLIC = [
    "1.1.1.1",
    "8.8.8.8",
    "9.255.255.255",
    "11.0.0.0",
    "100.63.255.255",
    "100.128.0.0",
    "126.255.255.255",
    "128.0.0.1",
    "172.15.255.255",
    "172.32.0.0",
    "192.0.1.1",
    "223.255.255.255",
    "2606:4700:4700::1111",
    "2a00:1450:4001::1",
    "::ffff:8.8.8.8",
    "64:ff9b::8.8.8.8",
]


def target(host: str = "hooks.example", port: int = 443) -> Target:
    return Target("https", host, port, "/")


@pytest.mark.parametrize(("text", "why"), SPECIAL)
def test_inside__special_range__says_what_it_is(text: str, why: str) -> None:
    assert targets.inside(ip_address(text)) == why
    with pytest.raises(BadTarget, match=why):
        targets.choose(target(), [text], NOTHING)


@pytest.mark.parametrize("text", PUBLIC)
def test_inside__public__is_empty(text: str) -> None:
    assert targets.inside(ip_address(text)) == ""
    assert targets.choose(target(), [text], NOTHING) == text


def test_choose__one_of_several_is_inside__is_refused() -> None:
    with pytest.raises(BadTarget, match=r"leads to 127.0.0.1, which is not public: loopback"):
        targets.choose(target(), ["8.8.8.8", "127.0.0.1"], NOTHING)


def test_choose__scope_of_a_link_local_address__does_not_hide_it() -> None:
    with pytest.raises(BadTarget, match="link-local"):
        targets.choose(target(), ["fe80::1%eth0"], NOTHING)


def test_choose__no_address__is_refused() -> None:
    with pytest.raises(BadTarget, match="no address"):
        targets.choose(target(), [], NOTHING)


@pytest.mark.parametrize("words", [["hooks.example"], ["HOOKS.example."], ["10.1.0.0/16"], ["10.1.2.3"]])
def test_choose__allowed_by_the_operator__is_taken(words: list[str]) -> None:
    allowed = targets.parse_allowed(words)
    assert targets.choose(target(), ["10.1.2.3"], allowed) == "10.1.2.3"


@pytest.mark.parametrize("words", [["example"], ["other.example"], ["10.2.0.0/16"], ["10.1.2.4"]])
def test_choose__something_else_is_allowed__is_refused(words: list[str]) -> None:
    with pytest.raises(BadTarget, match="private"):
        targets.choose(target(), ["10.1.2.3"], targets.parse_allowed(words))


def test_choose__mapped_address_in_an_allowed_network__is_taken() -> None:
    allowed = targets.parse_allowed(["127.0.0.0/8", "::1"])
    assert targets.choose(target(), ["::ffff:127.0.0.1"], allowed)


@pytest.mark.parametrize("word", ["", "10.0.0.1/8", "http://x", "a b", "host:80", "10.0.0.0/40"])
def test_parse_allowed__neither_host_nor_network__is_refused(word: str) -> None:
    with pytest.raises(BadTarget, match="neither a host name nor a network"):
        targets.parse_allowed([word])


@pytest.mark.parametrize(
    ("url", "parsed", "authority"),
    [
        ("https://hooks.example/a?b=1", Target("https", "hooks.example", 443, "/a?b=1"), "hooks.example"),
        ("http://Hooks.Example.", Target("http", "hooks.example", 80, "/"), "hooks.example"),
        (
            "https://hooks.example:8443/",
            Target("https", "hooks.example", 8443, "/"),
            "hooks.example:8443",
        ),
        ("http://[2606:4700::1]/x", Target("http", "2606:4700::1", 80, "/x"), "[2606:4700::1]"),
    ],
)
def test_parse__sound__is_taken_apart(url: str, parsed: Target, authority: str) -> None:
    assert targets.parse(url) == parsed
    assert targets.parse(url).authority == authority


@pytest.mark.parametrize(
    "url",
    [
        "",
        "hooks.example",
        "ftp://hooks.example/",
        "file:///etc/passwd",
        "gopher://hooks.example/",
        "https:///path",
        "https://user:password@hooks.example/",
        "https://hooks.example@10.0.0.1/",
        "https://hooks.example/#part",
        "https://hooks.example:22/",
        "https://hooks.example:0/",
        "https://hooks.example:99999/",
        "https://hooks.example:x/",
        "https://[::1/",
        "https://[fe80::1%25eth0]/",
        "https://hooks%2eexample/",
        "https://hooks.example/a b",
        "https://hooks.example/\r\nX-Evil: 1",
        "https://höoks.example/",
        "https://hooks.example/" + "x" * 1024,
        None,
    ],
)
def test_parse__cannot_be_a_webhook__is_refused(url: object) -> None:
    with pytest.raises(BadTarget):
        targets.parse(url)


@pytest.mark.parametrize("host", ["127.0.0.1", "10.0.0.1", "::1", "::ffff:10.0.0.1"])
def test_check__address_inside__is_refused_without_resolving(host: str) -> None:
    with pytest.raises(BadTarget):
        targets.check(target(host), NOTHING)
    targets.check(target(host), targets.parse_allowed([host]))


@pytest.mark.parametrize("host", ["hooks.example", "8.8.8.8", "localhost", "2130706433"])
def test_check__name_or_public_address__waits_for_the_resolver(host: str) -> None:
    targets.check(target(host), NOTHING)
