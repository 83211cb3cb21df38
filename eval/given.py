"""The answer JSON of another system: checked strictly, and completed to the form of docs/interface.md.

Only `kind` and `statements` are required. A citation may be no more than `doc_id` and `quote`: where the quote stands
is looked up in the library. Without `hits` the metrics of retrieval do not apply. An unknown key is an error, as a
misspelt one would be scored as a fault of the system.
"""

from collections.abc import Iterator, Sequence
from typing import Annotated, Any, Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from eval.errors import SystemFailed
from eval.fingerprints import without_secrets
from index.errors import DocumentUnknown
from index.folding import locate

READ_CHARS = 2_000
SHOWN_CHARS = 80  # of what was sent, so that a message stays readable


class Corpus(Protocol):
    """The documents that citations point into; rag.Library is one."""

    def documents(self) -> Sequence[tuple[str, str]]: ...

    def stored_text(self, doc_id: str, version: str) -> str: ...


class _Given(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


Text = Annotated[str, StringConstraints(pattern=r"\S")]
Count = Annotated[int, Field(ge=0)]
Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Strings = list[str]
Spans = list[Annotated[list[Count], Field(min_length=2, max_length=2)]]


class Place(_Given):
    """Where words stand: `start` to `end` of the stored text; without both, where they are first found."""

    doc_id: Text
    version: str | None = None
    start: Count | None = None
    end: Count | None = None
    title: str | None = None
    source: str | None = None
    published: str | None = None
    page: int | None = None


class Citation(Place):
    quote: Text
    number: int | None = None
    verdict: str | None = None


class Hit(Place):
    text: Text
    rank: Annotated[int, Field(ge=1)] | None = None
    score: float | None = None
    found_by: Strings = []
    sent_spans: Spans = []
    cited: bool = False


class Statement(_Given):
    text: Text
    citations: list[Citation] = []
    support: float | None = None


class Conflict(_Given):
    statements: list[Count]
    about: str | None = None
    sides: list[dict[str, Any]] = []


class GivenAnswer(_Given):
    """The keys of docs/interface.md, and the `qid` of the question, which it may repeat."""

    kind: Literal["answer", "refusal"]
    statements: list[Statement]
    qid: str | None = None
    question: str | None = None
    query: str | None = None
    mode: str | None = None
    model: str | None = None
    short: str | None = None
    confidence: Annotated[float, Field(ge=0, le=1)] | None = None
    conflicts: list[Conflict] = []
    fallback_from: str | None = None
    reason: str | None = None
    withheld: list[dict[str, Any]] = []
    hits: list[Hit] | None = None
    timings_s: dict[str, Seconds] = {}
    tokens: dict[str, Count] = {}
    calls: Count = 0


def completed(sent: str | bytes, *, qid: str, question: str, mode: str, corpus: Corpus) -> dict[str, Any]:
    """The answer JSON in `sent`, with every key that an answer of Pincite has; `hits` is None when none were given.

    A quote that its document does not hold, or a document that is not there, leaves a citation that is not valid.
    Raises SystemFailed, saying what is wrong with the first thing that is.
    """
    try:
        given = GivenAnswer.model_validate_json(sent)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        text = (sent.decode("utf-8", "replace") if isinstance(sent, bytes) else sent).strip()
        shown = without_secrets(text[:READ_CHARS])  # before the cut, which half a key would survive
        shown = shown if len(shown) <= SHOWN_CHARS else f"{shown[:SHOWN_CHARS]}…"
        raise SystemFailed(f"no answer JSON: {where and f'{where}: '}{first['msg']}, in {shown!r}") from None
    if problem := next(_contradictions(given, qid), None):
        raise SystemFailed(f"no answer JSON: {problem}")
    places = _Places(corpus)
    statements = [
        {"text": s.text, "support": s.support, "citations": [places.citation(c) for c in s.citations]}
        for s in given.statements
    ]
    return {
        "kind": given.kind,
        "question": question,
        "query": given.query or question,
        "mode": mode,
        "model": given.model,
        "short": given.short,
        "confidence": given.confidence,
        "statements": statements,
        "conflicts": [conflict.model_dump() for conflict in given.conflicts],
        "fallback_from": given.fallback_from,
        "reason": given.reason or ("model_declined" if given.kind == "refusal" else None),
        "withheld": given.withheld,
        "hits": None if given.hits is None else [places.hit(hit, rank) for rank, hit in enumerate(given.hits, 1)],
        "timings_s": given.timings_s,
        "tokens": given.tokens,
        "calls": given.calls,
    }


def _contradictions(given: GivenAnswer, qid: str) -> Iterator[str]:
    if given.qid not in (None, qid):
        yield f"it is the answer to {given.qid!r}, and {qid!r} was asked"
    if (given.kind == "answer") != bool(given.statements):
        yield f"kind is {given.kind!r}, with {len(given.statements)} statements"
    for conflict in given.conflicts:
        if beyond := [at for at in conflict.statements if at >= len(given.statements)]:
            yield f"a conflict names statement {beyond[0]}, and there are {len(given.statements)}, from 0"
    places: list[Place] = [citation for statement in given.statements for citation in statement.citations]
    for place in [*places, *(given.hits or [])]:
        if (place.start is None) != (place.end is None):
            yield f"a place in {place.doc_id!r} has only one of start and end: give both, or neither"


class _Places:
    """Where the words of one answer stand in the library; the same place has the same number."""

    def __init__(self, corpus: Corpus) -> None:
        self._corpus = corpus
        self._versions = dict(corpus.documents())
        self._numbers: dict[tuple[str, str, int, int], int] = {}

    def citation(self, given: Citation) -> dict[str, Any]:
        version, start, end = self._place(given, given.quote) or (given.version or "", 0, 0)
        stands = given.start is None and end > 0
        place = (given.doc_id, version, start, end)
        return {
            "number": self._numbers.setdefault(place, len(self._numbers) + 1),
            "doc_id": given.doc_id,
            "version": version,
            "title": given.title or given.doc_id,
            "source": given.source or "",
            "published": given.published,
            "page": given.page,
            "start": start,
            "end": end,
            "quote": self._corpus.stored_text(given.doc_id, version)[start:end] if stands else given.quote,
            "verdict": given.verdict,
        }

    def hit(self, given: Hit, rank: int) -> dict[str, Any]:
        """Raises SystemFailed when its text is nowhere: recall would be 0 for a fault of the adapter."""
        place = self._place(given, given.text)
        if place is None:
            raise SystemFailed(
                f"hit {rank}: its text is not in document {given.doc_id!r} of the library: correct it, or give no hits"
            )
        version, start, end = place
        return {**given.model_dump(), "rank": given.rank or rank, "version": version, "start": start, "end": end}

    def _place(self, given: Place, words: str) -> tuple[str, int, int] | None:
        version = given.version or self._versions.get(given.doc_id)
        if version is None:
            return None
        if given.start is not None and given.end is not None:
            return version, given.start, given.end
        try:
            found = locate(words, self._corpus.stored_text(given.doc_id, version))
        except DocumentUnknown:
            return None
        return (version, *found[0]) if found else None
