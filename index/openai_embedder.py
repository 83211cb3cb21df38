"""Embeddings from an OpenAI-compatible endpoint: one of the two places that may use the network."""

import os
from collections.abc import Sequence

import numpy as np
from openai import OpenAI, OpenAIError

from index.embedder import Vectors, normalised
from index.errors import EmbeddingFailed

BATCH = 128  # texts a request
TIMEOUT_S = 60.0


class OpenAIEmbedder:
    """`model` at `OPENAI_BASE_URL`, with `OPENAI_API_KEY`; servers without keys accept any value."""

    def __init__(self, model: str) -> None:
        self._model = model
        self._base_url = os.environ.get("OPENAI_BASE_URL")
        key = os.environ.get("OPENAI_API_KEY")
        if not key and not self._base_url:
            raise EmbeddingFailed(
                f"embedder 'openai:{model}' needs OPENAI_API_KEY (or OPENAI_BASE_URL for a server of your own)"
            )
        self._client = OpenAI(api_key=key or "none", base_url=self._base_url, timeout=TIMEOUT_S, max_retries=2)

    @property
    def identity(self) -> str:
        return f"openai:{self._model}"

    def embed(self, texts: Sequence[str]) -> Vectors:
        rows: list[list[float]] = []
        for at in range(0, len(texts), BATCH):
            batch = list(texts[at : at + BATCH])
            try:
                reply = self._client.embeddings.create(model=self._model, input=batch, encoding_format="float")
            except (OpenAIError, ValueError) as error:  # a reply that is no JSON surfaces as ValueError
                raise self._failed(str(error)) from error
            data = getattr(reply, "data", None)  # a page of HTML surfaces as a string
            if not isinstance(data, list) or len(data) != len(batch):
                got = f"{len(data)} vectors" if isinstance(data, list) else f"{str(reply)[:60]!r}"
                raise self._failed(f"asked for {len(batch)} vectors, got {got}")
            rows += [item.embedding for item in sorted(data, key=lambda item: item.index)]
        if not rows:
            return np.zeros((0, 0), np.float32)
        try:
            vectors = np.asarray(rows, np.float32)
        except (TypeError, ValueError) as error:
            raise self._failed("its vectors are not lists of as many numbers each") from error
        if vectors.ndim != 2 or not np.isfinite(vectors).all():
            raise self._failed("its vectors are not lists of finite numbers")
        return normalised(vectors)

    def _failed(self, what: str) -> EmbeddingFailed:
        return EmbeddingFailed(
            f"embedding model {self._model!r} at {self._client.base_url} failed ({what}): "
            "check OPENAI_BASE_URL and OPENAI_API_KEY, or set PINCITE_EMBEDDER=minilm"
        )
