"""Loaders: bytes to text, what each format gives away, and what to do about a file that cannot be read."""

import codecs
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from helpers import write_pdf
from pypdf import PdfReader, PdfWriter

from index.errors import DocumentRejected
from index.loaders import Loaded, html, pdf, text
from index.loaders.child import ParserProcess
from index.loaders.worker import load

BODY = "The ferry leaves at nine in the morning.\nIt comes back at noon.\n"


def rejected(function: object, *arguments: object) -> str:
    with pytest.raises(DocumentRejected) as caught:
        function(*arguments)  # type: ignore[operator]
    return str(caught.value)


class TestText:
    @pytest.mark.parametrize(
        "data",
        [
            BODY.encode(),
            codecs.BOM_UTF8 + BODY.encode(),
            BODY.encode("utf-16"),
            codecs.BOM_UTF16_BE + BODY.encode("utf-16-be"),
            BODY.replace("\n", "\r\n").encode(),
            BODY.replace("\n", "\r").encode(),
        ],
        ids=["utf-8", "utf-8 bom", "utf-16", "utf-16 be", "crlf", "cr"],
    )
    def test_the_text_is_the_same_whatever_its_encoding_and_line_ends(self, data: bytes) -> None:
        assert text.load(data) == Loaded(BODY)

    def test_other_scripts_and_marks_stay_as_they_are(self) -> None:
        whole = "Färja, ﬁne, cafe\u0301, İzmir, שלום\u200f, har\u00advest, 漢字 \U0001f600"
        assert text.load(whole.encode()).text == whole

    def test_broken_utf8_says_where_and_what_to_do(self) -> None:
        reason = rejected(text.load, b"fare: 3 \xa3 each")
        assert "0xa3 at offset 8" in reason
        assert "iconv" in reason

    @pytest.mark.parametrize(
        "data",
        [b"PK\x03\x04\x00\x00zip", b"\x7fELF\x02\x01\x01\x03\x05\x06", BODY.encode("utf-32"), BODY.encode("utf-16-le")],
        ids=["zeros", "control characters", "utf-32", "utf-16 without a mark"],
    )
    def test_binary_is_told_apart_from_text(self, data: bytes) -> None:
        assert "is not text" in rejected(text.load, data)

    def test_a_few_control_characters_are_no_reason_to_refuse(self) -> None:
        assert text.load(f"\x1b[1m{BODY * 9}\x07".encode()).text.endswith("\x07")

    def test_nothing_is_text_too(self) -> None:
        assert text.load(b"") == Loaded("")


ARTICLE = """
<p>The ferry of the north harbour leaves at nine in the morning and comes back at noon, said the harbour board.</p>
<p>It carries sheep, mail and people, and it has done so for sixty years without losing one of them to the water.</p>
<table><tr><th>Boat</th><th>Masts</th></tr><tr><td>Gull</td><td>two</td></tr></table>
"""


def page(body: str = ARTICLE, head: str = "", around: str = "") -> bytes:
    menu = "<nav><a href='/'>Home</a> <a href='/sport'>Sport pages</a></nav>"
    return f"<html><head><title>Two ferries</title>{head}</head><body>{menu}{body}{around}</body></html>".encode()


class TestHtml:
    def test_menus_and_footers_go_and_the_text_stays(self) -> None:
        loaded = html.load(page(around="<footer><a href='/c'>Cookie settings</a> © The Quay</footer>"))
        assert loaded.title == "Two ferries"
        assert "leaves at nine in the morning" in loaded.text
        assert "Gull" in loaded.text
        assert not any(word in loaded.text for word in ("Sport pages", "Cookie settings", "<p>", "nav"))

    @pytest.mark.parametrize(
        ("written", "read"),
        [
            ("250<sup>1</sup> ships", "250[1] ships"),
            ("<b>250</b><sup class='n'><a href='#1'>[1]</a></sup> ships", "250[1] ships"),
            ("12%<sup>3</sup> in 2022", "12%[3] in 2022"),
            ("10<sup>6</sup> tonnes", "10^6 tonnes"),
            ("40 m<sup>2</sup> of floor", "40 m2 of floor"),
            ("the 5<sup>th</sup> ship", "the 5th ship"),
        ],
    )
    def test_a_raised_sign_is_no_part_of_the_figure_before_it(self, written: str, read: str) -> None:
        told = "<p>The rest of it is told on Monday, in a long statement to all who asked, says the harbour.</p>"
        loaded = html.load(f"<html><body><article><p>It has {written}.</p>{told}</article></body></html>".encode())
        assert f"It has {read}." in loaded.text

    @pytest.mark.parametrize(
        "head",
        [
            "<meta property='article:published_time' content='2021-04-05T10:00:00Z'>",
            "<script type='application/ld+json'>"
            '{"@context":"https://schema.org","@type":"NewsArticle","datePublished":"2021-04-05"}</script>',
        ],
    )
    def test_the_date_is_the_one_the_page_declares(self, head: str) -> None:
        assert html.load(page(head=head)).published == "2021-04-05"

    def test_a_time_element_dates_the_page(self) -> None:
        assert html.load(page(f"<time datetime='2021-04-05'>5 April</time>{ARTICLE}")).published == "2021-04-05"

    @pytest.mark.parametrize(
        "around",
        [
            "<footer>© 2019 The Quay</footer>",
            "<p>It was built in 1987 by the yard in Lund, and rebuilt in 2003 after a fire in its engine room.</p>",
            "<p>The board bought it on 7 June 2014 from the yard in Lund, which had built it for a bank.</p>",
            "<img src='/2018/03/ferry.jpg'>",
        ],
        ids=["copyright", "years", "an event", "an image's path"],
    )
    def test_a_date_is_never_guessed(self, around: str) -> None:
        assert html.load(page(ARTICLE + around)).published is None

    @pytest.mark.parametrize("data", [b"", b"   ", b"<html><body></body></html>", b"<script>let a = 1</script>"])
    def test_a_page_without_text_says_what_to_do(self, data: bytes) -> None:
        assert "save the article as text" in rejected(html.load, data)

    def test_entities_and_encodings_are_read(self) -> None:
        data = page(f"<p>Pris: 5 &euro; &amp; 40 \u00f6re f\u00f6r f\u00e4rjan i norra hamnen.</p>{ARTICLE}")
        assert "5 € & 40 öre för färjan" in html.load(data).text

    def test_markup_in_the_text_stays_text(self) -> None:
        data = page(f"{ARTICLE}<p>Write &lt;script&gt;alert(1)&lt;/script&gt; on the board of the ferry.</p>")
        assert "<script>alert(1)</script>" in html.load(data).text


class TestPdf:
    def test_pages_begin_where_they_say(self, tmp_path: Path) -> None:
        path = write_pdf(tmp_path / "a.pdf", [["The first page."], ["The second page.", "It has two lines."]])
        loaded = pdf.load(path.read_bytes())
        assert [loaded.text[start:].split("\n")[0] for start in loaded.page_starts] == [
            "The first page.",
            "The second page.",
        ]
        assert loaded.text == "The first page.\n\nThe second page.\nIt has two lines."
        assert loaded.pages_without_text == []

    def test_hyphens_at_line_ends_stay_and_lines_too(self, tmp_path: Path) -> None:
        path = write_pdf(tmp_path / "a.pdf", [["The ferry of the har-", "bour leaves at nine."]])
        assert pdf.load(path.read_bytes()).text == "The ferry of the har-\nbour leaves at nine."

    @pytest.mark.parametrize(
        ("title", "expected"), [("Two ferries", "Two ferries"), ("Microsoft Word - draft7", None), ("", None)]
    )
    def test_a_title_is_believed_when_the_first_page_prints_it(
        self, tmp_path: Path, title: str, expected: str | None
    ) -> None:
        path = write_pdf(tmp_path / "a.pdf", [["Two ferries", "The first page."]], title)
        assert pdf.load(path.read_bytes()).title == expected

    def test_pages_without_text_are_counted(self, tmp_path: Path) -> None:
        path = write_pdf(tmp_path / "a.pdf", [[], ["The second page."], []])
        loaded = pdf.load(path.read_bytes())
        assert loaded.pages_without_text == [1, 3]
        assert loaded.text[loaded.page_starts[1] :].startswith("The second page.")

    def test_a_scan_is_sent_to_ocr(self, tmp_path: Path) -> None:
        assert "ocrmypdf" in rejected(pdf.load, write_pdf(tmp_path / "a.pdf", [[], []]).read_bytes())

    def test_an_encrypted_file(self, tmp_path: Path) -> None:
        assert "qpdf --decrypt" in rejected(pdf.load, encrypted(tmp_path))

    def test_a_file_without_pages_is_told_from_an_encrypted_one_before_it(self, tmp_path: Path) -> None:
        PdfWriter().write(tmp_path / "a.pdf")
        data = (tmp_path / "a.pdf").read_bytes()
        assert "is a PDF without pages" in rejected(pdf.load, data)
        assert "is encrypted" in rejected(pdf.load, encrypted(tmp_path))
        assert "is a PDF without pages" in rejected(pdf.load, data)

    @pytest.mark.parametrize("data", [b"", b"not a pdf", b"%PDF-1.7\n" + bytes(range(256)) * 40])
    def test_garbage(self, data: bytes) -> None:
        assert "print it to PDF again" in rejected(pdf.load, data)


def encrypted(folder: Path) -> bytes:
    writer = PdfWriter()
    writer.append(PdfReader(write_pdf(folder / "open.pdf", [["The first page."]])))
    writer.encrypt("secret", algorithm="RC4-128")
    writer.write(folder / "locked.pdf")
    return (folder / "locked.pdf").read_bytes()


@pytest.fixture
def parser() -> Iterator[ParserProcess]:
    with ParserProcess(timeout_s=20) as process:
        yield process


@pytest.fixture
def good(tmp_path: Path) -> Path:
    path = tmp_path / "good.txt"
    path.write_text(BODY)
    return path


class TestChild:
    def test_it_reads_what_the_loaders_read(self, parser: ParserProcess, tmp_path: Path, good: Path) -> None:
        made = write_pdf(tmp_path / "a.pdf", [["Two ferries"], ["The second page."]], "Two ferries")
        (tmp_path / "ä \n\"b'.md").write_text("# İzmir\u2028 \x85 ﬁ\n")
        for path in (good, made, tmp_path / "ä \n\"b'.md"):
            assert parser.load(path) == load(str(path))

    def test_reasons_come_through(self, parser: ParserProcess, tmp_path: Path, good: Path) -> None:
        (tmp_path / "a.txt").write_bytes(b"\xff\xfe\xfd")
        assert "is not" in rejected(parser.load, tmp_path / "a.txt")
        assert "FileNotFoundError" in rejected(parser.load, tmp_path / "gone.txt")
        assert parser.load(good).text == BODY

    def test_a_parser_that_hangs_costs_its_file_only(self, tmp_path: Path, good: Path) -> None:
        os.mkfifo(tmp_path / "a.txt")  # opening it waits for a writer that never comes
        with ParserProcess(timeout_s=2) as parser:
            assert "took more than 2 s" in rejected(parser.load, tmp_path / "a.txt")
            assert parser.load(good).text == BODY

    def test_a_file_too_large_for_memory_is_refused(self, parser: ParserProcess, tmp_path: Path, good: Path) -> None:
        with open(tmp_path / "a.txt", "wb") as file:
            file.truncate(3 * 2**30)  # a hole: no disk is used
        assert "memory" in rejected(parser.load, tmp_path / "a.txt")
        assert parser.load(good).text == BODY

    def test_a_worker_that_died_between_two_files_costs_none(self, parser: ParserProcess, good: Path) -> None:
        parser.load(good)
        worker = parser._process
        assert worker is not None
        worker.kill()
        worker.wait()
        assert parser.load(good).text == BODY

    @pytest.mark.parametrize(
        "last_words",
        ["", '{"loaded": {"text": "half a rep'],
        ids=["silent", "in the middle of its reply"],
    )
    def test_a_worker_that_dies_over_a_file_costs_that_file(self, good: Path, last_words: str) -> None:
        with DyingOnce(last_words) as parser:
            assert "crashed its parser" in rejected(parser.load, good)
            assert parser.load(good).text == BODY

    def test_a_folder_named_index_in_the_way_is_not_imported(
        self, tmp_path: Path, good: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "index").mkdir()
        (tmp_path / "index/__init__.py").write_text("raise SystemExit('imported the wrong index')")
        monkeypatch.chdir(tmp_path)
        with ParserProcess() as parser:
            assert parser.load(good).text == BODY


class DyingOnce(ParserProcess):
    """Its first worker takes a path, says `last_words` and dies; the next ones are real."""

    def __init__(self, last_words: str) -> None:
        super().__init__(timeout_s=20)
        self._last_words: str | None = last_words

    def _start(self) -> subprocess.Popen[str]:
        if self._last_words is None:
            return super()._start()
        code = f"import sys; sys.stdin.readline(); sys.stdout.write({self._last_words!r})"
        self._last_words = None
        self._process = subprocess.Popen(
            [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        return self._process
