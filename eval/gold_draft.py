"""Gold questions proposed from a document, without a model, for a person to accept or to delete.

A sentence that states a number, a date or a name becomes a question for it. What a person has to judge: whether the
question can be understood without the sentence, and whether other documents answer it as well.
"""

import calendar
import functools
import re
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from typing import Any

from eval.draft_questions import Value, ask_for
from eval.gold import Evidence, GoldQuestion
from eval.normalise import contains_form
from index.cleaning import clean_blocks
from index.dates import DateMention, find_dates
from index.folding import folded, locate
from index.splitter import split
from index.types import Document
from rag.markup import plain
from rag.names import country_of, find_names
from rag.quantities import Quantity, find_quantities

MIN_WORDS, MAX_WORDS = 6, 35  # shorter is seldom a statement, longer seldom a question
# what points out of its sentence: nobody could answer "When did he arrive?"
_POINTS_OUT = re.compile(
    r"\b(?:I|he|she|it|we|you|they|him|them|us|this|these|those|here|ago|today|yesterday|tomorrow|now|last|next)\b"
    r"|^(?:\w+ )?(?:his|her|its|our|their|your|my)\b"
    r"|^[^:]{1,25}:"  # a label
    r"|^(?:but|and|or|so|yet|also|then|however|such|that|there|another|both|meanwhile|instead)\b",
    re.IGNORECASE,
)
_PART_OF_NAME = re.compile(r"\b(?:[Tt]he|[Bb]oth|[Oo]ther|\w+\s+[A-Z]\w+)\s+$")
_ONES = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen".split()
_ONES += "seventeen eighteen nineteen".split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()


@dataclass(frozen=True, slots=True)
class Draft:
    """A question that nobody has accepted yet. `answered`: what the system said, where somebody disliked it."""

    question: GoldQuestion
    answered: str | None = None

    def to_json(self) -> dict[str, Any]:
        """An entry of a gold file: what is left out there is left out here, but for what a person has to write."""
        keys = self.question.model_dump(mode="json", exclude_defaults=True)
        entry = {"qid": keys.pop("qid"), "accepted": False, **keys}
        entry |= {key: keys.get(key, []) for key in ("facts", "evidence")}
        return entry | ({"answered": self.answered} if self.answered else {})


@dataclass(frozen=True, slots=True)
class _Candidate:
    start: int  # of the sentence in the document
    kind: str
    natural: bool
    is_word: bool  # the answer is a single one, and as such often in the question or guessed
    draft: Draft


def propose(document: Document, n: int, taken: Collection[str] = ()) -> list[Draft]:
    """At most `n` drafts in the order of the document, one a sentence, spread over its length and over numbers, dates
    and names; none with a qid of `taken`. The same document gives the same drafts."""
    left = [candidate for candidate in _candidates(document) if candidate.draft.question.qid not in taken]
    chosen: dict[int, _Candidate] = {}
    kinds: Counter[str] = Counter()

    def choose(among: list[_Candidate]) -> None:
        among = [candidate for candidate in among if candidate.start not in chosen]
        if among:
            best = min(
                among, key=lambda c: (not c.natural, kinds[c.kind], c.is_word, c.start, c.draft.question.question)
            )
            chosen[best.start] = best
            kinds[best.kind] += 1

    length = max(1, len(document.text))
    for part in range(n):  # first from each part of the document, then from wherever there is more
        choose([candidate for candidate in left if candidate.start * n // length == part])
    while len(chosen) < min(n, len({candidate.start for candidate in left})):
        choose(left)
    return [candidate.draft for _, candidate in sorted(chosen.items())]


def _candidates(document: Document) -> Iterator[_Candidate]:
    for start, end in _sentences(document):
        text = " ".join(document.text[start:end].split())
        if len(locate(text, document.text)) != 1:
            continue
        for kind, value in _values(text, document.text):
            forms = _forms(text, value)
            asked = ask_for(text, value)
            if asked is None or any(contains_form(asked.text, form) for form in forms):
                continue
            question = GoldQuestion(
                qid=f"{re.sub(r'[^0-9A-Za-z]+', '-', document.doc_id).strip('-')}-{start}",
                question=asked.text,
                answerable=True,
                category=kind,
                facts=(forms,),
                evidence=(Evidence(doc_id=document.doc_id, quote=text),),
                cluster=document.doc_id,
            )
            yield _Candidate(start, kind, asked.natural, kind == "name" and " " not in forms[0], Draft(question))


def _sentences(document: Document) -> Iterator[tuple[int, int]]:
    """Those that state something by themselves: no furniture, no rows, no markup, nothing that points out of them."""
    blocks = clean_blocks(document.text, document.media_type, document.page_starts)
    prose = [block for block in blocks if block.kind in ("paragraph", "item", "heading")]
    seen: set[str] = set()
    for piece in split(document.text, prose):
        for start, end in piece.sentences:
            text = " ".join(document.text[start:end].split())
            key = folded(text).casefold()
            whole = MIN_WORDS <= len(text.split()) <= MAX_WORDS and text[0].isalnum() and text.endswith(".")
            if whole and plain(text) == text and key not in seen and not _POINTS_OUT.search(text):
                seen.add(key)
                yield start, end


def _values(text: str, document: str) -> Iterator[tuple[str, Value]]:
    """What a sentence of `document` can be asked for: no ordinals, no ends of ranges, nothing in brackets."""
    dates = [_trimmed(text, date) for date in find_dates(text)]
    quantities = find_quantities(text)
    values: list[Value] = [*dates, *quantities]
    taken = Counter((value.start, value.end) for value in values)

    def free(value: Value) -> bool:
        around = text[max(0, value.start - 1) : value.start] + text[value.end : value.end + 1]
        return not set("-–—/[]()") & set(around)

    for date in dates:
        if taken[date.start, date.end] == 1 and free(date):
            yield "date", date
    for quantity in quantities:
        # "the two ministers", "Power of Siberia 2"
        is_part = quantity.unit is None and _PART_OF_NAME.search(text[: quantity.start])
        single = quantity.unit != "ordinal" and taken[quantity.start, quantity.end] == 1
        if single and free(quantity) and not is_part:
            yield "quantity", quantity
    lower = _lower_case(document)
    for name in find_names(text, lower.__contains__):
        name = replace(name, end=name.end - len(name.text) + len(re.sub(r"[’']s$|[’']$", "", name.text)))
        apart = not any(a < name.end and name.start < b for a, b in taken)
        if (
            apart
            and free(name)
            and not re.match(r"\s+\d", text[name.end :])
            and _is_known(text[name.start : name.end], name.start, document)
        ):
            yield "name", name


@functools.lru_cache(maxsize=4)
def _lower_case(document: str) -> frozenset[str]:
    return frozenset(re.findall(r"\b[a-z]+\b", document))


def _trimmed(text: str, date: DateMention) -> DateMention:
    """Without the "in" before it and the full stop after it."""
    before = re.match(r"(?:in|since|by|until|during)\s+", text[date.start : date.end], re.IGNORECASE)
    written = text[date.start : date.end].rstrip(" .")
    return replace(date, start=date.start + (before.end() if before else 0), end=date.start + len(written))


def _is_known(name: str, start: int, document: str) -> bool:
    """Not "Chinese", and no common word that only opens its sentence: such a name stands within another one, too."""
    if country_of(name.lower()) not in (None, name.lower()):
        return False
    return start > 0 or " " in name or bool(re.search(rf"[a-z,;] {re.escape(name)}\b", document))


def _forms(text: str, value: Value) -> tuple[str, ...]:
    """What is accepted for it: as it stands, a number in words and in digits, a date in its other forms."""
    written = text[value.start : value.end].strip()
    forms = [written]
    if isinstance(value, Quantity):
        words = re.match(r"[A-Za-z-]+|\d+(?![\d.,])", written)
        if words and value.value == int(value.value) and 0 <= value.value < 100:
            other = _in_words(int(value.value)) if words.group().isdigit() else str(int(value.value))
            if words.group().isdigit() or words.group().lower() == _in_words(int(value.value)):
                forms.append(other + written[words.end() :])
    elif isinstance(value, DateMention) and value.month and value.day:
        month = calendar.month_name[value.month]
        forms += [
            f"{value.day} {month} {value.year or ''}",
            f"{month} {value.day}{f', {value.year}' if value.year else ''}",
        ]
        forms += [value.iso] if value.iso else []
    return tuple(dict.fromkeys(form.strip() for form in forms))


def _in_words(number: int) -> str:
    if number < len(_ONES):
        return _ONES[number]
    tens, ones = divmod(number, 10)
    return _TENS[tens - 2] + (f"-{_ONES[ones]}" if ones else "")
