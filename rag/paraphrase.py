"""Statements in other words than the ones they cite: is every clause carried, and does it say the same?

Deterministic and one-sided: it sends many a true paraphrase back, it should hardly let a changed one pass
(docs/measurements.md, "The claim check"). What has all of its words in the cited ones is the matter of rag/claims.py.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from index.dates import DateMention
from rag.align import Alignment, Embed, align, is_content, liken, localise, missing, share
from rag.bounds import bound_breaches
from rag.frames import comparison_breaches, frame_breaches, speaker_breaches
from rag.parse import Token, parse
from rag.prepositions import preposition_breaches
from rag.standing import standing_breaches
from rag.terms import stems

# Chosen on tests/verifier_cases.md and on claims about news articles (docs/measurements.md, "The claim check").
CARRIED_AT = 0.6  # share of a statement that the cited words must carry
MAX_MISSING = 2  # content words that nothing carries
ALIKE_AT = 0.7  # cosine with a cited sentence, where a word is missing
# A missing word in one of these roles adds something: "stolen paintings", "and won".
_ADDING = frozenset("amod advmod npadvmod relcl acl advcl conj compound nmod".split())
_SURE = 0.9  # strength of a synonym
_ANOTHER_TIME = re.compile(
    r"\b(?:last|this|next|previous|following)\s+(?:year|month|week|quarter|decade)\b|\bago\b|\bearlier\b", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Paraphrase:
    """What speaks against a statement, one line each, and whether enough of its words are carried."""

    breaches: list[str]
    carried: bool


def check_paraphrase(text: str, cited: Sequence[str], supplied: Sequence[str], embed: Embed | None) -> Paraphrase:
    """Holds `text` against the cited words; `supplied` (titles, dates) may give words as well. At most one batch is
    embedded; without `embed` every word must be carried by WordNet or the word itself."""
    given = frozenset(stem for source in supplied for stem in stems(source))
    alignment = align(parse([text]), parse(cited))
    breaches = localise(alignment)
    lost = missing(alignment, given)
    if embed is not None and lost and share(alignment, lost) > 0:
        liken(alignment, embed)
        lost = missing(alignment, given)
    carried = (
        share(alignment, lost) >= CARRIED_AT
        and len(lost) <= MAX_MISSING
        and not any(_adds(alignment, token) for token in lost)
    )
    carried = carried and not any(_replaces(alignment, token) for token in alignment.content if _has_place(token))
    if carried and lost:
        carried = embed is not None and _alike(text, cited, embed) >= ALIKE_AT
    if carried:
        breaches += [
            *_other_times(alignment),
            *frame_breaches(alignment),
            *speaker_breaches(alignment),
            *comparison_breaches(alignment),
            *preposition_breaches(alignment),
            *standing_breaches(alignment),
            *_opposites(alignment),
            *(line for said, touched in _clauses(alignment) for line in bound_breaches(said, touched)),
        ]
    return Paraphrase(list(dict.fromkeys(breaches)), carried)


def _adds(alignment: Alignment, token: Token) -> bool:
    """True for a word that says more of something, or in a clause that does: "stolen paintings", "and won"."""
    said, cited, taken = alignment.said, alignment.cited, alignment.taken()
    if token.role in _ADDING:
        return True
    if token.role == "pobj":  # "in May for fraud", where nothing of the kind is cited
        verb = said.tokens[said.tokens[token.head].head]
        rest = [t for link in alignment.of(verb) for t in cited.own(cited.clause(link.cited)) if t.at not in taken]
        return bool(alignment.of(verb)) and not any(is_content(t) and t.value is None for t in rest)
    clause = said.clause(token)
    return clause.role in ("relcl", "acl", "advcl") and all(link.strength < _SURE for link in alignment.of(clause))


def _has_place(token: Token) -> bool:
    return token.value is None and token.part in ("VERB", "NOUN", "ADJ")


def _replaces(alignment: Alignment, token: Token) -> bool:
    """True when another word stands in the cited text where `token` stands in the statement: "sold" for "opened"."""
    said, cited, taken = alignment.said, alignment.cited, alignment.taken()
    if token.is_verb:
        parts = [part for child in said.children[token.at] for part in (child, *said.children[child.at])]
        rivals = [cited.clause(link.cited) for part in parts for link in alignment.of(part)]
    elif token.role == "pobj":
        link_word = said.tokens[token.head]
        rivals = [
            w for link in alignment.of(said.tokens[link_word.head]) for w in cited.under(link.cited, link_word.form)
        ]
    else:
        heads = [link.cited for link in alignment.of(said.tokens[token.head])]
        rivals = [word for head in heads for word in cited.children[head.at] if word.role == token.role]
    where = alignment.carriers(token)
    there = [word for rival in rivals for word in cited.phrase(rival)]
    return not any(word.at in where for word in there) and any(is_content(w) and w.at not in taken for w in there)


def _alike(text: str, cited: Sequence[str], embed: Embed) -> float:
    said, *there = np.asarray(embed([text, *cited]))
    return float(max(said @ vector for vector in there))


def _other_times(alignment: Alignment) -> Iterator[str]:
    """Dates that only a title gives, where the cited sentence speaks of another time."""
    homes = alignment.homes()
    there = [token for token in alignment.cited.tokens if token.sentence in homes]
    other = any(isinstance(t.value, DateMention) for t in there) or _ANOTHER_TIME.search(_text(there))
    for token in alignment.content:
        if isinstance(token.value, DateMention) and not alignment.of(token) and other:
            yield f"{token.text!r} is not the time that the cited words speak of"


def _opposites(alignment: Alignment) -> Iterator[str]:
    """Words on the other side of their scale; predicates are told apart by how they stand."""
    for token in alignment.content:
        links = alignment.of(token)
        is_predicate = alignment.said.clause(token) is token or token.role in ("acomp", "attr")
        if links and all(link.opposite for link in links) and not is_predicate:
            yield f"the cited words say the opposite of {token.text!r}"


def _clauses(alignment: Alignment) -> Iterator[tuple[str, list[str]]]:
    """Each clause of the statement with those it hangs in, and the cited ones that carry it."""
    said, cited = alignment.said, alignment.cited
    for clause in alignment.clauses():
        places = {t.at: {cited.clause(link.cited).at for link in alignment.of(t)} for t in said.own(clause)}
        counts = Counter(at for found in places.values() for at in found)
        chosen: list[int] = []
        for at in sorted(counts, key=lambda at: (-counts[at], -at)):
            if any(at in found and not found & set(chosen) for found in places.values()):
                chosen.append(at)
        if chosen:
            yield _text(said.scope(clause)), [_text(cited.scope(cited.tokens[at])) for at in chosen]


def _text(tokens: Iterable[Token]) -> str:
    """Words as a text again: what hangs together, "isn't" or "Ana's", is not parted."""
    return re.sub(r"\s(?=n?[\u2019'](?:t|s)\b|%)|(?<=[$\u20ac\u00a3])\s", "", " ".join(token.text for token in tokens))
