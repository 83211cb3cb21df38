"""Bytes to text, one module per format, run in a child process with limits (`index.loaders.child`)."""

from dataclasses import dataclass, field

MEDIA_TYPES = {
    ".txt": "text/plain",
    ".md": "text/markdown",
    ".markdown": "text/markdown",
    ".html": "text/html",
    ".htm": "text/html",
    ".pdf": "application/pdf",
}


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a format gives away: the text as it will be stored, and what the format says about it."""

    text: str
    title: str | None = None
    published: str | None = None  # ISO date
    page_starts: list[int] = field(default_factory=list)
    pages_without_text: list[int] = field(default_factory=list)  # numbers from 1
