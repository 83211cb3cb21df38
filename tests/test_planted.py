"""Faults planted in the real system: each is found by comparing runs, and its flips are traced to the stage that broke.

The sample notes and their gold questions, with the writer that needs no model or a scripted one behind the real client.
`python tests/test_planted.py` prints the table of docs/measurements.md, "Planted regressions".
"""

import atexit
import functools
import json
import re
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from helpers import ROOT, HashEmbedder
from openai_server import ScriptedServer, Text

from eval.compare import compare
from eval.comparison import Comparison, Stage, Verdict
from eval.gate import Gate, Margin
from eval.gold import GoldSet
from eval.gold_files import load_gold
from eval.runner import Run, run_gold
from eval.systems import library_system
from index.errors import EmbedderMismatch
from index.library import Index
from index.types import CHUNK_CHARS
from rag.library import Library, open_library
from rag.settings import Settings

SAMPLE = ROOT / "eval" / "sample"
GATE: Gate = {"right": Margin(margin=0.05), "refusal_recall": Margin(margin=0.3)}  # 11 questions cannot show less
pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]  # each asks the sample questions once or twice
MOST = 0.8  # of the flips are traced to the stage where the fault is


@functools.cache
def gold() -> GoldSet:
    return replace(load_gold(SAMPLE / "gold.jsonl"), gate=GATE)


@functools.cache
def folder(chunk_chars: int = CHUNK_CHARS) -> Path:
    """A library of the sample notes, removed at exit."""
    made = Path(tempfile.mkdtemp(prefix="pincite-tests-"))
    atexit.register(shutil.rmtree, made, ignore_errors=True)
    with opened(made, chunk_chars=chunk_chars) as library:
        library.add([SAMPLE / "corpus"])
    return made


def opened(library: Path, base_url: str | None = None, chunk_chars: int = CHUNK_CHARS) -> Library:
    mode = "openai" if base_url else "extractive"
    return open_library(settings=Settings(library, mode=mode, base_url=base_url, chunk_chars=chunk_chars))


def asked(library: Library, questions: GoldSet | None = None) -> Run:
    return run_gold(library_system(library), questions or gold())


@functools.cache
def before() -> Run:
    with opened(folder()) as library:
        return asked(library)


# -- a model that answers from the gold set, and what it may do wrong; asked what needs no conversation, to be quick

FEW = ("single", "unanswerable")
Script = Callable[[dict[str, Any]], Text]


@functools.cache
def few() -> GoldSet:
    return replace(gold(), questions=tuple(q for q in gold().questions if q.category in FEW and not q.history))


def copying(body: dict[str, Any], spoil: Callable[[str], str] = str, *, declines: bool = True) -> Text:
    """Quotes the evidence of the question where it stands in the sources; else it declines, or quotes another line."""
    prompt = next(message["content"] for message in body["messages"] if message["role"] == "user")
    asked = prompt.rsplit("Question: ", 1)[-1]
    question = next(q for q in few().questions if q.question == asked)
    sources = re.findall(r"<source [^>]*>\n(.*?)\n</source>", prompt, re.DOTALL)
    quotes = [evidence.quote for evidence in question.evidence]
    found = [(number, quote) for quote in quotes for number, text in enumerate(sources, 1) if quote in text]
    if not found and not declines and sources:
        found = [(1, sources[0].splitlines()[0])]
    statements = [{"text": spoil(quote), "citations": [{"source": n, "quote": quote}]} for n, quote in found]
    return Text(json.dumps({"found": bool(found), "statements": statements}), chunk_chars=10_000)


def invented(quote: str) -> str:
    """Another value for every number, and one where there is none."""
    spoiled = re.sub(r"\d", lambda digit: str((int(digit.group()) + 3) % 10), quote)
    return spoiled if spoiled != quote else f"{quote.rstrip('.')} in all 37 cases."


def careless(body: dict[str, Any]) -> Text:
    """Right where there is an answer, invented where there is none."""
    told = copying(body)
    return told if json.loads(told.text)["found"] else copying(body, invented, declines=False)


def inventing(body: dict[str, Any]) -> Text:
    return copying(body, invented)


@contextmanager
def scripted(script: Script) -> Iterator[Library]:
    with ScriptedServer([script]) as server, closing(opened(folder(), server.base_url)) as library:
        yield library


@functools.cache
def before_with(script: Script) -> Run:
    with scripted(script) as library:
        return asked(library, few())


# -- the faults; the run before is made before the fault is planted


def wrong_chunk_size(_: pytest.MonkeyPatch) -> Comparison:
    with opened(folder(150), chunk_chars=150) as library:
        return compare(before(), asked(library), library=library)


def keyword_side_off(patch: pytest.MonkeyPatch) -> Comparison:
    base = before()
    patch.setattr("index.store.Store.keyword_search", lambda *_: [])
    with opened(folder()) as library:
        return compare(base, asked(library), library=library)


def refusal_off(patch: pytest.MonkeyPatch) -> Comparison:
    base = before()
    patch.setattr("rag.extractive.ANSWER_AT", 0.0)
    with opened(folder()) as library:
        return compare(base, asked(library), library=library)


def verifier_off(patch: pytest.MonkeyPatch) -> Comparison:
    base = before_with(careless)
    for module in ("rag.verify", "rag.attribute"):
        patch.setattr(f"{module}.check_words", lambda *_: ("supported", "", 1.0))
    with scripted(careless) as library:
        return compare(base, asked(library, few()), library=library)


def model_that_invents(_: pytest.MonkeyPatch) -> Comparison:
    with scripted(inventing) as library:
        return compare(before_with(copying), asked(library, few()), library=library)


def no_change(_: pytest.MonkeyPatch) -> Comparison:
    """Refusals are not gated: no change of 11 questions is ever called no worse."""
    base = replace(before(), gate={"right": GATE["right"]})
    with opened(folder()) as library:
        turned = replace(gold(), questions=gold().questions[::-1])
        return compare(base, asked(library, turned), library=library)


# fault, where it is, what is said of the gated metrics
PLANTED: list[tuple[Callable[[pytest.MonkeyPatch], Comparison], Stage, dict[str, Verdict]]] = [
    (wrong_chunk_size, "retrieval", {"right": "REGRESSED"}),
    # three of 66 lost and one won: no verdict can be had from so few, but the flips are there
    (keyword_side_off, "retrieval", {"right": "INCONCLUSIVE"}),
    (refusal_off, "drafting", {"refusal_recall": "REGRESSED"}),
    (verifier_off, "verification", {"refusal_recall": "REGRESSED"}),
    (model_that_invents, "drafting", {"right": "REGRESSED"}),
]


@pytest.mark.parametrize(("fault", "stage", "verdicts"), PLANTED, ids=[fault.__name__ for fault, *_ in PLANTED])
def test_a_planted_fault_is_found_and_traced_to_its_stage(
    fault: Callable[[pytest.MonkeyPatch], Comparison],
    stage: Stage,
    verdicts: dict[str, Verdict],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = fault(monkeypatch)
    changes = {change.metric: change for change in found.changes}
    assert {metric: changes[metric].verdict for metric in verdicts} == verdicts
    assert found.exit_status == (3 if "REGRESSED" in verdicts.values() else 4)
    assert any(flip.direction == "lost" for flip in found.flips)
    stages = Counter(flip.stage for flip in found.flips)
    assert stages[stage] >= MOST * stages.total(), [(flip.qid, flip.stage, flip.why) for flip in found.flips]
    assert not any("told from the answers" in flip.why for flip in found.flips)


def test_no_change_is_no_regression(monkeypatch: pytest.MonkeyPatch) -> None:
    found = no_change(monkeypatch)
    assert not found.flips
    assert not found.changed
    assert all(change.difference == 0 for change in found.changes)
    assert {change.verdict for change in found.changes} <= {"NON-INFERIOR", "INCONCLUSIVE"}
    assert (found.outcome, found.exit_status) == ("passed", 0), found.why


def test_another_embedder_is_refused_before_anything_is_asked() -> None:
    another = Library(Index(folder(), embedder=HashEmbedder()), Settings(folder(), mode="extractive"))
    with another as library, pytest.raises(EmbedderMismatch, match=r"was indexed with .*set PINCITE_EMBEDDER back"):
        asked(library)


if __name__ == "__main__":
    for fault in (*(fault for fault, *_ in PLANTED), no_change):
        with pytest.MonkeyPatch.context() as patch:
            found = fault(patch)
        print(f"{fault.__name__}: {found.outcome}, {found.why}")
        for change in found.changes:
            if change.metric in (*GATE, "hit_evidence_recall"):
                moved = f"{change.before:.3f} -> {change.after:.3f} ({change.low:+.3f} to {change.high:+.3f})"
                print(f"  {change.metric} {moved} {change.verdict}, {change.questions} questions")
        print(f"  flips {dict(Counter((flip.direction, flip.stage) for flip in found.flips))}")
