"""The files below the paths a user gives: what to read, what is refused and why. Reads no file's content."""

import os
import stat
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from index.loaders import MEDIA_TYPES


@dataclass(slots=True)
class Found:
    """`files` maps source path to doc_id wish; `refused`, `missing` and `unread` map path to reason."""

    files: dict[str, str] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)
    unread: dict[str, str] = field(default_factory=dict)  # what stands there must not be taken for deleted
    folders: list[str] = field(default_factory=list)  # read whole, but for `unread`

    def covers(self, source: str) -> bool:
        """True when `source` lies below a folder that was read whole, so that its absence is a fact."""
        return _below(source, self.folders) and not _below(source, self.unread)


def find_files(paths: list[Path]) -> Found:
    """Supported files below `paths`, sorted; hidden files and folders are left alone."""
    found = Found()
    for given in paths:
        path = Path(os.path.realpath(given))
        try:
            if path.is_dir():
                found.folders.append(str(path))
                _walk(path, found)
            else:
                _take(path, path.name, found)
        except OSError as error:
            _unreadable(path, error, found)
    return found


def _walk(root: Path, found: Found) -> None:
    def unreadable(error: OSError) -> None:
        _unreadable(Path(error.filename), error, found)

    for folder, folders, names in os.walk(root, onerror=unreadable):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        linked = [name for name in folders if os.path.islink(os.path.join(folder, name))]
        for name in [*linked, *sorted(name for name in names if not name.startswith("."))]:
            path = Path(folder, name)
            target = Path(os.path.realpath(path))
            try:
                if not target.is_relative_to(root) and (name in linked or path.suffix.lower() in MEDIA_TYPES):
                    found.refused[_shown(path)] = "is a link that leaves the folder: add its target by name"
                elif name not in linked:  # a linked folder within the root is read under its own name
                    _take(path, path.relative_to(root).as_posix(), found)
            except OSError as error:
                _unreadable(path, error, found)


def _take(path: Path, wish: str, found: Found) -> None:
    source = _shown(path)
    try:
        mode = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        if path.is_symlink():
            found.refused[source] = "is a link to nothing: check its target"
        else:
            found.missing[source] = "does not exist: check the path"
        return
    if source != str(path):
        found.refused[source] = "has a name that is not valid UTF-8: rename it"
    elif path.suffix.lower() not in MEDIA_TYPES:
        found.refused[source] = f"has unsupported type {path.suffix!r}: convert it to one of {' '.join(MEDIA_TYPES)}"
    elif stat.S_ISREG(mode):
        found.files[source] = wish
    else:
        found.refused[source] = "is not a regular file"


def _unreadable(path: Path, error: OSError, found: Found) -> None:
    found.unread[_shown(path)] = f"cannot be read ({error.strerror}): check its permissions"


def _shown(path: Path) -> str:
    """The path as it can be stored and printed: itself, unless its bytes are not UTF-8."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def _below(source: str, folders: Iterable[str]) -> bool:
    return any(source == folder or source.startswith(folder.rstrip(os.sep) + os.sep) for folder in folders)
