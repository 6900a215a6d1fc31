"""Server-sent events, read as their bytes come in. It knows what an event is, and nothing of what models say in one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic_core import from_json

from glassine.words.errors import ModelFailed

_DONE = b"[DONE]"  # by which OpenAI says that no event follows


class EventStream:
    """Feed it pieces that end where they like; it gives each event's data as soon as the empty line after it is there."""

    def __init__(self) -> None:
        self._rest = b""
        self._data: list[bytes] = []

    def feed(self, piece: bytes) -> Iterator[Mapping[str, Any]]:
        """Raises ModelFailed for data that is not a JSON object."""
        *lines, self._rest = (self._rest + piece).split(b"\n")
        for line in lines:
            line = line.removesuffix(b"\r")
            if line.startswith(b"data:"):
                self._data.append(line[5:].removeprefix(b" "))
            elif not line and self._data:
                yield from self._event()

    def end(self) -> Iterator[Mapping[str, Any]]:
        """The last event, of servers that send no empty line after it."""
        if self._rest.startswith(b"data:"):
            self._data.append(self._rest.removesuffix(b"\r")[5:].removeprefix(b" "))
        self._rest = b""
        if self._data:
            yield from self._event()

    def _event(self) -> Iterator[Mapping[str, Any]]:
        data, self._data = b"\n".join(self._data), []
        if data.strip() == _DONE:
            return
        try:
            event = from_json(data)
        except ValueError:
            event = None
        if not isinstance(event, dict):
            raise ModelFailed("malformed", "The model's answer is not a stream of events.")
        yield event
