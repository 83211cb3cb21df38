"""The claim check beyond the value rule: does a statement in other words say no more than the words it cites?

Deterministic and one-sided: it may send a true paraphrase back, it should not let a changed one pass.
"""

import re
from collections.abc import Sequence
from itertools import pairwise

from index.sentences import sentence_spans
from rag.markup import plain
from rag.names import find_names, name_tokens
from rag.quantities import Quantity, find_quantities
from rag.terms import stem_of, stems, words

_COORDINATED = re.compile(r";\s|,?\s+(?:but|while|whereas|although|though)\s+|,\s+(?:and|or)\s+", re.IGNORECASE)
_NEGATIVE = re.compile(
    r"\b(?:not|no|never|neither|nor|none|nobody|nothing|nowhere|without|cannot|hardly|barely|scarcely|den(?:y|ies|ied)"
    r"|refus(?:e|es|ed|al)|reject(?:s|ed)?|dismiss(?:es|ed)?|fail(?:s|ed|ure)?|lack(?:s|ed)?)\b|n[’']t\b",
    re.IGNORECASE,
)
_HEDGED = re.compile(
    r"\b(?:may|might|could|would|should|if|likely|unlikely|possibl[ey]|perhaps|probabl[ey]|reported(?:ly)?|alleged(?:ly)?"
    r"|apparently|claim(?:s|ed)?|suggest(?:s|ed)?|suspect(?:s|ed)?|expect(?:s|ed)?|plan(?:s|ned)?|aim(?:s|ed)?"
    r"|hope(?:s|d)?|intend(?:s|ed)?|seek(?:s|ing)?|sought|propos(?:e|es|ed|al)|forecast|predict(?:s|ed)?|estimated?"
    r"|set to|supposed to|meant to|due to (?=[a-z]+\b))\b",
    re.IGNORECASE,
)
# bounds and approximations of a value, each group one meaning
_BOUNDS = tuple(
    re.compile(rf"\b(?:{group})\s+(?:\w+\s+)?[$€£]?$", re.IGNORECASE)
    for group in (
        "more than|over|above|at least|exceeding|upwards? of",
        "less than|under|below|up to|at most|no more than|as many as|as much as",
        "almost|nearly|close to|about|around|roughly|approximately|some|an estimated",
    )
)
BOUND_CHARS = 24  # a bound stands right before its number
_OPPOSITES = [
    (frozenset(map(stem_of, one.split())), frozenset(map(stem_of, other.split())))
    for one, other in (
        (
            "rise rose risen increase grow grew grown growth climb gain jump surge expand up higher",
            "fall fell fallen decrease decline drop shrink shrank slump plunge down lower",
        ),
        ("more", "less fewer"),
        ("support favour favor back", "oppose opposition"),
        ("accept agree", "reject refuse disagree"),
        ("win won", "lose lost"),
        ("import buy bought", "export sell sold"),
        ("before", "after"),
        ("open", "close"),
        ("begin began begun start", "end stop finish"),
        ("allow permit", "ban banned forbid forbidden prohibit"),
        ("confirm", "deny denied"),
        ("arrive", "leave left depart"),
    )
]
_PASSIVE = re.compile(r"\b(?:is|are|was|were|been|being|be)\s+(?:\w+ly\s+)?\w+\s+by\b", re.IGNORECASE)
_LISTED = re.compile(r"(?:\W|\band\b|\bor\b)*", re.IGNORECASE)


def coverage(text: str, cited: Sequence[str], supplied: Sequence[str]) -> float:
    """The share of the content words of `text`, in [0, 1], that stand in the cited words, titles or dates."""
    wanted = stems(text)
    return len(wanted & stems(" ".join([*cited, *supplied]))) / len(wanted) if wanted else 0.0


def claim_breaches(text: str, cited: Sequence[str]) -> list[str]:
    """What `text` changes of the meaning of the cited words, one line each; [] when nothing was found."""
    touched = _touched(text, cited)
    joined = " ".join(touched)
    breaches = []
    if bool(_NEGATIVE.search(text)) != bool(_NEGATIVE.search(joined)):
        breaches.append("one of the two is negated, the statement or the cited words")
    hedge = _HEDGED.search(joined)
    if hedge and not _HEDGED.search(text):
        breaches.append(f"the cited words are less certain ({hedge.group()!r})")
    breaches += _turned(text, joined)
    breaches += _unbounded(text, touched)
    if _reversed(text, joined):
        breaches.append("the names stand in another order than in the cited words")
    return breaches


def _touched(text: str, cited: Sequence[str]) -> list[str]:
    """The fewest coordinated clauses of the cited words that hold what `text` shares with them."""
    clauses = [
        clause
        for quote in map(plain, cited)
        for a, b in sentence_spans(quote)
        for clause in _COORDINATED.split(quote[a:b])
        if clause.strip()
    ]
    missing, chosen = set(stems(text)), []
    own = [stems(clause) for clause in clauses]
    while clauses:
        best = max(range(len(clauses)), key=lambda i: len(missing & own[i]))
        if not missing & own[best]:
            break
        missing -= own[best]
        chosen.append(best)
    return [clauses[i] for i in sorted(chosen)]


def _turned(text: str, cited: str) -> list[str]:
    here, there = ({stem_of(word) for word in words(side)} for side in (text, cited))
    return [
        f"the cited words say the opposite of {min(one & here)!r}"
        for pair in _OPPOSITES
        for one, other in (pair, pair[::-1])
        if one & here and not other & here and other & there and not one & there
    ]


def _unbounded(text: str, clauses: Sequence[str]) -> list[str]:
    """Values that the cited words bound or round ("up to 14,000") and the statement gives as they stand."""
    dropped = []
    for quantity in find_quantities(text):
        places = [(clause, q) for clause in clauses for q in find_quantities(clause) if quantity.equals(q)]
        if places and all(_bound(clause, q) - _bound(text, quantity) for clause, q in places):
            value = text[quantity.start : quantity.end]
            dropped.append(f"the cited words give {value!r} as a bound or a rounded value")
    return dropped


def _bound(text: str, quantity: Quantity) -> set[int]:
    before = text[max(0, quantity.start - BOUND_CHARS) : quantity.start]
    return {group for group, pattern in enumerate(_BOUNDS) if pattern.search(before)}


def _reversed(text: str, cited: str) -> bool:
    """True when two names change places: "Xi received Putin" does not carry "Putin received Xi"."""
    if bool(_PASSIVE.search(text)) != bool(_PASSIVE.search(cited)):
        return False
    here, there = ([name_tokens(name.text) for name in find_names(side)] for side in (text, cited))
    order = [next((i for i, other in enumerate(there) if set(own) & set(other)), None) for own in here]
    known = [i for i in order if i is not None]
    return any(a > b and not _are_listed(cited, b, a) for a, b in pairwise(known))


def _are_listed(text: str, first: int, second: int) -> bool:
    """True when nothing but "and" and commas stands between the names: their order means nothing."""
    names = find_names(text)[first : second + 1]
    return all(_LISTED.fullmatch(text[a.end : b.start]) for a, b in pairwise(names))
