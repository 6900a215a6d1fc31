"""A model at an address: posts a prompt through the gate, learns which parameters its server takes, and says how a call ended. It asks once."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

from pydantic import ValidationError

from glassine.edge.gate import Answer, Crossing, Gate
from glassine.edge.llm import Purpose, chat_completions
from glassine.edge.llm.wholeness import Strict, plain
from glassine.words.errors import CrossingRefused, LeakStopped, ModelFailed
from glassine.words.ids import OrgId, SessionId
from glassine.words.turns import ModelReply, Prompt

MAX_ANSWER_TOKENS = 600
_MAX_ANSWER_BYTES = 1_000_000
_MOST_KEPT = 8_000  # bytes of an answer that is none


class OpenAICompatible:
    """Chat completions at `{url}/chat/completions` (OpenAI, vLLM, Ollama, llama.cpp …). `timeout` in seconds covers the whole call."""

    def __init__(self, gate: Gate, *, url: str, model: str, key: str = "", timeout: float = 20) -> None:
        self._gate, self._url, self._model, self._key, self._timeout = gate, url.rstrip("/").removesuffix(chat_completions.PATH), model, key, timeout
        self._limit_name, self._temperature = "max_tokens", True

    def request_body(self, prompt: Prompt) -> dict[str, Any]:
        body: dict[str, Any] = {"model": self._model, "messages": chat_completions.messages(prompt)}
        if prompt.tools:
            body["tools"] = chat_completions.tools(prompt)
        body[self._limit_name] = prompt.longest or MAX_ANSWER_TOKENS
        return {**body, "temperature": 0} if self._temperature else body

    async def complete(self, prompt: Prompt, *, org: OrgId, session: SessionId | None, purpose: Purpose = "model") -> ModelReply:
        """Sends the prompt once. Only a model that names a parameter it does not know is asked again, without that parameter."""
        answer = await self._post(prompt, org, session, purpose)
        while answer.status == 400 and self._learn(answer):
            answer = await self._post(prompt, org, session, purpose)
        try:
            if answer.status != 200:
                raise _failure(answer)
            return chat_completions.read(answer.body, prompt, self._model)
        except ModelFailed as failure:
            failure.raw = self._words(answer)
            raise

    def _words(self, answer: Answer) -> str:
        """What the provider said, without our key, which some repeat."""
        words = f"HTTP {answer.status}\n" + answer.body[:_MOST_KEPT].decode("utf-8", "replace")
        return words.replace(self._key, "(the key)") if self._key else words

    async def _post(self, prompt: Prompt, org: OrgId, session: SessionId | None, purpose: Purpose) -> Answer:
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if self._key:
            headers["Authorization"] = f"Bearer {self._key}"
        body = json.dumps(self.request_body(prompt), ensure_ascii=False).encode("utf-8", "replace")
        try:
            return await self._gate.request(
                self._crossing(org, session, purpose), "POST", f"{self._url}{chat_completions.PATH}",
                headers=headers, body=body, timeout=self._timeout, max_bytes=_MAX_ANSWER_BYTES,
            )
        except TimeoutError:
            raise ModelFailed("timeout", f"The model did not answer within {self._timeout:g} seconds.") from None
        except LeakStopped as stop:
            raise ModelFailed("stopped", f"The gate stopped the request: {stop}.") from None
        except CrossingRefused as refusal:
            raise ModelFailed("unreachable", f"The gate did not let the request through: {refusal}.") from None
        except ConnectionError as error:
            raise ModelFailed("unreachable", f"The model could not be reached: {error}.") from None

    def _crossing(self, org: OrgId, session: SessionId | None, purpose: Purpose) -> Crossing:
        hosts = (_host(self._url),)
        if purpose == "what-if":
            return Crossing(org=org, session=session, purpose="what-if", hosts=hosts)
        if purpose == "writing":
            return Crossing(org=org, session=session, purpose="writing", hosts=hosts)
        return Crossing(org=org, session=session, purpose="model", hosts=hosts)

    def _learn(self, answer: Answer) -> bool:
        """Newer OpenAI models want another name for the limit and take no temperature. True when the next request will differ."""
        match _error(answer).param:
            case "max_tokens" if self._limit_name == "max_tokens":
                self._limit_name = "max_completion_tokens"
            case "temperature" if self._temperature:
                self._temperature = False
            case _:
                return False
        return True


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""  # no destination: the gate refuses it with a reason


class _Error(Strict):
    code: str | int | None = None
    type: str | None = None
    param: str | None = None


class _Errors(Strict):
    error: _Error


def _failure(answer: Answer) -> ModelFailed:
    """What a status other than 200 means. The provider's own words are left out: they may repeat the prompt or the key."""
    kind = {408: "timeout", 429: "rate_limited", 504: "timeout"}.get(answer.status, "unreachable" if answer.status >= 500 or answer.status < 400 else "refused")
    error = _error(answer)
    return ModelFailed(kind, f"The model's server answered {answer.status} ({plain(error.code or error.type)}).")


def _error(answer: Answer) -> _Error:
    try:
        return _Errors.model_validate_json(answer.body).error
    except ValidationError:
        return _Error()
