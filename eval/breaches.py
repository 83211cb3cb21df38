"""The invariants of docs/interface.md, each a function from an answer's JSON to what breaks it.

Nothing here asks a question: `eval.invariants` brings the answers and the stored text.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from eval.gold_files import SHOWN_CHARS

# The one thing taken from inside: the value rule has one definition, and tables of cases of its own hold it. A second
# definition here would drift from it, and then a breach would only say that the two differ.
from rag.verify import value_breaches

REASONS = ("no_evidence", "model_declined", "unverified")
SHOWN_VERDICTS = ("exact", "supported")
StoredText = Callable[[str, str], str]  # (doc_id, version); raises LookupError when there is no such text


class _Fields(BaseModel):
    """The fields that docs/interface.md names, null only where it says so; others may be there too."""

    model_config = ConfigDict(frozen=True, strict=True)


class CitationFields(_Fields):
    number: int
    doc_id: str
    version: str
    title: str
    source: str
    published: str | None
    page: int | None
    start: int
    end: int
    quote: str
    verdict: str


class StatementFields(_Fields):
    text: str
    support: float
    citations: list[CitationFields]


class ConflictFields(_Fields):
    about: str
    statements: list[int]
    sides: list[dict[str, Any]]


class WithheldFields(_Fields):
    text: str
    verdict: str
    why: str


class HitFields(_Fields):
    rank: int
    score: float
    doc_id: str
    version: str
    start: int
    end: int
    text: str
    found_by: list[str]
    sent_spans: list[Annotated[list[int], Field(min_length=2, max_length=2)]]
    cited: bool


class AnswerFields(_Fields):
    kind: Literal["answer", "refusal"]
    question: str
    query: str
    mode: str
    model: str | None
    short: str | None
    statements: list[StatementFields]
    conflicts: list[ConflictFields]
    fallback_from: str | None
    reason: str | None
    withheld: list[WithheldFields]
    hits: list[HitFields]
    timings_s: dict[str, float]
    tokens: dict[str, int]
    calls: int


@dataclass(frozen=True, slots=True)
class Case:
    """An answer and what it is held against; `history` holds the earlier questions of its conversation."""

    answer: AnswerFields
    stored_text: StoredText
    history: Sequence[str] = ()

    def citations(self) -> Iterator[tuple[str, CitationFields]]:
        """Each citation in reading order, with its place in the JSON."""
        for s, statement in enumerate(self.answer.statements):
            for c, citation in enumerate(statement.citations):
                yield f"statements[{s}].citations[{c}]", citation

    def stored(self, place: CitationFields | HitFields) -> str | None:
        """The stored characters of a place, None when the library has none there."""
        try:
            text = self.stored_text(place.doc_id, place.version)
        except LookupError:
            return None
        return text[place.start : place.end] if 0 <= place.start < place.end <= len(text) else None


def breaches(answer: Mapping[str, Any], stored_text: StoredText, history: Sequence[str] = ()) -> list[str]:
    """What breaks an invariant in an answer's JSON, one line each; [] when all hold.

    `stored_text(doc_id, version)` raises LookupError for a text that is not there. `history` holds the earlier
    questions, which like the question itself may supply names. Of an answer that lacks fields only that is said.
    """
    try:
        case = Case(AnswerFields.model_validate(answer), stored_text, history)
    except ValidationError as error:
        return [
            f"{'.'.join(map(str, problem['loc']))}: {problem['msg']}, {shown(problem['input'])}"
            for problem in error.errors(include_url=False)
        ]
    return [breach for invariant in INVARIANTS for breach in invariant(case)]


def kind_fits(case: Case) -> Iterator[str]:
    answer = case.answer
    if answer.kind == "answer":
        if answer.reason is not None:
            yield f"reason: an answer has none, {answer.reason!r}"
        if not answer.statements:
            yield "statements: an answer has at least one, []"
        return
    if answer.reason not in REASONS:
        yield f"reason: a refusal has one of {', '.join(REASONS)}, {answer.reason!r}"
    if answer.statements:
        yield f"statements: a refusal has none, {shown(answer.statements[0].text)}"
    if not answer.hits and re.search(r"[^\W_]", answer.question):
        yield f"hits: a refusal shows its nearest, [] for {shown(answer.question)}"


def every_statement_cites(case: Case) -> Iterator[str]:
    for s, statement in enumerate(case.answer.statements):
        if not statement.citations:
            yield f"statements[{s}].citations: none, {shown(statement.text)}"


def quotes_are_stored(case: Case) -> Iterator[str]:
    for at, citation in case.citations():
        stored = case.stored(citation)
        if citation.quote != stored:
            yield f"{at}.quote: the stored text there is {shown(stored)}, {shown(citation.quote)}"


def numbers_count_spans(case: Case) -> Iterator[str]:
    numbers: dict[tuple[str, str, int, int], int] = {}
    for at, citation in case.citations():
        span = (citation.doc_id, citation.version, citation.start, citation.end)
        due = numbers.setdefault(span, len(numbers) + 1)
        if citation.number != due:
            yield f"{at}.number: {due} is due, {citation.number}"


def verdicts_may_be_shown(case: Case) -> Iterator[str]:
    for at, citation in case.citations():
        if citation.verdict not in SHOWN_VERDICTS:
            yield f"{at}.verdict: not one that is shown, {citation.verdict!r}"


def short_is_quoted(case: Case) -> Iterator[str]:
    short = case.answer.short
    if short is not None and not (short and any(short in citation.quote for _, citation in case.citations())):
        yield f"short: not in a cited quote, {shown(short)}"


def citations_lie_in_hits(case: Case) -> Iterator[str]:
    for at, citation in case.citations():
        if not any(_holds(hit, citation) for hit in case.answer.hits):
            yield f"{at}: in no hit, {citation.doc_id!r} {citation.start}-{citation.end}"


def cited_flags_agree(case: Case) -> Iterator[str]:
    for h, hit in enumerate(case.answer.hits):
        cited = any(_holds(hit, citation) for _, citation in case.citations())
        if hit.cited != cited:
            yield f"hits[{h}].cited: {'a citation' if cited else 'no citation'} lies in it, {hit.cited}"


def hits_are_ranked(case: Case) -> Iterator[str]:
    last = 1.0
    for h, hit in enumerate(case.answer.hits):
        if hit.rank != h + 1:
            yield f"hits[{h}].rank: {h + 1} is due, {hit.rank}"
        if not 0 < hit.score <= 1:
            yield f"hits[{h}].score: not above 0 and at most 1, {hit.score}"
        if hit.score > last:
            yield f"hits[{h}].score: above the {last} before it, {hit.score}"
        last = hit.score


def hits_are_stored(case: Case) -> Iterator[str]:
    for h, hit in enumerate(case.answer.hits):
        stored = case.stored(hit)
        if hit.text != stored:
            yield f"hits[{h}].text: the stored text there is {shown(stored)}, {shown(hit.text)}"


def sent_spans_lie_inside(case: Case) -> Iterator[str]:
    for h, hit in enumerate(case.answer.hits):
        for start, end in hit.sent_spans:
            if not hit.start <= start < end <= hit.end:
                yield f"hits[{h}].sent_spans: outside {hit.start}-{hit.end}, {start}-{end}"


def support_is_a_share(case: Case) -> Iterator[str]:
    for s, statement in enumerate(case.answer.statements):
        if not 0 <= statement.support <= 1:
            yield f"statements[{s}].support: not in [0, 1], {statement.support}"


def conflicts_name_statements(case: Case) -> Iterator[str]:
    for c, conflict in enumerate(case.answer.conflicts):
        for s in conflict.statements:
            if not 0 <= s < len(case.answer.statements):
                yield f"conflicts[{c}].statements: no such statement, {s}"
        numbers = {(s, cited.number) for s, own in enumerate(case.answer.statements) for cited in own.citations}
        for side in conflict.sides:
            at, number = side.get("statement"), side.get("number")
            if at not in conflict.statements or (at, number) not in numbers:
                yield f"conflicts[{c}].sides: statement {at} has no citation {number}"


def withheld_stay_hidden(case: Case) -> Iterator[str]:
    visible = {" ".join(statement.text.split()) for statement in case.answer.statements}
    for w, withheld in enumerate(case.answer.withheld):
        if " ".join(withheld.text.split()) in visible:
            yield f"withheld[{w}].text: shown as a statement, {shown(withheld.text)}"


def timings_are_durations(case: Case) -> Iterator[str]:
    for stage, seconds in case.answer.timings_s.items():
        if not 0 <= seconds < float("inf"):
            yield f"timings_s.{stage}: not a duration, {seconds}"


def values_are_cited(case: Case) -> Iterator[str]:
    # the rule says "in the library"; the documents of the hits are those an answer lets us name
    common = {word for text in _texts(case) for word in re.findall(r"[^\W\d_][\w'’-]*", text) if word.islower()}
    question = " ".join([*case.history, case.answer.question])
    for s, statement in enumerate(case.answer.statements):
        quotes = [citation.quote for citation in statement.citations]
        supplied = [part for citation in statement.citations for part in (citation.title, citation.published or "")]
        for breach in value_breaches(statement.text, quotes, supplied, question, common.__contains__):
            yield f"statements[{s}]: {breach}, {shown(statement.text)}"


INVARIANTS: tuple[Callable[[Case], Iterator[str]], ...] = (
    kind_fits, every_statement_cites, quotes_are_stored, numbers_count_spans, verdicts_may_be_shown, short_is_quoted,
    citations_lie_in_hits, cited_flags_agree, hits_are_ranked, hits_are_stored, sent_spans_lie_inside,
    support_is_a_share, conflicts_name_statements, withheld_stay_hidden, timings_are_durations, values_are_cited,
)  # fmt: skip


def printed_breaches(answer: Mapping[str, Any], printed: str) -> list[str]:
    """Where the sentences of `pincite ask --text` are not those of the JSON, in their order and with their numbers."""
    wanted = [" ".join([s["text"], "".join(f"[{c['number']}]" for c in s["citations"])]) for s in answer["statements"]]
    lines = printed.partition("\n\n")[0].split("\n")  # the list of sources follows an empty line
    printed_lines = [line for line in lines if re.search(r" (?:\[\d+\])+$", line)]
    return [
        f"statements[{s}].text: printed as {shown(line)}, {shown(text)}"
        for s, (text, line) in enumerate(zip_longest(wanted, printed_lines))
        if text != line
    ]


def _holds(hit: HitFields, citation: CitationFields) -> bool:
    same = (hit.doc_id, hit.version) == (citation.doc_id, citation.version)
    return same and hit.start <= citation.start and citation.end <= hit.end


def _texts(case: Case) -> Iterator[str]:
    for doc_id, version in {(hit.doc_id, hit.version) for hit in case.answer.hits}:
        try:
            yield case.stored_text(doc_id, version)
        except LookupError:
            continue  # hits_are_stored says so


def shown(value: object) -> str:
    """`value` as it stands in a message, on one line."""
    text = repr(value)
    return text if len(text) <= SHOWN_CHARS else text[:SHOWN_CHARS] + "…"
