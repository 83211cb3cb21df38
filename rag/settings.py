"""Settings from the environment, read once where a library is opened."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, get_args

from platformdirs import user_data_path

from index.types import CHUNK_CHARS, LEAST_CHUNK_CHARS
from rag.types import HITS, Fusion

DEFAULT_MODEL = "gpt-4.1-mini"
FUSIONS: tuple[Fusion, ...] = get_args(Fusion)
_NAMED_ELSEWHERE = {
    "library",
    "mode",
    "embedder",
    "gguf",
    "model",
    "base_url",
    "chroma_url",
    "max_file_mb",
    "time_limit_s",
}


@dataclass(frozen=True, slots=True)
class Settings:
    """What `docs/interface.md` lists under settings; `mode` as it was given (`rag.models` reads it), None: choose."""

    library: Path
    mode: str | None = None
    embedder: str = "minilm"
    chroma_url: str | None = None
    max_file_mb: int = 20
    gguf: Path | None = None
    model: str = DEFAULT_MODEL
    base_url: str | None = None
    api_key: str | None = field(default=None, repr=False)
    time_limit_s: float = 120.0  # for one reply of a model
    chunk_chars: int = CHUNK_CHARS  # of a library, from its first document on
    passages: int = HITS  # read for a question
    fusion: Fusion = "both"
    second_opinion: bool = False  # the model of mode openai is asked about what it wrote in other words

    def of_answers(self) -> dict[str, Any]:
        """What answers depend on beside the library, the mode and the model, which have names of their own."""
        return {f.name: getattr(self, f.name) for f in fields(self) if f.repr and f.name not in _NAMED_ELSEWHERE}

    def with_library(self, library: str | Path | None) -> "Settings":
        return replace(self, library=Path(library)) if library else self

    def with_mode(self, mode: str | None) -> "Settings":
        return replace(self, mode=mode) if mode else self


def read_settings(environ: Mapping[str, str] = os.environ) -> Settings:
    """Raises ValueError for what a setting cannot be."""
    library = environ.get("PINCITE_LIBRARY")
    gguf = environ.get("PINCITE_GGUF")

    def whole(name: str, default: int, of: str, least: int = 1) -> int:
        given = environ.get(name) or str(default)
        if not given.isdecimal() or int(given) < least:
            above = f", {least} or more" if least > 1 else ""
            raise ValueError(f"{name} is {given!r}: give a whole number of {of}{above}")
        return int(given)

    return Settings(
        library=Path(library) if library else user_data_path("pincite") / "library",
        mode=environ.get("PINCITE_MODE") or None,
        embedder=environ.get("PINCITE_EMBEDDER") or "minilm",
        chroma_url=environ.get("PINCITE_CHROMA_URL") or None,
        max_file_mb=whole("PINCITE_MAX_FILE_MB", 20, "megabytes", least=0),
        gguf=Path(gguf) if gguf else None,
        model=environ.get("PINCITE_MODEL") or DEFAULT_MODEL,
        base_url=environ.get("OPENAI_BASE_URL") or None,
        api_key=environ.get("OPENAI_API_KEY") or None,
        time_limit_s=float(whole("PINCITE_TIMEOUT_S", 120, "seconds")),
        chunk_chars=whole("PINCITE_CHUNK_CHARS", CHUNK_CHARS, "characters", least=LEAST_CHUNK_CHARS),
        passages=whole("PINCITE_PASSAGES", HITS, "passages"),
        fusion=_fusion(environ.get("PINCITE_FUSION") or "both"),
        second_opinion=environ.get("PINCITE_SECOND_OPINION", "").lower() in ("1", "true", "yes", "on"),
    )


def _fusion(given: str) -> Fusion:
    for fusion in FUSIONS:
        if given == fusion:
            return fusion
    raise ValueError(f"PINCITE_FUSION is {given!r}: give one of {', '.join(FUSIONS)}")
