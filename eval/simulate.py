"""Whether the gate keeps its promises: simulated runs whose true change is known, judged by the gate's own code.

`python -m eval.simulate` prints a Markdown table and exits 1 when a bound of `breaches` is broken. `noise` is the share
of questions that differ when nothing is lost on balance, half of them lost and half won; a drop adds to the lost ones.
Questions of a cluster share their rates, drawn for each cluster from a Dirichlet distribution so that two of them are
correlated by `correlation` (Mosimann 1962). eval.power knows nothing of this mechanism.
"""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from eval.changes import verdict_of
from eval.comparison import Verdict
from eval.gate import Margin
from eval.paired import Differences, Floats, interval
from eval.power import FOUND, Design, design_of, detectable, power

DROPS = (0.0, 0.03, 0.08, 0.15)
MARGIN = Margin(margin=0.05)
RUNS = 10_000  # of each drop; two standard errors: 0.4 points of a share of 5% or 95%, 0.8 points of 80%
OWN_RUNS, OWN_TRIALS = 300, 40  # runs whose own promise is tried, and how often each is
SEED = 5
CLOSE = 1e-9

ALARMS_ALLOWED = 0.05
COVERAGE_BOUNDS = (0.93, 0.97)
PROMISE_KEPT_WITHIN = 0.03
DIFFERING_NEEDED = 10  # fewer questions expected to differ: whole counts cannot come closer, coverage is above 97%


@dataclass(frozen=True, slots=True)
class Setting:
    """`clusters` of `size` questions each, correlated by `correlation` within a cluster."""

    clusters: int
    size: int
    correlation: float
    noise: float

    @property
    def questions(self) -> int:
        return self.clusters * self.size

    @property
    def sizes(self) -> Floats:
        return np.full(self.clusters, float(self.size))

    @property
    def design(self) -> Design:
        return Design(self.questions, self.clusters, self.noise, 1 + (self.size - 1) * self.correlation)


CLUSTERED = ((20, 1, 0.0), (10, 2, 0.3), (100, 1, 0.0), (25, 4, 0.3), (500, 1, 0.0), (100, 5, 0.3))
SETTINGS = (
    *(Setting(*clustered, noise) for clustered in CLUSTERED for noise in (0.05, 0.1, 0.2)),
    Setting(25, 4, 0.9, 0.0),  # the worst for NON-INFERIOR: few clusters that fall whole, and nothing else differs
)


@dataclass(frozen=True, slots=True)
class Row:
    """What one setting gave, as shares of runs; `coverage`, `found` and `promised` by DROPS.

    `own`: each run without a drop promises, from its own data, a drop that is found 80 times in 100; how many drops of
    that size were. `false_non_inferior`: verdicts NON-INFERIOR when the true loss is the margin.
    """

    setting: Setting
    coverage: Sequence[float]
    found: Sequence[float]
    promised: Sequence[float]
    own: float
    false_non_inferior: float

    @property
    def false_alarms(self) -> float:
        return self.found[0]


class Counts(NamedTuple):
    """Questions lost and won, each of shape (runs, clusters)."""

    lost: Floats
    won: Floats


def measure(setting: Setting, runs: int = RUNS, own_runs: int = OWN_RUNS, seed: int = SEED) -> Row:
    """Judges `runs` simulated comparisons for each of DROPS, and for a drop of the margin."""
    rng = np.random.default_rng([seed, setting.clusters, setting.size, round(100 * setting.noise)])
    coverage, found = [], []
    for drop in DROPS:
        low, high, verdicts = _judged(setting, draw(setting, np.full(runs, drop), rng))
        coverage.append(float(np.mean((low <= -drop + CLOSE) & (high >= -drop - CLOSE))))
        found.append(float(np.mean(verdicts == "REGRESSED")))
    _, _, at_margin = _judged(setting, draw(setting, np.full(runs, MARGIN.margin), rng))
    return Row(
        setting,
        coverage,
        found,
        promised=[power(setting.design, drop, MARGIN.minimum) for drop in DROPS],
        own=_own_promises_kept(setting, own_runs, rng),
        false_non_inferior=float(np.mean(at_margin == "NON-INFERIOR")),
    )


def draw(setting: Setting, drops: Floats, rng: np.random.Generator) -> Counts:
    """One run for each of `drops`, the true losses in [0, 1]."""
    shape = (len(drops), setting.clusters)
    won = np.full(shape, setting.noise / 2)
    lost = np.minimum(won + drops[:, None], 1 - won)
    if setting.correlation:
        # three gamma variates over their sum are a Dirichlet draw; its precision sets the correlation
        precision = 1 / setting.correlation - 1
        rates = rng.standard_gamma(np.maximum(np.stack([lost, won, 1 - lost - won]) * precision, CLOSE))
        lost, won, _ = rates / rates.sum(axis=0)
    losses = rng.binomial(setting.size, lost)
    wins = rng.binomial(setting.size - losses, np.minimum(won / np.maximum(1 - lost, CLOSE), 1.0))
    return Counts(losses.astype(np.float64), wins.astype(np.float64))


def breaches(rows: Sequence[Row]) -> Iterator[str]:
    """What was promised and not kept, one line each."""
    for row in rows:
        setting = row.setting
        where = f"{setting.questions} questions in {setting.clusters} clusters, noise {setting.noise:.0%}"
        if row.false_alarms > ALARMS_ALLOWED:
            yield f"{where}: {row.false_alarms:.1%} false alarms"
        large = setting.size == 1 and setting.questions >= 100
        if not FOUND - PROMISE_KEPT_WITHIN <= row.own <= (FOUND + PROMISE_KEPT_WITHIN if large else 1):
            yield f"{where}: {row.own:.1%} of drops are found that runs promise to find in {FOUND:.0%}"
        if setting.size > 1:
            continue
        if row.false_non_inferior > ALARMS_ALLOWED:
            yield f"{where}: {row.false_non_inferior:.1%} false NON-INFERIOR"
        for drop, found, promised in zip(DROPS[1:], row.found[1:], row.promised[1:], strict=True):
            if abs(found - promised) > PROMISE_KEPT_WITHIN:
                yield f"{where}: a drop of {drop:.0%} is found in {found:.1%}, promised {promised:.1%}"
        for drop, coverage in zip(DROPS, row.coverage, strict=True):
            few = setting.questions * (setting.noise + drop) < DIFFERING_NEEDED
            if large and not COVERAGE_BOUNDS[0] <= coverage <= (1 if few else COVERAGE_BOUNDS[1]):
                yield f"{where}: {coverage:.1%} of intervals hold a drop of {drop:.0%}"


def table(rows: Sequence[Row]) -> str:
    """The rows in Markdown, in percent of runs."""
    drops = " / ".join(f"{100 * drop:g}" for drop in DROPS)
    found_drops = " / ".join(f"{100 * drop:g}" for drop in DROPS[1:])
    heads = ["questions", "clusters", "correlation", "noise", "false alarms", f"interval holds a drop of {drops}"]
    heads += [f"finds {found_drops} (promised)", "finds a run's own 80", "false NON-INFERIOR"]
    lines = [heads, ["---"] * len(heads)]
    for row in rows:
        found = zip(row.found[1:], row.promised[1:], strict=True)
        lines.append(
            [
                str(row.setting.questions),
                str(row.setting.clusters),
                f"{row.setting.correlation:g}",
                f"{100 * row.setting.noise:g}",
                _percent(row.false_alarms),
                " / ".join(_percent(coverage) for coverage in row.coverage),
                " / ".join(f"{_percent(share)} ({_percent(promised)})" for share, promised in found),
                _percent(row.own),
                _percent(row.false_non_inferior),
            ]
        )
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def main() -> int:
    rows = [measure(setting) for setting in SETTINGS]
    print(table(rows))
    broken = list(breaches(rows))
    for line in broken:
        print(f"broken: {line}", file=sys.stderr)
    return 1 if broken else 0


def _judged(setting: Setting, counts: Counts) -> tuple[Floats, Floats, NDArray[np.str_]]:
    """Low, high and verdict of each run."""
    sums = counts.won - counts.lost
    low, high = interval(sums, setting.sizes)
    means = sums.sum(axis=1) / setting.questions
    verdicts: list[Verdict] = [
        verdict_of(*ends, setting.clusters, MARGIN) for ends in zip(means, low, high, strict=True)
    ]
    return low, high, np.array(verdicts)


def _own_promises_kept(setting: Setting, runs: int, rng: np.random.Generator) -> float:
    """Runs that promise nothing, because they are too small to find the loss of everything, are left out."""
    drop_of = cache(detectable)
    promises = [drop_of(design_of(seen), MARGIN.minimum) for seen in _runs_without_a_drop(setting, runs, rng)]
    tried = np.repeat(np.array([drop for drop in promises if drop is not None]), OWN_TRIALS)
    return float(np.mean(_judged(setting, draw(setting, tried, rng))[2] == "REGRESSED"))


def _runs_without_a_drop(setting: Setting, runs: int, rng: np.random.Generator) -> Iterator[Differences]:
    counts = draw(setting, np.zeros(runs), rng)
    for lost, won in zip(*counts, strict=True):
        yield Differences(won - lost, setting.sizes, float((won + lost).sum()))


def _percent(share: float) -> str:
    return f"{100 * share:.1f}"


if __name__ == "__main__":
    sys.exit(main())
