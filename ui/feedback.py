"""A thumbs-down in the chat becomes a draft gold question in the library's folder."""

from pathlib import Path

from eval.draft_files import append_drafts, disliked
from rag import Library
from ui.exchange import Session

DRAFTS = "drafts.yaml"


def save_disliked(library: Library, session: Session, place: int) -> tuple[Path, bool]:
    """Adds the draft of the exchange at `place` of `session`, from 0, to the drafts of the library; False when the
    same answer is there already. Raises ValueError for no exchange or one that is not settled, GoldInvalid for a file
    of drafts that cannot be read, filelock.Timeout, and OSError.
    """
    if not 0 <= place < len(session.exchanges):
        raise ValueError("this answer is no longer kept: ask again")
    exchange = session.exchanges[place]
    if not exchange.settled:
        raise ValueError("the answer is not complete yet")
    history = Session(session.exchanges[: place + 1]).turns()
    path = library.folder / DRAFTS
    refused = exchange.answer is not None and exchange.answer.kind == "refusal"
    draft = disliked(exchange.question, history, exchange.statements, refused=refused)
    return path, bool(append_drafts(path, [draft]))
