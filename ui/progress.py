"""Progress bars on stderr; silent when stderr is no terminal."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)

from ui.terminal import safe


@contextmanager
def _bar(what: str, counter: ProgressColumn | None = None) -> Iterator[Progress]:
    console = Console(stderr=True)
    columns = (
        TextColumn(what),
        BarColumn(),
        counter or MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.description}"),
    )
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as progress:
        yield progress


@contextmanager
def add_progress() -> Iterator[Callable[[float, int, str], None]]:
    """Takes (files done, files in all, current path)."""
    with _bar("indexing") as progress:
        task = progress.add_task("", total=None)
        yield lambda done, total, source: progress.update(
            task, completed=done, total=total, description=escape(safe(Path(source).name))
        )


@contextmanager
def count_progress(what: str, total: int) -> Iterator[Callable[[int, int, str], None]]:
    """Takes (done, in all, name of the last one)."""
    with _bar(what) as progress:
        task = progress.add_task("", total=total)
        yield lambda done, of, name: progress.update(task, completed=done, total=of, description=escape(safe(name)))


@contextmanager
def byte_progress(what: str) -> Iterator[Callable[[int, int], None]]:
    """Takes (bytes here, bytes in all)."""
    with _bar(what, DownloadColumn()) as progress:
        task = progress.add_task("", total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)
