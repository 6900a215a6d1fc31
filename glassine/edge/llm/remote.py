"""A model at an address: posts a prompt through the gate, learns which parameters its server takes, and says how a call ended. It asks nobody else."""

from __future__ import annotations

import copy
import json
import re
import time
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from glassine.edge.gate import Answer, Crossing, Gate, Stream
from glassine.edge.llm import OnText, Purpose
from glassine.edge.llm.anthropic import Anthropic
from glassine.edge.llm.chat_completions import ChatCompletions
from glassine.edge.llm.event_stream import EventStream
from glassine.edge.llm.responses import Responses
from glassine.edge.llm.wholeness import Cut, plain, readable
from glassine.edge.llm.wire import Gathering, Learnt, Wire
from glassine.words.errors import CrossingRefused, LeakStopped, ModelFailed
from glassine.words.ids import OrgId, SessionId
from glassine.words.models import WireName
from glassine.words.turns import Asked, ModelReply, Prompt

WIRES: Mapping[WireName, Wire] = MappingProxyType({WireName.OPENAI: ChatCompletions(), WireName.RESPONSES: Responses(), WireName.ANTHROPIC: Anthropic()})
_MAX_ANSWER_BYTES = 1_000_000
_MOST_KEPT = 8_000  # bytes of an answer that is none
_ROOM = 3_000  # tokens more for a model that thinks before it answers
_LONGEST_PAUSE = 3_600.0  # seconds that a server may ask us to wait


class RemoteModel:
    """`name` is what people call it. `timeout` in seconds covers a whole request."""

    def __init__(self, gate: Gate, *, url: str, model: str, wire: WireName = WireName.OPENAI, key: str = "", timeout: float = 20, name: str = "") -> None:
        self._gate, self.wire, self.model, self.name, self._key, self._timeout = gate, wire, model, name or model, key, timeout
        self._wire, self._url, self._host = WIRES[wire], _whole_address(url, WIRES[wire].path), _host(url)
        self._learnt = Learnt()

    def within(self, seconds: float) -> RemoteModel:
        """The same, with what it has learnt, for a call that may take no longer than this."""
        if seconds >= self._timeout:
            return self
        other = copy.copy(self)
        other._timeout = seconds
        return other

    async def complete(
        self, prompt: Prompt, *, org: OrgId, session: SessionId | None, purpose: Purpose = "model", on_text: OnText | None = None, asked: list[Asked] | None = None,
    ) -> ModelReply:
        """Sends the prompt once. Only a server that names a parameter it does not know, or a model whose thoughts took all the room, is asked again."""
        crossing, heard = _crossing(self._host, org, session, purpose), _Heard(on_text)
        while True:
            body = self._wire.body(prompt, self.model, self._learnt, host=self._host, stream=on_text is not None)
            entry = Asked(endpoint=self.name, wire=self.wire, model=self.model, request=body)
            if asked is not None:
                asked.append(entry)
            began = time.perf_counter()
            try:
                reply = await self._once(crossing, body, prompt, heard)
            except ModelFailed as failure:
                entry.failed = f"{failure.kind}: {failure}"
                if failure.kind == "stopped":
                    entry.request = {}  # it did not leave, and holds what may be kept nowhere
                if heard.anything or not self._learn(failure, body):
                    raise
            else:
                entry.prompt_tokens, entry.completion_tokens, entry.cached_tokens = reply.prompt_tokens, reply.completion_tokens, reply.cached_tokens
                return reply
            finally:
                entry.milliseconds = round((time.perf_counter() - began) * 1_000, 1)

    async def _once(self, crossing: Crossing, body: Mapping[str, Any], prompt: Prompt, heard: _Heard) -> ModelReply:
        """One request. What breaks off after its first words is malformed, whatever broke it: half an answer is none, and nobody else may be asked for the rest."""
        headers = {"Content-Type": "application/json", "Accept": "text/event-stream" if heard.on_text else "application/json", **self._wire.headers(self._host, self._key)}
        written = json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")
        try:
            async with self._gate.stream(
                crossing, "POST", self._url, headers=headers, body=written, timeout=self._timeout, max_bytes=_MAX_ANSWER_BYTES,
            ) as stream:
                return await self._read(stream, prompt, heard)
        except TimeoutError:
            failure = ModelFailed("timeout", f"The model did not answer within {self._timeout:.3g} seconds.")
        except LeakStopped as stop:
            failure = ModelFailed("stopped", f"The gate stopped the request: {stop}.")
        except CrossingRefused as refusal:
            failure = ModelFailed("unreachable", f"The gate did not let the request through: {refusal}.")
        except ConnectionError as error:
            failure = ModelFailed("unreachable", f"The model could not be reached: {error}.")
        except ModelFailed as failed:
            failure = failed
        if heard.anything and failure.kind != "refused":
            failure.kind, failure.broke = "malformed", not isinstance(failure, Cut)
        raise failure

    async def _read(self, stream: Stream, prompt: Prompt, heard: _Heard) -> ModelReply:
        if stream.status == 200 and heard.on_text and "json" not in stream.headers.get("content-type", ""):
            return await self._follow(stream, self._wire.gathering(prompt, self.model), heard)
        answer = Answer(status=stream.status, headers=stream.headers, body=b"".join([chunk async for chunk in stream.chunks]))
        try:
            if answer.status != 200:
                raise self._failure(answer)
            reply = self._wire.read(answer.body, prompt, self.model)
        except ModelFailed as failure:
            failure.raw = self._words(answer.status, answer.body)
            raise
        heard.say(reply.text)
        return reply

    async def _follow(self, stream: Stream, gathering: Gathering, heard: _Heard) -> ModelReply:
        events, kept = EventStream(), b""
        try:
            async for chunk in stream.chunks:
                kept += chunk[: _MOST_KEPT - len(kept)]
                for event in events.feed(chunk):
                    heard.say(gathering.take(event))
            for event in events.end():
                heard.say(gathering.take(event))
            return gathering.done()
        except ModelFailed as failure:
            failure.raw = self._words(stream.status, kept)
            raise

    def _words(self, status: int, body: bytes) -> str:
        """What the provider said, without our key, which some repeat."""
        words = f"HTTP {status}\n" + body[:_MOST_KEPT].decode("utf-8", "replace")
        return words.replace(self._key, "(the key)") if self._key else words

    def _failure(self, answer: Answer) -> ModelFailed:
        """What a status other than 200 means. The provider's own words are left out: they may repeat the prompt or the key."""
        told = self._wire.error(answer.body)
        failure = ModelFailed(_kind(answer.status), f"The model's server answered {answer.status} ({plain(told.code)}).")
        failure.status, failure.retry_after = answer.status, _pause(answer.headers)
        if answer.status in (400, 422):
            failure.parameter = _named(told.parameter, told.words, self._wire.optional)
        return failure

    def _learn(self, failure: ModelFailed, body: Mapping[str, Any]) -> bool:
        """Newer OpenAI models want another name for the limit and take no temperature, other servers know fewer parameters. True when the next request will differ."""
        if isinstance(failure, Cut) and failure.thought and not self._learnt.room:
            self._learnt.room = _ROOM
            return True
        if failure.parameter == "max_tokens" and failure.parameter in body and not self._learnt.limit:
            self._learnt.limit = "max_completion_tokens"
            return True
        if failure.parameter in body and failure.parameter in self._wire.optional:
            self._learnt.without.add(failure.parameter)
            return True
        return False


class _Heard:
    """What of an answer has been let out already."""

    def __init__(self, on_text: OnText | None) -> None:
        self.on_text, self.anything = on_text, False

    def say(self, text: str) -> None:
        if not text or self.on_text is None:
            return
        if not readable(text):
            raise ModelFailed("malformed", "The model's answer is empty or not text.")
        self.anything = True
        self.on_text(text)


def _kind(status: int) -> str:
    if status in (408, 504):
        return "timeout"
    if status == 429:
        return "rate_limited"
    if status in (401, 402, 403, 404):
        return "denied"
    return "unreachable" if status >= 500 or status < 400 else "refused"


def _pause(headers: Mapping[str, str]) -> float:
    """Seconds that the server asks us to wait; a date, which few send, is left to the breaker."""
    found = re.fullmatch(r"\d{1,6}(?:\.\d{1,3})?", headers.get("retry-after", "").strip())
    return min(float(found[0]), _LONGEST_PAUSE) if found else 0.0


def _named(parameter: str, words: str, optional: frozenset[str]) -> str:
    """The parameter that an error is about: the one it names, else the one of ours that its words hold."""
    if parameter:
        return re.split(r"[.\[]", parameter)[0]
    return next((name for name in sorted({*optional, "max_tokens"}) if re.search(rf"(?<![a-z_]){name}(?![a-z_])", words)), "")


def _whole_address(url: str, path: str) -> str:
    """Where requests go: people give the address of the interface, with or without its last part, and often without its version."""
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return url  # no destination: the gate refuses it with a reason
    base = parts.path.rstrip("/").removesuffix(path) or "/v1"
    return urlunsplit(parts._replace(path=base + path, fragment=""))


def _host(url: str) -> str:
    try:
        return urlsplit(url.strip()).hostname or ""
    except ValueError:
        return ""  # as above


def _crossing(host: str, org: OrgId, session: SessionId | None, purpose: Purpose) -> Crossing:
    if purpose == "what-if":
        return Crossing(org=org, session=session, purpose="what-if", hosts=(host,))
    if purpose == "writing":
        return Crossing(org=org, session=session, purpose="writing", hosts=(host,))
    return Crossing(org=org, session=session, purpose="model", hosts=(host,))
