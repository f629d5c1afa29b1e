from __future__ import annotations

import pytest

from invocations.tokens import BadToken, derive_key, mint, verify

KEY = derive_key("a secret")
NOW = 1_000_000.0


def test_token__minted_with_the_key__verifies_until_it_expires() -> None:
    token = mint(KEY, {"sub": "alice", "fresh": True}, NOW + 10)
    assert verify(KEY, token, NOW + 9.9) == {"sub": "alice", "fresh": True, "exp": NOW + 10}
    with pytest.raises(BadToken, match="expired"):
        verify(KEY, token, NOW + 10)


def test_token__of_another_key__is_refused() -> None:
    with pytest.raises(BadToken, match="does not match"):
        verify(derive_key("another secret"), mint(KEY, {"sub": "alice"}, NOW + 10), NOW)


def test_token__claims_exchanged__is_refused() -> None:
    _, _, signature = mint(KEY, {"sub": "alice"}, NOW + 10).partition(".")
    body, _, _ = mint(KEY, {"sub": "bob"}, NOW + 10).partition(".")
    with pytest.raises(BadToken, match="does not match"):
        verify(KEY, f"{body}.{signature}", NOW)


@pytest.mark.parametrize("token", ["", "abc", "abc.", ".", "a.b.c", "\xff.\xff"])
def test_token__no_token_at_all__is_refused(token: str) -> None:
    with pytest.raises(BadToken):
        verify(KEY, token, NOW)


def test_token__reaches_a_header_and_a_url__needs_no_escaping() -> None:
    token = mint(KEY, {"sub": "ä?&=/+"}, NOW)
    assert token.isascii()
    assert not set(token) & set(" +/=?&%")


def test_derive_key__same_secret__is_not_the_secret_itself() -> None:
    assert derive_key("a secret") == KEY
    assert KEY != b"a secret"
