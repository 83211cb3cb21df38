"""Runs the parsers in a child process and survives what they do not."""

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout
from pathlib import Path
from types import TracebackType

from index.errors import DocumentRejected
from index.loaders import Loaded

TIMEOUT_S = 60.0


class ParserProcess:
    """Context manager around one worker process, restarted after a crash or a timeout."""

    def __init__(self, timeout_s: float = TIMEOUT_S) -> None:
        self._timeout_s = timeout_s
        self._process: subprocess.Popen[str] | None = None
        self._reader = ThreadPoolExecutor(1, thread_name_prefix="pincite-parser")

    def load(self, path: Path) -> Loaded:
        """Parses `path`. Raises DocumentRejected with the reason and what to do."""
        if self._process and self._process.poll() is not None:
            self._stop()  # it died idle: not this file's doing
        process = self._process or self._start()
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(json.dumps(str(path)) + "\n")
            process.stdin.flush()
            line = self._reader.submit(process.stdout.readline).result(self._timeout_s)
        except FutureTimeout:
            self._stop()
            raise DocumentRejected(f"took more than {self._timeout_s:.0f} s to read: split it", retry=True) from None
        except BrokenPipeError:
            line = ""
        if not line.endswith("\n"):  # nothing, or the half of a reply
            self._stop()
            raise DocumentRejected("crashed its parser: export it again, or convert it to text", retry=True)
        reply = json.loads(line)
        if "rejected" in reply:
            raise DocumentRejected(reply["rejected"], retry=reply["retry"])
        return Loaded(**reply["loaded"])

    def _start(self) -> subprocess.Popen[str]:
        # -P: a folder named `index` in the current directory must not be imported in our place
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "index.loaders.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        return self._process

    def _stop(self) -> None:
        if self._process:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def __enter__(self) -> "ParserProcess":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()
        self._reader.shutdown()
