"""Near matches: where a text says almost what a quote says, and word by word what differs.

All offsets are into the original text. Only the stretches that share the quote's rarest words are folded and aligned,
so that a text of megabytes costs little more than a passage.
"""

import re
import string
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from difflib import SequenceMatcher
from typing import Literal, NamedTuple, TypedDict

import numpy as np
from rapidfuzz import fuzz

from index.folding import fold, folded, locate, word_edge

# Share of characters in common, fuzz.ratio / 100. docs/measurements.md, "Citation lookup".
NEAR_AT = 0.75
ANCHORS = 6  # pieces of words that must stand close together
ANCHOR_CHARS = 6
GAP_CHARS = 8  # between two words that stand in a row
LOOKED_AT = 4  # stretches aligned, the likeliest first
SHORT_CHARS = 4000  # a text that may be folded whole when none of the words stands in it as typed
WORTH_ALIGNING = 60  # fuzz.partial_ratio; every place in that measurement had more
# What a word more, another word, and a word less than in the text cost: two are skipped to reach one that is there.
INSERTED, REPLACED, LEFT_OUT = 1.0, 0.9, 0.4
_PIECE = re.compile(rf"\w{{1,{ANCHOR_CHARS}}}")
# a sign of a script that leaves no space between words is a word of its own
_WORD = re.compile(r"[\u2e80-\ua4cf\uf900-\ufaff]|[^\s\u2e80-\ua4cf\uf900-\ufaff]+")
_EDGE_MARKS = ".,;:!?…\"'()[]{}*_`，。；：！？、「」『』（）"
_BULLETS = "-•·|#>"
_INNER_HYPHEN = re.compile(r"(?<=[^\W\d_])-(?=[^\W\d_])")


class Edit(TypedDict):
    """One difference: `there` is the text from `start` to `end`, `here` stands in its place in the quote."""

    op: Literal["replace", "delete", "insert"]  # what was done to the text to come to the quote
    there: str
    here: str
    start: int
    end: int


class Near(NamedTuple):
    """`text[start:end]` is the nearest place; `diff` is empty when no word differs, but case or punctuation do."""

    start: int
    end: int
    diff: list[Edit]


def near(quote: str, text: str, least: float = NEAR_AT) -> Near | None:
    """The place of `text` most like `quote`, in whole words; None when its likeness is not `least`."""
    needle = folded(quote)
    best: tuple[float, int, int] | None = None
    for a, b in stretches(quote, text, LOOKED_AT):
        hay, starts = fold(text[a:b])
        likeness, i, j = _best_run(needle, hay)
        if likeness >= least and (best is None or likeness > best[0]):
            best = likeness, a + starts[i], a + _original_end(starts, j)
    if best is None:
        return None
    _, start, end = best
    end = start + len(text[start:end].rstrip(f"{string.whitespace},;:"))
    return Near(start, end, difference(quote, text, start, end))


def places(quote: str, text: str) -> list[tuple[int, int]]:
    """`locate(quote, text)` for a long text: only where its words stand in a row is folded, else the likeliest
    stretches, for words broken at line ends."""
    rows = (match.span() for match in in_a_row(quote).finditer(text))
    likely = [_cut(text, max(0, a - GAP_CHARS), min(len(text), b + GAP_CHARS)) for a, b in rows]
    found = {
        (a + start, a + end)
        for a, b in likely or stretches(quote, text, LOOKED_AT)
        for start, end in locate(quote, text[a:b])
    }
    return sorted(found)


def in_a_row(quote: str) -> re.Pattern[str]:
    """The words of `quote` with no other between them; a quote without words is nowhere."""
    words = re.findall(r"\w+", folded(quote))
    return re.compile(rf"\W{{1,{GAP_CHARS}}}".join(map(re.escape, words)) or r"(?!)")


def stretches(quote: str, text: str, limit: int) -> list[tuple[int, int]]:
    """Up to `limit` stretches of `text` around the rarest words of `quote`, those with most of them first.

    A place where even these stand in another typography (ligatures, decomposed accents) is found in a short text only.
    """
    counts = {piece: text.count(piece) for piece in _PIECE.findall(folded(quote))}
    held = {piece for piece, count in counts.items() if count}
    anchors = sorted(held, key=lambda piece: (counts[piece], -len(piece), piece))[:ANCHORS]
    if 2 * sum(map(len, held)) < sum(map(len, counts)):
        anchors = []
    reach = len(quote) * 5 // 4 + 40
    found: dict[tuple[int, int], int] = {}
    for anchor in anchors[:3]:  # more than one, because it may be the very word that differs
        for a, b in _around(anchor, text, reach):
            near_by = sum(text.find(other, a, b) >= 0 for other in anchors)
            if 2 * near_by >= len(anchors):
                found[_cut(text, a, b)] = near_by
    if not found and len(text) <= SHORT_CHARS and not unicodedata.is_normalized("NFKC", text):
        return [(0, len(text))]
    return sorted(found, key=lambda span: (-found[span], span))[:limit]


def difference(quote: str, text: str, start: int, end: int) -> list[Edit]:
    """The words in which `quote` differs from `text[start:end]`; offsets are into `text`."""
    hay, starts = fold(text[start:end])
    needle = folded(quote)
    there, here = _bare(hay), _bare(needle)
    edits: list[Edit] = []
    keys = [[_key(part[a:b]) for a, b in spans] for part, spans in ((hay, there), (needle, here))]
    for op, i1, i2, j1, j2 in SequenceMatcher(None, keys[0], keys[1], autojunk=False).get_opcodes():
        if op == "equal":
            continue
        said = needle[here[j1][0] : here[j2 - 1][1]] if j2 > j1 else ""
        a = there[i1][0] if i1 < len(there) else len(hay)
        b = there[i2 - 1][1] if i2 > i1 else a
        at, to = start + starts[a], start + (_original_end(starts, b) if b > a else starts[a])
        if said.lower() == hay[a:b].lower():
            continue  # a quote may open like a sentence, or a sentence in the middle of a quote
        edits.append(Edit(op=op, there=text[at:to], here=said, start=at, end=to))
    return edits


def shifted(edits: Iterable[Edit], by: int) -> Iterator[Edit]:
    """`edits` of a part that begins at `by`, as those of the whole."""
    for edit in edits:
        yield {**edit, "start": edit["start"] + by, "end": edit["end"] + by}


def _around(anchor: str, text: str, reach: int) -> Iterator[tuple[int, int]]:
    """Stretches of `reach` characters on both sides of each `anchor`; those that overlap are joined, up to a length."""
    at = text.find(anchor)
    while at != -1:
        start, end = max(0, at - reach), at + reach
        while (at := text.find(anchor, at + 1)) != -1 and at < end and at - start < 4 * reach:
            end = at + reach
        yield start, min(end, len(text))


def _cut(text: str, start: int, end: int) -> tuple[int, int]:
    """`start` and `end` moved outwards to the edge of a word, so that none is torn."""
    while start > 0 and not word_edge(text, start):
        start -= 1
    while end < len(text) and not word_edge(text, end):
        end += 1
    return start, end


def _best_run(needle: str, hay: str) -> tuple[float, int, int]:
    """Likeness in [0, 1], start and end of the words of `hay` that are most like `needle`."""
    here, there = _words(needle), _words(hay)
    if not here or not there or fuzz.partial_ratio(needle, hay) < WORTH_ALIGNING:
        return 0.0, 0, 0
    first, last = _aligned([_key(hay[a:b]).lower() for a, b in there], [_key(needle[a:b]).lower() for a, b in here])
    start, end = there[first][0], there[last - 1][1]
    return fuzz.ratio(needle, hay[start:end]) / 100, start, end


def _aligned(there: list[str], here: list[str]) -> tuple[int, int]:
    """The run of words of `there` from which `here` is made at least cost (Sellers 1980), never empty."""
    ids = {word: number for number, word in enumerate(there)}
    numbers = np.array([ids[word] for word in there])
    steps = np.arange(len(there) + 1)
    cost, origin = np.zeros(len(there) + 1), steps
    for word in here:
        inserted, replaced = cost + INSERTED, cost[:-1] + np.where(numbers == ids.get(word, -1), 0, REPLACED)
        taken = np.append(False, replaced <= inserted[1:])
        cost, origin = (
            np.where(taken, np.append(0, replaced), inserted),
            np.where(taken, np.append(0, origin[:-1]), origin),
        )
        # and words of `there` left out: the least of cost[k] + LEFT_OUT * (i - k) over k <= i
        level = cost - LEFT_OUT * steps
        least = np.minimum.accumulate(level)
        kept = np.maximum.accumulate(np.where(level <= least, steps, 0))
        cost, origin = least + LEFT_OUT * steps, origin[kept]
    last = int(np.argmin(cost[1:])) + 1
    return min(int(origin[last]), last - 1), last


def _words(text: str) -> list[tuple[int, int]]:
    """Words with the marks that touch them; a mark alone is none."""
    return [match.span() for match in _WORD.finditer(text) if _key(match.group()).strip(_BULLETS)]


def _bare(text: str) -> list[tuple[int, int]]:
    """Words without the marks that touch them."""
    bare = []
    for a, b in _words(text):
        word = text[a:b].rstrip(_EDGE_MARKS)
        bare.append((b - len(text[a:b].lstrip(_EDGE_MARKS)), a + len(word)))
    return bare


def _key(word: str) -> str:
    return _INNER_HYPHEN.sub("", word.strip(_EDGE_MARKS))


def _original_end(starts: list[int], end: int) -> int:
    """Where the folded character before `end` ends in the original: one character may fold to several."""
    return starts[bisect_right(starts, starts[end - 1])] if end else starts[0]
