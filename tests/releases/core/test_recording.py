from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from releases.core import recording
from releases.core.parameters import Attributes, Parameter, Source
from releases.core.recording import BadRecording
from tests.releases.core.strategies import CALLS, PARAMETERS, WILD_CALLS, call

UID = Parameter(Source.HEADER, "X-Uid")
DEBUG = Parameter(Source.QUERY, "debug")
SECRETS = [
    Parameter(Source.COOKIE, "theme"),
    Parameter(Source.HEADER, "Cookie"),
    Parameter(Source.HEADER, "AUTHORIZATION"),
    Parameter(Source.HEADER, "Proxy-Authorization"),
    Parameter(Source.HEADER, "X-Fc-Date"),
    Parameter(Source.HEADER, "x-acs-Security-Token"),
    Parameter(Source.QUERY, "x-fc-signature"),
]


def test_check__header_in_two_spellings__is_one() -> None:
    again = Parameter(Source.HEADER, "x-uid")
    assert recording.check([UID, DEBUG, again]) == (again, DEBUG)


@pytest.mark.parametrize("secret", SECRETS, ids=str)
def test_check__what_may_be_a_secret__is_refused(secret: Parameter) -> None:
    with pytest.raises(BadRecording, match="never recorded"):
        recording.check([DEBUG, secret])


def test_check__too_many__is_refused_with_the_limit() -> None:
    many = [Parameter(Source.QUERY, f"p{number}") for number in range(recording.MAX_RECORDED + 1)]
    assert len(recording.check(many[1:])) == 8
    with pytest.raises(BadRecording, match="At most 8"):
        recording.check(many)


@given(st.lists(PARAMETERS.filter(lambda parameter: parameter.source is not Source.COOKIE), max_size=8))
def test_parse__what_was_printed__is_the_same(parameters: list[Parameter]) -> None:
    chosen = recording.check(parameters)
    assert recording.parse(recording.document(chosen)) == chosen
    assert [recording.parameter_of(recording.label(parameter)) for parameter in chosen] == list(chosen)


@pytest.mark.parametrize("secret", SECRETS, ids=str)
def test_parse__a_secret_that_got_into_the_document__is_left_out(secret: Parameter) -> None:
    document = [["Param", "debug"], *recording.document([secret]), ["Header", ""], ["Nothing", "x"]]
    assert recording.parse(document) == (DEBUG,)


def test_compile_labels__a_call__gives_value_or_null_and_its_kind() -> None:
    read = recording.compile_labels([UID, DEBUG])
    assert read(call(headers={"x-uid": "7" * 300})) == {
        "kind": "http",
        "Header x-uid": "7" * 256,
        "Param debug": None,
    }
    assert read(Attributes({}, b"debug=", http=False)) == {
        "kind": "event",
        "Header x-uid": None,
        "Param debug": "",
    }


@given(st.lists(PARAMETERS, max_size=3), CALLS | WILD_CALLS)
def test_compile_labels__any_call__has_every_label(parameters: list[Parameter], any_call: Attributes) -> None:
    labels = recording.compile_labels(parameters)(any_call)
    assert labels.keys() == {"kind", *map(recording.label, parameters)}


def test_parameter_of__what_is_no_label__is_none() -> None:
    assert recording.parameter_of("kind") is None


def test_kept__labels__give_the_values_of_parameters_however_headers_are_spelled() -> None:
    labels = {"kind": "http", "Header x-uid": "42", "Param debug": "1", "Param DEBUG": "2"}
    spelled = Parameter(Source.HEADER, "X-Uid")
    assert recording.kept([spelled, DEBUG], labels) == {spelled: "42", DEBUG: "1"}


def test_kept__nothing_kept_or_no_text__is_empty() -> None:
    assert recording.kept([UID, DEBUG], {}) == {}
    assert recording.kept([UID, DEBUG], {"Header x-uid": None, "Param debug": 3}) == {}
