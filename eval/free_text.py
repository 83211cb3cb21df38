"""The reply of a chat model as answer JSON: its sentences as statements, `[n]` as citations where sources are known.

Whether it refuses is told from its first sentence, in English: "The sources do not mention the price. They do say ..."
is a refusal, "The mill opened in 1820. The sources do not say who built it." an answer.
"""

import re
from collections.abc import Sequence
from typing import Any

from rag.markers import declines, unmarked, written_sentences
from rag.terms import words

_SOURCE = r"(?:source|document|passage|text|context|article|snippet|excerpt|material|information|knowledge base)s?"
_TELLS = r"(?:mention|provide|state|specif|contain|include|give|say|answer|address|discuss|indicate|describe|disclose)"
_REFUSES = re.compile(
    rf"\b{_SOURCE}\b(?:\s\S+){{0,4}}?\s(?:(?:do|does|did)(?:n['’]t|\s+not)|never)\s+(?:\w+\s+)?{_TELLS}"
    rf"|\b(?:not|never)\s+(?:\w+ly\s+)?(?:mentioned|provided|stated|specified|given|available|found|disclosed|included"
    rf"|contained|discussed|described)\s+(?:anywhere\s+)?(?:in|by|within|from)\s+(?:\w+\s+){{0,3}}{_SOURCE}\b"
    r"|\bno\s+(?:\w+\s+)?(?:information|mention|answer|details?|evidence)\b|\b(?:insufficient|not\s+enough)\s+information\b"
    r"|\b(?:cannot|can\s*not|can['’]t|could\s+not|couldn['’]t|unable\s+to|not\s+possible\s+to|impossible\s+to)\s+(?:be\s+)?"
    r"(?:answer|determin|find|found|locate|tell\b|provide|verif|confirm|establish)",
    re.IGNORECASE,
)


def refuses(sentence: str) -> bool:
    """True for a sentence that says that there is no answer to be had."""
    return declines(sentence) or bool(_REFUSES.search(sentence))


def answer_of(reply: str, sources: Sequence[tuple[str, str]] = ()) -> dict[str, Any]:
    """`kind` and `statements` of answer JSON; `sources` of (doc_id, text), numbered from 1 as the model saw them. A
    marker of a source that is not there is dropped. An empty reply is a refusal."""
    texts = [text for _, text in sources]
    statements: list[dict[str, Any]] = []
    for written in written_sentences(reply):
        said, numbers = unmarked(written, texts)
        cited = [sources[number - 1] for number in numbers if 1 <= number <= len(sources)]
        if words(said):
            statements.append({"text": said, "citations": [{"doc_id": d, "quote": text} for d, text in cited]})
    if not statements or refuses(statements[0]["text"]):
        return {"kind": "refusal", "statements": []}
    return {"kind": "answer", "statements": statements}
