"""What each `pincite eval` command does."""

from argparse import Namespace
from contextlib import ExitStack
from pathlib import Path

from ui.eval_run import run
from ui.output import is_json, library_of, print_json


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


def check(args: Namespace) -> int:
    from eval.gold_check import check_gold
    from eval.gold_files import read_gold

    gold = read_gold(Path(args.gold))
    with library_of(args) as library:
        stored = {doc_id for doc_id, _ in library.documents()}
        found = check_gold(gold, lambda doc_id: library.stored_text(doc_id) if doc_id in stored else None)
    counts = {"questions": len(gold.questions), "drafts": len(gold.drafts), "clusters": found.clusters}
    if is_json(args):
        print_json({**counts, "problems": found.problems, "warnings": found.warnings})
    else:
        summary = ", ".join(f"{number} {noun}" for noun, number in counts.items())
        lines = [*(f"problem: {said}" for said in found.problems), *(f"warning: {said}" for said in found.warnings)]
        print("\n".join([*lines, f"{summary}: {len(found.problems)} problems, {len(found.warnings)} warnings"]))
    return 1 if found.problems else 0


COMMANDS = {"check": check, "run": run, "yardstick": yardstick}
