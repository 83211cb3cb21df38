"""Follow-up questions made to stand alone, without a model: by carrying what the last question was about."""

import re
from collections.abc import Sequence

from index.dates import find_dates
from rag.names import find_names
from rag.terms import stems, words
from rag.types import Turn

_ELLIPTIC = re.compile(
    r"^\W*(?:and|but|so|or|what about|how about|then)\b|\b(?:it|its|that|this|these|those|they|them|their"
    r"|he|him|his|she|her|there|then|same|former|latter|other|else|one|ones)\b",
    re.IGNORECASE,
)
_ASKS = re.compile(r"\b(?:who|whom|whose|what|when|where|which|why|how)\b", re.IGNORECASE)
_NEXT_PART = re.compile(
    r"[?;:]\s+|,?\s+and\s+(?=(?:(?:in|by|to|at|for|from|on|with)\s+)?(?:who|whom|what|when|where|which|why|how)\b)",
    re.IGNORECASE,
)
_DEFINES = re.compile(
    r"^\W*(?:what|who)\s+(?:is|are|was|were)\s+(?:an?\s+)?(?!it\b|they\b|he\b|she\b|that\b|this\b|those\b|these\b)[^\W\d_]+\W*$",
    re.IGNORECASE,
)
MAX_PARTS = 4  # questions in one; each is searched and answered by itself
SHORT_STEMS = (
    3  # content words: with fewer a question cannot stand alone, with no more a follow-up needs the whole last one
)


def standalone(question: str, history: Sequence[Turn]) -> str:
    """`question` as a query that needs no conversation; unchanged when it already stands alone."""
    query = ""
    for asked in [*(turn.question for turn in history), question]:
        query = _carry(asked, query) if query else asked
    return query


def split_parts(question: str) -> list[str]:
    """The questions that one sentence asks ("how many ..., and who ...?"), each made to stand alone.

    A question that asks one thing comes back as it is.
    """
    parts = [part.strip(" ,;:?") for part in _NEXT_PART.split(question)]
    asking = [part for part in parts if _ASKS.search(part) and len(stems(part)) > 1]
    if not 2 <= len(asking) <= MAX_PARTS:  # a pasted page of questions is searched as one
        return [question]
    return [
        _carry(part, question) if len(stems(part)) > SHORT_STEMS or find_names(part) else _with_context(part, question)
        for part in asking
    ]


def _carry(question: str, last: str) -> str:
    if not words(question) or _DEFINES.search(question):
        return question
    if find_names(question) and not _ELLIPTIC.search(question):
        return question
    if not _ELLIPTIC.search(question) and len(stems(question)) >= SHORT_STEMS:
        return question
    if find_dates(question):
        last = _without_dates(last)
    if len(stems(question)) <= SHORT_STEMS:
        return f"{last} {question}"
    return _with_context(question, last)


def _with_context(question: str, last: str) -> str:
    """`question` with the names of `last` that it lacks, and its dates unless it has its own, in brackets."""
    names = [name.text for name in find_names(last)]
    dates = [] if find_dates(question) else [last[date.start : date.end] for date in find_dates(last)]
    carried = dict.fromkeys(item for item in [*names, *dates] if item not in question)
    return f"{question} ({', '.join(carried)})" if carried else question


def _without_dates(text: str) -> str:
    for date in reversed(find_dates(text)):
        text = text[: date.start] + text[date.end :]
    return " ".join(text.split())
