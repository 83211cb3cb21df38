"""Settings from the environment, read once where a library is opened."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from platformdirs import user_data_path

from rag.errors import ModeUnavailable
from rag.types import Mode


@dataclass(frozen=True, slots=True)
class Settings:
    """What `docs/interface.md` lists under settings; `mode` as it was given (`parse_mode` reads it), None: choose."""

    library: Path
    mode: str | None = None
    embedder: str = "minilm"
    chroma_url: str | None = None
    max_file_mb: int = 20
    gguf: Path | None = None

    def with_library(self, library: str | Path | None) -> "Settings":
        return replace(self, library=Path(library)) if library else self

    def with_mode(self, mode: str | None) -> "Settings":
        return replace(self, mode=mode) if mode else self


def read_settings(environ: Mapping[str, str] = os.environ) -> Settings:
    """Raises ValueError for a size that is no number."""
    library = environ.get("PINCITE_LIBRARY")
    size = environ.get("PINCITE_MAX_FILE_MB", "20")
    gguf = environ.get("PINCITE_GGUF")
    if not size.isdigit():
        raise ValueError(f"PINCITE_MAX_FILE_MB is {size!r}: give a whole number of megabytes")
    return Settings(
        library=Path(library) if library else user_data_path("pincite") / "library",
        mode=environ.get("PINCITE_MODE") or None,
        embedder=environ.get("PINCITE_EMBEDDER") or "minilm",
        chroma_url=environ.get("PINCITE_CHROMA_URL") or None,
        max_file_mb=int(size),
        gguf=Path(gguf) if gguf else None,
    )


def parse_mode(text: str | None) -> Mode:
    """The mode to answer in; extractive unless another is asked for. Raises ModeUnavailable."""
    if text in (None, "extractive"):
        return "extractive"
    if text in ("local", "openai"):
        raise ModeUnavailable(f"mode {text!r} is not part of this version: use --mode extractive, which needs no model")
    raise ModeUnavailable(f"there is no mode {text!r}: use extractive")
