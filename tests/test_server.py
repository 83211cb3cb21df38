"""The chat on a real port: it serves its own machine, asks nothing of others, and answers as the library does."""

import asyncio
import json
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from helpers import ROOT
from test_answering import CARGO, FERRY, OFF_TOPIC, opened, shared_folder, shared_library

from index.errors import IndexingError
from rag.errors import ModelUnavailable, Stopped
from rag.types import Answer, Turn
from ui.exchange import TICK_S, Exchange, follow
from ui.html import answer_html
from ui.server import HOST, make_server, serve


@contextmanager
def serving(library: Any) -> Iterator[str]:
    """host:port of a server in a thread."""
    with socket.socket() as listening:
        listening.bind((HOST, 0))
        server = uvicorn.Server(uvicorn.Config(make_server(library), log_level="error"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        deadline = time.monotonic() + 30
        while not server.started:
            assert thread.is_alive()
            assert time.monotonic() < deadline
            time.sleep(0.02)
        yield f"{HOST}:{listening.getsockname()[1]}"
        server.should_exit = True
        thread.join(30)
    assert not thread.is_alive()


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with serving(shared_library()) as address:
        yield address


@pytest.fixture(scope="module")
def page(address: str) -> str:
    reply = httpx.get(f"http://{address}/")
    assert reply.status_code == 200
    assert reply.headers["content-type"].startswith("text/html")
    return reply.text


def asked(address: str, question: str) -> tuple[str, object]:
    """(event, data) of a question through the API that the page itself uses."""
    body = json.dumps({"data": [question]})
    call = httpx.post(
        f"http://{address}/gradio_api/call/ask", content=body, headers={"content-type": "application/json"}
    )
    assert call.status_code == 200
    stream = httpx.get(f"http://{address}/gradio_api/call/ask/{call.json()['event_id']}", timeout=30).text
    event, data = re.findall(r"event: (\w+)\ndata: (.*)", stream)[-1]
    return event, json.loads(data)


# -- the page


def requested(page: str) -> list[str]:
    """What a browser fetches for the page by itself."""
    return re.findall(r"<(?:script|link|img|iframe|source)\b[^>]*?\b(?:src|href)=[\"']([^\"']*)", page)


def test_the_page_loads_with_all_it_links(page: str, address: str) -> None:
    assert "<title>Pincite</title>" in page or '"title":"Pincite"' in page
    links = requested(page)
    assert len(links) >= 2
    for link in links:
        assert httpx.get(f"http://{address}/{link.removeprefix('.').lstrip('/')}").status_code == 200, link


def test_the_page_requests_nothing_from_elsewhere(page: str, address: str) -> None:
    outside = [link for link in requested(page) if re.match(r"(?:\w+:)?//", link) and f"//{address}" not in link]
    assert outside == []
    theme = httpx.get(f"http://{address}/theme.css").text
    styles = [
        page,
        theme,
        *(httpx.get(f"http://{address}/{x.lstrip('./')}").text for x in requested(page) if ".css" in x),
    ]
    loaded = [url for style in styles for url in re.findall(r"@import[^;]*|url\([^)]*\)", style)]
    assert [url for url in loaded if re.search(r"https?:|[(\"']//", url) and "w3.org" not in url] == []


# -- the gate

PATHS = [
    *("/", "/config", "/theme.css", "/assets/none.js", "/nowhere", "/gradio_api/info", "/gradio_api/heartbeat/x"),
    *("/gradio_api/queue/join", "/gradio_api/queue/data", "/gradio_api/cancel", "/gradio_api/run/predict"),
    *("/gradio_api/upload", "/gradio_api/component_server", "/gradio_api/call/ask", "/gradio_api/file=x"),
]


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Host": "evil.example:{port}"},
        {"Host": "127.0.0.1.evil.example:{port}"},
        {"Host": "localhost.evil.example"},
        {"Host": ""},
        {"Origin": "http://evil.example"},
        {"Origin": "http://evil.example:{port}"},
        {"Origin": "null"},
        {"Origin": ""},
        {"Origin": "http://["},  # no URL at all: this was a traceback
        {"Origin": "http://localhost:1"},  # another server on this machine
        {"Origin": "http://127.0.0.1:{port}.evil.example"},
    ],
    ids=lambda headers: " ".join(f"{k} {v or 'empty'}" for k, v in headers.items()),
)
def test_who_comes_from_elsewhere_is_turned_away(address: str, headers: dict[str, str]) -> None:
    port = address.rpartition(":")[2]
    sent = {name: value.replace("{port}", port) for name, value in headers.items()}
    with httpx.Client(base_url=f"http://{address}", headers=sent) as client:
        for path in PATHS:
            for reply in (client.get(path), client.post(path)):
                assert reply.status_code == 403, path
                assert reply.text == "this address serves its own machine only\n"


def test_a_question_from_elsewhere_is_not_asked(address: str) -> None:
    reply = httpx.post(
        f"http://{address}/gradio_api/call/ask", json={"data": [CARGO]}, headers={"Origin": "http://evil.example"}
    )
    assert reply.status_code == 403


@pytest.mark.parametrize("host", ["127.0.0.1:{port}", "localhost:{port}", "[::1]:{port}", "localhost"])
def test_this_machine_is_served_under_each_of_its_names(address: str, host: str) -> None:
    name = host.replace("{port}", address.rpartition(":")[2])
    for headers in ({"Host": name}, {"Host": name, "Origin": f"http://{name}"}):
        assert httpx.get(f"http://{address}/gradio_api/info", headers=headers).status_code == 200


def test_no_file_of_this_machine_is_served(address: str) -> None:
    for file in (shared_folder() / "docs" / "tea.txt", shared_folder() / "library" / "library.sqlite3", "/etc/passwd"):
        reply = httpx.get(f"http://{address}/gradio_api/file={file}")
        assert reply.status_code == 403
        assert "Kestrel" not in reply.text


# -- answers


@pytest.mark.parametrize("question", [FERRY, CARGO, OFF_TOPIC, "???"])
def test_a_question_is_answered_as_the_library_answers_it(address: str, question: str) -> None:
    event, data = asked(address, question)
    assert event == "complete"
    assert isinstance(data, list)
    assert data[0] == answer_html(shared_library().ask(question))


def test_half_a_character_is_no_failure(address: str) -> None:
    event, data = asked(address, f"\ud800 {CARGO}")
    assert event == "complete"
    assert isinstance(data, list)
    assert "4.2 million tonnes" in data[0]


def test_an_empty_question_is_told_so(address: str) -> None:
    event, data = asked(address, "  ")
    assert event == "error"
    assert isinstance(data, dict)
    assert data["error"] == "the question is empty: ask something in words"


def test_one_endpoint_is_for_programs(address: str) -> None:
    info = httpx.get(f"http://{address}/gradio_api/info").json()
    assert list(info["named_endpoints"]) == ["/ask"]
    assert info["unnamed_endpoints"] == {}


def test_a_page_may_fetch_from_its_own_server_only(address: str) -> None:
    for path in ("/", "/config", "/nowhere"):
        policy = httpx.get(f"http://{address}{path}").headers["content-security-policy"]
        assert "default-src 'self';" in policy
        assert "frame-ancestors 'none'" in policy
        assert not re.search(r"https?:|\*", policy)


def test_nothing_is_kept_in_the_browser(address: str) -> None:
    assert httpx.get(f"http://{address}/config").json()["run_history"] is False


# -- an answer as it grows


class Working:
    """A library whose answers take as long as nobody stops them."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, list[Turn], str | None]] = []
        self.stopped = threading.Event()

    def ask(
        self, question: str, turns: list[Turn], *, mode: str | None, cancelled: Callable[[], bool], **hear: Any
    ) -> Answer:
        self.asked.append((question, turns, mode))
        shared_library().ask(question, **hear)
        deadline = time.monotonic() + 10
        while not cancelled():
            assert time.monotonic() < deadline
            time.sleep(0.01)
        self.stopped.set()
        raise Stopped("stopped")


def following(library: Any, **options: Any) -> AsyncGenerator[Exchange, None]:
    return follow(library, Exchange(1, FERRY), options.get("turns", []), options.get("mode"))


async def listened(library: Working) -> "asyncio.Task[None]":
    """Somebody who follows an answer, once the library was asked for it."""

    async def listen() -> None:
        async for _ in following(library):
            pass

    listening = asyncio.create_task(listen())
    while not library.asked:
        await asyncio.sleep(0.01)
    return listening


def test_an_answer_is_followed_step_by_step() -> None:
    async def steps() -> list[Exchange]:
        return [step async for step in following(shared_library())]

    *growing, last = asyncio.run(steps())
    assert last.answer is not None
    assert last.statements == last.answer.statements
    assert last.hits == tuple(passage.hit for passage in last.answer.passages)
    said = [step.statements for step in growing if not step.settled]
    for earlier, later in zip(said, [*said[1:], last.statements], strict=True):
        assert later[: len(earlier)] == earlier
    assert any(step.hits and not step.statements for step in growing)


def test_an_error_is_how_an_answer_ends() -> None:
    class Failing:
        def ask(self, *_: Any, **__: Any) -> Answer:
            raise ModelUnavailable("the model at http://127.0.0.1:1 did not answer", retryable=True)

    async def steps() -> list[Exchange]:
        return [step async for step in following(Failing())]

    assert asyncio.run(steps())[-1].error == "the model at http://127.0.0.1:1 did not answer"


def test_a_mistake_of_ours_is_no_answer() -> None:
    class Broken:
        def ask(self, *_: Any, **__: Any) -> Answer:
            raise ZeroDivisionError

    async def steps() -> list[Exchange]:
        return [step async for step in following(Broken())]

    with pytest.raises(ZeroDivisionError):
        asyncio.run(steps())


def test_who_leaves_stops_the_work() -> None:
    shared_library()
    library = Working()

    async def leave() -> Exchange:
        async with aclosing(following(library, turns=[Turn(CARGO, "4.2")], mode="local")) as steps:
            async for step in steps:
                if len(step.statements) == 2:
                    break
        assert await asyncio.to_thread(library.stopped.wait, 1)
        return step

    step = asyncio.run(leave())
    assert not step.settled
    assert step.statements == shared_library().ask(FERRY).statements[:2]
    assert library.asked == [(FERRY, [Turn(CARGO, "4.2")], "local")]


def test_who_is_cancelled_stops_the_work() -> None:
    shared_library()  # built before, so that the work can notice in time
    library = Working()

    async def cancel() -> None:
        listening = await listened(library)
        listening.cancel()
        with pytest.raises(asyncio.CancelledError):
            await listening
        assert await asyncio.to_thread(library.stopped.wait, 1)

    asyncio.run(cancel())


def test_who_is_cancelled_as_a_sentence_comes_stops_the_work() -> None:
    """Both in one turn of the loop: the sentence must not hide the cancel."""
    sentence = shared_library().ask(FERRY).statements[0]

    class Speaking(Working):
        def ask(self, question: str, turns: list[Turn], *, cancelled: Callable[[], bool], **hear: Any) -> Answer:
            self.speak = hear["on_statement"]
            self.asked.append((question, turns, None))
            while not cancelled():
                time.sleep(0.01)
            self.stopped.set()
            raise Stopped("stopped")

    library = Speaking()

    async def cancel() -> None:
        listening = await listened(library)
        library.speak(sentence)
        asyncio.get_running_loop().call_soon(listening.cancel)
        done, _ = await asyncio.wait([listening], timeout=1)
        stopped = bool(done) and await asyncio.to_thread(library.stopped.wait, 1)
        listening.cancel()  # where the first one was lost: the work must end either way
        assert stopped

    asyncio.run(cancel())


def test_a_silent_answer_is_still_followed() -> None:
    """Steps go on while the work is silent: that is when a closed page is noticed."""
    library = Working()

    async def count() -> int:
        ticks = 0
        begun = time.monotonic()
        async with aclosing(following(library)) as steps:
            async for _ in steps:
                ticks += 1
                if time.monotonic() - begun > 3 * TICK_S + 1:
                    return ticks
        return ticks

    assert asyncio.run(count()) > 3


def test_a_port_that_is_taken(address: str) -> None:
    port = int(address.rpartition(":")[2])
    with pytest.raises(IndexingError, match=f"port {port} is taken .*choose another with --port"):
        serve(shared_library(), port)


def test_an_open_page_does_not_keep_the_server(tmp_path: Path) -> None:
    with opened(tmp_path):
        pass
    with socket.socket() as free:
        free.bind((HOST, 0))
        port = str(free.getsockname()[1])
    command = [sys.executable, "-m", "ui.cli", "chat", "--library", str(tmp_path), "--port", port]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True) as server:
        assert server.stderr is not None
        assert server.stderr.readline() == f"Pincite is at http://{HOST}:{port} (Ctrl-C stops it)\n"
        page = httpx.Client(transport=httpx.HTTPTransport(retries=8))  # until it listens
        with page, page.stream("GET", f"http://{HOST}:{port}/gradio_api/heartbeat/x") as beats:
            assert next(beats.iter_text()).startswith("data: ALIVE")
            server.send_signal(signal.SIGINT)
            assert server.wait(10) == 0
        assert server.stderr.read() == ""
