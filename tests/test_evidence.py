"""Evidence: every citable sentence of the hits, in place, scored, best first."""

import math
import shutil
from pathlib import Path

import pytest
from test_answering import CARGO, FERRY, PLANTED, opened, shared_folder, shared_library

from index.library import Index
from rag.evidence import ANSWERING, FEATURES, RANKING, Evidence, find_evidence, probability, score, years_of
from rag.library import Library
from rag.question import read_question
from rag.retrieve import retrieve


@pytest.fixture(scope="module")
def index() -> Index:
    return index_of(shared_library())


def index_of(library: Library) -> Index:
    return library._index


def evidence_for(index: Index, question: str) -> list[Evidence]:
    hits, vector = retrieve(index, question, 10)
    return find_evidence(index, read_question(question), vector, hits)


@pytest.mark.parametrize("question", [CARGO, FERRY, PLANTED, "Describe the tea room at Kestrel Lane."])
def test_each_sentence_is_where_it_says(index: Index, question: str) -> None:
    found = evidence_for(index, question)
    assert found
    for evidence in found:
        span = evidence.sentence.span
        assert index.store.document(span.doc_id, span.version).text[span.start : span.end] == evidence.sentence.text
        assert evidence.hit.chunk.start <= span.start < span.end <= evidence.hit.chunk.end
        assert 0 < evidence.probability < 1
        assert set(FEATURES) <= set(evidence.features)
        assert all(math.isfinite(value) for value in evidence.features.values())
    assert [e.score for e in found] == sorted((e.score for e in found), reverse=True)
    assert len({e.sentence.span for e in found}) == len(found)


def test_the_sentence_that_answers_comes_first(index: Index) -> None:
    assert evidence_for(index, CARGO)[0].text == "The port of Veldmark handled 4.2 million tonnes of cargo in 2023."
    assert "Edda Marsh" in evidence_for(index, PLANTED)[0].text


def test_noise_and_text_for_models_is_no_evidence(index: Index) -> None:
    sentences = [e.text for e in evidence_for(index, PLANTED) if e.hit.chunk.doc_id == "orchard.html"]
    assert len(sentences) == 3
    assert not any(noise in s for s in sentences for noise in ("Falk", "newsletter", "cookies", "rights reserved"))


def test_headings_are_read_and_not_cited(index: Index) -> None:
    texts = [e.text for e in evidence_for(index, "Repairs of the footbridge over the Aune")]
    assert "Repairs of the footbridge will take 18 months." in texts
    assert "The footbridge over the Aune" not in texts


def test_a_sentence_of_another_year_is_known(index: Index) -> None:
    by_document = {e.hit.chunk.doc_id: e for e in evidence_for(index, CARGO) if "tonnes of cargo" in e.text}
    assert by_document["port-2022.txt"].elsewhere
    assert not by_document["port-2023.txt"].elsewhere
    assert not any(e.elsewhere for e in evidence_for(index, "How much cargo did the port of Veldmark handle?"))


def test_without_hits_there_is_no_evidence(index: Index) -> None:
    question = read_question(CARGO)
    _, vector = retrieve(index, CARGO, 1)
    assert find_evidence(index, question, vector, []) == []


def test_a_document_that_goes_while_it_is_read_is_left_out(tmp_path: Path) -> None:
    """Another process may change it between retrieving and reading: that was a KeyError."""
    shutil.copytree(shared_folder() / "library", tmp_path / "library")
    with opened(tmp_path / "library") as library:
        index = index_of(library)
        hits, vector = retrieve(index, CARGO, 10)
        library.remove(["port-2023.txt"])
        found = find_evidence(index, read_question(CARGO), vector, hits)
    assert found
    assert "port-2023.txt" in {hit.chunk.doc_id for hit in hits}
    assert "port-2023.txt" not in {e.hit.chunk.doc_id for e in found}


# -- the two formulas


def test_both_formulas_weigh_the_features_and_nothing_else() -> None:
    assert set(RANKING) <= set(FEATURES)
    assert set(ANSWERING) <= set(FEATURES)


@pytest.mark.parametrize("size", [-1e9, -1.0, 0.0, 1.0, 1e9])
def test_a_probability_stays_one_whatever_the_features(size: float) -> None:
    features = dict.fromkeys(FEATURES, size)
    assert 0 < probability(features) < 1
    assert math.isfinite(score(features))


def test_more_of_what_answers_is_more_probable() -> None:
    nothing = dict.fromkeys(FEATURES, 0.0)
    for name in ("cosine", "overlap", "kind"):
        assert probability({**nothing, name: 1.0}) > probability(nothing)


@pytest.mark.parametrize(
    ("text", "years"),
    [("in 2023 and on 5 May 2024", {2023, 2024}), ("in May", set()), ("2,023 geese", set()), ("", set())],
)
def test_years_of(text: str, years: set[int]) -> None:
    assert years_of(text) == years
