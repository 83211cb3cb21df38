"""The writer for small models: the model reads, code writes.

A 1.5B model finds a single fact among a few sentences; it forgets markers and bends what it says in its own words. So
it is asked two short things about the same sentences, which the server reads once: do they state the answer, and which
words are it? Its replies move the probabilities of the sentences, and the sentences are what is shown.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from index.folding import folded, locate
from index.types import Span
from rag import prompts
from rag.drafts import Draft, DraftReader
from rag.evidence import Evidence
from rag.extractive import usable
from rag.model_calls import ModelCalls
from rag.quantities import find_quantities
from rag.question import Question
from rag.verify import value_breaches

# What the model reads: each sentence costs about 40 tokens, a second here.
SENTENCES = 5
CHARS = 900
READ_AT = 0.02  # a sentence less likely to answer is not read
MAX_TOKENS = 40
MEANT_AT = 0.35  # probability of a sentence that the model copies the answer from
MARKED = 0.7  # what a sentence that it only gives the number of gains, as a logit
STATED = 0.5  # weight of the log odds of "yes" beside the logit of the likeliest sentence


@dataclass(frozen=True, slots=True)
class Voted:
    """Evidence as the votes left it, best first, and what the model read of it."""

    evidence: list[Evidence]
    sent: list[Span]


def vote(calls: ModelCalls, question: Question, evidence: Sequence[Evidence]) -> Voted:
    """Two calls on the likeliest sentences. Raises ModelUnavailable, Stopped."""
    read = _read(question, evidence)
    sent = [e.sentence.span for e in read]
    if not read:
        return Voted(list(evidence), sent)
    sentences = [(e.text, e.hit.chunk.published or "") for e in read]
    odds = calls.log_odds(prompts.read(question.text, sentences, prompts.STATES)) or 0.0
    moved = [_moved(e, STATED * odds) for e in read]
    reader = DraftReader([text for text, _ in sentences])
    reply = calls.complete(prompts.read(question.text, sentences, prompts.COPY), max_tokens=MAX_TOKENS)
    place, said = _meant([*reader.feed(reply), *reader.finish()], question, moved)
    if place is not None:
        e, first = moved[place], 1 + max(other.score for other in evidence)
        sure = replace(e, score=first, probability=max(e.probability, MEANT_AT))
        moved[place] = sure if said else replace(e, score=e.score + MARKED)
    after = {id(e): m for e, m in zip(read, moved, strict=True)}
    return Voted(sorted((after.get(id(e), e) for e in evidence), key=lambda e: -e.score), sent)


def _read(question: Question, evidence: Sequence[Evidence]) -> list[Evidence]:
    read: list[Evidence] = []
    room = CHARS
    for e in usable(question, evidence):
        room -= len(e.text)
        if e.probability >= READ_AT and len(read) < SENTENCES and (room >= 0 or not read):
            read.append(e)
    return read


def _meant(drafts: Sequence[Draft], question: Question, read: Sequence[Evidence]) -> tuple[int | None, bool]:
    """The place of the sentence that the reply was copied from, and True; else of the one whose number it gives."""
    marked = [c.source - 1 for draft in drafts for c in draft.citations if 1 <= c.source <= len(read)]
    for draft in drafts:
        for place in [*marked, *range(len(read))]:
            if _says(draft.text, question, read[place]):
                return place, True
    return (marked[0] if marked else None), False


def _says(words: str, question: Question, evidence: Evidence) -> bool:
    """Whether the model can have copied `words` from a sentence. A bare "4" may be the number of a sentence: it counts
    only where four of what is asked for stands there."""
    if words.isdigit() and int(words) <= SENTENCES:
        return any(q.value == int(words) for q in question.new_quantities(evidence.text))
    if locate(folded(words).strip("\"' .,;:()"), evidence.text):
        return True
    return bool(find_quantities(words)) and not value_breaches(words, [evidence.text], [], question.text)


def _moved(evidence: Evidence, by: float) -> Evidence:
    """`evidence` with its probability moved by a logit."""
    logit = math.log(evidence.probability / (1 - evidence.probability)) + by
    return replace(evidence, probability=1 / (1 + math.exp(-logit)))
