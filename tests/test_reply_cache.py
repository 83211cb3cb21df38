"""Kept replies: replayed as they came, found by all they depend on, and never one that did not come whole."""

import json
import stat
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from openai_server import Drop, Raw, Reply, ScriptedServer, Text

from eval.errors import CacheUnusable
from eval.reply_cache import Kept, ReplyCache
from rag.errors import ModelUnavailable
from rag.llm import Llm
from rag.llm_protocol import Message, Usage

ASK: list[Message] = [{"role": "user", "content": "Where is the mill?"}]
KEY = "sk-SECRET-0123456789"
REPLY = Text("In Lorne, “by the färja”.", chunk_chars=3, cached=2, logprobs={"In": -0.1, "At": -2.5})


@pytest.fixture
def cache(tmp_path: Path) -> Iterator[ReplyCache]:
    with ReplyCache(tmp_path / "replies.sqlite") as opened:
        yield opened


class Asker:
    """A model that is asked through a cache by processes that know nothing of one another."""

    def __init__(self, server: ScriptedServer, cache: ReplyCache) -> None:
        self.server, self.cache = server, cache

    def __call__(self, what: str = "stream", provider: str = "m at x", repeat: int = 0, **options: Any) -> Any:
        llm = Llm("m", self.server.base_url, KEY, time_limit_s=5.0)
        kept, usage = Kept(self.cache, provider, repeat), Usage()
        try:
            if what == "stream":
                said: Any = list(llm.stream(ASK, **{"max_tokens": 50, **options}, usage=usage, replies=kept))
            else:
                said = llm.first_token(ASK, usage=usage, replies=kept)
        finally:
            llm.close()
        self.kept = kept
        return said, usage


@pytest.mark.parametrize("what", ["stream", "first_token"])
def test_a_reply_is_replayed_piece_by_piece_with_all_that_came_along(what: str, cache: ReplyCache) -> None:
    with ScriptedServer([REPLY, Text("another")]) as server:
        ask = Asker(server, cache)
        first = ask(what)
        assert ask.kept.replayed == 0
        assert ask(what) == first
        assert len(server.requests) == 1
        assert first[1] == Usage(4, 5, 2, 1)
        assert (ask.kept.replayed, ask.kept.saved.prompt, ask.kept.saved.completion) == (1, 4, 5)
    assert first[0] == ({"In": -0.1, "At": -2.5} if what == "first_token" else list(pieces(REPLY.text, 3)))


def pieces(text: str, length: int) -> Iterator[str]:
    yield from (text[at : at + length] for at in range(0, len(text), length))


@pytest.mark.parametrize(
    "change",
    [
        {"repeat": 1},
        {"provider": "m at y"},
        {"max_tokens": 51},
        {"schema": {"type": "object"}},
        {"stop": ["\n"]},
        {"what": "first_token"},
    ],
)
def test_another_request_is_asked(change: dict[str, Any], cache: ReplyCache) -> None:
    with ScriptedServer([REPLY]) as server:
        ask = Asker(server, cache)
        ask()
        ask(**change)
        ask(**change)
        assert len(server.requests) == 2


@pytest.mark.parametrize(
    "broken",
    [
        Drop("In Lor"),
        Text("In Lor", finish=None),
        Text("x" * 5000),
        Raw(b'data: {"choices": [{"delta": {"content": 3}}]}'),
    ],
)
def test_a_reply_that_is_cut_is_not_kept(broken: Reply, cache: ReplyCache) -> None:
    with ScriptedServer([broken, REPLY]) as server:
        ask = Asker(server, cache)
        try:
            ask()
        except ModelUnavailable:
            pass
        else:
            assert isinstance(broken, Text)  # longer than a reply may be: cut, and read as far as that
        before = len(server.requests)
        said, _ = ask()
        assert "".join(said) == REPLY.text
        assert len(server.requests) == before + 1


def test_a_reader_that_goes_away_keeps_nothing(cache: ReplyCache) -> None:
    with ScriptedServer([REPLY]) as server:
        llm = Llm("m", server.base_url, KEY)
        stream = llm.stream(ASK, max_tokens=50, usage=Usage(), replies=Kept(cache, "m"))
        assert next(stream)
        stream.close()  # type: ignore[attr-defined]
        llm.close()
        Asker(server, cache)(provider="m")
        assert len(server.requests) == 2


def test_without_a_provider_nothing_is_kept(cache: ReplyCache) -> None:
    kept = Kept(cache, None)
    kept.put({"a": 1}, {"kind": "answer"})
    assert kept.get({"a": 1}) is None
    assert Kept(None, "m").get({"a": 1}) is None


def test_the_file_is_this_users_and_holds_no_key_and_no_question(cache: ReplyCache, tmp_path: Path) -> None:
    with ScriptedServer([REPLY]) as server:
        Asker(server, cache)()
    for file in tmp_path.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert KEY.encode() not in file.read_bytes()
        assert b"Where is the mill?" not in file.read_bytes()


def test_threads_and_processes_share_a_file(cache: ReplyCache, tmp_path: Path) -> None:
    other = ReplyCache(tmp_path / "replies.sqlite")

    def fill(which: ReplyCache, start: int) -> None:
        for n in range(start, start + 50):
            which.put(str(n), [{"n": n}])

    threads = [Thread(target=fill, args=(which, start)) for start, which in ((0, cache), (50, other), (100, cache))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [cache.get(str(n)) for n in range(150)] == [[{"n": n}] for n in range(150)]
    other.close()


def test_a_file_that_is_something_else(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text(json.dumps({"my": "notes"}) * 100)
    with pytest.raises(CacheUnusable, match=r"notes\.txt' cannot be used .*give --cache another file"):
        ReplyCache(tmp_path / "notes.txt")
    assert "notes" in (tmp_path / "notes.txt").read_text()
