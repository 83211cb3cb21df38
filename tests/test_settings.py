"""The settings a user may choose: what they change, what they cannot be, and that the defaults change nothing."""

from pathlib import Path

import pytest
from helpers import HashEmbedder, add_to, write

from index.errors import ChunkSizeMismatch
from index.library import Index
from index.sync import add
from rag.library import Library
from rag.settings import Settings, read_settings

TOWNS = ["Arden", "Birk", "Corve", "Dunmor", "Elsby", "Farrow", "Glane", "Holm"]
TEXT = " ".join(f"The ferry to {town} carried {20 + n} tonnes of wool in {1900 + n}." for n, town in enumerate(TOWNS))


def cut(folder: Path, chunk_chars: int) -> Index:
    return Index(folder, create=True, embedder=HashEmbedder(), chunk_chars=chunk_chars)


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    return write(tmp_path / "docs", {"wool.txt": TEXT})


def test_the_environment_is_read_and_a_wrong_value_is_named() -> None:
    environ = {"PINCITE_CHUNK_CHARS": "600", "PINCITE_PASSAGES": "5", "PINCITE_FUSION": "keyword"}
    read = read_settings(environ)
    assert (read.chunk_chars, read.passages, read.fusion) == (600, 5, "keyword")
    assert read_settings({**dict.fromkeys(environ, ""), "PINCITE_LIBRARY": "x"}) == Settings(Path("x"))
    for name, given, said in (
        ("PINCITE_CHUNK_CHARS", "99", "whole number of characters, 100 or more"),
        ("PINCITE_CHUNK_CHARS", "9e2", "whole number of characters, 100 or more"),
        ("PINCITE_PASSAGES", "0", "whole number of passages"),
        ("PINCITE_FUSION", "sparse", "give one of both, dense, keyword"),
        ("PINCITE_TIMEOUT_S", "0", "whole number of seconds"),
    ):
        with pytest.raises(ValueError, match=f"{name} is '{given}': .*{said}"):
            read_settings({name: given})


def test_fingerprints_show_them() -> None:
    shown = Settings(Path("x"), chunk_chars=600, passages=5, fusion="dense", api_key="secret").of_answers()
    assert shown == {"chunk_chars": 600, "passages": 5, "fusion": "dense", "second_opinion": False}


def test_a_library_has_one_chunk_size(tmp_path: Path, docs: Path) -> None:
    small = tmp_path / "small"
    with cut(small, 120) as index:
        add(index, [docs])
        assert index.store.counts()[1] > 3
    with pytest.raises(
        ChunkSizeMismatch, match=r"of 120 characters.*gives 900: set PINCITE_CHUNK_CHARS=120, or .* new"
    ):
        cut(small, 900)
    with cut(small, 120) as index:
        assert {outcome.outcome for outcome in add(index, [docs])} == {"unchanged"}


def test_a_library_without_a_size_has_the_default(tmp_path: Path, docs: Path) -> None:
    old = tmp_path / "old"
    add_to(old, docs)
    with cut(old, 900) as index, index.store.transaction():
        index.store.set_meta("chunk_chars", "")  # as before it could be chosen
    with pytest.raises(ChunkSizeMismatch, match="of 900 characters"):
        cut(old, 600)
    cut(old, 900).close()


def test_of_two_first_writers_the_second_is_refused(tmp_path: Path, docs: Path) -> None:
    with cut(tmp_path / "new", 120) as first, cut(tmp_path / "new", 900) as second:
        add(first, [docs])
        with pytest.raises(ChunkSizeMismatch):
            add(second, [docs])


def test_passages_and_fusion_decide_what_a_question_reads(tmp_path: Path, docs: Path) -> None:
    with cut(tmp_path / "library", 120) as index:
        add(index, [docs])

        def read(**chosen: object) -> Library:
            return Library(index, Settings(tmp_path / "library", mode="extractive", chunk_chars=120, **chosen))  # type: ignore[arg-type]

        question = "How much wool did the ferry carry to Corve?"
        both = read().ask(question)
        assert read(passages=10, fusion="both").ask(question).passages == both.passages
        assert {by for passage in both.passages for by in passage.hit.found_by} == {"dense", "keyword"}
        assert [p.hit for p in read(passages=2).ask(question).passages] == [p.hit for p in both.passages[:2]]
        assert [hit.chunk for hit in read(passages=2).search(question)] == [p.hit.chunk for p in both.passages[:2]]
        for fusion in ("dense", "keyword"):
            hits = [passage.hit for passage in read(fusion=fusion).ask(question).passages]
            assert {hit.found_by for hit in hits} == {(fusion,)}
            assert hits[0].score == 1
