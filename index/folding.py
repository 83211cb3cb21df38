"""Folding: the same words in another typography compare equal, and every match maps back to the original.

Folded away: Unicode compatibility forms (ligatures, full width), white space runs, quote and dash styles,
soft hyphens and zero-width characters, and hyphens at line ends. Case is kept, and so are fractions and the
superscripts of numbers, because "3½" is not "31/2" and "10⁵" is not "105".
"""

import bisect
import re
import unicodedata

_QUOTES = dict.fromkeys("‘’‚‛`´′", "'") | dict.fromkeys("“”„‟«»″", '"')
_DASHES = dict.fromkeys("‐‑‒–—―−", "-")
_INVISIBLE = {"\u00ad", "\u200b", "\u200c", "\u200d", "\u2060", "\ufeff", "\u200e", "\u200f"}
_REPLACED = _QUOTES | _DASHES | dict.fromkeys(_INVISIBLE, "")
# looks for the line end first and then takes all white space at once: a page of empty lines must not take square time
_LINE_END_HYPHEN = re.compile(r"(?<=\w)[-\u2010\u00ad](?=[^\S\n]*+\n)\s*+(?=[a-zß-ÿ])")
_WORD_HYPHEN = re.compile(r"(?<=[^\W\d_])-(?=[^\W\d_])")
_INSIDE_NUMBER = re.compile(r"\d[.,]\d")
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\ua4cf\uf900-\ufaff]")  # no space parts words
_GROUP = re.compile(r"\s+|.[\u0300-\u036f]*", re.DOTALL)


def fold(text: str) -> tuple[str, list[int]]:
    """The folded text, and for each of its characters the offset in `text` it came from.

    A final extra offset, `len(text)`, closes the list, so a folded match [a, b) lies at
    `starts[a] .. starts[b]` but for white space and marks that were folded away at its end.
    """
    hyphens = {m.start(): m.end() for m in _LINE_END_HYPHEN.finditer(text)}
    out: list[str] = []
    starts: list[int] = []
    skip_to, last = 0, ""
    for match in _GROUP.finditer(text):
        at, group = match.start(), match.group()
        if at < skip_to:
            continue
        if at in hyphens:
            skip_to = hyphens[at]
            continue
        piece = " " if group.isspace() else _REPLACED.get(group, group)
        if piece == " " and last == " ":
            continue  # only invisible characters stand between the two
        last = piece[-1:] or last
        if not piece.isascii() and not _is_part_of_number(text, at):
            piece = "".join(_REPLACED.get(c, c) for c in unicodedata.normalize("NFKC", piece))
        out.append(piece)
        starts.extend([at] * len(piece))
    return "".join(out), [*starts, len(text)]


def _is_part_of_number(text: str, at: int) -> bool:
    raised = text[at].isdigit() and not text[at].isdecimal()
    return (raised and text[at - 1 : at].isdigit()) or unicodedata.decomposition(text[at]).startswith("<fraction>")


def folded(text: str) -> str:
    """`text` folded and stripped, for comparison only."""
    return fold(text)[0].strip()


def locate(quote: str, text: str) -> list[tuple[int, int]]:
    """Every place where `quote` stands in `text` after folding, as offsets into `text`.

    Hyphens within words are ignored on a second try, because a hyphen at a line end may or may not belong to its
    word. A place must begin and end at the edge of a word or number. An empty quote stands nowhere.
    """
    needle = folded(quote)
    haystack, starts = fold(text)
    places = _places(needle, haystack, starts, text)
    if not places and "-" in needle + haystack:
        gone = {match.start() for match in _WORD_HYPHEN.finditer(haystack)}
        kept = [i for i in range(len(haystack)) if i not in gone]
        bare = "".join(haystack[i] for i in kept)
        places = _places(_WORD_HYPHEN.sub("", needle), bare, [*(starts[i] for i in kept), len(text)], text)
    return places


def _places(needle: str, haystack: str, starts: list[int], text: str) -> list[tuple[int, int]]:
    places = []
    at = haystack.find(needle) if needle else -1
    while at != -1:
        end_at = at + len(needle)
        start = starts[at]
        end = starts[end_at]
        # one original character may fold to several: the last one counts whole
        if end <= starts[end_at - 1]:
            end = starts[bisect.bisect_right(starts, starts[end_at - 1])]
        while end > start and (text[end - 1].isspace() or text[end - 1] in _INVISIBLE):
            end -= 1
        if word_edge(haystack, at) and word_edge(haystack, end_at):
            places.append((start, end))
        at = haystack.find(needle, at + 1)
    return places


def word_edge(text: str, at: int) -> bool:
    """Whether a word or number may begin or end at `at`; next to a Chinese, Japanese or Thai sign it always may."""
    if not 0 < at < len(text):
        return True
    if unicodedata.combining(text[at]):
        return False
    if text[at - 1].isalnum() and text[at].isalnum() and not _UNSPACED.search(text[at - 1 : at + 1]):
        return False
    around = ((at - 1, at + 2), (at - 2, at + 1))  # "240|,000" and "240,|000"
    return not any(a >= 0 and _INSIDE_NUMBER.fullmatch(text[a:b]) for a, b in around)
