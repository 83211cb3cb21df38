"""The arguments of `pincite eval`."""

import argparse

from ui.cli_command import MODE_HELP, command, positive
from ui.eval_compare import add_compare
from ui.eval_gold import add_check, add_draft
from ui.eval_report import add_report
from ui.eval_run import add_run
from ui.eval_sweep import add_sweep

YARDSTICKS = ("wice", "ramdocs", "rgb", "squad2", "multihop", "ragchecker")


def add_eval(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    group = commands.add_parser("eval", help="score answers against gold questions", description="Score answers.")
    evals = group.add_subparsers(dest="eval_command", required=True, metavar="COMMAND")
    add_check(evals)
    add_draft(evals)
    add_run(evals)
    add_sweep(evals)
    add_compare(evals)
    add_report(evals)
    yardstick = command(
        evals,
        "yardstick",
        "run a public question set on its own files",
        "pincite eval yardstick squad2 --data yardsticks/ --mode extractive --out squad2.json",
        library=False,
    )
    yardstick.add_argument("name", choices=YARDSTICKS, metavar="NAME", help=", ".join(YARDSTICKS))
    yardstick.add_argument("--data", metavar="DIR", required=True, help="folder with the files of the set")
    yardstick.add_argument("--out", metavar="RUN.json", required=True, help="the run; after a stop, it goes on")
    yardstick.add_argument("--mode", help=MODE_HELP)
    yardstick.add_argument("--library", metavar="DIR", help="keep the library of the set here (else it is temporary)")
    yardstick.add_argument("--limit", type=positive, metavar="N", help="the first N questions only")
    settings = "closed: each question reads its own documents (default); open: those of all questions"
    yardstick.add_argument("--setting", choices=["closed", "open"], default="closed", help=settings)
