"""How a text stands to what it says: denied or not; a fact, a plan or a possibility; and on what condition."""

from collections.abc import Iterator
from dataclasses import dataclass

from rag.align import Alignment
from rag.frames import meant
from rag.parse import Reading, Token

FACT, FUTURE, EXPECTED, INTENDED, POSSIBLE = 5, 4, 3, 2, 1
# How sure a text is of what stands under these words.
_LEVELS = {
    word: level
    for level, words in {
        FUTURE: "will shall wo 'll must ought due set schedule order require need",
        EXPECTED: "expect likely probable probably expectation forecast predict prediction estimate anticipate project"
        " should",
        INTENDED: "mean plan aim hope intend seek propose want consider threaten urge demand call ask try attempt offer"
        " promise pledge vow proposal intention agree mull would beg plead insist invite",
        POSSIBLE: "may might could can possible possibly perhaps potential potentially whether possibility risk"
        " chance claim allege allegedly alleged reportedly apparently suggest suspect believe fear accuse rumour rumor"
        " unlikely allow permit open able eligible argue",
    }.items()
    for word in words.split()
}
_NEGATIVES = frozenset(
    "no not n't n’t never neither nor none nobody nothing nowhere without hardly barely scarcely non".split()
)
_NOT_NEGATIVE_BEFORE = frozenset("only more less fewer later".split())  # "not only", "no more than"
_DENYING = frozenset(
    "deny refuse fail unable impossible decline avoid prevent forget stop cease lack rule dispute reject".split()
)
_CONDITIONS = frozenset("if unless provided otherwise except excluding".split())
_COMPLEMENTS = frozenset("xcomp ccomp pcomp acl csubj".split())
_SUBJECTS_AND_OBJECTS = ("nsubj", "nsubjpass", "dobj", "attr", "pobj")


@dataclass(frozen=True, slots=True)
class Standing:
    denied: bool  # an odd number of times
    level: int  # the lowest of what it stands under
    conditional: bool


def standing_breaches(alignment: Alignment) -> Iterator[str]:
    """Clauses of the statement that are surer than the cited ones, or less sure of a fact, or denied where those are
    not."""
    said, cited = alignment.said, alignment.cited
    for head in alignment.clauses():
        links = meant(alignment, head)
        by_words = any(link.strength for link in links)
        if not by_words and head.role in ("acl", "relcl", "advcl"):
            continue
        # what a plan or an expectation is of stands in a clause of its own
        weigh = by_words and not (head.lemma in _LEVELS and said.has(head, "xcomp", "ccomp"))
        mine = standing(said, head)
        found = [list(_differs(mine, standing(cited, link.cited), link.opposite, weigh)) for link in links]
        if found and all(found):
            yield f"{min(found, key=len)[0]} ({head.form!r})"


def _differs(mine: Standing, theirs: Standing, opposite: bool, weigh: bool) -> Iterator[str]:
    if (mine.denied != theirs.denied) != opposite:
        yield "one is negated and the other is not"
    if not weigh:
        return
    if mine.level > theirs.level:
        yield "the cited words are less certain"
    if theirs.level == FACT and mine.level < FUTURE:
        yield "the statement is less certain than the cited words"
    if theirs.conditional and not mine.conditional and theirs.level < FACT:
        yield "the cited words name a condition"


def standing(reading: Reading, token: Token) -> Standing:
    """How the text stands to `token`, by what is said in its clause and by the clauses that this one hangs on."""
    denied, level, conditional = False, FACT, False
    below: Token | None = None
    is_complement = False
    for word in (token, *reading.up(token)):
        others = [child for child in reading.children[word.at] if below is None or child.at != below.at]
        if below is None or below.role not in ("conj", "advcl", "relcl"):
            denied ^= sum(_negates(reading, child) for child in others) % 2 == 1
            level = min([level, *(_level(reading, child) for child in others)])
            conditions = [child for child in others if _is_condition(reading, child)]
            conditional |= bool(conditions)
            if any(child.role == "mark" for child in conditions):
                level = POSSIBLE
        # "accused of hiding": what hangs on the preposition hangs on the verb
        is_complement = below is not None and (below.role in _COMPLEMENTS or (is_complement and below.role == "prep"))
        if is_complement and word.part != "AUX":
            denied ^= word.lemma in _DENYING
            level = min(level, _LEVELS.get(word.lemma, FACT))
        denied ^= below is not None and below.role == "dobj" and word.lemma == "deny"
        denied ^= word.part == "ADP" and word.form == "without"
        if word.role in ("relcl", "ROOT", "advcl", "appos"):
            break
        below = word
    return Standing(denied, level, conditional)


def _level(reading: Reading, child: Token) -> int:
    if child.role in ("aux", "auxpass", "advmod") or (
        child.role == "acomp" and reading.has(child, "xcomp", "ccomp")  # "is due to close", not "due to snow"
    ):
        return _LEVELS.get(child.lemma, FACT)
    return FACT


def _is_condition(reading: Reading, child: Token) -> bool:
    if child.role in ("mark", "prep"):
        return child.lemma in _CONDITIONS
    return child.role == "advcl" and any(mark.lemma in _CONDITIONS for mark in reading.has(child, "mark"))


def _negates(reading: Reading, child: Token) -> bool:
    """Whether `child` denies the word that it hangs on: "not", or a subject or object with "no"."""
    roles = ("neg", "det", "advmod", "preconj", "cc", *_SUBJECTS_AND_OBJECTS)
    if child.role in roles and _is_negative(reading, child):
        return True
    if child.role not in _SUBJECTS_AND_OBJECTS:
        return False
    near = [word for grand in reading.children[child.at] for word in (grand, *reading.children[grand.at])]
    return any(word.role in ("det", "preconj", "neg", "advmod") and _is_negative(reading, word) for word in near)


def _is_negative(reading: Reading, token: Token) -> bool:
    after = reading.tokens[token.at + 1].form if token.at + 1 < len(reading.tokens) else ""
    return token.form in _NEGATIVES and not (token.form in ("no", "not") and after in _NOT_NEGATIVE_BEFORE)
