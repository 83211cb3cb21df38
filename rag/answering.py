"""The walk of a question: one function from the words asked to the value shown."""

import time
from collections.abc import Callable, Sequence
from itertools import groupby, zip_longest

from index.embedder import Vectors
from index.library import Index
from index.types import Hit, Span
from rag.conversation import split_parts, standalone
from rag.errors import QuestionEmpty, Stopped
from rag.evidence import Evidence, find_evidence
from rag.extractive import MAX_STATEMENTS, write
from rag.question import Question, read_question
from rag.retrieve import retrieve
from rag.short import short_answer
from rag.terms import STOP_WORDS, words
from rag.types import SHOWN, Answer, Citation, Passage, Statement, Turn, Withheld
from rag.verify import Source, check

HITS = 10  # passages read for a question


def answer(
    index: Index,
    question: str,
    history: Sequence[Turn] = (),
    on_statement: Callable[[Statement], None] = lambda _: None,
    on_passages: Callable[[Sequence[Hit]], None] = lambda _: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Answer:
    """The extractive answer. `on_statement` hears each statement once it stands; none is taken back.

    Raises QuestionEmpty, Stopped, and IndexingError when the library cannot be searched.
    """
    if not question.strip():
        raise QuestionEmpty("the question is empty: ask something in words")
    clock = time.perf_counter
    begun = clock()
    query = standalone(question, history)
    if not words(query):
        return Answer(question, query, "extractive", reason="no_evidence")
    hits, vector = retrieve(index, query, HITS)
    retrieved = clock()
    on_passages(hits)
    if cancelled():
        raise Stopped("stopped")
    wanted, evidence, draft = _draft(index, question, query, hits, vector)
    drafted = clock()
    statements, withheld = _verify(index, draft, query, hits, on_statement)
    verified = clock()
    cited = {citation.span for statement in statements for citation in statement.citations}
    return Answer(
        question=question,
        query=query,
        mode="extractive",
        statements=tuple(statements),
        short=short_answer(wanted, [s.citations[0].quote for s in statements]),
        withheld=tuple(withheld),
        passages=_passages(hits, evidence, cited),
        reason=None if statements else "unverified" if draft else "no_evidence",
        timings_s={"retrieve": retrieved - begun, "draft": drafted - retrieved, "verify": verified - drafted},
    )


def _draft(
    index: Index, asked: str, query: str, hits: Sequence[Hit], vector: Vectors
) -> tuple[Question, list[Evidence], list[Evidence]]:
    """The (first) question as read, its evidence, and the sentences that answer, each part of it in turn."""
    parts = split_parts(query) if query == asked else [query]
    if len(parts) == 1:
        wanted = read_question(query, asked=asked)
        evidence = find_evidence(index, wanted, vector, hits)
        return wanted, evidence, write(wanted, evidence)
    read = [read_question(part) for part in parts]
    found = [find_evidence(index, q, v, hits) for q, v in zip(read, index.embedder.embed(parts), strict=True)]
    drafts = [write(q, e) for q, e in zip(read, found, strict=True)]
    by_span = {e.sentence.span: e for turn in zip_longest(*drafts) for e in turn if e}
    return read[0], found[0], list(by_span.values())[:MAX_STATEMENTS]


def _verify(
    index: Index,
    draft: Sequence[Evidence],
    question: str,
    hits: Sequence[Hit],
    on_statement: Callable[[Statement], None],
) -> tuple[list[Statement], list[Withheld]]:
    ordinary = _lower_case_words(hits)
    statements: list[Statement] = []
    withheld: list[Withheld] = []
    numbers: dict[Span, int] = {}
    for evidence in draft:
        chunk = evidence.hit.chunk
        source = Source(
            Span(chunk.doc_id, chunk.version, chunk.start, chunk.end),
            chunk.text,
            chunk.title,
            chunk.published,
        )
        checked = check(evidence.text, evidence.sentence.text, source, question, ordinary.__contains__)
        if checked.verdict not in SHOWN or checked.span is None:
            withheld.append(Withheld(evidence.text, checked.verdict, checked.why))
            continue
        span = checked.span
        citation = Citation(
            number=numbers.setdefault(span, len(numbers) + 1),
            span=span,
            quote=chunk.text[span.start - chunk.start : span.end - chunk.start],
            verdict=checked.verdict,
            title=chunk.title,
            source=chunk.source,
            published=chunk.published,
            page=index.store.document(span.doc_id, span.version).page_of(span.start),
        )
        statements.append(Statement(evidence.text, (citation,), evidence.probability))
        on_statement(statements[-1])
    return statements, withheld


def _lower_case_words(hits: Sequence[Hit]) -> frozenset[str]:
    """Words that the passages write in lower case: such a word opening a sentence is no name."""
    return STOP_WORDS | {word for hit in hits for word in hit.chunk.text.split() if word.islower()}


def _passages(hits: Sequence[Hit], evidence: Sequence[Evidence], cited: set[Span]) -> tuple[Passage, ...]:
    by_hit = {
        rank: sorted((e.sentence.span.start, e.sentence.span.end) for e in group)
        for rank, group in groupby(sorted(evidence, key=lambda e: e.hit.rank), key=lambda e: e.hit.rank)
    }
    return tuple(
        Passage(
            hit,
            tuple(by_hit.get(hit.rank, ())),
            any(
                span.doc_id == hit.chunk.doc_id and hit.chunk.start <= span.start and span.end <= hit.chunk.end
                for span in cited
            ),
        )
        for hit in hits
    )
