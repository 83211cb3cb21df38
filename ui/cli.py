"""The `pincite` command: arguments here, work in `ui.commands`, nothing heavy imported for `--help`."""

import argparse
import sys
from collections.abc import Sequence

EXAMPLES = {
    "add": "pincite add reports/ notes.md",
    "remove": "pincite remove reports/2024.pdf",
    "status": "pincite status --json",
    "show": "pincite show notes.md --start 120 --end 188",
    "search": 'pincite search "gas pipeline" -k 5',
    "ask": 'pincite ask "What was trade in 2024?"',
    "find": 'pincite find "Trade reached $245 billion in 2024."',
    "recheck": "pincite recheck answer.json",
    "chat": "pincite chat --port 7860",
    "model pull": "pincite model pull",
    "model status": "pincite model status --json",
    "eval check": "pincite eval check gold.jsonl",
    "eval run": "pincite eval run gold.jsonl --out run.json",
    "eval yardstick": "pincite eval yardstick squad2 --data yardsticks/ --mode extractive --out squad2.json",
}
YARDSTICKS = ("wice", "ramdocs", "rgb", "squad2", "multihop", "ragchecker")
MODE_HELP = "extractive (no model), local (a model on this machine) or openai (an endpoint); else PINCITE_MODE"


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(
        prog="pincite",
        description="Answers about your documents in which every sentence points at the exact words it rests on.",
        epilog="Start with: pincite add FOLDER, then: pincite ask QUESTION. Each command has --help with an example.",
    )
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")

    add = _command(commands, "add", "index files and folders; run it again to bring the index in step")
    add.add_argument("paths", nargs="+", metavar="PATH", help="file or folder (.txt .md .html .pdf)")
    remove = _command(commands, "remove", "take documents out of the index and of every later answer")
    remove.add_argument("documents", nargs="+", metavar="DOC", help="doc_id or path, as `pincite status` shows them")
    _command(commands, "status", "what is in the library, and what is not and why")
    show = _command(commands, "show", "the stored text of a document, which citations point into", output=False)
    show.add_argument("doc_id")
    show.add_argument("--start", type=_offset, default=0, help="first character")
    show.add_argument("--end", type=_offset, help="character after the last one")
    show.add_argument("--version", help="an earlier version, as a saved citation names it")
    search = _command(commands, "search", "passages only: what a question would retrieve")
    search.add_argument("query")
    search.add_argument("-k", type=_positive, default=10, metavar="N", help="how many (default 10)")
    ask = _command(commands, "ask", "one answer, every sentence cited, or a refusal")
    ask.add_argument("question", nargs="?")
    ask.add_argument("--mode", help=MODE_HELP)
    ask.add_argument("--trace", action="store_true", help="print the exact messages that a model is sent")
    ask.add_argument("--batch", metavar="IN.jsonl", help="questions, one JSON object a line: qid, question, history")
    ask.add_argument("--out", metavar="OUT.jsonl", help="answers of --batch; run again to go on where it stopped")
    find = _command(commands, "find", "where a quote or claim stands, sentence by sentence")
    find.add_argument("quote", help="the pasted text, or - to read it from standard input")
    recheck = _command(commands, "recheck", "do the citations of a saved answer still hold?")
    recheck.add_argument("answer", metavar="ANSWER.json", help="what `ask --json` printed, or `ask --batch` wrote")
    chat = _command(commands, "chat", "the chat, in the browser", output=False)
    chat.add_argument("--port", type=_port, default=7860)
    chat.add_argument("--mode", help=MODE_HELP)

    group = commands.add_parser("model", help="the local language model", description="The local language model.")
    models = group.add_subparsers(dest="model_command", required=True, metavar="COMMAND")
    pull = "fetch the model, 1.1 GB, once; run again after a stop, it goes on where it was"
    _command(models, "pull", pull, prefix="model ", library=False, output=False)
    _command(models, "status", "which model is installed, and where", prefix="model ", library=False)

    group = commands.add_parser("eval", help="score answers against gold questions", description="Score answers.")
    evals = group.add_subparsers(dest="eval_command", required=True, metavar="COMMAND")
    check = _command(evals, "check", "is every gold quote in the library?", prefix="eval ")
    check.add_argument("gold", metavar="GOLD.jsonl")
    run = _command(evals, "run", "ask every gold question and score the answers", prefix="eval ")
    run.add_argument("gold", metavar="GOLD.jsonl")
    run.add_argument("--out", metavar="RUN.json", help="where to write answers and scores")
    run.add_argument("--mode", help=MODE_HELP)
    yardstick = _command(
        evals, "yardstick", "run a public question set on its own files", prefix="eval ", library=False
    )
    yardstick.add_argument("name", choices=YARDSTICKS, metavar="NAME", help=", ".join(YARDSTICKS))
    yardstick.add_argument("--data", metavar="DIR", required=True, help="folder with the files of the set")
    yardstick.add_argument("--out", metavar="RUN.json", required=True, help="the run; after a stop, it goes on")
    yardstick.add_argument("--mode", help=MODE_HELP)
    yardstick.add_argument("--library", metavar="DIR", help="keep the library of the set here (else it is temporary)")
    yardstick.add_argument("--limit", type=_positive, metavar="N", help="the first N questions only")
    settings = "closed: each question reads its own documents (default); open: those of all questions"
    yardstick.add_argument("--setting", choices=["closed", "open"], default="closed", help=settings)
    return top


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command; returns its exit status: 0 done, 1 failed with one line, 2 usage."""
    args = parser().parse_args(argv)
    from ui.commands import run

    return run(args)


def _command(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
    name: str,
    help: str,
    *,
    library: bool = True,
    output: bool = True,
    prefix: str = "",
) -> argparse.ArgumentParser:
    command = commands.add_parser(
        name,
        help=help,
        description=help[0].upper() + help[1:] + ".",
        epilog=f"Example: {EXAMPLES[prefix + name]}",
    )
    if library:
        command.add_argument("--library", metavar="DIR", help="library directory (else PINCITE_LIBRARY)")
    if output:
        form = command.add_mutually_exclusive_group()
        form.add_argument("--json", action="store_true", help="JSON, the default when stdout is no terminal")
        form.add_argument("--text", action="store_true", help="text, the default on a terminal")
    return command


def _positive(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number above 0")
    return int(text)


def _port(text: str) -> int:
    if _positive(text) >= 2**16:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port from 1 to 65535")
    return int(text)


def _offset(text: str) -> int:
    if not text.isdigit():
        raise argparse.ArgumentTypeError(f"{text!r} is not a character offset")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
