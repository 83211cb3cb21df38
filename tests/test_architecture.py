"""The plan of the house, held by the code: who imports whom, which vendor lives where, how large a room may grow."""

import ast
import json
from collections.abc import Iterator
from pathlib import Path

from helpers import ROOT, python

ROOMS = ["index", "rag", "eval", "ui"]  # each may import itself and those to its left
VENDORS = {
    "chromadb": ["index/vectors.py"],
    "openai": ["index/openai_embedder.py", "rag/llm.py"],
    "gradio": ["ui/"],
    "pypdfium2": ["index/loaders/pdf.py"],
    "trafilatura": ["index/loaders/html.py"],
    "xllamacpp": ["rag/local_server.py"],
    "httpx": ["rag/model_sources.py", "index/vectors.py", "eval/adapter_http.py"],
    "playwright": [],
    "jinja2": ["eval/report_html.py"],
    "spacy": ["rag/parse.py"],
    "yaml": ["eval/gold_entries.py", "eval/draft_files.py"],
    "rapidfuzz": ["index/near.py"],
    "llama_index": ["index/node_parser.py", "rag/llamaindex.py", "eval/baseline.py"],
}
TYPES_ONLY = {"chromadb": ["index/library.py"]}
HEAVY = ["numpy", "chromadb", "gradio", "onnxruntime", "openai", "llama_index", "pydantic"]
MODULE_LINES = 300


def modules() -> list[Path]:
    return sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def top(module: str) -> str:
    return module.split(".")[0]


def top_folder(path: Path) -> str:
    return name(path).split("/")[0]


def names(node: ast.expr) -> set[str]:
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}


def imports(tree: ast.AST, types_only: bool = False) -> Iterator[tuple[str, bool]]:
    """(dotted module, only for type checking) of every import below `tree`, wherever it stands."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, types_only) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative imports hide which room they lead to"
            yield node.module or "", types_only
        guard = isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
        yield from imports(node, types_only or guard)


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def test_the_walk_sees_imports_wherever_they_stand() -> None:
    source = "if TYPE_CHECKING:\n    import a.b\ndef f():\n    from c import d\n    with x:\n        import e\n"
    assert list(imports(ast.parse(source))) == [("a.b", True), ("c", False), ("e", False)]


def test_rooms_import_themselves_and_rooms_to_their_left() -> None:
    wrong = [
        f"{name(path)} imports {module}"
        for path in modules()
        for module, _ in imports(parsed(path))
        if top(module) in [*ROOMS[ROOMS.index(top_folder(path)) + 1 :], "tests", "helpers", "conftest"]
    ]
    assert not wrong


def test_vendors_stay_in_their_rooms() -> None:
    wrong = []
    for path in modules():
        for module, types_only in imports(parsed(path)):
            vendor = top(module)
            homes = VENDORS.get(vendor, [""]) + (TYPES_ONLY.get(vendor, []) if types_only else [])
            if not name(path).startswith(tuple(homes)):
                wrong.append(f"{name(path)} imports {module}")
    assert not wrong


def test_index_and_eval_are_never_imported_bare() -> None:
    """One shadows a natural name, the other a builtin."""
    wrong = [
        f"{name(path)}:{node.lineno}"
        for path in modules()
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Import)
        for alias in node.names
        if alias.name in ("index", "eval") and alias.asname is None
    ]
    assert not wrong


def test_only_the_outermost_handler_catches_everything() -> None:
    wrong = [
        f"{name(path)}:{node.lineno}"
        for path in modules()
        if name(path) != "index/loaders/worker.py"
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.ExceptHandler) and (node.type is None or "Exception" in names(node.type))
    ]
    assert not wrong


def test_modules_stay_liveable() -> None:
    lines = {name(path): len(path.read_text(encoding="utf-8").splitlines()) for path in modules()}
    assert not {module: count for module, count in lines.items() if count >= MODULE_LINES}, "split it"


def test_help_needs_no_heavy_import() -> None:
    code = """
import json, sys
sys.argv = ["pincite", "--help"]
from ui.cli import main
try:
    status = main()
except SystemExit as exit:
    status = exit.code
assert not status, status
print("\\n" + json.dumps(sorted({module.split(".")[0] for module in sys.modules})))
"""
    printed, loaded = python(code).rstrip().rsplit("\n", 1)
    assert "usage: pincite" in printed
    assert not set(HEAVY) & set(json.loads(loaded))
