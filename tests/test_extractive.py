"""The writer without a model: which evidence is the answer, and when there is none."""

from dataclasses import replace

import pytest
from test_answering import CARGO, FERRY, PLANTED, shared_library
from test_evidence import evidence_for, index_of

from index.library import Index
from rag.evidence import Evidence
from rag.extractive import ANSWER_AT, MAX_SOURCES, write
from rag.question import read_question


@pytest.fixture(scope="module")
def index() -> Index:
    return index_of(shared_library())


def written(index: Index, question: str) -> list[Evidence]:
    return write(read_question(question), evidence_for(index, question))


def test_the_best_sentence_leads(index: Index) -> None:
    assert [e.text for e in written(index, CARGO)] == [
        "The port of Veldmark handled 4.2 million tonnes of cargo in 2023."
    ]


def test_another_source_with_another_value_is_heard_once(index: Index) -> None:
    texts = [e.text for e in written(index, FERRY)]
    assert sum("48 million" in text for text in texts) == 1
    assert sum("52 million" in text for text in texts) == 1


def test_no_evidence_writes_nothing() -> None:
    assert write(read_question(CARGO), []) == []


def test_weak_evidence_writes_nothing(index: Index) -> None:
    question = read_question(CARGO)
    evidence = evidence_for(index, CARGO)
    assert write(question, evidence)
    assert write(question, [replace(e, probability=ANSWER_AT / 2) for e in evidence]) == []


def test_evidence_from_elsewhere_writes_nothing(index: Index) -> None:
    evidence = evidence_for(index, CARGO)
    assert write(read_question(CARGO), [replace(e, elsewhere=True) for e in evidence]) == []


def test_another_pair_of_countries_is_never_used(index: Index) -> None:
    (lead,) = written(index, CARGO)
    sentence = replace(lead.sentence, text="Trade between Peru and Brazil was $9 billion.")
    evidence = [replace(lead, sentence=sentence)]
    assert write(read_question("How much was trade between Peru and Brazil?"), evidence) == evidence
    assert write(read_question("How much was trade between Peru and Chile?"), evidence) == []


def test_a_repeat_adds_nothing_and_a_correction_does(index: Index) -> None:
    lead = written(index, FERRY)[0]
    text = "The new ferry terminal in Lorne on the windy east coast of the island cost the council 48 million euros."
    first = replace(lead, sentence=replace(lead.sentence, text=text))
    span = replace(lead.sentence.span, doc_id="other.txt")
    repeat = replace(first, sentence=replace(first.sentence, span=span))
    corrected = replace(repeat, sentence=replace(repeat.sentence, text=text.replace("48", "52")))
    question = read_question(FERRY)
    assert write(question, [first, repeat]) == [first]
    assert write(question, [first, corrected]) == [first, corrected]


def test_an_answer_is_bounded(index: Index) -> None:
    question = "Describe the footbridge, the orchard, the port, the terminal and the tea room."
    evidence = [replace(e, probability=0.9, elsewhere=False) for e in evidence_for(index, question)]
    assert len(evidence) > MAX_SOURCES
    assert len(write(read_question(question), evidence)) == MAX_SOURCES


@pytest.mark.parametrize("question", [CARGO, FERRY, PLANTED, "How much may a lorry on the footbridge weigh?"])
def test_what_is_written_is_evidence_without_repeats(index: Index, question: str) -> None:
    evidence = evidence_for(index, question)
    chosen = write(read_question(question), evidence)
    spans = [e.sentence.span for e in chosen]
    assert len(set(spans)) == len(spans) <= MAX_SOURCES
    assert set(spans) <= {e.sentence.span for e in evidence}
