"""Standard Webhooks: the three headers that say who sent a body, when, and that it is the same body. Pure; secrets are handed to it."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime

PREFIX = "whsec_"
BYTES = 32  # of a secret


def written(secret: bytes) -> str:
    """A secret as it is shown, and as the libraries of Standard Webhooks take it."""
    return PREFIX + base64.b64encode(secret).decode()


def headers(id: str, at: datetime, body: bytes, secrets: Sequence[bytes]) -> dict[str, str]:
    """One signature for each secret: whoever knows one of them can check."""
    seconds = str(int(at.timestamp()))
    signed = f"{id}.{seconds}.".encode() + body
    signatures = [f"v1,{base64.b64encode(hmac.digest(secret, signed, hashlib.sha256)).decode()}" for secret in secrets]
    return {"webhook-id": id, "webhook-timestamp": seconds, "webhook-signature": " ".join(signatures)}
