"""What a certificate of erasure says: counts, times, a destroyed key's fingerprint and where copies may be. It names nobody but who erased."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

KIND = "glassine erasure certificate"

# What no program can reach from inside the database, said in full because a certificate is read on its own.
_BEYOND = (
    "Backups made before this moment still hold the contact, sealed under keys of that time. They are out of reach of this certificate until they are deleted.",
    "PostgreSQL keeps removed rows in free space of its files and in its write-ahead log until it overwrites them. The command “glassine scrub” overwrites both.",
    "Messages that already left, to the destinations that are listed as copies, are subject to what was agreed with whoever runs them.",
)


def certificate(
    *, id: UUID, organization: tuple[UUID, str], contact: UUID, at: datetime, by: Mapping[str, str], why: str, destroyed: Mapping[str, int], key: str | None,
    copies: Sequence[Mapping[str, Any]],
) -> dict[str, Any]:
    """The document that is signed. `key` is the fingerprint of the contact's key, None when it could not be opened any more."""
    return {
        "kind": KIND, "version": 1, "id": str(id), "organization": {"id": str(organization[0]), "name": organization[1]}, "contact": str(contact),
        "erased_at": at.isoformat(timespec="seconds"), "erased_by": dict(by), "reason": why, "destroyed": dict(destroyed),
        "key": {"algorithm": "AES-256-GCM", "fingerprint": key or "", "destroyed": True}, "vectors": "Messages of contacts have none in this version.",
        "copies": [dict(copy) for copy in copies], "beyond_reach": list(_BEYOND),
    }
