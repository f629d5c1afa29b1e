from __future__ import annotations

from collections.abc import Callable

import pytest

from releases.core import configuration
from releases.core.configuration import BadValue

Check = Callable[[object], None]

ACCEPTED: list[tuple[Check, object]] = [
    (configuration.check_runtime, "python3"),
    (configuration.check_type, "http"),
    (configuration.check_handler, "index.handler"),
    (configuration.check_handler, "h" * 128),
    (configuration.check_initializer, ""),
    (configuration.check_initializer, "index.initialize"),
    (configuration.check_memory, 128),
    (configuration.check_memory, 3072),
    (configuration.check_timeout, 1),
    (configuration.check_timeout, 600),
    (configuration.check_initialization_timeout, 300),
    (configuration.check_environment, {}),
    (configuration.check_environment, {"KEY_1": "größe 1"}),
    (configuration.check_environment, {"K": "v" * 4095}),
    (configuration.check_environment, {"fc_lower": "x", "TOPIC": "x"}),
]

REFUSED: list[tuple[Check, object, str]] = [
    (configuration.check_runtime, "10", "runtime"),
    (configuration.check_runtime, None, "runtime"),
    (configuration.check_runtime, ["python3"], "runtime"),
    (configuration.check_type, "HTTP", "functionType"),
    (configuration.check_type, None, "functionType"),
    (configuration.check_handler, "", "handler"),
    (configuration.check_handler, "h" * 129, "handler"),
    (configuration.check_handler, "index\n.handler", "handler"),
    (configuration.check_initializer, "a\x00", "initializer"),
    (configuration.check_initializer, None, "initializer"),
    (configuration.check_memory, 64, "memorySize"),
    (configuration.check_memory, 129, "memorySize"),
    (configuration.check_memory, 3136, "memorySize"),
    (configuration.check_memory, 128.0, "memorySize"),
    (configuration.check_memory, "128", "memorySize"),
    (configuration.check_timeout, 0, "timeout"),
    (configuration.check_timeout, 601, "timeout"),
    (configuration.check_timeout, True, "timeout"),
    (configuration.check_initialization_timeout, 301, "initializationTimeout"),
]

BAD_VARIABLES: list[object] = [
    None,
    [("A", "b")],
    {"": "x"},
    {"1A": "x"},
    {"_A": "x"},
    {"A-B": "x"},
    {"A\n": "x"},
    {3: "x"},
    {"FC_FUNC": "x"},
    {"accessKeyID": "x"},
    {"accessKeySecret": "x"},
    {"securityToken": "x"},
    {"topic": "x"},
    {"A": ""},
    {"A": "a\nb"},
    {"A": "\ud800"},
    {"A": None},
    {"K": "v" * 4096},
    {"K": "é" * 2048},
]


@pytest.mark.parametrize(("check", "value"), ACCEPTED)
def test_configuration__within_the_limits__accepted(check: Check, value: object) -> None:
    check(value)


@pytest.mark.parametrize(("check", "value", "field"), REFUSED)
def test_configuration__outside_the_limits__refused_by_field(check: Check, value: object, field: str) -> None:
    with pytest.raises(BadValue) as refusal:
        check(value)
    assert refusal.value.field == field
    assert refusal.value.sentence.lower().startswith(field.lower())


def test_configuration__wrong_value__told_in_the_originals_words() -> None:
    with pytest.raises(BadValue) as refusal:
        configuration.check_runtime("10")
    allowed = "allowed: python3, dotnet, actual: '10'"
    assert refusal.value.sentence == f"Runtime is set to an invalid value ({allowed})"


@pytest.mark.parametrize("variables", BAD_VARIABLES)
def test_environment__bad_name_value_or_size__refused(variables: object) -> None:
    with pytest.raises(BadValue) as refusal:
        configuration.check_environment(variables)
    assert refusal.value.field == "environmentVariables"


def test_environment__secret_that_does_not_print__not_repeated() -> None:
    with pytest.raises(BadValue) as refusal:
        configuration.check_environment({"TOKEN": "hunter2\n"})
    assert "hunter2" not in refusal.value.sentence


def test_configuration__huge_value__sentence_stays_short() -> None:
    with pytest.raises(BadValue) as refusal:
        configuration.check_handler("x" * 1_000_000)
    assert len(refusal.value.sentence) < 200
