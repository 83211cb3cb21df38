"""Two runs of one gold set: what changed, whether a release may go out, and where each flipped question broke."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from eval.bless import with_texts
from eval.changes import judge, measure_change, with_holm
from eval.comparison import Change, Comparison
from eval.errors import RunInvalid
from eval.gate import Gate, Margin
from eval.localise import ReplayLibrary, check_library, find_flips, localise
from eval.metrics import VALUES
from eval.pairing import MUST_AGREE, Pair, Paired, check_comparable, pair
from eval.runner import Run


def compare(
    before: Run,
    after: Run,
    *,
    margins: Mapping[str, float] | None = None,
    library: ReplayLibrary | None = None,
    names: tuple[str, str] = ("before", "after"),
) -> Comparison:
    """What `after` is against the baseline `before`, judged by the baseline's gate; `margins` replace its margins.

    With the `library` of `after`, the stage of every flip is told by replay, else from the answers. `names` are those
    of the files. Raises RunInvalid for runs that cannot be compared, or that do not measure what is gated;
    DataInvalid for a library of other documents; IndexingError.
    """
    check_comparable(before, after)
    if library:
        check_library(library, before, after)
        before, after = (with_texts(run, library.stored_text) for run in (before, after))
    paired = pair(before, after)
    changes = _changes(paired.pairs, _gate(before.gate, margins or {}))
    error_rates = {
        name: run.metrics["error_rate"].value or 0.0 for name, run in zip(names, (before, after), strict=True)
    }
    outcome, why = judge(changes, error_rates, _invalid(after))
    return Comparison(
        before=_named(names[0], before),
        after=_named(names[1], after),
        changed=_changed(before, after),
        changes=changes,
        flips=[localise(flip, library) for flip in find_flips(paired.pairs)],
        notes=list(_notes(paired, before, after)),
        outcome=outcome,
        why=why,
    )


def _gate(declared: Gate, margins: Mapping[str, float]) -> Gate:
    replaced = {
        metric: declared[metric].model_copy(update={"margin": margin}) if metric in declared else Margin(margin=margin)
        for metric, margin in margins.items()
    }
    return {**declared, **replaced}


def _changes(pairs: Sequence[Pair], gate: Gate) -> list[Change]:
    each = [(pair.cluster, pair.values()) for pair in pairs]
    measured = {metric for _, values in each for metric in values}
    metrics = [metric for metric in VALUES if metric in measured] + sorted(measured - set(VALUES))
    if unmeasured := sorted(set(gate) - set(metrics)):
        raise RunInvalid(
            f"{unmeasured[0]!r} is gated, and no question of both runs has it: take it out of the gate, or ask "
            f"questions that show it (there are {', '.join(metrics)})"
        )
    changes = []
    for metric in metrics:
        held = [(cluster, *values[metric]) for cluster, values in each if metric in values]
        clusters, before, after = zip(*held, strict=True)
        changes.append(measure_change(metric, before, after, clusters, gate.get(metric)))
    return with_holm(changes)


def _invalid(run: Run) -> list[str]:
    """The qids of answers with a citation that does not hold, those that the other run has not answered too."""
    failing = (item["qid"] for item in run.items if item["scores"] and item["scores"]["citation_validity"] is False)
    return list(dict.fromkeys(failing))


def _named(name: str, run: Run) -> dict[str, Any]:
    return {"file": name, "yardstick": run.yardstick, "mode": run.mode, "fingerprint": run.fingerprint}


def _changed(before: Run, after: Run) -> list[tuple[str, str | None, str | None]]:
    names = dict.fromkeys([*before.fingerprint, *after.fingerprint])
    both = [(name, before.fingerprint.get(name), after.fingerprint.get(name)) for name in names]
    return [(name, own, other) for name, own, other in both if own != other and name not in MUST_AGREE]


def _notes(paired: Paired, before: Run, after: Run) -> Iterator[str]:
    for qids, what in (
        (paired.missing_before, "only in the new run"),
        (paired.missing_after, "only in the baseline"),
        (paired.unscored_before, "without an answer in the baseline"),
        (paired.unscored_after, "without an answer in the new run"),
    ):
        if qids:
            yield f"{len(qids)} dropped, {what}: {', '.join(qids)}"
    if before.gate != after.gate:
        yield f"the gate is the baseline's ({_worded(before.gate)}); the new run has another ({_worded(after.gate)})"
    if before.repeats != after.repeats:
        yield f"the baseline has {before.repeats} repeats of each question, the new run {after.repeats}"


def _worded(gate: Gate) -> str:
    each = (f"{metric} margin {margin.margin:g}, minimum {margin.minimum:g}" for metric, margin in gate.items())
    return "; ".join(each) or "none"
