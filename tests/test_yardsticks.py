"""Public question sets: each score against values worked out by hand, and every set from its files to its run file."""

import json
import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval import (
    yardstick_multihop,
    yardstick_ragchecker,
    yardstick_ramdocs,
    yardstick_rgb,
    yardstick_squad2,
    yardstick_wice,
    yardsticks,
)
from eval.errors import DataInvalid
from eval.intervals import Interval
from eval.reference import AnswerScore, token_f1
from eval.runner import read_run
from eval.yardstick_data import Record, read_records
from eval.yardstick_statistics import auroc, balanced_accuracy, cluster_bootstrap, f1, pearson, ranks, spearman
from rag.errors import ModelUnavailable
from ui.cli import main
from ui.eval_cli import YARDSTICKS

Item = dict[str, Any]

# -- small sets in the shape of the public files

FERRY = "The ferry to Lorne was built in 1998 by the Aldis yard. It carries 240 cars. Its captain is Mara Quill."
BRIDGE = "The stone bridge over the Wend was designed by Otto Brandt. It was opened on 4 May 1931."


def _squad(qid: str, context: str, question: str, *answers: str) -> Item:
    return {
        "id": qid,
        "context": context,
        "question": question,
        "answers": list(answers) or [""],
        "is_impossible": not answers,
    }


SQUAD = [
    _squad("s1", FERRY, "How many cars does the ferry to Lorne carry?", "240", "240 cars"),
    _squad("s2", FERRY, "Who is the captain of the ferry to Lorne?", "Mara Quill"),
    _squad("s3", BRIDGE, "What does a horse weigh on Jupiter?"),
]
REGATTA = ("{} won the Lorne regatta in 2021 by two lengths.", "The 2021 Lorne regatta was won by {}.")
RGB = [
    {
        "id": 7,
        "query": "Who won the Lorne regatta in 2021?",
        "answer": "Ada Finch",
        "fakeanswer": "Ben Crow",
        "positive": [snippet.format("Ada Finch") for snippet in REGATTA],
        "positive_wrong": [snippet.format("Ben Crow") for snippet in REGATTA],
        "negative": [f"Tickets for stand {letter} of the harbour fair are sold out." for letter in "ABCDE"],
    },
    {
        "id": 9,
        "query": "When was the Wend bridge opened?",
        "answer": [["4 May 1931", "May 4, 1931"]],
        "fakeanswer": "1 June 1930",
        "positive": ["The Wend bridge was opened on May 4, 1931."],
        "positive_wrong": ["The Wend bridge was opened on 1 June 1930."],
        "negative": ["A bridge club meets on Mondays."],
    },
]


def _source(text: str, kind: str, said: str = "unknown") -> Item:
    return {"text": text, "type": kind, "answer": said}


RAMDOCS: list[Item] = [
    {
        "question": "When was the Lorne lighthouse built?",
        "documents": [
            _source("The Lorne lighthouse on the north cape was built in 1874.", "correct", "1874"),
            _source("The Lorne lighthouse of the inner harbour was built in 1902.", "correct", "1902"),
            _source("The Lorne lighthouse was built in 1850, a leaflet says.", "misinfo", "1850"),
            _source("A lighthouse keeper lives alone.", "noise"),
        ],
        "gold_answers": ["1874", "1902"],
        "wrong_answers": ["1850"],
        "disambig_entity": ["north cape", "inner harbour"],
    },
    {
        "question": "Which sport does Ada Finch do?",
        "documents": [_source("Ada Finch is a rower from Lorne.", "correct", "Rowing")],
        "gold_answers": ["Rowing"],
        "wrong_answers": [],
    },
]


def _article(title: str, source: str, day: str, *facts: str) -> Item:
    at = {"published_at": f"{day}T10:00:00+00:00", "category": "news", "url": f"https://lorne.example/{day}"}
    return {"title": title, "author": None, "source": source, **at, "facts": list(facts)}


def _query(query: str, kind: str, reply: str, *evidence: tuple[Item, int]) -> Item:
    facts = [{**{key: a[key] for key in a if key != "facts"}, "fact": a["facts"][i]} for a, i in evidence]
    return {"query": query, "answer": reply, "question_type": f"{kind}_query", "evidence_list": facts}


FARES = _article("Ferry fares rise", "The Lorne Gazette", "2023-05-04", "Fares on the Lorne ferry rise by 8% in June.")
HIRES = _article(
    "Aldis yard hires", "Wend Courier", "2023-06-01", "The Aldis yard hires 40 welders.", "Its director is Ines Vale."
)
ARTICLES = [FARES, HIRES]
DIRECTOR = "Who directs the Aldis yard, which hires welders as the Wend Courier says?"
RISING = "Do the Lorne Gazette and the Wend Courier both report on rising fares?"
QUERIES = [
    _query(DIRECTOR, "inference", "Ines Vale", (HIRES, 0), (HIRES, 1)),
    _query(RISING, "comparison", "no", (FARES, 0)),
    _query("Which opera did the mayor of Atlantis sing?", "null", "Insufficient information."),
]
PAGE = [
    "(meta data) TITLE: Lorne",
    "Lorne is a port.",
    "Its ferry carries 240 cars.",
    "The Aldis yard built the ferry.",
]
CLAIM = "The ferry of Lorne carries 240 cars."
BUILT = "The Aldis yard built the ferry for 300 million crowns in 1931."
ZEBRAS = "Zebras graze there."


def _page(qid: str, claim: str, label: str, evidence: list[str], *sets: list[int]) -> Item:
    supporting = {"supporting_sentences": list(sets) or [[]]}
    return {"claim": claim, "label": label, "evidence": evidence, **supporting, "meta": {"id": qid, "claim_title": "L"}}


def _chunk(qid: str, claim: str, label: str, places: list[int], named: list[int]) -> Item:
    meta = {"id": qid, "chunk_idx": places} | ({"oracle_idx": named} if named else {})
    return {"claim": claim, "label": label, "evidence": [PAGE[i] for i in places], "meta": meta}


WICE_PAGES = [
    _page("w1", CLAIM, "supported", PAGE, [2], [1, 2]),
    _page("w2", BUILT, "partially_supported", PAGE, [3]),
    _page("w3", ZEBRAS, "not_supported", ["Nothing of it."]),
]
WICE_CHUNKS = [
    _chunk("w1", CLAIM, "supported", [1, 2], [1, 2]),
    _chunk("w1", CLAIM, "supported", [0, 1], [1]),
    _chunk("w2", BUILT, "partially_supported", [3], [3]),
    _chunk("w3", ZEBRAS, "not_supported", [1], []),
]


def _pair(qid: int, query: str, reference: str, first: str, second: str, *overall: int) -> Item:
    people = [{"correctness_label": 0, "completeness_label": label, "overall_label": label} for label in overall]
    texts = {"query": query, "gt_answer": reference, "response1": first, "response2": second}
    return {"id": qid, **texts, "human": people}


PAIRS = [
    _pair(
        0, "What does the ferry carry?", "It carries 240 cars.", "It carries 240 cars [1].", "I do not know.", -2, -1
    ),
    _pair(1, "Who built it?", "The Aldis yard built it in 1998.", "A yard.", "The Aldis yard, in 1998.", 2, 2),
    _pair(2, "Who is captain?", "Mara Quill is captain.", "Mara Quill.", "Mara Quill.", 0, 1),
]
FILES = {
    "squad2.jsonl": SQUAD,
    "rgb_en_fact.jsonl": RGB,
    "ramdocs.jsonl": RAMDOCS,
    "multihop_articles.jsonl": ARTICLES,
    "multihop_queries.jsonl": QUERIES,
    "wice_claim.jsonl": WICE_PAGES,
    "wice_oracle_chunks_claim.jsonl": WICE_CHUNKS,
    "ragchecker.jsonl": PAIRS,
}


def write_sets(folder: Path) -> Path:
    for name, rows in FILES.items():
        (folder / name).write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_sets(tmp_path_factory.mktemp("yardsticks"))


def answer(*statements: tuple[str, list[str]], short: str | None = None, hits: tuple[str, ...] = ()) -> dict[str, Any]:
    """An answer JSON of (text, doc_ids cited) statements; a refusal without any."""
    return {
        "kind": "answer" if statements else "refusal",
        "short": short,
        "statements": [{"text": text, "citations": [{"doc_id": d} for d in docs]} for text, docs in statements],
        "hits": [{"rank": rank, "text": text} for rank, text in enumerate(hits, 1)],
    }


def values(metrics: dict[str, Interval]) -> dict[str, tuple[float | None, int]]:
    return {name: (i.value if i.value is None else round(i.value, 4), i.n) for name, i in metrics.items()}


# -- words against a reference


@pytest.mark.parametrize(
    ("said", "references", "score"),
    [
        ("Mara Quill", ["Mara Quill"], 1.0),
        ("the Mara-Quill!", ["maraquill"], 1.0),  # SQuAD drops punctuation, it does not split at it
        ("Captain Mara Quill", ["Mara Quill", "Ben"], 0.8),  # 2 * 2 / (3 + 2)
        ("cars cars cars", ["cars"], 0.5),  # a word counts as often as it stands
        ("", ["240"], 0.0),
        ("", [""], 1.0),
        ("a", ["the"], 1.0),
        ("240", [], 0.0),
    ],
)
def test_token_f1(said: str, references: list[str], score: float) -> None:
    assert token_f1(said, references) == pytest.approx(score)


def test_an_answer_is_scored_by_the_weight_of_what_it_shares() -> None:
    score = AnswerScore(["ferry", "ferry", "ferry captain", "240 cars"])
    rare = math.log(1 + 3.5 / 1.5)  # of four texts one has it; ferry: three
    common = math.log(1 + 1.5 / 3.5)
    shared, said, wanted = 2 * rare, 2 * rare + common, 2 * rare + rare  # a value counts twice
    precision, recall = shared / said, shared / wanted
    assert score("240 ferries", "240 cars") == pytest.approx(5 * precision * recall / (4 * precision + recall))
    assert score("240 cars", "240 cars [3, 4]") == 1.0
    assert score("the captain", "240 cars") == score("", "") == 0.0


@given(st.text(), st.text())
def test_any_two_texts_have_a_score(said: str, reference: str) -> None:
    score = AnswerScore([said, reference])
    assert 0 <= score(said, reference) <= 1 + 1e-9
    assert 0 <= token_f1(said, [reference]) <= 1


# -- statistics


def test_ranks_share_ties() -> None:
    assert ranks([3, 1, 3, 2]).tolist() == [3.5, 1, 3.5, 2]


def test_auroc_counts_pairs() -> None:
    assert auroc([0.9, 0.4, 0.4, 0.1], [True, True, False, False]) == pytest.approx(3.5 / 4)
    assert math.isnan(auroc([1, 2], [True, True]))


@given(st.lists(st.tuples(st.integers(0, 4), st.booleans()), min_size=2, max_size=12))
def test_auroc_is_the_share_of_pairs_won(pairs: list[tuple[int, bool]]) -> None:
    positive, others = ([score for score, own in pairs if own is side] for side in (True, False))
    wins = [(p > o) + (p == o) / 2 for p in positive for o in others]
    ours = auroc([s for s, _ in pairs], [p for _, p in pairs])
    assert (math.isnan(ours) and not wins) or ours == pytest.approx(sum(wins) / len(wins))


def test_decisions_and_correlations() -> None:
    said, true = [1, 1, 0, 0, 0], [1, 0, 1, 0, 0]
    assert f1(said, true) == pytest.approx(0.5)
    assert f1([0], [0]) == 0.0
    assert balanced_accuracy(said, true) == pytest.approx((1 / 2 + 2 / 3) / 2)
    assert math.isnan(balanced_accuracy([1], [1]))
    assert pearson([1, 2, 3], [1, 2, 4]) == pytest.approx(np.corrcoef([1, 2, 3], [1, 2, 4])[0, 1])
    assert spearman([1, 2, 3], [1, 10, 11]) == pytest.approx(1)
    assert math.isnan(pearson([1, 1], [1, 2]))


def test_an_interval_draws_whole_clusters() -> None:
    scores, true = [0.9, 0.8, 0.7, 0.2, 0.3, 0.6] * 5, [1, 0, 1, 0, 0, 1] * 5
    names = [str(number) for number in range(30)]
    alone = cluster_bootstrap(auroc, [scores, true], names)
    paired = cluster_bootstrap(auroc, [scores, true], [str(number // 6) for number in range(30)])
    assert alone.value == paired.value == pytest.approx(7 / 9)
    assert alone.low is not None
    assert alone.high is not None
    assert alone.low < 7 / 9 < alone.high
    assert (paired.low, paired.high) == (paired.value, paired.value)  # each cluster is the same sample again
    assert cluster_bootstrap(auroc, [scores, true], ["one"] * 30) == Interval(paired.value, None, None, 30)
    assert cluster_bootstrap(auroc, [[1], [1]], ["one"]) == cluster_bootstrap(auroc, [[], []], ["one"])
    assert cluster_bootstrap(auroc, [[], []], []) == Interval(None, None, None, 0)


# -- each set, scored by hand


def test_squad2_reads_the_short_answer() -> None:
    def item(gold: list[str], given: dict[str, Any], document: str = "p") -> Item:
        return {"gold": {"answerable": bool(gold), "answers": gold, "document": document}, "answer": given}

    said = [("It carries 240 cars.", ["p"])]
    metrics = yardstick_squad2.measure(
        [
            item(["240"], answer(*said, short="240")),
            item(["240", "240 cars"], answer(*said, short="the 240 cars of it"), "q"),  # 4 of 4 + 2: 2 / 3
            item(["240"], answer(*said), "q"),  # no short answer
            item(["240"], answer()),
            item([], answer()),
            item([], answer(*said, short="240")),
        ]
    )
    assert values(metrics) == {
        "f1_answerable": (round((1 + 2 * 2 / 6 + 0 + 0) / 4, 4), 4),
        "refusal_unanswerable": (0.5, 2),
        "refusal_answerable": (0.25, 4),
    }


def test_rgb_takes_snippets_in_file_order_and_skips_rows_with_too_few(data: Path) -> None:
    questions = {q.qid: q for q in yardstick_rgb.read(data, None).questions}
    # row 7 has two true snippets and five of noise, row 9 one of each
    assert set(questions) == {
        *(f"7-{name}" for name in ("accuracy_noise_60", "accuracy_noise_80", "refusal_rate", "both_values_rate")),
        "9-both_values_rate",
    }
    assert questions["7-accuracy_noise_60"].documents == (
        "007/positive-0.txt", "007/positive-1.txt", "007/negative-0.txt", "007/negative-1.txt", "007/negative-2.txt",
    )  # fmt: skip
    assert questions["7-refusal_rate"].documents == tuple(f"007/negative-{i}.txt" for i in range(5))
    assert len(yardstick_rgb.read(data, 1).questions) == 4
    assert len(yardstick_rgb.read(data, 1).texts) == 9 + 3


@pytest.mark.parametrize(
    ("gold", "statements", "right"),
    [
        (["Ada Finch"], ["ADA FINCH won."], True),
        (["Ada Finch"], [], False),
        (["Finch"], ["Goldfinches sing."], True),  # RGB's own rule: a substring
        ([["4 May 1931", "May 4, 1931"]], ["Opened on May 4, 1931."], True),
        ([["4 May", "May 4"], "1931"], ["Opened on May 4.", "In 1931."], True),
        ([["4 May", "May 4"], "1931"], ["Opened on May 4."], False),
    ],
)
def test_rgb_wants_all_parts_in_any_form(gold: list[Any], statements: list[str], right: bool) -> None:
    parts = [[part] if isinstance(part, str) else part for part in gold]
    item = {
        "gold": {"metric": "accuracy_noise_20", "answer": parts, "fakeanswer": [["no"]]},
        "answer": answer(*((text, ["d"]) for text in statements)),
    }
    assert values(yardstick_rgb.measure([item]))["accuracy_noise_20"] == (float(right), 1)


@pytest.mark.parametrize(
    ("statements", "right"),
    [
        ([("Finch won.", ["t0"]), ("Crow won.", ["f0"])], True),
        ([("Finch won, others say Crow.", ["t0", "f0"])], True),
        ([("Finch won.", ["t0"]), ("Crow won.", ["t0"])], False),  # not of its own side
        ([("Crow won.", ["t0"]), ("Finch won.", ["f0"])], False),
        ([("Finch won.", ["t0"])], False),
        ([], False),
    ],
)
def test_rgb_wants_both_values_each_from_its_side(statements: list[Any], right: bool) -> None:
    gold = {
        "metric": "both_values_rate",
        "answer": [["Finch"]],
        "fakeanswer": [["Crow"]],
        "true": ["t0"],
        "false": ["f0"],
    }
    metrics = values(yardstick_rgb.measure([{"gold": gold, "answer": answer(*statements)}]))
    assert metrics["both_values_rate"] == (float(right), 1)
    assert metrics["refusal_rate"] == metrics["accuracy_noise_00"] == (None, 0)


LIGHTHOUSE = {
    "gold_answers": ["1874", "1902"],
    "wrong_answers": ["1850"],
    "given_by": {"1874": ["a"], "1902": ["b"], "1850": ["c"]},
    "misinformation": ["c"],
}


@pytest.mark.parametrize(
    ("statements", "exact", "attributed", "recall", "misinformed"),
    [
        ([("In 1874.", ["a"]), ("In 1902.", ["b"])], 1, 1, 1.0, 0),
        ([("In 1874.", ["a"]), ("In 1902.", ["b"]), ("In 1850.", ["c"])], 0, 1, 1.0, 1),
        ([("In 1874, in 1902, or in 1850.", ["a", "b", "c"])], 0, 1, 1.0, 1),
        ([("In 1874.", ["a"]), ("In 1902.", ["b"]), ("In 1850.", ["a"])], 0, 0, 1.0, 0),  # in another's name
        ([("In 1874.", ["d"]), ("In 1902.", ["b"])], 1, 0, 1.0, 0),  # of a document that does not give it
        ([("In 1874.", ["d"]), ("In 1874.", ["a"]), ("In 1902.", ["b"])], 1, 1, 1.0, 0),
        ([("In 1874.", ["a"])], 0, 0, 0.5, 0),
        ([("In 1850.", ["c"])], 0, 0, 0.0, 1),
        ([("It has 11874 steps.", ["a"])], 0, 0, 0.0, 0),  # whole tokens
        ([], 0, 0, 0.0, 0),
    ],
)
def test_ramdocs(statements: list[Any], exact: int, attributed: int, recall: float, misinformed: int) -> None:
    metrics = yardstick_ramdocs.measure([{"qid": "0", "gold": LIGHTHOUSE, "answer": answer(*statements)}])
    assert values(metrics) == {
        "exact_match": (exact, 1),
        "attributed_exact_match": (attributed, 1),
        "gold_recall": (recall, 1),
        "misinformation_citation_rate": (misinformed, 1),
    }


def test_ramdocs_without_misinformation() -> None:
    gold = {"gold_answers": ["Rowing"], "wrong_answers": [], "given_by": {"Rowing": ["a"]}, "misinformation": []}
    metrics = yardstick_ramdocs.measure([{"qid": "0", "gold": gold, "answer": answer(("Rowing.", ["a"]))}])
    assert values(metrics)["misinformation_citation_rate"] == (None, 0)
    assert values(metrics)["attributed_exact_match"] == (1, 1)


def test_an_answer_is_given_by_the_documents_labelled_with_it_else_by_those_that_state_it(tmp_path: Path) -> None:
    sources = [
        _source("Built in 1874, it was lit in 1875.", "correct", "1874"),
        _source("It was built in 1875, not in 1874.", "misinfo", "1,874"),
    ]
    row = {"question": "When?", "documents": sources, "gold_answers": ["1874"], "wrong_answers": ["1875", "1900"]}
    (tmp_path / "ramdocs.jsonl").write_text(json.dumps(row))
    (asked,) = yardstick_ramdocs.read(tmp_path, None).questions
    both = ["000/00.txt", "000/01.txt"]
    assert asked.documents == tuple(both)
    assert asked.gold["given_by"] == {"1874": both, "1875": both, "1900": []}
    assert asked.gold["misinformation"] == both[1:]


@pytest.mark.parametrize(
    ("wanted", "given", "right"),
    [
        ("Ines Vale", answer(("Ines Vale leads it.", ["d"])), True),
        ("Ines Vale", answer(("She leads it.", ["d"]), short="Ines Vale"), True),
        ("Ines Vale", answer(), False),
        ("Yes", answer(("Yes, both say so.", ["d"])), True),
        ("no", answer(("Fares no longer rise.", ["d"])), False),
        ("no", answer(("They rise.", ["d"]), ("No, they fall.", ["d"])), False),
        ("Yes", answer(("They rise.", ["d"]), short="yes"), True),
        ("Yes", answer(("Eyes open.", ["d"])), False),
    ],
)
def test_multihop_answers(wanted: str, given: dict[str, Any], right: bool) -> None:
    item = {"gold": {"type": "temporal", "answer": wanted, "evidence": []}, "answer": given}
    assert values(yardstick_multihop.measure([item]))["answer_accuracy_temporal"] == (float(right), 1)


def test_multihop_wants_all_evidence_in_ten_hits() -> None:
    def item(kind: str, evidence: list[str], hits: tuple[str, ...]) -> Item:
        return {"gold": {"type": kind, "answer": "x", "evidence": evidence}, "answer": answer(hits=hits)}

    late = tuple(f"Hit {number}." for number in range(10))
    metrics = yardstick_multihop.measure(
        [
            item("inference", ["It “hires”.", "He left."], ('Title: T\n\nIt "hires".', "He left. She stayed.")),
            item("inference", ["It hires.", "He left."], ("It hires.",)),
            item("comparison", ["He left."], (*late, "He left.")),
            item("null", [], ()),
        ]
    )
    assert values(metrics) == {
        "all_evidence_at_10": (round(1 / 3, 4), 3),
        "all_evidence_at_10_comparison": (0, 1),
        "all_evidence_at_10_inference": (0.5, 2),
        "all_evidence_at_10_temporal": (None, 0),
        "answer_accuracy_comparison": (0, 1),
        "answer_accuracy_inference": (0, 2),
        "answer_accuracy_temporal": (None, 0),
        "refusal_null": (1, 1),
    }


def test_a_claim_is_cited_to_the_fewest_sentences_that_cover_it() -> None:
    assert yardstick_wice.cite(CLAIM, PAGE) == [2, 0]  # the title says "Lorne"
    assert yardstick_wice.cite("The Aldis yard built the ferry.", PAGE) == [3]
    assert yardstick_wice.cite(ZEBRAS, PAGE) == yardstick_wice.cite(CLAIM, []) == []


def test_wice_takes_the_best_chunk_of_a_claim(data: Path) -> None:
    items = {qid: make() for qid, make in yardstick_wice.tasks(data, None)}
    assert list(items) == ["w1", "w2", "w3", "w1_full", "w2_full", "w3_full"]
    assert items["w1"]["cited"] == [1, 2]  # places in the page, not in the chunk
    assert items["w1"]["score"] > yardstick_wice.SUPPORTED_AT
    assert items["w1"]["supported"]
    assert items["w1"]["gold"]["page"] == items["w2_full"]["gold"]["page"] != items["w3"]["gold"]["page"]
    assert items["w3"]["gold"]["supporting_sentences"] == []
    metrics = values(yardstick_wice.measure(list(items.values())))
    assert [metrics[name] for name in ("auroc", "f1", "balanced_accuracy")] == [(1, 3)] * 3
    assert metrics["evidence_f1"] == (1, 2)
    # cited [2, 0] against [2] and [1, 2]: 2 * 1 / 3; cited [3] against [3]
    assert metrics["evidence_f1_full"] == (round((2 / 3 + 1) / 2, 4), 2)
    assert len(yardstick_wice.tasks(data, 1)) == 2


def test_ragchecker_correlates_differences_with_preferences(data: Path) -> None:
    items = [make() for _, make in yardstick_ragchecker.tasks(data, None)]
    assert items[0]["scores"] == [1.0, 0.0]
    assert items[0]["token_f1"] == [pytest.approx(2 * 4 / (4 + 5)), 0.0]  # the marker is a word to SQuAD
    differences = [item["scores"][1] - item["scores"][0] for item in items]
    metrics = yardstick_ragchecker.measure(items)
    assert metrics["pearson"].value == pytest.approx(np.corrcoef(differences, [-1.5, 2, 0.5])[0, 1])
    assert metrics["spearman"].value == pytest.approx(1)
    doubled = np.corrcoef(np.repeat(differences, 2), [-2, -1, 2, 2, 0, 1])[0, 1]
    assert metrics["pearson_each_label"].value == pytest.approx(doubled)
    assert metrics["pearson_correctness"] == Interval(None, None, None, 3)  # nobody preferred either
    assert metrics["pearson"].n == 3
    assert metrics["pearson_each_label"].n == 6


# -- from the files to the run file


def run(name: str, data: Path, out: Path, *more: str) -> dict[str, Any]:
    assert main(["eval", "yardstick", name, "--data", str(data), "--mode", "extractive", "--out", str(out), *more]) == 0
    read_run(out)  # the shape that `eval compare` takes
    loaded: dict[str, Any] = json.loads(out.read_text(encoding="utf-8"))
    return loaded


METRICS = {
    "wice": [f"{name}{end}" for end in ("", "_full") for name in ("auroc", "f1", "balanced_accuracy", "evidence_f1")],
    "ramdocs": ["exact_match", "attributed_exact_match", "gold_recall", "misinformation_citation_rate"],
    "rgb": [*(f"accuracy_noise_{n}" for n in ("00", "20", "40", "60", "80")), "refusal_rate", "both_values_rate"],
    "squad2": ["f1_answerable", "refusal_unanswerable", "refusal_answerable"],
    "multihop": ["all_evidence_at_10", "answer_accuracy_comparison", "answer_accuracy_inference", "refusal_null"],
    "ragchecker": ["pearson", "spearman"],
}


@pytest.mark.parametrize("name", YARDSTICKS)
def test_a_run_from_end_to_end(name: str, data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    result = run(name, data, tmp_path / "runs" / "run.json", "--text")
    assert list(result) == ["yardstick", "mode", "repeats", "gate", "fingerprint", "metrics", "items"]
    assert (result["yardstick"], result["mode"]) == (name, "extractive")
    assert set(METRICS[name]) <= set(result["metrics"])
    for interval in result["metrics"].values():
        assert set(interval) == {"value", "low", "high", "n"}
    assert len({item["qid"] for item in result["items"]}) == len(result["items"])
    assert result["fingerprint"]["limit"] is None
    assert result["fingerprint"]["note"]
    assert list((tmp_path / "runs").iterdir()) == [tmp_path / "runs" / "run.json"]
    printed = capsys.readouterr().out
    assert printed.startswith(f"{name}, mode extractive")
    assert all(metric in printed for metric in METRICS[name])
    measure = yardsticks.YARDSTICKS[name].measure
    again = {metric: interval.to_json() for metric, interval in measure(result["items"]).items()}
    assert again == {metric: result["metrics"][metric] for metric in again}  # anyone can rescore a run file
    assert set(result["metrics"]) - set(again) == {"error_rate"}


def test_each_question_reads_its_own_documents_unless_the_setting_is_open(data: Path, tmp_path: Path) -> None:
    library = tmp_path / "library"
    closed = run("squad2", data, tmp_path / "closed.json", "--library", str(library))
    assert library.is_dir()
    for item in closed["items"]:
        assert {hit["doc_id"] for hit in item["answer"]["hits"]} <= {item["gold"]["document"]}
    assert closed["items"][0]["answer"]["short"] == "240"
    assert closed["items"][2]["answer"]["kind"] == "refusal"
    opened = run("squad2", data, tmp_path / "open.json", "--setting", "open", "--library", str(library), "--limit", "2")
    assert [len({hit["doc_id"] for hit in item["answer"]["hits"]}) for item in opened["items"]] == [2, 2]
    assert (opened["fingerprint"]["setting"], opened["fingerprint"]["limit"]) == ("open", "2")
    kept = ("gold_hash", "corpus_hash", "embedder")
    assert [opened["fingerprint"][key] for key in kept] == [closed["fingerprint"][key] for key in kept]
    # the same library takes the documents of another set, and nothing of the first is left
    other = run("ramdocs", data, tmp_path / "other.json", "--library", str(library), "--setting", "open")
    found = {hit["doc_id"] for item in other["items"] for hit in item["answer"]["hits"]}
    assert found == {f"000/{number:02}.txt" for number in range(4)} | {"001/00.txt"}


def test_a_document_without_text_is_left_out_and_counted(tmp_path: Path) -> None:
    row = {**RAMDOCS[1], "documents": [*RAMDOCS[1]["documents"], _source(" ", "noise")]}
    (tmp_path / "ramdocs.jsonl").write_text(json.dumps(row))
    result = run("ramdocs", tmp_path, tmp_path / "run.json")
    assert result["fingerprint"]["documents"] == "1 of 2 have text to index"
    assert len(result["items"]) == 1


# -- runs that stop


class Maker:
    """Tasks that note which were made; `failing` ones fail as a model does, `stopping` ones end the program."""

    def __init__(self, failing: str = "", stopping: str = "") -> None:
        self.made: list[str] = []
        self.failing, self.stopping = failing, stopping

    def work(self, fingerprint: str = "same") -> yardsticks.Work:
        def make(qid: str) -> Callable[[], Item]:
            return lambda: self.item(qid)

        def measure(items: Any) -> dict[str, Interval]:
            return {"count": Interval(1.0, None, None, len(items))}

        marks: dict[str, str | None] = {"mark": fingerprint, "limit": None}
        return yardsticks.Work("squad2", "extractive", marks, [(qid, make(qid)) for qid in "abc"], measure)

    def item(self, qid: str) -> Item:
        self.made.append(qid)
        if qid == self.stopping:
            raise KeyboardInterrupt
        return {"qid": qid, "text": "färja\u2028 next", "error": "the model is busy" if qid == self.failing else None}


@pytest.fixture
def stopped(tmp_path: Path) -> Iterator[Path]:
    """OUT of a run that was stopped at its second item."""
    out = tmp_path / "run.json"
    with pytest.raises(KeyboardInterrupt):
        yardsticks.run(Maker(stopping="b").work(), out)
    assert not out.exists()
    return out


@pytest.mark.parametrize("cut", [b"", b'{"qid": "b", "te', '{"qid": "b", "text": "fä'.encode()[:-1]])
def test_a_stopped_run_goes_on(stopped: Path, cut: bytes) -> None:
    with stopped.with_name("run.json.partial").open("ab") as file:
        file.write(cut)
    maker = Maker()
    result = yardsticks.run(maker.work(), stopped)
    assert maker.made == ["b", "c"]
    assert [item["qid"] for item in result.items] == ["a", "b", "c"]
    assert result.items[0]["text"] == "färja\u2028 next"
    assert read_run(stopped).items == result.items
    assert not stopped.with_name("run.json.partial").exists()


def test_another_run_starts_afresh(stopped: Path) -> None:
    maker = Maker()
    yardsticks.run(maker.work("another"), stopped)
    assert maker.made == ["a", "b", "c"]


def test_what_the_model_failed_on_is_unscored_and_tried_again(tmp_path: Path) -> None:
    out = tmp_path / "run.json"
    result = yardsticks.run(Maker(failing="b").work(), out)
    assert result.metrics["count"].n == 2
    assert (result.metrics["error_rate"].value, result.metrics["error_rate"].n) == (pytest.approx(1 / 3), 3)
    again = Maker()
    assert yardsticks.run(again.work(), out).metrics["error_rate"].value == 0
    assert again.made == ["b"]


def test_a_model_that_fails_is_an_error_of_its_item(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise ModelUnavailable("the model is busy", retryable=True)

    with yardsticks.opened("squad2", data, mode="extractive", limit=1) as work:
        monkeypatch.setattr("rag.library.answer", fail)
        (_, make), *_ = work.tasks
        assert (make()["error"], make()["answer"]) == ("the model is busy", None)


# -- what a user can get wrong


class Row(Record):
    name: str


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"name": "x"}\n\n{"name": 3}\n', "line 3: name: Input should be a valid string"),
        ('{"name": "x"}\nnothing\n', "line 2: Invalid JSON"),
        ("{}", "line 1: name: Field required"),
        ("\n", "is empty"),
        (b"\xff\xfe", "is not UTF-8 (byte 0)"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, text: str | bytes, message: str) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(DataInvalid) as caught:
        read_records(path, Row)
    assert message in str(caught.value)
    assert "rows.jsonl" in str(caught.value)


def test_a_separator_within_a_string_ends_no_line(tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text('{"name": "a\u2028b", "more": 1}\n', encoding="utf-8")
    assert read_records(tmp_path / "rows.jsonl", Row) == [Row(name="a\u2028b")]


def fails(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(["eval", "yardstick", *arguments]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    return line


def test_errors_are_one_line(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = ("--out", str(tmp_path / "run.json"), "--mode", "extractive")
    for name in YARDSTICKS:
        line = fails(capsys, name, "--data", str(tmp_path / "nowhere"), *out)
        assert "cannot be read (No such file or directory): --data is the folder that holds it" in line
    line = fails(capsys, "squad2", "--data", str(data), "--mode", "openai", *out[:2])
    assert "mode 'openai' cannot run" in line
    assert "there is no mode 'clever'" in fails(capsys, "wice", "--data", str(data), "--mode", "clever", *out[:2])
    assert not list(tmp_path.iterdir())


def test_the_names_of_the_command_are_the_sets() -> None:
    assert tuple(yardsticks.YARDSTICKS) == YARDSTICKS


def test_a_set_that_nobody_knows(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["eval", "yardstick", "hotpot", "--data", ".", "--out", "run.json"])
    assert caught.value.code == 2
    assert "invalid choice: 'hotpot'" in capsys.readouterr().err


def test_a_library_of_the_users_own_is_left_alone(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "note.txt").write_text("The ferry to Lorne leaves at nine.")
    library = ("--library", str(tmp_path / "library"))
    assert main(["add", str(tmp_path / "note.txt"), *library]) == 0
    capsys.readouterr()
    out = ("--out", str(tmp_path / "run.json"), "--mode", "extractive")
    line = fails(capsys, "squad2", "--data", str(data), *out, *library)
    assert "note.txt" in line
    assert "give --library a folder of its own" in line
    assert not (tmp_path / "library" / "documents").exists()


def test_an_id_that_stands_twice(tmp_path: Path) -> None:
    (tmp_path / "ragchecker.jsonl").write_text(f"{json.dumps(PAIRS[0])}\n{json.dumps(PAIRS[0])}\n")
    with (
        pytest.raises(DataInvalid, match="the data has '0' twice"),
        yardsticks.opened("ragchecker", tmp_path, mode="extractive"),
    ):
        pass
