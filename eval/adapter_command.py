"""A system that is a command: a JSON object a line on its standard input, an answer JSON a line on its standard output.

Asked: `{"qid": ..., "question": ..., "history": [{"question": ..., "answer": ...}]}`. It is started once for each
question that may be asked at the same time; one that ends after an answer is started again for the next.
"""

import os
import shlex
import shutil
import signal
import subprocess
from collections.abc import Callable, Sequence
from contextlib import suppress
from errno import ENOEXEC
from pathlib import Path
from queue import Empty, SimpleQueue
from subprocess import PIPE
from threading import Lock, Thread, Timer
from typing import TypeVar

from eval.errors import SystemFailed, SystemUnusable
from eval.fingerprints import hash_of

STOP_S = 2.0  # to end by itself once its input is closed
MORE_S = 0.02  # in which a second line would come, printed with the first

T = TypeVar("T")


class Command:
    """The processes of one command; threads may share it. Raises SystemUnusable when it cannot be started."""

    def __init__(self, line: str, *, time_limit_s: float) -> None:
        try:
            self._words = shlex.split(line)
        except ValueError as error:
            raise SystemUnusable(f"command {line!r} cannot be read ({error}): quote it as for a shell") from error
        if not self._words or shutil.which(self._words[0]) is None:
            raise SystemUnusable(f"command {line!r} cannot be started: there is no program of that name here")
        self._time_limit_s = time_limit_s
        self._lock = Lock()
        self._idle: list[_Process] = []
        self._running: set[_Process] = set()
        self._is_closed = False

    def code_hash(self) -> str | None:
        """sha256 (hex) of the files that the command names, `-m package.module` among them and the script that it is,
        but no program like python, which is of its machine; None when it names none."""
        after_m = {word for flag, word in zip(self._words, self._words[1:], strict=False) if flag == "-m"}
        named = [Path(word.replace(".", "/") + ".py") if word in after_m else Path(word) for word in self._words]
        held = [path.read_bytes() for path in named[1:] if path.is_file()]
        if named[0].is_file() and (script := named[0].read_bytes()).startswith(b"#!"):
            held.append(script)
        return hash_of(held) if held else None

    def ask(self, line: bytes, read: Callable[[bytes], T]) -> T:
        """What `read` makes of the line that answers `line`. Raises SystemFailed, and what `read` raises; the process
        is gone then, as its next line may answer an earlier question."""
        process = self._taken()
        try:
            answer = process.ask(line, self._time_limit_s)
            if answer is None and process.answered:  # it ends after each answer: that is its way
                self._end(process)
                process = self._started()
                answer = process.ask(line, self._time_limit_s)
            if answer is None:
                raise SystemFailed(f"the command ended ({process.status()}) before it answered")
            made = read(answer)
        except BaseException:
            self._end(process)
            raise
        if process.has_ended:
            self._end(process)
        else:
            with self._lock:
                self._idle.append(process)
        return made

    def close(self) -> None:
        with self._lock:
            self._is_closed = True
            running, idle = list(self._running), set(self._idle)
        for process in running:
            if process not in idle:
                process.kill()  # nobody waits for its answer any more
            self._end(process)

    def _taken(self) -> "_Process":
        with self._lock:
            if self._idle:
                return self._idle.pop()
        return self._started()

    def _started(self) -> "_Process":
        with self._lock:
            if self._is_closed:
                raise SystemFailed("stopped")
            try:
                process = _Process(self._words)
            except OSError as error:
                hint = "begin it with a line like #!/bin/sh" if error.errno == ENOEXEC else "check it in a shell"
                said = f"command {self._words[0]!r} cannot be started ({error.strerror}): {hint}"
                raise SystemUnusable(said) from error
            self._running.add(process)
        return process

    def _end(self, process: "_Process") -> None:
        process.close()
        with self._lock:
            self._running.discard(process)


class _Process:
    def __init__(self, words: Sequence[str]) -> None:
        # a session of its own: what it started in turn ends with it
        self._process = subprocess.Popen(words, stdin=PIPE, stdout=PIPE, start_new_session=True)
        assert self._process.stdin
        assert self._process.stdout
        self._stdin, self._stdout = self._process.stdin, self._process.stdout
        self._lines: SimpleQueue[bytes] = SimpleQueue()
        self._is_late = False
        self.answered = self.has_ended = False
        Thread(target=self._listen, name="command-output", daemon=True).start()

    def ask(self, line: bytes, limit_s: float) -> bytes | None:
        """The next line; None when the process ended instead. Raises SystemFailed."""
        self._hear_more(0)
        if self.has_ended:
            return None
        timer = Timer(limit_s, self._expire)
        timer.start()
        try:
            with suppress(BrokenPipeError):
                self._stdin.write(line + b"\n")
                self._stdin.flush()
            answer = self._lines.get()
        finally:
            timer.cancel()
        if self._is_late:
            raise SystemFailed(f"the command did not answer within {limit_s:g} s")
        if answer:
            self.answered = True
            self._hear_more(MORE_S)
        return answer or None

    def _hear_more(self, wait_s: float) -> None:
        """Raises SystemFailed for a line that would be taken for the answer to the next question."""
        with suppress(Empty):
            if self._lines.get(timeout=wait_s):
                raise SystemFailed("the command printed more than one line: an answer is one line, and nothing else is")
            self.has_ended = True

    def status(self) -> str:
        try:
            code = self._process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            return "its output closed"
        return f"status {code}" if code >= 0 else signal.Signals(-code).name

    def close(self) -> None:
        """Ends it: by closing its input, and by force when that is not enough."""
        with suppress(BrokenPipeError):
            self._stdin.close()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(STOP_S)
        self.kill()
        self._process.wait()

    def _expire(self) -> None:
        self._is_late = True
        self.kill()

    def kill(self) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)

    def _listen(self) -> None:
        for line in self._stdout:
            self._lines.put(line)
        self._lines.put(b"")
        self._stdout.close()
