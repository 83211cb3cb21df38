"""What every command does: open the library it names, and print its result as JSON or as text."""

import json
import sys
from argparse import Namespace
from typing import Any

from rag import Library, open_library
from ui import terminal


def library_of(args: Namespace) -> Library:
    return open_library(args.library, mode=getattr(args, "mode", None), create=False)


def is_json(args: Namespace) -> bool:
    return bool(args.json or not (args.text or sys.stdout.isatty()))


def print_json(value: Any) -> None:
    print(terminal.safe_json(json.dumps(value, ensure_ascii=False, indent=1)))
