from __future__ import annotations

import resource
from collections.abc import Iterator

import pytest

from console.gateway.__main__ import DESCRIPTORS, raise_descriptor_limit


@pytest.fixture
def hard() -> Iterator[int]:
    """The hard limit of open files, under a soft one that is lower."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (512, hard))
    yield hard
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_descriptors__low_soft_limit__is_raised_as_far_as_it_goes(hard: int) -> None:
    raise_descriptor_limit()
    expected = DESCRIPTORS if hard == resource.RLIM_INFINITY else min(hard, DESCRIPTORS)
    assert resource.getrlimit(resource.RLIMIT_NOFILE) == (expected, hard)
