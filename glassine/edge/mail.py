"""Mail: invitations and notices to the team, one-time codes to customers, over SMTP through the gate, or only kept when no server is set."""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import smtplib
import socket
import ssl
from collections import deque
from dataclasses import dataclass, field
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate, make_msgid, parseaddr
from typing import Any, Literal
from urllib.parse import unquote, urlsplit

from glassine.edge.gate import Crossing, Gate
from glassine.words.crossings import Lets
from glassine.words.errors import Misconfigured, Refused
from glassine.words.helpdesks import Letter
from glassine.words.ids import OrgId, SessionId

_log = logging.getLogger(__name__)
_PORTS = {"smtp": 25, "smtps": 465}
_SECONDS = 20.0
Purpose = Literal["mail", "anchor", "customer-mail", "helpdesk"]  # to the team, the ledger's head to whoever keeps it safe, to a customer's own address, or a conversation to a team's mailbox


@dataclass(frozen=True, slots=True, kw_only=True)
class _Server:
    """`smtp://user:password@host:587` taken apart. `implicit`: TLS from the first byte (smtps)."""

    host: str
    port: int
    implicit: bool
    user: str
    password: str = field(repr=False)


class Mailer:
    """Sends through the server at `url`. Without one it is its own twin: it keeps the last hundred messages in `kept` and says so in the log."""

    def __init__(self, url: str | None = None, *, sender: str | None = None, gate: Gate | None = None) -> None:
        self.kept: deque[EmailMessage] = deque(maxlen=100)
        self._server = _parse(url) if url else None
        self._gate = gate or Gate()
        self._sender = _sender(sender, self._server)

    async def send(self, to: str, subject: str, text: str, *, org: OrgId, session: SessionId | None = None, purpose: Purpose = "mail") -> bool:
        """One plain-text message to one address. False: no server is set, and it was only kept. Raises Refused (no such address form), ConnectionError (try again later), CrossingRefused."""
        return await self._post(compose(self._sender, to, subject, text), to, org=org, session=session, purpose=purpose)

    async def letter(self, letter: Letter, *, org: OrgId, session: SessionId | None, lets: Lets) -> bool:
        """A conversation, or an entry of one, to a mailbox of the team's, that holds no more personal values than `lets`. As `send`; raises NotTaken where the server certainly did not take it, and ConnectionError where nobody knows."""
        message = compose(self._sender, letter.to, letter.subject, letter.text)
        domain = parseaddr(self._sender)[1].rpartition("@")[2] or "localhost"
        if letter.id:
            message.replace_header("Message-ID", f"<{letter.id}@{domain}>")
        if letter.thread:
            message["In-Reply-To"] = message["References"] = f"<{letter.thread}@{domain}>"
        for file in letter.files:
            kind, _, sort = file.media_type.partition("/")
            message.add_attachment(file.content, maintype=kind or "application", subtype=sort or "octet-stream", filename=_clean(file.name))
        return await self._post(message, letter.to, org=org, session=session, purpose="helpdesk", lets=lets)

    async def _post(self, message: EmailMessage, to: str, *, org: OrgId, session: SessionId | None, purpose: Purpose, lets: Lets | None = None) -> bool:
        if self._server is None:
            self.kept.append(message)
            _log.info("No mail server is set, so this was not sent: %s", message["Subject"])
            return False
        raw = message.as_bytes()
        hosts = (self._server.host,)
        crossings = {
            "anchor": Crossing(org=org, purpose="anchor", hosts=hosts), "mail": Crossing(org=org, session=session, purpose="mail", hosts=hosts),
            "customer-mail": Crossing(org=org, session=session, purpose="customer-mail", hosts=hosts, raw=True),  # their own address stands in it
            "helpdesk": Crossing(org=org, session=session, purpose="helpdesk", hosts=hosts, lets=lets),
        }
        crossing = crossings[purpose]
        try:
            connection = await self._gate.dial(crossing, self._server.host, self._server.port, body=raw, media_type="message/rfc822", timeout=_SECONDS)
        except TimeoutError:
            raise NotTaken("The mail server did not answer in time.") from None
        except ConnectionError as error:
            raise NotTaken(f"{error}") from None
        await asyncio.to_thread(_deliver, connection, self._server, self._gate.tls, parseaddr(self._sender)[1], to, raw)
        return True


class NotTaken(ConnectionError):
    """The server certainly did not take the message. `final`: it said that it never would."""

    def __init__(self, message: str, *, final: bool = False) -> None:
        super().__init__(message)
        self.final = final


def compose(sender: str, to: str, subject: str, text: str) -> EmailMessage:
    """A message that says a machine wrote it, so that no machine answers it. Line breaks in a header cannot start another one."""
    message = EmailMessage(policy=SMTP)
    domain = parseaddr(sender)[1].rpartition("@")[2] or "localhost"
    try:
        message["To"] = Address(addr_spec=to)
    except (MessageError, ValueError, IndexError, AttributeError):  # the parser raises all of these, depending on what is wrong
        raise Refused("This is not an e-mail address.") from None
    message["From"] = sender
    message["Subject"] = " ".join(_clean(subject).split())[:200]
    message["Date"] = formatdate(localtime=False, usegmt=True)
    message["Message-ID"] = make_msgid(domain=domain)
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    message.set_content(_clean(text))
    return message


def _clean(text: str) -> str:
    return text.encode("utf-8", "replace").decode().replace("\x00", "")


def _parse(url: str) -> _Server:
    wrong = Misconfigured("The mail server must be written as smtp://user:password@host:587 or smtps://user:password@host:465.")
    try:
        parts = urlsplit(url)
        port = parts.port or _PORTS[parts.scheme]
    except (ValueError, KeyError):
        raise wrong from None
    if not parts.hostname:
        raise wrong
    return _Server(
        host=parts.hostname, port=port, implicit=parts.scheme == "smtps", user=unquote(parts.username or ""), password=unquote(parts.password or ""),
    )


def _sender(sender: str | None, server: _Server | None) -> str:
    found = sender or (server.user if server is not None and "@" in server.user else "")
    if "@" in parseaddr(found)[1] and "\n" not in found and "\r" not in found:
        return found
    if server is None:
        return "Glassine <glassine@localhost>"
    raise Misconfigured("A mail server is set, but not who its mail is from: set GLASSINE_MAIL_FROM, for example to support@example.com.")


def _deliver(connection: socket.socket, server: _Server, tls: ssl.SSLContext, sender: str, to: str, raw: bytes) -> None:
    """The SMTP conversation; blocks, so it runs in a thread. Closes the connection. Raises ConnectionError."""
    talk: _Dialled | None = None
    try:
        local = ipaddress.ip_address(connection.getpeername()[0].partition("%")[0]).is_loopback
        if server.implicit:
            connection = tls.wrap_socket(connection, server_hostname=server.host)
        with _Dialled(connection, server, sender.rpartition("@")[2]) as talk:
            talk.ehlo()
            # A relay on this machine has a home-made certificate more often than not, and the wire to it cannot be tapped.
            if not server.implicit and talk.has_extn("starttls") and (server.user or not local):
                talk.starttls(context=tls)
                talk.ehlo()
            if server.user:
                _log_in(talk, server)
            talk.ehlo_or_helo_if_needed()
            talk.sendmail(sender, [to], raw, mail_options=() if to.isascii() else ("SMTPUTF8",))
    except smtplib.SMTPResponseException as error:
        if talk is not None and talk.began and not _refusal(error.smtp_code):
            raise ConnectionError("The mail server said something that cannot be read after it had got the message.") from None
        raise NotTaken(f"The mail server refused with {error.smtp_code}.", final=error.smtp_code >= 500) from None
    except smtplib.SMTPRecipientsRefused as error:
        raise NotTaken("The mail server did not take the message: SMTPRecipientsRefused.", final=all(code >= 500 for code, _ in error.recipients.values())) from None
    except smtplib.SMTPException as error:
        raise (ConnectionError if talk is not None and talk.began else NotTaken)(f"The mail server did not take the message: {type(error).__name__}.") from None
    except NotTaken:
        raise
    except OSError as error:
        raise (ConnectionError if talk is not None and talk.began else NotTaken)(f"The connection to the mail server failed: {type(error).__name__}.") from None
    finally:
        connection.close()


def _log_in(talk: smtplib.SMTP, server: _Server) -> None:
    if not isinstance(talk.sock, ssl.SSLSocket):
        raise NotTaken("The mail server offers no encryption, so user name and password were not sent.")
    talk.login(server.user, server.password)


def _refusal(code: int) -> bool:
    return 400 <= code < 600


class _Dialled(smtplib.SMTP):
    """An SMTP client over a connection that the gate has made; it opens none itself. `began`: the message itself is on its way, so it may have arrived whatever comes."""

    def __init__(self, connection: socket.socket, server: _Server, name: str) -> None:
        self.began = False
        self._dialled = connection
        super().__init__(server.host, server.port, local_hostname=name or "localhost", timeout=_SECONDS)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:  # noqa: ARG002 - the standard library's signature
        return self._dialled

    def data(self, msg: Any) -> tuple[int, bytes]:
        self.began = True
        return super().data(msg)
