"""Which words of the cited text carry each word of a statement: the same, one of its meaning, or a narrower one."""

import functools
from collections.abc import Sequence
from dataclasses import dataclass, field

from index.dates import DateMention
from rag.meanings import is_light, scale_of, side_of
from rag.names import name_tokens
from rag.parse import Reading, Token
from rag.quantities import Quantity
from rag.terms import STOP_WORDS, stem_of
from rag.wordnet import relation

_STRENGTH = {"same": 1.0, "synonym": 0.9, "wider": 0.8, "opposite": 0.8}
_NEARLY = 0.25  # weaker links count beside the strongest one, up to this
_SMALL = frozenset("PUNCT SYM SPACE DET PRON AUX PART CCONJ SCONJ ADP".split())
_CONTENT_ANYWAY = frozenset("come give go make put see show take use".split())  # stop words elsewhere, verbs here
PRONOUNS = frozenset(
    "it its they them their this that these those which who whom whose he she him his her hers we our us i my".split()
)
# They say something beside a value, however light they are.
PERIODS = frozenset("second minute hour day week fortnight month quarter year decade century trip person".split())


@dataclass(frozen=True, slots=True)
class Link:
    """A word of the statement and one of the cited text that carries it, or says the `opposite`."""

    said: Token
    cited: Token
    strength: float
    opposite: bool = False


@dataclass(slots=True)
class Alignment:
    """`links` by the place of a word of the statement; `content` are the words that need one."""

    said: Reading
    cited: Reading
    content: list[Token]
    links: dict[int, list[Link]] = field(default_factory=dict)

    def of(self, token: Token) -> list[Link]:
        return self.links.get(token.at, [])

    def carriers(self, token: Token) -> set[int]:
        return {link.cited.at for link in self.of(token)}

    def clauses(self) -> list[Token]:
        """The heads of the clauses of the statement, in reading order."""
        return [self.said.tokens[at] for at in dict.fromkeys(self.said.clause(token).at for token in self.content)]

    def homes(self) -> set[int]:
        """The cited sentences that carry anything."""
        return {link.cited.sentence for links in self.links.values() for link in links}

    def taken(self) -> set[int]:
        return {link.cited.at for links in self.links.values() for link in links}


def align(said: Reading, cited: Reading) -> Alignment:
    alignment = Alignment(said, cited, [token for token in said.tokens if is_content(token)])
    there = [token for token in cited.tokens if is_content(token) or token.form in _CONTENT_ANYWAY]
    for token in alignment.content:
        links = [link for other in there if (link := _link(token, other))]
        best = max((link.strength for link in links if not link.opposite), default=0.0)
        if links:
            alignment.links[token.at] = [link for link in links if link.opposite or link.strength >= best - _NEARLY]
    exact = {link.cited.at: at for at, links in alignment.links.items() for link in links if link.strength == 1.0}
    for at, links in alignment.links.items():  # a word that another word of the statement is carries no second one
        alignment.links[at] = [link for link in links if exact.get(link.cited.at, at) == at] or links
    return alignment


def localise(alignment: Alignment) -> list[str]:
    """Holds every clause against the one cited sentence that has most of it; what it takes from others, one line each.

    Who or what a clause is about may stand in another sentence, where a pronoun stands for it.
    """
    breaches = []
    clauses: dict[int, list[Token]] = {}
    for token in alignment.content:
        clauses.setdefault(_told(alignment.said, alignment.said.clause(token)).at, []).append(token)
    for tokens in clauses.values():
        weights: dict[int, float] = {}
        for token in tokens:
            best: dict[int, float] = {}
            for link in alignment.of(token):
                worth = (link.strength - link.opposite / 2) * (1 + (token.value is not None))
                best[link.cited.sentence] = max(worth, best.get(link.cited.sentence, 0.0))
            for sentence, worth in best.items():
                weights[sentence] = weights.get(sentence, 0.0) + worth
        home = max(weights, key=lambda sentence: (weights[sentence], -sentence), default=0)
        lent = []
        for token in tokens:
            near = [link for link in alignment.of(token) if link.cited.sentence == home]
            if near:
                alignment.links[token.at] = near
            elif alignment.of(token):
                lent.append(token)
        lends = _may_lend(alignment, lent, home)
        for token in lent:
            if token.value is not None or (token.part == "PROPN" and not lends):
                breaches.append(f"{token.text!r} is from another sentence of the cited words")
            elif not lends:
                del alignment.links[token.at]
    return breaches


def _told(reading: Reading, clause: Token) -> Token:
    """The clause that says who says so: what is said and who says it stand in one sentence."""
    while clause.role == "ccomp":
        clause = reading.clause(reading.tokens[clause.head])
    return clause


def _may_lend(alignment: Alignment, lent: Sequence[Token], home: int) -> bool:
    if any(link.cited.sentence > home for token in lent for link in alignment.of(token)):
        return False  # pronouns look back
    pronouns = [t for t in alignment.cited.tokens if t.sentence == home and t.part == "PRON" and t.form in PRONOUNS]
    heads = {word.at: word for word in (_phrase_head(alignment.said, token) for token in lent)}
    places = {token.at for token in lent}
    return len(heads) <= len(pronouns) and all(
        at in places and word.role in ("nsubj", "nsubjpass", "poss", "dobj") and word.value is None
        for at, word in heads.items()
    )


def _phrase_head(reading: Reading, word: Token) -> Token:
    while word.role in ("compound", "amod", "nummod", "nmod", "appos") and word.head != word.at:
        word = reading.tokens[word.head]
    return word


def is_content(token: Token) -> bool:
    if token.in_value:
        return token.value is not None
    if token.part in _SMALL:
        return False
    return token.form not in STOP_WORDS or token.part == "PROPN" or token.form in _CONTENT_ANYWAY


def missing(alignment: Alignment, supplied: frozenset[str]) -> list[Token]:
    """The words that nothing carries, but for those that say nothing and those whose stem is `supplied`."""
    return [
        token
        for token in alignment.content
        if not alignment.of(token)
        and (token.lemma in PERIODS or not is_light(stem_of(token.form)))
        and stem_of(token.form) not in supplied
    ]


def _link(said: Token, cited: Token) -> Link | None:
    if said.value is not None or cited.value is not None:
        return Link(said, cited, 1.0) if _same_value(said.value, cited.value) else None
    how = _relation((said.form, said.lemma, said.part), (cited.form, cited.lemma, cited.part))
    return Link(said, cited, _STRENGTH[how], how == "opposite") if how else None


@functools.lru_cache(maxsize=1 << 16)
def _relation(said: tuple[str, str, str], cited: tuple[str, str, str]) -> str | None:
    mine, theirs = ([stem_of(word) for word in words[:2]] for words in (said, cited))
    if name_tokens(said[0]) == name_tokens(cited[0]) or set(mine) & set(theirs):
        return "same"
    here, there = ({(scale_of(stem), side_of(stem)) for stem in stems} for stems in (mine, theirs))
    if here & there:
        return "synonym"
    if {scale for scale, _ in here} & {scale for scale, _ in there}:
        return "opposite"
    if said[2] == cited[2] == "PROPN":
        return None
    how = relation(said[1], said[2], cited[1], cited[2])
    return "synonym" if how == "same" else how


def _same_value(said: Quantity | DateMention | None, cited: Quantity | DateMention | None) -> bool:
    if isinstance(said, Quantity):
        return isinstance(cited, Quantity) and said.equals(cited)
    return isinstance(said, DateMention) and isinstance(cited, DateMention) and said.within(cited)
