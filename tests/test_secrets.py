"""Sealing: what is sealed opens only with its key and in its place; the master key is made once, guarded, and missed loudly."""

from __future__ import annotations

import base64
import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from glassine.edge.secrets import Key, Unreadable, master_key, new_secret
from glassine.words.errors import Misconfigured


@given(st.binary(max_size=2_000))
def test_what_is_sealed_opens_again_in_its_place_only(plain: bytes) -> None:
    key = Key.new()
    sealed = key.seal(plain, "org", "contacts", "sealed", 1)
    assert key.open(sealed, "org", "contacts", "sealed", 1) == plain
    for place in (("org", "contacts", "sealed", 2), ("other", "contacts", "sealed", 1), ("org", "contacts", "key", 1)):
        with pytest.raises(Unreadable):
            key.open(sealed, *place)
    with pytest.raises(Unreadable):
        Key.new().open(sealed, "org", "contacts", "sealed", 1)


def first_version(key: Key, plain: bytes, *where: object) -> bytes:
    """As values were sealed before they were bound to the version, and those of the vault to their column."""
    nonce = b"n" * 12
    return b"\x01" + nonce + AESGCM(key._bytes).encrypt(nonce, plain, "|".join(map(str, where)).encode())


def test_what_was_sealed_before_opens_and_no_new_value_passes_for_it() -> None:
    key, place = Key.new(), ("org", "vault", "sealed", "session", "[EMAIL_1]")
    assert key.open(first_version(key, b"ada", "org", "vault", "session", "[EMAIL_1]"), *place) == b"ada"
    assert key.open(first_version(key, b"bob", "org", "contacts", "sealed", 1), "org", "contacts", "sealed", 1) == b"bob"
    sealed = key.seal(b"ada", *place)
    assert sealed[:1] == b"\x02"
    for former in (b"\x01" + sealed[1:], b"\x03" + sealed[1:]):
        with pytest.raises(Unreadable):
            key.open(former, *place)
    with pytest.raises(Unreadable):
        key.open(sealed, "org", "vault", "other", "session", "[EMAIL_1]")
    with pytest.raises(Unreadable):
        key.open(first_version(key, b"bob", "org", "contacts", 1), "org", "contacts", "sealed", 1)  # only the vault's had no column


def test_a_changed_byte_is_noticed() -> None:
    key = Key.new()
    sealed = bytearray(key.seal(b"secret", "place"))
    for position in range(len(sealed)):
        changed = bytes(byte ^ (1 if at == position else 0) for at, byte in enumerate(sealed))
        with pytest.raises(Unreadable):
            key.open(changed, "place")


def test_two_seals_of_one_value_differ_and_nothing_shows() -> None:
    key = Key.new()
    assert key.seal(b"ada@example.com", "place") != key.seal(b"ada@example.com", "place")
    assert b"ada" not in key.seal(b"ada@example.com", "place")
    assert "ada" not in repr(key)


def test_digests_meet_only_under_the_same_key_and_kind() -> None:
    one, other = Key.new(), Key.new()
    assert one.digest("email", "a@b.c") == one.digest("email", "a@b.c")
    assert len({one.digest("email", "a@b.c"), one.digest("phone", "a@b.c"), other.digest("email", "a@b.c"), one.digest("emaila", "@b.c")}) == 4


def test_the_master_key_is_made_once_for_its_owner_only(tmp_path: Path) -> None:
    first = master_key(tmp_path, None, may_create=True)
    file = tmp_path / "master.key"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert master_key(tmp_path, None, may_create=False).digest("x") == first.digest("x")


def test_a_missing_key_is_not_replaced_where_data_was_sealed_under_it(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="Put the key back"):
        master_key(tmp_path, None, may_create=False)
    assert not (tmp_path / "master.key").exists()


def test_a_readable_or_broken_key_is_refused(tmp_path: Path) -> None:
    master_key(tmp_path, None, may_create=True)
    file = tmp_path / "master.key"
    file.chmod(0o644)
    with pytest.raises(Misconfigured, match="chmod 600"):
        master_key(tmp_path, None, may_create=False)
    file.chmod(0o600)
    file.write_text("not a key")
    with pytest.raises(Misconfigured, match="32 bytes"):
        master_key(tmp_path, None, may_create=False)
    with pytest.raises(Misconfigured, match="GLASSINE_MASTER_KEY"):
        master_key(tmp_path, base64.b64encode(b"short").decode(), may_create=True)


def test_secrets_carry_256_random_bits() -> None:
    assert len({new_secret("x_") for _ in range(1_000)}) == 1_000
    assert len(new_secret("")) >= 43
