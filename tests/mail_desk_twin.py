"""A team's mailbox on this machine, by SMTP: each thread of letters is a ticket, and it fails as it is told to. Letters to others are taken and forgotten; nothing comes back."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage

from tests.helpdesk_twins import Comment, Fault, SentHook, Twin, TwinTicket
from tests.vendors import to_its_end

TO = "team@shop.example"
_HEADING = re.compile(r"(?:Customer|AI|Team|System)(?: \([^\n]*\))?, \d{4}-\d\d-\d\d \d\d:\d\d UTC(?:, note)?\n")
_REFUSALS = {Fault.ERROR: b"451 4.3.0 an error of ours\r\n", Fault.LIMITED: b"450 4.7.1 too many letters\r\n", Fault.EXPIRED: b"535 5.7.8 who are you\r\n"}


@dataclass(slots=True, kw_only=True)
class MailTwin(Twin):
    """A letter that came twice stands there twice, under another number: `held` has each."""

    answers: bool = False

    def settings(self) -> dict[str, str]:
        return {"to": TO}

    @property
    def smtp_url(self) -> str:
        return self.url.replace("http://", "smtp://")

    def told(self, ticket: TwinTicket, what: str, comment: Comment | None = None, into: str = "") -> list[SentHook]:
        return []

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with to_its_end(writer):
            writer.write(b"220 post ready\r\n")
            await self._talk(reader, writer)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        fault, ours = None, False
        while line := (await reader.readline()).decode("utf-8", "replace").strip():
            match line.split()[0].upper():
                case "EHLO":
                    writer.write(b"250-post\r\n250 SMTPUTF8\r\n")
                case "RCPT":
                    ours = TO in line
                    fault = self.faults.pop(0) if ours and self.faults else None
                    if fault is Fault.BEFORE:
                        await asyncio.sleep(3_600)
                    writer.write(b"250 ok\r\n" if fault is None else _REFUSALS.get(fault, b"250 ok\r\n"))
                case "DATA":
                    writer.write(b"354 go\r\n")
                    raw = await reader.readuntil(b"\r\n.\r\n")
                    if ours:
                        self._take(raw[:-3].replace(b"\r\n..", b"\r\n."))
                    if not await self._acknowledged(fault, writer):
                        return
                case "QUIT":
                    writer.write(b"221 bye\r\n")
                    return
                case _:
                    writer.write(b"250 ok\r\n")
            await writer.drain()

    async def _acknowledged(self, fault: Fault | None, writer: asyncio.StreamWriter) -> bool:
        """The letter is here. False: the connection ends."""
        if fault is Fault.AFTER:
            await asyncio.sleep(3_600)
        if fault is Fault.SLOW:
            await asyncio.sleep(self.slow_seconds)
        if fault is Fault.RESET:
            writer.transport.abort()
            return False
        writer.write(b"perhaps\r\n" if fault is Fault.MALFORMED else b"250 taken\r\n")
        return True

    def _take(self, raw: bytes) -> None:
        letter = message_from_bytes(raw, policy=policy.default)
        assert isinstance(letter, EmailMessage), "the policy makes nothing else"
        body = letter.get_body(("plain",))
        text = str(body.get_content()).replace("\r\n", "\n") if body is not None else ""
        files = tuple(str(part.get_filename()) for part in letter.iter_attachments())
        thread, id = (str(letter[name] or "").strip("<>").partition("@")[0] for name in ("In-Reply-To", "Message-ID"))
        if thread:
            said, _, _ = text.rpartition("\nAnswer here: ")
            self.held.setdefault(thread, TwinTicket(id=thread)).comments.append(Comment(id=id, text=said, files=files))
            return
        name = id if id not in self.held else f"{id}#{next(self.ids)}"
        told, *entries = _entries(text)
        self.held[name] = TwinTicket(id=name, subject=str(letter["Subject"]), comments=[Comment(id=id, text=told, files=files), *(Comment(id=id, text=each) for each in entries)])


def _entries(text: str) -> list[str]:
    """What a first letter says: what it is about, and then each entry, as a mail reader would tell them apart."""
    starts = [match.start() for match in _HEADING.finditer(text)]
    return [text[start:end] for start, end in zip([0, *starts], [*starts, text.rfind("\nSession ")], strict=True)]
