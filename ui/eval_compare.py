"""`pincite eval compare`, `bless` and `aa`: one run against another, and repeats against each other."""

import argparse
import sys
from argparse import Namespace
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path

from ui.cli_command import command
from ui.eval_report import add_forms, write_comparison_reports
from ui.output import is_json, print_json

_MARGINS = "how much of a metric may be lost, in place of the margin of the gold file; may be given again"


def add_compare(evals: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    compared = command(
        evals,
        "compare",
        "is a run worse than its baseline? exit 0 no worse, 3 REGRESSED, 4 INCONCLUSIVE",
        "pincite eval compare base.json new.json --library DIR",
        library=False,
    )
    base = "a run, or a gold file for its blessed baseline; left out: the baseline that `bless` put beside NEW.json"
    compared.add_argument("base", metavar="BASE.json", nargs="?", help=base)
    compared.add_argument("new", metavar="NEW.json")
    library = "the library of NEW.json: flipped questions are asked again, to tell the stage that broke"
    compared.add_argument("--library", metavar="DIR", help=library)
    add_forms(compared)
    blessed = command(
        evals,
        "bless",
        "make a run the baseline of later ones",
        "pincite eval bless new.json --baseline gold.jsonl",
        library=False,
    )
    blessed.add_argument("run", metavar="RUN.json")
    where = "where to write it; for a gold file, gold.baseline.json beside it (default: beside the run)"
    blessed.add_argument("--baseline", metavar="FILE", help=where)
    repeated = command(
        evals,
        "aa",
        "gate repeats of one system against each other: how often is an alarm false?",
        "pincite eval aa five-repeats.json",
        library=False,
    )
    repeated.add_argument("runs", metavar="RUN.json", nargs="+", help="one run of several repeats, or several runs")
    for made in (compared, repeated):
        made.add_argument("--margin", type=_margin, action="append", default=[], metavar="METRIC=LOSS", help=_MARGINS)


def compare(args: Namespace) -> int:
    from eval.bless import baseline_beside, baseline_of, read_baseline
    from eval.compare import compare
    from eval.report_terminal import comparison_table
    from eval.runner import read_run
    from rag import open_library
    from ui.terminal import safe

    new = Path(args.new)
    after = read_run(new)
    base = baseline_of(Path(args.base)) if args.base else baseline_beside(new, after)
    before = read_baseline(base)
    with ExitStack() as stack:
        library = None
        if args.library:
            mode = after.mode if after.fingerprint.get("system") == "pincite" else None
            library = stack.enter_context(open_library(args.library, mode=mode, create=False))
        names = str(base), str(new)
        comparison = compare(before, after, margins=dict(args.margin), library=library, names=names)
    write_comparison_reports(args, comparison, before, after)
    if is_json(args):
        print_json({**asdict(comparison), "exit_status": comparison.exit_status})
    else:
        print(comparison_table(comparison))
    if comparison.outcome == "error":
        print(f"pincite: {safe(comparison.why)}", file=sys.stderr)
    return comparison.exit_status


def bless(args: Namespace) -> int:
    from eval.bless import baseline_beside, baseline_of, bless
    from eval.runner import read_run

    path = Path(args.run)
    run = read_run(path)
    baseline = baseline_of(Path(args.baseline)) if args.baseline else baseline_beside(path, run)
    bless(run, baseline)
    if is_json(args):
        print_json({"baseline": str(baseline), "questions": len({item["qid"] for item in run.items})})
    else:
        print(f"{baseline} is the baseline now: compare with `pincite eval compare {baseline} NEW.json`")
    return 0


def aa(args: Namespace) -> int:
    from eval.repeat import gate_repeats, repeated_table
    from eval.runner import read_run

    repeated = gate_repeats({name: read_run(Path(name)) for name in args.runs}, dict(args.margin))
    print_json(asdict(repeated)) if is_json(args) else print(repeated_table(repeated))
    return 0


def _margin(text: str) -> tuple[str, float]:
    metric, _, loss = text.partition("=")
    try:
        margin = float(loss)
    except ValueError:
        margin = 0.0
    if not metric or not 0 < margin < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no margin: give a metric and a loss between 0 and 1, right=0.05")
    return metric, margin
