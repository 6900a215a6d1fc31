"""What can go wrong, in words: every error that a caller may see carries a sentence that says what to do."""

from __future__ import annotations


class Refused(Exception):
    """The request cannot be done as asked. `status` is an HTTP status (4xx), `code` a stable word for programs."""

    def __init__(self, message: str, *, status: int = 400, code: str | None = None) -> None:
        super().__init__(message)
        self.message, self.status, self.code = message, status, code


class NotFound(Refused):
    """The thing does not exist, or not for this organisation: the two are deliberately the same."""

    def __init__(self, message: str) -> None:
        super().__init__(message, status=404)


class Misconfigured(Exception):
    """The operator must change something before the product can run; the text says what."""


class ModelFailed(Exception):
    """A language model gave no usable answer. `kind`: timeout | rate_limited | denied (key, account or model's name) | refused | malformed |
    unreachable | stopped (by the gate) | spent (the day's budget).

    `raw` are the provider's own words, which may repeat the prompt: never to be shown, logged or kept before they are masked. `retry_after` are the
    seconds that the server asked for, and `parameter` what of the request it does not take.
    """

    def __init__(self, kind: str, message: str, raw: str = "") -> None:
        super().__init__(message)
        self.kind, self.raw = kind, raw
        self.status, self.retry_after, self.parameter = 0, 0.0, ""
        self.broke = False  # off, after its first words: a stream that another try may do without


class RerankFailed(Exception):
    """A reranker gave no usable answer. `kind`: timeout | rate_limited | refused | malformed | unreachable | stopped (by the gate)."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


class CrossingRefused(Exception):
    """The egress gate did not let a request out: the destination is not declared, not public or switched off, or a limit was broken."""


class LeakStopped(CrossingRefused):
    """What was about to leave holds raw personal values, and the destination may not see any. The text names types, never values."""


class NotReached(ConnectionError):
    """No connection came about, so nothing was sent."""


class TooLarge(CrossingRefused):
    """What came back is larger than whoever asked wants to read; the rest was not fetched."""


class SwitchedOff(CrossingRefused):
    """A boundary was switched off, also while something was crossing it."""
