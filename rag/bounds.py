"""Small words that widen or narrow a statement, in the clauses that carry it: quantifiers, bounds, causes."""

import re
from collections.abc import Iterator, Sequence

from rag import cues
from rag.claims import limit_breaches
from rag.terms import stem_of, words

_PART = re.compile(r"\b(?:most|some|several|many|few|half|majority|only)\b", re.IGNORECASE)
_ONLY = re.compile(r"\bonly\b", re.IGNORECASE)
# What of the cited words may stand for what a statement adds, beside the words of `cues.ADDED` themselves.
_INSTEAD = {
    "all": re.compile(r"\b(?:any|no|none|throughout)\b", re.IGNORECASE),
    "alone": re.compile(r"\b(?:just|outside|sole)\b", re.IGNORECASE),
    "a cause": re.compile(
        r"\b(?:due|owing|thanks|results?|so|caus(?:e[sd]?|ing)|leads?|led|blame[sd]?|for|after|with|fault|forces?|forced"
        r"|following|as|since|down\s+to)\b",
        re.IGNORECASE,
    ),
}
# Of the words that narrow, those that mean the same.
_SAME = {
    word: group.split()[0]
    for group in ("most majority mostly mainly", "some several certain numerous", "nearly almost")
    for word in group.split()
}


def bound_breaches(text: str, touched: Sequence[str]) -> Iterator[str]:
    """Quantifiers and bounds of `text` that the cited clauses `touched` do not have, or that it drops."""
    joined = " ".join(touched)
    for kind in ("all", "most", "alone", "a cause"):
        found, instead = cues.ADDED[kind].search(text), _INSTEAD.get(kind)
        if found and not cues.ADDED[kind].search(joined) and not (instead and instead.search(joined)):
            yield f"{found.group()!r} is not in the cited words"
    everything = cues.ADDED["all"].search(text)
    if everything and _PART.search(joined) and not cues.ADDED["all"].search(joined):
        yield f"{everything.group()!r} is said of a part in the cited words"
    own, kept = {_SAME.get(word, word) for word in words(text)}, {stem_of(word) for word in words(text)}
    for match in cues.NARROWING.finditer(joined):
        first = match.group().split()[0].lower()
        if stem_of(match["word"].lower()) in kept and _SAME.get(first, first) not in own:
            yield f"the cited words say {match.group()!r}"
    if _ONLY.search(joined) and not (cues.ADDED["alone"].search(text) or _INSTEAD["alone"].search(text)):
        yield "the cited words say 'only'"
    yield from limit_breaches(text, touched)
