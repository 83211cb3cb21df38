"""The links of an answer. A link holds all it names, so that it works as long as it is on the page; what comes back
from a page is read as a stranger's word."""

import base64
import binascii
import json
import re
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter, ValidationError

from index.types import Span

_PLACE = re.compile(r"#(cite|near)-(\d{1,9})-([\w-]{1,6000})", re.ASCII)
_PASSAGES = re.compile(r"#read-(\d{1,9})", re.ASCII)
_COPY = re.compile(r"#copy-(\d{1,9})-(markdown|json)", re.ASCII)
_Offset = Annotated[int, Field(ge=0, lt=2**31)]
_SPAN = TypeAdapter(tuple[str, str, _Offset, _Offset])

Kind = Literal["cite", "near"]


@dataclass(frozen=True, slots=True)
class Place:
    """Characters of a stored text that answer `number` of the conversation cites, or that came near its question."""

    kind: Kind
    number: int
    span: Span


def place_link(place: Place) -> str:
    span = place.span
    fields = json.dumps([span.doc_id, span.version, span.start, span.end])
    token = base64.urlsafe_b64encode(fields.encode()).decode().rstrip("=")
    return f"#{place.kind}-{place.number}-{token}"


def parse_place(link: object) -> Place | None:
    """The place that `link` names; None for anything but a link of ours. That it exists is for the store to say."""
    match = _PLACE.fullmatch(link) if isinstance(link, str) else None
    if match is None:
        return None
    kind, number, token = match.groups()
    try:
        fields = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
        span = Span(*_SPAN.validate_json(fields, strict=True))
    except (binascii.Error, ValidationError):
        return None
    return Place("cite" if kind == "cite" else "near", int(number), span)


def passages_link(number: int) -> str:
    return f"#read-{number}"


def parse_passages(link: object) -> int | None:
    """The number of the answer whose passages `link` names."""
    match = _PASSAGES.fullmatch(link) if isinstance(link, str) else None
    return int(match[1]) if match else None


def copy_link(number: int, form: Literal["markdown", "json"]) -> str:
    return f"#copy-{number}-{form}"


def parse_copy(link: object) -> tuple[int, str] | None:
    """The number of the answer that `link` copies, and the form: "markdown" or "json"."""
    match = _COPY.fullmatch(link) if isinstance(link, str) else None
    return (int(match[1]), match[2]) if match else None
