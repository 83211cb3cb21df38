"""The values in which a statement differs from the words it comes nearest to."""

from collections.abc import Callable

from index.dates import DateMention, find_dates
from index.near import Edit
from rag.names import Name, find_names, missing_tokens
from rag.quantities import Quantity, find_quantities
from rag.terms import stem_of, words

CONTEXT_CHARS = 40  # in which a neighbouring word stands
Value = Quantity | DateMention


def without_values(text: str) -> str:
    """`text` without its quantities and dates: what it speaks of."""
    for value in sorted(_values(text), key=lambda value: -value.start):
        text = f"{text[: value.start]} {text[value.end :]}"
    return text


def value_edits(statement: str, text: str, at: int, is_common: Callable[[str], bool]) -> list[Edit]:
    """Each value or name of `statement` that `text` lacks, beside the one that `text` has in its place; those without
    such a counterpart are left out. `at` is the offset of `text` in its document."""
    here, there = _values(statement), _values(text)
    spare = [value for value in there if not any(_same(other, value) for other in here)]
    edits = []
    for value in here:
        rivals = [other for other in spare if _is_rival(value, statement, other, text)]
        if rivals and not any(_same(value, other) for other in there):
            spare.remove(rivals[0])
            edits.append(_edit(statement[value.start : value.end], text, rivals[0], at))
    names = [name for name in find_names(text, is_common) if missing_tokens(name.text, [statement])]
    for name in find_names(statement, is_common):
        others = [other for other in names if _beside(name, statement) & _beside(other, text)]
        if others and missing_tokens(name.text, [text]):
            edits.append(_edit(name.text, text, others[0], at))
    return sorted(edits, key=lambda edit: edit["start"])


def _edit(here: str, text: str, there: Value | Name, at: int) -> Edit:
    start, end = there.start, there.end
    return Edit(op="replace", there=text[start:end], here=here, start=at + start, end=at + end)


def _values(text: str) -> list[Value]:
    dates = find_dates(text)
    return [*dates, *find_quantities(text, dates)]


def _same(value: Value, source: Value) -> bool:
    if isinstance(value, Quantity):
        return isinstance(source, Quantity) and (value.equals(source) or source.equals(value))
    return isinstance(source, DateMention) and (value.within(source) or source.within(value))


def _is_rival(value: Value, statement: str, other: Value, text: str) -> bool:
    """Quantities of one unit, or counts of the same things; dates that give the same fields."""
    if isinstance(value, Quantity) and isinstance(other, Quantity):
        counted = value.unit or _beside(value, statement) & _beside(other, text)
        return value.unit == other.unit and bool(counted)
    if isinstance(value, DateMention) and isinstance(other, DateMention):
        return [field is None for field in value.fields] == [field is None for field in other.fields]
    return False


def _beside(found: Value | Name, text: str) -> set[tuple[str, str]]:
    """The word before and the word behind, each with its side; an article tells nothing."""
    before, behind = words(text[: found.start][-CONTEXT_CHARS:])[-1:], words(text[found.end :][:CONTEXT_CHARS])[:1]
    sides = [*(("before", word) for word in before), *(("behind", word) for word in behind)]
    return {(side, stem_of(word)) for side, word in sides if word not in ("the", "a", "an")}
