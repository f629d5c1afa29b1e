"""The alias page over ten thousand and over ten million recorded invocations, both spread over 30 days."""

from __future__ import annotations

import re
import statistics
import time
import urllib.parse
import urllib.request
from datetime import timedelta
from http.cookiejar import CookieJar

from django.db import connection
from django.utils import timezone

from releases.core.policies import Canary, Policy
from releases.models import Alias, Service
from releases.operations import aliases
from releases.operations.aliases import Setting
from releases.operations.audit import Act

from .figures import Figure

FEW, MANY = 10_000, 10_000_000
DAYS = 30
VIEWS = 15

_ROWS = """
INSERT INTO invocations_invocation (request_id, started_at, region, service, function, qualifier, version,
    alias_revision, decision, outcome, duration_us, memory_kb, cold, instance, log)
SELECT gen_random_uuid(), %(since)s + i * (%(days)s * interval '1 day' / %(n)s), %(region)s, %(service)s,
    'hello', %(alias)s, CASE WHEN i %% 10 < 3 THEN '2' ELSE '1' END, %(revision)s, '', 'ok', 900, 9000, false,
    '', ''
FROM generate_series(0, %(n)s - 1) AS i
"""
_BUCKETS = """
INSERT INTO invocations_trafficbucket (alias_revision, tier, start, region, service, function, version,
    invocations, errors, duration_us, latency)
SELECT alias_revision, tier, date_bin(make_interval(secs => tier), started_at, 'epoch'), region, service,
    function, version, count(*), 0, sum(duration_us), ARRAY[count(*)]
FROM invocations_invocation, unnest(ARRAY[10, 300, 3600]) AS tier
WHERE alias_revision = %(revision)s AND (tier > 10 OR started_at > %(recent)s)
GROUP BY alias_revision, tier, date_bin(make_interval(secs => tier), started_at, 'epoch'), region, service,
    function, version
"""


def chart_page(act: Act, service: Service, console_url: str, password: str) -> list[Figure]:
    few, many = _record(act, service, "few", FEW), _record(act, service, "many", MANY)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE invocations_invocation, invocations_trafficbucket")
    browser = _log_in(console_url, password)
    seen: dict[str, list[float]] = {few.name: [], many.name: []}
    for _ in range(VIEWS):
        for alias in (few, many):
            url = f"{console_url}/{service.region}/services/{service.name}/aliases/{alias.name}/"
            since = time.perf_counter()
            with browser.open(url, timeout=60) as answer:
                page = answer.read().decode()
            seen[alias.name].append((time.perf_counter() - since) * 1000)
            if "data-chart" not in page:
                raise SystemExit(f"bench: {url} shows no chart")
    milliseconds = {name: statistics.median(times) for name, times in seen.items()}
    name, peer = f"alias page with its chart over {MANY:,} invocations", f"over {FEW:,} invocations"
    return [Figure(name, milliseconds["many"], "ms", peer, milliseconds["few"], "<= 1.5")]


def _record(act: Act, service: Service, name: str, n: int) -> Alias:
    """An alias that has served n invocations in 30 days, as rows and as traffic buckets."""
    since = timezone.now() - timedelta(days=DAYS)
    setting = Setting(policy=Policy(1, Canary(2, 3000)))
    begun = Act(by=act.by, at=since, source="command")
    alias = aliases.create_alias(begun, service, name=name, setting=setting)
    values = {
        "since": since,
        "days": DAYS,
        "n": n,
        "region": service.region,
        "service": service.name,
        "alias": name,
        "revision": alias.revision_id,
        "recent": timezone.now() - timedelta(days=2),
    }
    with connection.cursor() as cursor:
        cursor.execute(_ROWS, values)
        cursor.execute(_BUCKETS, values)
    return alias


def _log_in(console_url: str, password: str) -> urllib.request.OpenerDirector:
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
    url = f"{console_url}/log-in/"
    with browser.open(url, timeout=30) as answer:
        found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', answer.read().decode())
    if found is None:
        raise SystemExit("bench: the log-in page has no form")
    form = {"csrfmiddlewaretoken": found[1], "login": "admin", "password": password}
    browser.addheaders = [("Origin", console_url)]
    with browser.open(url, urllib.parse.urlencode(form).encode(), timeout=30) as answer:
        if "/log-in/" in answer.url:
            raise SystemExit("bench: the log-in was refused")
    return browser
