"""The seam to language models, against a real server on loopback that behaves well or badly."""

import contextlib
import json
import math
import socket
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from openai_server import Drop, Hang, Raw, Reply, ScriptedServer, Status, Text

from rag import llm as llm_module
from rag.errors import ModelUnavailable, Stopped
from rag.llm import Llm, Usage
from rag.llm_protocol import on_this_machine, retry_after_s, without_credentials

KEY = "sk-SECRET-0123456789"
PROMPT = "prompt-words-that-stay-secret"
MESSAGES = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": PROMPT}]
SCHEMA = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"], "additionalProperties": False}
Quick = Callable[..., tuple[ScriptedServer, Llm]]
SOON_S = 5.0  # generous: what must not wait for a server that hangs for a minute


@contextlib.contextmanager
def asking(*script: Any, time_limit_s: float = 20.0) -> Iterator[tuple[ScriptedServer, Llm]]:
    with ScriptedServer(script) as server:
        llm = Llm("m", server.base_url, KEY, time_limit_s=time_limit_s)
        try:
            yield server, llm
        finally:
            llm.close()


@pytest.fixture(scope="module")
def quick() -> Iterator[Quick]:
    """As `asking`, for replies that neither hang nor refuse a parameter: one server and one model serve them all."""
    with asking() as (server, llm):

        def ask(*script: Any) -> tuple[ScriptedServer, Llm]:
            server.script = script
            server.requests.clear()
            return server, llm

        yield ask


@pytest.fixture
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(llm_module, "RETRY_DELAYS_S", (0.1, 0.1))


def complete(llm: Llm, max_tokens: int = 50, usage: Usage | None = None, **options: Any) -> str:
    return llm.complete(MESSAGES, max_tokens=max_tokens, usage=usage or Usage(), **options)


def wait_for(condition: Callable[[], bool]) -> bool:
    end = time.monotonic() + SOON_S
    while not condition() and time.monotonic() < end:
        time.sleep(0.02)
    return condition()


@contextlib.contextmanager
def no_longer_than(seconds: float = SOON_S) -> Iterator[None]:
    started = time.monotonic()
    yield
    assert time.monotonic() - started < seconds


def sse(*values: object) -> bytes:
    return b"".join(b"data: %s\n\n" % json.dumps(value).encode() for value in values)


def chunk(content: object, finish: str | None = None) -> dict[str, Any]:
    return {"choices": [{"index": 0, "delta": {"content": content}, "finish_reason": finish}]}


def refusing(*names: str, code: int = 400, words: str = "Unsupported parameter: '{}'.") -> Callable[[Any], Reply]:
    """A server that refuses each parameter of `names`, one at a time, as OpenAI words it."""

    def reply(body: dict[str, Any]) -> Reply:
        for name in names:
            if name in body:
                return Status(code, {"error": {"message": words.format(name), "type": "invalid_request_error"}})
        return Text("fine", logprobs={"fine": -0.1})

    return reply


# What is asked, and what comes back


def test_the_request_and_the_pieces_of_the_reply() -> None:
    usage = Usage()
    with asking(Text("The launch was in 1990 [1].", chunk_chars=4, cached=2)) as (server, llm):
        pieces = list(llm.stream(MESSAGES, max_tokens=50, usage=usage, schema=SCHEMA, stop=["\n\n"]))
    assert len(pieces) > 3
    assert "".join(pieces) == "The launch was in 1990 [1]."
    body, headers = server.requests[0]
    assert headers["authorization"] == f"Bearer {KEY}"
    assert body == {
        "model": "m",
        "messages": MESSAGES,
        "max_tokens": 50,
        "temperature": 0,
        "stream": True,
        "stream_options": {"include_usage": True},
        "response_format": {"type": "json_schema", "json_schema": {"name": "reply", "strict": True, "schema": SCHEMA}},
        "stop": ["\n\n"],
    }
    assert usage == Usage(prompt=3, completion=6, cached=2, calls=1)


def test_usage_adds_up_over_calls_and_may_be_missing() -> None:
    usage = Usage()
    with asking(Text("one two"), Text("three", usage=False), Text("four")) as (_, llm):
        assert [complete(llm, usage=usage) for _ in range(3)] == ["one two", "three", "four"]
    assert usage == Usage(prompt=6, completion=3, cached=0, calls=3)


@pytest.mark.parametrize(
    "last",
    [
        {"choices": [], "usage": {"prompt_tokens": 9, "completion_tokens": 2}, "timings": {"cache_n": 7}},
        {**chunk("", "stop"), "usage": {"prompt_tokens": 9, "completion_tokens": 2}, "timings": {"cache_n": 7}},
    ],
)
def test_counts_as_llama_cpp_sends_them(quick: Quick, last: dict[str, Any]) -> None:
    usage = Usage()
    _, llm = quick(Raw(sse(chunk("ok"), chunk(None, "stop"), last) + b"data: [DONE]\n\n"))
    assert complete(llm, usage=usage) == "ok"
    assert usage == Usage(prompt=9, completion=2, cached=7, calls=1)


@pytest.mark.parametrize("counts", [None, [], {"prompt_tokens": "9"}, {"prompt_tokens": -1, "completion_tokens": None}])
def test_counts_that_are_no_counts_are_nothing(quick: Quick, counts: object) -> None:
    usage = Usage()
    _, llm = quick(Raw(sse({**chunk("ok", "stop"), "usage": counts})))
    assert complete(llm, usage=usage) == "ok"
    assert usage == Usage(calls=1)


def test_chunks_without_text_are_passed_over() -> None:
    role = {"choices": [{"index": 0, "delta": {"role": "assistant"}, "finish_reason": None}]}
    thought = {"choices": [{"index": 0, "delta": {"reasoning_content": "hm", "content": None}}]}
    odd = [{"choices": []}, {"choices": None}, {"choices": ["?"]}, {"choices": [{}]}, [], 5, None]
    stream = sse(role, thought, *odd, chunk("yes"), chunk("", "length"))
    with asking(Raw(b": comment\n\n" + stream + b"data: [DONE]\n\n")) as (_, llm):
        assert list(llm.stream(MESSAGES, max_tokens=5, usage=Usage())) == ["yes"]


def test_half_characters_are_replaced_in_both_directions(quick: Quick) -> None:
    half = {"index": 0, "delta": {"content": "a\ud83d"}, "finish_reason": "stop"}
    server, llm = quick(Raw(sse({"choices": [half]})))
    assert llm.complete([{"role": "user", "content": "b\udc80"}], max_tokens=5, usage=Usage()) == "a?"
    assert server.requests[0].body["messages"] == [{"role": "user", "content": "b?"}]


def test_nothing_is_asked_before_the_first_piece_is_wanted() -> None:
    with asking(Text("x")) as (server, llm):
        llm.stream(MESSAGES, max_tokens=5, usage=Usage())
        time.sleep(0.2)
        assert not server.requests


def test_threads_share_one_model() -> None:
    with asking(lambda body: Text(body["messages"][0]["content"] * 20, delay_s=0.01)) as (_, llm):
        replies: dict[str, str] = {}

        def ask(name: str) -> None:
            replies[name] = llm.complete([{"role": "user", "content": name}], max_tokens=99, usage=Usage())

        threads = [threading.Thread(target=ask, args=(name,)) for name in "abcd"]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(SOON_S)
    assert replies == {name: name * 20 for name in "abcd"}


def test_a_reply_without_end_is_cut() -> None:
    with asking(Text("x" * 100_000, chunk_chars=100, delay_s=0.001)) as (server, llm), no_longer_than():
        text = complete(llm, max_tokens=10)
        assert len(text) == 10 * llm_module.CHARS_PER_TOKEN + llm_module.SPARE_CHARS
        assert wait_for(lambda: server.disconnects == 1)


def test_text_that_is_whole_is_kept_whatever_comes_after_it() -> None:
    with asking(Raw(sse(chunk("whole", "stop")) + b"data: {broken\n\n")) as (_, llm):
        assert complete(llm) == "whole"


# First tokens


def test_first_token_gives_log_probabilities() -> None:
    usage = Usage()
    with asking(Text("Yes", logprobs={"Yes": -0.1, "No": -2.5})) as (server, llm):
        assert llm.first_token(MESSAGES, usage=usage) == {"Yes": -0.1, "No": -2.5}
    body = server.requests[0].body
    assert (body["max_tokens"], body["logprobs"], body["top_logprobs"]) == (1, True, 20)
    assert (usage.calls, usage.completion) == (1, 1)


@pytest.mark.parametrize(
    ("logprobs", "expected"),
    [
        (None, {}),
        ({"content": None}, {}),
        ({"content": []}, {}),
        ({"content": [{"token": "a", "logprob": -1, "top_logprobs": []}]}, {"a": -1.0}),
        ({"content": [{"token": "a", "logprob": -1, "top_logprobs": "?"}]}, {"a": -1.0}),
        ({"content": [{"top_logprobs": [{"token": "a", "logprob": -1}, {"token": "a", "logprob": -2}]}]}, {"a": -1.0}),
        ({"content": [{"top_logprobs": [{"token": "a", "logprob": -math.inf}, {"token": "b"}, 3]}]}, {}),
    ],
)
def test_first_token_takes_what_is_sound(quick: Quick, logprobs: object, expected: dict[str, float]) -> None:
    choice = {"index": 0, "delta": {"content": "a"}, "finish_reason": "length", "logprobs": logprobs}
    _, llm = quick(Raw(sse({"choices": [choice]})))
    assert llm.first_token(MESSAGES, usage=Usage()) == expected


@pytest.mark.parametrize("code", [400, 403])
def test_a_server_that_refuses_log_probabilities_is_not_asked_again(code: int) -> None:
    with asking(refusing("logprobs", "top_logprobs", code=code, words="not allowed to request {}")) as (server, llm):
        assert llm.first_token(MESSAGES, usage=Usage()) == {}
        asked = len(server.requests)
        assert llm.first_token(MESSAGES, usage=Usage()) == {}
        assert len(server.requests) == asked
        assert complete(llm) == "fine"


# Servers that refuse parameters


@pytest.mark.parametrize(
    ("refused", "code"),
    [
        (("max_tokens",), 400),
        (("temperature",), 400),
        (("stop",), 400),
        (("stream_options",), 422),
        (("response_format",), 404),
        (("response_format", "stream_options", "temperature", "max_tokens", "stop"), 400),
    ],
)
def test_a_refused_parameter_is_left_out_from_then_on(refused: tuple[str, ...], code: int) -> None:
    with asking(refusing(*refused, code=code)) as (server, llm):
        assert complete(llm, schema=SCHEMA, stop=["."]) == "fine"
        assert len(server.requests) == 1 + len(refused)
        assert complete(llm, schema=SCHEMA, stop=["."]) == "fine"
        assert len(server.requests) == 2 + len(refused)
    body = server.requests[-1].body
    assert not set(refused) & set(body)
    assert body.get("max_completion_tokens") == (50 if "max_tokens" in refused else None)


def test_the_schema_goes_when_a_400_names_nothing() -> None:
    def reply(body: dict[str, Any]) -> Reply:
        return Status(400, {"error": "cannot compile the grammar"}) if "response_format" in body else Text("{}")

    with asking(reply) as (server, llm):
        assert [complete(llm, schema=SCHEMA) for _ in range(2)] == ["{}", "{}"]
        assert len(server.requests) == 3


def test_a_400_for_another_reason_takes_nothing_away() -> None:
    too_long = Status(400, {"error": {"code": "context_length_exceeded", "message": "max_tokens is too large"}})
    with asking(too_long, too_long, too_long, Text("fine")) as (server, llm):
        with pytest.raises(ModelUnavailable, match=r"refused the request \(400, context_length_exceeded\)"):
            complete(llm, schema=SCHEMA)
        assert len(server.requests) == 3
        assert complete(llm, schema=SCHEMA) == "fine"
    assert {"response_format", "max_tokens"} <= set(server.requests[-1].body)


# Failures


FINISHED = sse(chunk("x", "stop"))


@pytest.mark.parametrize(
    ("reply", "words", "retryable", "asked"),
    [
        (Status(400), r"refused the request \(400, scripted_error\)", False, 1),
        (Status(401, {"error": {"code": "invalid_api_key", "message": KEY}}), "check OPENAI_API_KEY", False, 1),
        (Status(403), "check OPENAI_API_KEY and PINCITE_MODEL", False, 1),
        (Status(404), "check PINCITE_MODEL", False, 1),
        (Status(404, {"error": {"code": KEY, "type": f"{PROMPT} again", "message": PROMPT}}), r"\(404\)", False, 1),
        (Status(307, headers={"Location": "http://127.0.0.1:9/v1"}), r"\(307", False, 1),
        (Status(429, headers={"Retry-After": "0"}), "--mode extractive", True, 3),
        (Status(500, headers={"Retry-After": "0"}), "failed", True, 3),
        (Status(503, body="<html>", headers={"Retry-After": "0"}), "try again later", True, 3),
        (Status(429, headers={"Retry-After": "3600"}), "--mode extractive", True, 1),
        (Status(429, headers={"Retry-After": "inf"}), "--mode extractive", True, 1),
        (Drop(), "cannot be reached", True, 3),
        (Drop("so far"), "broke off", True, 1),
        (Text("so far", finish=None), "broke off", True, 1),
        (Raw(sse(chunk("so far")) + b"data: {broken\n\n"), "broke off", True, 1),
        (Raw(sse(chunk("so far"), {"error": {"message": PROMPT}})), "broke off", True, 1),
        (Raw(sse({"error": {"message": PROMPT, "code": 500}})), "reported a failure", True, 1),
        (Raw(sse({"error": PROMPT})), "reported a failure", True, 1),
        (Raw(b"data: {broken\n\n"), "no chat completion", False, 1),
        (Raw(b"data: " + b"[" * 100_000 + b"\n\n"), "no chat completion", False, 1),
        (Raw(b"data: \xff\xfe\n\n"), "no chat completion", False, 1),
        (Raw(b"<html>Sign in</html>", "text/html"), "no chat completion", False, 1),
        (Raw(b'{"message": "welcome"}', "application/json"), "no chat completion", False, 1),
        (Raw(sse({"message": "welcome"})), "no chat completion", False, 1),
        (Raw(b""), "no chat completion", False, 1),
        (Raw(sse(chunk(["a", "part"]))), "no text", False, 1),
        (Raw(sse(chunk(7))), "no text", False, 1),
    ],
)
@pytest.mark.usefixtures("short_waits")
def test_a_failure_is_one_line_without_secrets(
    quick: Quick, reply: Reply, words: str, retryable: bool, asked: int
) -> None:
    server, llm = quick(reply)
    with no_longer_than(), pytest.raises(ModelUnavailable, match=words) as caught:
        complete(llm)
    message = str(caught.value)
    assert caught.value.retryable is retryable
    assert len(server.requests) == asked
    assert "\n" not in message
    assert "'m'" in message
    assert server.base_url in message
    assert ": " in message
    assert KEY not in message
    assert PROMPT not in message


def test_the_text_before_a_break_is_given(quick: Quick) -> None:
    _, llm = quick(Drop("so far and"))
    pieces = llm.stream(MESSAGES, max_tokens=50, usage=Usage())
    assert next(pieces) + next(pieces) == "so far and"
    with pytest.raises(ModelUnavailable):
        next(pieces)


@pytest.mark.parametrize("first", [Status(429, headers={"Retry-After": "0"}), Status(503), Drop()])
@pytest.mark.usefixtures("short_waits")
def test_what_may_pass_is_tried_again(quick: Quick, first: Reply) -> None:
    usage = Usage()
    _, llm = quick(first, Text("back"))
    assert complete(llm, usage=usage) == "back"
    assert usage.calls == 1


@pytest.mark.usefixtures("short_waits")
def test_a_server_that_is_not_there() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        llm = Llm("m", f"http://127.0.0.1:{free.getsockname()[1]}/v1", None)
        with no_longer_than(), pytest.raises(ModelUnavailable, match="cannot be reached") as caught:
            complete(llm)
        llm.close()
    assert caught.value.retryable


def test_a_server_that_accepts_no_connection_is_tried_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(llm_module, "CONNECT_S", 0.3)
    monkeypatch.setattr(llm_module, "RETRY_DELAYS_S", (60.0,))
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full, contextlib.ExitStack() as waiting:
        for _ in range(4):
            caller = waiting.enter_context(socket.socket())
            caller.setblocking(False)
            caller.connect_ex(full.getsockname())
        llm = Llm("m", f"http://127.0.0.1:{full.getsockname()[1]}/v1", None)
        with no_longer_than(), pytest.raises(ModelUnavailable, match="cannot be reached"):
            complete(llm)
        llm.close()


@pytest.mark.parametrize(
    "header", ["2", "2.0", format_datetime(datetime.now(UTC) + timedelta(days=1), usegmt=True), "-5", "", "soon", "nan"]
)
def test_retry_after(header: str) -> None:
    seconds = retry_after_s(header)
    expected = {"2": 2.0, "2.0": 2.0, "-5": 0.0, "": None, "soon": None, "nan": None}
    if header in expected:
        assert seconds == expected[header]
    else:
        assert seconds is not None
        assert 80_000 < seconds <= 86_400


# Time and stopping


DRIP = sse(*[chunk("x")] * 50) + FINISHED


@pytest.mark.parametrize(
    "reply",
    [
        Hang(),
        Hang(after="so far"),
        Raw(DRIP, delay_s=0.02),
        Raw(b"<html>" * 1000, "text/html", delay_s=0.02),
        Text("x" * 1000, delay_s=0.2),
    ],
)
def test_every_reply_ends_within_its_limit(reply: Reply) -> None:
    with asking(reply, time_limit_s=0.4) as (server, llm):
        with no_longer_than(), pytest.raises(ModelUnavailable, match=r"within 0.4 s") as caught:
            complete(llm)
        assert caught.value.retryable
        assert wait_for(lambda: server.disconnects == 1)


def test_retries_end_within_the_limit_too() -> None:
    with asking(Status(503), time_limit_s=1.0) as (server, llm), no_longer_than(), pytest.raises(ModelUnavailable):
        complete(llm)
    assert len(server.requests) == 2


@pytest.mark.parametrize("reply", [Hang(), Hang(after="so far"), Raw(DRIP, delay_s=0.02), Status(503)])
def test_stopping_is_heard_while_the_server_hangs(reply: Reply) -> None:
    stop = threading.Event()
    with asking(reply) as (server, llm):
        threading.Timer(0.2, stop.set).start()
        with no_longer_than(2.0), pytest.raises(Stopped):
            complete(llm, cancelled=stop.is_set)
        if not isinstance(reply, Status):
            assert wait_for(lambda: server.disconnects == 1)


def test_stopped_before_it_began_asks_nothing() -> None:
    with asking(Text("x")) as (server, llm):
        with pytest.raises(Stopped):
            complete(llm, cancelled=lambda: True)
        time.sleep(0.1)
        assert not server.requests


def test_a_stream_that_is_left_is_closed() -> None:
    with asking(Hang(after="so far"), Text("next")) as (server, llm):
        pieces = llm.stream(MESSAGES, max_tokens=50, usage=Usage())
        next(pieces)
        pieces.close()
        assert wait_for(lambda: server.disconnects == 1)
        for _ in llm.stream(MESSAGES, max_tokens=50, usage=Usage()):
            break
        assert complete(llm) == "next"


def test_closing_the_model_ends_what_is_read_elsewhere() -> None:
    def readers() -> int:
        return [thread.name for thread in threading.enumerate()].count("llm-reader")

    before = readers()
    with asking(Hang(after="so far")) as (server, llm):
        ended: list[str] = []

        def ask() -> None:
            try:
                complete(llm)
            except Stopped as error:
                ended.append(str(error))

        thread = threading.Thread(target=ask)
        thread.start()
        assert wait_for(lambda: len(server.requests) == 1)
        llm.close()
        thread.join(SOON_S)
        llm.close()
        assert len(ended) == 1
        assert wait_for(lambda: server.disconnects == 1)
        assert readers() == before


# Addresses, proxies, keys


def test_no_proxy_stands_between_this_machine_and_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
        monkeypatch.setenv(name.lower(), "http://127.0.0.1:9")
    with asking(Text("direct")) as (_, llm):
        assert complete(llm) == "direct"


def test_a_proxy_is_used_for_other_machines(monkeypatch: pytest.MonkeyPatch) -> None:
    with ScriptedServer([Text("through the proxy")]) as proxy:
        monkeypatch.setenv("http_proxy", proxy.base_url.removesuffix("/v1"))
        monkeypatch.delenv("no_proxy", raising=False)
        monkeypatch.delenv("NO_PROXY", raising=False)
        llm = Llm("m", "http://models.example.invalid/v1", KEY)
        assert complete(llm) == "through the proxy"
        llm.close()


def test_a_redirect_is_not_followed() -> None:
    with ScriptedServer([Text("stolen")]) as other:
        away = Status(307, headers={"Location": f"{other.base_url}/chat/completions"})
        with asking(away) as (_, llm), pytest.raises(ModelUnavailable, match="OPENAI_BASE_URL"):
            complete(llm)
    assert not other.requests


def test_without_a_key_any_value_is_sent() -> None:
    with ScriptedServer([Text("x")]) as server:
        for key in (None, "", " \n"):
            llm = Llm("m", server.base_url, key)
            complete(llm)
            llm.close()
    assert {request.headers["authorization"] for request in server.requests} == {"Bearer none"}


def test_a_key_read_from_a_file_may_end_in_a_newline() -> None:
    with ScriptedServer([Text("x")]) as server:
        llm = Llm("m", server.base_url, KEY + "\n")
        complete(llm)
        llm.close()
    assert server.requests[0].headers["authorization"] == f"Bearer {KEY}"


@pytest.mark.parametrize("key", ["sk-\nBAD", "sk-clé"])
def test_a_key_that_cannot_be_one_is_refused_and_not_shown(key: str) -> None:
    with pytest.raises(ModelUnavailable, match="check OPENAI_API_KEY") as caught:
        Llm("m", "http://127.0.0.1:9/v1", key)
    assert key not in str(caught.value)


@pytest.mark.parametrize(
    "url", ["localhost:8080/v1", "127.0.0.1", "ftp://x/v1", "http://", "http://[::1", "http://x:y/"]
)
def test_an_address_that_cannot_be_one_is_refused(url: str) -> None:
    with pytest.raises(ModelUnavailable, match="no usable address"):
        Llm("m", url, KEY)


def test_the_environment_is_asked_for_the_address_only_when_none_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    with ScriptedServer([Text("x")]) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
        llm = Llm("m", None, None)
        assert complete(llm) == "x"
        llm.close()


def test_credentials_in_an_address_are_not_shown() -> None:
    assert without_credentials("https://me:secret@host:1/v1?token=secret") == "https://host:1/v1"
    with pytest.raises(ModelUnavailable) as caught:
        Llm("m", "http://me:secret@[::1/v1", None)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://localhost:1/v1", True),
        ("http://127.8.0.1/v1", True),
        ("http://[::1]:8/v1", True),
        ("http://0.0.0.0:8/v1", True),
        ("http://192.168.0.1/v1", False),
        ("https://localhost.example.org/v1", False),
    ],
)
def test_addresses_of_this_machine(url: str, expected: bool) -> None:
    assert on_this_machine(url) is expected
