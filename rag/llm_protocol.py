"""Chat Completions without the client: what servers send, what they refuse, what their failures mean."""

import ipaddress
import math
import re
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Protocol
from urllib.parse import urlsplit

Message = dict[str, str]  # {"role": ..., "content": ...}

DEFAULT_URL = "https://api.openai.com/v1"
SUBSTITUTES = {"max_tokens": "max_completion_tokens"}  # OpenAI's reasoning models know the second only
ADAPTABLE = ("response_format", "stream_options", "temperature", "stop", "top_logprobs", "logprobs", *SUBSTITUTES)
REFUSALS = (400, 403, 404, 422)  # seen for an unwelcome parameter; OpenAI sends 403 for logprobs

LATER = "try again later, or use --mode extractive"
STATUS = {  # what the model did, and what to do next
    401: ("refused the key", "check OPENAI_API_KEY"),
    403: ("refused access", "check OPENAI_API_KEY and PINCITE_MODEL"),
    404: ("was not found", "check PINCITE_MODEL and OPENAI_BASE_URL"),
    429: ("takes no more requests now", LATER),
}


@dataclass(slots=True)
class Usage:
    """Tokens, and calls of `Llm`, over one answer; 0 where the server does not say. `cached` is part of `prompt`."""

    prompt: int = 0
    completion: int = 0
    cached: int = 0
    calls: int = 0


class Replies(Protocol):
    """Replies kept from earlier, each as the JSON values of its stream; threads may share it.

    `request` is the body as it is wished for, before it is adapted to a server; no key and no address is in it.
    """

    def get(self, request: Mapping[str, Any]) -> list[Any] | None: ...

    def put(self, request: Mapping[str, Any], chunks: list[Any]) -> None: ...


def at(value: object, *keys: str) -> Any:
    """`value[key]` for each key in turn; None where there is no such thing."""
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def is_whole(chunks: Sequence[object]) -> bool:
    """Whether a stream came to the end that a model gives to its text, rather than broke off."""
    choices = [choice for chunk in chunks for choice in at(chunk, "choices") or []]
    return any(at(choice, "finish_reason") for choice in choices)


def count(chunk: object, counts: Usage) -> None:
    """Takes over what `chunk` says of tokens: counts of the reply so far, not of the chunk."""
    cached = at(chunk, "usage", "prompt_tokens_details", "cached_tokens") or at(chunk, "timings", "cache_n")
    counts.prompt = _number(at(chunk, "usage", "prompt_tokens")) or counts.prompt
    counts.completion = _number(at(chunk, "usage", "completion_tokens")) or counts.completion
    counts.cached = _number(cached) or counts.cached


def _number(value: object) -> int:
    return value if isinstance(value, int) and value > 0 else 0


def logprobs(choice: object) -> dict[str, float]:
    """Natural log-probabilities of the first token of `choice`, the likeliest first; {} when there are none."""
    content = at(choice, "logprobs", "content")
    if not (isinstance(content, list) and content):
        return {}
    likeliest = at(content[0], "top_logprobs")
    found: dict[str, float] = {}
    for entry in [*(likeliest if isinstance(likeliest, list) else []), content[0]]:
        token, logprob = at(entry, "token"), at(entry, "logprob")
        if isinstance(token, str) and isinstance(logprob, int | float) and math.isfinite(logprob):
            found.setdefault(token, float(logprob))  # parts of characters can look the same: the likeliest counts
    return found


def without_surrogates(text: str) -> str:
    """`text` with halves of characters, which no encoder takes, replaced."""
    return text.encode("utf-8", "replace").decode()


def adapted(body: Mapping[str, Any], refused: AbstractSet[str]) -> dict[str, Any]:
    """`body` without what the server refuses, or with what stands in for it."""
    kept = {name: value for name, value in body.items() if name not in refused}
    return kept | {SUBSTITUTES[name]: body[name] for name in SUBSTITUTES if name in refused}


def refused_parameter(status: int, words: str, sent: Mapping[str, Any]) -> str | None:
    """The parameter that a server objects to: the first that its `words` name, else the schema, which is often it."""
    present = [name for name in ADAPTABLE if name in sent]
    if status not in REFUSALS or not present:
        return None
    if named := re.search(rf"\b({'|'.join(present)})\b", words):
        return named[0]
    return "response_format" if status == 400 and "response_format" in sent else None


def refusal(status: int, *names: object) -> tuple[str, str]:
    """What a status of 300 and above means, and what to do next."""
    other = ("failed", LATER) if status >= 500 else ("refused the request", "check PINCITE_MODEL and OPENAI_BASE_URL")
    what, todo = STATUS.get(status, other)
    # A name such as context_length_exceeded helps, and has no room for a key or a prompt.
    named = [name for name in names if isinstance(name, str) and re.fullmatch("[a-z_]{1,40}", name)]
    return f"{what} ({', '.join([str(status), *named[:1]])})", todo


def retry_after_s(header: str) -> float | None:
    """Seconds to wait, at least 0, from the seconds or the date in `header`; None when it holds neither."""
    try:
        seconds = float(header)
    except ValueError:
        try:
            seconds = (parsedate_to_datetime(header) - datetime.now(UTC)).total_seconds()
        except (TypeError, ValueError, OverflowError):  # TypeError: a date without a zone
            return None
    return None if math.isnan(seconds) else max(seconds, 0.0)


def without_credentials(url: str) -> str:
    return re.sub(r"(?<=//)[^/]*@|[?#].*", "", url)


def on_this_machine(url: str) -> bool:
    """Raises ValueError when `url` is no http(s) address."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("no http address")
    try:
        address = ipaddress.ip_address(parts.hostname)
    except ValueError:
        return parts.hostname == "localhost"
    return address.is_loopback or address.is_unspecified
