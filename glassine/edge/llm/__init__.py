"""Language models behind one narrow port: a prompt goes in, a checked answer or a reason for none comes out. It must not build or judge words.

Plain posts through the gate, not the vendors' SDKs (docs/decisions/0010-model-calls-without-sdk.md).
"""

from __future__ import annotations

from typing import Any, Literal, Protocol

from glassine.words.ids import OrgId, SessionId
from glassine.words.turns import ModelReply, Prompt

Purpose = Literal["model", "what-if", "writing"]  # an answer to a customer, or to somebody of the team who asks what another would have been, or for help with an article


class Llm(Protocol):
    """One call, one answer. Raises ModelFailed with kind timeout | rate_limited | refused | malformed | unreachable | stopped, and nothing else."""

    async def complete(self, prompt: Prompt, *, org: OrgId, session: SessionId | None, purpose: Purpose = "model") -> ModelReply: ...

    def request_body(self, prompt: Prompt) -> dict[str, Any]:
        """The body exactly as `complete` sent it, or is going to send it: what inspect stores."""
        ...
