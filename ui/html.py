"""Answers as HTML. Everything from documents, questions and models is escaped; only our own tags are markup."""

import re
from collections.abc import Iterable
from html import escape

from index.types import Hit, Span
from rag.terms import words
from rag.types import Answer, Citation, Conflict, Mode, Statement
from ui.exchange import Exchange
from ui.export import label
from ui.links import Place, copy_link, passages_link, place_link

NEAREST = 3  # passages shown with a refusal
EXCERPT_CHARS = 200
# what no page may hold, and what turns its direction: an override would show a verified 42 as 24
_HIDDEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
MODES: dict[Mode, str] = {"extractive": "no model", "local": "local model", "openai": "model at the endpoint"}


def plain(text: str) -> str:
    """`text`, whatever it holds, as text of a page and nothing else."""
    return escape(_HIDDEN.sub("", text)).replace("\r", "&#13;")  # a bare one would be read as a line feed


def question_html(question: str) -> str:
    return f'<div class="pincite question" dir="auto">{plain(question)}</div>'


def exchange_html(exchange: Exchange) -> str:
    """What stands of an answer: the verified sentences, then how it ended or what is being done."""
    if exchange.answer:
        return answer_html(exchange.answer, exchange.number)
    if exchange.error:
        end = f'<p class="error">{plain(exchange.error)}</p>'
    elif exchange.stopped:
        end = '<p class="note">(stopped)</p>'
    else:
        doing = f"Reading {count(len(exchange.hits), 'passage')}" if exchange.hits else "Looking for passages"
        end = f'<p class="status">{doing} …</p>'
    return _message(exchange.statements, exchange.number, end)


def answer_html(answer: Answer, number: int = 1) -> str:
    """The whole answer; `number` is its place in the conversation."""
    parts = [_fallback(answer), _refusal(answer, number) if answer.kind == "refusal" else _conflicts(answer, number)]
    parts += [_withheld(answer), _sources(answer, number), _footer(answer, number)]
    return _message(answer.statements, number, "".join(parts))


def place_line(published: str | None, page: int | None, doc_id: str) -> str:
    """Date, page and document on one line, as HTML."""
    return plain(" · ".join(part for part in (published, f"page {page}" if page else None, doc_id) if part))


def nearby(hit: Hit, number: int) -> Place:
    """The place of a passage that was found for question `number`."""
    chunk = hit.chunk
    return Place("near", number, Span(chunk.doc_id, chunk.version, chunk.start, chunk.end))


def count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _message(statements: Iterable[Statement], number: int, end: str) -> str:
    return f'<div class="pincite">{"".join(_statement(s, number) for s in statements)}{end}</div>'


def _statement(statement: Statement, number: int) -> str:
    links = "".join(_cite(citation, number) for citation in statement.citations)
    return f'<p class="statement" dir="auto"><span>{plain(statement.text)}</span>&nbsp;{links}</p>'


def _cite(citation: Citation, number: int, label: str = "") -> str:
    title = f"{plain(citation.title)}, {place_line(citation.published, citation.page, citation.span.doc_id)}"
    link = place_link(Place("cite", number, citation.span))
    return f'<a href="{link}" class="cite" title="{title}">{label or f"[{citation.number}]"}</a>'


def _cited(answer: Answer) -> list[Citation]:
    by_number = {citation.number: citation for statement in answer.statements for citation in statement.citations}
    return [citation for _, citation in sorted(by_number.items())]


def _sources(answer: Answer, number: int) -> str:
    items = "".join(
        f'<li value="{c.number}">{_cite(c, number, plain(c.title))}'
        f' <span class="place">{place_line(c.published, c.page, c.span.doc_id)}</span></li>'
        for c in _cited(answer)
    )
    return items and f'<ol class="sources">{items}</ol>'


def _conflicts(answer: Answer, number: int) -> str:
    """Under a heading of its own for each conflict, the values with where they stand."""
    return "".join(
        f'<div class="conflict"><p>The sources disagree:</p><ul>{_sides(conflict, answer, number)}</ul></div>'
        for conflict in answer.conflicts
    )


def _sides(conflict: Conflict, answer: Answer, number: int) -> str:
    return "".join(
        f'<li dir="auto"><b>{plain(side.value)}</b> {_cite(c, number)} {plain(c.title)}'
        f' <span class="place">{place_line(c.published, c.page, c.span.doc_id)}</span>{label(side)}</li>'
        for side in conflict.sides
        for c in [answer.citation(side)]
    )


def _withheld(answer: Answer) -> str:
    if not answer.withheld:
        return ""
    drafted = count(len(answer.withheld), "drafted sentence")
    reasons = "".join(f"<li>{plain(why)}</li>" for why in dict.fromkeys(w.why for w in answer.withheld))
    return f'<details class="note"><summary>{drafted} withheld</summary><ul>{reasons}</ul></details>'


def _fallback(answer: Answer) -> str:
    if not answer.fallback_from:
        return ""
    said = f"The {MODES[answer.fallback_from]} did not answer: this is the answer without one."
    return f'<p class="note">{plain(said)}</p>'


def _footer(answer: Answer, number: int) -> str:
    parts = [plain(MODES[answer.mode].capitalize() + (f" ({answer.model})" if answer.model else ""))]
    if answer.passages:
        parts.append(f'<a href="{passages_link(number)}">{count(len(answer.passages), "passage")} read</a>')
    markdown, json = copy_link(number, "markdown"), copy_link(number, "json")
    parts.append(f'Copy as <a href="{markdown}">Markdown</a> or <a href="{json}">JSON</a>')
    return f'<p class="footer">{" · ".join(parts)}</p>'


def _refusal(answer: Answer, number: int) -> str:
    said = f'<p class="refusal"><b>No answer in these documents.</b> {_why(answer)}</p>'
    if not answer.passages:
        return said
    hits = [passage.hit for passage in answer.passages[:NEAREST]]
    nearest = "".join(
        f'<li><a href="{place_link(nearby(hit, number))}" class="near">{plain(hit.chunk.title)}</a>'
        f" {plain(hit.chunk.text[:EXCERPT_CHARS])}…</li>"
        for hit in hits
    )
    return f'{said}<p>Nearest passages:</p><ul class="nearest">{nearest}</ul>'


def _why(answer: Answer) -> str:
    if answer.reason == "model_declined":
        return "The model read the passages found and says that they do not answer this."
    if answer.reason == "unverified":
        return "An answer was drafted, but no sentence of it held against the words it cites."
    if answer.passages:
        return "None of the passages found is likely to answer this."
    return "No passage comes near the question." if words(answer.query) else "Ask with at least one word or number."
