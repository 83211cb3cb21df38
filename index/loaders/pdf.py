"""PDF, through pdfium: the text of each page and where each page begins."""

import re

import pypdfium2
from pypdfium2 import raw

from index.errors import DocumentRejected
from index.loaders import Loaded

_SOFT_BREAK = re.compile("[\x02\ufffe\u00ad]\r?\n?")  # how pdfium writes a hyphen at a line end

_NO_PAGES = re.compile(rb"/Count\s+0\b")


def load(data: bytes) -> Loaded:
    """Pages joined by a blank line. Raises DocumentRejected for what cannot be read at all."""
    # pdfium keeps its last error for ever, and sets none for a document without pages: begin from a known one
    raw.FPDF_LoadMemDocument(b"", 0, None)
    try:
        pdf = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        if error.err_code == raw.FPDF_ERR_PASSWORD:
            raise DocumentRejected("is encrypted: remove its password, for example with `qpdf --decrypt`") from error
        if _NO_PAGES.search(data):
            raise DocumentRejected("is a PDF without pages: export it again") from error
        raise DocumentRejected(f"is not a readable PDF ({error}): open it and print it to PDF again") from error
    with pdf:
        if not len(pdf):
            raise DocumentRejected("is a PDF without pages: export it again")
        pages = [_page_text(page) for page in pdf]
        title = " ".join(pdf.get_metadata_dict().get("Title", "").split())
    starts, at = [], 0
    for page in pages:
        starts.append(at)
        at += len(page) + 2
    empty = [number for number, page in enumerate(pages, 1) if not page.strip()]
    if len(empty) == len(pages):
        raise DocumentRejected("has no text layer (a scan): run it through OCR, for example with `ocrmypdf`")
    # writers leave "Microsoft Word - draft7" there: a title is believed when the first page prints it
    printed = " ".join(pages[0].split())
    return Loaded(
        "\n\n".join(pages),
        title=title if title and title in printed else None,
        page_starts=starts,
        pages_without_text=empty,
    )


def _page_text(page: pypdfium2.PdfPage) -> str:
    textpage = page.get_textpage()
    text: str = textpage.get_text_bounded()
    textpage.close()
    text = _SOFT_BREAK.sub("-\n", text)
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "")
