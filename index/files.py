"""The files below the paths a user gives: what to read, what is refused and why. Reads no file's content."""

import os
from dataclasses import dataclass, field
from pathlib import Path

from index.loaders import MEDIA_TYPES


@dataclass(slots=True)
class Found:
    """`files` maps source path to doc_id wish; `refused` maps path to reason; `folders` were read whole."""

    files: dict[str, str] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    folders: list[str] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)  # folders whose documents must not be taken for deleted

    def covers(self, source: str) -> bool:
        """True when `source` lies below a folder that was read whole, so that its absence is a fact."""
        return _below(source, self.folders) and not _below(source, self.unread)


def find_files(paths: list[Path]) -> Found:
    """Supported files below `paths`, sorted; hidden files and folders are left alone."""
    found = Found()
    for path in paths:
        source = str(path.resolve())
        if path.is_dir():
            found.folders.append(source)
            _walk(Path(source), found)
        elif path.suffix.lower() not in MEDIA_TYPES and path.exists():
            found.refused[source] = _unsupported(path)
        elif path.is_file():
            found.files[source] = path.name
        else:
            found.refused[source] = "does not exist: check the path"
    return found


def _walk(root: Path, found: Found) -> None:
    def unreadable(error: OSError) -> None:
        folder = str(error.filename)
        found.unread.append(folder)
        found.refused[folder] = f"cannot be read ({error.strerror}): check its permissions"

    for folder, folders, names in os.walk(root, onerror=unreadable):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(name for name in names if not name.startswith(".")):
            path = Path(folder, name)
            if path.suffix.lower() not in MEDIA_TYPES:
                found.refused[str(path)] = _unsupported(path)
            elif not path.resolve().is_relative_to(root):
                found.refused[str(path)] = "is a link that leaves the folder: add its target by name"
            elif not path.is_file():
                found.refused[str(path)] = "is not a regular file"
            else:
                found.files[str(path)] = path.relative_to(root).as_posix()


def _unsupported(path: Path) -> str:
    return f"has unsupported type {path.suffix!r}: convert it to one of {' '.join(MEDIA_TYPES)}"


def _below(source: str, folders: list[str]) -> bool:
    return any(source == folder or source.startswith(folder.rstrip(os.sep) + os.sep) for folder in folders)
