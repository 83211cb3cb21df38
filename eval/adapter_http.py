"""A system that is an HTTP endpoint: the question is POSTed as a JSON object, the reply is the answer JSON."""

import os
import time
from collections.abc import Callable
from typing import TypeVar

import httpx

from eval.errors import SystemFailed, SystemUnusable
from eval.fingerprints import without_secrets
from rag.llm_protocol import on_this_machine

MAX_ANSWER_BYTES = 2**24
KEY_VARIABLE = "PINCITE_SYSTEM_KEY"  # sent as a bearer token

T = TypeVar("T")


class Endpoint:
    """Threads may share it. Nothing is asked twice by itself: how often a system fails is a figure of its own.

    The constructor raises SystemUnusable for what is no http address.
    """

    def __init__(self, url: str, *, time_limit_s: float) -> None:
        self._url, self._shown = url, without_secrets(url)
        self._time_limit_s = time_limit_s
        key = os.environ.get(KEY_VARIABLE)
        try:
            # as in rag/llm.py: a proxy cannot reach this machine; a redirect would take the question to who knows where
            self._client = httpx.Client(
                timeout=time_limit_s,
                trust_env=not on_this_machine(url),
                headers={"Authorization": f"Bearer {key}"} if key else {},
                limits=httpx.Limits(max_connections=None),
            )
        except (ValueError, httpx.InvalidURL) as error:
            raise SystemUnusable(f"system {self._shown!r} is no http address: give http://HOST/PATH") from error

    def ask(self, body: bytes, read: Callable[[bytes], T]) -> T:
        """What `read` makes of the reply. Raises SystemFailed, and what `read` raises."""
        deadline = time.monotonic() + self._time_limit_s
        late = f"{self._shown} did not answer within {self._time_limit_s:g} s"
        reply = bytearray()
        try:
            with self._client.stream(
                "POST", self._url, content=body, headers={"Content-Type": "application/json"}
            ) as response:
                if response.status_code != httpx.codes.OK:
                    raise SystemFailed(f"{self._shown} replied with status {response.status_code}")
                for piece in response.iter_bytes():
                    reply += piece
                    if time.monotonic() > deadline:
                        raise SystemFailed(late)
                    if len(reply) > MAX_ANSWER_BYTES:
                        raise SystemFailed(f"{self._shown} replied with more than {MAX_ANSWER_BYTES:,} bytes")
        except httpx.TimeoutException as error:
            raise SystemFailed(late) from error
        except (httpx.HTTPError, RuntimeError) as error:  # RuntimeError: closed by another thread
            raise SystemFailed(f"{self._shown} cannot be asked ({type(error).__name__})") from error
        return read(bytes(reply))

    def close(self) -> None:
        self._client.close()
