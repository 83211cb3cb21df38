"""The short answer: the shortest run of cited words that has the value a question asks for."""

import re
from collections.abc import Sequence

from index.folding import locate
from rag.question import Question
from rag.terms import STOP_WORDS, stem_of, words

MOST = 0.7  # of a sentence: more of it is no short answer
_WORD = re.compile(r"[\w’'.,%$€£-]+")


def short_answer(question: Question, quotes: Sequence[str], copied: str = "") -> str | None:
    """A substring of one of `quotes`: what a model `copied`, where it stands there, else a value of the wanted kind.

    Of several values in a sentence, the one nearest to the words of the question is taken. None without either.
    """
    said = copied.strip("\"' .,;:")
    for quote in quotes if said else []:
        in_any_case = (match.span() for match in re.finditer(rf"\b{re.escape(said)}\b", quote, re.IGNORECASE))
        for start, end in [*locate(said, quote), *in_any_case][:1]:
            if end - start < MOST * len(quote):
                return quote[start:end]
    for quote in quotes:
        spans = question.candidates(quote)
        if spans:
            start, end = min(spans, key=lambda span: _distance(question, quote, span))
            return quote[start:end].strip(" ,;")
    return None


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
