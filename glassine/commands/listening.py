"""Opens the socket that browsers connect to. Standard library only: the supervisor holds it, so that restarts refuse nobody."""

from __future__ import annotations

import errno
import socket
import time

from glassine.words.errors import Misconfigured


def open_socket(host: str, port: int, *, patience: float = 0.0) -> socket.socket:
    """A listening socket; port 0 takes a free one. Raises Misconfigured when the place is taken, also after `patience` seconds, or not ours."""
    deadline = time.monotonic() + patience
    while True:
        try:
            return _open(host, port)
        except _Taken:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


class _Taken(Misconfigured):
    """Another program listens there."""


def _open(host: str, port: int) -> socket.socket:
    try:
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        return socket.create_server(address[:2], family=family, backlog=2048)
    except socket.gaierror:
        raise Misconfigured(f"{host!r} is not an address of this machine. Set GLASSINE_HOST to 127.0.0.1, or to one of its addresses.") from None
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise _Taken(f"Port {port} is taken by another program. Choose another with --port N, or GLASSINE_PORT.") from None
        if error.errno == errno.EACCES:
            raise Misconfigured(f"This account may not listen on port {port}. Choose one above 1023 with --port N, and let a proxy stand before it.") from None
        raise Misconfigured(f"Nothing can listen on {host} port {port}: {error.strerror}.") from None
