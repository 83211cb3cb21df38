"""One answer held against its gold question, and the rates over many. No judge model: the same answer always
gets the same score.

    fact_recall          facts with an accepted form in a statement / facts            answerable, refused = 0
    forbidden_rate       answers that assert a forbidden form                          with `forbid`
    citation_validity    every statement cited, every quote == stored text[start:end]  answered
    evidence_recall      gold evidence overlapped by a citation / gold evidence        answerable, refused = 0
    hit_evidence_recall  the same for the first ten hits                               answerable
    conflict_recall      values stated citing one of their documents / values          with `conflict`
    conflict_precision   conflicts whose statements state two such values / conflicts  that list a conflict
    refusal_recall       refused                                                       unanswerable
    refusal_accuracy     refused if and only if unanswerable                           all
    answered_answerable  not refused                                                   answerable
    right                the verdict of `ScoredAnswer.right`                           all

The last column is what each is taken over. What they cannot show: whether a statement without a gold fact is
true, whether a negation or a role is kept, whether a citation beyond the gold evidence is good (one shared
character counts as overlap), and forms that nobody listed.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from statistics import fmean
from typing import Any

from eval.gold import Evidence, GoldQuestion
from eval.intervals import Interval, cluster_bootstrap_mean, wilson
from eval.normalise import contains_form
from index.errors import DocumentUnknown
from index.folding import locate

HITS_SCORED = 10  # recall@10, as MultiHop-RAG reports it (Tang & Yang 2024)

StoredText = Callable[[str, str], str]  # (doc_id, version) -> text; raises DocumentUnknown


@dataclass(frozen=True, slots=True)
class ScoredAnswer:
    """What one answer showed. None: does not apply to this question, and is left out of the rate.

    `right`: unanswerable and refused; with competing values, all of them stated, each in a statement that
    cites one of its documents; else all facts stated. In the last two cases nothing forbidden is asserted.
    """

    qid: str
    category: str
    cluster: str
    answerable: bool
    refused: bool
    right: bool
    why: str  # not right because of this; "" when right
    fact_recall: float | None
    forbidden: tuple[str, ...] | None  # the forbidden forms that were asserted
    citation_validity: bool | None
    evidence_recall: float | None
    hit_evidence_recall: float | None
    conflict_recall: float | None
    conflict_precision: float | None

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "forbidden": None if self.forbidden is None else list(self.forbidden)}


def score(question: GoldQuestion, answer: dict[str, Any], stored_text: StoredText) -> ScoredAnswer:
    """Scores the answer JSON of docs/interface.md, with the `version` of hits that rag.answer_json adds."""
    refused = answer["kind"] == "refusal"
    statements: list[dict[str, Any]] = answer["statements"]
    texts = [statement["text"] for statement in statements]
    citations = [citation for statement in statements for citation in statement["citations"]]
    hits = [{**hit, "quote": hit["text"]} for hit in answer["hits"] or () if hit["rank"] <= HITS_SCORED]
    stated = [any(contains_form(text, form) for text in texts for form in fact) for fact in question.facts]
    shown = [_shown(value.value, {e.doc_id for e in value.evidence}, statements) for value in question.conflict]
    forbidden = tuple(f for f in question.forbid if any(contains_form(t, f, whole_value=False) for t in texts))
    # a system that does not tell its hits (None) may have found everything
    in_hits = None if answer["hits"] is None else _recall(question.evidence, hits, stored_text)

    faults: list[str] = []
    if not question.answerable:
        faults += [] if refused else ["answered, though unanswerable"]
    elif refused:
        faults.append(f"refused ({answer['reason']})")
    else:
        if question.conflict:
            values = zip(question.conflict, shown, strict=True)
            faults += [f"no cited {value.value[0]!r}" for value, is_shown in values if not is_shown]
        else:
            facts = zip(question.facts, stated, strict=True)
            faults += [f"no {forms[0]!r}" for forms, is_stated in facts if not is_stated]
        faults += [f"asserts {form!r}" for form in forbidden]
    if faults and in_hits is not None and in_hits < 1:
        faults.append(f"{in_hits:.0%} of the evidence in the hits")
    return ScoredAnswer(
        qid=question.qid,
        category=question.category,
        cluster=question.cluster or question.qid,
        answerable=question.answerable,
        refused=refused,
        right=not faults,
        why="; ".join(faults),
        fact_recall=_share(stated),
        forbidden=forbidden if question.forbid else None,
        citation_validity=None if refused else _valid(statements, stored_text),
        evidence_recall=_recall(question.evidence, citations, stored_text),
        hit_evidence_recall=in_hits,
        conflict_recall=_share(shown),
        conflict_precision=_share([_is_disputed(question, answer, conflict) for conflict in answer["conflicts"]]),
    )


def _share(found: Sequence[bool]) -> float | None:
    return sum(found) / len(found) if found else None


def _shown(forms: Iterable[str], doc_ids: set[str], statements: list[dict[str, Any]]) -> bool:
    return any(
        any(contains_form(statement["text"], form) for form in forms)
        and not doc_ids.isdisjoint(citation["doc_id"] for citation in statement["citations"])
        for statement in statements
    )


def _is_disputed(question: GoldQuestion, answer: dict[str, Any], conflict: dict[str, Any]) -> bool:
    """Whether the statements of a listed conflict carry two or more of the competing values."""
    statements = [answer["statements"][at] for at in conflict["statements"]]
    return sum(_shown(value.value, {e.doc_id for e in value.evidence}, statements) for value in question.conflict) > 1


def _valid(statements: list[dict[str, Any]], stored_text: StoredText) -> bool:
    def holds(citation: dict[str, Any]) -> bool:
        try:
            text = stored_text(citation["doc_id"], citation["version"])
        except DocumentUnknown:  # a citation of a text that was never stored is invalid, not a failed run
            return False
        start, end = citation["start"], citation["end"]
        return bool(0 <= start < end and text[start:end] == citation["quote"])

    cited = bool(statements) and all(statement["citations"] for statement in statements)
    return cited and all(holds(citation) for statement in statements for citation in statement["citations"])


def _recall(evidence: Sequence[Evidence], spans: list[dict[str, Any]], stored_text: StoredText) -> float | None:
    """Share of `evidence` that one of `spans` (citations or hits, with a `quote`) overlaps.

    Near-duplicate documents: a span of another document counts when its own words hold the gold quote.
    """

    @cache
    def places(quote: str, doc_id: str, version: str) -> list[tuple[int, int]]:
        try:
            return locate(quote, stored_text(doc_id, version))
        except DocumentUnknown:
            return []

    def found(item: Evidence, span: dict[str, Any]) -> bool:
        if span["doc_id"] != item.doc_id:
            return bool(locate(item.quote, span["quote"]))
        standing = places(item.quote, item.doc_id, span["version"])
        return any(start < span["end"] and span["start"] < end for start, end in standing)

    return _share([any(found(item, span) for span in spans) for item in evidence])


# Each metric for one answer: a share, or yes and no as 1 and 0; None where it does not apply.
VALUES: Mapping[str, Callable[[ScoredAnswer], float | None]] = {
    "right": lambda s: s.right,
    "fact_recall": lambda s: s.fact_recall,
    "forbidden_rate": lambda s: None if s.forbidden is None else bool(s.forbidden),
    "conflict_recall": lambda s: s.conflict_recall,
    "conflict_precision": lambda s: s.conflict_precision,
    "citation_validity": lambda s: s.citation_validity,
    "evidence_recall": lambda s: s.evidence_recall,
    "hit_evidence_recall": lambda s: s.hit_evidence_recall,
    "refusal_recall": lambda s: None if s.answerable else s.refused,
    "refusal_accuracy": lambda s: s.refused != s.answerable,
    "answered_answerable": lambda s: not s.refused if s.answerable else None,
}
SHARES = frozenset({"fact_recall", "conflict_recall", "conflict_precision", "evidence_recall", "hit_evidence_recall"})


def values(scored: ScoredAnswer) -> dict[str, float | None]:
    """Every metric of one answer, in [0, 1], and `right_<category>` for its own."""
    own = {name: value(scored) for name, value in VALUES.items()}
    return {**own, f"right_{scored.category}": scored.right}


def aggregate(scored: Sequence[ScoredAnswer]) -> dict[str, Interval]:
    """Each metric with its 95% interval, and `right_<category>` for each category.

    Rates of yes and no get Wilson intervals, means of shares a bootstrap over clusters. Several answers to a question
    count once, by their mean, and every rate is a mean then; `n` counts questions.
    """
    shown = [(values(s), s) for s in scored]
    cluster_of = {s.qid: s.cluster for s in scored}
    has_repeats = len(cluster_of) < len(scored)
    metrics = {}
    for name in [*VALUES, *sorted({f"right_{s.category}" for s in scored})]:
        held: dict[str, list[float]] = {}
        for own, s in shown:
            if (value := own.get(name)) is not None:
                held.setdefault(s.qid, []).append(value)
        means = [fmean(own) for own in held.values()]
        if name in SHARES or has_repeats:
            metrics[name] = cluster_bootstrap_mean(means, [cluster_of[qid] for qid in held])
        else:
            metrics[name] = wilson(int(sum(means)), len(means))
    return metrics
