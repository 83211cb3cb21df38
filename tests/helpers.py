"""Shared by the tests: a small real embedder, a library in one call, PDFs, and a second process."""

import hashlib
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from index.embedder import Vectors, normalised
from index.library import Index
from index.sync import FileOutcome, add

TESTS = Path(__file__).parent
ROOT = TESTS.parent
DIMENSION = 64


class HashEmbedder:
    """Words hashed into `DIMENSION` buckets: texts that share words are near each other. Counts its calls."""

    def __init__(self, identity: str = "hash:64") -> None:
        self.identity = identity
        self.embedded = 0

    def embed(self, texts: Sequence[str]) -> Vectors:
        self.embedded += len(texts)
        vectors = np.zeros((len(texts), DIMENSION), np.float32)
        for row, text in enumerate(texts):
            for word in re.findall(r"\w+", text.lower()):
                vectors[row, int(hashlib.md5(word.encode()).hexdigest(), 16) % DIMENSION] += 1
        return normalised(vectors)


def write(folder: Path, files: dict[str, str | bytes]) -> Path:
    """Files by relative path; the folder is made when missing."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def add_to(library: Path, *paths: Path, **options: int) -> dict[str, FileOutcome]:
    """Opens `library`, adds `paths`, closes it; outcomes by file name."""
    with Index(library, create=True, embedder=HashEmbedder()) as index:
        return {Path(outcome.source).name: outcome for outcome in add(index, list(paths), **options)}


def write_pdf(path: Path, pages: Sequence[Sequence[str]], title: str = "") -> Path:
    """One line of text under the other on each page; a page without lines holds a drawing only."""
    from reportlab.pdfgen.canvas import Canvas

    canvas = Canvas(str(path), pageCompression=0)
    if title:
        canvas.setTitle(title)
    for lines in pages:
        canvas.rect(60, 60, 20, 20)
        for number, line in enumerate(lines):
            canvas.drawString(72, 760 - 16 * number, line)
        canvas.showPage()
    canvas.save()
    return path


def python(code: str, *arguments: object, as_user: int | None = None) -> str:
    """What `code` prints in another process that can import the project and this module; raises when it fails."""
    done = subprocess.run(
        _command(code, arguments), env=_environment(), user=as_user, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def start_python(code: str, *arguments: object) -> subprocess.Popen[str]:
    """Starts `code` in another process, with pipes to talk to it."""
    return subprocess.Popen(
        _command(code, arguments), env=_environment(), text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )


def _command(code: str, arguments: Sequence[object]) -> list[str]:
    return [sys.executable, "-c", code, *map(str, arguments)]


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(TESTS), "PYTHONDONTWRITEBYTECODE": "1"}
