"""Scores of hand-made answers, and their rates, against values worked out by hand."""

from typing import Any

import pytest

from eval.gold import GoldQuestion
from eval.intervals import Interval, wilson
from eval.metrics import ScoredAnswer, aggregate, score
from index.errors import DocumentUnknown

TEXTS = {
    ("harbour.txt", "v1"): "The harbour is 12 metres deep. It opened in 1931, in May.",
    ("ferry.txt", "v1"): "The ferry takes 40 minutes. Later: the ferry takes 40 minutes.",
    ("copy.txt", "v1"): "From a reader: The harbour is 12 metres deep.",
    ("survey.txt", "v1"): "Divers measured 14 metres in the harbour.",
}


def stored_text(doc_id: str, version: str) -> str:
    try:
        return TEXTS[doc_id, version]
    except KeyError:
        raise DocumentUnknown(f"no document {doc_id!r}") from None


def cite(doc_id: str, quote: str, /, **change: Any) -> dict[str, Any]:
    start = TEXTS[doc_id, "v1"].index(quote)
    return {
        "doc_id": doc_id,
        "version": "v1",
        "start": start,
        "end": start + len(quote),
        "quote": quote,
    } | change


def hit(rank: int, doc_id: str, text: str) -> dict[str, Any]:
    place = cite(doc_id, text)
    return {"rank": rank, "text": place.pop("quote"), **place}


def answer(
    *statements: tuple[str, list[dict[str, Any]]],
    hits: list[dict[str, Any]] | None = None,
    conflicts: tuple[tuple[int, ...], ...] = (),
) -> dict[str, Any]:
    shown = [{"text": text, "citations": citations} for text, citations in statements]
    listed = [{"about": "depth", "statements": list(at)} for at in conflicts]
    return {"kind": "answer", "reason": None, "statements": shown, "conflicts": listed, "hits": hits or []}


def refusal(hits: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    return {"kind": "refusal", "reason": "no_evidence", "statements": [], "conflicts": [], "hits": hits or []}


def gold(**change: Any) -> GoldQuestion:
    fields: dict[str, Any] = {
        "qid": "q",
        "question": "How deep is the harbour, and how long does the ferry take?",
        "answerable": True,
        "category": "multi",
        "facts": (("12 metres", "12 m"), ("40 minutes",)),
        "evidence": (
            {"doc_id": "harbour.txt", "quote": "12 metres deep"},
            {"doc_id": "ferry.txt", "quote": "takes 40 minutes"},
        ),
    }
    return GoldQuestion.model_validate(fields | change)


DEPTH = ("It is 12 m deep.", [cite("harbour.txt", "The harbour is 12 metres deep.")])
FERRY = ("The ferry needs forty minutes.", [cite("ferry.txt", "The ferry takes 40 minutes.")])
UNANSWERABLE = gold(answerable=False, category="unanswerable", facts=(), evidence=())
DISPUTED = gold(
    category="disagreement",
    facts=(("12 metres",), ("14 metres",)),
    conflict=(
        {"value": ("12 metres", "12 m"), "evidence": ({"doc_id": "harbour.txt", "quote": "12 metres deep"},)},
        {"value": ("14 metres",), "evidence": ({"doc_id": "survey.txt", "quote": "14 metres"},)},
    ),
)
SURVEY = ("Divers found 14 metres.", [cite("survey.txt", "Divers measured 14 metres in the harbour.")])


def test_a_full_answer() -> None:
    hits = [hit(1, "ferry.txt", "Later: the ferry takes 40 minutes.")]
    assert score(gold(cluster="port"), answer(DEPTH, FERRY, hits=hits), stored_text) == ScoredAnswer(
        qid="q",
        category="multi",
        cluster="port",
        answerable=True,
        refused=False,
        right=True,
        why="",
        fact_recall=1.0,
        forbidden=None,
        citation_validity=True,
        evidence_recall=1.0,
        hit_evidence_recall=0.5,
        conflict_recall=None,
        conflict_precision=None,
    )


def test_half_an_answer() -> None:
    scored = score(gold(), answer(FERRY), stored_text)
    assert (scored.fact_recall, scored.evidence_recall, scored.right) == (0.5, 0.5, False)
    assert scored.why == "no '12 metres'; 0% of the evidence in the hits"
    assert scored.cluster == "q"  # without a cluster, a cluster of its own


def test_a_form_does_not_run_across_statements() -> None:
    split = [("It is 12", DEPTH[1]), ("metres deep.", DEPTH[1])]
    assert score(gold(), answer(*split), stored_text).fact_recall == 0.0


def test_refusals() -> None:
    hits = [hit(1, "harbour.txt", "The harbour is 12 metres deep."), hit(2, "ferry.txt", "takes 40 minutes")]
    wrong = score(gold(forbid=("13 metres",)), refusal(hits), stored_text)
    assert (wrong.refused, wrong.right, wrong.why) == (True, False, "refused (no_evidence)")
    assert (wrong.fact_recall, wrong.evidence_recall, wrong.hit_evidence_recall) == (0.0, 0.0, 1.0)
    assert (wrong.citation_validity, wrong.forbidden) == (None, ())
    right = score(UNANSWERABLE, refusal(hits), stored_text)
    assert (right.right, right.why, right.fact_recall, right.evidence_recall) == (True, "", None, None)
    assert (right.hit_evidence_recall, right.citation_validity) == (None, None)


def test_answering_the_unanswerable() -> None:
    scored = score(UNANSWERABLE, answer(DEPTH), stored_text)
    assert (scored.right, scored.why) == (False, "answered, though unanswerable")
    assert (scored.citation_validity, scored.evidence_recall) == (True, None)


def test_forbidden_forms() -> None:
    question = gold(forbid=("1931", "999", "40"))
    text = "It opened in 1931 and cost 999 billion; the ferry takes 400 minutes."
    scored = score(question, answer(DEPTH, FERRY, (text, DEPTH[1])), stored_text)
    assert scored.forbidden == ("1931", "999", "40")  # 40 for the forty minutes of FERRY
    assert not scored.right
    assert scored.why.startswith("asserts '1931'; asserts '999'; asserts '40'")
    assert score(gold(forbid=("1932",)), answer(DEPTH, FERRY), stored_text).forbidden == ()


@pytest.mark.parametrize(
    "citation",
    [
        cite("harbour.txt", "12 metres", quote="13 metres"),
        cite("harbour.txt", "12 metres", start=14),
        cite("harbour.txt", "12 metres", end=27),
        cite("harbour.txt", "12 metres", version="v2"),
        cite("harbour.txt", "12 metres", doc_id="gone.txt"),
        cite("harbour.txt", "12 metres", start=0, end=0, quote=""),
        cite("harbour.txt", "12 metres", start=-4, end=-1, quote="May"),
    ],
)
def test_invalid_citations(citation: dict[str, Any]) -> None:
    scored = score(gold(), answer(DEPTH, ("It is 12 m deep.", [*DEPTH[1], citation])), stored_text)
    assert scored.citation_validity is False


def test_a_statement_or_an_answer_without_citation_is_invalid() -> None:
    assert score(gold(), answer(DEPTH, ("It is deep.", [])), stored_text).citation_validity is False
    assert score(gold(), answer(), stored_text).citation_validity is False


def test_evidence_counts_at_any_of_its_places_and_not_beside_them() -> None:
    second = score(gold(), answer(("x", [cite("ferry.txt", "Later: the ferry takes")])), stored_text)
    assert second.evidence_recall == 0.5
    for beside in ("Later: the ferry ", ". Later: the ferry "):  # ends and starts where the quote starts and ends
        assert score(gold(), answer(("x", [cite("ferry.txt", beside)])), stored_text).evidence_recall == 0.0
    version_gone = score(gold(), answer(("x", [cite("ferry.txt", "takes 40 minutes", version="v0")])), stored_text)
    assert version_gone.evidence_recall == 0.0


def test_evidence_in_a_near_duplicate_counts_when_the_whole_gold_quote_is_cited() -> None:
    whole = score(gold(), answer(("x", [cite("copy.txt", "harbour is 12 metres deep.")])), stored_text)
    assert whole.evidence_recall == 0.5
    part = score(gold(), answer(("x", [cite("copy.txt", "is 12 metres")])), stored_text)
    assert part.evidence_recall == 0.0
    hits = [hit(1, "copy.txt", "The harbour is 12 metres deep.")]
    assert score(gold(), refusal(hits), stored_text).hit_evidence_recall == 0.5


def test_only_the_first_ten_hits_count() -> None:
    for rank, recall in ((10, 0.5), (11, 0.0)):
        hits = [hit(rank, "ferry.txt", "The ferry takes 40 minutes.")]
        assert score(gold(), refusal(hits), stored_text).hit_evidence_recall == recall


def test_a_disagreement_needs_every_value_with_its_own_source() -> None:
    both = score(DISPUTED, answer(DEPTH, SURVEY), stored_text)
    assert (both.right, both.conflict_recall, both.why) == (True, 1.0, "")
    assert both.fact_recall == 0.5  # "12 m" is a form of the value, not of the fact: the verdict is the value's
    one = score(DISPUTED, answer(DEPTH), stored_text)
    assert (one.right, one.conflict_recall) == (False, 0.5)
    assert one.why.startswith("no cited '14 metres'")
    swapped = score(DISPUTED, answer((DEPTH[0], SURVEY[1]), (SURVEY[0], DEPTH[1])), stored_text)
    assert (swapped.right, swapped.conflict_recall) == (False, 0.0)
    together = score(DISPUTED, answer(("12 m or 14 metres.", [*DEPTH[1], *SURVEY[1]])), stored_text)
    assert together.right
    assert score(DISPUTED, refusal(), stored_text).conflict_recall == 0.0


def test_a_listed_conflict_is_right_when_its_statements_carry_two_values() -> None:
    def precision(question: GoldQuestion, *conflicts: tuple[int, ...]) -> float | None:
        return score(question, answer(DEPTH, SURVEY, FERRY, conflicts=conflicts), stored_text).conflict_precision

    assert precision(DISPUTED) is None
    assert precision(DISPUTED, (0, 1)) == 1.0
    assert precision(DISPUTED, (0, 2)) == 0.0  # the ferry is nobody's dispute
    assert precision(DISPUTED, (0, 1), (1, 2)) == 0.5
    assert precision(gold(), (0, 1)) == 0.0  # a question that nothing is disputed of
    together = answer(("12 m or 14 metres.", [*DEPTH[1], *SURVEY[1]]), conflicts=((0,),))
    assert score(DISPUTED, together, stored_text).conflict_precision == 1.0
    swapped = answer((DEPTH[0], SURVEY[1]), (SURVEY[0], DEPTH[1]), conflicts=((0, 1),))
    assert score(DISPUTED, swapped, stored_text).conflict_precision == 0.0
    assert score(DISPUTED, refusal(), stored_text).conflict_precision is None


def test_a_forbidden_value_spoils_a_disagreement() -> None:
    question = DISPUTED.model_copy(update={"forbid": ("13 metres",)})
    assert not score(question, answer(DEPTH, SURVEY, ("Or 13 metres.", DEPTH[1])), stored_text).right


def test_scores_as_json() -> None:
    values = score(gold(forbid=("1931",)), answer(DEPTH, FERRY), stored_text).to_json()
    assert values["forbidden"] == []
    assert list(values) == [
        *("qid", "category", "cluster", "answerable", "refused", "right", "why", "fact_recall", "forbidden"),
        *("citation_validity", "evidence_recall", "hit_evidence_recall", "conflict_recall"),
        "conflict_precision",
    ]


def test_rates_over_five_answers() -> None:
    scored = [
        score(gold(qid="1", cluster="a", forbid=("1931",)), answer(DEPTH, FERRY), stored_text),
        score(gold(qid="2", cluster="a", forbid=("40",)), answer(FERRY), stored_text),
        score(gold(qid="3", cluster="b"), refusal([hit(1, "harbour.txt", "12 metres deep")]), stored_text),
        score(UNANSWERABLE.model_copy(update={"qid": "4"}), refusal(), stored_text),
        score(UNANSWERABLE.model_copy(update={"qid": "5"}), answer(("x", [])), stored_text),
        score(DISPUTED.model_copy(update={"qid": "6", "cluster": "c"}), answer(DEPTH, conflicts=((0,),)), stored_text),
    ]
    metrics = aggregate(scored)
    assert metrics["right"] == wilson(2, 6)  # 1 and 4
    assert metrics["forbidden_rate"] == wilson(1, 2)  # 2 of 1, 2
    assert metrics["citation_validity"] == wilson(3, 4)  # 5 fails; 3 and 4 refused
    assert metrics["refusal_recall"] == wilson(1, 2)
    assert metrics["refusal_accuracy"] == wilson(4, 6)  # not 3 and 5
    assert metrics["answered_answerable"] == wilson(3, 4)
    assert metrics["right_disagreement"] == wilson(0, 1)
    assert metrics["right_multi"] == wilson(1, 3)
    assert metrics["right_unanswerable"] == wilson(1, 2)
    assert metrics["conflict_recall"] == Interval(0.5, None, None, 1)
    assert metrics["conflict_precision"] == Interval(0.0, None, None, 1)
    # facts 1, 1/2, 0 and 0 ("12 m" is no form of DISPUTED's fact)
    assert metrics["fact_recall"].value == pytest.approx(1.5 / 4)
    assert metrics["fact_recall"].n == 4
    assert metrics["evidence_recall"].value == pytest.approx((1 + 0.5 + 0 + 0.5) / 4)
    assert metrics["hit_evidence_recall"].value == pytest.approx(0.5 / 4)
    # clusters a (1, 1/2), b (0), c (0): the least resample has no a, the largest only a
    assert (metrics["fact_recall"].low, metrics["fact_recall"].high) == (0.0, 0.75)
    assert set(metrics) == {
        *(
            "right",
            "fact_recall",
            "forbidden_rate",
            "conflict_recall",
            "conflict_precision",
            "citation_validity",
            "evidence_recall",
        ),
        *("hit_evidence_recall", "refusal_recall", "refusal_accuracy", "answered_answerable"),
        *("right_disagreement", "right_multi", "right_unanswerable"),
    }


def test_rates_over_nothing_are_none() -> None:
    assert set(aggregate([]).values()) == {Interval(None, None, None, 0)}
