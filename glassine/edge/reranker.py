"""A reranker outside: a question and passages go out, a figure for each comes back, or a reason for none. It must not order, mask or choose anything."""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, ValidationError

from glassine.edge.gate import Answer, Crossing, Gate
from glassine.words.errors import CrossingRefused, LeakStopped, RerankFailed
from glassine.words.ids import OrgId, SessionId

SECONDS = 1.5  # for the whole exchange, the gate's look at it included: a customer waits
_MAX_ANSWER_BYTES = 1_000_000  # some send every passage back


@dataclass(frozen=True, slots=True, kw_only=True)
class Reranker:
    """As Cohere and Jina serve it, and vLLM and llama.cpp on one's own machine: `url` is the whole address, such as https://api.cohere.com/v2/rerank."""

    gate: Gate
    url: str = field(repr=False)
    model: str
    key: str = field(default="", repr=False)
    seconds: float = SECONDS

    async def judge(self, query: str, documents: Sequence[str], *, org: OrgId, session: SessionId | None) -> list[float]:
        """How well each document answers the query, in their order. Raises RerankFailed, and nothing else."""
        try:
            async with asyncio.timeout(self.seconds):
                answer = await self._post(query, documents, org, session)
        except TimeoutError:
            raise RerankFailed("timeout", f"The reranker did not answer within {self.seconds:g} seconds.") from None
        if answer.status != 200:  # the provider's own words are left out: they may repeat what was sent, or the key
            raise RerankFailed(_KINDS.get(answer.status, "refused" if 400 <= answer.status < 500 else "unreachable"), f"The reranker's server answered {answer.status}.")
        return _read(answer, len(documents))

    async def _post(self, query: str, documents: Sequence[str], org: OrgId, session: SessionId | None) -> Answer:
        headers = {"Content-Type": "application/json", "Accept": "application/json", **({"Authorization": f"Bearer {self.key}"} if self.key else {})}
        asked = {"model": self.model, "query": query, "documents": list(documents), "top_n": len(documents)}
        crossing = Crossing(org=org, session=session, purpose="rerank", hosts=(host(self.url),))
        body = json.dumps(asked, ensure_ascii=False).encode("utf-8", "replace")
        try:
            return await self.gate.request(crossing, "POST", self.url, headers=headers, body=body, timeout=self.seconds, max_bytes=_MAX_ANSWER_BYTES)
        except LeakStopped as stop:
            raise RerankFailed("stopped", f"The gate stopped the request to the reranker: {stop}.") from None
        except CrossingRefused as refusal:
            raise RerankFailed("unreachable", f"The gate did not let the request to the reranker through: {refusal}.") from None
        except ConnectionError:
            raise RerankFailed("unreachable", "The reranker could not be reached.") from None


_KINDS = {408: "timeout", 429: "rate_limited", 504: "timeout"}


def host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""  # no destination: the gate refuses it with a reason


class _Strict(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True)


class _Result(_Strict):
    index: int
    relevance_score: float


class _Results(_Strict):
    results: list[_Result]


def _read(answer: Answer, count: int) -> list[float]:
    """Each document judged once, by a number. Everything else is no answer: half an order would be worse than our own."""
    try:
        results = _Results.model_validate_json(answer.body).results
    except ValidationError:
        raise RerankFailed("malformed", "The reranker's answer is not a list of results.") from None
    if sorted(one.index for one in results) != list(range(count)):
        raise RerankFailed("malformed", f"The reranker's answer does not name each of the {count} passages once.")
    if not all(math.isfinite(one.relevance_score) for one in results):
        raise RerankFailed("malformed", "The reranker's answer holds a figure that is no number.")
    return [one.relevance_score for one in sorted(results, key=lambda one: one.index)]
