"""One stage of a saved answer in place of one's own, to find the stage in which two systems part (eval/localise.py)."""

from collections.abc import Iterator, Mapping
from typing import Any

from index.library import Index
from index.passages import passage_at
from index.types import Hit, Span
from rag.remembered import Remembered
from rag.types import Retrieved
from rag.verify import Checked, Quote, Source, check
from rag.writing import common_words


def retrieved_by(index: Index, answer_json: Mapping[str, Any]) -> Retrieved:
    """What a saved answer was drafted from, however its library was cut. Raises DocumentUnknown."""
    hits = [
        Hit(passage_at(index.store, _span(hit)), hit["score"], hit["rank"], tuple(hit["found_by"]))
        for hit in answer_json["hits"]
    ]
    return Retrieved(answer_json["query"], hits)


def verify_again(index: Index, answer_json: Mapping[str, Any]) -> list[Checked]:
    """What the verifier says now of each sentence that a saved answer drafted: its statements, then what it withheld,
    each against the spans that were cited for it. Without a span it is absent. Raises DocumentUnknown.

    The second opinion of a model is not asked.
    """
    retrieved = retrieved_by(index, answer_json)
    is_common, embed = common_words(retrieved.hits), Remembered(index.embedder)
    return [
        check(text, [_quote(index, span) for span in spans], retrieved.query, is_common, embed)
        if spans
        else Checked("absent", "nothing is cited", ())
        for text, spans in drafted(answer_json)
    ]


def drafted(answer_json: Mapping[str, Any]) -> Iterator[tuple[str, list[Span]]]:
    """Each sentence that an answer drafted, with the spans it cites, in the order of `verify_again`."""
    for statement in answer_json["statements"]:
        yield statement["text"], [_span(citation) for citation in statement["citations"]]
    for withheld in answer_json["withheld"]:
        yield withheld["text"], [_span(span) for span in withheld.get("spans", ())]  # older runs have none


def _quote(index: Index, span: Span) -> Quote:
    document = index.store.document(span.doc_id, span.version)
    text = document.text[span.start : span.end]
    return Quote(text, Source(span, text, document.title, document.published))


def _span(place: Mapping[str, Any]) -> Span:
    return Span(place["doc_id"], place["version"], place["start"], place["end"])
