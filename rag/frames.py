"""Who did what to whom, and what belongs to what: each clause of a statement is held against the cited clause that says
it, part by part."""

from collections import Counter
from collections.abc import Iterable, Iterator

from index.dates import DateMention
from rag.align import PRONOUNS, Alignment, Link, is_content
from rag.parse import Reading, Token
from rag.prepositions import same_preposition
from rag.quantities import Quantity

MOSTLY = 0.6  # a cited clause with fewer of the words of a clause may be about anything
_SUBJECTS = ("nsubj", "nsubjpass", "csubj", "expl", "agent")


def frame_breaches(alignment: Alignment) -> Iterator[str]:
    """What a clause of the statement gets wrong of every cited clause that may be meant, one line for each clause."""
    for head in alignment.clauses():
        problems = [
            [*_roles(alignment, head, link), *_others(alignment, head, link)] for link in meant(alignment, head)
        ]
        if problems and all(problems):
            yield min(problems, key=len)[0]
    yield from _of_others(alignment)
    yield from _measures(alignment)


def meant(alignment: Alignment, head: Token) -> list[Link]:
    """The cited predicates that the clause of `head` may stand for; where no word carries it, those of the clauses that
    carry most of the rest, at strength 0."""
    said, cited = alignment.said, alignment.cited
    what = said.has(head, "acomp", "attr") if head.part == "AUX" else []
    links = [link for word in (head, *what) for link in alignment.of(word)]
    if links:
        return links
    own = [token for token in said.own(head) if is_content(token)]
    counts = Counter(at for t in own for at in {cited.clause(link.cited).at for link in alignment.of(t)})
    most = max(counts.values(), default=0)
    return [Link(head, cited.tokens[at], 0.0) for at, n in counts.items() if n == most >= MOSTLY * len(own)]


def _roles(alignment: Alignment, verb: Token, link: Link) -> Iterator[str]:
    said, cited, other = alignment.said, alignment.cited, link.cited
    if said.has(verb, "xcomp") and not said.has(verb, "dobj"):
        return  # who agrees or plans is told by what hangs on it
    has_subject = said.has(verb, *_SUBJECTS) or verb.role in ("ROOT", "conj", "ccomp")
    does, has_done = said.agents(verb) if has_subject else [], said.patients(verb)
    agents, patients = cited.agents(other), cited.patients(other)
    if link.opposite and does and has_done:  # "A sold to B": B bought from A
        agents, patients = [*patients, *cited.under(other, "from", "to", "by")], agents
    for mine, theirs, rest in ((does, agents, patients), (has_done, patients, agents)):
        for word in mine if theirs else ():
            where = set().union(*(alignment.carriers(t) for t in (word, *said.has(word, "compound"))))
            if not where or _meet(cited, where, theirs):
                continue
            is_told = _meet(cited, where, speakers(cited, cited.clause(other)))
            if link.strength and _meet(cited, where, rest):
                if has_done:  # "the port closed": they closed the port
                    yield f"{word.form!r} plays another part in {other.form!r} where it is cited"
            elif (link.strength or word.part == "PROPN") and not is_told and _are_others(alignment, word, theirs):
                yield f"{other.form!r} is said of {theirs[0].form!r}, not of {word.form!r}"


def _others(alignment: Alignment, head: Token, link: Link) -> Iterator[str]:
    """Values and names in the clause, in the place of which the cited clause has others."""
    cited, other = alignment.cited, link.cited
    there = cited.own(cited.clause(other))
    for word in alignment.said.own(head):
        where = alignment.carriers(word) if is_content(word) and (word.value or word.part == "PROPN") else set()
        if where and not where & {t.at for t in there}:
            rival = next((t for t in there if _rivals(alignment, word, t)), None)
            if rival is not None:
                yield f"{other.form!r} goes with {rival.text!r}, not with {word.text!r}"


def _measures(alignment: Alignment) -> Iterator[str]:
    """Values of one thing said of another: "1,350 kg of fuel" of a ship of this weight with 480 kg of fuel."""
    said, cited = alignment.said, alignment.cited
    for value in alignment.content:
        if not isinstance(value.value, Quantity) or not alignment.of(value):
            continue
        for thing in ([said.tokens[value.head]] if value.role == "nummod" else []) + said.under(value, "of"):
            places = [cited.own(cited.clause(link.cited)) for link in alignment.of(thing)]
            if places and all(
                not alignment.carriers(value) & {t.at for t in place}
                and any(_rivals(alignment, value, t) for t in place)
                for place in places
            ):
                yield f"{value.text!r} is not of {thing.text!r} where it is cited"


def _of_others(alignment: Alignment) -> Iterator[str]:
    """What belongs to somebody else where it is cited: "Lorne's ambassador" for "Hollin's ambassador"."""
    said, cited = alignment.said, alignment.cited
    for thing in said.tokens:
        things = [link.cited for link in alignment.of(thing)] if thing.part == "NOUN" else []
        for owner in _owners(said, thing) if things else ():
            where = alignment.carriers(owner)
            near = [{t.at for t in (*cited.phrase(other), *cited.up(other))} for other in things]
            if where and not any(where & places for places in near) and all(_owners(cited, other) for other in things):
                yield f"{thing.form!r} is not of {owner.text!r} where it is cited"


def _owners(reading: Reading, thing: Token) -> list[Token]:
    found = [*reading.has(thing, "poss", "compound", "nmod", "amod"), *reading.under(thing, "of", "from", "in")]
    return [token for token in found if token.part == "PROPN"]


def _rivals(alignment: Alignment, word: Token, other: Token) -> bool:
    """True for a value or name of the cited text that stands where `word` does in the statement."""
    if other.at in alignment.taken():
        return False
    if isinstance(word.value, Quantity):
        return isinstance(other.value, Quantity) and other.value.unit == word.value.unit
    if isinstance(word.value, DateMention):
        return isinstance(other.value, DateMention)
    is_name = other.part == "PROPN" and other.role != "compound"
    return is_name and _slot(alignment.said, word) == _slot(alignment.cited, other)


def _slot(reading: Reading, token: Token) -> str:
    form = reading.preposition(token)
    if form and form != "of":
        return same_preposition(form)
    return "subject" if token.role in _SUBJECTS else "object" if token.role in ("dobj", "attr") else "of"


def _meet(reading: Reading, places: set[int], heads: Iterable[Token]) -> bool:
    return any(word.at in places for head in heads for word in reading.phrase(head))


def _are_others(alignment: Alignment, word: Token, theirs: list[Token]) -> bool:
    """True when the cited text names somebody or something else in the place of `word`."""
    mine = {token.lemma for token in alignment.said.phrase(word)}
    where = set().union(*(alignment.carriers(token) for token in alignment.said.phrase(word)))
    for other in theirs:
        inside = [token for token in alignment.cited.phrase(other) if is_content(token)]
        if other.form in PRONOUNS or not is_content(other):
            return False
        if mine & {token.lemma for token in inside} or where & {token.at for token in inside}:
            return False
    return True


def speaker_breaches(alignment: Alignment) -> Iterator[str]:
    """Words put into the mouth of somebody else."""
    said, cited = alignment.said, alignment.cited
    for clause in alignment.clauses():
        mine = speakers(said, clause)
        places = {cited.clause(link.cited).at for t in said.own(clause) for link in alignment.of(t)} if mine else set()
        theirs = [speaker for at in places for speaker in speakers(cited, cited.tokens[at])]
        for word in mine if theirs else ():
            if not _meet(cited, alignment.carriers(word), theirs) and _are_others(alignment, word, theirs):
                yield f"{theirs[0].form!r} says so, not {word.form!r}"


def speakers(reading: Reading, clause: Token) -> list[Token]:
    """Who is said to say what `clause` says."""
    found = [who for word in reading.own(clause) if word.form == "according" for who in reading.under(word, "to")]
    found += [who for verb in reading.has(clause, "parataxis") for who in reading.agents(verb)]
    for word, above in zip((clause, *reading.up(clause)), reading.up(clause), strict=False):
        if word.role == "ccomp":
            found += reading.agents(above)
    return [word for word in found if word.form not in PRONOUNS]


def comparison_breaches(alignment: Alignment) -> Iterator[str]:
    """Comparisons turned round: "A is larger than B" for "B is larger than A"."""
    said, cited = alignment.said, alignment.cited

    def on(tokens: list[Token], heads: list[Token]) -> bool:
        words = [word for token in tokens for word in said.phrase(token)]
        named = [word for word in words if word.part == "PROPN"] or words
        return any(_meet(cited, alignment.carriers(word), heads) for word in named)

    for word, left, right in _comparisons(said):
        for other, first, second in _comparisons(cited):
            straight, swapped = on(left, first) or on(right, second), on(left, second) or on(right, first)
            opposite = any(link.opposite for link in alignment.of(word) if link.cited.at == other.at)
            if straight != swapped and swapped != opposite:
                yield f"what is compared by {word.form!r} is turned round"


def _comparisons(reading: Reading) -> Iterator[tuple[Token, list[Token], list[Token]]]:
    for than in reading.tokens:
        if than.form == "than" and than.role in ("prep", "mark"):
            word = reading.tokens[than.head]
            clause = reading.clause(word)
            left, right = reading.agents(clause) or reading.patients(clause), reading.has(than, "pobj", "pcomp")
            if left and right:
                yield word, left, right
