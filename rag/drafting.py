"""The writer for models that follow instructions: quoted drafts, settled as they arrive, and one turn of repair."""

from collections.abc import Callable, Iterator, Sequence

from rag import prompts
from rag.attribute import Attributed, NumberedSource
from rag.bearing import overlap
from rag.drafts import Draft, DraftReader
from rag.errors import DraftMalformed, ModelUnavailable
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

    Sentences that do not hold are named to the model once, and what it writes instead follows. Of those whose wording
    still cannot be confirmed, the sentences that they quote come last (docs/decisions/0010).
    Raises ModelUnavailable, Stopped, and DraftMalformed when neither turn could be read.
    """
    messages = prompts.draft(question, [(s.source.title, s.source.published or "", s.text) for s in sources])
    shown: list[Attributed] = []
    quoted: list[Attributed] = []
    broken = False
    for _ in range(TURNS):
        reader = DraftReader([source.text for source in sources])
        faults: list[str] = []
        before, failed = len(shown), list[Attributed]()
        try:
            for drafted in _drafts(calls, messages, reader):
                settled = settle(drafted)
                if settled.shown and settled.text in (each.text for each in shown):
                    continue
                if settled.shown:
                    shown.append(settled)
                else:
                    failed += settled.instead
                    faults.append(prompts.fault(drafted.written, settled.why))
                yield settled
        except ModelUnavailable:
            yield from _not_shown([*quoted, *failed], shown)
            raise
        # what was written instead takes the place of what failed before
        quoted = failed if len(shown) > before else [*quoted, *failed]
        empty = not reader.reply.strip()
        broken = reader.malformed or empty
        if broken:
            faults.append(prompts.EMPTY if empty else prompts.MALFORMED)
        if not faults:
            break
        messages = prompts.repair(messages, reader.reply, faults)
    yield from _not_shown(quoted, shown)
    if broken and (shown or quoted):
        yield Attributed("", (), "absent", "the rest of the answer did not come: the reply of the model broke off", 0.0)
    elif broken:
        raise DraftMalformed(
            f"model {calls.load().model!r} sent no answer that can be read: try again, try another PINCITE_MODEL, "
            "or use --mode extractive"
        )


def _not_shown(quoted: Sequence[Attributed], shown: Sequence[Attributed]) -> list[Attributed]:
    """Of the `quoted` sentences, each once, those that no exact words `shown` are taken from."""
    spans = [span for each in shown if each.verdict == "exact" for span in each.spans]
    return [each for each in dict.fromkeys(quoted) if not any(overlap(span, each.spans[0]) for span in spans)]


def _drafts(calls: ModelCalls, messages: Sequence[Message], reader: DraftReader) -> Iterator[Draft]:
    for piece in calls.stream(messages, max_tokens=MAX_TOKENS, schema=prompts.DRAFT_SCHEMA):
        yield from reader.feed(piece)
    yield from reader.finish()
