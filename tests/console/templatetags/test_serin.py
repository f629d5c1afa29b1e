from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django import forms
from django.template import Context, Template

from console.templatetags import serin
from releases.core.parameters import Parameter, Source
from releases.core.policies import Canary, Policy, Sticky
from releases.core.rules import Combiner, Rules, make_rule
from releases.core.verdicts import Outcome

NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)


def render(source: str, **context: object) -> str:
    return Template("{% load serin %}" + source).render(Context(context))


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("{{ 3000|percent }}", "30%"),
        ("{{ 1|percent }}", "0.01%"),
        ("{{ 0.306|share }}", "30.6%"),
        ("{{ 2000|thousands }}", "2,000"),
        ("{{ 0.84|milliseconds }}", "0.84 ms"),
        ("{{ 12.34|milliseconds }}", "12.3 ms"),
        ("{{ 1420|milliseconds }}", "1.42 s"),
        ("{{ 59.94|seconds }}", "59.9 s"),
        ("{{ 125|seconds }}", "2 min 5 s"),
        ("{{ 12000|seconds }}", "3 h 20 min"),
    ],
)
def test_number__shown__reads_as_people_write_it(source: str, shown: str) -> None:
    assert render(source) == shown


@pytest.mark.parametrize("name", ["percent", "share", "thousands", "milliseconds", "seconds", "ago"])
def test_filter__nothing_to_show__is_a_dash(name: str) -> None:
    assert render("{{ value|" + name + " }}", value=None) == serin.NOTHING


def test_seconds__a_timedelta__is_its_length() -> None:
    assert serin.seconds(timedelta(minutes=2, seconds=5)) == "2 min 5 s"


@pytest.mark.parametrize(
    ("age", "words"),
    [
        (timedelta(seconds=-2), "just now"),
        (timedelta(seconds=59), "59 s ago"),
        (timedelta(seconds=60), "1 min ago"),
        (timedelta(hours=23, minutes=59), "23 h ago"),
        (timedelta(days=29), "29 d ago"),
        (timedelta(days=30), "2026-01-30"),
    ],
)
def test_time_ago__by_age__coarsens(age: timedelta, words: str) -> None:
    assert f">{words}</time>" in serin.time_ago(NOW - age, NOW)


def test_time_ago__any__has_the_exact_time_and_its_zone_in_the_tooltip() -> None:
    assert 'title="2026-03-01 11:57:00 UTC"' in serin.time_ago(NOW - timedelta(minutes=3), NOW)


def test_version_badge__roles__have_a_class_each() -> None:
    assert render('{% version_badge 2 "canary" %}') == '<span class="version version-canary">Version 2</span>'
    assert render('{% version_badge "LATEST" %}') == '<span class="version">LATEST</span>'


def test_split_bar__with_canary__says_both_shares() -> None:
    shown = render("{% split_bar policy %}", policy=Policy(1, Canary(2, 1250)))
    assert 'aria-label="87.5% of calls go to version 1, 12.5% to version 2."' in shown
    assert 'x="87.5%" width="12.5%"' in shown


@pytest.mark.parametrize("policy", [Policy(1), Policy(1, Canary(1, 3000))])
def test_split_bar__nothing_split__is_all_primary(policy: Policy) -> None:
    shown = render("{% split_bar policy %}", policy=policy)
    assert 'aria-label="All calls go to version 1."' in shown
    assert "split-canary" not in shown
    assert "100%" in shown


def test_split_bar__sticky__says_that_the_shares_are_of_keys() -> None:
    sticky = Sticky(Parameter(Source.HEADER, "x-uid"))
    shown = render("{% split_bar policy %}", policy=Policy(1, Canary(2, 3000), sticky))
    assert "30% of keys" in shown
    assert 'x="70%" width="30%"' in shown


def test_split_bar__rules__shows_who_goes_where_and_no_share() -> None:
    by_rule = Rules(Combiner.ALL, (make_rule("Header", "x-uid", "=", "42"),))
    shown = render("{% split_bar policy %}", policy=Policy(1, Canary(2, 3000), by_rule))
    assert "calls that meet its rules" in shown
    assert "%" not in shown


@pytest.mark.parametrize("outcome", list(Outcome))
def test_verdict__each_outcome__has_icon_and_word(outcome: Outcome) -> None:
    shown = render("{% verdict outcome %}", outcome=outcome)
    icon, word = serin.VERDICTS[outcome]
    assert f"verdict-{outcome}" in shown
    assert f"#{icon}" in shown
    assert word in shown


class AliasForm(forms.Form):
    weight = forms.IntegerField(max_value=100, help_text="Percent.")
    enabled = forms.BooleanField(required=False)
    version = forms.ChoiceField(choices=[("1", "1")], widget=forms.Select(attrs={"class": "wide"}))


def test_field__refused_value__says_so_in_place() -> None:
    shown = render(
        '{% include "console/_field.html" with field=form.weight %}', form=AliasForm({"weight": "101"})
    )
    assert 'class="form-control is-invalid"' in shown
    assert 'aria-invalid="true" aria-describedby="id_weight_helptext id_weight_error"' in shown
    assert 'id="id_weight_error">Ensure this value is less than or equal to 100.</div>' in shown
    assert 'id="id_weight_helptext">Percent.</small>' in shown


def test_control__by_widget__has_the_class_of_its_kind() -> None:
    form = AliasForm()
    assert 'class="form-check-input"' in serin.control(form["enabled"])
    assert 'class="form-select wide"' in serin.control(form["version"])
    assert "aria-invalid" not in serin.control(form["version"])
