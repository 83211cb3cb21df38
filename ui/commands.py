"""What each `pincite` command does. Results go to stdout, progress and errors to stderr."""

import os
import sys
from argparse import Namespace
from pathlib import Path

from index.errors import IndexingError
from rag import Library, open_library
from rag.answer_json import answer_json, passage_json
from rag.errors import AnsweringError
from rag.types import Answer, Passage
from ui import eval_commands, terminal
from ui.output import is_json, library_of, print_json


def run(args: Namespace) -> int:
    """Runs `args.command`; every error a user can cause ends in one line on stderr and status 1 or 2."""
    from eval.errors import EvaluationError

    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8", errors="replace")  # type: ignore[union-attr]
    try:
        status = _COMMANDS[args.command](args)
        sys.stdout.flush()  # here, where a reader that has gone is caught
        return status
    except (IndexingError, AnsweringError, EvaluationError, ValueError) as error:
        print(f"pincite: {terminal.safe(str(error))}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # whoever read us has read enough
        return 0
    except OSError as error:
        print(f"pincite: {error.strerror or error}: {error.filename or ''}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("pincite: stopped; what was done so far is kept", file=sys.stderr)
        return 130


def add(args: Namespace) -> int:
    from ui.progress import add_progress

    if not all(path.strip() for path in args.paths):
        print("pincite: an empty PATH: name a file or a folder (. for this one)", file=sys.stderr)
        return 2
    with open_library(args.library) as library, add_progress() as on_progress:
        outcomes = library.add(args.paths, on_progress)
    from index.sync import summary

    counts = summary(outcomes)
    if is_json(args):
        files = [{"source": o.source, "doc_id": o.doc_id, "outcome": o.outcome, "reason": o.reason} for o in outcomes]
        print_json({**counts, "files": files})
    else:
        print(", ".join(f"{count} {name}" for name, count in counts.items() if count) or "nothing to do")
    for outcome in outcomes:
        if outcome.reason:
            print(f"pincite: {terminal.safe(f'{outcome.source} {outcome.reason}')}", file=sys.stderr)
    named = {str(Path(path).resolve()) for path in args.paths}
    failed = {outcome.source for outcome in outcomes if outcome.outcome == "failed"}
    nothing_in = len(failed) == len(outcomes)
    if not outcomes:
        print("pincite: no .txt, .md, .html or .pdf files there: give another path", file=sys.stderr)
    return 1 if named & failed or nothing_in else 0


def remove(args: Namespace) -> int:
    with library_of(args) as library:
        outcomes = library.remove(args.documents)
    if is_json(args):
        print_json({"removed": [{"source": o.source, "doc_id": o.doc_id} for o in outcomes]})
    else:
        print("\n".join(f"removed {terminal.safe(o.doc_id or '')}" for o in outcomes))
    return 0


def status(args: Namespace) -> int:
    with library_of(args) as library:
        report = library.status()
    print_json(report) if is_json(args) else terminal.print_status(report)
    return 0


def show(args: Namespace) -> int:
    with library_of(args) as library:
        text = library.stored_text(args.doc_id, args.version)
    end = len(text) if args.end is None else args.end
    if not 0 <= args.start <= end <= len(text):
        print(
            f"pincite: characters {args.start}-{end} are not in a text of {len(text)} characters",
            file=sys.stderr,
        )
        return 2
    shown = text[args.start : end]
    sys.stdout.write(terminal.safe(shown) if sys.stdout.isatty() else shown)
    return 0


def search(args: Namespace) -> int:
    with library_of(args) as library:
        hits = [passage_json(Passage(hit)) for hit in library.search(args.query, args.k)]
    print_json({"query": args.query, "hits": hits}) if is_json(args) else terminal.print_hits(hits)
    return 0


def ask(args: Namespace) -> int:
    if args.batch:
        return _ask_batch(args)
    if not (args.question or "").strip():
        print('pincite: give a question, for example: pincite ask "What was trade in 2024?"', file=sys.stderr)
        return 2
    on_messages = terminal.print_messages if args.trace else lambda _: None
    with library_of(args) as library:
        if is_json(args):
            print_json(answer_json(library.ask(args.question, on_messages=on_messages)))
        else:
            answer = library.ask(args.question, on_messages=on_messages, on_statement=terminal.print_statement)
            terminal.print_after(answer)
            terminal.print_mode(answer, key_unused=_key_unused(answer, library))
    return 0


def _key_unused(answer: Answer, library: Library) -> bool:
    return bool(
        os.environ.get("OPENAI_API_KEY")
        and answer.mode != "openai"
        and not library.embedder_identity.startswith("openai:")
    )


def _ask_batch(args: Namespace) -> int:
    from ui.batch import answer_batch

    if not args.out or args.question:
        print("pincite: --batch IN.jsonl needs --out OUT.jsonl, and no question beside it", file=sys.stderr)
        return 2
    with library_of(args) as library:
        answer_batch(library, Path(args.batch), Path(args.out))
    return 0


def find(args: Namespace) -> int:
    from rag.find import found_json
    from ui.lookup import print_found

    text = sys.stdin.read() if args.quote == "-" else args.quote
    with library_of(args) as library:
        found = found_json(text, library.find(text))
        print_json(found) if is_json(args) else print_found(found, library.stored_text)
    return 0


def recheck(args: Namespace) -> int:
    from rag.recheck import rechecked_json
    from ui.lookup import print_rechecked, read_answers

    answers = read_answers(Path(args.answer))
    with library_of(args) as library:
        rechecked = {"answers": [rechecked_json(answer, library.recheck(answer)) for answer in answers]}
        print_json(rechecked) if is_json(args) else print_rechecked(rechecked, library.stored_text)
    return 0


def chat(args: Namespace) -> int:
    from ui.server import serve

    with library_of(args) as library:
        serve(library, args.port)
    return 0


def model(args: Namespace) -> int:
    from ui import model_commands

    if args.model_command == "pull":
        return model_commands.pull_model()
    report = model_commands.report()
    print_json(report) if is_json(args) else model_commands.print_report(report)
    return 0


def evaluate(args: Namespace) -> int:
    return eval_commands.COMMANDS[args.eval_command](args)


_COMMANDS = {
    "add": add, "remove": remove, "status": status, "show": show, "search": search, "ask": ask, "find": find,
    "recheck": recheck, "chat": chat, "model": model, "eval": evaluate,
}  # fmt: skip
