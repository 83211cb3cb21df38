"""The `pincite` command: arguments here, work in `ui.commands`, nothing heavy imported for `--help`."""

import argparse
import sys
from collections.abc import Sequence

from ui.cli_command import MODE_HELP, command, positive
from ui.eval_cli import add_eval


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(
        prog="pincite",
        description="Answers about your documents in which every sentence points at the exact words it rests on.",
        epilog="Start with: pincite add FOLDER, then: pincite ask QUESTION. Each command has --help with an example.",
    )
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")

    add = command(
        commands,
        "add",
        "index files and folders; run it again to bring the index in step",
        "pincite add reports/ notes.md",
    )
    add.add_argument("paths", nargs="+", metavar="PATH", help="file or folder (.txt .md .html .pdf)")
    remove = command(
        commands,
        "remove",
        "take documents out of the index and of every later answer",
        "pincite remove reports/2024.pdf",
    )
    remove.add_argument("documents", nargs="+", metavar="DOC", help="doc_id or path, as `pincite status` shows them")
    command(commands, "status", "what is in the library, and what is not and why", "pincite status --json")
    show = command(
        commands,
        "show",
        "the stored text of a document, which citations point into",
        "pincite show notes.md --start 120 --end 188",
        output=False,
    )
    show.add_argument("doc_id")
    show.add_argument("--start", type=_offset, default=0, help="first character")
    show.add_argument("--end", type=_offset, help="character after the last one")
    show.add_argument("--version", help="an earlier version, as a saved citation names it")
    search = command(
        commands, "search", "passages only: what a question would retrieve", 'pincite search "gas pipeline" -k 5'
    )
    search.add_argument("query")
    search.add_argument("-k", type=positive, metavar="N", help="how many (default: those that a question reads)")
    ask = command(
        commands, "ask", "one answer, every sentence cited, or a refusal", 'pincite ask "What was trade in 2024?"'
    )
    ask.add_argument("question", nargs="?")
    ask.add_argument("--mode", help=MODE_HELP)
    ask.add_argument("--trace", action="store_true", help="print the exact messages that a model is sent")
    ask.add_argument("--batch", metavar="IN.jsonl", help="questions, one JSON object a line: qid, question, history")
    ask.add_argument("--out", metavar="OUT.jsonl", help="answers of --batch; run again to go on where it stopped")
    find = command(
        commands,
        "find",
        "where a quote or claim stands, sentence by sentence",
        'pincite find "Trade reached $245 billion in 2024."',
    )
    find.add_argument("quote", help="the pasted text, or - to read it from standard input")
    recheck = command(
        commands, "recheck", "do the citations of a saved answer still hold?", "pincite recheck answer.json"
    )
    recheck.add_argument("answer", metavar="ANSWER.json", help="what `ask --json` printed, or `ask --batch` wrote")
    chat = command(commands, "chat", "the chat, in the browser", "pincite chat --port 7860", output=False)
    chat.add_argument("--port", type=_port, default=7860)
    chat.add_argument("--mode", help=MODE_HELP)

    group = commands.add_parser("model", help="the local language model", description="The local language model.")
    models = group.add_subparsers(dest="model_command", required=True, metavar="COMMAND")
    pull = "fetch the model, 1.1 GB, once; run again after a stop, it goes on where it was"
    command(models, "pull", pull, "pincite model pull", library=False, output=False)
    command(models, "status", "which model is installed, and where", "pincite model status --json", library=False)

    add_eval(commands)
    return top


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command; returns its exit status: 0 done, 1 failed with one line, 2 usage."""
    args = parser().parse_args(argv)
    from ui.commands import run

    return run(args)


def _port(text: str) -> int:
    if positive(text) >= 2**16:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port from 1 to 65535")
    return int(text)


def _offset(text: str) -> int:
    if not text.isdigit():
        raise argparse.ArgumentTypeError(f"{text!r} is not a character offset")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
