"""A real HTTP server on loopback that speaks Chat Completions from a script, well or badly.

    with ScriptedServer([Status(503), Text("Paris [1]."), lambda body: Text(body["model"])]) as server:
        Llm("any", server.base_url, None)

Each request takes the next reply, streamed or not as it asks; the last one repeats. A reply is one of the classes
below, or a function from the request's JSON to one. `server.requests` holds what came in; `server.disconnects` counts
the clients that went away before their reply was over. Leaving the `with` ends at once, hanging replies too.
"""

import json
import select
import socket
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple, Self


@dataclass(frozen=True)
class Text:
    text: str
    chunk_chars: int = 8
    delay_s: float = 0.0  # before each chunk
    finish: str | None = "stop"  # None: the stream ends as if cut off
    usage: bool = True  # one token a word, `cached` of the prompt's
    cached: int = 0
    logprobs: Mapping[str, float] = field(default_factory=dict)  # of the first token; sent when asked for


@dataclass(frozen=True)
class Status:
    code: int
    body: Any = None  # JSON; None: a short error as OpenAI words it
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Hang:
    """`after` (nothing, no head either, when it is empty), then silence for `seconds`, then the connection closes."""

    seconds: float = 60.0
    after: str = ""


def Drop(after: str = "") -> Hang:
    """`after`, then the connection closes in mid-stream."""
    return Hang(0, after)


@dataclass(frozen=True)
class Raw:
    body: bytes
    content_type: str = "text/event-stream"
    delay_s: float = 0.0  # before each byte


Reply = Text | Status | Hang | Raw


class Request(NamedTuple):
    body: dict[str, Any]
    headers: Mapping[str, str]  # names in lower case


class ScriptedServer(ThreadingHTTPServer):
    daemon_threads, block_on_close = True, False

    def __init__(self, script: Sequence[Reply | Callable[[dict[str, Any]], Reply]], port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.base_url = f"http://127.0.0.1:{self.server_port}/v1"
        self.requests: list[Request] = []
        self.disconnects = 0
        self.stopping = threading.Event()
        self.script, self._lock = script, threading.Lock()

    def next_reply(self, request: Request) -> Reply:
        with self._lock:
            scripted = self.script[min(len(self.requests), len(self.script) - 1)]
            self.requests.append(request)
        return scripted(request.body) if callable(scripted) else scripted

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exception(), ConnectionError):  # between two requests a client may go as it likes
            super().handle_error(request, client_address)

    def __enter__(self) -> Self:
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopping.set()
        self.shutdown()
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version, disable_nagle_algorithm = "HTTP/1.1", True
    server: ScriptedServer

    def do_GET(self) -> None:
        self._json(200, {"object": "list", "data": [{"id": "scripted", "object": "model"}]})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        try:
            self._reply(self.server.next_reply(Request(body, {k.lower(): v for k, v in self.headers.items()})), body)
        except ConnectionError:
            self.close_connection = True
            self.server.disconnects += not self.server.stopping.is_set()

    def _reply(self, reply: Reply, body: dict[str, Any]) -> None:
        match reply:
            case Status():
                error = {"error": {"message": f"status {reply.code}", "type": "scripted_error", "param": None}}
                self._json(reply.code, error if reply.body is None else reply.body, reply.headers)
            case Raw():
                step = 1 if reply.delay_s else max(len(reply.body), 1)
                self._head(200, {"Content-Type": reply.content_type, "Transfer-Encoding": "chunked"})
                for at in range(0, len(reply.body), step):
                    self._chunk(reply.body[at : at + step], reply.delay_s)
                self._chunk(b"")
            case Hang():
                if reply.after:
                    self._stream(Text(reply.after, finish=None), body)
                self._pause(reply.seconds)
                self.close_connection = True
            case Text() if body.get("stream"):
                self._stream(reply, body)
                self._chunk(b"")
            case Text():
                self._pause(reply.delay_s)
                message = {"role": "assistant", "content": reply.text}
                choice = {"index": 0, "message": message, "finish_reason": reply.finish, **_logprobs(reply, body)}
                self._json(200, {"object": "chat.completion", "choices": [choice], "usage": _usage(reply, body)})

    def _stream(self, reply: Text, body: dict[str, Any]) -> None:
        self._head(200, {"Content-Type": "text/event-stream", "Transfer-Encoding": "chunked"})
        self._event([{"index": 0, "delta": {"role": "assistant", "content": None}, "finish_reason": None}])
        extra = _logprobs(reply, body)
        for at in range(0, len(reply.text), reply.chunk_chars):
            delta = {"content": reply.text[at : at + reply.chunk_chars]}
            self._event([{"index": 0, "delta": delta, "finish_reason": None, **extra}], reply.delay_s)
            extra = {}
        if reply.finish:
            self._event([{"index": 0, "delta": {}, "finish_reason": reply.finish}])
            if reply.usage and body.get("stream_options", {}).get("include_usage"):
                self._event([], usage=_usage(reply, body))
            self._chunk(b"data: [DONE]\n\n")

    def _event(self, choices: list[dict[str, Any]], delay_s: float = 0.0, **more: Any) -> None:
        event = json.dumps({"object": "chat.completion.chunk", "choices": choices, **more})
        self._chunk(b"data: %s\n\n" % event.encode(), delay_s)

    def _chunk(self, data: bytes, delay_s: float = 0.0) -> None:
        self._pause(delay_s)
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))

    def _pause(self, seconds: float) -> None:
        """Raises ConnectionError as soon as the client has gone, or the server stops."""
        end = time.monotonic() + seconds
        while True:
            left = end - time.monotonic()
            readable, _, _ = select.select([self.connection], [], [], max(min(left, 0.05), 0))
            if self.server.stopping.is_set() or (readable and not self.connection.recv(1, socket.MSG_PEEK)):
                raise ConnectionError
            if left <= 0:
                return

    def _json(self, status: int, value: object, headers: Mapping[str, str] | None = None) -> None:
        data = json.dumps(value).encode()
        self._head(status, {"Content-Type": "application/json", "Content-Length": str(len(data)), **(headers or {})})
        self.wfile.write(data)

    def _head(self, status: int, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


def _usage(reply: Text, body: dict[str, Any]) -> dict[str, Any]:
    prompt = sum(len(message["content"].split()) for message in body["messages"])
    cached = {"prompt_tokens_details": {"cached_tokens": reply.cached}}
    return {"prompt_tokens": prompt, "completion_tokens": len(reply.text.split()), **cached}


def _logprobs(reply: Text, body: dict[str, Any]) -> dict[str, Any]:
    tokens = [{"token": token, "logprob": logprob} for token, logprob in reply.logprobs.items()]
    if not (tokens and body.get("logprobs")):
        return {}
    return {"logprobs": {"content": [{**tokens[0], "top_logprobs": tokens[: body.get("top_logprobs", 0)]}]}}
