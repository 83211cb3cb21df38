"""What is scored: a library, or any other system that answers questions with the answer JSON of docs/interface.md.

library   this project, in one of its modes
command   `--system 'COMMAND ...'`: JSON lines in and out (eval/adapter_command.py)
http      `--system http://...`: POST (eval/adapter_http.py)
chat      `--system-chat URL`: Chat Completions, free text (eval/free_text.py)
"""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any

from eval.adapter_command import Command
from eval.adapter_http import Endpoint
from eval.errors import SystemUnusable
from eval.fingerprints import canonical, code_hash, hash_of, prompts_hash, without_secrets
from eval.free_text import answer_of
from eval.given import Corpus, completed
from eval.gold import GoldQuestion
from eval.reply_cache import Kept
from eval.runner import System
from rag.answer_json import answer_json
from rag.library import Library
from rag.llm import Llm
from rag.llm_protocol import Message, Usage, without_credentials
from rag.settings import read_settings
from rag.types import Mode, Turn

REPLY_TOKENS = 1024  # of a chat model; LlamaIndex gives 256
HTTP = ("http://", "https://")
TIME_LIMIT_S = 300.0  # for one question; a command has to start in it, too

Json = dict[str, Any]
Read = Callable[[bytes], Json]


@dataclass(frozen=True, slots=True)
class LibrarySystem:
    """A library in one mode; an answer of another mode in its place would be scored as what it is not."""

    corpus: Library
    mode: Mode
    provider: str | None
    fingerprint: dict[str, str | None]

    @property
    def is_parallel(self) -> bool:
        return self.mode == "openai"  # the others take all processors for one question

    def ask(self, question: GoldQuestion, kept: Kept) -> Json:
        history = [Turn(turn.question, turn.answer) for turn in question.history]
        return answer_json(self.corpus.ask(question.question, history, mode=self.mode, replies=kept))


@dataclass(frozen=True, slots=True)
class RemoteSystem:
    """A command or an endpoint: `send` takes the question as JSON, and what reads the answer."""

    corpus: Corpus
    mode: str
    provider: str | None
    fingerprint: dict[str, str | None]
    send: Callable[[bytes, Read], Json]
    is_parallel: bool = True

    def ask(self, question: GoldQuestion, kept: Kept) -> Json:
        asked = {"qid": question.qid, "question": question.question, "history": _turns(question)}
        begun = time.perf_counter()

        def read(sent: bytes) -> Json:
            answer = completed(sent, qid=question.qid, question=question.question, mode=self.mode, corpus=self.corpus)
            kept.put(asked, json.loads(sent))
            return answer

        earlier = kept.get(asked)
        answer = self.send(json.dumps(asked).encode(), read) if earlier is None else read(json.dumps(earlier).encode())
        return answer | {"timings_s": answer["timings_s"] or {"total": round(time.perf_counter() - begun, 4)}}


@dataclass(frozen=True, slots=True)
class ChatSystem:
    """A chat model, or anything that speaks as one; it is sent the conversation and no passages. It cites nothing."""

    corpus: Corpus
    llm: Llm
    provider: str
    fingerprint: dict[str, str | None]
    mode: str = "chat"
    is_parallel: bool = True

    def ask(self, question: GoldQuestion, kept: Kept) -> Json:
        messages: list[Message] = []
        for turn in question.history:
            messages += [{"role": "user", "content": turn.question}, {"role": "assistant", "content": turn.answer}]
        messages.append({"role": "user", "content": question.question})
        usage, begun = Usage(), time.perf_counter()
        reply = self.llm.complete(messages, max_tokens=REPLY_TOKENS, usage=usage, replies=kept)
        given = {
            **answer_of(reply),
            "model": self.llm.model,
            "timings_s": {"total": round(time.perf_counter() - begun, 4)},
            "tokens": {"prompt": usage.prompt, "completion": usage.completion, "cached": usage.cached},
            "calls": usage.calls,
        }
        return completed(
            json.dumps(given), qid=question.qid, question=question.question, mode=self.mode, corpus=self.corpus
        )


def _turns(question: GoldQuestion) -> list[dict[str, str]]:
    return [{"question": turn.question, "answer": turn.answer} for turn in question.history]


def library_system(library: Library) -> LibrarySystem:
    """`library` in the mode that it answers in by default. Raises ModeUnavailable."""
    mode = next(iter(library.modes()))
    model = library.model_identity(mode)
    fingerprint = {
        "embedder": library.embedder_identity,
        "chunks": hash_of(chunk_id.encode() for chunk_id in sorted(library.chunk_ids())),
        "mode": mode,
        "model": model,
        "prompts": prompts_hash(),
        "settings": canonical(library.answer_settings),
        "code_hash": code_hash("index", "rag"),
        "system": "pincite",
    }
    return LibrarySystem(library, mode, model, fingerprint)


@contextmanager
def opened_system(
    library: Library,
    *,
    system: str | None = None,
    chat_url: str | None = None,
    model: str | None = None,
    version: str | None = None,
    time_limit_s: float = TIME_LIMIT_S,
) -> Iterator[System]:
    """The library itself, else the `system` (a command, or an http address), else the chat `model` at `chat_url`.

    `version` is what its owner calls this state of it. Answers of a command or an address are kept in a cache only
    under a version: that its code has changed cannot be seen from here. Raises SystemUnusable, ModelUnavailable,
    ModeUnavailable.
    """
    if chat_url is not None:
        name = model or ""
        if not chat_url.startswith(HTTP):  # the client would take its own default for an empty one
            raise SystemUnusable(f"chat system {without_secrets(chat_url)!r} is no http address: give http://HOST/v1")
        provider = f"{name} at {without_credentials(chat_url)}"
        with closing(Llm(name, chat_url, read_settings().api_key, time_limit_s=time_limit_s)) as llm:
            fingerprint = _foreign("chat", provider, version) | {"model": name}
            yield ChatSystem(library, llm, canonical(fingerprint), fingerprint)
    elif system is not None and system.startswith(HTTP):
        with closing(Endpoint(system, time_limit_s=time_limit_s)) as endpoint:
            yield _remote(library, "http", system, version, endpoint.ask)
    elif system is not None:
        with closing(Command(system, time_limit_s=time_limit_s)) as command:
            yield _remote(library, "command", system, version, command.ask, command.code_hash())
    else:
        chosen = library_system(library)
        if chosen.mode != "extractive":
            library.prepare(chosen.mode)
        yield chosen


def _remote(
    library: Library,
    mode: str,
    words: str,
    version: str | None,
    send: Callable[[bytes, Read], Json],
    code: str | None = None,
) -> RemoteSystem:
    fingerprint = _foreign(mode, without_secrets(words), version, code)
    return RemoteSystem(library, mode, canonical(fingerprint) if version else None, fingerprint, send)


def _foreign(mode: str, system: str, version: str | None, code: str | None = None) -> dict[str, str | None]:
    unknown = dict.fromkeys(("embedder", "chunks"))
    named = f"{system} (version {version})" if version else system
    return {
        **unknown,
        "mode": mode,
        "model": None,
        "prompts": None,
        "settings": None,
        "code_hash": code,
        "system": named,
    }
