"""The SQLite file of a library: what its tables hold, and how one is opened."""

import sqlite3
from pathlib import Path

from filelock import FileLock

from index.errors import LibraryCorrupt

FORMAT = "1"  # of the tables, and of how text is cleaned and cut: another value means index again

TABLES = """
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

-- every version a citation may point into; the current one is named by `documents`
CREATE TABLE IF NOT EXISTS texts (
    doc_id TEXT, version TEXT, text TEXT NOT NULL, title TEXT NOT NULL, published TEXT,
    page_starts TEXT NOT NULL, PRIMARY KEY (doc_id, version));
CREATE TABLE IF NOT EXISTS documents (
    doc_id TEXT PRIMARY KEY, version TEXT NOT NULL, source TEXT NOT NULL UNIQUE, media_type TEXT NOT NULL,
    pages_without_text TEXT NOT NULL);

-- what happened to each file last time; sha256 is NULL when the file must be tried again
CREATE TABLE IF NOT EXISTS ledger (
    source TEXT PRIMARY KEY, sha256 TEXT, size INTEGER, mtime_ns INTEGER, reason TEXT) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS chunks (
    id INTEGER PRIMARY KEY, chunk_id TEXT NOT NULL UNIQUE, doc_id TEXT NOT NULL, start INTEGER, end INTEGER,
    text TEXT NOT NULL, vector BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS chunks_of ON chunks (doc_id);
-- vectors of sentences are float16: they rank the few sentences of a hit, where 1e-3 decides nothing
CREATE TABLE IF NOT EXISTS sentences (
    chunk INTEGER NOT NULL, start INTEGER NOT NULL, end INTEGER NOT NULL, vector BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS sentences_of ON sentences (chunk);

CREATE VIRTUAL TABLE IF NOT EXISTS keywords USING fts5 (
    body, heading, tokenize = "porter unicode61 remove_diacritics 2");
CREATE VIRTUAL TABLE IF NOT EXISTS vocabulary USING fts5vocab (keywords, 'row');
"""


def _has_tables(db: sqlite3.Connection) -> bool:
    return db.execute("SELECT 1 FROM sqlite_master").fetchone() is not None


def connect(file: Path) -> sqlite3.Connection:
    """Opens or creates the library file. Raises LibraryCorrupt."""
    try:
        db = sqlite3.connect(file, check_same_thread=False, isolation_level=None, timeout=30)
        if not _has_tables(db):
            # SQLite does not wait its turn to change the journal mode, so makers of one library queue here
            with FileLock(file.with_name("create.lock"), timeout=30):
                if not _has_tables(db):
                    fill = f"BEGIN IMMEDIATE; {TABLES} INSERT INTO meta VALUES ('format', '{FORMAT}'); COMMIT"
                    db.executescript(f"PRAGMA journal_mode = WAL; {fill}")
        db.execute("PRAGMA synchronous = NORMAL")
        row = db.execute("SELECT value FROM meta WHERE key = 'format'").fetchone()
    except sqlite3.DatabaseError as error:
        raise LibraryCorrupt(
            f"{str(file)!r} is not a Pincite library ({error}): restore it, or index again into a new --library"
        ) from error
    if row is None or row[0] != FORMAT:
        raise LibraryCorrupt(
            f"library {str(file.parent)!r} has format {row and row[0]!r}, this version reads {FORMAT!r}: "
            "index your files again into a new --library"
        )
    return db
