"""The verifier: the only code that decides what may be shown.

First form: a statement stands when its words are found, unaltered, in the spans it cites, and every value it states
equals one there (the value rule of docs/interface.md).
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from index.dates import find_dates
from index.folding import folded, locate
from index.types import Span
from rag.markup import plain
from rag.names import find_names, missing_tokens
from rag.quantities import find_quantities
from rag.types import Verdict

_NOT_INSIDE_A_WORD = r"(?:(?<!\w)|(?!\w))"


@dataclass(frozen=True, slots=True)
class Source:
    """Text a draft may quote: `text` is the stored text from `span.start` to `span.end`."""

    span: Span
    text: str
    title: str
    published: str | None


@dataclass(frozen=True, slots=True)
class Checked:
    """A verdict on one statement. `span` is None unless the quote was located."""

    verdict: Verdict
    why: str
    span: Span | None


def check(text: str, quote: str, source: Source, question: str, is_common: Callable[[str], bool]) -> Checked:
    """Whether `text`, citing `quote` of `source`, may be shown."""
    places = locate(quote, source.text)
    if not places:
        return Checked("absent", f"the quote is not in {source.title!r}", None)
    start, end = places[0]
    span = Span(source.span.doc_id, source.span.version, source.span.start + start, source.span.start + end)
    cited = source.text[start:end]
    supplied = [source.title, source.published or ""]
    breaches = value_breaches(text, [cited], supplied, question, is_common)
    if breaches:
        return Checked("altered", "; ".join(breaches), span)
    if not _stands_in(folded(text), folded(plain(cited))):
        return Checked("unsupported", "its words differ from the words it cites", span)
    return Checked("exact", "", span)


def _stands_in(words: str, cited: str) -> bool:
    """True for a run of whole words: "able to pay" does not stand in "unable to pay", and no words stand nowhere."""
    return bool(words and re.search(_NOT_INSIDE_A_WORD + re.escape(words) + _NOT_INSIDE_A_WORD, cited))


def value_breaches(
    text: str,
    cited: Sequence[str],
    supplied: Sequence[str],
    question: str,
    is_common: Callable[[str], bool] = lambda _: False,
) -> list[str]:
    """What breaks the value rule, one line each; [] when it holds.

    `cited` are the quotes; `supplied` (titles, published dates) may also give dates and names, the question names only.
    """
    # "**240** billion" and "240\n  billion" are read as they are shown
    text, cited = " ".join(text.split()), [plain(quote) for quote in cited]
    breaches = []
    dates = find_dates(text)
    source_dates = [date for source in [*cited, *supplied] for date in find_dates(source)]
    for date in dates:
        if not any(date.within(source) for source in source_dates):
            breaches.append(f"date {text[date.start : date.end]!r} is not in the cited words")
    source_quantities = [quantity for quote in cited for quantity in find_quantities(quote)]
    for quantity in find_quantities(text, dates):
        if not any(quantity.equals(source) for source in source_quantities):
            breaches.append(f"value {text[quantity.start : quantity.end]!r} is not in the cited words")
    name_sources = [*cited, *supplied, question]
    for name in find_names(text, is_common):
        if any(date.start <= name.start < date.end for date in dates):
            continue
        missing = missing_tokens(name.text, name_sources)
        if missing:
            breaches.append(f"name {name.text!r} is not in the cited words")
    return breaches
