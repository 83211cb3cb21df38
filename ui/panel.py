"""What stands beside the chat: the passages of an answer, and the document that a link points into."""

from collections.abc import Iterable, Iterator

from index.errors import DocumentUnknown
from index.types import Document, Span
from rag import Library
from rag.types import Answer, Passage
from ui.exchange import Exchange, Session
from ui.html import count, nearby, place_line, plain
from ui.links import Place, parse_passages, parse_place, place_link

WHOLE_CHARS = 100_000  # a longer document is shown around the span only
AROUND_CHARS = 20_000  # on either side of it
EMPTY = '<p class="empty">Click a number after a sentence to see the words it rests on, in their document.</p>'

CLOSE = '<button type="button" class="close" aria-label="Close the document">✕</button>'

Range = tuple[int, int]


def source_html(library: Library, link: object, session: Session) -> str:
    """The document that `link` points into with its characters marked, or a line that says why there is none."""
    place = parse_place(link)
    if place is None:
        return _regret("This link names no document.")
    span = place.span
    try:
        document = library.document(span.doc_id, span.version)
        current = library.document(span.doc_id).version
    except DocumentUnknown:
        return _regret("This document is no longer in the library.")
    if not span.start < span.end <= len(document.text):
        return _regret("This link names no characters of its document.")
    exchange = session.find(place.number)
    answer = exchange.answer if exchange else None
    return _source(document, place, answer, changed=current != document.version)


def passages_html(exchange: Exchange) -> str:
    """What was retrieved for a question, nearest first: which characters were sent, once known, and which are cited."""
    if not exchange.hits:
        return EMPTY
    answer = exchange.answer
    passages = answer.passages if answer else tuple(Passage(hit) for hit in exchange.hits)
    cited = [citation.span for statement in exchange.statements for citation in statement.citations]
    items = "".join(
        f'<li value="{passage.hit.rank}">{_passage(passage, exchange.number, cited)}</li>' for passage in passages
    )
    title = f"{count(len(passages), 'passage')} for “{plain(exchange.question)}”"
    return f'<section class="passages"><h2 tabindex="-1">{title}</h2>{_legend(answer)}<ol>{items}</ol></section>'


def read_html(link: object, session: Session) -> str:
    """The passages of the earlier answer that `link` names."""
    exchange = session.find(parse_passages(link) or 0)
    if exchange is None:
        return _regret("The passages of this answer are no longer kept: ask again to see them.")
    return passages_html(exchange)


def marked(text: str, start: int, end: int, layers: Iterable[tuple[str, Iterable[Range]]]) -> str:
    """`text[start:end]` as HTML with the characters of each layer (class, ranges of `text`) marked; where layers
    meet, the first one has them, whole."""
    taken: list[tuple[int, int, str]] = []
    for name, ranges in layers:
        for first, last in ranges:
            taken += [(a, b, name) for a, b in _gaps(max(first, start), min(last, end), taken)]
            taken.sort()
    parts, at = [], start
    for a, b, name in taken:
        parts.append(f'{plain(text[at:a])}<mark class="{name}">{plain(text[a:b])}</mark>')
        at = b
    return "".join(parts) + plain(text[at:end])


def _gaps(start: int, end: int, taken: Iterable[tuple[int, int, str]]) -> Iterator[Range]:
    """What of `start` to `end` is not taken yet; `taken` is sorted and disjoint."""
    for a, b, _ in taken:
        if start < min(a, end):
            yield start, min(a, end)
        start = max(start, b)
    if start < end:
        yield start, end


def _source(document: Document, place: Place, answer: Answer | None, *, changed: bool) -> str:
    span, text = place.span, document.text
    start, end = (0, len(text))
    if len(text) > WHOLE_CHARS:
        start, end = max(0, span.start - AROUND_CHARS), min(len(text), span.end + AROUND_CHARS)
    layers = [("cited" if place.kind == "cite" else "passage", [(span.start, span.end)])]
    if answer and place.kind == "cite":
        same = [p for p in answer.passages if (p.hit.chunk.doc_id, p.hit.chunk.version) == (span.doc_id, span.version)]
        layers.append(("sent", [sent for passage in same for sent in passage.sent_spans]))
    where = place_line(document.published, document.page_of(span.start), document.doc_id)
    return (
        f'<article class="source" data-link="{place_link(place)}">'
        f'<header><h2 tabindex="-1">{plain(document.title)}</h2>{CLOSE}</header>'
        f'<p class="place" title="{plain(document.source)}">{where} · characters {span.start}–{span.end}</p>'
        f"{_note('This document has changed since; this is the text that was cited.') if changed else ''}"
        f"{_legend(answer) if place.kind == 'cite' else ''}"
        f'<div class="text" tabindex="0" role="region" aria-label="Text of the document">{_omitted(start)}'
        f"{marked(text, start, end, layers)}{_omitted(len(text) - end)}</div></article>"
    )


def _passage(passage: Passage, number: int, cited: Iterable[Span]) -> str:
    chunk = passage.hit.chunk
    here = [(s.start, s.end) for s in cited if (s.doc_id, s.version) == (chunk.doc_id, chunk.version)]
    layers = [
        (name, [(first - chunk.start, last - chunk.start) for first, last in ranges])
        for name, ranges in (("cited", here), ("sent", passage.sent_spans))
    ]
    link = place_link(nearby(passage.hit, number))
    return (
        f'<h3><a href="{link}" class="near">{plain(chunk.title)}</a></h3>'
        f'<p class="place">{place_line(chunk.published, chunk.page, chunk.doc_id)}</p>'
        f'<p class="passage" dir="auto">{marked(chunk.text, 0, len(chunk.text), layers)}</p>'
    )


def _legend(answer: Answer | None) -> str:
    if answer is None:
        return ""
    sent = "weighed" if answer.mode == "extractive" else "sent to the model"
    return f'<p class="legend"><span class="cited">cited</span> <span class="sent">{sent}</span></p>'


def _omitted(characters: int) -> str:
    return _note(f"… {characters:,} more characters …") if characters else ""


def _note(text: str) -> str:
    return f'<p class="note">{plain(text)}</p>'


def _regret(text: str) -> str:
    return f'<article class="source"><header><h2 tabindex="-1">{plain(text)}</h2>{CLOSE}</header></article>'
