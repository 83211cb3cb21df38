"""Runs and comparisons made by hand, for the tests of the reports."""

from collections.abc import Sequence
from typing import Any

from eval.comparison import Change, Comparison, Flip, Outcome
from eval.gate import DEFAULT_GATE
from eval.intervals import Interval, wilson
from eval.runner import Run

HOSTILE = (
    "<img src=x onerror=alert(1)><script>alert(2)</script></details> | **b** `c` [d](http://evil.example) @admin "
    "{{ 7*7 }} &lt; \x1b[31m\u202e42\ud800\x00 \n# head\n- list"
)


def answer(
    *texts: str, confidence: float | None = 0.5, reason: str | None = None, took_s: float = 0.2
) -> dict[str, Any]:
    """The JSON of an answer that quotes one document, sentence by sentence; without texts, of a refusal."""
    text = " ".join(texts) or "Nothing near."
    place = {"doc_id": "mill.txt", "version": "v1", "title": "The mill", "published": None, "page": None}
    statements: list[dict[str, Any]] = []
    for number, said in enumerate(texts, 1):
        start = text.index(said)
        cited = {"number": number, **place, "start": start, "end": start + len(said), "quote": said, "verdict": "exact"}
        statements.append({"text": said, "support": 1.0, "citations": [cited]})
    hit = {"rank": 1, "score": 0.9, **place, "start": 0, "end": len(text), "text": text, "found_by": ["dense"]}
    return {
        "kind": "answer" if texts else "refusal",
        "mode": "extractive",
        "model": None,
        "short": None,
        "confidence": confidence if texts else None,
        "statements": statements,
        "conflicts": [],
        "reason": None if texts else reason or "no_evidence",
        "withheld": [],
        "hits": [hit | {"sent_spans": [], "cited": bool(texts)}],
        "timings_s": {"retrieve": took_s, "draft": took_s / 2},
        "tokens": {"prompt": 0, "completion": 0},
    }


def item(qid: str, right: bool, *, said: dict[str, Any] | None = None, **change: Any) -> dict[str, Any]:
    """An item of a run; `said` is the answer JSON, by default one that is right or wrong as asked for."""
    given = said or answer("It was built in 1820." if right else "It burned.")
    gold = {"qid": qid, "question": f"When was {qid} built?", "category": "single", "answerable": True}
    gold |= {
        "facts": [["1820"]],
        "forbid": [],
        "conflict": [],
        "evidence": [{"doc_id": "mill.txt", "quote": "built in 1820"}],
    }
    refused = given["kind"] == "refusal"
    scores = {"qid": qid, "category": "single", "cluster": qid, "answerable": True, "refused": refused, "right": right}
    scores |= {"why": "" if right else "no '1820'", "fact_recall": float(right), "forbidden": None}
    scores |= {"citation_validity": None if refused else True, "evidence_recall": float(right)}
    scores |= {"hit_evidence_recall": 0.0 if refused else 1.0, "conflict_recall": None, "conflict_precision": None}
    return {
        "qid": qid,
        "question": gold["question"],
        "answer": given,
        "gold": gold,
        "scores": scores,
        "error": None,
    } | change


def unscored(qid: str, error: str = "the model sent no JSON") -> dict[str, Any]:
    return item(qid, False) | {"answer": None, "scores": None, "error": error}


def run(items: Sequence[dict[str, Any]], **fingerprint: str | None) -> Run:
    scored = [one for one in items if one["scores"]]
    right = wilson(sum(one["scores"]["right"] for one in scored), len(scored))
    metrics = {
        "right": right,
        "fact_recall": right,
        "forbidden_rate": wilson(0, len(scored)),
        "conflict_recall": Interval(None, None, None, 0),
        "right_single": right,
        "error_rate": wilson(len(items) - len(scored), len(items)),
    }
    hashes = {"gold_hash": "a", "corpus_hash": "b", "scorer_hash": "c"}
    named = {**hashes, "model": None, "pincite": "0.1.0", **fingerprint}
    return Run("mills", "extractive", named, metrics, list(items), gate=DEFAULT_GATE)


def change(metric: str = "right", **fields: Any) -> Change:
    """An inconclusive change of a gated metric, but for `fields`."""
    made: dict[str, Any] = {"metric": metric, "tier": "correctness", "before": 0.9, "after": 0.88, "difference": -0.02}
    made |= {"low": -0.07, "high": 0.03, "p": 0.5, "p_holm": 0.5, "questions": 100, "clusters": 80, "margin": 0.05}
    made |= {"minimum": 0.02, "verdict": "INCONCLUSIVE", "detectable": 0.09, "settle": 260}
    return Change(**made | fields)


DESCRIPTIVE: dict[str, Any] = {"tier": "descriptive", "margin": None, "minimum": None, "p_holm": None, "settle": None}


def comparison(
    changes: Sequence[Change] | None = None,
    flips: Sequence[Flip] = (),
    outcome: Outcome = "inconclusive",
    **fields: Any,
) -> Comparison:
    made: dict[str, Any] = {
        "before": {"file": "before.json", "mode": "extractive", "fingerprint": {}},
        "after": {"file": "after.json", "mode": "extractive", "fingerprint": {}},
        "changed": [("pincite", "0.1.0", "0.2.0")],
        "changes": changes if changes is not None else [change(), change("fact_recall", **DESCRIPTIVE)],
        "flips": flips,
        "notes": ["1 question is in one run only: q9"],
        "outcome": outcome,
        "why": "right cannot be told",
    }
    return Comparison(**made | fields)


def lost(qid: str = "q2", **fields: Any) -> Flip:
    made: dict[str, Any] = {"qid": qid, "direction": "lost", "stage": "retrieval", "why": "the hits lack the evidence"}
    return Flip(**made | {"before": item(qid, True), "after": item(qid, False)} | fields)


def compared() -> tuple[Comparison, Run, Run]:
    """Three questions: one lost, one won, one unscored after."""
    before = run([item("q1", True), item("q2", True), item("q3", False)])
    after = run([item("q1", True), item("q2", False, said=answer()), item("q3", True), unscored("q4")])
    flips = [
        lost("q2", before=before.items[1], after=after.items[1]),
        lost("q3", direction="won", stage=None, why="two stages changed", before=before.items[2], after=after.items[2]),
    ]
    return comparison(flips=flips), before, after
