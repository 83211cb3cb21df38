"""What every command does: open the library it names, and print its result as JSON or as text."""

import json
import sys
from argparse import Namespace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rag import Library


def library_of(args: Namespace) -> "Library":
    from rag import open_library  # heavy, and `--help` needs this module

    return open_library(args.library, mode=getattr(args, "mode", None), create=False)


def is_json(args: Namespace) -> bool:
    return bool(args.json or not (args.text or sys.stdout.isatty()))


def print_json(value: Any) -> None:
    from ui import terminal

    print(terminal.safe_json(json.dumps(value, ensure_ascii=False, indent=1)))
