"""Signed documents: what was changed, cut or signed by somebody else is told apart from what was not."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from glassine.edge.secrets import Key
from glassine.edge.signatures import Forged, Signer, fingerprint, verify

DOCUMENT: dict[str, Any] = {"kind": "certificate", "counts": {"messages": 3}, "words": "Größe — 漢字", "none": None}


def test_a_document_comes_back_through_a_file() -> None:
    signer = Signer.of(Key.new())
    document, by = verify(json.loads(json.dumps(signer.sign(DOCUMENT), indent=3)))
    assert (document, by) == (DOCUMENT, signer.fingerprint)


def test_one_key_makes_one_signer_and_another_key_another() -> None:
    key = Key.new()
    assert Signer.of(key).public_key == Signer.of(key).public_key != Signer.of(Key.new()).public_key
    assert "private" not in repr(Signer.of(key)).lower()


@pytest.mark.parametrize("change", [
    lambda signed: signed["document"]["counts"].update(messages=4),
    lambda signed: signed["document"].pop("none"),
    lambda signed: signed["document"].update(more=1),
    lambda signed: signed["signature"].update(public_key=Signer.of(Key.new()).public_key),
    lambda signed: signed["signature"].update(value="AAAA"),
])
def test_any_change_is_found(change: Any) -> None:
    signed = copy.deepcopy(Signer.of(Key.new()).sign(DOCUMENT))
    change(signed)
    with pytest.raises(Forged, match="changed after it was signed"):
        verify(signed)


@pytest.mark.parametrize("thing", [None, [], "text", 3, {}, {"document": {}}, {"document": {}, "signature": {}}, {"document": {}, "signature": {"algorithm": "Ed25519", "public_key": "x", "value": "?"}}])
def test_what_is_no_signed_document_is_said_to_be_none(thing: object) -> None:
    with pytest.raises(Forged, match="not a signed document"):
        verify(thing)


def test_an_unknown_way_of_signing_is_refused() -> None:
    signed = Signer.of(Key.new()).sign(DOCUMENT)
    signed["signature"]["algorithm"] = "none"
    with pytest.raises(Forged, match="does not know"):
        verify(signed)


def test_a_fingerprint_can_be_read_aloud() -> None:
    assert len(fingerprint(Signer.of(Key.new()).public_key).split()) == 8
