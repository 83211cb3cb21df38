"""What each `pincite eval` command does."""

from argparse import Namespace
from contextlib import ExitStack
from pathlib import Path

from ui.eval_compare import aa, bless, compare
from ui.eval_gold import check, draft
from ui.eval_report import report
from ui.eval_run import run
from ui.eval_sweep import sweep
from ui.output import is_json, print_json


def yardstick(args: Namespace) -> int:
    from eval import yardsticks
    from ui.progress import add_progress, count_progress

    out = Path(args.out)
    out.parent.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        with add_progress() as on_add:
            work = stack.enter_context(
                yardsticks.opened(
                    args.name,
                    Path(args.data),
                    mode=args.mode,
                    is_open=args.setting == "open",
                    limit=args.limit,
                    library=Path(args.library) if args.library else None,
                    on_add=on_add,
                )
            )
        with count_progress(args.name, len(work.tasks)) as advance:
            result = yardsticks.run(work, out, advance)
    print_json(result.to_json()["metrics"]) if is_json(args) else print(yardsticks.table(result))
    return 0


COMMANDS = {
    "check": check,
    "draft": draft,
    "run": run,
    "sweep": sweep,
    "compare": compare,
    "bless": bless,
    "aa": aa,
    "report": report,
    "yardstick": yardstick,
}
