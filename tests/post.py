"""A small real SMTP server, with and without encryption."""

from __future__ import annotations

import asyncio
import ssl
from email import message_from_bytes, policy
from email.message import EmailMessage


class Post:
    """An SMTP server that takes everything: `tls` None offers no STARTTLS. `commands` is what it heard, `letters` what it got.
    `cuts`: of how many letters from now on it breaks the connection off instead of saying that it took them; `mumbles`: of how many it says something that is no
    answer; `hangs_up`: how often it breaks off before it has got any."""

    def __init__(self, tls: ssl.SSLContext | None = None, *, implicit: bool = False, refuse: bool = False) -> None:
        self.cuts = self.mumbles = self.hangs_up = 0
        self.tls, self.implicit, self.refuse = tls, implicit, refuse
        self.commands: list[str] = []
        self.letters: list[EmailMessage] = []
        self.encrypted = False

    async def __aenter__(self) -> Post:
        self._server = await asyncio.start_server(self._talk, "127.0.0.1", 0, ssl=self.tls if self.implicit else None)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 post ready\r\n")
        while line := (await reader.readline()).decode().strip():
            self.commands.append(line)
            match line.split()[0].upper():
                case "EHLO":
                    writer.write(b"250-post\r\n" + (b"250-STARTTLS\r\n" if self.tls and not self.encrypted else b"") + b"250-SMTPUTF8\r\n250 AUTH PLAIN\r\n")
                case "STARTTLS":
                    assert self.tls is not None
                    writer.write(b"220 go\r\n")
                    await writer.drain()
                    await writer.start_tls(self.tls)
                    self.encrypted = True
                case "AUTH":
                    writer.write(b"235 welcome\r\n")
                case "RCPT" if self.hangs_up:
                    self.hangs_up -= 1
                    writer.transport.abort()
                    return
                case "RCPT" if self.refuse:
                    writer.write(b"550 nobody here\r\n")
                case "DATA":
                    writer.write(b"354 go\r\n")
                    raw = await reader.readuntil(b"\r\n.\r\n")
                    letter = message_from_bytes(raw[:-3].replace(b"\r\n..", b"\r\n."), policy=policy.default)
                    assert isinstance(letter, EmailMessage)
                    self.letters.append(letter)
                    if self.cuts:
                        self.cuts -= 1
                        writer.transport.abort()
                        return
                    writer.write(b"perhaps\r\n" if self.mumbles else b"250 taken\r\n")
                    self.mumbles = max(0, self.mumbles - 1)
                case "QUIT":
                    writer.write(b"221 bye\r\n")
                    break
                case _:
                    writer.write(b"250 ok\r\n")
        writer.close()
