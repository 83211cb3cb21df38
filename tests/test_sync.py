"""Bringing a library in step with files: each is in, out, or listed with a reason that says what to do."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from helpers import HashEmbedder, python, write, write_pdf

from index.errors import DocumentUnknown
from index.files import find_files
from index.library import Index
from index.sync import FileOutcome, add, remove, summary

GULL = "The Gull left the quay at six with nine sheep on board.\n"
TERN = "The Tern burned in the dry dock of the old shipyard.\n"


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    return write(tmp_path / "docs", {"gull.txt": GULL, "sub/tern.md": f"# Tern\n\n{TERN}"})


@pytest.fixture
def library(tmp_path: Path) -> Path:
    return tmp_path / "library"


@pytest.fixture
def index(library: Path) -> Iterator[Index]:
    with Index(library, create=True, embedder=HashEmbedder()) as opened:
        yield opened


def outcomes(index: Index, *paths: Path, **options: int) -> dict[str, str]:
    """Outcome by file name."""
    return {Path(o.source).name: o.outcome for o in add(index, list(paths), **options)}


def failure(index: Index, *paths: Path, **options: int) -> str:
    """The reason of the only file that failed."""
    (failed,) = [o for o in add(index, list(paths), **options) if o.outcome == "failed"]
    assert failed.reason is not None
    assert failed.doc_id is None
    return failed.reason


def embedded(index: Index) -> int:
    embedder = index.embedder
    assert isinstance(embedder, HashEmbedder)
    return embedder.embedded


class TestInStep:
    def test_new_files_go_in_under_their_path_below_the_folder(self, index: Index, docs: Path) -> None:
        found = add(index, [docs])
        assert found == [
            FileOutcome(str(docs / "gull.txt"), "gull.txt", "added"),
            FileOutcome(str(docs / "sub/tern.md"), "sub/tern.md", "added"),
        ]
        assert summary(found) == {"added": 2, "changed": 0, "unchanged": 0, "removed": 0, "failed": 0}
        assert index.store.document("gull.txt").text == GULL
        assert index.store.document("sub/tern.md").title == "Tern"
        assert index.store.document("sub/tern.md").media_type == "text/markdown"
        assert index.vectors.ids() == set(index.store.chunk_ids())

    def test_chunks_and_sentences_point_at_the_stored_text(self, index: Index, docs: Path) -> None:
        write(docs, {"long.txt": "".join(f"Wave {n} broke over the pier of the harbour. " for n in range(200))})
        add(index, [docs])
        for chunk in index.store.chunks(index.store.chunk_ids()).values():
            text = index.store.document(chunk.doc_id, chunk.version).text
            assert text[chunk.start : chunk.end] == chunk.text
            sentences, vectors = index.store.sentences(chunk)
            assert len(sentences) == len(vectors) > 0
            for sentence in sentences:
                assert text[sentence.span.start : sentence.span.end] == sentence.text

    def test_unchanged_files_cost_nothing(self, index: Index, docs: Path) -> None:
        add(index, [docs])
        before = embedded(index)
        generation = index.store.meta("generation")
        assert set(outcomes(index, docs).values()) == {"unchanged"}
        assert embedded(index) == before
        assert index.store.meta("generation") == generation, "readers need not reopen"

    def test_more_unchanged_files_ask_the_database_no_more_questions(self, index: Index, tmp_path: Path) -> None:
        asked: list[str] = []
        counts = []
        for many in (3, 12):
            docs = write(tmp_path / "many", {f"{n}.txt": f"Boat number {n} is in the harbour." for n in range(many)})
            add(index, [docs])
            index.store._db.set_trace_callback(asked.append)
            add(index, [docs])
            index.store._db.set_trace_callback(None)
            counts.append(len(asked))
            asked.clear()
        assert counts[0] == counts[1]

    def test_a_touched_file_is_known_by_its_content(self, index: Index, docs: Path) -> None:
        add(index, [docs])
        before = embedded(index)
        os.utime(docs / "gull.txt", (1, 1))
        assert outcomes(index, docs)["gull.txt"] == "unchanged"
        assert embedded(index) == before
        assert index.store.ledger()[str(docs / "gull.txt")].mtime_ns == 10**9, "and by its date from now on"

    def test_a_changed_file_replaces_its_chunks_and_the_cited_version_stays_readable(
        self, index: Index, docs: Path
    ) -> None:
        add(index, [docs])
        old = index.store.document("gull.txt")
        write(docs, {"gull.txt": "The Gull was sold to a farmer of the next valley.\n"})
        assert outcomes(index, docs) == {"gull.txt": "changed", "tern.md": "unchanged"}
        assert index.store.document("gull.txt").text.startswith("The Gull was sold")
        assert index.store.document("gull.txt", old.version) == old
        assert index.store.keyword_search(["sheep"], 5) == []
        assert len(index.store.keyword_search(["farmer"], 5)) == 1
        assert index.vectors.ids() == set(index.store.chunk_ids())

    def test_new_bytes_with_the_same_text_keep_the_version(self, index: Index, docs: Path) -> None:
        add(index, [docs])
        version = index.store.document("gull.txt").version
        write(docs, {"gull.txt": GULL.replace("\n", "\r\n")})
        assert outcomes(index, docs)["gull.txt"] == "changed"
        assert index.store.document("gull.txt").version == version
        assert index.vectors.ids() == set(index.store.chunk_ids())

    def test_a_file_that_vanished_is_removed(self, index: Index, docs: Path) -> None:
        add(index, [docs])
        (docs / "gull.txt").unlink()
        assert outcomes(index, docs) == {"gull.txt": "removed", "tern.md": "unchanged"}
        assert list(index.store.sources().values()) == ["sub/tern.md"]
        assert index.store.keyword_search(["sheep"], 5) == []
        assert index.vectors.ids() == set(index.store.chunk_ids())
        assert str(docs / "gull.txt") not in index.store.ledger()

    def test_a_file_that_vanished_is_removed_when_it_is_named(self, index: Index, docs: Path) -> None:
        add(index, [docs])
        (docs / "gull.txt").unlink()
        assert outcomes(index, docs / "gull.txt") == {"gull.txt": "removed"}
        assert outcomes(index, docs, docs / "gull.txt") == {"gull.txt": "failed", "tern.md": "unchanged"}

    def test_only_the_given_folder_is_looked_at(self, index: Index, docs: Path) -> None:
        add(index, [docs])
        (docs / "gull.txt").unlink()
        assert outcomes(index, docs / "sub") == {"tern.md": "unchanged"}
        assert "gull.txt" in index.store.sources().values()

    def test_a_folder_whose_name_begins_like_another_is_not_it(self, index: Index, tmp_path: Path) -> None:
        write(tmp_path, {"a/gull.txt": GULL, "a b/tern.txt": TERN})
        add(index, [tmp_path / "a", tmp_path / "a b"])
        (tmp_path / "a b/tern.txt").unlink()
        assert outcomes(index, tmp_path / "a") == {"gull.txt": "unchanged"}

    def test_a_moved_file_is_removed_and_added(self, index: Index, docs: Path) -> None:
        add(index, [docs])
        (docs / "gull.txt").rename(docs / "sub/gull.txt")
        add(index, [docs])
        assert sorted(index.store.sources().values()) == ["sub/gull.txt", "sub/tern.md"]

    def test_two_folders_with_the_same_name_inside_get_two_ids(self, index: Index, tmp_path: Path) -> None:
        write(tmp_path, {"a/notes.txt": GULL, "b/notes.txt": TERN})
        found = add(index, [tmp_path / "a", tmp_path / "b"])
        first, second = (outcome.doc_id or "" for outcome in found)
        assert first == "notes.txt"
        assert second.startswith("notes.txt~")
        assert index.store.document(first).text == GULL
        assert index.store.document(second).text == TERN
        write(tmp_path, {"b/notes.txt": "The Tern is rebuilt of oak from the hill."})
        assert [outcome.doc_id for outcome in add(index, [tmp_path / "b"])] == [second], "and keep them"

    def test_progress_is_told_file_by_file_and_never_goes_back(self, index: Index, docs: Path) -> None:
        told: list[tuple[float, int, str]] = []
        add(index, [docs], on_progress=lambda *step: told.append(step))
        assert [step[0] for step in told] == sorted(step[0] for step in told)
        assert told[-1] == (2, 2, "")
        assert {Path(step[2]).name for step in told[:-1]} == {"gull.txt", "tern.md"}

    def test_hidden_files_are_left_alone_unless_they_are_named(self, index: Index, docs: Path) -> None:
        write(docs, {".secret.txt": TERN, ".git/log.txt": TERN, ".notes/own.txt": GULL})
        assert set(outcomes(index, docs)) == {"gull.txt", "tern.md"}
        assert outcomes(index, docs / ".notes") == {"own.txt": "added"}
        assert "removed" not in outcomes(index, docs).values(), "it is hidden, not gone"


class TestRemove:
    def test_by_id_or_path_and_it_comes_back_when_it_is_added_again(self, index: Index, docs: Path) -> None:
        add(index, [docs])
        found = remove(index, ["gull.txt", str(docs / "sub/tern.md"), str(docs / "gull.txt")])
        assert [(o.doc_id, o.outcome) for o in found] == [("gull.txt", "removed"), ("sub/tern.md", "removed")]
        assert index.store.counts() == (0, 0)
        assert index.vectors.ids() == set()
        assert index.nearest("sheep", 3)[1] == []
        assert set(outcomes(index, docs).values()) == {"added"}

    def test_nothing_is_removed_when_one_name_is_unknown(self, index: Index, docs: Path) -> None:
        add(index, [docs])
        with pytest.raises(DocumentUnknown, match=r"no document 'gul\.txt'.*pincite status"):
            remove(index, ["gull.txt", "gul.txt"])
        assert index.store.counts()[0] == 2


class TestFailures:
    """Every file that is not in has a line that says what happened and what to do."""

    @pytest.mark.parametrize(
        ("name", "content", "said", "to_do"),
        [
            ("empty.txt", b"", "is empty", "nothing to index"),
            ("blank.md", b"\n \t\n", "is empty", "nothing to index"),
            ("marks.txt", b"***\n\n---\n", "is empty", "nothing to index"),
            ("menu.txt", b"Menu\n\nSubscribe\n\nShare\n", "only page furniture", "check the file"),
            ("zip.txt", b"PK\x03\x04\x00\x00", "is not text", "ending of its real format"),
            ("latin.txt", b"F\xe4rja", "not valid UTF-8", "iconv"),
            ("page.html", b"<html></html>", "no readable text", "save the article as text"),
            ("broken.pdf", b"%PDF-1.4 broken", "not a readable PDF", "print it to PDF again"),
            ("song.mp3", b"\xff\xfb", "unsupported type '.mp3'", "convert it to one of .txt .md"),
            ("README", b"words", "unsupported type ''", "convert it"),
        ],
    )
    def test_the_reason_says_what_to_do(
        self, index: Index, docs: Path, name: str, content: bytes, said: str, to_do: str
    ) -> None:
        write(docs, {name: content})
        reason = failure(index, docs)
        assert said in reason
        assert to_do in reason
        assert failure(index, docs) == reason, "and again, as long as it stays so"
        assert index.store.ledger()[str(docs / name)].reason == reason
        assert index.store.counts()[0] == 2
        (docs / name).unlink()
        assert set(outcomes(index, docs).values()) == {"unchanged"}
        assert str(docs / name) not in index.store.ledger()

    def test_a_path_that_is_not_there(self, index: Index, tmp_path: Path) -> None:
        for path in (tmp_path / "none.txt", tmp_path / "none", tmp_path / "none/at/all.txt"):
            assert failure(index, path) == "does not exist: check the path"
        assert index.store.ledger() == {}, "a slip of the finger is not kept as a failure"

    def test_a_name_too_long_for_any_file(self, index: Index) -> None:
        assert "File name too long" in failure(index, Path("x" * 5000))

    def test_a_failed_file_is_tried_again_when_it_changes(self, index: Index, docs: Path) -> None:
        write(docs, {"late.txt": b"F\xe4rja"})
        failure(index, docs)
        write(docs, {"late.txt": "The ferry came late that night and nobody waited."})
        assert outcomes(index, docs)["late.txt"] == "added"
        assert index.store.ledger()[str(docs / "late.txt")].reason is None

    def test_a_file_that_changed_into_a_broken_one_is_no_longer_answered_from(self, index: Index, docs: Path) -> None:
        add(index, [docs])
        write(docs, {"gull.txt": b"\x00\x01\x02"})
        assert outcomes(index, docs) == {"gull.txt": "failed", "tern.md": "unchanged"}
        assert index.store.keyword_search(["sheep"], 5) == []
        assert index.vectors.ids() == set(index.store.chunk_ids())
        write(docs, {"gull.txt": GULL})
        assert outcomes(index, docs)["gull.txt"] == "added"

    def test_too_much_text_is_refused_until_the_limit_is_raised(self, index: Index, docs: Path) -> None:
        add(index, [docs])
        write(docs, {"gull.txt": "The Gull sails on over the sea. " * 40_000})
        assert "is 1 MB, more than 1 MB of text: split it, or raise PINCITE_MAX_FILE_MB" in failure(
            index, docs, max_mb=1
        )
        assert "gull.txt" not in index.store.sources().values(), "its text of before is not its text now"
        assert "PINCITE_MAX_FILE_MB" in failure(index, docs, max_mb=1)

    def test_a_raised_limit_lets_a_refused_file_in(self, index: Index, docs: Path) -> None:
        write(docs, {"large.txt": "The Gull sails. " * 10})
        assert "PINCITE_MAX_FILE_MB" in failure(index, docs / "large.txt", max_mb=0)
        assert outcomes(index, docs)["large.txt"] == "added"

    def test_pages_without_text_are_told_and_the_rest_goes_in(self, index: Index, docs: Path) -> None:
        write_pdf(docs / "scan.pdf", [["The ferry leaves the harbour at nine."], [], []])
        (found,) = [o for o in add(index, [docs]) if o.source.endswith(".pdf")]
        assert found.outcome == "added"
        assert found.reason == "no text on page 2, 3: run it through OCR to index those"
        assert index.store.pages_without_text() == {str(docs / "scan.pdf"): [2, 3]}

    def test_a_pipe_is_not_waited_for(self, index: Index, docs: Path) -> None:
        os.mkfifo(docs / "pipe.txt")
        assert failure(index, docs) == "is not a regular file"

    def test_a_name_that_is_not_utf8_does_not_stop_the_others(self, index: Index, docs: Path) -> None:
        try:
            (Path(os.fsdecode(os.fsencode(docs) + b"/f\xe4rja.txt"))).write_text(GULL)
        except OSError:
            pytest.skip("this file system takes UTF-8 names only")
        found = {o.source: o for o in add(index, [docs])}
        refused = found[str(docs / "f\\xe4rja.txt")]
        assert refused.reason == "has a name that is not valid UTF-8: rename it"
        assert [o.outcome for o in found.values()].count("added") == 2

    def test_one_bad_file_does_not_stop_the_rest(self, index: Index, docs: Path) -> None:
        write(
            docs, {"a.pdf": b"junk", "b.txt": b"\xff\xfe\xff", "zz.txt": "The last of the ferries came home at dusk."}
        )
        assert outcomes(index, docs) == {
            "a.pdf": "failed",
            "b.txt": "failed",
            "gull.txt": "added",
            "tern.md": "added",
            "zz.txt": "added",
        }


class TestLinks:
    @pytest.fixture
    def outside(self, tmp_path: Path) -> Path:
        return write(tmp_path / "outside", {"secret.txt": "The key of the church lies under the third stone."})

    def test_a_link_that_leaves_the_folder_is_refused(self, index: Index, docs: Path, outside: Path) -> None:
        (docs / "link.txt").symlink_to(outside / "secret.txt")
        assert failure(index, docs) == "is a link that leaves the folder: add its target by name"
        assert index.store.keyword_search(["stone"], 5) == []

    def test_a_linked_folder_that_leaves_the_folder_is_refused_too(
        self, index: Index, docs: Path, outside: Path
    ) -> None:
        (docs / "linked").symlink_to(outside)
        assert failure(index, docs) == "is a link that leaves the folder: add its target by name"
        assert index.store.keyword_search(["stone"], 5) == []

    def test_a_file_that_became_such_a_link_is_no_longer_answered_from(
        self, index: Index, docs: Path, outside: Path
    ) -> None:
        add(index, [docs])
        (docs / "gull.txt").unlink()
        (docs / "gull.txt").symlink_to(outside / "secret.txt")
        assert outcomes(index, docs)["gull.txt"] == "failed"
        assert list(index.store.sources().values()) == ["sub/tern.md"]

    def test_links_within_the_folder_are_followed_once(self, index: Index, docs: Path) -> None:
        (docs / "link.txt").symlink_to(docs / "gull.txt")
        (docs / "loop").symlink_to(docs)
        assert outcomes(index, docs) == {"gull.txt": "added", "link.txt": "added", "tern.md": "added"}

    def test_a_link_to_itself_or_to_nothing_is_listed(self, index: Index, docs: Path) -> None:
        (docs / "self.txt").symlink_to(docs / "self.txt")
        (docs / "void.txt").symlink_to(docs / "gone.txt")
        reasons = {Path(o.source).name: o.reason or "" for o in add(index, [docs]) if o.outcome == "failed"}
        assert "Too many levels of symbolic links" in reasons["self.txt"]
        assert reasons["void.txt"] == "is a link to nothing: check its target"

    def test_a_folder_given_by_a_link_is_the_folder(self, index: Index, docs: Path, tmp_path: Path) -> None:
        (tmp_path / "short").symlink_to(docs)
        assert set(outcomes(index, tmp_path / "short").values()) == {"added"}
        assert set(outcomes(index, docs).values()) == {"unchanged"}

    def test_a_file_given_by_a_link_is_what_it_leads_to(self, index: Index, docs: Path, tmp_path: Path) -> None:
        (tmp_path / "short").symlink_to(docs / "gull.txt")
        assert outcomes(index, tmp_path / "short") == {"gull.txt": "added"}
        write(docs, {"data": "words"})
        (tmp_path / "data.txt").symlink_to(docs / "data")
        assert "unsupported type ''" in failure(index, tmp_path / "data.txt")


UNREADABLE = """
import os, sys
from pathlib import Path
from helpers import HashEmbedder
from index.library import Index
from index.sync import add
base, locked, mode = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3], 8)
with Index(base / "library", create=True, embedder=HashEmbedder()) as index:
    add(index, [base / "docs"])
    for path in [base, *base.rglob("*")]:
        path.chmod(0o777)
    locked.chmod(mode)
    if os.getuid() == 0:
        os.seteuid(65534)
    for outcome in add(index, [base / "docs"]):
        print(outcome.outcome, Path(outcome.source).name, outcome.reason or "")
    print("documents", *index.store.sources().values())
    os.seteuid(os.getuid())
    locked.chmod(0o777)
    print("then", *(outcome.outcome for outcome in add(index, [base / "docs"])))
"""


class TestPermissions:
    @pytest.fixture
    def base(self) -> Iterator[Path]:
        """Below a folder that any user may enter, which pytest's own is not."""
        with tempfile.TemporaryDirectory() as folder:
            write(Path(folder, "docs"), {"gull.txt": GULL, "sub/tern.txt": TERN, "sub/deep/wool.txt": f"More {TERN}"})
            yield Path(folder)

    @pytest.mark.parametrize("mode", ["000", "444"], ids=["closed", "listed but not entered"])
    def test_a_folder_that_cannot_be_read_keeps_its_documents(self, base: Path, mode: str) -> None:
        said = python(UNREADABLE, base, base / "docs/sub", mode).splitlines()
        assert "unchanged gull.txt " in said
        assert any("cannot be read (Permission denied): check its permissions" in line for line in said)
        assert not any(line.startswith("removed") for line in said)
        assert "documents gull.txt sub/deep/wool.txt sub/tern.txt" in said
        assert said[-1] == "then unchanged unchanged unchanged"

    def test_a_root_that_cannot_be_read_keeps_its_documents(self, base: Path) -> None:
        said = python(UNREADABLE, base, base / "docs", "000").splitlines()
        assert said[0] == "failed docs cannot be read (Permission denied): check its permissions"
        assert "documents gull.txt sub/deep/wool.txt sub/tern.txt" in said

    def test_a_file_that_cannot_be_read_keeps_its_text(self, base: Path) -> None:
        code = UNREADABLE.replace("locked.chmod(mode)", "locked.write_text('Other words.'); locked.chmod(mode)")
        said = python(code, base, base / "docs/gull.txt", "000").splitlines()
        assert "failed gull.txt cannot be read (Permission denied): check its permissions" in said
        assert "documents gull.txt sub/deep/wool.txt sub/tern.txt" in said
        assert said[-1] == "then changed unchanged unchanged"


def test_finding_files_reads_none(docs: Path) -> None:
    write(docs, {"Z.TXT": GULL, "b.jpg": "x"})
    found = find_files([docs])
    assert list(found.files.values()) == ["Z.TXT", "gull.txt", "sub/tern.md"]
    assert list(found.refused) == [str(docs / "b.jpg")]
    assert found.covers(str(docs / "gone.txt"))
    assert not found.covers(f"{docs}2/gone.txt")
