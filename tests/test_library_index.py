"""An open library: SQLite and Chroma in step through crashes, processes and servers, whatever embeds."""

import json
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from chromadb.errors import InternalError
from helpers import HashEmbedder, add_to, python, start_python, write

from index.embedders import MINILM_SHA256, open_embedder
from index.errors import EmbedderMismatch, EmbeddingFailed, LibraryLocked, VectorStoreFailed
from index.library import Index
from index.openai_embedder import OpenAIEmbedder
from index.sync import add, remove
from index.vectors import VectorIndex, connect

GULL = "The Gull left the quay at six with nine sheep on board.\n"
TERN = "The Tern burned in the dry dock of the old shipyard.\n"
WOOL = "Wool was sold by weight in the hall behind the church.\n"


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    return write(tmp_path / "docs", {"gull.txt": GULL, "tern.txt": TERN, "wool.txt": WOOL})


@pytest.fixture
def library(tmp_path: Path) -> Path:
    return tmp_path / "library"


def open_index(library: Path, **options: Any) -> Index:
    return Index(library, create=True, embedder=HashEmbedder(), **options)


def best(index: Index, query: str) -> str:
    """The doc_id of the nearest chunk."""
    _, found = index.nearest(query, 1)
    return found[0][0].split("@")[0] if found else ""


class Chroma:
    """A client over a real one that counts calls, and fails the first `failures` upserts."""

    def __init__(self, folder: Path, failures: int = 0, error: type[BaseException] = InternalError) -> None:
        self._real: Any = connect(folder, None)
        self.calls: Counter[str] = Counter()
        self.failures = failures
        self.error = error

    def get_or_create_collection(self, *args: Any, **options: Any) -> "Collection":
        return Collection(self._real.get_or_create_collection(*args, **options), self)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)


class Collection:
    def __init__(self, real: Any, client: Chroma) -> None:
        self._real, self._client = real, client

    def upsert(self, **values: Any) -> None:
        if self._client.failures:
            self._client.failures -= 1
            raise self._client.error("the disk went away")
        self._client.calls["upsert"] += 1
        self._real.upsert(**values)

    def __getattr__(self, name: str) -> Any:
        self._client.calls[name] += 1
        return getattr(self._real, name)


class TestSearch:
    def test_the_nearest_chunk_has_the_highest_similarity(self, library: Path, docs: Path) -> None:
        add_to(library, docs)
        with open_index(library) as index:
            vector, found = index.nearest("a sheep on the quay", 3)
            assert vector.shape == (64,)
            assert found[0][0].split("@")[0] == "gull.txt"
            similarities = [similarity for _, similarity in found]
            assert similarities == sorted(similarities, reverse=True)
            stored = dict(index.store.vectors([chunk_id for chunk_id, _ in found]))
            for chunk_id, similarity in found:
                assert similarity == pytest.approx(float(stored[chunk_id] @ vector), abs=1e-4)

    def test_every_dense_query_is_one_query_to_chroma(self, library: Path, docs: Path, tmp_path: Path) -> None:
        client: Any = Chroma(tmp_path / "vectors")
        with open_index(library, chroma_client=client) as index:
            add(index, [docs])
            assert client.calls["query"] == 0
            for number, query in enumerate(["sheep", "a dock", "wool by weight", "sheep"], 1):
                index.nearest(query, 2)
                assert client.calls["query"] == number
            assert client.calls["get"] == 0, "no other way around it"

    def test_an_empty_library_has_nothing_near(self, library: Path) -> None:
        with open_index(library) as index:
            assert index.nearest("sheep", 5)[1] == []

    def test_more_may_be_asked_for_than_there_is(self, library: Path, docs: Path) -> None:
        add_to(library, docs)
        with open_index(library) as index:
            assert len(index.nearest("sheep", 100)[1]) == 3

    def test_threads_may_read_while_another_process_writes(self, library: Path, docs: Path) -> None:
        add_to(library, docs)
        errors: list[BaseException] = []
        done = threading.Event()

        def read(index: Index) -> None:
            while not done.is_set():
                try:
                    assert best(index, "nine sheep on the quay") == "gull.txt"
                except BaseException as error:  # noqa: BLE001 - handed to the test
                    errors.append(error)
                    return

        with open_index(library) as index:
            readers = [threading.Thread(target=read, args=(index,)) for _ in range(3)]
            for reader in readers:
                reader.start()
            python(WRITER, library, docs)
            done.set()
            for reader in readers:
                reader.join()
        assert errors == []


WRITER = """
import sys
from pathlib import Path
from helpers import add_to, write
library, docs = map(Path, sys.argv[1:])
for number in range(4):
    write(docs, {f"more{number}.txt": f"A valve of number {number} is shut. It leaks oil into the hold."})
    add_to(library, docs)
"""
READER = """
import sys
from pathlib import Path
from helpers import HashEmbedder
from index.library import Index
with Index(Path(sys.argv[1]), embedder=HashEmbedder()) as index:
    for query in sys.stdin:
        _, found = index.nearest(query.strip(), 1)
        print(found[0][0].split("@")[0] if found else "nothing", flush=True)
"""
LOCKER = """
import sys
from pathlib import Path
from helpers import HashEmbedder
from index.library import Index
with Index(Path(sys.argv[1]), create=True, embedder=HashEmbedder()) as index, index.writing():
    print("writing", flush=True)
    sys.stdin.readline()
"""


class TestProcesses:
    def test_a_reader_in_another_process_sees_what_is_written(self, library: Path, docs: Path) -> None:
        add_to(library, docs / "wool.txt")
        with start_python(READER, library) as reader:
            assert reader.stdin is not None
            assert reader.stdout is not None

            def ask(query: str) -> str:
                assert reader.stdin is not None
                assert reader.stdout is not None
                reader.stdin.write(query + "\n")
                reader.stdin.flush()
                return reader.stdout.readline().strip()

            assert ask("nine sheep on the quay") == "wool.txt"
            add_to(library, docs / "gull.txt")
            assert ask("nine sheep on the quay") == "gull.txt"
            with open_index(library) as index:
                remove(index, ["gull.txt"])
            assert ask("nine sheep on the quay") == "wool.txt"
            reader.stdin.close()
            assert reader.wait(20) == 0

    def test_a_second_writer_is_told_to_wait(self, library: Path, docs: Path) -> None:
        with start_python(LOCKER, library) as holder:
            assert holder.stdin is not None
            assert holder.stdout is not None
            assert holder.stdout.readline() == "writing\n"
            with open_index(library) as index:
                for write_something in (lambda: add(index, [docs]), lambda: remove(index, ["gull.txt"])):
                    with pytest.raises(LibraryLocked, match=r"another process is writing .* try again"):
                        write_something()
                assert index.store.counts() == (0, 0), "and may still read"
                holder.stdin.close()
                assert holder.wait(20) == 0
                assert {outcome.outcome for outcome in add(index, [docs])} == {"added"}

    def test_a_writer_that_was_killed_leaves_no_lock(self, library: Path, docs: Path) -> None:
        with start_python(LOCKER, library) as holder:
            assert holder.stdout is not None
            assert holder.stdout.readline() == "writing\n"
            holder.kill()
            holder.wait(20)
        assert add_to(library, docs)["gull.txt"].outcome == "added"

    def test_a_second_thread_of_the_same_program_is_told_to_wait_too(self, library: Path, docs: Path) -> None:
        refused: list[bool] = []

        def second(index: Index) -> None:
            with pytest.raises(LibraryLocked):
                add(index, [docs])
            refused.append(True)

        with open_index(library) as index, index.writing():
            thread = threading.Thread(target=second, args=(index,))
            thread.start()
            thread.join()
        assert refused == [True]


class TestRepair:
    @pytest.mark.parametrize("error", [InternalError, KeyboardInterrupt], ids=["failure", "crash"])
    def test_what_a_crash_leaves_half_done_is_repaired_by_the_next_add(
        self, library: Path, docs: Path, tmp_path: Path, error: type[BaseException]
    ) -> None:
        client: Any = Chroma(tmp_path / "vectors", failures=1, error=error)
        embedder = HashEmbedder()
        expected = VectorStoreFailed if error is InternalError else error
        with Index(library, create=True, embedder=embedder, chroma_client=client) as index:
            with pytest.raises(expected):
                add(index, [docs])
            assert index.store.counts() == (1, 1)
            assert index.vectors.count() == 0
            before = embedder.embedded

            assert Counter(o.outcome for o in add(index, [docs])) == {"unchanged": 1, "added": 2}
            assert embedder.embedded - before == 4, "two chunks and two sentences, and the repaired one not again"
            assert index.vectors.ids() == set(index.store.chunk_ids())
            assert best(index, "nine sheep on the quay") == "gull.txt"

    def test_a_crash_over_a_changed_file_leaves_no_old_vector(self, library: Path, docs: Path, tmp_path: Path) -> None:
        client: Any = Chroma(tmp_path / "vectors")
        with open_index(library, chroma_client=client) as index:
            add(index, [docs])
            write(docs, {"gull.txt": "The Gull was sold to a farmer of the next valley."})
            client.failures = 1
            with pytest.raises(VectorStoreFailed):
                add(index, [docs])
            add(index, [docs])
            assert index.vectors.ids() == set(index.store.chunk_ids())

    def test_a_deleted_chroma_folder_is_filled_again_without_embedding(self, library: Path, docs: Path) -> None:
        add_to(library, docs)
        shutil.rmtree(library / "chroma")
        embedder = HashEmbedder()
        with Index(library, embedder=embedder) as index:
            assert {outcome.outcome for outcome in add(index, [docs])} == {"unchanged"}
            assert embedder.embedded == 0
            assert best(index, "nine sheep on the quay") == "gull.txt"

    def test_a_broken_chroma_folder_says_what_to_do(self, library: Path, docs: Path) -> None:
        add_to(library, docs)
        (library / "chroma" / "chroma.sqlite3").write_bytes(b"not a database " * 999)
        with open_index(library) as index, pytest.raises(VectorStoreFailed, match="delete that folder and run"):
            index.nearest("sheep", 1)

    def test_removing_the_collection_is_named(self, tmp_path: Path) -> None:
        client = connect(tmp_path / "chroma", None)
        vectors = VectorIndex(client, "pincite-test")
        vectors.upsert(["a"], np.ones((1, 3), np.float32))
        client.delete_collection("pincite-test")
        with pytest.raises(VectorStoreFailed, match="run `pincite add`"):
            vectors.count()

    def test_large_batches_are_cut(self, tmp_path: Path) -> None:
        vectors = VectorIndex(connect(tmp_path / "chroma", None), "pincite-test")
        vectors._batch = 7
        ids = [f"c{number:02}" for number in range(30)]
        vectors.upsert(ids, np.eye(30, dtype=np.float32))
        assert vectors.ids() == set(ids)
        assert vectors.nearest(np.eye(30, dtype=np.float32)[23], 1) == [("c23", pytest.approx(1.0))]
        vectors.delete(ids[3:])
        assert vectors.ids() == set(ids[:3])


class TestEmbedders:
    def test_another_embedder_is_refused(self, library: Path, docs: Path) -> None:
        add_to(library, docs)
        with Index(library, embedder=HashEmbedder("hash:other")) as index:
            with pytest.raises(EmbedderMismatch, match=r"indexed with 'hash:64'.*'hash:other'.*new --library"):
                index.nearest("sheep", 1)
            write(docs, {"new.txt": "A new bell hangs in the church."})
            with pytest.raises(EmbedderMismatch):
                add(index, [docs])

    def test_minilm_finds_what_is_meant(self, library: Path, docs: Path) -> None:
        with Index(library, create=True) as index:
            assert {outcome.outcome for outcome in add(index, [docs])} == {"added"}
            assert index.store.meta("embedder") == f"onnx:{MINILM_SHA256[:16]}"
            assert best(index, "Which ship was destroyed by fire?") == "tern.txt"
            assert best(index, "livestock transported by boat") == "gull.txt"
            assert best(index, "Where did they trade fleece?") == "wool.txt"

    def test_minilm_gives_unit_vectors_in_the_order_asked_for(self) -> None:
        embedder = open_embedder("minilm")
        texts = ["sheep", WOOL * 60, "the quay", "", "漢字 ﬁ", "sheep"]
        vectors = embedder.embed(texts)
        assert vectors.shape == (6, 384)
        np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
        np.testing.assert_allclose(vectors[0], vectors[5], atol=1e-5)
        alone = np.concatenate([embedder.embed([text]) for text in texts])
        assert (vectors * alone).sum(1).min() > 0.99, "its batch changes a vector by no more than int8 rounding"
        assert embedder.embed([]).shape[0] == 0

    def test_a_folder_without_a_model_is_named(self, tmp_path: Path) -> None:
        with pytest.raises(EmbeddingFailed, match=r"model\.onnx' is missing: check PINCITE_EMBEDDER"):
            open_embedder(str(tmp_path))

    def test_a_model_that_is_not_the_pinned_one_is_refused(self, tmp_path: Path) -> None:
        from index.embedders import OnnxEmbedder

        write(tmp_path, {"model.onnx": "x", "tokenizer.json": "{}"})
        with pytest.raises(EmbeddingFailed, match="not the pinned model"):
            OnnxEmbedder(tmp_path / "model.onnx", tmp_path / "tokenizer.json", MINILM_SHA256)


class Endpoint(BaseHTTPRequestHandler):
    """Speaks the embeddings part of the OpenAI protocol; `mode` of the server says how badly."""

    def log_message(self, *_: object) -> None: ...

    def do_POST(self) -> None:
        server: Any = self.server
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        server.requests.append((self.path, self.headers["authorization"], body))
        texts = body["input"]
        data: list[Any] = [
            {"object": "embedding", "index": n, "embedding": [len(text), 1.0]} for n, text in enumerate(texts)
        ]
        status, answer = 200, {"object": "list", "model": "m", "data": data[::-1], "usage": {}}
        kind, raw = "application/json", b""
        match server.mode:
            case "too few":
                data.pop()
                answer["data"] = data
            case "no data":
                answer = {"error": "loading"}
            case "other lengths":
                data[0]["embedding"] = [1.0]
            case "not numbers":
                data[0]["embedding"] = None
            case "not a number":
                data[0]["embedding"] = [float("nan"), 1.0]
            case "html":
                kind, raw = "text/html", b"<html>Welcome</html>"
            case "broken json":
                raw = b"{"
            case 401 | 500:
                status, answer = server.mode, {"error": {"message": f"no: {server.mode}"}}
        raw = raw or json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)


@pytest.fixture
def endpoint(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    server: Any = ThreadingHTTPServer(("127.0.0.1", 0), Endpoint)
    server.mode, server.requests = "good", []
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    monkeypatch.setenv("OPENAI_BASE_URL", f"http://127.0.0.1:{server.server_port}/v1")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-not-for-logs")
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


class TestOpenAI:
    def test_vectors_are_asked_for_in_batches_and_come_back_in_order(self, endpoint: Any) -> None:
        texts = ["x" * (number % 7) + "y" for number in range(200)]
        vectors = OpenAIEmbedder("small").embed(texts)
        assert [len(body["input"]) for _, _, body in endpoint.requests] == [128, 72]
        assert {(path, key) for path, key, _ in endpoint.requests} == {("/v1/embeddings", "Bearer sk-not-for-logs")}
        np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)
        np.testing.assert_allclose(vectors[:, 0] / vectors[:, 1], [len(text) for text in texts], rtol=1e-5)
        assert OpenAIEmbedder("small").embed([]).shape[0] == 0

    @pytest.mark.parametrize(
        ("mode", "said"),
        [
            (401, "no: 401"),
            (500, "no: 500"),
            ("too few", "asked for 2 vectors, got 1"),
            ("no data", "asked for 2 vectors, got"),
            ("html", "<html>Welcome"),
            ("broken json", "failed"),
            ("other lengths", "not lists of as many numbers"),
            ("not numbers", "not lists of as many numbers"),
            ("not a number", "finite numbers"),
        ],
        ids=str,
    )
    def test_a_reply_that_is_no_good_says_what_to_check(self, endpoint: Any, mode: str | int, said: str) -> None:
        endpoint.mode = mode
        with pytest.raises(EmbeddingFailed, match=said) as caught:
            OpenAIEmbedder("small").embed(["one", "two"])
        assert "check OPENAI_BASE_URL and OPENAI_API_KEY" in str(caught.value)
        assert "sk-not-for-logs" not in str(caught.value)
        assert len(endpoint.requests) == (3 if mode == 500 else 1), "only what may pass is tried again"

    def test_no_endpoint_and_no_key_is_said_before_anything_is_sent(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
        monkeypatch.delenv("OPENAI_API_KEY", raising=False)
        with pytest.raises(EmbeddingFailed, match="needs OPENAI_API_KEY"):
            open_embedder("openai:small")

    def test_a_failure_half_way_keeps_what_was_done(self, endpoint: Any, library: Path, docs: Path) -> None:
        with Index(library, create=True, embedder="openai:small") as index:
            add(index, [docs / "gull.txt"])
            assert index.store.meta("embedder") == "openai:small"
            endpoint.mode = 401
            with pytest.raises(EmbeddingFailed):
                add(index, [docs])
            assert list(index.store.sources().values()) == ["gull.txt"]
            endpoint.mode = "good"
            assert Counter(o.outcome for o in add(index, [docs])) == {"unchanged": 1, "added": 2}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture
def chroma_server(tmp_path: Path) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    port = free_port()
    command = [Path(sys.executable).parent / "chroma", "run", "--host", "127.0.0.1", "--port", str(port)]
    with open(tmp_path / "chroma.log", "wb") as log:
        server = subprocess.Popen(
            [*command, "--path", tmp_path / "served"],
            stdout=log,
            stderr=log,
            env={**os.environ, "ANONYMIZED_TELEMETRY": "False"},
        )
    try:
        deadline = time.monotonic() + 60
        while socket.socket().connect_ex(("127.0.0.1", port)):
            assert server.poll() is None, (tmp_path / "chroma.log").read_text()
            assert time.monotonic() < deadline, "chroma run did not come up"
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}", server
    finally:
        server.kill()
        server.wait()


class TestChromaServer:
    def test_vectors_live_on_the_server_and_its_absence_is_said(
        self, library: Path, docs: Path, chroma_server: tuple[str, subprocess.Popen[bytes]]
    ) -> None:
        url, server = chroma_server
        with open_index(library, chroma_url=url) as index:
            assert {outcome.outcome for outcome in add(index, [docs])} == {"added"}
            assert best(index, "nine sheep on the quay") == "gull.txt"
            write(docs, {"gull.txt": "The Gull was sold to a farmer of the next valley."})
            (docs / "tern.txt").unlink()
            add(index, [docs])
            assert index.vectors.ids() == set(index.store.chunk_ids())
            assert not (library / "chroma").exists()

            server.kill()
            server.wait()
            with pytest.raises(VectorStoreFailed, match="check PINCITE_CHROMA_URL"):
                index.nearest("sheep", 1)
        with open_index(library, chroma_url=url) as index:
            with pytest.raises(VectorStoreFailed, match=f"Chroma server '{url}' failed"):
                index.nearest("sheep", 1)
            write(docs, {"new.txt": "A new bell hangs in the church tower."})
            with pytest.raises(VectorStoreFailed, match="check PINCITE_CHROMA_URL"):
                add(index, [docs])

    @pytest.mark.parametrize("url", ["http://127.0.0.1:99999", "nonsense://"])
    def test_an_address_that_is_none_is_said(self, library: Path, url: str) -> None:
        with open_index(library, chroma_url=url) as index, pytest.raises(VectorStoreFailed):
            index.nearest("sheep", 1)
