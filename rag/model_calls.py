"""The model as one answer uses it: every request is counted, traced and stopped in one place."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from rag.llm_protocol import Message, Replies, Usage

if TYPE_CHECKING:
    from rag.llm import Llm  # which imports the openai client: half a second


@dataclass(frozen=True, slots=True)
class ModelCalls:
    """`load` waits for the model; `on_messages` hears what is sent before it is; `cancelled` stops a call at once.
    What `replies` holds is not asked for again."""

    load: Callable[[], "Llm"]
    on_messages: Callable[[Sequence[Message]], None] = lambda _: None
    cancelled: Callable[[], bool] = lambda: False
    usage: Usage = field(default_factory=Usage)
    replies: Replies | None = None

    def stream(
        self, messages: Sequence[Message], *, max_tokens: int, schema: Mapping[str, Any] | None = None
    ) -> Iterator[str]:
        """The reply, piece by piece. Raises ModelUnavailable, Stopped."""
        self.on_messages(messages)
        return self.load().stream(
            messages,
            max_tokens=max_tokens,
            usage=self.usage,
            schema=schema,
            replies=self.replies,
            cancelled=self.cancelled,
        )

    def complete(self, messages: Sequence[Message], *, max_tokens: int) -> str:
        """The whole reply. Raises ModelUnavailable, Stopped."""
        return "".join(self.stream(messages, max_tokens=max_tokens))

    def log_odds(self, messages: Sequence[Message]) -> float | None:
        """ln P(yes) - ln P(no) of the reply's first token; None when the server does not tell. Raises as `complete`."""
        self.on_messages(messages)
        found = self.load().first_token(messages, usage=self.usage, replies=self.replies, cancelled=self.cancelled)
        mass = {"yes": 0.0, "no": 0.0}
        for token, logprob in found.items():
            word = token.strip().lower()
            if word in mass:
                mass[word] += math.exp(logprob)
        return math.log(mass["yes"] / mass["no"]) if all(mass.values()) else None
