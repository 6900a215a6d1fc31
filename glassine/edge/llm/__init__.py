"""Language models behind one narrow port: a prompt goes in, a checked answer or a reason for none comes out. It must not build or judge words.

Plain posts through the gate, not the vendors' SDKs (docs/decisions/0010-model-calls-without-sdk.md).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, Protocol

from glassine.words.ids import OrgId, SessionId
from glassine.words.turns import Asked, ModelReply, Prompt

Purpose = Literal["model", "what-if", "writing"]  # an answer to a customer, or to somebody of the team who asks what another would have been, or for help with an article
OnText = Callable[[str], None]


class Llm(Protocol):
    """One call, one answer."""

    @property
    def model(self) -> str:
        """The name of the one that is asked first."""
        ...

    async def complete(
        self, prompt: Prompt, *, org: OrgId, session: SessionId | None, purpose: Purpose = "model", on_text: OnText | None = None, asked: list[Asked] | None = None,
    ) -> ModelReply:
        """Raises ModelFailed, whose kinds words/errors.py lists, and nothing else.

        `on_text` hears the words as they come; a call that fails after the first of them is malformed. Each request that leaves is put on the
        list `asked`, exactly as it was sent, before it leaves.
        """
        ...
