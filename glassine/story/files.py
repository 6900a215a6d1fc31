"""Uploaded files: sealed under their contact's key with the text that was read in them, and opened by a signed link that is good for one file."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from typing import Any, NamedTuple

from glassine.edge.secrets import Key
from glassine.store import contacts as stored
from glassine.store import vault
from glassine.story import contacts
from glassine.story.masking import storable, to_bytes, to_text
from glassine.story.world import World
from glassine.words.channels import Attachment
from glassine.words.errors import NotFound, Refused
from glassine.words.files import LARGEST_FILE, FileNote
from glassine.words.ids import ContactId, FileId, OrgId, new_id

FILE_TYPES = frozenset({
    "image/png", "image/jpeg", "image/gif", "image/webp", "application/pdf", "text/csv", "text/plain", "application/vnd.ms-excel",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
})


async def upload(world: World, org: OrgId, contact: ContactId, *, name: str, media_type: str, content: bytes) -> FileId:
    """Reads a file's text, and seals both under the contact's key. Raises Refused for a kind or size that is not taken, and while files are switched off."""
    await world.switches.admit(org, "files")
    if len(content) > LARGEST_FILE:
        raise Refused("The file is larger than 5 MB.", status=413)
    if media_type not in FILE_TYPES:
        raise Refused("This kind of file is not taken. Send PNG, JPEG, GIF, WebP, PDF, Word (docx), Excel, CSV or plain text.", status=415)
    id = FileId(new_id())
    found = await world.reader.read(media_type, content)
    org_key = await world.key(org)
    async with world.store.tx(org) as tx:
        own = contacts.own_key(org_key, org, await stored.load(tx, org, contact))
        await vault.put_file(
            tx, org, id, contact=contact, session=None, media_type=media_type, size=len(content),
            sealed_name=own.seal(to_bytes(storable(name)[:200]), org, "files", "name", id), sealed=own.seal(content, org, "files", "content", id),
            sealed_text=own.seal(to_bytes(found.text), org, "files", "text", id) if found.text else None, text_note=found.note or "",
        )
    return id


class File(NamedTuple):
    name: str
    media_type: str
    content: bytes
    contact: ContactId


async def file(world: World, org: OrgId, id: FileId) -> File:
    """Opens a file for whoever the caller has let in. Raises NotFound."""
    org_key = await world.key(org)
    async with world.store.tx(org) as tx:
        row = await vault.file(tx, org, id)
        own = contacts.own_key(org_key, org, await stored.load(tx, org, ContactId(row["contact_id"])))
    return opened(own, org, row)


async def attachment(world: World, org: OrgId, contact: ContactId, id: FileId) -> Attachment:
    """An upload of this contact, as it comes with a message. Raises NotFound for another's."""
    org_key = await world.key(org)
    async with world.store.tx(org) as tx:
        row = await vault.file(tx, org, id)
        if row["contact_id"] != contact:
            raise NotFound("There is no such upload.")
        own = contacts.own_key(org_key, org, await stored.load(tx, org, contact))
    text = to_text(own.open(bytes(row["sealed_text"]), org, "files", "text", id)) if row["sealed_text"] else ""
    name = own.open(bytes(row["sealed_name"]), org, "files", "name", id).decode()
    return Attachment(id=id, name=name, type=row["media_type"], size=row["size"], text=text, note=FileNote(row["text_note"]) if row["text_note"] else None)


def opened(own: Key, org: OrgId, row: Mapping[str, Any]) -> File:
    """A row of `files`, by its contact's key."""
    name = own.open(bytes(row["sealed_name"]), org, "files", "name", row["id"]).decode()
    return File(name, row["media_type"], own.open(bytes(row["sealed"]), org, "files", "content", row["id"]), ContactId(row["contact_id"]))


async def link(world: World, org: OrgId, id: FileId) -> str:
    """The address of one file. A browser cannot send a token when it shows an image, so the address itself is the permission."""
    return f"{world.settings.url}/api/files/{org}/{id}/{_signature((await world.key(org)).signing('files'), org, id)}"


async def by_link(world: World, org: OrgId, id: FileId, signature: str) -> File:
    """Raises NotFound for an address that was not made here, and Refused while files are switched off."""
    good = [_signature(key, org, id).encode() for key in (await world.key(org)).signings("files")]
    if not any(hmac.compare_digest(signature.encode("utf-8", "replace"), one) for one in good):
        raise NotFound("There is no file with this link.")
    await world.switches.admit(org, "files")
    return await file(world, org, id)


def _signature(key: bytes, org: OrgId, id: FileId) -> str:
    digest = hmac.digest(key, f"{org}|{id}".encode(), hashlib.sha256)
    return base64.urlsafe_b64encode(digest[:18]).decode()
