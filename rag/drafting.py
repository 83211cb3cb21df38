"""The writer for models that follow instructions: quoted drafts, settled as they arrive, and one turn of repair."""

from collections.abc import Callable, Iterator, Sequence

from rag import prompts
from rag.attribute import Attributed, NumberedSource
from rag.drafts import Draft, DraftReader
from rag.errors import DraftMalformed
from rag.llm_protocol import Message
from rag.model_calls import ModelCalls

TURNS = 2  # the draft, and one turn to repair what did not hold
MAX_TOKENS = 900  # four sentences with their quotes, as JSON


def draft(
    calls: ModelCalls,
    question: str,
    sources: Sequence[NumberedSource],
    settle: Callable[[Draft], Attributed],
) -> Iterator[Attributed]:
    """Every drafted sentence as `settle` judged it, when it arrives; nothing when the model finds no answer.

    Sentences that do not hold are named to the model once, and what it writes instead follows.
    Raises ModelUnavailable, Stopped, and DraftMalformed when neither turn could be read.
    """
    messages = prompts.draft(question, [(s.source.title, s.source.published or "", s.text) for s in sources])
    shown: set[str] = set()
    broken = False
    for _ in range(TURNS):
        reader = DraftReader([source.text for source in sources])
        faults: list[str] = []
        for drafted in _drafts(calls, messages, reader):
            settled = settle(drafted)
            if settled.shown and settled.text in shown:
                continue
            if settled.shown:
                shown.add(settled.text)
            else:
                faults.append(prompts.fault(drafted.written, settled.why))
            yield settled
        empty = not reader.reply.strip()
        broken = reader.malformed or empty
        if broken:
            faults.append(prompts.EMPTY if empty else prompts.MALFORMED)
        if not faults:
            return
        messages = prompts.repair(messages, reader.reply, faults)
    if broken and shown:
        yield Attributed("", (), "absent", "the rest of the answer did not come: the reply of the model broke off", 0.0)
    elif broken:
        raise DraftMalformed(
            f"model {calls.load().model!r} sent no answer that can be read: try again, try another PINCITE_MODEL, "
            "or use --mode extractive"
        )


def _drafts(calls: ModelCalls, messages: Sequence[Message], reader: DraftReader) -> Iterator[Draft]:
    for piece in calls.stream(messages, max_tokens=MAX_TOKENS, schema=prompts.DRAFT_SCHEMA):
        yield from reader.feed(piece)
    yield from reader.finish()
