"""A run that can be stopped at any moment: each item stands in OUT.partial as soon as it is made, and the same run
goes on from there."""

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import ExitStack
from itertools import chain
from pathlib import Path
from threading import Lock
from typing import Any

Item = dict[str, Any]  # `error`: why it could not be made; absent or None when it was
Task = tuple[str, Callable[[], Item]]  # a key of its own, the same in every run, and what makes the item
Marks = Mapping[str, str | None]  # all that the items depend on


def partial_of(out: Path) -> Path:
    return out.with_name(f"{out.name}.partial")


def make_items(
    tasks: Sequence[Task],
    out: Path | None,
    marks: Marks,
    *,
    parallel: int = 1,
    on_item: Callable[[int, Item], None] = lambda *_: None,
) -> list[Item]:
    """The items of `tasks`, in their order; those that OUT.partial holds of a run with the same `marks` are not made
    again, those with an error are. `parallel` are made at once. `on_item` hears each, after how many there are.

    What a task raises ends the run, and keeps what was made. Without `out` nothing is kept. Raises OSError.
    """
    partial = partial_of(out) if out else None
    done = _resumed(partial, marks) if partial else {}
    items: dict[str, Item] = {}
    writing = Lock()
    with ExitStack() as stack:
        file = stack.enter_context(partial.open("a", encoding="utf-8")) if partial else None
        if file and not file.tell():
            file.write(_line(dict(marks)))

        def made(task: Task) -> tuple[str, Item]:
            key, make = task
            item = make()
            if file and not item.get("error"):
                with writing:
                    file.write(_line([key, item]))
                    file.flush()  # to the system, which outlives this process
            return key, item

        earlier = [(key, done[key]) for key, _ in tasks if key in done]
        for key, item in chain(earlier, _each(made, [task for task in tasks if task[0] not in done], parallel)):
            items[key] = item
            on_item(len(items), item)
    return [items[key] for key, _ in tasks]


def finish(out: Path, items: Sequence[Item]) -> None:
    """Call it once `out` is written: OUT.partial goes, unless an item is to be tried again."""
    if not any(item.get("error") for item in items):
        partial_of(out).unlink(missing_ok=True)


def _each(made: Callable[[Task], tuple[str, Item]], tasks: Sequence[Task], parallel: int) -> Iterator[tuple[str, Item]]:
    """The results as they come."""
    if parallel == 1:
        yield from map(made, tasks)  # in this thread: an interrupt reaches what is being asked
        return
    pool = ThreadPoolExecutor(parallel, "asking")
    try:
        for future in as_completed([pool.submit(made, task) for task in tasks]):
            yield future.result()
    finally:
        pool.shutdown(wait=False, cancel_futures=True)  # whoever closes the system ends what is still being asked


def _resumed(partial: Path, marks: Marks) -> dict[str, Item]:
    """The items by key of an earlier run with the same marks; the file of any other is removed, a line cut short is
    dropped."""
    if not partial.exists():
        return {}
    data = partial.read_bytes()  # bytes: the cut may go through a character
    header, *lines = data[: data.rfind(b"\n") + 1].splitlines(keepends=True) or [b""]
    if header != _line(dict(marks)).encode():
        partial.unlink()
        return {}
    os.truncate(partial, data.rfind(b"\n") + 1)
    return dict(map(json.loads, lines))


def _line(value: Any) -> str:
    return json.dumps(value) + "\n"  # in ASCII: no character of a text ends a line
