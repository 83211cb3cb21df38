"""An answer as HTML. Everything from documents, questions and models is escaped; only our own tags are markup."""

import re
from html import escape

from rag.terms import words
from rag.types import Answer, Citation, Passage, Statement
from ui.terminal import safe

CONTEXT_CHARS = 200  # shown on either side of the cited words


def answer_html(answer: Answer) -> str:
    """The whole answer on one line: a blank line would hand the rest to the chat's Markdown parser."""
    parts = [statement_html(statement) for statement in answer.statements]
    if answer.kind == "refusal":
        parts.append(_refusal(answer))
    else:
        parts.append(_sources(answer))
    return f'<div class="pincite">{"".join(parts)}</div>'


def statement_html(statement: Statement) -> str:
    numbers = "".join(f"<sup>[{c.number}]</sup>" for c in statement.citations)
    return f"<p>{_text(statement.text)} {numbers}</p>"


def _sources(answer: Answer) -> str:
    cited: dict[int, Citation] = {c.number: c for s in answer.statements for c in s.citations}
    items = "".join(f"<li>{_source(citation, answer.passages)}</li>" for _, citation in sorted(cited.items()))
    return f"<ol>{items}</ol>"


def _source(citation: Citation, passages: tuple[Passage, ...]) -> str:
    place = [citation.published, f"page {citation.page}" if citation.page else None, citation.span.doc_id]
    line = " · ".join(_text(part) for part in place if part)
    before, after = _context(citation, passages)
    quote = f"{_text(before)}<mark>{_text(citation.quote)}</mark>{_text(after)}"
    return (
        f"<details><summary><b>{_text(citation.title)}</b> {line}</summary><blockquote>{quote}</blockquote></details>"
    )


def _context(citation: Citation, passages: tuple[Passage, ...]) -> tuple[str, str]:
    """The words around the quote in the passage it was found in."""
    for passage in passages:
        chunk, span = passage.hit.chunk, citation.span
        if chunk.doc_id == span.doc_id and chunk.start <= span.start and span.end <= chunk.end:
            start, end = span.start - chunk.start, span.end - chunk.start
            return chunk.text[max(0, start - CONTEXT_CHARS) : start], chunk.text[end : end + CONTEXT_CHARS]
    return "", ""


def _refusal(answer: Answer) -> str:
    if not answer.passages and words(answer.query):
        return "<p><b>No answer in these documents.</b> No passage comes near the question.</p>"
    if not answer.passages:
        return "<p><b>Nothing to look for.</b> Ask with at least one word or number.</p>"
    nearest = "".join(
        f"<li><b>{_text(p.hit.chunk.title)}</b> {_text(p.hit.chunk.text[:CONTEXT_CHARS])}…</li>"
        for p in answer.passages[:3]
    )
    return f"<p><b>No answer in these documents.</b> Nearest passages:</p><ul>{nearest}</ul>"


def _text(text: str) -> str:
    return escape(safe(re.sub(r"\s+", " ", text)))  # a change of direction could show 42 as 24
