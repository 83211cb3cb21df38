"""The walk of a question: one function from the words asked to the value shown."""

import time
from collections.abc import Callable, Collection, Iterable, Sequence

from index.library import Index
from index.types import Hit, Span
from rag.attribute import Attributed
from rag.conflicts import find_conflicts
from rag.errors import DraftMalformed, ModelUnavailable, QuestionEmpty, Stopped
from rag.llm_protocol import Usage
from rag.model_calls import ModelCalls
from rag.origins import files_named, without_files
from rag.retrieve import retrieve
from rag.rewriting import as_query
from rag.short import short_answer
from rag.terms import words
from rag.types import HITS, Answer, Citation, Fusion, Mode, Passage, Reason, Retrieved, Statement, Turn, Withheld
from rag.writing import Settler, Task, write_drafts, write_evidence, write_votes


def answer(
    index: Index,
    question: str,
    history: Sequence[Turn] = (),
    *,
    mode: Mode = "extractive",
    calls: ModelCalls | None = None,
    within: Collection[str] | None = None,
    retrieved: Retrieved | None = None,
    passages: int = HITS,
    fusion: Fusion = "both",
    second_opinion: bool = False,
    on_passages: Callable[[Sequence[Hit]], None] = lambda _: None,
    on_statement: Callable[[Statement], None] = lambda _: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Answer:
    """The answer in `mode`; every mode but the extractive one needs `calls`. It reads `passages` of those that
    `fusion` finds, in the documents `within` alone, or in those whose file names the question spells out; with
    `retrieved`, nothing is looked for and that is read (eval/localise.py).
    With `second_opinion` the model is asked once more about each sentence that it wrote in other words.

    `on_statement` hears each statement once it stands; none is taken back. Raises QuestionEmpty, Stopped, and
    IndexingError when the library cannot be searched; ModelUnavailable and DraftMalformed while nothing stands.
    """
    if not question.strip():
        raise QuestionEmpty("the question is empty: ask something in words")
    clock = time.perf_counter
    begun = clock()
    # a small model repeats the question or answers it (docs/measurements.md, "Follow-ups")
    query = retrieved.query if retrieved else as_query(question, history, calls if mode == "openai" else None)
    if not words(query):
        return Answer(question, query, mode, reason="no_evidence")
    asked, sought = question, query
    rewritten = clock()
    if retrieved:
        hits, vector = list(retrieved.hits), index.embedder.embed([query])[0]
    else:
        files = files_named(index.store, query) if within is None else None
        if files:  # a name that limits the search is nothing that a sentence must speak of
            asked, sought = without_files(question), without_files(query)
        hits, vector = retrieve(index, sought, passages, files or within, fusion)
    found = clock()
    on_passages(hits)
    if cancelled():
        raise Stopped("stopped")
    task = Task(index, asked, sought, hits, vector, calls, second_opinion)
    settler = Settler(task)
    written = {"extractive": write_evidence, "local": write_votes, "openai": write_drafts}[mode](task, settler)
    standing = _Standing(index, hits, on_statement)
    standing.hear(written.sentences)
    drafted = clock()
    usage = calls.usage if calls else Usage()
    quotes = [statement.citations[0].quote for statement in standing.statements]
    return Answer(
        question=question,
        query=query,
        mode=mode,
        model=calls.load().model if calls and usage.calls else None,
        statements=tuple(standing.statements),
        short=standing.short or short_answer(written.questions[0], quotes, written.words),
        confidence=written.confidence if standing.statements else None,
        conflicts=find_conflicts(written.questions, standing.statements, hits),
        withheld=standing.hidden(),
        passages=_passages(hits, written.sent, standing.numbers),
        reason=standing.reason(written.declined),
        timings_s={
            "rewrite": rewritten - begun,
            "retrieve": found - rewritten,
            "draft": drafted - found - settler.seconds,
            "verify": settler.seconds,
        },
        tokens={"prompt": usage.prompt, "completion": usage.completion, "cached": usage.cached},
        calls=usage.calls,
    )


class _Standing:
    """What stands of an answer so far: numbered statements, and what was withheld."""

    def __init__(self, index: Index, hits: Sequence[Hit], on_statement: Callable[[Statement], None]) -> None:
        self._index = index
        self._chunks = {(hit.chunk.doc_id, hit.chunk.version): hit.chunk for hit in hits}
        self._on_statement = on_statement
        self.statements: list[Statement] = []
        self.withheld: list[Withheld] = []
        self.numbers: dict[Span, int] = {}
        self.short: str | None = None

    def hear(self, sentences: Iterable[Attributed]) -> None:
        """Takes in sentences as they come. A model that fails after some stand leaves those, and a note."""
        try:
            for settled in sentences:
                self._take(settled)
        except (ModelUnavailable, DraftMalformed) as error:
            if not self.statements:
                raise
            self.withheld.append(Withheld("", "unsupported", f"the rest of the answer did not come: {error}"))

    def _take(self, settled: Attributed) -> None:
        if not settled.shown:
            self.withheld.append(Withheld(settled.text, settled.verdict, settled.why, settled.spans))
            return
        citations = tuple(self._citation(span, settled) for span in dict.fromkeys(settled.spans))
        self.short = self.short or settled.short
        self.statements.append(Statement(settled.text, citations, settled.support))
        self._on_statement(self.statements[-1])

    def _citation(self, span: Span, settled: Attributed) -> Citation:
        chunk = self._chunks[span.doc_id, span.version]
        document = self._index.store.document(span.doc_id, span.version)
        return Citation(
            number=self.numbers.setdefault(span, len(self.numbers) + 1),
            span=span,
            quote=document.text[span.start : span.end],
            verdict=settled.verdict,
            title=chunk.title,
            source=chunk.source,
            published=chunk.published,
            page=document.page_of(span.start),
        )

    def hidden(self) -> tuple[Withheld, ...]:
        """What was withheld to the end, once each: a repaired sentence is shown in the same words at times."""
        shown = {statement.text for statement in self.statements}
        return tuple(w for w in dict.fromkeys(self.withheld) if w.text not in shown)

    def reason(self, declined: bool) -> Reason | None:
        """Why nothing stands, None when something does."""
        if self.statements:
            return None
        return "unverified" if self.withheld else "model_declined" if declined else "no_evidence"


def _passages(hits: Sequence[Hit], sent: Sequence[Span], cited: Iterable[Span]) -> tuple[Passage, ...]:
    def within(spans: Iterable[Span], hit: Hit) -> list[tuple[int, int]]:
        chunk = hit.chunk
        inside = (s for s in spans if s.doc_id == chunk.doc_id and chunk.start <= s.start and s.end <= chunk.end)
        return sorted({(s.start, s.end) for s in inside})

    return tuple(Passage(hit, tuple(within(sent, hit)), bool(within(cited, hit))) for hit in hits)
