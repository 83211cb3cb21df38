"""Citation lookup: where a pasted quote or claim stands, statement by statement, without a model."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from index.library import Index
from index.near import Edit, in_a_row
from index.types import Span
from rag.answer_json import citation_json
from rag.bearing import Bearing, find_bearings, overlap
from rag.errors import QuestionEmpty
from rag.markup import plain
from rag.origins import is_byline_of, is_known, mentions, named_documents
from rag.pasted import Origin, Pasted, read_pasted
from rag.quotes import cite, find_quotes
from rag.terms import stems
from rag.types import SHOWN, Citation, Verdict

MAX_OTHERS = 3
STATED_WORDS = 3  # content words that make a claim of what is left beside the name of a source
AS_NEAR = 0.9  # of the best place's share of the statement: less is no other place of the same
UNKNOWN = 1000  # differences: more than any place has whose differences are known
STANDING = SHOWN | {"misattributed"}
_ORDER: tuple[Verdict, ...] = ("exact", "supported", "altered", "unsupported")


@dataclass(frozen=True, slots=True)
class Found:
    """One statement of the pasted text: its verdict with the reason, its place, what differs there (offsets into the
    document), and up to `MAX_OTHERS` further places."""

    statement: str
    verdict: Verdict
    citation: Citation | None
    others: tuple[Citation, ...] = ()
    why: str = ""
    diff: tuple[Edit, ...] = ()


def find(index: Index, text: str) -> list[Found]:
    """One item for each statement of `text`, and for each quotation in one that does not stand as a whole. Raises
    QuestionEmpty for a text without words."""
    pasted = read_pasted(text)
    if not pasted:
        raise QuestionEmpty(f"nothing to look up in {text[:40]!r}: paste a quote or a claim")
    lookup = _Lookup(index, find_quotes(index.store, _forms(pasted), 1 + MAX_OTHERS))
    items: list[Found] = []
    for statement in pasted:
        before = items[-1].citation if items else None
        items.append(lookup.found(statement, before.span.doc_id if before else None))
        if items[-1].verdict != "exact":
            items += [lookup.found(quotation, None) for quotation in statement.quotations]
    return items


def _forms(pasted: Sequence[Pasted]) -> list[str]:
    """Everything that may stand somewhere word for word."""
    forms = []
    for statement in pasted:
        forms += [statement.typed, statement.text, *(origin.core for origin in statement.origins)]
        forms += _forms(statement.quotations)
    return forms


@dataclass(frozen=True, slots=True)
class _Lookup:
    index: Index
    places: dict[str, list[Span]]  # by what stands there word for word

    def found(self, pasted: Pasted, beside: str | None) -> Found:
        """The verdict on one statement; of equal places, one in the document `beside` it comes first."""
        bearings = self._bearings(pasted.typed, pasted.text)
        verdict = bearings[0].verdict if bearings else "absent"
        is_whole = all(origin.core != pasted.text for origin in pasted.origins)
        for origin in pasted.origins if verdict != "exact" or not is_whole else ():
            attributed = self._attributed(pasted, origin)
            if attributed and (attributed.verdict == "exact" or verdict not in SHOWN or not is_whole):
                return attributed
        stands = plain(pasted.typed) if self.places.get(pasted.typed) else pasted.text
        return self._best(stands, sorted(bearings, key=lambda b: (_rank(b), b.span.doc_id != beside)))

    def _bearings(self, *forms: str) -> list[Bearing]:
        """Places of the last of `forms`, best first."""
        exact = next((self.places[form] for form in forms if self.places.get(form)), [])
        found = [Bearing("exact", "", span, share=1.0) for span in exact]
        return found or sorted(find_bearings(self.index, forms[-1]), key=_rank)

    def _attributed(self, pasted: Pasted, origin: Origin) -> Found | None:
        """The verdict where what is said of `origin` stands somewhere; None when it does not, or when nobody can tell
        whether that is the origin."""
        store = self.index.store
        named = named_documents(store, origin.who)
        is_claim = origin.core == pasted.text or len(stems(origin.core)) >= STATED_WORDS
        if not is_claim or not (named or is_known(store, origin.who)):
            return None
        standing = [bearing for bearing in self._bearings(origin.core) if bearing.verdict in SHOWN]
        texts = {bearing.span.doc_id: store.document(bearing.span.doc_id).text for bearing in standing}
        own = [b for b in standing if b.span.doc_id in named or is_byline_of(texts[b.span.doc_id], origin.who)]
        if standing and named and not own:
            own = [bearing for bearing in find_bearings(self.index, origin.core, named) if bearing.verdict in SHOWN]
        if own:
            return self._best(pasted.text, sorted(own, key=_rank))
        speaks: Callable[[str], object] = (
            in_a_row(origin.who).search if named else lambda text: mentions(text, origin.who)
        )
        if not standing or any(speaks(text) for text in texts.values()):
            return None
        there = store.document(standing[0].span.doc_id).title
        why = f"it stands in {there!r}, which " + (
            f"is not {store.document(named[0]).title!r}" if named else f"does not speak of {origin.who!r}"
        )
        return self._best(pasted.text, [replace(b, verdict="misattributed", why=why) for b in standing])

    def _best(self, statement: str, bearings: Sequence[Bearing]) -> Found:
        """The first of `bearings`, and those of the others that say the same of other words."""
        if not bearings:
            return Found(statement, "absent", None, why="no sentence of the library comes near it")
        best = bearings[0]
        kept = [best]
        for bearing in bearings[1:]:
            is_same = bearing.verdict == best.verdict and bearing.share >= AS_NEAR * best.share
            if (
                is_same
                and (bearing.verdict in STANDING or bearing.diff)
                and not any(overlap(bearing.span, other.span) for other in kept)
            ):
                kept.append(bearing)
        places = [self._citation(bearing, number) for number, bearing in enumerate(kept[: 1 + MAX_OTHERS], 1)]
        return Found(statement, best.verdict, places[0], tuple(places[1:]), best.why, best.diff)

    def _citation(self, bearing: Bearing, number: int) -> Citation:
        span = bearing.span
        return cite(self.index.store.document(span.doc_id, span.version), span.start, span.end, number, bearing.verdict)


def _rank(bearing: Bearing) -> tuple[int, float, int]:
    return _ORDER.index(bearing.verdict), -bearing.share, len(bearing.diff) or UNKNOWN


def found_json(text: str, items: list[Found]) -> dict[str, Any]:
    """The lookup as the JSON of docs/interface.md."""
    return {
        "text": text,
        "items": [
            {
                "statement": item.statement,
                "verdict": item.verdict,
                "why": item.why,
                "span": item.citation and citation_json(item.citation),
                "diff": list(item.diff),
                "others": [citation_json(other) for other in item.others],
            }
            for item in items
        ],
    }
