"""Other systems scored through real processes and real connections, well or badly behaved, and runs that are killed."""

import json
import os
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

import pytest
from openai_server import Drop, ScriptedServer, Text
from test_answering import CARGO, DOCUMENTS, FERRY, PLANTED
from test_runner import stored

from eval.fingerprints import without_secrets
from ui.cli import main

KEY = "sk-SECRET-0123456789"
QUESTIONS = [
    {"qid": "cargo", "question": CARGO, "facts": [["4.2 million tonnes"]], "quote": "4.2 million tonnes of cargo"},
    {"qid": "ferry", "question": FERRY, "facts": [["52 million"]], "quote": "52 million euros", "doc_id": "courier.md"},
    {"qid": "planted", "question": PLANTED, "facts": [["Edda Marsh"]], "quote": "Edda Marsh", "doc_id": "orchard.html"},
    {"qid": "hamlet", "question": "Who wrote Hamlet?"},
    {"qid": "when", "question": "And when?", "facts": [["1927"]], "quote": "planted in 1927", "doc_id": "orchard.html"},
]
# answers from what it is told in the question; FAULT says what it does wrong, and with which question
SYSTEM = """
import json, os, sys, time
fault, on = (os.environ.get("FAULT", "") + ":").split(":")[:2]
print("started", file=sys.stderr)
open(os.environ["STARTS"], "a").write("started\\n")
for line in sys.stdin:
    asked = json.loads(line)
    open(os.environ["STARTS"], "a").write(asked["qid"] + "\\n")
    assert set(asked) == {"qid", "question", "history"}, asked
    if asked["qid"] == on or not on:
        if fault == "exit": sys.exit(3)
        if fault == "hang": time.sleep(60)
        if fault == "malformed": print("I think it is 4.2")
        if fault == "twice": print(json.dumps({"kind": "refusal", "statements": []}))
    if asked["qid"] == "hamlet":
        answer = {"kind": "refusal", "statements": []}
    elif asked["qid"] == "when":
        assert asked["history"] == [{"question": "Who planted the orchard?", "answer": "Edda Marsh."}]
        answer = {"kind": "answer", "statements": [{"text": "In 1927."}]}
    else:
        quote = "handled 4.2  million tonnes of cargo in 2023"
        citations = [{"doc_id": "port-2023.txt", "quote": quote}]
        answer = {"kind": "answer", "statements": [{"text": "It " + quote + ".", "citations": citations}],
                  "tokens": {"prompt": 1000, "completion": 10}}
    if asked["qid"] != on or fault != "malformed":
        print(json.dumps(answer), flush=True)
    if fault == "restart": break
"""


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("systems")
    documents = folder / "documents"
    documents.mkdir()
    for name in ("port-2022.txt", "port-2023.txt", "courier.md", "orchard.html"):
        (documents / name).write_text(DOCUMENTS[name], encoding="utf-8")
    assert main(["add", str(documents), "--library", str(folder / "library")]) == 0
    return folder / "library"


@pytest.fixture
def gold(tmp_path: Path) -> Path:
    return write_gold(tmp_path / "gold.jsonl", QUESTIONS)


def write_gold(path: Path, questions: Sequence[dict[str, Any]]) -> Path:
    lines = []
    for question in questions:
        line = {**question, "answerable": "facts" in question, "category": "single"}
        if quote := line.pop("quote", None):
            line["evidence"] = [{"doc_id": line.pop("doc_id", "port-2023.txt"), "quote": quote}]
        if question["qid"] == "when":
            line["history"] = [{"question": "Who planted the orchard?", "answer": "Edda Marsh."}]
        lines.append(json.dumps(line))
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    (tmp_path / "system.py").write_text(SYSTEM)
    monkeypatch.setenv("STARTS", str(tmp_path / "starts"))
    (tmp_path / "starts").touch()
    return f"{sys.executable} {tmp_path / 'system.py'}"


def starts(tmp_path: Path) -> list[str]:
    return (tmp_path / "starts").read_text().split()


Runs = Callable[..., tuple[int, dict[str, Any]]]


@pytest.fixture
def run(library: Path, gold: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Runs:
    """`pincite eval run`: its exit status, and its file."""

    def ran(*arguments: str, gold: Path = gold, out: str = "run.json") -> tuple[int, dict[str, Any]]:
        path = tmp_path / "out" / out
        status = main(["eval", "run", str(gold), "--library", str(library), "--out", str(path), *arguments])
        capsys.readouterr()
        return status, json.loads(path.read_text(encoding="utf-8"))

    return ran


def errors(run: dict[str, Any]) -> dict[str, str]:
    return {item["qid"]: item["error"] for item in run["items"] if item["error"]}


# -- a command


def test_a_command_is_started_once_and_scored_as_a_library_is(run: Runs, command: str, tmp_path: Path) -> None:
    status, result = run("--system", command)
    assert (status, result["mode"], errors(result)) == (0, "command", {})
    assert starts(tmp_path) == ["started", "cargo", "ferry", "planted", "hamlet", "when"]
    rights = {item["qid"]: item["scores"]["right"] for item in result["items"]}
    assert rights == {"cargo": True, "ferry": False, "planted": False, "hamlet": True, "when": True}
    metrics = {name: interval["value"] for name, interval in result["metrics"].items()}
    assert (metrics["right"], metrics["evidence_recall"]) == (0.6, 0.25)
    assert metrics["citation_validity"] == 0.75  # the answer without a citation
    assert (metrics["hit_evidence_recall"], result["metrics"]["hit_evidence_recall"]["n"]) == (None, 0)
    citation = result["items"][0]["answer"]["statements"][0]["citations"][0]
    assert citation["quote"] == "handled 4.2 million tonnes of cargo in 2023"
    assert citation["end"] - citation["start"] == len(citation["quote"])
    assert result["items"][0]["timings_s"]["wall"] > 0
    assert result["fingerprint"]["system"] == command
    assert len(result["fingerprint"]["code_hash"]) == 64


def test_a_command_that_ends_after_each_answer_is_started_for_the_next(
    run: Runs, command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAULT", "restart")
    status, result = run("--system", command)
    assert (status, errors(result)) == (0, {})
    assert [line for line in starts(tmp_path) if line != "started"] == ["cargo", "ferry", "planted", "hamlet", "when"]
    assert starts(tmp_path).count("started") == 5


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("exit:ferry", "the command ended (status 3) before it answered"),
        ("hang:ferry", "the command did not answer within 1 s"),
        ("malformed:ferry", "no answer JSON: Invalid JSON: expected ident at line 1 column 2, in 'I think it is 4.2'"),
    ],
)
def test_a_fault_is_the_error_of_its_question_alone(
    fault: str, message: str, run: Runs, command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAULT", fault)
    status, result = run("--system", command, "--time-limit", "1")
    assert status == 1
    ((qid, error),) = errors(result).items()
    assert qid == "ferry"
    assert error.startswith(message)
    assert result["metrics"]["error_rate"]["value"] == 0.2
    assert result["metrics"]["right"]["n"] == 4  # never a 0
    monkeypatch.delenv("FAULT")
    (tmp_path / "starts").write_text("")
    status, result = run("--system", command, "--time-limit", "1")
    assert (status, errors(result)) == (0, {})
    assert starts(tmp_path) == ["started", "ferry"]


def test_a_line_too_many_is_not_the_answer_to_the_next_question(
    run: Runs, command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAULT", "twice:cargo")
    _, result = run("--system", command)
    assert errors(result) == {
        "cargo": "the command printed more than one line: an answer is one line, and nothing else is"
    }


def test_commands_run_at_once(run: Runs, command: str, tmp_path: Path) -> None:
    _, alone = run("--system", command)
    (tmp_path / "starts").write_text("")
    _, result = run("--system", command, "--parallel", "3", out="parallel.json")
    assert starts(tmp_path).count("started") == 3
    strip = [stored_items(alone), stored_items(result)]
    assert strip[0] == strip[1]


def stored_items(run: dict[str, Any]) -> list[Any]:
    return [{**item, "timings_s": None, "answer": {**item["answer"], "timings_s": None}} for item in run["items"]]


@pytest.mark.parametrize("line", ["no-such-program --x", "'", ""])
def test_a_command_that_cannot_be_started(
    line: str, library: Path, gold: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["eval", "run", str(gold), "--library", str(library), "--system", line]
    assert main(arguments) == 1
    (said,) = capsys.readouterr().err.splitlines()
    assert "command" in said


def test_a_script_is_started_by_its_name_and_is_in_the_code_hash(
    run: Runs, library: Path, gold: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    script, hashes = tmp_path / "system.sh", []
    for first in ("#!/bin/sh\n", "#!/bin/sh\n# another\n"):
        script.write_text(first + 'while read -r asked; do echo \'{"kind": "refusal", "statements": []}\'; done\n')
        script.chmod(0o755)
        status, result = run("--system", str(script))
        assert (status, errors(result)) == (0, {})
        hashes.append(result["fingerprint"]["code_hash"])
    assert None not in hashes
    assert hashes[0] != hashes[1]
    script.write_text("while true; do :; done\n")
    assert main(["eval", "run", str(gold), "--library", str(library), "--system", str(script)]) == 1
    assert "cannot be started (Exec format error): begin it with a line like #!/bin/sh" in capsys.readouterr().err


# -- an HTTP endpoint


class Endpoint(ThreadingHTTPServer):
    """Answers as `reply(asked)` says: a status, and a body in JSON, in bytes, or None to hang."""

    daemon_threads, block_on_close = True, False

    def __init__(self, reply: Callable[[dict[str, Any]], tuple[int, Any]]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_port}/ask"
        self.reply, self.asked, self.headers = reply, list[dict[str, Any]](), list[dict[str, str]]()
        self.stopping = threading.Event()

    def handle_error(self, *_: object) -> None:
        pass

    def __enter__(self) -> Self:
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopping.set()
        self.shutdown()
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    server: Endpoint

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked.append(asked)
        self.server.headers.append(dict(self.headers))
        status, body = self.server.reply(asked)
        if body is None:
            self.server.stopping.wait(30)
            return
        self.send_response(status)
        self.end_headers()
        self.wfile.write(body if isinstance(body, bytes) else json.dumps(body).encode())

    def log_message(self, *_: object) -> None:
        pass


REFUSAL = {"kind": "refusal", "statements": []}


def hundred(path: Path) -> Path:
    return write_gold(path, [{"qid": f"q{n:03}", "question": f"Question number {n}?"} for n in range(100)])


@pytest.mark.parametrize(("failing", "status"), [(2, 1), (1, 0), (0, 0)])
def test_an_endpoint_that_fails_on_some(failing: int, status: int, run: Runs, tmp_path: Path) -> None:
    broken = {f"q{n:03}" for n in range(0, failing * 40, 40)}
    with Endpoint(lambda asked: (503, REFUSAL) if asked["qid"] in broken else (200, REFUSAL)) as server:
        found, result = run("--system", server.url, "--parallel", "8", gold=hundred(tmp_path / "many.jsonl"))
        assert found == status
        assert errors(result) == dict.fromkeys(sorted(broken), f"{server.url} replied with status 503")
        assert result["metrics"]["error_rate"]["value"] == failing / 100
        assert result["metrics"]["right"] == {**result["metrics"]["right"], "value": 1.0, "n": 100 - failing}
        assert [item["qid"] for item in result["items"]] == [f"q{n:03}" for n in range(100)]
        before, broken = len(server.asked), set()
        found, result = run("--system", server.url, "--parallel", "8", gold=tmp_path / "many.jsonl")
        assert (found, errors(result)) == (0, {})
        assert len(server.asked) - before == (failing or 100)


@pytest.mark.parametrize(
    ("status", "body", "message"),
    [
        (200, None, "did not answer within 1 s"),
        (200, b"<html>", "no answer JSON: Invalid JSON"),
        (200, {"answer": "4.2"}, "no answer JSON: kind: Field required"),
        (302, REFUSAL, "replied with status 302"),
        (401, {"detail": KEY}, "replied with status 401"),
        (200, b'{"x": "' + b"a" * 2**24 + b'"}', "replied with more than 16,777,216 bytes"),
    ],
)
def test_an_endpoint_that_does_not_answer(status: int, body: Any, message: str, run: Runs) -> None:
    with Endpoint(lambda _: (status, body)) as server:
        found, result = run("--system", server.url, "--limit", "1", "--time-limit", "1")
    assert found == 1
    assert message in errors(result)["cargo"]
    assert KEY not in errors(result)["cargo"]


def test_an_endpoint_that_is_not_there(run: Runs) -> None:
    with Endpoint(lambda _: (200, REFUSAL)) as server:
        pass
    found, result = run("--system", server.url, "--limit", "1")
    assert (found, errors(result)) == (1, {"cargo": f"{server.url} cannot be asked (ConnectError)"})


def test_answers_are_kept_only_under_a_version(run: Runs, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PINCITE_SYSTEM_KEY", KEY)
    with Endpoint(lambda _: (200, REFUSAL)) as server:
        address = server.url.replace("http://", "http://me:hush-hush@") + f"?token={KEY}&top=3"
        for versions, asked in ((("1", "1"), 5), (("2",), 10), ((), 15), ((), 20)):
            for version in versions or ("",):
                _, result = run("--system", address, *(["--system-version", version] if version else []))
            assert len(server.asked) == asked
        assert server.headers[0]["Authorization"].startswith("Basic ")
        run("--system", server.url, "--limit", "1")
        assert server.headers.pop()["Authorization"] == f"Bearer {KEY}"
        _, result = run("--system", address, "--system-version", "1", "--repeats", "2")
        assert len(server.asked) == 26  # the second time of each
    shown = server.url.replace("http://", "http://***@") + "?token=***&top=3 (version 1)"
    assert result["fingerprint"]["system"] == shown
    assert [item["timings_s"]["replayed_calls"] for item in result["items"]] == [1, 0] * 5
    assert_no_secret(tmp_path / "out", KEY, "hush-hush")


def assert_no_secret(folder: Path, *secrets: str) -> None:
    files = [file for file in folder.rglob("*") if file.is_file()]
    assert files
    assert not [(file, secret) for file in files for secret in secrets if secret.encode() in file.read_bytes()]


def test_counts_in_a_command_are_no_secrets() -> None:
    said = without_secrets(
        "rag --max-tokens 256 --keywords 3 --api-key abc --token=def 'auth: ghi'", {"MY_TOKEN": "jklmno"}
    )
    assert said == "rag --max-tokens 256 --keywords 3 --api-key *** --token=*** 'auth: ***'"


@pytest.mark.parametrize("url", ["", "localhost:11434/v1"])
def test_a_chat_system_without_an_http_address(
    url: str, library: Path, gold: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["eval", "run", str(gold), "--library", str(library), "--system-chat", url, "m"]) == 1
    assert f"chat system {url!r} is no http address" in capsys.readouterr().err


# -- a chat endpoint, and this project's own mode openai


def test_a_chat_model_is_asked_without_passages(run: Runs, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)

    def reply(body: dict[str, Any]) -> Text:
        asked = body["messages"][-1]["content"]
        return Text("I don't know who wrote it." if "Hamlet" in asked else "It was 4.2 million tonnes. In 1927.")

    with ScriptedServer([reply]) as server:
        status, result = run("--system-chat", server.base_url, "m1", "--parallel", "4")
        assert (status, result["mode"], len(server.requests)) == (0, "chat", 5)
        followed = [r.body["messages"] for r in server.requests if r.body["messages"][-1]["content"] == "And when?"]
        assert [message["role"] for message in followed[0]] == ["user", "assistant", "user"]
        again, replayed = run("--system-chat", server.base_url, "m1", "--price-in", "2", "--price-out", "8")
        assert (again, len(server.requests)) == (0, 5)
    assert [item["scores"] for item in replayed["items"]] == [item["scores"] for item in result["items"]]
    assert {item["qid"]: item["scores"]["right"] for item in result["items"]} == {
        "cargo": True, "ferry": False, "planted": False, "hamlet": True, "when": True
    }  # fmt: skip
    assert result["fingerprint"]["model"] == "m1"
    assert result["items"][0]["answer"]["tokens"]["completion"] == 7
    assert_no_secret(tmp_path / "out", KEY)


def test_mode_openai_asks_for_nothing_twice_and_keeps_no_key(
    run: Runs, library: Path, gold: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    quote = "The port of Veldmark handled 4.2 million tonnes of cargo in 2023."
    said = {"found": True, "statements": [{"text": quote, "citations": [{"source": 1, "quote": quote}]}]}
    with ScriptedServer([Drop("{"), Text(json.dumps(said))]) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.base_url.replace("http://", f"http://me:{KEY}@"))
        status, broken = run("--mode", "openai")
        assert (status, list(errors(broken))) == (1, ["cargo"])  # an extractive answer would hide it
        before = len(server.requests)
        status, first = run("--mode", "openai", "--parallel", "3")
        assert (status, errors(first)) == (0, {})
        assert len(server.requests) > before
        asked = len(server.requests)
        _, second = run("--mode", "openai", "--parallel", "3")
        assert len(server.requests) == asked
        assert second["items"][0]["timings_s"]["replayed_calls"] == second["items"][0]["answer"]["calls"] > 0
        assert stored_items(second) == stored_items(first)
        _, _ = run("--mode", "openai", "--no-cache")
        assert len(server.requests) > asked
    assert first["fingerprint"]["model"].endswith(f"at {server.base_url}")
    arguments = ["--library", str(library), "--mode", "openai", "--price-in", "2", "--price-out", "8"]
    with ScriptedServer([Text(json.dumps(said))]) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
        assert main(["eval", "run", str(gold), *arguments]) == 0
    paid = capsys.readouterr().err.splitlines()[-1]
    assert paid.startswith("pincite: ")
    assert "tokens, 0.0" in paid
    assert_no_secret(tmp_path / "out", KEY)
    cache = tmp_path / "out" / ".pincite-replies.sqlite"
    assert stat.S_IMODE(cache.stat().st_mode) == 0o600


# -- extractive mode, and runs that are killed


def test_two_runs_in_extractive_mode_are_the_same_but_for_times(run: Runs, tmp_path: Path) -> None:
    for name in ("a.json", "b.json"):
        status, result = run("--mode", "extractive", out=name)
        assert status == 0
    assert stored(tmp_path / "out/a.json") == stored(tmp_path / "out/b.json")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["a.json", "b.json"]
    assert json.loads(result["fingerprint"]["settings"])["second_opinion"] is False
    for name in ("gold_hash", "corpus_hash", "scorer_hash", "code_hash", "embedder", "chunks", "prompts", "pincite"):
        assert result["fingerprint"][name], name


@pytest.fixture
def started(command: str, library: Path, gold: Path, tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """`pincite eval run` in a process of its own."""
    running: list[subprocess.Popen[str]] = []

    def start(*more: str, fault: str = "") -> subprocess.Popen[str]:
        words = [sys.executable, "-m", "ui.cli", "eval", "run", str(gold), "--library", str(library), "--json"]
        words += ["--out", str(tmp_path / "run.json"), "--system", command, *more]
        running.append(
            subprocess.Popen(
                words,
                env={**os.environ, "FAULT": fault},
                text=True,
                stdout=subprocess.DEVNULL,
                preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a job in the background ignores it
            )
        )
        return running[-1]

    yield start
    for process in running:
        process.kill()
        process.wait()


@pytest.mark.parametrize(("killed_by", "parallel"), [(signal.SIGKILL, "1"), (signal.SIGINT, "3")])
def test_a_killed_run_goes_on_and_ends_the_same(
    killed_by: signal.Signals,
    parallel: str,
    started: Callable[..., subprocess.Popen[str]],
    run: Runs,
    command: str,
    tmp_path: Path,
) -> None:
    partial = tmp_path / "run.json.partial"
    process = started("--parallel", parallel, fault="hang:when")
    wait_until(lambda: partial.exists() and partial.read_bytes().count(b"\n") >= 3)
    process.send_signal(killed_by)
    process.wait(10)
    assert not (tmp_path / "run.json").exists()
    done = {json.loads(line)[1]["qid"] for line in partial.read_text().splitlines()[1:] if line.endswith("]")}
    assert 2 <= len(done) < 5
    (tmp_path / "starts").write_text("")
    assert started("--parallel", parallel).wait(60) == 0
    asked = [line for line in starts(tmp_path) if line != "started"]
    assert sorted(asked) == sorted({question["qid"] for question in QUESTIONS} - done)
    assert not partial.exists()
    run("--system", command)
    assert stored(tmp_path / "run.json") == stored(tmp_path / "out/run.json")


def wait_until(is_so: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.02)
