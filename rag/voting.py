"""The writer for small models: the model reads, code writes.

A 1.5B model finds a single fact among a few sentences; it forgets markers and bends what it says in its own words. So
it is asked for the fewest words, copied. They say which sentence it means, which moves the probabilities, and the
sentences of the documents are what is shown.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from index.types import Span
from rag import prompts
from rag.attribute import sentence_with
from rag.drafts import Draft, DraftReader
from rag.evidence import Evidence
from rag.extractive import usable
from rag.model_calls import ModelCalls
from rag.question import Question

# What the model reads: more costs seconds (40 tokens each) and loses the fact among the rest.
SENTENCES = 5
CHARS = 900
READ_AT = 0.02  # a sentence less likely to answer is not read
MAX_TOKENS = 40
# Logits, from the sample gold set (docs/measurements.md, "Votes").
MEANT = 2.5  # what a sentence gains when the model copies from it
NOT_MEANT = -0.5  # what the others that it read lose then
NOT_FOUND = -1.5  # what all that it read lose when it finds nothing


@dataclass(frozen=True, slots=True)
class Voted:
    """Evidence as the vote left it, best first; what the model read; and the words it copied, where they stand."""

    evidence: list[Evidence]
    sent: list[Span]
    words: str | None


def vote(calls: ModelCalls, question: Question, evidence: Sequence[Evidence]) -> Voted:
    """One call: which of the likeliest sentences states the answer? Raises ModelUnavailable, Stopped."""
    read = _read(question, evidence)
    if not read:
        return Voted(list(evidence), [], None)
    messages = prompts.pick(question.text, [(e.text, e.hit.chunk.published or "") for e in read])
    reader = DraftReader([e.text for e in read])
    reply = calls.complete(messages, max_tokens=MAX_TOKENS)
    meant, words = _meant([*reader.feed(reply), *reader.finish()], read)
    moved = {id(e): _moved(e, NOT_FOUND if meant is None else MEANT if e is meant else NOT_MEANT) for e in read}
    after = sorted((moved.get(id(e), e) for e in evidence), key=lambda e: -e.score)
    return Voted(after, [e.sentence.span for e in read], words)


def _read(question: Question, evidence: Sequence[Evidence]) -> list[Evidence]:
    read: list[Evidence] = []
    room = CHARS
    for e in usable(question, evidence):
        room -= len(e.text)
        if e.probability >= READ_AT and len(read) < SENTENCES and (room >= 0 or not read):
            read.append(e)
    return read


def _meant(drafts: Sequence[Draft], read: Sequence[Evidence]) -> tuple[Evidence | None, str | None]:
    """The sentence that the reply was copied from; else the one whose number it gives."""
    for draft in drafts:
        marked = [read[c.source - 1] for c in draft.citations if 1 <= c.source <= len(read)]
        for group in (marked, read):
            place = sentence_with(draft.text, [e.sentence for e in group])
            if place:
                span, words = place
                return next(e for e in group if e.sentence.span == span), words
        if marked:
            return marked[0], None
    return None, None


def _moved(evidence: Evidence, by: float) -> Evidence:
    logit = math.log(evidence.probability / (1 - evidence.probability)) + by
    return replace(evidence, score=evidence.score + by, probability=1 / (1 + math.exp(-logit)))
