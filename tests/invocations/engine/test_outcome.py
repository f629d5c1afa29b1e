from __future__ import annotations

import json

import pytest

from invocations.engine.outcome import Kind, Outcome, error_body


@pytest.mark.parametrize("kind", Kind)
def test_outcome__error_type__is_function_computes_word(kind: Kind) -> None:
    expected = {Kind.OK: "", Kind.HANDLED: "HandledInvocationError"}.get(kind, "UnhandledInvocationError")

    assert Outcome(kind, b"", b"", 0, 0, "c-1", cold=False).error_type == expected


def test_error_body__message_comes_first__as_clients_compare_the_text() -> None:
    body = error_body('so "schlecht"', "SomeError")

    assert body.startswith(b'{"errorMessage": "so ')
    assert json.loads(body) == {"errorMessage": 'so "schlecht"', "errorType": "SomeError"}
