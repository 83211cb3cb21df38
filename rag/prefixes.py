"""Words that a prefix with a hyphen turns round: what is said of non-smokers is not said of smokers."""

import re
from collections.abc import Iterator, Sequence

from rag.terms import stem_of

_PREFIXED = re.compile(
    r"\b(?P<prefix>non|anti|ex|pre|post|sub|counter|pseudo|quasi|semi)[-‐‑](?P<word>[^\W\d_]+)",
    re.IGNORECASE,
)
_BARE = re.compile(r"(?<![\w‐‑-])[^\W\d_]+")


def prefix_breaches(text: str, cited: Sequence[str]) -> Iterator[str]:
    """Words that `text` has without the prefix that they have in the cited words, or with one that they do not have.

    Where the cited words have both, which is meant where cannot be told: neither stands.
    """
    source = " ".join(cited)
    own, there = (_prefixed(side) for side in (text, source))
    bare = {stem_of(match.group().lower()) for match in _BARE.finditer(text)}
    for (prefix, stem), word in there.items():
        if stem in bare and (prefix, stem) not in own:
            yield f"the cited words say {word!r}"
    for pair, word in own.items():
        if pair not in there:
            yield f"the cited words do not say {word!r}"


def _prefixed(text: str) -> dict[tuple[str, str], str]:
    return {(m["prefix"].lower(), stem_of(m["word"].lower())): m.group() for m in _PREFIXED.finditer(text)}
