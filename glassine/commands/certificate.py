"""`glassine certificate verify FILE`: checks the signature of a certificate of erasure, offline, and says what it states. It needs no database."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from glassine.edge.signatures import Forged, verify
from glassine.rules.certificates import KIND
from glassine.words.errors import Misconfigured, Refused

_LARGEST = 10_000_000  # bytes


def run(file: Path, fingerprint: str | None, say: Callable[[str], None]) -> int:
    """0 when it is genuine. Raises Misconfigured for a file that cannot be read, and Refused for one that is not genuine."""
    document, signer = _checked(_read(file))
    if document.get("kind") != KIND:
        raise Refused(f"The signature fits, but this is no certificate of erasure: it says that it is {document.get('kind')!r}.")
    if fingerprint and fingerprint.replace(" ", "").lower() != signer.replace(" ", ""):
        raise Refused(f"The signature fits, but it was made by another key than you expect: {signer}")
    for line in _lines(document):
        say(line)
    say(f"Genuine: nothing was changed since it was signed by the key {signer}.")
    if not fingerprint:
        say("Whose key that is, this check cannot know: compare it with the one that the installation shows under Settings › Erasures and at GET /api/signing-key.")
    return 0


def _read(file: Path) -> object:
    try:
        if file.stat().st_size > _LARGEST:
            raise Misconfigured(f"{file} is too large to be a certificate.")
        return json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise Misconfigured(f"{file} cannot be read: {error.strerror}.") from None
    except ValueError:
        raise Refused(f"{file} is no certificate: it does not hold JSON.") from None


def _checked(signed: object) -> tuple[dict[str, Any], str]:
    try:
        return verify(signed)
    except Forged as forged:
        raise Refused(f"Not genuine: {forged}.") from None


def _lines(document: Mapping[str, Any]) -> list[str]:
    destroyed = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in document["destroyed"].items() if count)
    copies = ", ".join(f"{copy['destination']} ({copy['purpose']}, {copy['requests']} requests)" for copy in document["copies"]) or "none that the ledger names"
    return [
        f"Certificate {document['id']}: {document['organization']['name']} erased the contact {document['contact']} at {document['erased_at']}.",
        f"Erased by {document['erased_by']['name']}. Reason: {document['reason'] or 'none given'}.", f"Destroyed: {destroyed}.",
        f"Key destroyed: {document['key']['algorithm']}, fingerprint {document['key']['fingerprint'] or 'unknown'}.", f"Copies may be at: {copies}.",
    ]
