"""Statements in other words than the ones they cite: is every clause carried, and does it say the same?

Deterministic and one-sided: it sends many a true paraphrase back, it should hardly let a changed one pass
(docs/measurements.md, "The claim check"). What has all of its words in the cited ones is the matter of rag/claims.py.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from index.dates import DateMention
from rag.align import Alignment, align, is_content, localise, missing
from rag.bounds import bound_breaches
from rag.frames import comparison_breaches, frame_breaches, speaker_breaches
from rag.parse import Token, parse
from rag.prepositions import preposition_breaches
from rag.standing import standing_breaches
from rag.terms import stems

_ANOTHER_TIME = re.compile(
    r"\b(?:last|this|next|previous|following)\s+(?:year|month|week|quarter|decade)\b|\bago\b|\bearlier\b", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Paraphrase:
    """What speaks against a statement, one line each, and whether all of its words are carried."""

    breaches: list[str]
    carried: bool


def check_paraphrase(text: str, cited: Sequence[str], supplied: Sequence[str]) -> Paraphrase:
    """Holds `text` against the cited words; `supplied` (titles, dates) may give words as well. A word is carried by
    itself or by one that WordNet knows for the same. A near word vector is no reason: "garage" is near to "factory"
    (docs/measurements.md, "The claim check")."""
    given = frozenset(stem for source in supplied for stem in stems(source))
    alignment = align(parse([text]), parse(cited))
    breaches = localise(alignment)
    replaced = (token for token in alignment.content if _has_place(token) and _replaces(alignment, token))
    # one word from nowhere, "sold" for "opened", can be the whole claim
    carried = bool(alignment.links) and not missing(alignment, given) and not any(replaced)
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


def _has_place(token: Token) -> bool:
    return token.value is None and token.part in ("VERB", "NOUN", "ADJ")


def _replaces(alignment: Alignment, token: Token) -> bool:
    """True when another word stands where `token` stands in the statement, and `token` elsewhere."""
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
