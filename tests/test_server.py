"""The chat on a real port: it serves its own machine, asks nothing of others, and answers as the library does."""

import json
import re
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import uvicorn
from test_answering import CARGO, FERRY, OFF_TOPIC, shared_folder, shared_library

from index.errors import IndexingError
from ui.app import turns
from ui.html import answer_html
from ui.server import HOST, make_server, serve


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """host:port of a server in a thread."""
    with socket.socket() as listening:
        listening.bind((HOST, 0))
        server = uvicorn.Server(uvicorn.Config(make_server(shared_library()), log_level="error"))
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

PATHS = ["/", "/config", "/gradio_api/info", "/gradio_api/heartbeat/x", "/assets/none.js", "/nowhere"]


@pytest.mark.parametrize("path", PATHS)
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
def test_who_comes_from_elsewhere_is_turned_away(address: str, path: str, headers: dict[str, str]) -> None:
    port = address.rpartition(":")[2]
    sent = {name: value.replace("{port}", port) for name, value in headers.items()}
    for reply in (
        httpx.get(f"http://{address}{path}", headers=sent),
        httpx.post(f"http://{address}{path}", headers=sent),
    ):
        assert reply.status_code == 403
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


def test_earlier_turns_are_the_questions_of_the_conversation() -> None:
    history: list[dict[str, Any]] = [
        {"role": "user", "content": CARGO},
        {"role": "assistant", "content": "<div>4.2</div>"},
        {"role": "user", "content": [{"type": "text", "text": "And in 2022?"}]},
    ]
    assert [turn.question for turn in turns(history)] == [CARGO, "And in 2022?"]


def test_a_port_that_is_taken(address: str) -> None:
    port = int(address.rpartition(":")[2])
    with pytest.raises(IndexingError, match=f"port {port} is taken .*choose another with --port"):
        serve(shared_library(), port)
