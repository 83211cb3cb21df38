"""The writer for small models: the model reads, code writes.

A 1.5B model finds a single fact among a few sentences; it forgets markers and bends what it says in its own words. So
it is asked short things about the same sentences, which the server reads once: do they state the answer, and which
words are it? Its replies move the probabilities of the sentences, and the sentences are what is shown.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from index.folding import folded
from index.types import Span
from rag import prompts
from rag.evidence import Evidence
from rag.extractive import usable
from rag.model_calls import ModelCalls
from rag.quantities import find_quantities
from rag.question import Question
from rag.terms import stems

# What the model reads: each sentence costs about 40 tokens, a second here.
SENTENCES = 5
CHARS = 900
READ_AT = 0.02  # a sentence less likely to answer is not read
MAX_TOKENS, WORD_TOKENS = 40, 20
MEANT_AT = 0.35  # probability of a sentence that the model copies the answer from
STATED, UNMOVED = 0.5, 0.7  # weight of the log odds of "yes", and the log odds that change nothing
DENIED = 0.4  # with lower log odds the answer is not there (docs/measurements.md, "Refusal")
BELIEVED = 0.5  # with lower ones the number of a sentence, without words of it, says nothing
COPIED = 0.8  # share of the new words of a reply that the sentence it means must hold
_MARKER = re.compile(r"[\[(](\d)[\])]")
_BETWEEN_PIECES = re.compile(r"[\[(]\d[\])]|[,;]\s|\s(?:and|while)\s")


@dataclass(frozen=True, slots=True)
class Voted:
    """Evidence as the votes left it, best first, [] when the model denies that the answer is there; what it read, and
    the words it gave as the answer."""

    evidence: list[Evidence]
    sent: list[Span]
    words: str = ""


def vote(calls: ModelCalls, question: Question, evidence: Sequence[Evidence]) -> Voted:
    """Two calls on the likeliest sentences; a third for the words where the second gives only the number of one. Raises
    ModelUnavailable, Stopped."""
    read = _read(question, evidence)
    sent = [e.sentence.span for e in read]
    if not read:
        return Voted(list(evidence), sent)
    sentences = [(e.text, e.hit.chunk.published or "") for e in read]
    odds = calls.log_odds(prompts.read(question.text, sentences, prompts.STATES))
    odds = UNMOVED if odds is None else odds
    if odds < DENIED:
        return Voted([], sent)
    moved = [_moved(e, STATED * (odds - UNMOVED)) for e in read]
    reply = calls.complete(prompts.read(question.text, sentences, prompts.COPY), max_tokens=MAX_TOKENS)
    words = _MARKER.sub(" ", reply).strip()
    meant = _meant(reply, question, moved, odds)
    if meant and not words and question.kind in (None, "name"):  # of the other kinds code finds the words itself
        instruction = prompts.WORDS.format(number=meant[0] + 1)
        words = calls.complete(prompts.read(question.text, sentences, instruction), max_tokens=WORD_TOKENS).strip()
    first = max(e.score for e in evidence)
    for rank, place in enumerate(meant):
        e = moved[place]
        moved[place] = replace(e, score=first + 1 / (1 + rank), probability=max(e.probability, MEANT_AT))
    after = {id(e): m for e, m in zip(read, moved, strict=True)}
    voted = sorted((after.get(id(e), e) for e in evidence), key=lambda e: -e.score)
    return Voted(voted, sent, words)


def _read(question: Question, evidence: Sequence[Evidence]) -> list[Evidence]:
    read: list[Evidence] = []
    room = CHARS
    for e in usable(question, evidence):
        room -= len(e.text)
        if e.probability >= READ_AT and len(read) < SENTENCES and (room >= 0 or not read):
            read.append(e)
    # the likeliest passage first, its sentences in their order: out of it, the model tells less well whether the answer
    # is there (docs/measurements.md, "Refusal")
    likeliest = {e.hit.rank: place for place, e in reversed(list(enumerate(read)))}
    return sorted(read, key=lambda e: (likeliest[e.hit.rank], e.sentence.span.start))


def _meant(reply: str, question: Question, read: Sequence[Evidence], odds: float) -> list[int]:
    """The places of the sentences that the reply was copied from; else of one that it only gives the number of."""
    marked = [int(number) - 1 for number in _MARKER.findall(reply) if 1 <= int(number) <= len(read)]
    pieces = _BETWEEN_PIECES.split(reply) if len(set(marked)) > 1 else [_MARKER.sub(" ", reply)]
    found = [
        next((place for place in [*marked, *range(len(read))] if _says(piece.strip(), question, read[place])), None)
        for piece in pieces
    ]
    said = list(dict.fromkeys(place for place in found if place is not None))
    return said or (marked[:1] if odds > BELIEVED else [])


def _says(said: str, question: Question, evidence: Evidence) -> bool:
    """Whether the model can have taken what it said, and the question does not say, from a sentence.

    A bare "4" may be the number of a sentence: it counts only where four of what is asked for stands there.
    """
    if said.isdigit() and not said.isdecimal():  # "²"
        return False
    if said.isdecimal() and int(said) <= SENTENCES:
        return any(quantity.value == int(said) for quantity in question.new_quantities(evidence.text))
    new, values = stems(said) - question.stems, question.new_quantities(said)
    if not (said and (new or values)):
        return False
    if folded(said).strip("\"' .,;:()").casefold() in folded(evidence.text).casefold():
        return True
    if values:
        stated = find_quantities(evidence.text)
        return all(any(value.equals(other) for other in stated) for value in values)
    return len(new & stems(evidence.text)) >= COPIED * len(new)


def _moved(evidence: Evidence, by: float) -> Evidence:
    """`evidence` with its probability moved by a logit."""
    logit = math.log(evidence.probability / (1 - evidence.probability)) + by
    return replace(evidence, probability=1 / (1 + math.exp(-logit)))
