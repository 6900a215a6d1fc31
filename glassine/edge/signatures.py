"""Signs documents that are taken out of the house (certificates, packs, reports), and checks such a signature offline. It knows no document.

Ed25519 (RFC 8032) over the document's JSON with sorted keys, no white space, in UTF-8. The signed form carries the public key, so that a
checker needs nothing else; whoever wants to know *whose* key it is compares the fingerprint with the one that the installation shows.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from glassine.edge.secrets import Key

ALGORITHM = "Ed25519"


class Forged(Exception):
    """A document was changed after it was signed, or is no signed document at all."""


@dataclass(frozen=True, slots=True)
class Signer:
    """The installation's own. Its key follows from the master key: a new master key is a new signer, and old documents keep the key they carry."""

    _private: Ed25519PrivateKey = field(repr=False)

    @staticmethod
    def of(master: Key) -> Signer:
        return Signer(Ed25519PrivateKey.from_private_bytes(master.signing("documents")))

    @property
    def public_key(self) -> str:
        """32 bytes in base64."""
        return base64.b64encode(self._private.public_key().public_bytes_raw()).decode()

    @property
    def fingerprint(self) -> str:
        return fingerprint(self.public_key)

    def shown(self) -> dict[str, str]:
        """What everybody may know of it."""
        return {"algorithm": ALGORITHM, "public_key": self.public_key, "fingerprint": self.fingerprint}

    def sign(self, document: Mapping[str, Any]) -> dict[str, Any]:
        """`{"document": …, "signature": {"algorithm", "public_key", "value"}}`. The document must be plain JSON."""
        value = base64.b64encode(self._private.sign(canonical(document))).decode()
        return {"document": dict(document), "signature": {"algorithm": ALGORITHM, "public_key": self.public_key, "value": value}}


def verify(signed: object) -> tuple[dict[str, Any], str]:
    """The document and the fingerprint of the key that signed it. Raises Forged."""
    try:
        document, signature = signed["document"], signed["signature"]  # type: ignore[index]  # whatever is no such mapping ends as Forged below
        if signature["algorithm"] != ALGORITHM:
            raise Forged(f"signed in a way that this program does not know: {signature['algorithm']}")
        public = str(signature["public_key"])
        Ed25519PublicKey.from_public_bytes(base64.b64decode(public, validate=True)).verify(base64.b64decode(signature["value"], validate=True), canonical(document))
    except (KeyError, TypeError, IndexError, ValueError):
        raise Forged("this is not a signed document") from None
    except InvalidSignature:
        raise Forged("the signature does not fit: the document was changed after it was signed") from None
    return dict(document), fingerprint(public)


def canonical(document: object) -> bytes:
    """The bytes that are signed."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def fingerprint(public_key: str) -> str:
    """What people compare: the first 16 bytes of the key's SHA-256, in groups of four hexadecimal digits."""
    digest = hashlib.sha256(base64.b64decode(public_key)).hexdigest()[:32]
    return " ".join(digest[at : at + 4] for at in range(0, 32, 4))
