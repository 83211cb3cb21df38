"""The short answer: the shortest run of cited words that has the value a question asks for."""

import re
from collections.abc import Iterator, Sequence

from index.folding import locate
from rag.names import find_names
from rag.question import Question
from rag.terms import STOP_WORDS, stem_of, words

MOST = 0.7  # of a sentence: more of it is no short answer
FEW = 8  # words; a longer copy says more than was asked
TOLD = 0.7  # share of the new words of a reply that a quote must hold
Range = tuple[int, int]
_RELATIVE = re.compile(r",\s+(?:which|who|whose|where)\b")
_TOKEN = re.compile(r"[^\W_]+(?:[.,'’-][^\W_]+)*[%]?|[$€£]\d+(?:[.,]\d+)*")
_STOP_STEMS = frozenset(map(stem_of, STOP_WORDS))
_WORD = re.compile(r"[\w’'.,%$€£-]+")


def short_answer(question: Question, quotes: Sequence[str], copied: str = "") -> str | None:
    """A substring of one of `quotes`: what a model `copied`, where it stands there, else a value of the wanted kind.

    Of several values in a sentence, the one nearest to the words of the question is taken. None without either.
    """
    said = copied.strip("\"' .,;:")
    places = [_as_copied(said, quote) for quote in quotes] + [_as_told(question, said, quote) for quote in quotes]
    for quote, place in zip([*quotes, *quotes], places, strict=True):
        if place:
            start, end = _with_whole_names(quote, *place)
            return quote[start:end]
    for quote in quotes:
        spans = question.candidates(quote)
        if spans:
            start, end = min(spans, key=lambda span: _distance(question, quote, span))
            return quote[start:end].strip(" ,;")
    return None


def _as_copied(said: str, quote: str) -> Range | None:
    """Where a few words that were `said` stand in `quote`; of a longer copy the part before a relative clause."""
    head = _RELATIVE.split(said)[0]
    in_any_case = (match.span() for match in re.finditer(rf"\b{re.escape(head)}\b", quote, re.IGNORECASE))
    for start, end in [*locate(head, quote), *in_any_case][:1] if head else []:
        if end - start < MOST * len(quote) and len(words(head)) <= FEW:
            return start, end
    return None


def _as_told(question: Question, said: str, quote: str) -> Range | None:
    """The shortest run of `quote` with all that a sentence `said` and the question did not.

    None where `quote` has a value of the wanted kind: code finds that better.
    """
    if question.kind != "name" and question.candidates(quote):
        return None
    new = {stem for stem in map(stem_of, words(said)) if stem not in question.stems} - _STOP_STEMS
    tokens = [
        (match.span(), {stem_of(word) for word in words(match.group())} & new) for match in _TOKEN.finditer(quote)
    ]
    wanted = set().union(*(stems for _, stems in tokens))
    if not wanted or len(wanted) < TOLD * len(new):
        return None
    start, end = min(_windows(tokens, wanted), key=lambda span: span[1] - span[0])
    return (start, end) if end - start < MOST * len(quote) else None


def _with_whole_names(quote: str, start: int, end: int) -> Range:
    for name in find_names(quote):
        if name.start < end and start < name.end:
            start, end = min(start, name.start), max(end, name.end)
    return start, end


def _windows(tokens: Sequence[tuple[Range, set[str]]], wanted: set[str]) -> Iterator[Range]:
    """The runs of tokens that hold all of `wanted`, each as short as its start allows."""
    for first, ((start, _), here) in enumerate(tokens):
        held: set[str] = set()
        for (_, end), stems in tokens[first:] if here else []:
            held |= stems
            if held == wanted:
                yield start, end
                break


def _distance(question: Question, quote: str, span: tuple[int, int]) -> float:
    """Mean distance in words from the value to the question's words in the same sentence."""
    tokens = list(_WORD.finditer(quote))
    here = sum(token.end() <= span[0] for token in tokens)
    places = [
        abs(place - here)
        for place, token in enumerate(tokens)
        if not span[0] <= token.start() < span[1]
        and any(word not in STOP_WORDS and stem_of(word) in question.stems for word in words(token.group()))
    ]
    return sum(places) / len(places) if places else float(len(tokens))
