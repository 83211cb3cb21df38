"""From a drafted sentence to the exact words it rests on: quotes are located, missing ones are looked for.

The model's numbers are hints. A quote is cited where it stands, whatever number the model gave; a sentence without
a quote is cited to the sentence that carries it; what no words carry comes back with the reason. Where only its wording
cannot be confirmed, the sentences it quotes may stand in its place (docs/decisions/0010).
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain

from index.embedder import Embed
from index.folding import folded, locate
from index.types import Sentence, Span
from rag import cues
from rag.claims import coverage
from rag.drafts import Draft
from rag.fragments import sentence_with
from rag.markup import plain
from rag.types import SHOWN, Verdict
from rag.verify import Quote, Source, check_words, values_hold

LOOKED_AT = 6  # sentences of the likeliest, for a draft without a quote
MOST_INSTEAD = 4  # sentences in the place of one: longer quotes are no pinpoint


@dataclass(frozen=True, slots=True)
class NumberedSource:
    """A source as the model saw it, with the sentences that may be cited, likeliest first."""

    source: Source
    sentences: tuple[Sentence, ...]

    @property
    def text(self) -> str:
        """What the model is shown: the citable sentences in reading order, not menus or text that addresses models."""
        return "\n".join(s.text for s in sorted(self.sentences, key=lambda s: s.span.start))

    def holds(self, span: Span) -> bool:
        """Whether every character of `span`, but white space, is in a citable sentence."""
        inside = [range(s.span.start, s.span.end) for s in self.sentences]
        letters = (i for i in range(span.start, span.end) if not self.source.text[i - self.source.span.start].isspace())
        return all(any(i in own for own in inside) for i in letters)


@dataclass(frozen=True, slots=True)
class Attributed:
    """`text` as it would be shown, its places, whether it may be shown, and the fragment it stands for (`short`).

    `instead` are sentences of documents that may be shown in its place: those that it quotes, where its values hold.
    """

    text: str
    spans: tuple[Span, ...]
    verdict: Verdict
    why: str
    support: float
    short: str | None = None
    instead: tuple["Attributed", ...] = ()

    @property
    def shown(self) -> bool:
        return self.verdict in SHOWN


Place = tuple[NumberedSource, Span]
_LOOKS_BACK = re.compile(r"\b(?:he|she|it|they|him|them|his|hers?|its|their)\b", re.IGNORECASE)


def attribute(
    draft: Draft,
    sources: Sequence[NumberedSource],
    question: str,
    is_common: Callable[[str], bool],
    embed: Embed | None = None,
) -> Attributed:
    """Where `draft` stands among `sources`; with a verdict that is not shown when nothing there carries it."""

    def judged(places: Sequence[Place]) -> Attributed:
        if not _read_together(places):
            spans = tuple(span for _, span in places)
            return Attributed(draft.text, spans, "unsupported", "its sources do not belong together", 0.0)
        in_order = sorted(places, key=lambda place: (place[1].doc_id, place[1].start))  # "it" looks back
        cited = [_words_at(place) for place in in_order]
        texts = [numbered.source for numbered, _ in in_order]
        verdict, why, support = check_words(draft.text, cited, texts, question, is_common, embed)
        return Attributed(draft.text, tuple(span for _, span in places), verdict, why, support)

    failure = Attributed(draft.text, (), "absent", "nothing was sent", 0.0)
    marked = [sources[c.source - 1] for c in draft.citations if 1 <= c.source <= len(sources)]
    for group in (marked, sources):
        sentences = {s.span: s for numbered in group for s in numbered.sentences}
        fragment = sentence_with(draft.text, list(sentences.values()))
        if fragment:
            span, short = fragment
            return Attributed(plain(sentences[span].text), (span,), "exact", "", 1.0, short)
    quoted: list[Place] = []
    for citation in draft.citations:
        if citation.quote:
            place = _locate(citation.quote, citation.source, sources)
            if place is None:
                why = f"the quote {citation.quote[:60]!r} is not in the sources"
                return Attributed(draft.text, (), "absent", why, 0.0)
            quoted.append(place)
    if quoted:
        nearby = _likely(draft.text, [numbered for numbered, _ in quoted])
        # what stands around a quote may deny it: "... denied that the works were closed", "almost all"
        whole = list(dict.fromkeys(map(_widened, quoted)))
        each = ([place for place in whole if place[1].doc_id == doc_id] for doc_id in {at.doc_id: 0 for _, at in whole})
        found = _best(map(judged, chain([whole], each, nearby)), failure)
        may_stand_in = not found.shown and _may_stand_in(draft.text, whole, is_common)
        return replace(found, instead=_quoted_sentences(whole)) if may_stand_in else found
    tries = chain(_likely(draft.text, marked), _likely(draft.text, sources))
    found = _best(map(judged, tries), failure)
    if not found.shown and draft.citations and not marked:
        number = draft.citations[0].source
        return replace(found, spans=(), verdict="absent", why=f"there is no source {number}")
    return _with_agreeing(found, marked, judged) if found.shown else found


def _best(tries: Iterable[Attributed], failure: Attributed) -> Attributed:
    """The first that may be shown, else the first with most support, else `failure`."""
    failed: list[Attributed] = []
    for found in tries:
        if found.shown:
            return found
        failed.append(found)
    return max(failed, key=lambda found: found.support, default=failure)


def _locate(quote: str, number: int, sources: Sequence[NumberedSource]) -> Place | None:
    """The quote in the source that was named, else in the first that has it."""
    named = [sources[number - 1]] if 1 <= number <= len(sources) else []
    for numbered in [*named, *sources]:
        for form in (quote, folded(quote).strip("\"' .,;…")):
            span = next((s for s in Quote(form, numbered.source).spans() if numbered.holds(s)), None)
            if span:
                return numbered, span
    return _locate_plain(quote, [*named, *sources])


def _locate_plain(quote: str, sources: Sequence[NumberedSource]) -> Place | None:
    """The whole sentence, where the quote left out its Markdown marks or the target of a link."""
    for numbered in sources:
        for sentence in numbered.sentences:
            if locate(quote, plain(sentence.text)):
                return numbered, sentence.span
    return None


def _widened(place: Place) -> Place:
    """The whole sentences that the quote touches."""
    numbered, span = place
    touched = [s.span for s in numbered.sentences if s.span.start < span.end and span.start < s.span.end]
    ends = [*(s.end for s in touched), span.end]
    return numbered, replace(span, start=min([*(s.start for s in touched), span.start]), end=max(ends))


def _may_stand_in(text: str, places: Sequence[Place], is_common: Callable[[str], bool]) -> bool:
    """Whether the sentences at `places`, of one document, have every value of `text`, names of the question too, and
    are not what it denies ("the founder is not named")."""
    cited = [_words_at(place) for place in places]
    adds_negation = cues.NEGATIVE.search(text) and not cues.NEGATIVE.search(" ".join(cited))
    return (
        len({span.doc_id for _, span in places}) == 1
        and not adds_negation
        and values_hold(text, cited, [numbered.source for numbered, _ in places], "", is_common)
    )


def _read_together(places: Sequence[Place]) -> bool:
    """Whether a reader of these sentences alone knows whom each speaks of: a pronoun among several needs the sentence
    before it."""
    cited = {span for _, span in places}
    for numbered, span in places if len(cited) > 1 else ():
        before = [s.span for s in numbered.sentences if s.span.start < span.start]
        nearest = max(before, key=lambda s: s.start, default=None)
        if _LOOKS_BACK.search(_words_at((numbered, span))) and not any(
            nearest and own.doc_id == nearest.doc_id and own.start <= nearest.start < own.end for own in cited
        ):
            return False
    return True


def _quoted_sentences(places: Sequence[Place]) -> tuple[Attributed, ...]:
    """The sentences in `places`, in the order of the quotes; () where they are too many for one sentence to rest on."""
    sentences = {
        s.span: plain(s.text)
        for numbered, span in places
        for s in sorted(numbered.sentences, key=lambda s: s.span.start)
        if span.start <= s.span.start and s.span.end <= span.end
    }
    few = sentences if len(sentences) <= MOST_INSTEAD else {}
    return tuple(Attributed(text, (span,), "exact", "", 1.0) for span, text in few.items())


def _likely(text: str, sources: Sequence[NumberedSource]) -> Iterator[list[Place]]:
    """Places that may carry `text`: single sentences with most of its words first, then the best with another of its
    source. Not with another source's: the year of one and the value of the other make what neither says."""
    singles = [
        (coverage(text, [sentence.text], [numbered.source.title]), (numbered, sentence.span))
        for numbered in sources
        for sentence in numbered.sentences
    ]
    best = [place for _, place in sorted(singles, key=lambda single: -single[0])[:LOOKED_AT]]
    yield from ([place] for place in best)
    yield from ([best[0], other] for other in best[1:] if other[0] is best[0][0])


def _with_agreeing(
    found: Attributed, marked: Sequence[NumberedSource], judged: Callable[[Sequence[Place]], Attributed]
) -> Attributed:
    """`found` with a sentence of each further source that the draft names and that carries it alone."""
    spans = list(found.spans)
    for numbered in marked:
        if all(span.doc_id != numbered.source.span.doc_id for span in spans):
            tries = (judged(places) for places in _likely(found.text, [numbered]) if len(places) == 1)
            spans += next((other.spans for other in tries if other.shown), ())
    return replace(found, spans=tuple(spans))


def _words_at(place: Place) -> str:
    numbered, span = place
    at = numbered.source.span.start
    return numbered.source.text[span.start - at : span.end - at]
