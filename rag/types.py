"""The nouns of an answer: immutable values, equal wherever they are shown, stored, served or scored."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from index.types import Hit, Span

Verdict = Literal["exact", "supported", "altered", "misattributed", "unsupported", "absent"]
Reason = Literal["no_evidence", "model_declined", "unverified"]
Mode = Literal["extractive", "local", "openai"]
Fusion = Literal["both", "dense", "keyword"]  # the retrievers that are asked
# of a document that came out after those it competes with, and of one that says that it corrects
Label = Literal["", "later", "correction"]

HITS = 10  # passages read for a question
SHOWN: frozenset[Verdict] = frozenset({"exact", "supported"})


@dataclass(frozen=True, slots=True)
class Citation:
    """The exact words a statement rests on: `quote` is the stored text at `span`."""

    number: int  # from 1, one for each distinct span, in order of appearance
    span: Span
    quote: str
    verdict: Verdict
    title: str
    source: str
    published: str | None
    page: int | None


@dataclass(frozen=True, slots=True)
class Statement:
    """A sentence of the answer. `citations` is never empty in an Answer; `support` is in [0, 1]."""

    text: str
    citations: tuple[Citation, ...]
    support: float


@dataclass(frozen=True, slots=True)
class Withheld:
    """A drafted sentence that did not pass, and why; `spans` are what it was held against, () for nothing."""

    text: str
    verdict: Verdict
    why: str
    spans: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a conflict: a statement by its position, the number of its citation, the value as it is written."""

    statement: int
    number: int
    value: str
    label: Label


@dataclass(frozen=True, slots=True)
class Conflict:
    """Sources that give different values for the same thing; `about` says it in one line."""

    about: str
    sides: tuple[Side, ...]

    @property
    def statements(self) -> tuple[int, ...]:
        return tuple(dict.fromkeys(side.statement for side in self.sides))


@dataclass(frozen=True, slots=True)
class Retrieved:
    """What an answer is drafted from: the query, and what was found for it."""

    query: str
    hits: Sequence[Hit]


@dataclass(frozen=True, slots=True)
class Passage:
    """A retrieved hit, which of its characters the draft was made from, and whether it is cited."""

    hit: Hit
    sent_spans: tuple[tuple[int, int], ...] = ()
    cited: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """What stands. A refusal is an answer with a `reason`, no statements and its nearest passages.

    `confidence`: the probability, fitted (docs/decisions/0004), that its evidence answers the question; None: refused.
    """

    question: str
    query: str
    mode: Mode
    model: str | None = None
    statements: tuple[Statement, ...] = ()
    short: str | None = None
    confidence: float | None = None
    conflicts: tuple[Conflict, ...] = ()
    withheld: tuple[Withheld, ...] = ()
    passages: tuple[Passage, ...] = ()
    reason: Reason | None = None
    fallback_from: Mode | None = None
    timings_s: dict[str, float] = field(default_factory=dict)
    tokens: dict[str, int] = field(default_factory=lambda: {"prompt": 0, "completion": 0, "cached": 0})
    calls: int = 0

    def citation(self, side: Side) -> Citation:
        """Where one side of a conflict stands."""
        return next(c for c in self.statements[side.statement].citations if c.number == side.number)

    @property
    def kind(self) -> Literal["answer", "refusal"]:
        return "refusal" if self.reason else "answer"


@dataclass(frozen=True, slots=True)
class Turn:
    """An earlier question of the conversation and what was answered."""

    question: str
    answer: str
