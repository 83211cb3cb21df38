"""Prepositions that turn the part of a name or a value round: "from Lorne" for "to Lorne", "rose 5" for "rose to 5"."""

from collections.abc import Iterator

from index.dates import DateMention
from rag.align import Alignment
from rag.meanings import scale_of
from rag.parse import Reading, Token
from rag.quantities import Quantity
from rag.terms import stem_of

_SAME = {
    form: group.split()[0]
    for group in (
        "to toward towards into onto", "from off", "by via", "under below", "over above", "in within", "until till",
        "before prior",
    )
    for form in group.split()
}  # fmt: skip
# Another of these in its place turns a part round; of some, or for some none, it is enough that it is dropped.
_TURNING = frozenset({"to", "from", "for", "against", "with", "without", "until", "before", "after", "since"})
_NOT_DROPPED = frozenset({"against", "without"})
_NOT_DROPPED_OF_DATES = frozenset({"until", "before", "after", "since", "by", "from"})
_AT_A_TIME = frozenset("on in at during for of over through as".split())
_MOVING = scale_of(stem_of("rise"))


def same_preposition(form: str) -> str:
    return _SAME.get(form, form)


def preposition_breaches(alignment: Alignment) -> Iterator[str]:
    moving = any(scale_of(stem_of(token.form)) == _MOVING for token in alignment.said.tokens)
    for word in alignment.content:
        if word.value is None and word.part != "PROPN":
            continue
        here = _preposition(alignment.said, word)
        theirs = [_preposition(alignment.cited, link.cited) for link in alignment.of(word)]
        if theirs and all(_turns(word, here, there, moving) for there in theirs):
            none = "no preposition"
            yield f"{word.text!r} stands under {here or none!r}, where it is cited under {theirs[0] or none!r}"


def _preposition(reading: Reading, token: Token) -> str | None:
    form = reading.preposition(token)
    return same_preposition(form) if form else None


def _turns(word: Token, one: str | None, two: str | None, moving: bool) -> bool:
    is_date = isinstance(word.value, DateMention)
    if is_date:
        one, two = (None if form in _AT_A_TIME else form for form in (one, two))
    if one == two:
        return False
    if isinstance(word.value, Quantity) and moving and {one, two} & {"to", "from"}:
        return True
    if one and two:
        return one in _TURNING and two in _TURNING
    return (one or two) in (_NOT_DROPPED_OF_DATES if is_date else _NOT_DROPPED)
