"""Where it broke: the stage that made a question right in one run and not in the other.

One stage of the run before is put into the present system, which is that of the run after:

    its hits instead of retrieval        the outcome of the run before is back: retrieval
    its draft, put to the verifier now   the outcome of the run before is back: drafting; it is not: verification

The draft of an answer is every sentence it stated or withheld; deciding to refuse is part of drafting. Without a
library, and where the present system does not repeat the run after, the answers themselves are read.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol

from eval.comparison import Flip, Stage
from eval.errors import DataInvalid
from eval.fingerprints import corpus_hash
from eval.gold import GoldQuestion
from eval.metrics import score
from eval.normalise import contains_form
from eval.pairing import Item, Pair, is_right
from eval.runner import Run
from rag.answer_json import answer_json
from rag.errors import AnsweringError
from rag.replay import drafted
from rag.types import SHOWN, Answer, Retrieved, Turn
from rag.verify import Checked

Json = dict[str, Any]


class ReplayLibrary(Protocol):
    """The part of rag.Library that a replay needs."""

    def ask(self, question: str, history: Sequence[Turn] = (), *, retrieved: Retrieved | None = None) -> Answer: ...

    def retrieved(self, answer_json: Mapping[str, Any]) -> Retrieved: ...

    def verify(self, answer_json: Mapping[str, Any]) -> list[Checked]: ...

    def stored_text(self, doc_id: str, version: str) -> str: ...

    def documents(self) -> Sequence[tuple[str, str]]: ...


def find_flips(pairs: Sequence[Pair]) -> Iterator[Flip]:
    """Every question that is right in one run and not in the other, with an item of each that shows it; no stage."""
    for pair in pairs:
        was, now = is_right(pair.before), is_right(pair.after)
        if was != now:
            before = next(item for item in pair.before if item["scores"]["right"] == was)
            after = next(item for item in pair.after if item["scores"]["right"] == now)
            yield Flip(pair.qid, "lost" if was else "won", None, "", before, after)


def check_library(library: ReplayLibrary, *runs: Run) -> None:
    """Raises DataInvalid for a library of other documents than those of `runs`, and for the run of another system."""
    for run in runs:
        system = run.fingerprint.get("system", "pincite")
        if system != "pincite":
            raise DataInvalid(f"a run is of {system!r}, whose stages cannot be replayed: leave out --library")
        if corpus_hash(library.documents()) != run.fingerprint["corpus_hash"]:
            raise DataInvalid(
                "the library holds other documents than the runs: pass the --library that the new run asked"
            )


def localise(flip: Flip, library: ReplayLibrary | None = None) -> Flip:
    """`flip` with its stage, and how that was told. Raises IndexingError."""
    stage, why = _recorded(flip) if library is None else _replayed(flip, library)
    return replace(flip, stage=stage, why=why)


def _replayed(flip: Flip, library: ReplayLibrary) -> tuple[Stage, str]:
    gold = GoldQuestion.model_validate_json(json.dumps(flip.after["gold"]))
    before, after = flip.before["answer"], flip.after["answer"]
    was = flip.direction == "lost"

    def is_right_over(hits_of: Json) -> bool:
        turns = [Turn(turn.question, turn.answer) for turn in gold.history]
        again = library.ask(gold.question, turns, retrieved=library.retrieved(hits_of))
        return score(gold, answer_json(again), library.stored_text).right

    try:
        if is_right_over(after) == was:
            stage, why = _recorded(flip)
            return stage, f"{why} (told from the answers: asked again, this library does not repeat the new run)"
        if _spans(before) != _spans(after) and is_right_over(before) == was:
            return "retrieval", f"with the passages of the run before it is {_word(was)} again"
    except AnsweringError as error:
        stage, why = _recorded(flip)
        return stage, f"{why} (told from the answers: the question could not be asked again: {error})"
    standing = _standing(before, library.verify(before), library)
    if score(gold, standing, library.stored_text).right == was:
        return "drafting", f"the draft of the run before is still {_word(was)} when it is verified now"
    return "verification", f"the draft of the run before is {_word(not was)} when it is verified now"


def _standing(answer: Json, checked: Sequence[Checked], library: ReplayLibrary) -> Json:
    """`answer` as the verdicts `checked` of its drafted sentences leave it."""
    statements = []
    for (text, _), found in zip(drafted(answer), checked, strict=True):
        if found.verdict in SHOWN:
            citations = [
                {
                    "doc_id": span.doc_id,
                    "version": span.version,
                    "start": span.start,
                    "end": span.end,
                    "quote": library.stored_text(span.doc_id, span.version)[span.start : span.end],
                }
                for span in found.spans
            ]
            statements.append({"text": text, "citations": citations})
    kind, reason = ("answer", None) if statements else ("refusal", answer["reason"] or "unverified")
    return {"kind": kind, "reason": reason, "statements": statements, "conflicts": [], "hits": []}


def _recorded(flip: Flip) -> tuple[Stage, str]:
    """From what the answers hold: the evidence among the hits, and the sentences that were withheld."""
    good, bad = (flip.before, flip.after) if flip.direction == "lost" else (flip.after, flip.before)
    answer, wrong = good["answer"], bad["answer"]
    found, missed = good["scores"]["hit_evidence_recall"], bad["scores"]["hit_evidence_recall"]
    if found is not None and missed is not None and missed < found:
        return "retrieval", f"{missed:.0%} of the evidence in the hits of the wrong answer, {found:.0%} in the other's"
    if text := next(_withheld_with(_missing(bad), wrong), None):
        return "verification", f"the wrong answer withheld {text!r}"
    shown = {statement["text"] for statement in wrong["statements"]}
    if text := next((w["text"] for w in answer["withheld"] if w["text"] in shown), None):
        return "verification", f"the wrong answer states {text!r}, which the other withheld"
    if not good["gold"]["answerable"] and not _has_all_cited(answer, wrong):
        return "retrieval", "the wrong answer cites passages that the other did not retrieve"
    said = "refused" if wrong["kind"] == "refusal" else "answered" if answer["kind"] == "refusal" else "drafted"
    return "drafting", f"the passages were there, and nothing that was wanted was withheld: it {said} otherwise"


def _missing(item: Item) -> list[str]:
    """The forms of the facts and values that no statement has."""
    gold, statements = item["gold"], item["answer"]["statements"]
    wanted = [*gold["facts"], *(value["value"] for value in gold["conflict"])]
    stated = [any(contains_form(s["text"], form) for s in statements for form in forms) for forms in wanted]
    return [form for forms, is_stated in zip(wanted, stated, strict=True) if not is_stated for form in forms]


def _withheld_with(forms: Sequence[str], answer: Json) -> Iterator[str]:
    return (w["text"] for w in answer["withheld"] if any(contains_form(w["text"], form) for form in forms))


def _has_all_cited(answer: Json, wrong: Json) -> bool:
    """Whether the hits of `answer` touch all that `wrong` cites."""
    return all(
        any(
            hit["doc_id"] == cited["doc_id"] and hit["start"] < cited["end"] and cited["start"] < hit["end"]
            for hit in answer["hits"] or ()
        )
        for statement in wrong["statements"]
        for cited in statement["citations"]
    )


def _spans(answer: Json) -> list[tuple[str, str, int, int]]:
    return [(hit["doc_id"], hit["version"], hit["start"], hit["end"]) for hit in answer["hits"] or ()]


def _word(is_right: bool) -> str:
    return "right" if is_right else "wrong"
