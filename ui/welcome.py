"""What a reader meets before the first question: what is in the library, and how answers come about."""

from rag import Library
from ui.html import MODES, count, plain


def mode_choices(library: Library) -> list[tuple[str, str]]:
    """(label, mode) of each mode that can run, the one answers come in by default first."""
    able = [mode for mode, reason in library.modes().items() if reason is None]
    names = [library.model_name(mode) for mode in able]
    return [(MODES[mode] + (f" ({name})" if name else ""), mode) for mode, name in zip(able, names, strict=True)]


def header_html(library: Library) -> str:
    """The name, the number of documents, and why a mode cannot be chosen."""
    missing = [f"{MODES[mode]}: {reason}" for mode, reason in library.modes().items() if reason]
    why = f"<details><summary>{count(len(missing), 'mode')} off</summary><ul>{_items(missing)}</ul></details>"
    documents = count(len(library.documents()), "document")
    return f"<h1>Pincite</h1><p>{documents}</p>{why if missing else ''}"


def placeholder_html(library: Library) -> str:
    """The empty chat: what to ask of, or how to add it."""
    if not library.documents():
        return (
            "<h2>No documents yet</h2><p>Add some in a terminal, then reload this page:</p>"
            "<p><code>pincite add FOLDER</code></p><p>.txt, .md, .html and .pdf files are read.</p>"
        )
    return (
        f"<h2>Ask about your {count(len(library.documents()), 'document')}</h2>"
        "<p>Every sentence of an answer cites the exact words it rests on, or is not shown.</p>"
    )


def _items(lines: list[str]) -> str:
    return "".join(f"<li>{plain(line)}</li>" for line in lines)
