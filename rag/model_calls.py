"""The model as one answer uses it: every request is counted, traced and stopped in one place."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from rag.llm_protocol import Message, Usage

if TYPE_CHECKING:
    from rag.llm import Llm  # which imports the openai client: half a second


@dataclass(frozen=True, slots=True)
class ModelCalls:
    """`load` waits for the model; `on_messages` hears what is sent before it is; `cancelled` stops a call at once."""

    load: Callable[[], "Llm"]
    on_messages: Callable[[Sequence[Message]], None] = lambda _: None
    cancelled: Callable[[], bool] = lambda: False
    usage: Usage = field(default_factory=Usage)

    def stream(
        self, messages: Sequence[Message], *, max_tokens: int, schema: Mapping[str, Any] | None = None
    ) -> Iterator[str]:
        """The reply, piece by piece. Raises ModelUnavailable, Stopped."""
        self.on_messages(messages)
        llm = self.load()
        return llm.stream(messages, max_tokens=max_tokens, usage=self.usage, schema=schema, cancelled=self.cancelled)

    def complete(self, messages: Sequence[Message], *, max_tokens: int) -> str:
        """The whole reply. Raises ModelUnavailable, Stopped."""
        return "".join(self.stream(messages, max_tokens=max_tokens))
