"""`pincite eval check` and `pincite eval draft`: gold files against the library, and questions for them from it."""

import argparse
from pathlib import Path

from ui.cli_command import command, positive

DRAFTS = 20  # proposed at a time, as many as a person judges in one sitting


def add_check(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    check = command(
        commands, "check", "is a gold file right for the library, and is it strong?", "pincite eval check gold.yaml"
    )
    check.add_argument("gold", metavar="GOLD", help="JSONL or YAML")


def add_draft(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    draft = command(
        commands,
        "draft",
        "propose gold questions from a document, for you to accept",
        "pincite eval draft report.pdf --out drafts.yaml -n 10",
    )
    draft.add_argument("document", metavar="DOC", help="a doc_id, as `pincite status` and `pincite search` show it")
    draft.add_argument("--out", metavar="GOLD", help="the YAML or JSONL file to add them to (else they are printed)")
    number = f"how many (default {DRAFTS}); the same command again proposes others"
    draft.add_argument("-n", type=positive, default=DRAFTS, metavar="N", help=number)


def check(args: argparse.Namespace) -> int:
    from eval.gold_check import check_gold
    from eval.gold_files import read_gold
    from ui.output import is_json, library_of, print_json

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


def draft(args: argparse.Namespace) -> int:
    from eval.draft_files import append_drafts, held_qids, yaml_text
    from eval.gold_draft import propose
    from ui.output import is_json, library_of, print_json

    out = Path(args.out) if args.out else None
    taken = held_qids(out) if out else set()
    with library_of(args) as library:
        drafts = propose(library.document(args.document), args.n, taken)
    if out:
        drafts = append_drafts(out, drafts)
    if is_json(args):
        print_json({"file": args.out, "drafts": [proposed.to_json() for proposed in drafts]})
    elif not drafts:
        print(f"nothing {'more ' if taken else ''}to propose: no sentence states a number, a date or a name by itself")
    elif out:
        print(f"{len(drafts)} drafts added to {out}: write `accepted: true` to the good ones, delete the rest")
    else:
        print(yaml_text(drafts), end="")
    return 0
