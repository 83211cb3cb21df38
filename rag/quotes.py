"""Where words stand literally, up to typography: the keyword index is asked for phrases, then every text is read.

The pass over the texts finds what no chunk holds: menus and running heads, words on both sides of a chunk's border, and
scripts that the keyword index cannot cut into words. It is one pass for all that is looked up at once.
"""

import re
from collections.abc import Iterable

from index.folding import folded, locate, word_edge
from index.near import in_a_row, places
from index.store import Store
from index.types import Chunk, Document, Span
from rag.markup import plain
from rag.types import Citation, Verdict

CHUNKS = 20  # looked at for one quote
PHRASE_WORDS = 10  # at each end of a quote; more in a row are as rare and cost more
LOOKED_FOR = 4  # words, the longest, that a text must hold before it is searched
_END_MARKS = ".!?;, \"'"


def find_quotes(store: Store, quotes: Iterable[str], enough: int) -> dict[str, list[Span]]:
    """By quote, where it stands in the current texts: every place in the chunks that hold it, else up to `enough`."""
    found = {quote: _in_chunks(store, quote) for quote in dict.fromkeys(quotes)}
    pending = {quote: _longest_words(quote) for quote, spans in found.items() if not spans and _longest_words(quote)}
    if pending:
        versions = dict(store.versions())
        rows = {quote: in_a_row(quote.rstrip(_END_MARKS)) for quote in pending}
        for doc_id, text in store.texts():
            for quote, longest in pending.items():
                if len(found[quote]) < enough and all(word in text for word in longest) and rows[quote].search(text):
                    found[quote] += [Span(doc_id, versions[doc_id], a, b) for a, b in _places(quote, text)]
    return found


def _longest_words(quote: str) -> list[str]:
    return sorted(set(re.findall(r"\w+", folded(quote))), key=len, reverse=True)[:LOOKED_FOR]


def _in_chunks(store: Store, quote: str) -> list[Span]:
    words = folded(quote).split()
    ends = [words] if len(words) <= PHRASE_WORDS else [words[:PHRASE_WORDS], words[-PHRASE_WORDS:]]
    ids = store.phrase_search([" ".join(end) for end in ends], CHUNKS)
    found = store.chunks(ids)
    chunks = [found[chunk_id] for chunk_id in ids if chunk_id in found]
    spans: dict[Span, None] = {}
    for chunk in chunks:
        document = store.document(chunk.doc_id, chunk.version)
        start, end = neighbourhood(document, chunk, len(quote))
        for a, b in _places(quote, document.text[start:end]):
            spans[Span(chunk.doc_id, chunk.version, start + a, start + b)] = None
    # answers show Markdown without its marks
    return [*spans] or [
        sentence.span
        for chunk in chunks
        for sentence in store.sentences(chunk)[0]
        if locate(plain(quote), plain(sentence.text))
    ]


def neighbourhood(document: Document, chunk: Chunk, reach: int) -> tuple[int, int]:
    """The chunk with at least `reach` characters on both sides; no word is torn."""
    start, end = max(0, chunk.start - 2 * reach), min(len(document.text), chunk.end + 2 * reach)
    while start and not word_edge(document.text, start):
        start -= 1
    while end < len(document.text) and not word_edge(document.text, end):
        end += 1
    return start, end


def _places(quote: str, text: str) -> list[tuple[int, int]]:
    """A pasted sentence may have gained or lost its full stop, inside its quote marks or outside."""
    return places(quote, text) or places(folded(quote).rstrip(_END_MARKS), text)


def cite(document: Document, start: int, end: int, number: int, verdict: Verdict) -> Citation:
    """The words of `document` from `start` to `end` as a citation."""
    return Citation(
        number=number,
        span=Span(document.doc_id, document.version, start, end),
        quote=document.text[start:end],
        verdict=verdict,
        title=document.title,
        source=document.source,
        published=document.published,
        page=document.page_of(start),
    )
