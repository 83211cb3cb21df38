"""`pincite model pull` and `pincite model status`."""

import sys
from typing import Any

from rag.model_files import LOCAL_MODEL, ModelFile, installed_model, pull_place
from rag.settings import read_settings
from ui import terminal


def pull_model(model: ModelFile = LOCAL_MODEL) -> int:
    """Fetches `model` unless a local model is there; shows a bar on a terminal, elsewhere a line before and after."""
    installed = installed_model(read_settings().gguf)
    if installed:
        print(f"already installed: {terminal.safe(str(installed))}")
        return 0
    from rag.model_pull import pull
    from ui.progress import byte_progress

    folder = terminal.safe(str(pull_place(model).parent))
    print(f"pincite: fetching {model.name}, {model.size / 1e6:,.0f} MB, to {folder}", file=sys.stderr)
    with byte_progress("fetching") as on_progress:
        path = pull(on_progress, model)
    print(f"installed: {terminal.safe(str(path))}, {model.size:,} bytes, sha256 as expected")
    return 0


def report() -> dict[str, Any]:
    """The model that local mode would use; all but `installed` is None without one. Raises ModelMissing."""
    gguf = read_settings().gguf
    installed = installed_model(gguf)
    if not installed:
        return {"installed": False, "name": None, "path": None, "bytes": None, "source": None}
    return {
        "installed": True,
        "name": installed.stem,
        "path": str(installed),
        "bytes": installed.stat().st_size,
        "source": "PINCITE_GGUF" if gguf else "pulled",
    }


def print_report(report: dict[str, Any]) -> None:
    if not report["installed"]:
        print(f"no local model: `pincite model pull` fetches {LOCAL_MODEL.name} ({LOCAL_MODEL.size / 1e6:,.0f} MB)")
        return
    print(terminal.paint(terminal.safe(report["name"]), "bold"))
    print(f"{terminal.safe(report['path'])}, {report['bytes']:,} bytes, {report['source']}")
