"""The child process that parses foreign formats: reads paths on stdin, writes one JSON line for each.

Run by `index.loaders.child`, with its own memory limit, so that a file that crashes, floods or stalls a parser
costs this process and not the library.
"""

import contextlib
import dataclasses
import importlib
import json
import logging
import sys
from pathlib import Path
from typing import Any

from index.errors import DocumentRejected
from index.loaders import MEDIA_TYPES, Loaded

LOADERS = {
    "text/plain": "text",
    "text/markdown": "text",
    "text/html": "html",
    "application/pdf": "pdf",
}
MEMORY_BYTES = 2 * 1024**3


def load(path: str) -> Loaded:
    """Parses one file in this process. Raises DocumentRejected or OSError."""
    name = LOADERS[MEDIA_TYPES[Path(path).suffix.lower()]]
    loaded: Loaded = importlib.import_module(f"index.loaders.{name}").load(Path(path).read_bytes())
    return loaded


def main() -> None:
    _limit_memory()
    logging.disable(logging.CRITICAL)  # parsers complain on stderr about files they read well
    for line in sys.stdin:
        reply: dict[str, Any]
        try:
            reply = {"loaded": dataclasses.asdict(load(json.loads(line)))}
        except DocumentRejected as error:
            reply = {"rejected": str(error), "retry": error.retry}
        except MemoryError:
            reply = {"rejected": "needs more than 2 GiB of memory to read: split it", "retry": False}
        except Exception as error:  # noqa: BLE001 - the outermost handler of a process that exists to fail safely
            what = " ".join(f"{type(error).__name__}: {error}".split())
            reply = {"rejected": f"could not be parsed ({what}): export it again", "retry": True}
        sys.stdout.write(json.dumps(reply) + "\n")
        sys.stdout.flush()


def _limit_memory() -> None:
    with contextlib.suppress(ImportError, ValueError, OSError):  # Windows and some sandboxes have no such limit
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))


if __name__ == "__main__":
    main()
