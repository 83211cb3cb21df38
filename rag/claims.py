"""The claim check beyond the value rule: does a statement in other words say no more than the words it cites?

Deterministic and one-sided: it may send a true paraphrase back, it should not let a changed one pass.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from index.dates import DateMention, find_dates
from rag import cues
from rag.binding import bind
from rag.clauses import Word, read
from rag.meanings import is_light, scale_of, side_of
from rag.quantities import Quantity, find_quantities
from rag.roles import other_prepositions, turned_round
from rag.terms import stem_of, stems, words

NEAR_CHARS = 100  # what is negated stands soon after the "not"
_PERIODS = frozenset(map(stem_of, "second minute hour day week month quarter year decade century".split()))
_RANGE = re.compile(r"\s?(?:-|–|—|\bto\b|\band\b)\s?")


def coverage(text: str, cited: Sequence[str], supplied: Sequence[str]) -> float:
    """The share of `text`, in [0, 1], that stands in the cited words, titles or dates: its content words, as they are
    or on the same scale of meaning ("fell" for "rose": `claim_breaches` tells them apart), and its values, which count
    twice."""
    sources = [*cited, *supplied]
    there = {scale_of(stem_of(word)) for source in sources for word in words(source)}
    values = _values(text)
    wanted = stems(_without(values, text))
    known = [value for source in sources for value in _values(source)] if values else []
    found = sum(scale_of(stem) in there for stem in wanted) + 2 * sum(_stated(value, known) for value in values)
    light = sum(scale_of(stem) not in there and is_light(stem) for stem in wanted)
    return found / (len(wanted) - light + 2 * len(values)) if found else 0.0


def value_share(text: str, cited: Sequence[str]) -> float:
    """The share of the quantities and dates of `text` that the cited words state; 1 when it has none."""
    values, known = _values(text), [value for source in cited for value in _values(source)]
    return sum(_stated(value, known) for value in values) / len(values) if values else 1.0


def claim_breaches(text: str, cited: Sequence[str]) -> list[str]:
    """What `text` changes of the meaning of the cited words, one line each; [] when nothing was found."""
    said, source = read([text]), read(cited)
    bound = bind(said, source)
    breaches = [*_periods(text, cited), *bound.breaches, *turned_round(said, source), *other_prepositions(said, source)]
    for segment, touched in zip(said.segments, bound.touched, strict=True):
        if touched:
            breaches += [*_cues(segment, touched), *_opposites(segment, touched), *limit_breaches(segment, touched)]
    if not any(cues.DOUBTS[kind].search(text) for kind in ("likely", "future", "intended")):
        breaches += _made_fact(said.words, source.words)
    if "respectively" in words(" ".join(cited)) and "respectively" not in words(text):
        breaches.append("the cited words pair their values off ('respectively')")
    return breaches


def _periods(text: str, cited: Sequence[str]) -> Iterator[str]:
    """Another span of time than in the cited words: "a month" for "a year"."""
    there = _PERIODS.intersection(stem_of(word) for source in cited for word in words(source))
    for word in words(text):
        if there and stem_of(word) in _PERIODS - there:
            yield f"the cited words do not speak of a {word!r}"


def _values(text: str) -> list[Quantity | DateMention]:
    dates = find_dates(text)
    return [*dates, *find_quantities(text, dates)]


def _without(values: Iterable[Quantity | DateMention], text: str) -> str:
    for value in sorted(values, key=lambda value: -value.start):
        text = f"{text[: value.start]} {text[value.end :]}"
    return text


def _stated(value: Quantity | DateMention, known: Iterable[Quantity | DateMention]) -> bool:
    if isinstance(value, Quantity):
        return any(isinstance(other, Quantity) and value.equals(other) for other in known)
    return any(isinstance(other, DateMention) and value.within(other) for other in known)


def _cues(text: str, touched: Sequence[str]) -> Iterator[str]:
    """Negation, doubt, quantifiers and tense."""
    joined = " ".join(touched)
    if _denied(text) != [target for part in touched for target in _denied(part)]:
        yield "not the same is negated in the statement and in the cited words"
    if bool(cues.DENYING.search(text)) != bool(cues.DENYING.search(joined)) and not _denied(text):
        yield "the statement and the cited words differ in what is denied"
    for pattern in cues.DOUBTS.values():
        here, there = pattern.search(text), pattern.search(joined)
        if there and not here:
            yield f"the cited words are less certain ({there.group()!r})"
        elif here and not there:
            yield f"the statement is less certain than the cited words ({here.group()!r})"
    for pattern in cues.ADDED.values():
        here = pattern.search(text)
        if here and not pattern.search(joined):
            yield f"{here.group()!r} is not in the cited words"
    kept = {stem_of(word) for word in words(text)}
    own = {_first(match) for match in cues.NARROWING.finditer(text)}
    for match in cues.NARROWING.finditer(joined):
        if _first(match) not in own and {stem_of(word) for word in words(match["word"])} & kept:
            yield f"the cited words say {match.group()!r}"
    tenses = [(bool(cues.PAST.search(side)), bool(cues.PRESENT.search(side))) for side in (text, joined)]
    if tenses in ([(True, False), (False, True)], [(False, True), (True, False)]):
        yield "the statement is in another tense"


def _first(match: re.Match[str]) -> str:
    return scale_of(stem_of(match.group().split()[0].lower()))


def _denied(text: str) -> list[str]:
    """What each negation stands before."""
    behind = (read([text[match.end() :][:NEAR_CHARS]]).words for match in cues.NEGATIVE.finditer(text))
    return [found[0].key or found[0].form if found else "" for found in behind]


def _opposites(text: str, touched: Sequence[str]) -> Iterator[str]:
    """Words on the other side of their scale: "fell" for "rose"."""
    sides: dict[str, set[int]] = {}
    for word in words(" ".join(touched)):
        sides.setdefault(scale_of(stem_of(word)), set()).add(side_of(stem_of(word)))
    for word in words(text):
        stem = stem_of(word)
        if side_of(stem) not in sides.get(scale_of(stem), {side_of(stem)}):
            yield f"the cited words say the opposite of {word!r}"


def limit_breaches(text: str, touched: Sequence[str]) -> Iterator[str]:
    """Values with another bound or approximation than in the cited words ("up to 14,000")."""
    there = [pair for part in touched for pair in _bounded(part)]
    for value, own in _bounded(text):
        places = [groups for other, groups in there if _is_same(value, other)]
        if places and not any(_strict(own) == _strict(groups) and bool(own) >= bool(groups) for groups in places):
            shown = value if isinstance(value, str) else text[value.start : value.end]
            yield f"the cited words give {shown!r} with another bound, or rounded"


def _is_same(value: Quantity | str, other: Quantity | str) -> bool:
    if isinstance(value, str) or isinstance(other, str):
        return value == other
    return value.equals(other)


def _strict(groups: set[int]) -> set[int]:
    return groups - cues.LOOSE


def _bounded(text: str) -> list[tuple[Quantity | str, set[int]]]:
    """The values and fractions of `text` with their bounds; the ends of a range are bounds."""
    quantities = find_quantities(text)
    found = [(quantity, cues.bounds(text, quantity.start, quantity.end)) for quantity in quantities]
    for (low, under), (high, over) in pairwise(found):
        joint, before = _RANGE.fullmatch(text[low.end : high.start]), text[: low.start].split()[-1:]
        is_range = before == ["between"] or (before != ["from"] and joint and "and" not in joint.group())
        if joint and is_range and low.unit == high.unit:
            under.add(cues.LEAST)
            over.add(cues.MOST)
    fractions = [(match.group().lower(), cues.bounds(text, *match.span())) for match in cues.FRACTION.finditer(text)]
    return [*found, *fractions]


def _made_fact(said: Iterable[Word], cited: Sequence[Word]) -> Iterator[str]:
    """Verbs that the cited words only have as what is to be done: "ordered it to close", "it closed"."""
    for word in said:
        places = [other for other in cited if word.value is None and word.same(other)]
        if places and _bare(word) and all(not _bare(o) and o.form != word.form for o in places):
            yield f"the cited words do not say that it came {f'to {places[0].form}'!r}"


def _bare(word: Word) -> bool:
    return word.gap[-1:] != ("to",)
