"""The one seam to language models: Chat Completions of OpenAI and of every server that speaks the same protocol.

Servers differ in what they accept: a parameter that a server refuses is left out, or sent under its other name, from
then on. The messages of errors never hold the key, the prompt, or a server's own words, which may repeat both.
"""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing
from importlib import import_module
from typing import Any

from openai import (
    APIConnectionError,
    APIStatusError,
    APITimeoutError,
    AsyncOpenAI,
    AsyncStream,
    DefaultAsyncHttpxClient,
    OpenAIError,
    Timeout,
)

from rag import llm_protocol as protocol
from rag.errors import ModelUnavailable
from rag.llm_protocol import LATER, Message, Replies, Usage
from rag.llm_stream import Reader

__all__ = ["Llm", "Message", "Usage"]

CONNECT_S = 5.0
RETRY_DELAYS_S = (0.5, 1.0)  # where the server asks for no other
CHARS_PER_TOKEN = 8  # about 4 in English and less in most languages: twice that is no honest reply
SPARE_CHARS = 256  # a single token can be long
TOP_LOGPROBS = 20  # the most that OpenAI gives

# openai 2 stands on httpx and openai 3 on httpx2, whose errors share no base; openai 2 lets them through in mid-stream.
_http = import_module(DefaultAsyncHttpxClient.__mro__[1].__module__.partition(".")[0])
_TIMEOUTS = (APITimeoutError, _http.TimeoutException)
_CONNECTION = (APIConnectionError, _http.TransportError, OSError)
_BAD_JSON = (ValueError, RecursionError)
_FAILURES = (OpenAIError, _http.HTTPError, _http.StreamError, OSError, *_BAD_JSON)


class Llm:
    """`model` at `base_url`; without one, at `OPENAI_BASE_URL`, else at OpenAI. Threads may share it.

    Every method that asks raises ModelUnavailable, also when the whole reply, retries included, is not there after
    `time_limit_s`; and Stopped within 0.2 s of `cancelled()`. The constructor raises ModelUnavailable for an address
    or a key that cannot be one.
    """

    def __init__(self, model: str, base_url: str | None, api_key: str | None, *, time_limit_s: float = 120.0) -> None:
        self.model = model
        self._time_limit_s = time_limit_s
        url = base_url or os.environ.get("OPENAI_BASE_URL") or protocol.DEFAULT_URL
        self._shown_url = protocol.without_credentials(url)
        key = (api_key or "").strip() or "none"  # servers without keys accept any value
        if not (key.isascii() and key.isprintable()):
            raise self._unavailable("has a key with characters that no key has", "check OPENAI_API_KEY")
        try:
            # A proxy cannot reach this machine; a redirect would take the documents to who knows where.
            http = DefaultAsyncHttpxClient(trust_env=not protocol.on_this_machine(url), follow_redirects=False)
            # Silence has no limit of its own: a llama.cpp server sends nothing while it reads a long prompt.
            timeout = Timeout(time_limit_s, connect=CONNECT_S)
            self._client = AsyncOpenAI(api_key=key, base_url=url, timeout=timeout, max_retries=0, http_client=http)
        except (_http.InvalidURL, ValueError, ImportError) as error:  # ImportError: a SOCKS proxy without its package
            raise self._unavailable("has no usable address", "check OPENAI_BASE_URL and HTTPS_PROXY") from error
        self._reader = Reader(self._client.close)
        self._refused: set[str] = set()  # parameters, by this server

    def stream(
        self,
        messages: Sequence[Message],
        *,
        max_tokens: int,
        usage: Usage,
        schema: Mapping[str, Any] | None = None,
        stop: Sequence[str] = (),
        replies: Replies | None = None,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> Iterator[str]:
        """The reply at temperature 0, piece by piece; what it cost is added to `usage` at the end.

        `schema` (a JSON schema) and `stop` are wishes that a server may not know: check the reply. A reply longer than
        `CHARS_PER_TOKEN` * `max_tokens` + `SPARE_CHARS` characters is cut there. What `replies` holds is not asked for
        again, and what comes to its proper end is kept there.
        """
        body = self._body(messages, max_tokens)
        if schema is not None:
            wanted = {"name": "reply", "strict": True, "schema": dict(schema)}
            body["response_format"] = {"type": "json_schema", "json_schema": wanted}
        if stop:
            body["stop"] = list(stop)
        with closing(self._deltas(body, usage, replies, cancelled)) as deltas:
            for text, _ in deltas:
                if text:
                    yield text

    def complete(
        self,
        messages: Sequence[Message],
        *,
        max_tokens: int,
        usage: Usage,
        schema: Mapping[str, Any] | None = None,
        stop: Sequence[str] = (),
        replies: Replies | None = None,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> str:
        """What `stream` yields, joined."""
        options: dict[str, Any] = {"schema": schema, "stop": stop, "replies": replies, "cancelled": cancelled}
        return "".join(self.stream(messages, max_tokens=max_tokens, usage=usage, **options))

    def first_token(
        self,
        messages: Sequence[Message],
        *,
        usage: Usage,
        replies: Replies | None = None,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> dict[str, float]:
        """Natural log-probabilities of the likeliest first tokens of the reply, up to 20, by token text.

        Empty when the server gives none; one that refuses to is not asked again.
        """
        if "logprobs" in self._refused:
            return {}
        body = {**self._body(messages, 1), "logprobs": True, "top_logprobs": TOP_LOGPROBS}
        found: dict[str, float] = {}
        with closing(self._deltas(body, usage, replies, cancelled)) as deltas:
            for _, choice in deltas:
                found = found or protocol.logprobs(choice)
        return found

    def close(self) -> None:
        """Ends what is still being read, by other threads too, and closes the connections."""
        self._reader.close()

    def _body(self, messages: Sequence[Message], max_tokens: int) -> dict[str, Any]:
        return {
            "model": self.model,
            "messages": [{name: protocol.without_surrogates(text) for name, text in each.items()} for each in messages],
            "max_tokens": max_tokens,
            "temperature": 0,
            "stream": True,
            "stream_options": {"include_usage": True},
        }

    def _deltas(
        self, body: Mapping[str, Any], usage: Usage, replies: Replies | None, cancelled: Callable[[], bool]
    ) -> Generator[tuple[str, object], None, None]:
        """The text that each choice in the stream adds, and the choice as it came."""
        deadline = time.monotonic() + self._time_limit_s
        room = body["max_tokens"] * CHARS_PER_TOKEN + SPARE_CHARS
        counts, started, finished = Usage(), False, False
        usage.calls += 1
        chunks = self._kept_or_read(body, replies, deadline, cancelled)
        try:
            for chunk in chunks:
                protocol.count(chunk, counts)
                choices = protocol.at(chunk, "choices")
                for choice in choices if isinstance(choices, list) else []:
                    text = protocol.at(choice, "delta", "content") or ""
                    if not isinstance(text, str):
                        raise self._unavailable("sent a reply that is no text", "check PINCITE_MODEL")
                    started, finished = True, finished or bool(protocol.at(choice, "finish_reason"))
                    yield protocol.without_surrogates(text[:room]), choice
                    room -= len(text)
                    if room <= 0:
                        return
        except _FAILURES as error:
            if not finished:  # what comes after the end of the text is not worth losing it
                raise self._explained(error, started) from error
        finally:
            chunks.close()
            usage.prompt += counts.prompt
            usage.completion += counts.completion
            usage.cached += counts.cached
        if not started:
            raise self._unavailable("sent no chat completion", "check OPENAI_BASE_URL and PINCITE_MODEL")
        if not finished:
            raise self._unavailable("broke off its reply", LATER, retryable=True)

    def _kept_or_read(
        self, body: Mapping[str, Any], replies: Replies | None, deadline: float, cancelled: Callable[[], bool]
    ) -> Generator[object, None, None]:
        """The JSON values of the stream, from `replies` when they are there; else they are kept once all have come."""
        if replies and (kept := replies.get(body)) is not None:
            yield from kept
            return
        heard: list[object] = []
        with closing(self._reader.read(self._chunks(body, deadline), deadline=deadline, cancelled=cancelled)) as chunks:
            for chunk in chunks:
                heard.append(chunk)
                yield chunk
        if replies and protocol.is_whole(heard):
            replies.put(body, heard)

    async def _chunks(self, body: Mapping[str, Any], deadline: float) -> AsyncIterator[object]:
        """The JSON values of the stream; asks again while nothing has arrived and it may help."""
        refused, delays_s, arrived = set(self._refused), list(RETRY_DELAYS_S), False
        while True:
            sent = protocol.adapted(body, refused)
            try:
                stream = await self._client.post(
                    "/chat/completions", body=sent, cast_to=object, stream=True, stream_cls=AsyncStream[object]
                )
                async with stream:
                    async for chunk in stream:
                        self._refused |= refused  # only now: a server may answer 400 for another reason
                        arrived = True
                        yield chunk
                return
            except _FAILURES as error:
                if arrived:
                    raise
                if isinstance(error, APIStatusError):
                    words = f"{error.param} {error.message}"
                    if name := protocol.refused_parameter(error.status_code, words, sent):
                        refused.add(name)
                        continue
                if not delays_s or not _passing(error):
                    raise
                wait_s = delays_s.pop(0)
                if isinstance(error, APIStatusError):
                    asked_s = protocol.retry_after_s(error.response.headers.get("retry-after", ""))
                    wait_s = wait_s if asked_s is None else asked_s
                if time.monotonic() + wait_s >= deadline:
                    raise
            await asyncio.sleep(wait_s)

    def _explained(self, error: BaseException, started: bool) -> ModelUnavailable:
        """`error` as a line for a person; `started`: some of the reply had arrived."""
        if isinstance(error, APIStatusError):
            what, todo = protocol.refusal(error.status_code, error.code, error.type)
            return self._unavailable(what, todo, retryable=_passing(error))
        if type(error) is TimeoutError:
            return self._unavailable(f"did not finish within {self._time_limit_s:g} s", LATER, retryable=True)
        if started:
            return self._unavailable("broke off its reply", LATER, retryable=True)
        if isinstance(error, _CONNECTION):
            todo = "check OPENAI_BASE_URL and that the server runs, or use --mode extractive"
            return self._unavailable("cannot be reached", todo, retryable=True)
        if isinstance(error, _BAD_JSON):
            return self._unavailable("sent no chat completion", "check OPENAI_BASE_URL and PINCITE_MODEL")
        return self._unavailable("reported a failure in place of a reply", LATER, retryable=True)

    def _unavailable(self, what: str, todo: str, *, retryable: bool = False) -> ModelUnavailable:
        return ModelUnavailable(f"model {self.model!r} at {self._shown_url} {what}: {todo}", retryable=retryable)


def _passing(error: BaseException) -> bool:
    """Whether the same request may succeed in a moment."""
    if isinstance(error, APIStatusError):
        return error.status_code == 429 or error.status_code >= 500
    return isinstance(error, _CONNECTION) and not isinstance(error, _TIMEOUTS)
