"""A run made the baseline on purpose: what later runs are compared with, slim enough to be committed."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from eval.errors import RunInvalid
from eval.metrics import StoredText
from eval.pairing import Item
from eval.runner import ERRORS_ALLOWED, Run, read_run, write_run

Json = dict[str, Any]


def baseline_of(path: Path) -> Path:
    """Where the baseline of a gold file is: `gold.baseline.json` beside `gold.jsonl`; a .json file is itself.
    Raises RunInvalid for a folder."""
    if path.is_dir():
        raise RunInvalid(f"{str(path)!r} is a folder: name the gold file, or the .json file of the baseline")
    return path if path.suffix == ".json" else path.with_suffix(".baseline.json")


def baseline_beside(path: Path, run: Run) -> Path:
    """The baseline of the gold set of `run`, in the folder of its file `path`."""
    return path.with_name(f"{run.yardstick}.baseline.json")


def read_baseline(path: Path) -> Run:
    """Raises RunInvalid."""
    if not path.is_file():
        raise RunInvalid(f"there is no baseline at {str(path)!r}: make one with `pincite eval bless`, or name a run")
    return read_run(path)


def bless(run: Run, path: Path) -> Run:
    """Writes `run` as the baseline at `path` and returns what was written. Raises RunInvalid for a run that is not fit
    to hold others against, OSError."""
    if not any(item.get("scores") for item in run.items):
        raise RunInvalid("the run has no scored answer to hold others against: make one with `pincite eval run`")
    failed = sum(item["error"] is not None for item in run.items)
    if run.has_too_many_errors:
        raise RunInvalid(
            f"{failed} of {len(run.items)} answers are errors, more than {ERRORS_ALLOWED:.0%}: run it again, "
            "only those are asked"
        )
    if run.fingerprint.get("limit"):
        raise RunInvalid(
            f"the run asks the first {run.fingerprint['limit']} questions only: run the whole gold set, without --limit"
        )
    breaches = [item["qid"] for item in run.items if item["scores"] and item["scores"]["citation_validity"] is False]
    if breaches:
        raise RunInvalid(
            f"{len(breaches)} answers break citation_validity, which is a bug and no baseline: {', '.join(breaches)}"
        )
    slim = replace(run, items=[item | {"answer": item["answer"] and _slim(item["answer"])} for item in run.items])
    write_run(slim, path)
    return slim


def with_texts(run: Run, stored_text: StoredText) -> Run:
    """`run` with the passages that `bless` left out. Raises DocumentUnknown."""

    def restored(hit: Json) -> Json:
        text = hit["text"] or stored_text(hit["doc_id"], hit["version"])[hit["start"] : hit["end"]]
        return hit | {"text": text}

    def whole(item: Item) -> Item:
        answer = item["answer"]
        if not answer or not answer["hits"]:
            return item
        return item | {"answer": answer | {"hits": [restored(hit) for hit in answer["hits"]]}}

    return replace(run, items=[whole(item) for item in run.items])


def _slim(answer: Json) -> Json:
    """Without what the library has: passages by their place alone, and no path of this machine."""
    statements = [s | {"citations": [c | {"source": ""} for c in s["citations"]]} for s in answer["statements"]]
    hits = answer["hits"] and [hit | {"text": "", "source": "", "sent_spans": []} for hit in answer["hits"]]
    return answer | {"statements": statements, "hits": hits}
