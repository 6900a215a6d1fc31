"""Keys and sealing: AES-256-GCM, a key per contact wrapped by the organisation's, which the master key wraps.

Every sealed value is bound to the place it was made for (org|table|column|row), so that what is copied elsewhere cannot be opened.
The master key is read here and is never written to the database.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import secrets
import stat
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from glassine.words.errors import Misconfigured

_NONCE = 12
_VERSION, _FIRST_VERSION = b"\x02", b"\x01"
_HAD_NO_COLUMN = "vault"  # the table whose places did not name the column in the first version


class Unreadable(Exception):
    """A sealed value cannot be opened: the key is gone, or the value was made for another place."""


@dataclass(frozen=True, slots=True)
class Key:
    """256 bits that seal, open, wrap other keys and make keyed hashes. `where` names the place: org, table, column, row."""

    _bytes: bytes = field(repr=False)

    @staticmethod
    def new() -> Key:
        return Key(secrets.token_bytes(32))

    def seal(self, plain: bytes, *where: object) -> bytes:
        """version (1 byte), nonce (12), ciphertext and tag."""
        nonce = secrets.token_bytes(_NONCE)
        return _VERSION + nonce + AESGCM(self._bytes).encrypt(nonce, plain, _place(_VERSION, where))

    def open(self, sealed: bytes, *where: object) -> bytes:
        """The plain bytes. Raises Unreadable."""
        version = sealed[:1]
        if version not in (_VERSION, _FIRST_VERSION):
            raise Unreadable("sealed by a version this program does not know")
        try:
            return AESGCM(self._bytes).decrypt(sealed[1 : 1 + _NONCE], sealed[1 + _NONCE :], _place(version, where))
        except InvalidTag:
            raise Unreadable("the key does not fit, or the value was moved") from None

    def wrap(self, key: Key, *where: object) -> bytes:
        return self.seal(key._bytes, *where)

    def unwrap(self, wrapped: bytes, *where: object) -> Key:
        return Key(self.open(wrapped, *where))

    def digest(self, *parts: str) -> bytes:
        """HMAC-SHA256 of the parts under a key derived for hashing only: equal values meet, nobody else can guess them."""
        derived = hmac.digest(self._bytes, b"digest", hashlib.sha256)
        return hmac.digest(derived, "\x1f".join(parts).encode("utf-8", "surrogatepass"), hashlib.sha256)

    @property
    def fingerprint(self) -> str:
        """What may be told of a key, also after it is gone: nobody gets from it to the key, and no two keys share it."""
        return hmac.digest(self._bytes, b"fingerprint", hashlib.sha256)[:16].hex()

    def signing(self, purpose: str) -> bytes:
        """A key of 32 bytes for signatures of one purpose."""
        return hmac.digest(self._bytes, b"sign|" + purpose.encode(), hashlib.sha256)


@dataclass(frozen=True, slots=True)
class Ring(Key):
    """A key with those that it follows: what is new is sealed under it, and what they sealed can still be opened."""

    former: tuple[Key, ...] = field(default=(), repr=False)

    @staticmethod
    def of(keys: Sequence[Key]) -> Ring:
        """Newest first."""
        return Ring(keys[0]._bytes, tuple(keys[1:]))

    @property
    def newest(self) -> Key:
        return Key(self._bytes)

    def open(self, sealed: bytes, *where: object) -> bytes:
        """By whichever key fits. Raises Unreadable."""
        for key in (self.newest, *self.former):
            try:
                return key.open(sealed, *where)
            except Unreadable as error:
                last = error
        raise last

    def digests(self, *parts: str) -> list[bytes]:
        """By every key: what was hashed before a rotation is found by its old hash until it has a new one."""
        return [key.digest(*parts) for key in (self.newest, *self.former)]

    def signings(self, purpose: str) -> list[bytes]:
        """By every key: to check what was signed before a rotation."""
        return [key.signing(purpose) for key in (self.newest, *self.former)]


def _place(version: bytes, where: tuple[object, ...]) -> bytes:
    """What a value is bound to. The version is part of it, so that none can be made to pass for a value of the first one, which was bound to less."""
    if version == _FIRST_VERSION:
        parts = [part for at, part in enumerate(where) if at != 2 or where[1] != _HAD_NO_COLUMN]
    else:
        parts = [version[0], *where]
    return "|".join(map(str, parts)).encode()


def fingerprint(secret: str) -> bytes:
    """What is kept of a random secret (API key, cookie, link): its SHA-256. The secret has 256 bits, so nothing slower is needed."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


def new_secret(prefix: str) -> str:
    """A secret to hand out once: the prefix, 256 random bits, and a checksum that lets scanners tell real ones from noise."""
    body = secrets.token_urlsafe(32)
    return f"{prefix}{body}{hashlib.sha256(body.encode()).hexdigest()[:6]}"


def master_key(home: Path, from_environment: str | None, *, may_create: bool) -> Ring:
    """The master key: from the environment (base64 of 32 bytes) or from `home/master.key`, which only its owner may read.

    While it is being changed there are two, the new one first: after a comma in the environment, on the next line in the file.

    Raises Misconfigured when there is none and data sealed under an earlier one exists (`may_create` is false then),
    when it is malformed, or when others could read the file.
    """
    if from_environment:
        return _ring(from_environment.split(","), "GLASSINE_MASTER_KEY")
    path = home / "master.key"
    if path.exists():
        if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise Misconfigured(f"{path} can be read by others. Run: chmod 600 {path}")
        return _ring(path.read_text(encoding="ascii", errors="replace").splitlines(), str(path))
    if not may_create:
        raise Misconfigured(f"The master key is missing, and what this database holds is sealed under it. Put the key back at {path}, or set GLASSINE_MASTER_KEY.")
    home.mkdir(parents=True, exist_ok=True)
    fresh = Ring(secrets.token_bytes(32))
    _write(path, [fresh.newest])
    return fresh


class Master:
    """The master key as it is now: a file that was written anew, because the key is being changed, is read again."""

    def __init__(self, home: Path, from_environment: str | None, *, may_create: bool) -> None:
        self._home, self._environment = home, from_environment
        self._ring = master_key(home, from_environment, may_create=may_create)
        self._seen = self._mark()

    @property
    def ring(self) -> Ring:
        if not self._environment and (mark := self._mark()) != self._seen:
            self._ring, self._seen = master_key(self._home, None, may_create=False), mark
        return self._ring

    @property
    def in_file(self) -> bool:
        return not self._environment

    def _mark(self) -> tuple[int, int]:
        try:
            found = (self._home / "master.key").stat()
        except FileNotFoundError:
            return 0, 0  # another one with the old content is not to be had: what is known stays known
        return found.st_ino, found.st_mtime_ns

    def begin(self) -> Ring:
        """Puts a new key before the one there is; one that was put there earlier stays. Only for a key in the file."""
        ring = self.ring
        if not ring.former:
            _replace(self._home / "master.key", [Key.new(), ring.newest])
        return self.ring

    def finish(self, at: str) -> Path:
        """Leaves the newest key only, and puts the former ones into a file of their own, for backups of before. Only when nothing needs them."""
        kept = self._home / f"master.key.before-{at}"
        _replace(kept, self.ring.former)
        _replace(self._home / "master.key", [self.ring.newest])
        return kept


def _replace(path: Path, keys: Sequence[Key]) -> None:
    """All of a file or nothing of it, whenever the machine stops."""
    fresh = path.with_name(path.name + ".new")
    fresh.unlink(missing_ok=True)
    _write(fresh, keys)
    fresh.rename(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _write(path: Path, keys: Sequence[Key]) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.writelines(base64.b64encode(key._bytes).decode() + "\n" for key in keys)
        file.flush()
        os.fsync(file.fileno())


def _ring(texts: Sequence[str], origin: str) -> Ring:
    return Ring.of([_decode(text.strip(), origin) for text in texts if text.strip()] or [_decode("", origin)])


def _decode(text: str, origin: str) -> Key:
    try:
        raw = base64.b64decode(text, validate=True)
    except ValueError:
        raw = b""
    if len(raw) != 32:
        raise Misconfigured(f"{origin} does not hold a key: it must be the base64 form of 32 bytes. Make one with: head -c 32 /dev/urandom | base64")
    return Key(raw)
