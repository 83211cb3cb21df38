"""Replies of models and systems, kept so that nothing is asked and paid for twice.

A reply is found by all that it depends on: who gave it (the model's file, or the address without credentials and the
model's name), the whole request with its parameters and messages, and which repeat of the question it was for. Only
the hash of that is stored, so that no prompt and no key is in the file; the replies are, and they are as confidential
as the documents. Only what came whole is kept.
"""

import json
import os
import sqlite3
import zlib
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Any

from eval.errors import CacheUnusable
from eval.fingerprints import canonical
from rag.llm_protocol import Usage, count

BUSY_S = 30.0  # how long another process may be writing


class ReplyCache:
    """One SQLite file, for any number of threads and processes; made readable to this user alone.

    Raises CacheUnusable for a file that is something else.
    """

    def __init__(self, file: Path) -> None:
        self._lock = Lock()
        try:
            os.close(os.open(file, os.O_CREAT | os.O_RDWR, 0o600))
            self._db = sqlite3.connect(file, timeout=BUSY_S, isolation_level=None, check_same_thread=False)
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("CREATE TABLE IF NOT EXISTS replies (request TEXT PRIMARY KEY, reply BLOB NOT NULL)")
        except (OSError, sqlite3.DatabaseError) as error:
            raise CacheUnusable(f"cache {str(file)!r} cannot be used ({error}): give --cache another file") from error

    def get(self, request: str) -> Any | None:
        with self._lock:
            row = self._db.execute("SELECT reply FROM replies WHERE request = ?", (request,)).fetchone()
        return None if row is None else json.loads(zlib.decompress(row[0]))

    def put(self, request: str, reply: Any) -> None:
        with self._lock:
            packed = zlib.compress(json.dumps(reply).encode())
            self._db.execute("INSERT OR REPLACE INTO replies VALUES (?, ?)", (request, packed))

    def close(self) -> None:
        with self._lock:
            self._db.close()

    def __enter__(self) -> "ReplyCache":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class Kept:
    """The replies that `provider` gave, or will give, for one repeat of one question; without a cache or without a
    provider, none. Has the form of rag.llm_protocol.Replies.

    `replayed`: how many were not asked for; `saved`: their tokens.
    """

    def __init__(self, cache: ReplyCache | None = None, provider: str | None = None, repeat: int = 0) -> None:
        self._cache = cache if provider else None
        self._whose = {"provider": provider, "repeat": repeat}
        self.replayed = 0
        self.saved = Usage()

    def get(self, request: Mapping[str, Any]) -> Any | None:
        reply = self._cache.get(self._key(request)) if self._cache else None
        if reply is not None:
            self.replayed += 1
            tokens = tokens_of(reply)
            self.saved.prompt += tokens.prompt
            self.saved.completion += tokens.completion
        return reply

    def put(self, request: Mapping[str, Any], reply: Any) -> None:
        if self._cache:
            self._cache.put(self._key(request), reply)

    def _key(self, request: Mapping[str, Any]) -> str:
        return sha256(canonical({**self._whose, "request": request}).encode()).hexdigest()


def tokens_of(reply: Any) -> Usage:
    """The tokens that a kept reply says it took: the chunks of a model's stream, or the answer JSON of a system."""
    if isinstance(reply, dict):
        tokens = reply.get("tokens") or {}
        return Usage(tokens.get("prompt", 0), tokens.get("completion", 0))
    usage = Usage()
    for chunk in reply:
        count(chunk, usage)
    return usage
