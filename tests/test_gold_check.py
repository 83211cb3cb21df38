"""`eval check`: what is wrong with a gold set in a library, and what is weak about it."""

from typing import Any

from eval.gold import GoldQuestion, GoldSet
from eval.gold_check import check_gold

TEXTS = {
    "tower.txt": "The tower rises  to\n88 metres. It was built in 1901. The tower leans.",
    "bridge.txt": "It is ‘long’. The bridge has four arches.",
}


def asked(qid: str = "q1", **change: Any) -> GoldQuestion:
    whole = {"answerable": True, "category": "single", "facts": (("88 metres", "88 m"),), "evidence": (cited(),)}
    return GoldQuestion(**{"qid": qid, "question": f"{qid}?", **whole, **change})


def cited(quote: str = "rises to 88 metres", doc_id: str = "tower.txt") -> dict[str, str]:
    return {"doc_id": doc_id, "quote": quote}


def value(form: str, *evidence: dict[str, str]) -> dict[str, Any]:
    return {"value": (form,), "evidence": evidence}


def found(*questions: GoldQuestion, drafts: tuple[GoldQuestion, ...] = ()) -> tuple[list[str], list[str]]:
    """Problems and warnings; the one about clusters is left to its own test."""
    result = check_gold(GoldSet(questions, drafts=drafts), TEXTS.get)
    return list(result.problems), [said for said in result.warnings if "clusters" not in said]


def test_missing_documents_and_quotes_are_problems() -> None:
    question = asked(
        evidence=(cited(), cited("is 'long'", "bridge.txt"), cited(doc_id="gone.txt")),
        conflict=(value("long", cited("is short", "bridge.txt")), value("88", cited(doc_id="gone.txt"))),
    )
    assert found(question) == (
        [
            "q1: no document 'gone.txt' in the library: add it or correct doc_id",
            "q1: no quote 'is short' in 'bridge.txt': copy it from `pincite show`",
        ],
        [],
    )
    assert found(asked()) == ([], [])


def test_drafts_are_a_problem_and_are_checked() -> None:
    draft = asked("d1", evidence=(cited("rises to 77 metres"),))
    assert found(asked(), drafts=(draft,))[0] == [
        "d1: a draft: write `accepted: true` to it, or delete it",
        "d1: no quote 'rises to 77 metres' in 'tower.txt': copy it from `pincite show`",
    ]


def test_few_clusters() -> None:
    several = [asked(f"q{n}", cluster="tower") for n in range(5)] + [asked(f"r{n}") for n in range(18)]
    few = check_gold(GoldSet(tuple(several)), TEXTS.get)
    assert few.clusters == 19
    assert few.warnings == ("19 clusters: below 20 no change is ever called NON-INFERIOR",)
    assert not check_gold(GoldSet((*several, asked("s"))), TEXTS.get).warnings


def test_a_quote_that_stands_twice() -> None:
    said = "q1: quote 'The tower' stands 2 times in 'tower.txt', and each counts: lengthen it"
    assert found(asked(evidence=(cited("The tower"),))) == ([], [said])


def test_a_fact_that_no_document_of_its_evidence_states() -> None:
    assert found(asked(facts=(("88 m", "eighty-eight metres"), ("built in 1901",)))) == ([], [])
    said = "q1: no form of {!r} stands in the document of its evidence: can an answer state it?"
    assert found(asked(facts=(("four arches", "4 arches"),))) == ([], [said.format("four arches")])
    conflict = (value("1901", cited("built in 1901")), value("five", cited("four arches", "bridge.txt")))
    assert found(asked(conflict=conflict)) == ([], [said.format("five")])


def test_the_same_question_twice() -> None:
    history = ({"question": "Hi", "answer": "Hello"},)
    same = [asked("a", question="How tall?"), asked("b", question="how  tall?"), asked("c", question="How tall is it?")]
    other = asked("d", question="How tall?", history=history)
    assert found(*same, other) == ([], ["a, b: the same question: it counts 2 times"])
