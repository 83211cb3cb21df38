"""Which cited clauses carry each clause of a statement: words picked from several are no claim that they make."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from rag.clauses import Reading, Word

_PRONOUN = re.compile(r"\b(?:it|he|she|they|him|her|them|its|his|their|this|these)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Bound:
    """`touched` has, for each segment of a statement, the cited text that carries it."""

    touched: list[list[str]]
    breaches: list[str]


def bind(said: Reading, cited: Reading) -> Bound:
    binder = _Binder(said, cited)
    for clause in dict.fromkeys(word.clause for word in said.words):
        binder.take([word for word in said.words if word.clause == clause])
    touched = [[cited.segments[at][:end] for at, end in sorted(reach.items())] for reach in binder.reach]
    return Bound(touched, binder.breaches)


class _Binder:
    def __init__(self, said: Reading, cited: Reading) -> None:
        self.said, self.cited = said, cited
        self.breaches: list[str] = []
        self.reach: list[dict[int, int]] = [{} for _ in said.segments]  # cited segment -> end of what is used of it
        self._carriers: dict[int, int] = {}  # segment of the statement -> the cited one it began with
        self._places = [cited.places(word) for word in said.words]
        self._used = {t.at for found in self._places for t in found}
        self._clauses: dict[int, list[Word]] = {}
        self._sentences: dict[int, list[Word]] = {}
        for word in cited.words:
            self._clauses.setdefault(word.clause, []).append(word)
            self._sentences.setdefault(word.sentence, []).append(word)

    def take(self, clause: Sequence[Word]) -> None:
        """Binds one clause of the statement."""
        places = [found for found in (self._places[word.at] for word in clause) if found]
        if not places:
            return
        spoken = {t.at for found in places for t in found}
        counts = Counter(number for found in places for number in {t.clause for t in found})
        # the clauses with most of the words first, then those with least else, then the later ones
        leads = sorted(counts, key=lambda n: (-counts[n], len(self._clauses[n]), -n))
        tries = ((n, self._use(self._clauses[n], places, spoken, counts[n] == counts[leads[0]])) for n in leads)
        number, use = next(((n, use) for n, use in tries if use), (leads[0], {}))
        lead = self._clauses[number]
        for word in clause:
            # a title or the question may supply a name or a date, not in the place of another
            if not self._places[word.at] and any(word.rivals(t) for t in lead if t.at not in spoken):
                self.breaches.append(f"{word.form!r} stands for another in the cited words")
        if not use or self._is_of_another(clause, lead[0].segment):
            self.breaches.append(f"{' '.join(word.form for word in clause)!r} takes words from several clauses")
            use = {t.segment: len(self.cited.segments[t.segment]) for found in places for t in found}
        reach = self.reach[clause[0].segment]
        for segment, end in use.items():
            reach[segment] = max(end, reach.get(segment, 0))

    def _use(
        self, lead: list[Word], places: Sequence[Sequence[Word]], spoken: set[int], has_most: bool
    ) -> dict[int, int]:
        """How much of each cited segment is used when `lead` carries the words; {} when others may not lend theirs."""
        use = {lead[0].segment: len(self.cited.segments[lead[0].segment])}
        for found in places:
            if any(t.clause == lead[0].clause for t in found):
                continue
            lent = ((t.segment, self._lent(t, lead, spoken, has_most)) for t in found)
            segment, end = next(((segment, end) for segment, end in lent if end), (0, 0))
            if not end:
                return {}
            use[segment] = max(end, use.get(segment, 0))
        return use

    def _lent(self, word: Word, lead: list[Word], spoken: set[int], has_most: bool) -> int:
        """Where the use of the segment of `word` ends when its clause lends `word` to `lead`; 0 when it does not.

        A clause lends its subject to a later one that has none of its own ("the port closed in May and | reopened in
        June") or a pronoun for it, and everything when all of it is used and nothing in `lead` stands against it.
        """
        after, whole = word.start + len(word.form), len(self.cited.segments[word.segment])
        if word.sentence == lead[0].sentence:
            if word.voice != lead[0].voice:
                return 0
            clause = self._clauses[word.clause]
            begins = clause[0].at in spoken or word.is_name
            bare = lead[0].at in spoken or self._goes_on(lead[0])
            if begins and bare and word.at < lead[0].at and word in subject(clause):
                return after
            own = has_most and not any(w.same(t) for w in clause for t in lead)
            return whole if own and spoken.issuperset(w.at for w in clause) else 0
        if any(word.rivals(t) for t in lead if t.at not in spoken):
            return 0
        sentence = self._sentences[word.sentence]
        if word.at < lead[0].at and word in subject(sentence) and _PRONOUN.search(self.cited.segments[lead[0].segment]):
            return after
        return whole if self._used.issuperset(w.at for w in sentence) else 0

    def _goes_on(self, word: Word) -> bool:
        """True inside a list of names under a preposition: "soldiers from Lorne and | Hollin will come"."""
        before = self.cited.words[word.at - 1] if word.at else word
        return (
            word.gap == ("and",)
            and word.is_name
            and before.is_name
            and before.marker in ("from", "of", "in", "between")
        )

    def _is_of_another(self, clause: Sequence[Word], segment: int) -> bool:
        """True for a clause without a subject ("and reopened") that is carried where somebody else is the subject."""
        number = clause[0].segment
        if self._carriers.setdefault(number, segment) == segment:
            return False
        first = next(word for word in self.cited.words if word.segment == segment)
        own = [*clause, *subject([word for word in self.said.words if word.segment == number])]
        return not any(word.same(first) and word.side == first.side for word in own)


def subject(words: Sequence[Word]) -> Sequence[Word]:
    """The first words, up to the first gap that is no "of": "the port of Lorne closed"."""
    return words[: next((i for i, word in enumerate(words) if i and word.gap and "of" not in word.gap), len(words))]
