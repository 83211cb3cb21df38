"""The values of a coroutine, read from a plain thread with a time limit and a way to stop.

A thread that waits in a socket cannot be woken from outside; a task of an event loop can be cancelled wherever it
waits, and its connection closes with it, so that the server sees that nobody listens any more.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Generator
from concurrent.futures import CancelledError
from contextlib import suppress
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, TypeVar

from rag.errors import Stopped

POLL_S = 0.1  # how long a wish to stop may go unnoticed
CLOSE_S = 2.0

T = TypeVar("T")
_END = object()


class Reader:
    """One event loop in a daemon thread; any number of threads may `read` at once. `at_close` is its last coroutine."""

    def __init__(self, at_close: Callable[[], Awaitable[None]]) -> None:
        self._at_close = at_close
        self._closing = asyncio.Event()
        runner = asyncio.Runner(loop_factory=asyncio.new_event_loop)
        self._loop = runner.get_loop()
        self._thread = Thread(target=self._run, args=(runner,), name="llm-reader", daemon=True)
        self._thread.start()

    def read(
        self, source: AsyncIterator[T], *, deadline: float, cancelled: Callable[[], bool]
    ) -> Generator[T, None, None]:
        """The items of `source` as they arrive; it is cancelled when this generator ends, however it ends.

        `deadline` is a `time.monotonic()`. Raises TimeoutError past it, Stopped when `cancelled()` or the reader was
        closed, and whatever `source` raises.
        """
        if cancelled():
            raise Stopped("stopped")
        arrived: SimpleQueue[Any] = SimpleQueue()

        async def forward() -> None:
            async for item in source:
                arrived.put(item)

        task = asyncio.run_coroutine_threadsafe(forward(), self._loop)
        task.add_done_callback(lambda _: arrived.put(_END))
        try:
            while True:
                if cancelled():
                    raise Stopped("stopped")
                left_s = deadline - time.monotonic()
                if left_s <= 0:
                    raise TimeoutError
                try:
                    item = arrived.get(timeout=min(left_s, POLL_S))
                except Empty:
                    continue
                if item is _END:
                    task.result()
                    return
                yield item
        except CancelledError:
            raise Stopped("stopped: the model was closed") from None
        finally:
            task.cancel()

    def close(self) -> None:
        """Ends what is being read, and the thread; waits at most `CLOSE_S`. A second call does nothing."""
        with suppress(RuntimeError):  # the loop is closed already
            self._loop.call_soon_threadsafe(self._closing.set)
        self._thread.join(CLOSE_S)

    def _run(self, runner: asyncio.Runner) -> None:
        with runner:
            runner.run(self._until_closed())

    async def _until_closed(self) -> None:
        await self._closing.wait()
        readers = asyncio.all_tasks() - {asyncio.current_task()}
        for task in readers:
            task.cancel()
        await asyncio.gather(*readers, return_exceptions=True)
        await self._at_close()
