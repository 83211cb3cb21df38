"""Texts that are alike but for a value: a reprint with another figure, name or date is another voice."""

import re
from collections.abc import Iterator
from difflib import SequenceMatcher

from index.dates import find_dates
from rag.names import find_names, name_tokens
from rag.quantities import find_quantities
from rag.terms import stems

Place = tuple[int, int]  # of a value: [start, end)
_WORD = re.compile(r"[^\s,;()–—]+")
_END = re.compile(r"[.!?…]\s|\n")
_BYLINE = re.compile(r"\s*(?:by|published|printed|posted|updated|photo|source)\b", re.IGNORECASE)
MOST_WORDS = 8  # a longer run is another wording, not another value
LONGEST = 500  # words of a text; comparing takes the square of it
LEAST_WORDS = {"date": 2, "quantity": 1, "name": 1}  # of the sentence around a value: fewer are a date line or a list


def swapped(one: str, other: str) -> list[tuple[Place, Place]]:
    """Where values stand in the place of each other, in reading order; [] unless the texts are otherwise alike there.

    Values are of one kind (quantity, date or name), differ, and stand in a sentence that says something about them.
    """
    here, there = [*_WORD.finditer(one)], [*_WORD.finditer(other)]
    mine_folded, theirs_folded = ([m.group().casefold().strip("\"'“”‘’.:") for m in line] for line in (here, there))
    found: list[tuple[Place, Place]] = []
    if max(len(here), len(there)) > LONGEST:
        return []
    for tag, a, b, c, d in SequenceMatcher(None, mine_folded, theirs_folded, autojunk=False).get_opcodes():
        if tag != "replace" or max(b - a, d - c) > MOST_WORDS:
            continue
        mine = _values(one, here[a].start(), here[b - 1].end())
        theirs = _values(other, there[c].start(), there[d - 1].end())
        for kind in mine.keys() & theirs.keys():
            if mine[kind][1] != theirs[kind][1]:
                found.append((mine[kind][0], theirs[kind][0]))
                break
    return found


def disagree(one: str, other: str) -> bool:
    """True when a value of one text stands in the other's place of another."""
    return bool(swapped(one, other))


def _values(text: str, start: int, end: int) -> dict[str, tuple[Place, object]]:
    """The first value of each kind that touches [start, end), with what tells it from others of its kind."""
    sentence = _sentence(text, start, end)
    if _BYLINE.match(text, *sentence):
        return {}
    found: dict[str, tuple[Place, object]] = {}
    for kind, place, value in _all_values(text[sentence[0] : sentence[1]], sentence[0]):
        around = text[sentence[0] : place[0]] + " " + text[place[1] : sentence[1]]
        if kind == "name" and " of " in text[end : place[1]]:
            place = place[0], end  # "Tomas Reyl of the Lorne team"
        if place[0] < end and start < place[1] and kind not in found and len(stems(around)) >= LEAST_WORDS[kind]:
            found[kind] = place, value
    return found


def _all_values(text: str, at: int) -> Iterator[tuple[str, Place, object]]:
    dates = find_dates(text)
    for date in dates:
        yield "date", (at + date.start, at + date.end), date.fields
    for quantity in find_quantities(text, dates):
        yield "quantity", (at + quantity.start, at + quantity.end), (quantity.value, quantity.unit)
    for name in find_names(text):
        if not any(date.start <= name.start < date.end for date in dates):
            yield "name", (at + name.start, at + name.end), frozenset(name_tokens(name.text))


def _sentence(text: str, start: int, end: int) -> Place:
    """The sentence around [start, end), by full stops and line ends alone."""
    begins = max((match.end() for match in _END.finditer(text, 0, start)), default=0)
    ends = _END.search(text, end)
    return begins, ends.start() + 1 if ends else len(text)
