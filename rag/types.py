"""The nouns of an answer: immutable values, equal wherever they are shown, stored, served or scored."""

from dataclasses import dataclass, field
from typing import Literal

from index.types import Hit, Span

Verdict = Literal["exact", "supported", "altered", "misattributed", "unsupported", "absent"]
Reason = Literal["no_evidence", "model_declined", "unverified"]
Mode = Literal["extractive", "local", "openai"]

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
    """A drafted sentence that did not pass, and why."""

    text: str
    verdict: Verdict
    why: str


@dataclass(frozen=True, slots=True)
class Conflict:
    """Statements (by position) that give different values for the same thing."""

    about: str
    statements: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Passage:
    """A retrieved hit, which of its characters the draft was made from, and whether it is cited."""

    hit: Hit
    sent_spans: tuple[tuple[int, int], ...] = ()
    cited: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """What stands. A refusal is an answer with a `reason`, no statements and its nearest passages."""

    question: str
    query: str
    mode: Mode
    model: str | None = None
    statements: tuple[Statement, ...] = ()
    short: str | None = None
    conflicts: tuple[Conflict, ...] = ()
    withheld: tuple[Withheld, ...] = ()
    passages: tuple[Passage, ...] = ()
    reason: Reason | None = None
    fallback_from: Mode | None = None
    timings_s: dict[str, float] = field(default_factory=dict)
    tokens: dict[str, int] = field(default_factory=lambda: {"prompt": 0, "completion": 0, "cached": 0})
    calls: int = 0

    @property
    def kind(self) -> Literal["answer", "refusal"]:
        return "refusal" if self.reason else "answer"


@dataclass(frozen=True, slots=True)
class Turn:
    """An earlier question of the conversation and what was answered."""

    question: str
    answer: str
