"""The SQLite file: versions, chunks with true offsets, keywords that may hold anything, and the ledger."""

import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from helpers import HashEmbedder

from index.errors import DocumentUnknown, IndexingError, LibraryCorrupt, LibraryMissing
from index.library import Index
from index.store import IndexedChunk, LedgerEntry, Store
from index.types import Document, Span

EMBEDDER = HashEmbedder()
LINES = "The Gull left the quay. It carried AT&T cable a-b of 244.8 tons.\n\nGeese stayed on the long sand."


def document(doc_id: str = "log.txt", text: str = LINES, version: str = "v1", **fields: object) -> Document:
    values = {"title": "Log", "source": f"/docs/{doc_id}", "published": "2020-05-04", "page_starts": (0, 66)}
    return Document(doc_id=doc_id, version=version, text=text, media_type="text/plain", **{**values, **fields})  # type: ignore[arg-type]


def chunks(stored: Document) -> list[IndexedChunk]:
    """One for each paragraph, its sentences ending at full stops followed by a space."""
    made, start = [], 0
    for paragraph in stored.text.split("\n\n"):
        middle = paragraph.find(". ") + 1
        cuts = [(0, middle), (middle + 1, len(paragraph))] if middle else [(0, len(paragraph))]
        sentences = [(start + a, start + b) for a, b in cuts]
        texts = [paragraph, *(stored.text[a:b] for a, b in sentences)]
        vector, *of_sentences = EMBEDDER.embed(texts)
        chunk_id = f"{stored.doc_id}@{stored.version}:{start}"
        made.append(
            IndexedChunk(chunk_id, start, start + len(paragraph), paragraph, vector, sentences, np.stack(of_sentences))
        )
        start += len(paragraph) + 2
    return made


def put(store: Store, stored: Document, empty_pages: tuple[int, ...] = ()) -> Document:
    with store.transaction():
        store.put_document(stored, empty_pages, chunks(stored))
    return stored


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(tmp_path / "library.sqlite3")
    yield opened
    opened.close()


def test_a_search_reads_only_the_documents_named(store: Store) -> None:
    for name in ("a.txt", "b.txt", "c.txt"):
        put(store, document(name))
    (vector,) = EMBEDDER.embed(["geese on the sand"])
    found = store.nearest_within(vector, 2, {"a.txt", "c.txt"})
    assert [chunk_id for chunk_id, _ in found] == ["a.txt@v1:66", "c.txt@v1:66"]
    stored = dict(store.vectors([chunk_id for chunk_id, _ in found]))
    assert [cosine for _, cosine in found] == pytest.approx([float(stored[chunk_id] @ vector) for chunk_id, _ in found])
    assert [chunk_id for chunk_id, _ in store.keyword_search(["geese"], 5, {"b.txt"})] == ["b.txt@v1:66"]
    many = {"a.txt", *(f"no such {number}" for number in range(40_000))}
    assert len(store.nearest_within(vector, 5, many)) == len(store.keyword_search(["gull", "geese"], 5, many)) == 2
    assert store.nearest_within(vector, 5, []) == store.keyword_search(["geese"], 5, []) == []


def test_documents_that_are_not_there_are_named(store: Store) -> None:
    put(store, document())
    store.check_known([])
    store.check_known({"log.txt"})
    with pytest.raises(DocumentUnknown, match=r"no document 'lost\.txt'"):
        store.check_known(["log.txt", "lost.txt"])


def test_a_document_comes_back_as_it_went_in(store: Store) -> None:
    stored = put(store, document(text=f"{LINES} Färja\u2028 \U0001f600 \x00 ﬁ", published=None))
    assert store.document("log.txt") == stored
    assert store.sources() == {"/docs/log.txt": "log.txt"}
    assert store.versions() == [("log.txt", "v1")]


def test_chunks_hold_their_words_place_and_page(store: Store) -> None:
    stored = put(store, document())
    found = store.chunks(store.chunk_ids())
    assert [(chunk.start, chunk.page) for chunk in found.values()] == [(0, 1), (66, 2)]
    for chunk in found.values():
        assert stored.text[chunk.start : chunk.end] == chunk.text
        assert (chunk.version, chunk.title, chunk.source, chunk.published) == ("v1", "Log", stored.source, "2020-05-04")
    assert stored.page_of(65) == 1
    assert stored.page_of(66) == 2


def test_unknown_chunk_ids_are_left_out_and_many_are_no_matter(store: Store) -> None:
    put(store, document())
    wanted = [f"no such:{number}" for number in range(1200)]
    assert set(store.chunks([*wanted, *store.chunk_ids()])) == set(store.chunk_ids())


def test_sentences_are_spans_with_their_vectors(store: Store) -> None:
    stored = put(store, document())
    first = store.chunks(store.chunk_ids())["log.txt@v1:0"]
    sentences, vectors = store.sentences(first)
    assert [stored.text[s.span.start : s.span.end] for s in sentences] == [s.text for s in sentences]
    assert [s.text for s in sentences] == ["The Gull left the quay.", "It carried AT&T cable a-b of 244.8 tons."]
    assert sentences[0].span == Span("log.txt", "v1", 0, 23)
    np.testing.assert_allclose(vectors, EMBEDDER.embed([s.text for s in sentences]), atol=1e-3)


def test_vectors_come_back_exactly(store: Store) -> None:
    stored = put(store, document())
    found = dict(store.vectors(store.chunk_ids()))
    for chunk in chunks(stored):
        np.testing.assert_array_equal(found[chunk.chunk_id], chunk.vector)


def test_a_new_version_replaces_the_chunks_and_the_old_text_stays_readable(store: Store) -> None:
    old = put(store, document())
    new = put(store, document(text="The Tern left instead. Nobody waved.", version="v2", page_starts=(), title="New"))
    assert store.document("log.txt") == new
    assert store.document("log.txt", "v1") == old
    assert store.chunk_ids() == ["log.txt@v2:0"]
    assert store.keyword_search(["gull"], 5) == []
    assert store.counts() == (1, 1)


def test_a_deleted_document_is_gone_with_all_its_versions(store: Store) -> None:
    put(store, document())
    put(store, document(version="v2"))
    other = put(store, document("other.txt", "Sheep stand on the quay. They wait."))
    with store.transaction():
        store.delete_document("log.txt")
    for version in (None, "v1", "v2"):
        with pytest.raises(DocumentUnknown, match=r"no document 'log\.txt'.*pincite status"):
            store.document("log.txt", version)
    assert store.counts() == (1, 1)
    assert store.keyword_search(["geese"], 5) == []
    assert store.document("other.txt") == other


def test_an_unknown_version_is_named(store: Store) -> None:
    put(store, document())
    with pytest.raises(DocumentUnknown, match="version 'v9'"):
        store.document("log.txt", "v9")


def test_a_failed_transaction_changes_nothing(store: Store) -> None:
    put(store, document())
    broken = document(text="Lost words. All of them.", version="v2")
    with pytest.raises(sqlite3.IntegrityError), store.transaction():
        store.put_document(broken, (), [*chunks(broken), *chunks(broken)])
    assert store.document("log.txt").version == "v1"
    assert store.keyword_search(["lost"], 5) == []
    with store.transaction():
        store.set_meta("still", "usable")


@pytest.mark.parametrize(
    "term",
    [
        "AT&T",
        "a-b",
        "244.8",
        '"',
        '""quoted""',
        "quay*",
        "AND",
        "NEAR(",
        "body:gull",
        "(",
        "'; DROP TABLE chunks; --",
        "^",
        "",
    ],
)
def test_any_word_is_a_term_and_never_a_query(store: Store, term: str) -> None:
    put(store, document())
    store.keyword_search([term], 5)
    store.keyword_search(["quay", term], 5)
    assert store.counts() == (1, 2)


def test_keywords_are_stemmed_unaccented_and_ranked(store: Store) -> None:
    put(store, document())
    put(store, document("b.txt", "Fähren carry geese and geese and geese. They carry nothing else at all."))
    for number in range(4):
        put(store, document(f"c{number}.txt", "Nobody is here. It is quiet, and the lamp is out."))
    ((best, score), (second, less)) = store.keyword_search(["goose", "geese"], 5)
    assert (best, second) == ("b.txt@v1:0", "log.txt@v1:66")
    assert score > less > 0
    assert [chunk_id for chunk_id, _ in store.keyword_search(["fahren"], 5)] == ["b.txt@v1:0"]
    assert [chunk_id for chunk_id, _ in store.keyword_search(["carrying"], 1)] == ["b.txt@v1:0"]
    assert store.keyword_search([], 5) == []
    assert store.keyword_search(["walrus"], 5) == []


def test_titles_are_searched_too(store: Store) -> None:
    put(store, document(title="Voyage of a sloop"))
    assert len(store.keyword_search(["sloop"], 5)) == 2


def test_a_term_of_every_chunk_is_found_when_there_is_nothing_better(store: Store) -> None:
    """FTS5 scores such a term as nothing: a quote from the only document was called absent."""
    put(store, document())
    assert len(store.keyword_search(["quay"], 5)) == 1
    assert len(store.keyword_search(["the"], 5)) == 2
    for number in range(4):
        put(store, document(f"c{number}.txt", f"The end of number {number}. The sheep are home."))
    assert [chunk_id for chunk_id, _ in store.keyword_search(["the", "quay"], 5)] == ["log.txt@v1:0"]


def test_frequencies_count_chunks(store: Store) -> None:
    put(store, document())
    put(store, document("b.txt", "Geese, geese and geese. All day."))
    assert store.chunk_frequencies(["gees", "gull", "walru"]) == {"gees": 2, "gull": 1}


def test_pages_without_text_are_listed_by_source(store: Store) -> None:
    put(store, document(), empty_pages=(2, 5))
    put(store, document("b.txt"))
    assert store.pages_without_text() == {"/docs/log.txt": [2, 5]}


def test_the_ledger_remembers_what_happened_last(store: Store) -> None:
    store.record("/docs/a.txt", LedgerEntry("ab", 3, 7, None))
    store.record("/docs/b.txt", LedgerEntry(None, 0, 0, "is empty"))
    store.record("/docs/a.txt", LedgerEntry("cd", 4, 8, None))
    assert store.ledger() == {
        "/docs/a.txt": LedgerEntry("cd", 4, 8, None),
        "/docs/b.txt": LedgerEntry(None, 0, 0, "is empty"),
    }
    store.forget("/docs/b.txt")
    store.forget("/docs/never.txt")
    assert list(store.ledger()) == ["/docs/a.txt"]


def test_one_path_is_one_document(store: Store) -> None:
    put(store, document("a.txt", source="/docs/one.txt"))
    put(store, document("b.txt", source="/docs/one.txt"))
    assert store.sources() == {"/docs/one.txt": "b.txt"}


class TestOpening:
    def test_a_library_that_is_not_there_says_how_to_make_one(self, tmp_path: Path) -> None:
        with pytest.raises(LibraryMissing, match="pincite add PATH --library"):
            Index(tmp_path / "none")
        assert not (tmp_path / "none").exists()

    def test_a_file_that_is_no_library(self, tmp_path: Path) -> None:
        (tmp_path / "library.sqlite3").write_bytes(b"these are words, not a database. " * 40)
        with pytest.raises(LibraryCorrupt, match="is not a Pincite library"):
            Index(tmp_path)

    def test_another_program_s_database_is_left_alone(self, tmp_path: Path) -> None:
        with sqlite3.connect(tmp_path / "library.sqlite3") as db:
            db.execute("CREATE TABLE theirs (x)")
        db.close()
        with pytest.raises(LibraryCorrupt, match="is not a Pincite library"):
            Index(tmp_path, create=True)
        with sqlite3.connect(tmp_path / "library.sqlite3") as db:
            assert db.execute("SELECT name FROM sqlite_master").fetchall() == [("theirs",)]
        db.close()

    def test_another_format_says_what_to_do(self, tmp_path: Path) -> None:
        store = Store(tmp_path / "library.sqlite3")
        store.set_meta("format", "99")
        store.close()
        with pytest.raises(LibraryCorrupt, match=r"format '99'.*index your files again"):
            Index(tmp_path)

    def test_a_folder_that_cannot_be_made(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        with pytest.raises(IndexingError, match="choose another --library"):
            Index(tmp_path / "file" / "library", create=True)

    def test_many_may_make_the_same_library_at_once(self, tmp_path: Path) -> None:
        """The chat and the first `pincite add` may be started together; one used to see a corrupt library."""
        for attempt in range(5):
            barrier, names, errors = threading.Barrier(6), set[str | None](), list[IndexingError]()

            def make(
                library: Path, barrier: threading.Barrier, names: set[str | None], errors: list[IndexingError]
            ) -> None:
                barrier.wait()
                try:
                    with Index(library, create=True, embedder=EMBEDDER) as index:
                        names.add(index.store.meta("collection"))
                except IndexingError as error:
                    errors.append(error)

            makers = [
                threading.Thread(target=make, args=(tmp_path / str(attempt), barrier, names, errors)) for _ in range(6)
            ]
            for maker in makers:
                maker.start()
            for maker in makers:
                maker.join()
            assert errors == []
            assert len(names) == 1


def test_phrases_are_words_in_a_row(store: Store) -> None:
    put(store, document("a.txt"))
    put(store, document("b.txt", "The long sand. The sand was long. Quays\x00 and \x22gulls\x22."))
    assert store.phrase_search(["on the long sand"], 9) == ["a.txt@v1:66"]
    assert store.phrase_search(["long sand", "sand was long"], 9) == ["a.txt@v1:66", "b.txt@v1:0"]
    assert store.phrase_search(["long sand", "sand was long"], 1) == ["a.txt@v1:66"]
    assert store.phrase_search(["sand long"], 9) == store.phrase_search([], 9) == store.phrase_search([""], 9) == []
    assert store.phrase_search(['quays\x00 AND "gulls" *'], 9) == ["b.txt@v1:0"]


def test_texts_are_the_current_ones(store: Store) -> None:
    put(store, document("a.txt"))
    put(store, document("b.txt"))
    put(store, document("b.txt", "Other words.", "v2"))
    assert list(store.texts()) == [("a.txt", LINES), ("b.txt", "Other words.")]


def test_headings_are_titles_file_names_and_dates(store: Store) -> None:
    put(store, document("a.txt"))
    put(store, document("gull-report.txt", "On the quay.", title="The gulls, 2021"))
    assert store.heading_search(["gulls"]) == store.heading_search(["report", "2021"]) == ["gull-report.txt"]
    assert store.heading_search(["log", "2020"]) == ["a.txt"]
    assert store.heading_search(["quay"]) == store.heading_search(["log", "gulls"]) == store.heading_search([]) == []
    assert store.heading_search(['a" OR "log', "NEAR("]) == []
