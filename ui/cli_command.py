"""One command of the command line: its help with an example, the options that many share."""

import argparse

MODE_HELP = "extractive (no model), local (a model on this machine) or openai (an endpoint); else PINCITE_MODE"


def command(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
    name: str,
    help: str,
    example: str,
    *,
    library: bool = True,
    output: bool = True,
) -> argparse.ArgumentParser:
    made = commands.add_parser(
        name,
        help=help,
        description=help[0].upper() + help[1:] + ("" if help.endswith("?") else "."),
        epilog=f"Example: {example}",
    )
    if library:
        made.add_argument("--library", metavar="DIR", help="library directory (else PINCITE_LIBRARY)")
    if output:
        form = made.add_mutually_exclusive_group()
        form.add_argument("--json", action="store_true", help="JSON, the default when stdout is no terminal")
        form.add_argument("--text", action="store_true", help="text, the default on a terminal")
    return made


def json_file(text: str) -> str:
    """What a command writes: by its name never a gold file."""
    if not text.endswith(".json"):
        raise argparse.ArgumentTypeError(f"{text!r} does not end in .json")
    return text


def positive(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number above 0")
    return int(text)
