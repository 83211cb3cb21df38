"""Sentences taken apart: their words and values in order, and the clauses and segments these stand in.

Without a parser. Clauses end at commas and conjunctions and are what a value belongs to. Segments are wider: as far as
a "not" or a "may" reaches.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile

from index.dates import DateMention, find_dates
from index.sentences import sentence_spans
from rag.markup import plain
from rag.meanings import scale_of, side_of
from rag.quantities import Quantity, find_quantities
from rag.terms import STOP_WORDS, stem_of, words

_SEGMENT = re.compile(
    r"[;:]\s|,?\s+(?:but|yet|while|whereas|although|though)\s+(?!that\b)"
    r"|,\s+(?:and|so)\s+(?=(?:the|an?|it|he|she|they|we|its|his|her|their|there|this|these|those|no|none|some|most|many"
    r"|all|both)\b|[A-Z\d])"
)
# relative clauses, and participles between commas: "the quay, closed since May,"
_RELATIVE = re.compile(r",\s+(?:(?:which|who|whose|whom|where)\b[^,;]*(?:,|(?=\W*\Z))|\w+ed\b[^,;]*,(?!\s+and\b))")
_CLAUSE = re.compile(
    r"[;:]\s|,\s+(?!(?:19|20)\d\d\b)|\((?!\D{0,3}\d[^()]{0,15}\))|[)–—]|\b(?:and|or|but|while|because|after|before|when|if|unless|until|since)\b",
    re.IGNORECASE,
)
_SPEECH = re.compile(
    r"\b(?:said|says|saying|according\s+to|(?:told|tells)\s+\w+|(?:claim|warn|argue|insist|believe|state|note|add|report"
    r"|announce|show|reveal|confirm|suggest|allege|promise|admit|deni|found|thought)(?:e?[sd])?\s+that"
    r"|(?:hope|expect|know)s?\s+that\s+(?=(?:the|an?|its?|he|she|they|his|her|their|there|no|all)\b|[A-Z\d]))\b"
)
# "Ben left, Ana said" is read as "Ana said that Ben left"
_SAID_LAST = re.compile(
    r"(?P<what>.+?),\s+(?P<who>[^,]+\s+(?:said|says|found|(?:told|tells)\s+\w+|(?:claim|warn|add|report|show)(?:s|ed)))"
    r"(?P<end>\W*)"
)
_CHUNK = re.compile(r"[^\s\-–—/]+")
_DETERMINERS = frozenset(
    """
    the a an its his her their our your my this that these those no any some all every each both many few several most
    more much such other own same very only
    """.split()
)
_PREPOSITIONS = {
    word: group.split()[0]
    for group in (
        *("to toward towards into onto", "from off out", "by via", "under below", "over above", "of", "in within"),
        *"for against with without until before after since on at during between among through across as about".split(),
    )
    for word in group.split()
}
_NO_ADVERBS = frozenset("ally assembly early family italy july monopoly only reply supply".split())
_CONTENT_ANYWAY = frozenset("come give go make put see show take use".split())  # stop words elsewhere, verbs here


@dataclass(frozen=True, slots=True)
class Word:
    """A content word, or a whole quantity or date; adverbs in -ly are none."""

    at: int  # place among the words of its text
    start: int  # place in the text of its segment
    form: str
    key: str  # the same for words of one meaning and of the opposite one; "" for values
    side: int  # tells these two apart
    value: Quantity | DateMention | None
    marker: str | None  # the preposition it stands under
    gap: tuple[str, ...]  # stop words and commas between it and the word before
    is_name: bool  # written with a capital letter
    sentence: int = 0
    segment: int = 0
    clause: int = 0
    voice: int = 0  # tells "Ana said" and "Ben left" apart within a sentence

    def same(self, cited: "Word") -> bool:
        """True when `cited` is this word, in this meaning or the opposite one, or states this value."""
        if isinstance(self.value, Quantity):
            return isinstance(cited.value, Quantity) and self.value.equals(cited.value)
        if isinstance(self.value, DateMention):
            return isinstance(cited.value, DateMention) and self.value.within(cited.value)
        return cited.value is None and self.key == cited.key

    def rivals(self, other: "Word") -> bool:
        """True for two names, two dates, or two quantities of one unit: where one is meant, the other is not."""
        if isinstance(self.value, Quantity) and isinstance(other.value, Quantity):
            return self.value.unit == other.value.unit
        return (self.is_name and other.is_name) or all(isinstance(w.value, DateMention) for w in (self, other))


@dataclass(frozen=True, slots=True)
class Reading:
    """A text, or several: its segments and all of their words in order."""

    segments: list[str]
    words: list[Word]
    by_key: dict[str, list[Word]]

    def places(self, word: Word) -> list[Word]:
        """Where this text has `word`; words of the opposite meaning where it has none of its own."""
        places = [other for other in self.by_key.get(word.key, []) if word.same(other)]
        return [other for other in places if other.side == word.side] or places


def read(texts: Sequence[str]) -> Reading:
    segments: list[str] = []
    found: list[Word] = []
    sentence = clause = 0
    for text in map(plain, texts):
        for a, b in sentence_spans(text):
            told = 0  # voices in the segments before
            for segment in _segments(text[a:b]):
                cuts = [match.start() for match in _CLAUSE.finditer(segment)]
                voices = [match.start() for match in _SPEECH.finditer(segment)]
                for word in _words(segment, len(found)):
                    voice = sum(cut <= word.start for cut in voices)
                    own = clause + voice + sum(cut <= word.start for cut in cuts)
                    found.append(
                        replace(word, sentence=sentence, segment=len(segments), clause=own, voice=told + voice)
                    )
                clause, told = clause + len(cuts) + len(voices) + 1, told + len(voices)
                segments.append(segment)
            sentence += 1
    by_key: dict[str, list[Word]] = {}
    for word in found:
        by_key.setdefault(word.key, []).append(word)
    return Reading(segments, found, by_key)


def _segments(sentence: str) -> Iterator[str]:
    """The sentence without its relative clauses, at its coordinations; then those, behind what they are about."""
    for part in _SEGMENT.split(_RELATIVE.sub(",", sentence)):
        if said := _SAID_LAST.fullmatch(part):
            yield f"{said['who']} that {said['what']}{said['end']}"
        elif part.strip():
            yield part
    for match in _RELATIVE.finditer(sentence):
        about = takewhile(
            lambda chunk: chunk.lower() not in STOP_WORDS, reversed(sentence[: match.start()].split()[-3:])
        )
        yield " ".join([*reversed([*about]), match.group().lstrip(", ")])


def _words(text: str, at: int) -> Iterator[Word]:
    dates = find_dates(text)
    values: list[Quantity | DateMention] = [*dates, *find_quantities(text, dates)]
    told: set[int] = set()  # starts of values
    marker: str | None = None
    gap: list[str] = []
    for chunk in _CHUNK.finditer(text):
        here = [value for value in values if value.start < chunk.end() and chunk.start() < value.end]
        for form in words(chunk.group()):
            key = scale_of(stem_of(form))
            if form in _PREPOSITIONS or form in _DETERMINERS or (not here and form in STOP_WORDS - _CONTENT_ANYWAY):
                marker = _PREPOSITIONS.get(form, marker if gap and form in _DETERMINERS else None)
                if gap[-1:] == ["because"]:
                    marker = "because"
                gap.append(form)
                continue
            new = [value for value in here if value.start not in told]
            if new or (not here and (not form.endswith("ly") or form in _NO_ADVERBS)):
                for value in new or (None,):
                    own, side = ("", 0) if value else (key, side_of(stem_of(form)))
                    name = value is None and chunk.group().lstrip("\"'“‘([")[:1].isupper()
                    yield Word(at, chunk.start(), form, own, side, value, marker, tuple(gap), name)
                    at, gap = at + 1, []
            told |= {value.start for value in new}
        if chunk.group()[-1] in ",;)":
            marker, gap = None, [*gap, ","]
