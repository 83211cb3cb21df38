"""Serves the chat on loopback, behind one gate for every path."""

import socket
import sys

import gradio as gr
import uvicorn
from fastapi import FastAPI
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from index.errors import IndexingError
from rag import Library
from ui.app import CSS, build_app

HOST = "127.0.0.1"
LOCAL_HOSTS = frozenset({"127.0.0.1", "localhost", "[::1]"})


class LocalOnly:
    """ASGI middleware: a page from elsewhere must not reach the library through the reader's own browser,
    neither by DNS rebinding (Host) nor by a cross-site request (Origin)."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in ("http", "websocket"):
            headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
            host = headers.get("host", "")
            origin = headers.get("origin")
            if host.rsplit(":", 1)[0] not in LOCAL_HOSTS or origin not in (None, f"http://{host}", f"https://{host}"):
                await PlainTextResponse("this address serves its own machine only\n", 403)(scope, receive, send)
                return
        await self._app(scope, receive, send)


def make_server(library: Library) -> FastAPI:
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.add_middleware(LocalOnly)
    gr.mount_gradio_app(app, build_app(library), path="/", css=CSS, footer_links=[])
    return app


def serve(library: Library, port: int) -> None:
    """Runs until interrupted. Raises IndexingError when the port is taken."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise IndexingError(f"port {port} is taken ({error.strerror}): choose another with --port") from error
    print(f"Pincite is at http://{HOST}:{port} (Ctrl-C stops it)", file=sys.stderr, flush=True)
    uvicorn.run(make_server(library), host=HOST, port=port, log_level="warning")
