"""The `pincite` command as a shell runs it: exit status, one clear line on stderr, JSON or text on stdout."""

import json
import os
import pty
import re
import shlex
import shutil
import subprocess
import sys
from argparse import ArgumentParser
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock
from helpers import write
from test_answering import CARGO, FERRY, OFF_TOPIC, TEA, keeps_invariants, shared_folder, shared_library

from rag import open_library
from rag.errors import ModeUnavailable
from rag.models import Models
from rag.settings import Settings, read_settings
from rag.types import Answer
from ui import lookup, terminal
from ui.batch import answer_batch, read_batch
from ui.cli import main, parser

COMMAND = str(Path(sys.executable).parent / "pincite")
ESCAPE = "\x1b"
GROUPS = ("eval_command", "model_command")
# what a document must not bring to a terminal: controls but for tab and line feed, and changes of direction
STEERING = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


@pytest.fixture(scope="module")
def library() -> Path:
    return shared_folder() / "library"


def environment(**settings: str) -> dict[str, str]:
    unset = ("PINCITE_", "OPENAI_", "NO_COLOR", "PYTHONUNBUFFERED")
    clean = {name: value for name, value in os.environ.items() if not name.startswith(unset)}
    return {**clean, **settings}


def pincite(*arguments: object, **settings: str) -> subprocess.CompletedProcess[bytes]:
    """One run with stdout and stderr on pipes."""
    command = [COMMAND, *(a if isinstance(a, bytes) else str(a) for a in arguments)]
    return subprocess.run(command, env=environment(**settings), capture_output=True, check=False, timeout=60)


def on_terminal(*arguments: object, **settings: str) -> str:
    """What one run writes to a terminal of its own; it must end with 0."""
    ours, theirs = pty.openpty()
    command = [COMMAND, *map(str, arguments)]
    process = subprocess.Popen(command, env=environment(**settings), stdout=theirs, stderr=subprocess.DEVNULL)
    os.close(theirs)
    written = b""
    while True:
        try:
            read = os.read(ours, 65536)
        except OSError:  # Linux tells the end of a terminal this way
            break
        if not read:
            break
        written += read
    os.close(ours)
    assert process.wait(60) == 0
    return written.decode().replace("\r\n", "\n")


def fails(done: subprocess.CompletedProcess[bytes], status: int, *parts: str) -> None:
    """The run ended with `status`, with nothing on stdout and one line on stderr that holds `parts`."""
    line = done.stderr.decode()
    assert (done.returncode, done.stdout) == (status, b""), line
    assert line.startswith("pincite: ")
    assert line.count("\n") == 1
    assert line.endswith("\n")
    for part in parts:
        assert part in line


# -- help and usage, in this process

NO_LIBRARY = ("model pull", "model status", "eval sweep", "eval bless", "eval aa", "eval report")


def commands(of: ArgumentParser, prefix: str = "") -> list[str]:
    """Every command below `of`, as it is typed."""
    (group,) = [action for action in of._actions if action.dest in ("command", *GROUPS)]
    assert isinstance(group.choices, dict)
    found: list[str] = []
    for name, below in group.choices.items():
        deeper = any(action.dest in GROUPS for action in below._actions)
        found += commands(below, f"{name} ") if deeper else [prefix + name]
    return found


@pytest.mark.parametrize("command", commands(parser()))
def test_help_shows_an_example_that_can_be_typed(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        parser().parse_args([*command.split(), "--help"])
    assert ended.value.code == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "?." not in shown
    example = shown.partition("Example: ")[2]
    assert ("--library" in shown) == (command not in NO_LIBRARY)
    assert example.startswith(f"pincite {command} ") or example == f"pincite {command}"
    assert parser().parse_args(shlex.split(example)[1:]).command == command.split()[0]


@pytest.mark.parametrize(
    "arguments",
    [[], ["aks", "x"], ["add"], ["search", "x", "-k", "0"], ["search", "x", "-k", "many"], ["chat", "--port", "0"],
     ["chat", "--port", "65536"], ["show", "x", "--start", "-1"], ["show", "x", "--end", "²"],
     ["ask", "x", "--json", "--text"], ["show", "x", "--start", "9" * 5000],
     ["eval", "run", "g.yaml", "--out", "g.yaml"]],
)  # fmt: skip
def test_wrong_usage_ends_in_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert "usage: pincite" in capsys.readouterr().err


# -- what fails, and how it says so


def test_a_missing_library(tmp_path: Path) -> None:
    fails(pincite("ask", CARGO, "--library", tmp_path / "none"), 1, "no library at", "make one with `pincite add PATH")


def test_a_library_that_is_a_file(tmp_path: Path) -> None:
    write(tmp_path, {"file": "text", "note.txt": "A note on trams."})
    fails(pincite("add", tmp_path / "note.txt", "--library", tmp_path / "file"), 1, "cannot make library folder")


def test_a_corrupt_library(tmp_path: Path) -> None:
    write(tmp_path, {"library.sqlite3": b"no database " * 999})
    fails(pincite("status", "--library", tmp_path), 1, "is not a Pincite library", "index again")


def test_an_unknown_document(library: Path) -> None:
    fails(pincite("show", "n\x1b[31mo.txt", "--library", library), 1, r"no document 'n\x1b[31mo.txt'", "pincite status")


def test_offsets_outside_the_text(library: Path) -> None:
    fails(
        pincite("show", "tea.txt", "--start", "99999", "--library", library),
        2,
        "characters 99999-",
        "are not in a text",
    )


def test_modes_that_cannot_run(library: Path) -> None:
    fails(pincite("ask", CARGO, "--mode", "magic", "--library", library), 1, "no mode 'magic'", "use extractive")
    fails(pincite("ask", CARGO, "--mode", "local", "--library", library), 1, "run `pincite model pull`")


def test_the_mode_that_is_asked_for_goes_before_the_environment() -> None:
    settings = read_settings({"PINCITE_MODE": "local"})
    assert Models(settings).choose("extractive") == ("extractive", True)
    assert Models(read_settings({})).choose() == ("extractive", False)
    with pytest.raises(ModeUnavailable, match="run `pincite model pull`"):
        Models(settings).choose()


def test_a_mode_that_cannot_run_fails_only_the_asking(library: Path) -> None:
    with open_library(library, settings=Settings(library=library, mode="local")) as opened:
        assert opened.status()["documents"] > 0
        with pytest.raises(ModeUnavailable):
            opened.ask(CARGO)


def test_files_that_cannot_be_added(tmp_path: Path) -> None:
    bad: dict[str, str | bytes] = {
        "empty.txt": b"",
        "latin.txt": b"Caf\xe9 trams",
        "trams.docx": b"PK",
        "fine.txt": b"A note on trams.",
    }
    write(tmp_path / "docs", bad)
    paths = [tmp_path / "docs" / name for name in bad] + [tmp_path / "docs" / "missing.txt"]
    done = pincite("add", *paths, "--library", tmp_path / "library")
    assert done.returncode == 1
    ledger = json.loads(done.stdout)
    assert (ledger["added"], ledger["failed"]) == (1, 4)
    reasons = {Path(file["source"]).name: file["reason"] or "" for file in ledger["files"]}
    assert "is empty" in reasons["empty.txt"]
    assert "is not valid UTF-8 (byte 0xe9 at offset 3)" in reasons["latin.txt"]
    assert "unsupported type '.docx'" in reasons["trams.docx"]
    assert "does not exist" in reasons["missing.txt"]
    lines = done.stderr.decode().splitlines()
    assert len(lines) == 4
    assert all(line.startswith("pincite: /") for line in lines)


def test_a_second_writer_is_told_to_wait_while_readers_go_on(tmp_path: Path, library: Path) -> None:
    own = shutil.copytree(library, tmp_path / "library")
    with FileLock(own / "write.lock"):
        fails(pincite("add", shared_folder() / "docs", "--library", own), 1, "another process is writing", "try again")
        assert json.loads(pincite("status", "--library", own).stdout)["documents"] == 9


# -- results


def test_an_answer_on_a_pipe_is_json(library: Path) -> None:
    done = pincite("ask", FERRY, PINCITE_LIBRARY=str(library))
    assert (done.returncode, done.stderr) == (0, b"")
    printed = json.loads(done.stdout)
    expected = keeps_invariants(shared_library().ask(FERRY), shared_library().stored_text)
    assert {**printed, "timings_s": None} == {**expected, "timings_s": None}


def test_a_question_of_punctuation_is_refused_with_0(library: Path) -> None:
    done = pincite("ask", b"?\xff!", "--text", "--library", library)  # a byte that is no UTF-8 is no word either
    assert (done.returncode, done.stderr) == (0, b"pincite: extractive mode\n")
    assert (
        done.stdout.decode()
        == "No answer in these documents.\nNothing to look for: ask with at least one word or number.\n"
    )


def test_show_prints_exactly_the_characters(library: Path) -> None:
    text = shared_library().stored_text("tea.txt")
    start, end = text.index("kinds of tea"), text.index("on weekdays")
    done = pincite("show", "tea.txt", "--start", start, "--end", end, "--library", library)
    assert done.stdout.decode() == text[start:end]
    assert ESCAPE in text[start:end]


def test_a_reader_that_has_read_enough_is_no_failure(library: Path) -> None:
    """`pincite ... | head -c 0`: neither a traceback nor a complaint when Python ends."""
    read, written = os.pipe()
    os.close(read)
    command = [COMMAND, "show", "tea.txt", "--library", str(library)]
    done = subprocess.run(command, env=environment(), stdout=written, stderr=subprocess.PIPE, check=False, timeout=60)
    os.close(written)
    assert (done.returncode, done.stderr) == (0, b"")


# -- a terminal


def test_a_terminal_shows_text_in_colours(library: Path) -> None:
    shown = on_terminal("ask", TEA, "--library", library)
    (statement,) = shared_library().ask(TEA).statements
    (citation,) = statement.citations
    first, _, *rest = shown.splitlines()
    assert first == f"{STEERING.sub('', statement.text)} {ESCAPE}[36m[1]{ESCAPE}[0m"
    assert rest[0].startswith(f"{ESCAPE}[36m[1]{ESCAPE}[0m {ESCAPE}[1mThe tea room at Kestrel Lane · tea.txt")
    assert f"pincite show tea.txt --start {citation.span.start} --end {citation.span.end}" in rest[1]
    # every escape is ours: the document's colours arrive as harmless text
    assert "[31mtwo[0m kinds" in first
    assert set(re.findall(r"\x1b\[?\d*m?", shown)) <= {f"{ESCAPE}[{code}m" for code in (0, 1, 2, 36)}


def test_no_color_is_kept_and_no_document_steers_the_terminal(library: Path) -> None:
    text = shared_library().stored_text("tea.txt")
    assert on_terminal("show", "tea.txt", "--library", library, NO_COLOR="1") == STEERING.sub("", text)
    shown = on_terminal("search", "tea room", "-k", "1", "--json", "--library", library, NO_COLOR="1")
    assert not STEERING.search(shown)
    assert json.loads(shown)["hits"][0]["text"] in text  # escaped, not lost


def test_nothing_printed_as_text_steers_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    """File names are as foreign as texts: one in an unpacked archive may hold anything but a slash."""
    evil = "a\x1b[2J\u202e$(touch x) b.txt"
    answer = shared_library().ask(TEA)
    (statement,) = answer.statements
    (citation,) = statement.citations
    hostile = replace(citation, title=evil, source=evil, span=replace(citation.span, doc_id=evil))
    terminal.print_statement(replace(statement, text=evil, citations=(hostile,)))
    terminal.print_after(replace(answer, statements=(replace(statement, citations=(hostile,)),)))
    shared = {"title": evil, "doc_id": evil, "version": "", "published": None, "page": 3, "start": 0, "end": 1}
    terminal.print_hits([{**shared, "rank": 1, "score": 0.5, "found_by": ["dense"], "text": evil}])
    edit = {"op": "insert", "there": "", "here": evil, "start": 1, "end": 1}
    item = {"verdict": "altered", "statement": evil, "why": evil, "span": shared, "diff": [edit], "others": [shared]}
    lookup.print_found({"items": [item]}, lambda *_: evil)
    again = {"number": 1, "outcome": "lost", "why": evil, "saved": {"quote": evil}, "span": shared, "diff": [edit]}
    lookup.print_rechecked({"answers": [{"question": evil, "citations": [again]}]}, lambda *_: evil)
    report: dict[str, Any] = {
        **shared_library().status(),
        "library": evil,
        "sources": [{"doc_id": evil, "source": evil}],
    }
    terminal.print_status({**report, "pages_without_text": {evil: [1]}, "failures": [{"source": evil, "reason": evil}]})
    shown = capsys.readouterr().out
    assert not STEERING.search(shown)
    assert "pincite show 'a[2J$(touch x) b.txt' --start" in shown  # can be pasted into a shell


def test_a_refusal_says_why_it_has_no_passages(capsys: pytest.CaptureFixture[str]) -> None:
    terminal.print_after(Answer("?", "?", "extractive", reason="no_evidence"))
    assert "ask with at least one word or number" in capsys.readouterr().out
    terminal.print_after(Answer("Which tram?", "Which tram?", "extractive", reason="no_evidence"))
    assert "No passage comes near the question" in capsys.readouterr().out


# -- many questions


def lines(path: Path) -> list[Any]:
    return [json.loads(line) for line in path.read_bytes().split(b"\n") if line]


def test_a_batch_goes_on_after_a_line_that_was_cut(tmp_path: Path, library: Path) -> None:
    trams = "What stands in the\u2028note on Ostrava trams?"
    questions: list[dict[str, Any]] = [
        {"qid": "q1", "question": CARGO},
        {"qid": 2, "question": trams},  # it and its answer hold characters that Python takes for line ends
        {"qid": "q3", "question": "And in 2022?", "history": [{"question": CARGO, "answer": "4.2"}]},
        {"qid": "q4", "question": OFF_TOPIC},
    ]
    source, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    written = "\n".join(json.dumps(question, ensure_ascii=False) for question in questions)
    source.write_text(f"\ufeff{written}", encoding="utf-8")
    arguments = ("ask", "--batch", source, "--out", out, "--library", library)
    assert pincite(*arguments).returncode == 0
    answers = lines(out)
    assert [answer["qid"] for answer in answers] == ["q1", 2, "q3", "q4"]
    assert [answer["kind"] for answer in answers[2:]] == ["answer", "refusal"]
    assert "\u2028" in json.dumps(answers[1], ensure_ascii=False)
    assert answers[2]["statements"][0]["citations"][0]["doc_id"] == "port-2022.txt"
    # interrupted in the middle of a character of the second answer
    first, second, *_ = out.read_bytes().split(b"\n")
    first = first.replace(b'"kind": "answer"', b'"kind": "answer", "kept": true')
    out.write_bytes(first + b"\n" + second[: second.index("\u2028".encode()) + 2])
    done = pincite(*arguments)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    again = lines(out)
    assert again[0]["kept"], "what was answered is not asked again"
    timeless = [[{**answer, "timings_s": None} for answer in run[1:]] for run in (answers, again)]
    assert timeless[0] == timeless[1]


def test_a_batch_that_cannot_run(tmp_path: Path, library: Path) -> None:
    source = tmp_path / "in.jsonl"
    source.write_text('{"qid": "q1", "question": "Why?"}\n\n{"qid": "q2", "question": " "}\n', encoding="utf-8")
    fails(pincite("ask", "--batch", source, "--library", library), 2, "--batch IN.jsonl needs --out OUT.jsonl")
    out = tmp_path / "out.jsonl"
    fails(pincite("ask", "--batch", source, "--out", out, "--library", library), 1, "in.jsonl, line 3: question:")
    assert not out.exists()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"qid": "q1"}', "line 1: question: Field required"),
        ('{"question": "Why?"}', "line 1: qid"),
        ("\n[]", "line 2: line: Input should be an object"),
        ("{", "line 1: line: Invalid JSON"),
        ('{"qid": "q1", "question": "Why?", "history": [3]}', "line 1: history"),
        ('{"qid": "q1", "question": "Why?"}\n{"qid": "q1", "question": "How?"}', "line 2: qid 'q1' occurs twice"),
    ],
)
def test_a_bad_batch_line_is_named(tmp_path: Path, text: str, message: str) -> None:
    write(tmp_path, {"in.jsonl": text})
    with pytest.raises(ValueError, match=re.escape(message)):
        read_batch(tmp_path / "in.jsonl")


@pytest.mark.parametrize(
    "held", ["my only notes", "notes\nwithout an end", '{"qid": "q1", "question": "Why?"}\n', "[1]\n", "\n"]
)
def test_a_file_that_holds_no_answers_is_left_as_it_is(tmp_path: Path, held: str) -> None:
    """A slip in --out used to cost the last line of that file, or all of it."""
    write(tmp_path, {"in.jsonl": '{"qid": "q1", "question": "Why?"}', "out": held})
    with pytest.raises(ValueError, match="holds something else than answers: give another file"):
        answer_batch(shared_library(), tmp_path / "in.jsonl", tmp_path / "out")
    with pytest.raises(ValueError, match="is the file of the questions"):
        answer_batch(shared_library(), tmp_path / "in.jsonl", tmp_path / "." / "in.jsonl")
    assert (tmp_path / "out").read_text(encoding="utf-8") == held
    assert (tmp_path / "in.jsonl").read_text(encoding="utf-8") == '{"qid": "q1", "question": "Why?"}'
