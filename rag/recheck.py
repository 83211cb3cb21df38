"""Whether the citations of a saved answer still hold: the same words in the current version of each document."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, NonNegativeInt, ValidationError

from index.library import Index
from index.near import Edit, near, places
from rag.answer_json import citation_json
from rag.quotes import cite, find_quotes
from rag.types import Citation

Outcome = Literal["same", "moved", "lost"]


class SavedCitation(BaseModel):
    """What is read of a citation in a saved answer; it may hold more."""

    number: int
    doc_id: str
    version: str
    start: NonNegativeInt
    end: NonNegativeInt
    quote: Annotated[str, Field(min_length=1)]
    title: str = ""


class _SavedStatement(BaseModel):
    citations: list[SavedCitation]


class _SavedAnswer(BaseModel):
    question: str
    statements: list[_SavedStatement]


@dataclass(frozen=True, slots=True)
class Rechecked:
    """A saved citation, where its words stand now, and for lost ones the nearest words with what differs there."""

    saved: SavedCitation
    outcome: Outcome
    why: str
    citation: Citation | None
    diff: tuple[Edit, ...] = ()


def recheck(index: Index, answer_json: Mapping[str, Any]) -> list[Rechecked]:
    """One item for each distinct citation of the answer, in order; [] for a refusal. Raises ValueError for what is
    no answer."""
    return [_recheck(index, saved) for saved in _citations(answer_json)]


def _citations(answer_json: Mapping[str, Any]) -> Iterator[SavedCitation]:
    try:
        answer = _SavedAnswer.model_validate(answer_json)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(map(str, first["loc"])) or "all of it"
        raise ValueError(
            f"this is no answer ({field}: {first['msg']}): give what `pincite ask --json` or `--batch` wrote"
        ) from None
    seen = {saved.number: saved for statement in reversed(answer.statements) for saved in reversed(statement.citations)}
    yield from sorted(seen.values(), key=lambda saved: saved.number)


def _recheck(index: Index, saved: SavedCitation) -> Rechecked:
    if saved.doc_id not in dict(index.store.versions()):
        return _without_document(index, saved)
    document = index.store.document(saved.doc_id)
    if document.text[saved.start : saved.end] == saved.quote:
        return Rechecked(saved, "same", "", cite(document, saved.start, saved.end, saved.number, "exact"))
    found = places(saved.quote, document.text)
    if found:
        start, end = min(found, key=lambda place: abs(place[0] - saved.start))
        why = "" if len(found) == 1 else f"it stands there {len(found)} times: this is the place nearest to the old one"
        return Rechecked(saved, "moved", why, cite(document, start, end, saved.number, "exact"))
    match = near(saved.quote, document.text)
    if match is None:
        return Rechecked(saved, "lost", "nothing in the document comes near it now", None)
    citation = cite(document, match.start, match.end, saved.number, "altered")
    return Rechecked(saved, "lost", "the document words it differently now", citation, tuple(match.diff))


def _without_document(index: Index, saved: SavedCitation) -> Rechecked:
    why = f"document {saved.doc_id!r} is not in the library any more"
    spans = find_quotes(index.store, [saved.quote], 1)[saved.quote]
    if not spans:
        return Rechecked(saved, "lost", why, None)
    other = index.store.document(spans[0].doc_id)
    citation = cite(other, spans[0].start, spans[0].end, saved.number, "exact")
    return Rechecked(saved, "lost", f"{why}; its words stand in {other.doc_id!r}", citation)


def rechecked_json(answer_json: Mapping[str, Any], items: list[Rechecked]) -> dict[str, Any]:
    """The re-check of one answer as the JSON of docs/interface.md."""
    return {
        **{key: answer_json[key] for key in ("qid", "question") if key in answer_json},
        "citations": [
            {
                "number": item.saved.number,
                "outcome": item.outcome,
                "why": item.why,
                "saved": item.saved.model_dump(),
                "span": item.citation and citation_json(item.citation),
                "diff": list(item.diff),
            }
            for item in items
        ],
    }
