"""Questions to verified answers: retrieve, draft, verify; claim lookup.

from rag import open_library
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rag.library import Library, open_library

__all__ = ["Library", "open_library"]


def __getattr__(name: str) -> object:
    """`rag.library` is imported on first use, so that importing a small module of this room stays cheap."""
    if name in __all__:
        from rag import library

        return getattr(library, name)
    raise AttributeError(f"module 'rag' has no attribute {name!r}")
