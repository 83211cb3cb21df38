"""Who did what to whom: the words of a statement stand in the order of the cited words, under the same prepositions."""

from collections.abc import Iterator
from itertools import dropwhile, pairwise, takewhile

from index.dates import DateMention
from rag.clauses import Reading, Word
from rag.meanings import scale_of
from rag.quantities import Quantity

_LISTING = frozenset({",", "and", "or", "the", "a", "an"})
_BE = frozenset("is are was were be been being".split())
_JOINING = frozenset({",", "of", "from", "in", "at"})  # "Ana Duarte, the mayor", "fishermen from Lorne"
_NAMING = _JOINING | {"the", "a", "an"}
# Prepositions that turn a role round when another of them, or for some none, takes their place.
_TURNING = frozenset({"to", "from", "by", "for", "against", "with", "without", "until", "before", "after", "since"})
_NOT_DROPPED = frozenset({"against", "without"})
_NOT_DROPPED_OF_DATES = frozenset({"until", "before", "after", "since", "by"})
_TIMES = frozenset(
    """
    monday tuesday wednesday thursday friday saturday sunday morning evening night day week month year today next last
    """.split()
)
_PARTICIPLES = frozenset(
    """
    begun beaten born bought broken brought built caught chosen cut drawn driven felt flown forbidden forgotten fought
    found frozen given grown heard held hidden hit hurt kept known led left lent lost made met paid put read run seen
    sent set shaken shot shown shut sold spent split stolen struck sought sung sunk sworn taken taught thrown told torn
    understood won worn woven written
    """.split()
)
_MOVING = scale_of("rise")


def turned_round(said: Reading, cited: Reading) -> Iterator[str]:
    """Pairs of words in an order that no cited sentence has; passives count as active."""
    placed = [(word, cited.places(word)) for word in said.words]
    placed = [(word, places) for word, places in placed if places and not _is_time(word)]
    mine, theirs = _ranks(said), _ranks(cited)
    placed.sort(key=lambda pair: mine[pair[0].at])
    # what stands under one preposition in both may stand anywhere: "in Lorne"
    moved = [any(word.marker and word.marker == t.marker != "of" for t in places) for word, places in placed]
    fixed = [pair for pair, free in zip(placed, moved, strict=True) if not free]
    alike: dict[str | None, list[tuple[Word, list[Word]]]] = {}
    for (word, places), free in zip(placed, moved, strict=True):
        if free:
            alike.setdefault(word.marker, []).append((word, places))
    for line in (fixed, *alike.values()):
        for (x, xs), (y, ys) in pairwise(line):
            pairs = [(a, b) for a in xs for b in ys if a.sentence == b.sentence]
            pairs = [(a, b) for a, b in pairs if a.segment == b.segment] or pairs
            swapped = x.segment == y.segment and pairs and all(theirs[a.at] > theirs[b.at] for a, b in pairs)
            if swapped and not any(_unordered(_between(said, x, y), _between(cited, a, b)) for a, b in pairs):
                yield f"{x.form!r} and {y.form!r} stand in another order than in the cited words"


def _ranks(reading: Reading) -> list[float]:
    """The order of the words as if passives were active: "the quay was sold by Ana" ranks as "Ana sold the quay"."""
    ranks = [float(word.at) for word in reading.words]
    for word, after in pairwise([*reading.words, None]):
        assert word
        by = after is not None and after.marker == "by" and after.value is None
        # "the film, shot in Lorne"
        reduced = word.gap == (",",) and after is not None and after.gap[:1] == (after.marker,)
        participle = word.form.endswith("ed") or word.form in _PARTICIPLES
        if word.value is not None or not participle or not (by or reduced or _BE & set(word.gap)):
            continue
        sentence = [w for w in reading.words if w.sentence == word.sentence]
        clause = [w for w in sentence if w.clause == word.clause]
        first = (clause if clause[0].at < word.at else sentence)[0].at
        ranks[word.at] = first - 0.5
        rest = [w for w in clause if w.at > word.at and w.value is None]
        agents = takewhile(lambda w: w.marker in ("by", "of"), dropwhile(lambda w: w.marker != "by", rest))
        for place, agent in enumerate(agents):
            ranks[agent.at] = first - 0.9 + 0.01 * place
    return ranks


def _is_time(word: Word) -> bool:
    return isinstance(word.value, DateMention) or word.form in _TIMES


def _between(reading: Reading, x: Word, y: Word) -> list[Word]:
    """The words after the first of the two, up to the second."""
    low, high = sorted((x.at, y.at))
    return reading.words[low + 1 : high + 1]


def _unordered(here: list[Word], there: list[Word]) -> bool:
    """True for what may stand either way round: "coal and gas", "A is B", "Mayor Duarte" and "Duarte, the mayor"."""
    mine, theirs = ({form for word in line for form in word.gap} for line in (here, there))
    if mine | theirs <= _LISTING and all(side & {",", "and", "or"} for side in (mine, theirs)):
        return True
    if mine | theirs <= _BE | _NAMING and mine & _BE and theirs & _BE:
        return True
    if not (mine | theirs <= _NAMING and _is_one_phrase(here) and _is_one_phrase(there)):
        return False
    joints = [side & _JOINING for side in (mine, theirs)]
    return sum(map(bool, joints)) == 1 or joints == [{","}, {","}]


def _is_one_phrase(line: list[Word]) -> bool:
    """True for a run of words with one joint at most, behind which only a name has several words."""
    joint = next((i for i, word in enumerate(line) if word.gap), len(line))
    behind = line[joint + 1 :]
    return len(line) <= 3 and all(not word.gap and word.is_name for word in behind)


def other_prepositions(said: Reading, cited: Reading) -> Iterator[str]:
    """Words that stand under another preposition: "from Lorne" for "to Lorne", "rose 5" for "rose to 5"."""
    moving = any(word.key == _MOVING for word in said.words)
    for word in said.words:
        places = cited.places(word)
        if places and all(_turns(word, other, moving) for other in places):
            here, there = word.marker or "no preposition", places[0].marker or "no preposition"
            yield f"{word.form!r} stands under {here!r}, in the cited words under {there!r}"


def _turns(word: Word, other: Word, moving: bool) -> bool:
    one, two = word.marker, other.marker
    if one == two:
        return False
    if isinstance(word.value, Quantity) and moving and {one, two} & {"to", "from"}:
        return True
    if one and two:
        return one in _TURNING and two in _TURNING
    return (one or two) in (_NOT_DROPPED_OF_DATES if isinstance(word.value, DateMention) else _NOT_DROPPED)
