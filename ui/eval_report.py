"""`pincite eval report`: the files that show a run, or a run beside its baseline."""

import argparse
from argparse import Namespace
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from ui.cli_command import command

if TYPE_CHECKING:
    from eval.comparison import Comparison
    from eval.runner import Run

FORMS = {
    "html": "one page with plots and every question, which works offline",
    "junit": "JUnit XML, for continuous integration",
    "markdown": "Markdown, for a pull request",
}


def add_report(evals: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    report = command(
        evals,
        "report",
        "show a run, or a run beside its baseline, as HTML, JUnit or Markdown",
        "pincite eval report new.json base.json --html report.html --junit report.xml",
        library=False,
    )
    report.add_argument("run", metavar="RUN.json")
    report.add_argument("base", metavar="BASE.json", nargs="?", help="the baseline that RUN.json is compared with")
    add_forms(report)


def add_forms(parser: argparse.ArgumentParser) -> None:
    for form, what in FORMS.items():
        parser.add_argument(f"--{form}", metavar="FILE", help=f"write {what}")


def report(args: Namespace) -> int:
    from eval.report_terminal import comparison_table, table
    from eval.report_view import questions
    from eval.runner import read_run
    from ui.output import is_json, print_json

    run = read_run(Path(args.run))
    questions(run)  # refuses what is no gold run before anything is written
    if args.base is None:
        write_run_reports(args, run)
        print_json(run.to_json()["metrics"]) if is_json(args) else print(table(run))
        return 0
    from eval.compare import compare

    base = read_run(Path(args.base))
    comparison = compare(base, run, names=(args.base, args.run))
    write_comparison_reports(args, comparison, base, run)
    if is_json(args):
        print_json({**asdict(comparison), "exit_status": comparison.exit_status})
    else:
        print(comparison_table(comparison))
    return 0


def write_run_reports(args: Namespace, run: "Run") -> None:
    """The files that `args` names, of a run. Raises OSError."""
    from eval.report_html import run_html
    from eval.report_junit import run_junit
    from eval.report_markdown import run_markdown

    _write(args, html=lambda: run_html(run), junit=lambda: run_junit(run), markdown=lambda: run_markdown(run))


def write_comparison_reports(args: Namespace, comparison: "Comparison", before: "Run", after: "Run") -> None:
    """The files that `args` names, of a comparison. Raises OSError."""
    from eval.report_html import comparison_html
    from eval.report_junit import comparison_junit
    from eval.report_markdown import comparison_markdown

    _write(
        args,
        html=lambda: comparison_html(comparison, before, after),
        junit=lambda: comparison_junit(comparison, after),
        markdown=lambda: comparison_markdown(comparison),
    )


def _write(args: Namespace, **made: Callable[[], str]) -> None:
    for form, make in made.items():
        if file := getattr(args, form):
            Path(file).parent.mkdir(parents=True, exist_ok=True)
            Path(file).write_text(make(), encoding="utf-8")
