"""What the answers and scores of a run depend on, as hashes and words that hold no key."""

import json
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

from eval import metrics as scoring
from eval import normalise
from index import folding  # finds the quotes of the evidence

_SECRET = r"key|token|secret|passw(?:or)?d|credential"
# "--max-tokens 256" and "--keywords 3" tell two systems apart
_OPTION = re.compile(
    rf"(?i)([\w-]*(?:(?!keyword)(?:{_SECRET})|auth\w*)[\w-]*(?<!tokens)[\"']?\s*(?:[=:]|\s)\s*)([^\s&\"']+)"
)
_HIDDEN = "***"
_SHORTEST_SECRET = 6  # characters; a shorter value of a variable hides too much else


def code_hash(*rooms: str) -> str:
    """sha256 (hex) of the Python files of the packages `rooms`."""
    root = Path(__file__).parent.parent
    return hash_of(file.read_bytes() for room in rooms for file in sorted((root / room).rglob("*.py")))


def prompts_hash() -> str:
    return hash_of([(Path(__file__).parent.parent / "rag" / "prompts.py").read_bytes()])


def scorer_hash() -> str:
    """sha256 (hex) of the code that scores: runs scored by different code are not comparable."""
    files = [Path(module.__file__ or "") for module in (scoring, normalise, folding)]
    return sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


def corpus_hash(documents: Iterable[Sequence[str]]) -> str:
    """sha256 (hex) of (doc_id, version) of every document, in whatever order."""
    return sha256(json.dumps(sorted(documents), ensure_ascii=False, separators=(",", ":")).encode()).hexdigest()


def hash_of(parts: Iterable[bytes]) -> str:
    whole = sha256()
    for part in parts:
        whole.update(sha256(part).digest())
    return whole.hexdigest()


def canonical(value: Any) -> str:
    """JSON that is the same for the same value."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def without_secrets(text: str, environ: Mapping[str, str] = os.environ) -> str:
    """A command or an address without what looks like a key: the user of an address, the value of an option, parameter
    or variable that is named like one."""
    for name, value in environ.items():
        if re.search(rf"(?i){_SECRET}", name) and len(value) >= _SHORTEST_SECRET:
            text = text.replace(value, _HIDDEN)
    text = re.sub(r"(?<=//)[^/\s@]*@", f"{_HIDDEN}@", text)
    return _OPTION.sub(rf"\1{_HIDDEN}", text)
