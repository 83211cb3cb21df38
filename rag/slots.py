"""Names and dates in their slots: what a sentence gives as the one who did it, the place of it, or its day."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from index.dates import DateMention, find_dates
from rag.meanings import scale_of, side_of
from rag.names import country_of, name_tokens
from rag.question import Question
from rag.terms import STOP_WORDS, stem_of, words

# Words of one role or event that are no synonyms elsewhere; `meanings` has the rest.
_KIN = {
    stem_of(word): group.split()[0]
    for group in (
        "win winner champion champions victory",
        "direct director",
        "write author writer",
        "found founder establish",
        "release launch premiere debut",
        "lead leader head chief",
        "invent inventor",
        "own owner",
        "build complete construct",
        "design designer architect",
        "base headquarter headquarters",
        "host venue",
        "visit come came arrive arrival",
    )
    for word in group.split()
}
# What is asked for itself, not about it.
_KINDS = frozenset(map(stem_of, "date day year month time person country city town place location name".split()))
_ROLE = re.compile(
    r"\b(?:who|(?:which|what)\s+\w+)\s+(?:(?:is|was|are|were|will|has|had|did|does|would)\s+)?(?:been?\s+)?(?:(?:the|an?)\s+)?"
    r"(?P<role>[^?]*?)(?:\s+(?:of|in|at|for|to|from|on|the|an?|with|during|his|her|its|their)\b|\?|$)",
    re.IGNORECASE,
)
# Many may do it: another name is no other answer.
_SHARED = re.compile(
    r"\b(?:attend|join|sign|visit|meet|met|support|oppose|criticis|criticiz|call|includ|tak(?:e|es|ing)\s+part|participat"
    r"|said|say|speak|spoke|guests?|members?|participants|invited)\w*\b|\b(?:which|what)\s+(?:\w+ies|\w+[^s\W]s)\s"
    r"|\bwho\s+(?:are|were|have)\b",
    re.IGNORECASE,
)
_WHERE = re.compile(r"\bwhere\b|\blocation\b|\b(?:which|what)\s+(?:city|town|place|country)\b", re.IGNORECASE)
_PLACE = re.compile(r"\b(?:in|at|near|to|from|outside)\s+(?:the\s+)?(?:[A-Z]\w+,\s+)?$")
_VERB = re.compile(
    r"\w+(?:ed|ing)|began|begun|born|built|held|made|met|sold|bought|won|went|came|left|took|set|shot|gave"
)
_AUXILIARY = re.compile(r"\b(?:to|will|would|is|are|was|were|be|been|did|does|has|had)\s+(?:\w+ly\s+)?$", re.IGNORECASE)
_AUXILIARIES = frozenset("to be been have being the a an not".split())
_ANCHOR = re.compile(r"\b(?:before|after|since|until|prior\s+to|following)\b", re.IGNORECASE)  # "before May 2025"
_BREAK = re.compile(r"[;()·|]")
_DATELINE = re.compile(r"\s*(?:\.\.|…|[-–—|·:])")
# Another role, or one of several: "deputy director", "the most wins"
_OTHER_ROLE = re.compile(
    r"\b(?:most|first|last|\w+est|former|ex|deputy|vice|acting|next|previous|assistant|co)[\s-]+$", re.IGNORECASE
)
_END = re.compile(r"[,;:.]|\bthat\b")
BESIDE = 40  # characters
_WORD = re.compile(r"[\w’'-]+")
# What may stand between a name and the word of its role: "opened by the minister Jon Falk", "Ana Duarte, who opened"
_JOINS = re.compile(
    r"[\s,:“”\"'‘’–—-]*(?:(?:who|has|had|have|is|was|were|be|been|as|named|also|in|at|near|its?|his|her|their|new"
    r"|located|based|held|\d{4}|\w+ly|(?:by|the|an?)(?:\s+[a-z]+){0,2})[\s,:“”\"'‘’]+)*"
)


@dataclass(frozen=True, slots=True)
class Dated:
    """A date that a sentence gives to what is asked about, as `written`."""

    written: str
    date: DateMention

    def same_thing(self, _other: "Dated") -> bool:
        return True

    def agrees(self, other: "Dated") -> bool:
        """True when both may be one day: fields that only one of them gives do not matter."""
        return all(x is None or y is None or x == y for x, y in zip(self.date.fields, other.date.fields, strict=True))


@dataclass(frozen=True, slots=True)
class Named:
    """A name that a sentence gives for the role or the place that is asked for, as `written`."""

    written: str
    sentence: str

    def same_thing(self, _other: "Named") -> bool:
        return True

    def agrees(self, other: "Named") -> bool:
        """True when they share a word ("Mayor Duarte"), or one sentence has both ("Reyl, who followed Brandt")."""
        shared = set(name_tokens(self.written)) & set(name_tokens(other.written))
        return bool(shared) or self.written in other.sentence or other.written in self.sentence


def dates_in_slot(question: Question, text: str) -> list[Dated]:
    """The dates of `text` that its words give to the event that is asked about: "approved in 1900" is not "built"."""
    asked = _keys(question, question.text)
    anchors = [Dated("", date) for date in question.dates if _ANCHOR.search(question.text)]
    found = [Dated(text[date.start : date.end], date) for date in question.new_dates(text) if _is_of(text, date, asked)]
    return [d for d in found if is_in_year(question, d.date) and not any(d.agrees(anchor) for anchor in anchors)]


def is_in_year(question: Question, date: DateMention) -> bool:
    """False for a date of another year than the one that is asked about."""
    return not date.year or question.asks_year or not question.years or date.year in question.years


def _is_of(text: str, date: DateMention, asked: dict[str, int]) -> bool:
    if _DATELINE.match(text, date.end) and not text[: date.start].strip():
        return False
    start = max((m.end() for m in _BREAK.finditer(text, 0, date.start)), default=0)
    end = match.start() if (match := _BREAK.search(text, date.end)) else len(text)
    before, behind = [*_verbs(text, start, date.start)], [*_verbs(text, date.end, end)]
    nearest = before[-1:] or behind[:1]
    return any(_is_asked(word, asked) for word in nearest or words(text[start:end]))


def _verbs(text: str, start: int, end: int) -> Iterator[str]:
    """The words of a part of `text` that look like verbs; names do not."""
    for match in _WORD.finditer(text, start, end):
        before = text[start : match.start()]
        for word in words(match.group()) if not before.strip() or match.group().islower() else []:
            if _VERB.fullmatch(word) or (word not in _AUXILIARIES and _AUXILIARY.search(before)):
                yield word


def names_in_slot(question: Question, text: str, title: str) -> list[Named]:
    """The name of `text` right beside the word of the role that is asked for; [] where many may have it.

    Both must stand beside who or what is asked about, unless `title` names that.
    """
    role = _ROLE.search(question.text)
    asked = _keys(question, role["role"] if role else question.text)
    is_place = bool(_WHERE.search(question.text))
    if many_may(question) or not (is_place or set(asked) <= {_key(stem_of(word)) for word in words(text)}):
        return []
    beside = [match for match in _WORD.finditer(text) if any(_is_asked(word, asked) for word in words(match.group()))]
    dates = find_dates(text)
    found = []
    for name in question.new_names(text):
        titles = [match for match in beside if name.start <= match.start() < name.end]
        start = titles[-1].end() + 1 if titles else name.start  # "Prime Minister Pell"
        of = text.find(" of ", start, name.end)
        end = of if of > 0 and set(name_tokens(text[of : name.end])) <= question.names else name.end  # "Pell of Tamar"
        spoken = set(words(text[start:end]))
        if any(date.start <= start < date.end for date in dates) or is_place != bool(_PLACE.search(text[:start])):
            continue
        if spoken <= set(words(question.text)) or (not is_place and all(map(country_of, spoken))):
            continue
        for match in beside:
            first, last = min(match.start(), start), max(match.end(), name.end)
            gap = text[min(match.end(), name.end) : max(match.start(), start)]
            if len(gap) <= BESIDE and _JOINS.fullmatch(gap) and not _OTHER_ROLE.search(text[: match.start()]):
                around = f"{title} {text[max(0, first - BESIDE) : last]} {_END.split(text[last : last + BESIDE])[0]}"
                if not question.names or question.names & set(name_tokens(around)):
                    found.append((len(words(gap)), start, end))
    return [Named(text[start:end], text) for _, start, end in sorted(found)][:1]


def many_may(question: Question) -> bool:
    """True when several names answer together: "Who attended?"."""
    return question.kind == "name" and not _WHERE.search(question.text) and bool(_SHARED.search(question.text))


def _keys(question: Question, text: str) -> dict[str, int]:
    """The words of a question apart from names and dates, as keys of one meaning with its side: {"open": 0}."""
    known = STOP_WORDS | question.names
    stems = [stem_of(word) for word in words(text) if word not in known and not word[0].isdigit()]
    return {_key(stem): side_of(stem) for stem in stems if stem not in _KINDS}


def _is_asked(word: str, asked: dict[str, int]) -> bool:
    stem = stem_of(word)
    return asked.get(_key(stem), -1) == side_of(stem)


def _key(stem: str) -> str:
    return _KIN.get(stem) or scale_of(stem)
