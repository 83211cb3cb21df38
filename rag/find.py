"""Citation lookup: where a pasted quote stands, statement by statement, without a model."""

from dataclasses import dataclass

from index.folding import folded, locate
from index.library import Index
from index.sentences import sentence_spans
from index.types import Chunk, Document, Span
from rag.answer_json import citation_json
from rag.errors import QuestionEmpty
from rag.markup import plain
from rag.terms import keyword_terms, words
from rag.types import Citation, Verdict

CANDIDATES = 20  # passages looked at for one statement
MAX_OTHERS = 3
_QUOTE_MARKS = "\"'“”‘’«»„ \t\n"


@dataclass(frozen=True, slots=True)
class Found:
    """One statement of the pasted text: its verdict, its place, and up to `MAX_OTHERS` further places."""

    statement: str
    verdict: Verdict
    citation: Citation | None
    others: tuple[Citation, ...] = ()


def find(index: Index, text: str) -> list[Found]:
    """One item for each sentence of `text`. Raises QuestionEmpty for a text without words."""
    if not words(text):
        raise QuestionEmpty(f"nothing to look up in {text[:40]!r}: paste a quote or a claim")
    whole = text.strip(_QUOTE_MARKS)
    statements = [whole[a:b].strip(_QUOTE_MARKS) for a, b in sentence_spans(whole)]
    return [_find_one(index, statement) for statement in statements if words(statement)]


def _find_one(index: Index, statement: str) -> Found:
    ranked = index.store.keyword_search(keyword_terms(statement), CANDIDATES)
    by_id = index.store.chunks([chunk_id for chunk_id, _ in ranked])
    chunks = [by_id[chunk_id] for chunk_id, _ in ranked if chunk_id in by_id]
    places: list[Citation] = []
    for doc_id in dict.fromkeys(chunk.doc_id for chunk in chunks):
        document = index.store.document(doc_id)
        for start, end in _locate(statement, document.text):
            places.append(_citation(document, start, end, len(places) + 1))
    places = places or _in_marked_sentences(index, statement, chunks)
    if not places:
        return Found(statement, "absent", None)
    return Found(statement, "exact", places[0], tuple(places[1 : 1 + MAX_OTHERS]))


def _in_marked_sentences(index: Index, statement: str, chunks: list[Chunk]) -> list[Citation]:
    """Whole sentences in which `statement` stands once their Markdown marks are dropped, as answers show them."""
    sentences = [sentence for chunk in chunks for sentence in index.store.sentences(chunk)[0]]
    spans = [sentence.span for sentence in sentences if _locate(plain(statement), plain(sentence.text))]
    return [
        _citation(index.store.document(span.doc_id), span.start, span.end, number)
        for number, span in enumerate(spans, 1)
    ]


def _locate(statement: str, text: str) -> list[tuple[int, int]]:
    """A pasted sentence may have gained or lost its full stop, inside its quote marks or outside."""
    return locate(statement, text) or locate(folded(statement).rstrip(".!?;, \"'"), text)


def _citation(document: Document, start: int, end: int, number: int) -> Citation:
    return Citation(
        number=number,
        span=Span(document.doc_id, document.version, start, end),
        quote=document.text[start:end],
        verdict="exact",
        title=document.title,
        source=document.source,
        published=document.published,
        page=document.page_of(start),
    )


def found_json(text: str, items: list[Found]) -> dict[str, object]:
    """The lookup as the JSON of docs/interface.md."""
    return {
        "text": text,
        "items": [
            {
                "statement": item.statement,
                "verdict": item.verdict,
                "span": item.citation and citation_json(item.citation),
                "diff": [],
                "others": [citation_json(other) for other in item.others],
            }
            for item in items
        ],
    }
