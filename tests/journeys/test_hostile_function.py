"""An HTTP function attacks the session of somebody who is logged in and visits it, under either host name."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.live import LiveStack

BASE = "/2016-08-15/proxy/hostile/attack"
# Each visit tries to replace the session, to smuggle its name in, and to push it out with many others.
ATTACK = """
import json

seen = []

def handler(environ, start_response):
    seen.append(environ.get("HTTP_COOKIE", ""))
    path = environ["PATH_INFO"]
    if path == "/seen":
        start_response("200 OK", [("Content-Type", "application/json")])
        return [json.dumps(seen).encode()]
    hop = int(path.rpartition("/")[2] or 0)
    cookies = ["serin_session=evil; Path=/", "=serin_session=evil", " SERIN_SESSION =evil", "serin_csrf=evil"]
    cookies += [f"serin_session=evil; Domain={domain}" for domain in ("localhost", "127.0.0.1")]
    cookies += [f"c{hop}n{number}={'x' * 30}; Path=/" for number in range(200)]
    headers = [("Set-Cookie", cookie) for cookie in cookies] + [
        ("Content-Type", "text/html"),
        ("Clear-Site-Data", '"cookies", "storage"'),
        ("Content-Security-Policy", "sandbox allow-scripts allow-same-origin"),
        ("Content-Disposition", "inline"),
    ]
    onwards = [("Location", f"PREFIX/hop/{hop + 1}")] if hop % 15 else []
    start_response("302 Found" if onwards else "200 OK", headers + onwards)
    return [b"<script>document.cookie = 'serin_session=evil; path=/'; window.ran = true</script>"]
""".replace("PREFIX", BASE)
DEPLOY = f"""
from django.utils import timezone
from invocations.engine.packages import pack
from releases.core.triggers import METHODS, Auth, HttpTrigger, http_config
from releases.models import Team, User
from releases.operations import catalog, triggers
from releases.operations.audit import Act
from releases.operations.catalog import Configuration
act = Act(by=User.objects.get(username="admin"), at=timezone.now(), source="command")
team = Team.objects.get(name="default")
service = catalog.create_service(act, region="cn-hangzhou", name="hostile", team=team)
function = catalog.create_function(
    act,
    service,
    name="attack",
    configuration=Configuration(runtime="python3", handler="index.handler", type="http"),
    package=pack({{"index.py": {ATTACK!r}.encode()}}),
)
config = http_config(HttpTrigger(METHODS, Auth.ANONYMOUS))
triggers.create_trigger(act, function, name="web", qualifier="LATEST", config=config)
"""


@pytest.fixture(scope="module")
def hostile(live_stack: LiveStack) -> LiveStack:
    """The stack with the hostile function in it."""
    done = live_stack.manage("shell", "-c", DEPLOY)
    assert done.returncode == 0, done.stderr
    return live_stack


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_hostile_function__visited_by_somebody_who_is_logged_in__neither_sees_nor_harms_the_session(
    logged_in: Callable[[], Page], hostile: LiveStack, host: str
) -> None:
    console = logged_in()
    gateway = hostile.gateway_url.replace("127.0.0.1", host)
    before = console_cookies(console.context, hostile)
    assert "serin_session" in before
    earlier = len(seen_by_the_function(console.context, gateway))

    visit(console.context, f"{gateway}{BASE}/")
    fetch_everything(console.context, gateway)

    assert console_cookies(console.context, hostile) == before
    console.goto("/cn-hangzhou/services/")
    expect(console.get_by_role("heading", name="Services").first).to_be_visible()
    seen = seen_by_the_function(console.context, gateway)[earlier:]
    assert len(seen) > 40
    assert before["serin_session"] not in json.dumps(seen)
    assert "serin_" not in json.dumps(seen)
    # Where the console's own cookies are no neighbours, the function's cookies work.
    assert any("c1n0" in cookies for cookies in seen) == (host == "127.0.0.1")


def seen_by_the_function(context: BrowserContext, gateway: str) -> list[str]:
    """The Cookie headers of all its calls so far."""
    return list(json.loads(context.request.get(f"{gateway}{BASE}/seen").body()))


def console_cookies(context: BrowserContext, stack: LiveStack) -> dict[str, str]:
    return {cookie["name"]: cookie["value"] for cookie in context.cookies(stack.console_url)}


def visit(context: BrowserContext, url: str) -> None:
    """Open the page as a person would: it is an attachment, so it is saved and not shown."""
    page = context.new_page()
    with page.expect_download() as saved:
        page.evaluate("url => { location = url }", url)
    assert saved.value.url == url
    assert page.url == "about:blank"


def fetch_everything(context: BrowserContext, gateway: str) -> None:
    """Follow the redirects, which set hundreds of cookies, and load the page into a frame and as a script."""
    page = context.new_page()
    page.goto(f"{gateway}/healthz")
    for start in (1, 16, 31):
        assert page.evaluate("url => fetch(url).then(answer => answer.status)", f"{BASE}/hop/{start}") == 200
    with page.expect_download():
        page.evaluate(
            """url => {
                const frame = document.createElement("iframe");
                frame.src = url;
                document.body.append(frame);
            }""",
            f"{BASE}/",
        )
    assert page.evaluate("window.ran") is None
