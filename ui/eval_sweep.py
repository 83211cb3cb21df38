"""`pincite eval sweep`: settings held against each other on one's own documents."""

import argparse
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from ui.cli_command import command, json_file, positive

Value = TypeVar("Value", str, int)
FUSIONS = ("both", "dense", "keyword")
MODES = ("extractive", "local", "openai")


def add_sweep(evals: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    sweep = command(
        evals,
        "sweep",
        "which settings do best on these documents and gold questions?",
        "pincite eval sweep gold.jsonl --docs reports/ --chunk 600,900,1400 --k 5,10,20 --out sweep.json",
        library=False,
    )
    sweep.add_argument("gold", metavar="GOLD", help="JSONL or YAML")
    sweep.add_argument("--docs", metavar="FOLDER", required=True, help="the documents that the questions are about")
    whole = "values with commas between"
    sweep.add_argument("--chunk", type=_listed(_chunk), metavar="CHARS", help=f"characters of a passage: {whole}")
    sweep.add_argument("--k", type=_listed(positive), metavar="N", help=f"passages that are read: {whole}")
    sweep.add_argument("--fusion", type=_listed(_one_of(FUSIONS)), metavar="HOW", help=", ".join(FUSIONS))
    sweep.add_argument("--mode", type=_listed(_one_of(MODES)), metavar="MODE", help=", ".join(MODES))
    every = "every combination; else one setting is changed at a time, which takes fewer and says what each one does"
    sweep.add_argument("--combine", action="store_true", help=every)
    out = "the table; OUT.sweep beside it keeps libraries and runs, from which the same command goes on after a stop"
    sweep.add_argument("--out", type=json_file, metavar="SWEEP.json", required=True, help=out)
    sweep.add_argument("--html", metavar="FILE", help="write one page with plots, which works offline")


def sweep(args: Namespace) -> int:
    from eval.gold_files import load_gold
    from eval.report_sweep import sweep_html, sweep_table
    from eval.sweep import plan, weigh, write_sweep
    from eval.sweep_runs import ask_all, base_setting, index_documents, run_file
    from ui.output import is_json, print_json
    from ui.progress import add_progress, count_progress

    gold = load_gold(Path(args.gold))
    out, docs = Path(args.out), Path(args.docs)
    values = {"chunk_chars": args.chunk, "passages": args.k, "fusion": args.fusion, "mode": args.mode}
    given = {name: own for name, own in values.items() if own}
    settings = plan(base_setting(given.get("mode", ())), given, combine=args.combine)
    work = out.with_name(f"{out.name}.sweep")
    with add_progress() as on_add:
        notes = index_documents(docs, gold, settings, work, on_add)
    with count_progress("questions", len(settings) * len(gold.questions)) as advance:
        runs = ask_all(settings, gold, work, yardstick=Path(args.gold).stem, on_progress=advance)
    files = [str(run_file(work, setting).relative_to(out.parent)) for setting in settings]
    found = weigh(settings, runs, files, notes)
    write_sweep(found, out)
    if args.html:
        Path(args.html).parent.mkdir(parents=True, exist_ok=True)
        Path(args.html).write_text(sweep_html(found), encoding="utf-8")
    print_json(found.to_json()) if is_json(args) else print(sweep_table(found))
    return 1 if found.has_too_many_errors else 0


def _listed(read: Callable[[str], Value]) -> Callable[[str], list[Value]]:
    return lambda text: [read(part.strip()) for part in text.split(",")]


def _one_of(names: tuple[str, ...]) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in names:
            raise argparse.ArgumentTypeError(f"{text!r} is none of {', '.join(names)}")
        return text

    return read


def _chunk(text: str) -> int:
    from index.types import LEAST_CHUNK_CHARS

    if (chars := positive(text)) < LEAST_CHUNK_CHARS:
        raise argparse.ArgumentTypeError(f"{text!r} is too few characters for a passage, {LEAST_CHUNK_CHARS} or more")
    return chars
