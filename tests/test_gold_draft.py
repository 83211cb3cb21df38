"""Drafts of gold questions: what is asked for, how, and that a file keeps all that was in it."""

import json
import threading
from pathlib import Path

import pytest
import yaml

from eval.draft_files import REFUSED, append_drafts, disliked, held_qids, yaml_text
from eval.draft_questions import Asked, Value, ask_for
from eval.errors import GoldInvalid
from eval.gold import Evidence, GoldQuestion
from eval.gold_check import check_gold
from eval.gold_draft import Draft, propose
from eval.gold_files import load_gold, read_gold
from index.dates import find_dates
from index.types import Document, Span
from rag.names import find_names
from rag.quantities import find_quantities
from rag.types import Citation, Statement, Turn

NOTE = """# The harbour of Skarra

Date: 3 March 2014

The harbour of Skarra has four quays. It was dug in a hurry. Skip to content

The lighthouse was built on 9 May 1901. The keeper of the light is Olga Brandt of the Coast Guard. He said that the
sea was rough. The ferry to Vessel Island takes 14 hours.

Sign up for our newsletter

In 1938 the town council sold the old crane to a dealer from Denmark. Repairs of the
lighthouse cost $240 million. The quay is
20-25 metres long. These ships came back in three days.

| year | ships |
| ---- | ----- |
| 1999 | 12    |
"""


def document(text: str = NOTE, doc_id: str = "skarra.md") -> Document:
    return Document(doc_id, "v1", "Skarra", f"/{doc_id}", None, text, (), "text/markdown")


def asked(text: str, answer: str) -> Asked | None:
    values: list[Value] = [*find_dates(text), *find_quantities(text), *find_names(text)]
    return ask_for(text, next(value for value in values if text[value.start : value.end] == answer))


# -- questions


@pytest.mark.parametrize(
    ("text", "answer", "question"),
    [
        ("The tower rises to 88 metres.", "88 metres", "To how many metres does the tower rise?"),
        ("The bridge was built in 1901.", "1901", "When was the bridge built?"),
        ("Twelve ships left the harbour.", "Twelve", "How many ships left the harbour?"),
        ("In 2015, Olga Brandt opened the mill.", "2015", "When did Olga Brandt open the mill?"),
        ("The bridge has four arches.", "four", "How many arches does the bridge have?"),
        ("There are 37 islands in the bay.", "37", "How many islands in the bay are there?"),
        ("The company paid $240 million for the site.", "$240 million", "How much did the company pay for the site?"),
        ("Exports grew by 12% in 2024.", "12%", "By how much did exports grow in 2024?"),
        ("A guard will march on 8 May 2015.", "8 May 2015", "When will a guard march?"),
        (
            "The pipeline carried 38 billion cubic metres of gas.",
            "38 billion cubic metres",
            "How many cubic metres of gas did the pipeline carry?",
        ),
    ],
)
def test_a_question_that_reads_naturally(text: str, answer: str, question: str) -> None:
    assert asked(text, answer) == Asked(question, natural=True)


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("The plant employs 1,200 people and makes cars.", "1,200"),  # two verbs
        ("On Friday the ministers signed 40 agreements.", "40"),  # words before the subject
        ("The mill did not grind 12 tonnes.", "12 tonnes"),  # "How many did it not?" is another question
        ("The contract, signed in 2014, foresaw gas.", "2014"),
        ("It’s 88 metres high.", "88 metres"),
        ("The keeper of the light is Olga Brandt.", "Olga Brandt"),
    ],
)
def test_else_a_gap(text: str, answer: str) -> None:
    assert asked(text, answer) == Asked(f'Complete from the document: "{text.replace(answer, "___")}"', natural=False)


def test_a_name_that_only_describes_is_not_asked_for() -> None:
    assert asked("Many Western companies went away.", "Western") is None


# -- proposals


def test_what_is_proposed_from_a_document() -> None:
    drafts = propose(document(), 10)
    said = {draft.question.question: draft.question for draft in drafts}
    assert {
        "How many quays does the harbour of Skarra have?": (("four", "4"),),
        "When was the lighthouse built?": (("9 May 1901", "May 9, 1901", "1901-05-09"),),
        "How many hours does the ferry to Vessel Island take?": (("14 hours", "fourteen hours"),),
        "How much did repairs of the lighthouse cost?": (("$240 million",),),
    }.items() <= {text: question.facts for text, question in said.items()}.items()
    quotes = [evidence.quote for question in said.values() for evidence in question.evidence]
    assert len(set(quotes)) == len(quotes)  # no two from one sentence
    for left_out in ("It was dug", "He said", "These ships", "newsletter", "content", "20-25", "1999", "3 March"):
        assert not any(left_out in quote for quote in quotes)
    assert all(question.cluster == "skarra.md" for question in said.values())
    assert [check_gold_problems(question) for question in said.values()] == [[] for _ in said]
    assert propose(document(), 10) == drafts


def check_gold_problems(question: GoldQuestion) -> list[str]:
    from eval.gold import GoldSet

    found = check_gold(GoldSet((question,)), {"skarra.md": NOTE}.get)
    return [*found.problems, *(said for said in found.warnings if "clusters" not in said)]


def test_proposals_spread_over_the_document_and_its_kinds() -> None:
    months = ["May", "June", "July", "August"]
    years = [f"The mill of Orsk opened gate {chr(65 + n)} in {months[n % 4]} {1900 + n}." for n in range(12)]
    names = [f"The miller then met Olga Brandt{chr(97 + n)} at the gate of the mill." for n in range(12)]
    text = "\n\n".join(["The mill", *(line for pair in zip(years, names, strict=True) for line in pair)])
    drafts = propose(document(text), 8)
    starts = [int(draft.question.qid.rsplit("-", 1)[1]) for draft in drafts]
    assert [start * 8 // len(text) for start in starts] == list(range(8))
    assert propose(document(text), 500, {draft.question.qid for draft in drafts})[0] not in drafts


def test_a_document_with_nothing_to_ask() -> None:
    assert propose(document("The sea was rough and the wind did not rest at all.\n"), 5) == []


# -- files


def draft(qid: str, **keys: object) -> Draft:
    whole = {"question": f"{qid}?", "answerable": True, "category": "date", "facts": (("1901", "no"),)}
    evidence = (Evidence(doc_id="skarra.md", quote="The lighthouse: built “1901” # not before"),)
    return Draft(GoldQuestion.model_validate({"qid": qid, "evidence": evidence, **whole, **keys}))


def test_drafts_are_written_unaccepted_and_read_again(tmp_path: Path) -> None:
    for name in ("new/drafts.yaml", "new/drafts.jsonl"):
        path = tmp_path / name
        assert append_drafts(path, [draft("a"), draft("b")]) == [draft("a"), draft("b")]
        assert append_drafts(path, [draft("b"), draft("c"), draft("c")]) == [draft("c")]
        held = read_gold(path)
        assert (held.questions, held.drafts) == ((), tuple(draft(qid).question for qid in "abc"))
        with pytest.raises(GoldInvalid, match=r"has 3 draft\(s\)"):
            load_gold(path)
        path.write_text(path.read_text("utf-8").replace("accepted: false", "accepted: true"), encoding="utf-8")
    accepted = load_gold(tmp_path / "new/drafts.yaml")
    assert accepted.questions == tuple(draft(qid).question for qid in "abc")
    assert yaml.safe_load(yaml_text([draft("a")])) == {"questions": [draft("a").to_json()]}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("# mine\nquestions:\n- {qid: q, question: a, answerable: false, category: c}  # keep\n", ""),
        (
            "questions:\r\n   - qid: q\r\n     question: |\r\n       a\r\n     answerable: no\r\n     category: c\r\n",
            "",
        ),
        (
            "questions:\n  - {qid: q, question: a, answerable: false, category: c}\n",
            "gate:  # mine\n  right: {margin: 0.1}\n",
        ),
        ("questions:\n  - {qid: q, question: a, answerable: false, category: c}", ""),
        ("questions:\n", ""),
        ("questions:  # none yet\n", "gate: {}\n"),
        ("gate: {}\n", ""),
        ("# nothing but this", ""),
        ("", ""),
    ],
)
def test_what_stands_in_a_file_stays_as_it_is(tmp_path: Path, before: str, after: str) -> None:
    path = tmp_path / "gold.yaml"
    path.write_bytes((before + after).encode())
    append_drafts(path, [draft("a")])
    append_drafts(path, [draft("b")])
    text = path.read_bytes().decode()
    assert text.startswith(before)
    assert text.endswith(after)
    assert [question.qid for question in read_gold(path).drafts] == ["a", "b"]
    assert held_qids(path) == {"a", "b"} | ({"q"} if "qid: q" in before else set())


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            "questions: [{qid: q, question: a, answerable: false, category: c}]\n",
            "cannot be added to: write its questions",
        ),
        ("{questions: }\n", "cannot be added to"),
        ("questions:\n  - qid: q\n  question\n", "not YAML"),
        ("questions:\n  - qid: q\n", "missing key"),
    ],
)
def test_a_file_that_cannot_be_added_to_is_left_alone(tmp_path: Path, text: str, problem: str) -> None:
    path = tmp_path / "gold.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(GoldInvalid, match=problem):
        append_drafts(path, [draft("a")])
    assert path.read_text(encoding="utf-8") == text
    assert {file.name for file in tmp_path.iterdir()} <= {"gold.yaml", "gold.yaml.lock"}


def test_nothing_is_lost_when_many_write_at_once(tmp_path: Path) -> None:
    path = tmp_path / "drafts.yaml"
    threads = [threading.Thread(target=append_drafts, args=(path, [draft(f"d{n}")])) for n in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert held_qids(path) == {f"d{n}" for n in range(12)}


# -- what was disliked


def stated(text: str, quote: str) -> Statement:
    span = Span("skarra.md", "v1", 0, len(quote))
    return Statement(text, (Citation(1, span, quote, "exact", "Skarra", "/skarra.md", None, None),), 1.0)


def test_a_disliked_answer_keeps_what_was_said(tmp_path: Path) -> None:
    history = [Turn("Where is it?", ""), Turn("Whose is it?", "The town’s.")]
    statements = [stated("It has four quays.", "has four\nquays"), stated("Four.", "has four\nquays")]
    kept = disliked("How many quays\ud800?", history, statements, refused=False)
    path = tmp_path / "drafts.yaml"
    append_drafts(path, [kept])
    (entry,) = yaml.safe_load(path.read_text("utf-8"))["questions"]
    assert entry == {
        "qid": kept.question.qid,
        "accepted": False,
        "question": "How many quays??",
        "history": [
            {"question": "Where is it?", "answer": REFUSED},
            {"question": "Whose is it?", "answer": "The town’s."},
        ],
        "answerable": True,
        "category": "chat",
        "evidence": [{"doc_id": "skarra.md", "quote": "has four quays"}],
        "facts": [],
        "answered": "It has four quays. Four.",
    }
    path.write_text(path.read_text("utf-8").replace("accepted: false", "accepted: true"), encoding="utf-8")
    with pytest.raises(GoldInvalid, match="answerable, but without facts"):  # they are for a person to write
        load_gold(path)


def test_disliked_refusals_and_failures() -> None:
    assert disliked("Why?", [], [], refused=True).answered == REFUSED
    failed = disliked("Why?", [], [], refused=False)
    assert failed.answered is None
    assert "answered" not in failed.to_json()
    assert failed.question.qid != disliked("Why?", [], [], refused=True).question.qid
    assert failed == disliked("Why?", [], [], refused=False)
    assert json.loads(json.dumps(failed.to_json()))["evidence"] == []
