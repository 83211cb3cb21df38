"""The verifier: the only code that decides what may be shown.

A statement stands when its quotes are found in the stored text, every value it states equals one there (the value rule
of docs/interface.md), and it has their words, or other words that change nothing the claim check can see.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from index.dates import find_dates
from index.embedder import Embed
from index.folding import folded, locate
from index.types import Span
from rag.belonging import belonging_breaches
from rag.claims import claim_breaches, coverage
from rag.groups import counts_named
from rag.markup import plain
from rag.names import find_names, missing_tokens
from rag.paraphrase import check_paraphrase
from rag.parse import parse
from rag.prefixes import prefix_breaches
from rag.quantities import find_quantities
from rag.support import support
from rag.terms import stems
from rag.types import Verdict
from rag.wordnet import is_ordinary

# of broken JSON or markup, signs that change a value, a stroke through it, what is not seen: only as it is cited
_STRANGE = re.compile(
    r"[{}\[\]<>|`≥≤≈±×÷²³~^\u0335-\u0338\u0000-\u0008\u000b-\u001f\u007f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
LEAST_CITED = 0.4  # of what a statement has of its source: the rest may be its title, for which a pronoun stands
_END_MARKS = " .!?;:,"


@dataclass(frozen=True, slots=True)
class Source:
    """Text a draft may quote: `text` is the stored text from `span.start` to `span.end`."""

    span: Span
    text: str
    title: str
    published: str | None


@dataclass(frozen=True, slots=True)
class Quote:
    """Words that a draft says stand in `source`."""

    words: str
    source: Source

    def spans(self) -> list[Span]:
        """Every place of the words in the source, as typed or in another typography; [] when they are not there."""
        at = self.source.span
        return [
            Span(at.doc_id, at.version, at.start + start, at.start + end)
            for start, end in locate(self.words, self.source.text)
        ]


@dataclass(frozen=True, slots=True)
class Checked:
    """A verdict on one statement: where its quotes stand (() when one does not), and its support in [0, 1]. 1 for
    what is exact, rag/support.py for what is supported, else the share of its words that is cited."""

    verdict: Verdict
    why: str
    spans: tuple[Span, ...]
    support: float = 0.0


def check(
    text: str,
    quotes: Sequence[Quote],
    question: str,
    is_common: Callable[[str], bool],
    embed: Embed | None = None,
) -> Checked:
    """Whether `text`, citing `quotes`, may be shown. Their order is kept in `spans`."""
    spans = []
    for quote in quotes:
        places = quote.spans()
        if not places:
            return Checked("absent", f"the quote is not in {quote.source.title!r}", ())
        spans.append(places[0])
    cited = [_words_at(span, quote.source) for span, quote in zip(spans, quotes, strict=True)]
    verdict, why, support = check_words(text, cited, [quote.source for quote in quotes], question, is_common, embed)
    return Checked(verdict, why, tuple(spans), support)


def check_words(
    text: str,
    cited: Sequence[str],
    sources: Sequence[Source],
    question: str,
    is_common: Callable[[str], bool],
    embed: Embed | None = None,
) -> tuple[Verdict, str, float]:
    """Verdict, reason and support of `text` against words that are known to stand in `sources`. `embed` makes the
    support of what is supported a probability; it has no part in the verdict."""
    supplied = _supplied(sources)
    breaches = _value_breaches(text, cited, sources, question, is_common)
    if breaches:
        return "altered", "; ".join(breaches), 0.0
    words = folded(text).strip(_END_MARKS)
    if words and words in (folded(plain(quote)).strip(_END_MARKS) for quote in cited):
        return "exact", "", 1.0
    share = coverage(text, cited, supplied)
    if strange := set(_STRANGE.findall(text)).difference(*cited):
        return "altered", f"{sorted(strange)[0]!r} is not in the cited words", share
    if len(stems(text)) < 2:  # one word makes no claim
        return "unsupported", "too few words to make a claim", share
    if share and coverage(text, cited, ()) < LEAST_CITED * share:
        return "unsupported", "only the title of the source says so", share
    if share >= 1.0:  # all of its words are there: what is left is how they hang together
        breaches = claim_breaches(text, cited)
    else:
        claim = check_paraphrase(text, cited, supplied)
        if not claim.carried:
            return "unsupported", "too few of its words are in the cited words", share
        breaches = claim.breaches
    breaches += [*belonging_breaches(text, cited), *prefix_breaches(text, cited)]
    if breaches:
        return "altered", "; ".join(breaches), share
    return "supported", "", support(text, cited, supplied, embed) if embed else share


def values_hold(
    text: str, cited: Sequence[str], sources: Sequence[Source], question: str, is_common: Callable[[str], bool]
) -> bool:
    """Whether every value of `text` is one of the words `cited` from `sources`, whatever its wording."""
    return not _value_breaches(text, cited, sources, question, is_common)


def _value_breaches(
    text: str, cited: Sequence[str], sources: Sequence[Source], question: str, is_common: Callable[[str], bool]
) -> list[str]:
    return value_breaches(
        text, cited, _supplied(sources), question, lambda word: is_common(word) or _is_ordinary(word, text)
    )


def _supplied(sources: Sequence[Source]) -> list[str]:
    return [part for source in sources for part in (source.title, source.published or "")]


def _is_ordinary(word: str, text: str) -> bool:
    """A word of the dictionary that `text` does not use as a name, though the library may not have it in lower case."""
    return is_ordinary(word) and not any(t.form == word and t.part == "PROPN" for t in parse([text]).tokens)


def _words_at(span: Span, source: Source) -> str:
    return source.text[span.start - source.span.start : span.end - source.span.start]


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
        is_stated = any(quantity.equals(source) for source in source_quantities)
        if not is_stated and not counts_named(text, quantity, cited, supplied):
            breaches.append(f"value {text[quantity.start : quantity.end]!r} is not in the cited words")
    name_sources = [*cited, *supplied, question]
    for name in find_names(text, is_common):
        if any(date.start <= name.start < date.end for date in dates):
            continue
        missing = missing_tokens(name.text, name_sources)
        if missing:
            breaches.append(f"name {name.text!r} is not in the cited words")
    return breaches
