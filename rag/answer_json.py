"""Answers and lookups as the JSON of docs/interface.md: one form for the command, the chat and the evaluation."""

from dataclasses import asdict
from typing import Any

from index.types import Hit
from rag.types import Answer, Citation, Conflict, Passage


def answer_json(answer: Answer) -> dict[str, Any]:
    """The answer as JSON values, keys in the order a person reads them."""
    return {
        "kind": answer.kind,
        "question": answer.question,
        "query": answer.query,
        "mode": answer.mode,
        "model": answer.model,
        "short": answer.short,
        "confidence": None if answer.confidence is None else round(answer.confidence, 4),
        "statements": [
            {
                "text": s.text,
                "support": round(s.support, 3),
                "citations": [citation_json(c) for c in s.citations],
            }
            for s in answer.statements
        ],
        "conflicts": [conflict_json(c) for c in answer.conflicts],
        "fallback_from": answer.fallback_from,
        "reason": answer.reason,
        "withheld": [
            {"text": w.text, "verdict": w.verdict, "why": w.why, "spans": [asdict(span) for span in w.spans]}
            for w in answer.withheld
        ],
        "hits": [passage_json(passage) for passage in answer.passages],
        "timings_s": {stage: round(seconds, 4) for stage, seconds in answer.timings_s.items()},
        "tokens": answer.tokens,
        "calls": answer.calls,
    }


def conflict_json(conflict: Conflict) -> dict[str, Any]:
    sides = [{"statement": s.statement, "number": s.number, "value": s.value, "label": s.label} for s in conflict.sides]
    return {"about": conflict.about, "statements": list(conflict.statements), "sides": sides}


def citation_json(citation: Citation) -> dict[str, Any]:
    return {
        "number": citation.number,
        "doc_id": citation.span.doc_id,
        "version": citation.span.version,
        "title": citation.title,
        "source": citation.source,
        "published": citation.published,
        "page": citation.page,
        "start": citation.span.start,
        "end": citation.span.end,
        "quote": citation.quote,
        "verdict": citation.verdict,
    }


def hit_json(hit: Hit) -> dict[str, Any]:
    return {
        "rank": hit.rank,
        "score": round(hit.score, 4),
        "doc_id": hit.chunk.doc_id,
        "version": hit.chunk.version,
        "title": hit.chunk.title,
        "source": hit.chunk.source,
        "published": hit.chunk.published,
        "page": hit.chunk.page,
        "start": hit.chunk.start,
        "end": hit.chunk.end,
        "text": hit.chunk.text,
        "found_by": list(hit.found_by),
    }


def passage_json(passage: Passage) -> dict[str, Any]:
    return {
        **hit_json(passage.hit),
        "sent_spans": [list(span) for span in passage.sent_spans],
        "cited": passage.cited,
    }
