"""Retrieval: two rankings fused, repeats merged, and nothing that a query may hold breaks it."""

from typing import Any, cast

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_answering import CARGO, FERRY, opened, shared_library

from index.errors import DocumentUnknown
from index.library import Index
from index.types import Chunk
from rag.errors import QuestionEmpty
from rag.library import Library
from rag.retrieve import DEPTH, FUSION_K, WEIGHTS, fuse, near_duplicates, retrieve, shingles
from rag.twins import disagree


@pytest.fixture(scope="module")
def library() -> Library:
    return shared_library()


# -- fusion


def test_a_passage_that_both_put_first_scores_one() -> None:
    share = WEIGHTS["dense"] / sum(WEIGHTS.values())
    assert fuse({"dense": ["a", "b"], "keyword": ["a"]}) == [
        ("a", 1.0, ("dense", "keyword")),
        ("b", pytest.approx((FUSION_K + 1) / (FUSION_K + 2) * share), ("dense",)),
    ]


def test_two_middling_ranks_beat_one_good_one() -> None:
    ranked = fuse({"dense": ["a", "b", "c"], "keyword": ["d", "b", "e"]})
    assert ranked[0][0] == "b"


def test_of_equal_ranks_the_keyword_one_comes_first() -> None:
    assert [name for name, _, _ in fuse({"dense": ["a", "b"], "keyword": ["c", "d"]})] == ["c", "d", "a", "b"]
    assert fuse({"dense": [], "keyword": []}) == []


IDS = st.lists(st.sampled_from("abcdefgh"), unique=True)


@given(IDS, IDS)
def test_fusion_ranks_every_passage_once(dense: list[str], keyword: list[str]) -> None:
    ranked = fuse({"dense": dense, "keyword": keyword})
    assert sorted(name for name, _, _ in ranked) == sorted({*dense, *keyword})
    scores = [score for _, score, _ in ranked]
    assert scores == sorted(scores, reverse=True)
    assert all(0 < score <= 1 for score in scores)
    for name, _, found_by in ranked:
        assert ("dense" in found_by, "keyword" in found_by) == (name in dense, name in keyword)


# -- repeats

LONG = "The new ferry terminal in Lorne on the east coast of the island cost the council 48 million euros."


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (LONG, LONG, True),
        (LONG, f"{LONG} It is large.", True),
        (LONG, f"From our partners: {LONG.lower()}", True),
        (LONG, "Ferries to the islands leave every 40 minutes from the quay of Lorne.", False),
        ("A short one.", "A short one.", True),
        ("A short one.", "A long one.", False),
    ],
)
def test_near_duplicates(one: str, other: str, same: bool) -> None:
    assert near_duplicates(shingles(one), shingles(other)) is same
    assert near_duplicates(shingles(other), shingles(one)) is same


@pytest.mark.parametrize(
    ("one", "other", "different"),
    [
        (LONG, LONG.replace("48", "52"), True),
        (LONG, LONG.replace("48 million euros", "€48m"), False),
        (LONG, f"{LONG} Boats leave every 40 minutes.", False),  # more is no contradiction
        (f"Printed on 3 May 2024. {LONG}", f"Printed on 4 May 2024. {LONG}", False),  # a date line is no figure
        ("No figure here.", LONG, False),
    ],
)
def test_a_reprint_with_another_figure_is_another_voice(one: str, other: str, different: bool) -> None:
    assert disagree(one, other) is different
    assert disagree(other, one) is different


@given(st.text(), st.text())
def test_any_two_texts_can_be_compared(one: str, other: str) -> None:
    assert near_duplicates(shingles(one), shingles(other)) in (True, False)
    assert near_duplicates(shingles(one), shingles(one))
    assert not disagree(one, one)


# -- how deep a search goes, on an index that counts


class Counted:
    """An index, and its store, of one chunk for each of `texts`; both retrievers know them in that order."""

    def __init__(self, texts: list[str]) -> None:
        self.store = self
        self.depths: list[int] = []
        self._chunks = {
            f"c{n}": Chunk(f"c{n}", f"d{n}", "v", 0, len(text), text, None, "", "", None)
            for n, text in enumerate(texts)
        }

    def nearest(self, _query: str, k: int) -> tuple[Any, list[tuple[str, float]]]:
        return np.zeros(1), self.keyword_search([], k)

    def keyword_search(self, _terms: list[str], k: int, _within: None = None) -> list[tuple[str, float]]:
        self.depths.append(k)
        return [(chunk_id, 1.0) for chunk_id in list(self._chunks)[:k]]

    def chunks(self, ids: list[str]) -> dict[str, Chunk]:
        return {chunk_id: self._chunks[chunk_id] for chunk_id in ids}


def searched(texts: list[str], k: int) -> tuple[list[str], list[int]]:
    """What is found, and how many each retriever was asked for."""
    index = Counted(texts)
    hits, _ = retrieve(cast(Index, index), "a query", k)
    assert [hit.rank for hit in hits] == list(range(1, len(hits) + 1))
    return [hit.chunk.text for hit in hits], index.depths


def test_a_search_for_many_goes_as_deep_as_it_must() -> None:
    texts = [f"alpha{n} beta{n} gamma{n} delta{n} epsilon{n}" for n in range(160)]
    shown, depths = searched(texts, 150)
    assert len(shown) == 150
    assert depths == [150, 150]
    assert searched(texts, 5) == (texts[:5], [DEPTH, DEPTH])


def test_repeats_do_not_count() -> None:
    reprint = f"From our partners: {LONG}"
    corrected, other = LONG.replace("48", "52"), "Something else of five words."
    assert searched([LONG, reprint, corrected, other], 3)[0] == [LONG, corrected, other]


# -- the real library


def test_a_question_and_a_search_retrieve_the_same(library: Library) -> None:
    hits = library.search(CARGO)
    answer = library.ask(CARGO)
    assert hits == [passage.hit for passage in answer.passages]
    assert {hits[0].chunk.doc_id, hits[1].chunk.doc_id} == {"port-2022.txt", "port-2023.txt"}
    assert hits[0].found_by == ("dense", "keyword")


def test_a_reprint_is_merged(library: Library) -> None:
    found = {hit.chunk.doc_id for hit in library.search(FERRY)}
    assert "courier.md" in found
    assert len({"gazette.txt", "reprint.txt"} & found) == 1


def test_k_bounds_the_hits(library: Library) -> None:
    assert len(library.search(CARGO, k=1)) == 1
    assert library.search(CARGO, k=1) == library.search(CARGO, k=3)[:1]
    with pytest.raises(ValueError, match="k must be at least 1, got 0"):
        library.search(CARGO, k=0)


def test_only_the_documents_named_are_read(library: Library) -> None:
    own = ["port-2023.txt", "gazette.txt"]
    hits = library.search(CARGO, within=own)
    assert hits[0].chunk.doc_id == "port-2023.txt"
    assert hits[0].found_by == ("dense", "keyword")
    assert {hit.chunk.doc_id for hit in hits} <= set(own)
    answer = library.ask(CARGO, within=own)
    assert [passage.hit for passage in answer.passages] == hits
    assert {c.span.doc_id for s in answer.statements for c in s.citations} == {"port-2023.txt"}
    assert library.ask(CARGO, within=[]).reason == "no_evidence"
    assert library.search(CARGO, within=[]) == []


def test_reading_every_document_by_name_ranks_as_chroma_does(library: Library) -> None:
    everything = {doc_id for doc_id, _ in library.documents()}
    assert library.search(CARGO, within=everything) == library.search(CARGO)


@pytest.mark.parametrize("look", ["ask", "search"])
def test_a_document_that_is_not_there_cannot_be_read(library: Library, look: str) -> None:
    with pytest.raises(DocumentUnknown, match=r"no document 'lost\.txt' in this library"):
        getattr(library, look)(CARGO, within=["port-2023.txt", "lost.txt"])


def test_a_query_without_words_finds_nothing(library: Library) -> None:
    assert library.search("?!") == []
    with pytest.raises(QuestionEmpty):
        library.search(" ")


def test_an_empty_library_finds_nothing(tmp_path: Any) -> None:
    with opened(tmp_path / "library") as library:
        assert library.search(CARGO) == []
