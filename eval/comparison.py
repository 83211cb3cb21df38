"""What the comparison of two runs says: the one value that terminal, JSON, JUnit, Markdown and HTML all show."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from eval.gate import Tier

Verdict = Literal["REGRESSED", "NON-INFERIOR", "IMPROVED", "INCONCLUSIVE"]
Stage = Literal["retrieval", "drafting", "verification"]
EXIT_STATUS = {"passed": 0, "error": 1, "regressed": 3, "inconclusive": 4}
Outcome = Literal["passed", "error", "regressed", "inconclusive"]


@dataclass(frozen=True, slots=True)
class Change:
    """One metric in both runs, over the questions that have it in both.

    `before`, `after`: means in [0, 1]. `difference` with its 95% interval `low` to `high` is turned so that more is
    better (None: cannot be told). `p` is two-sided, `p_holm` adjusted over the gated metrics (None: not gated).
    `detectable`: the drop, in [0, 1], that this many questions find 80 times in 100. `settle`: how many questions
    like these would give a verdict other than INCONCLUSIVE (None: it has one, or no number would). `margin` is None:
    not gated.
    """

    metric: str
    tier: Tier
    before: float
    after: float
    difference: float
    low: float | None
    high: float | None
    p: float
    p_holm: float | None
    questions: int
    clusters: int
    margin: float | None
    minimum: float | None
    verdict: Verdict
    detectable: float | None
    settle: int | None


@dataclass(frozen=True, slots=True)
class Flip:
    """A question that one run has right and the other has not. `stage`: where it broke or was mended, None when that
    cannot be told; `why` says how it was told. `before`, `after`: the items of the runs."""

    qid: str
    direction: Literal["lost", "won"]
    stage: Stage | None
    why: str
    before: dict[str, Any]
    after: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Comparison:
    """`before` and `after` are what names the runs: file, mode, fingerprint. `changed`: the parts of the fingerprint
    that differ, as (name, before, after). `notes`: what a reader has to know, dropped qids among it."""

    before: dict[str, Any]
    after: dict[str, Any]
    changed: Sequence[tuple[str, str | None, str | None]]
    changes: Sequence[Change]
    flips: Sequence[Flip]
    notes: Sequence[str]
    outcome: Outcome
    why: str

    @property
    def exit_status(self) -> int:
        return EXIT_STATUS[self.outcome]
