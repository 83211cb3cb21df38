"""Serves the chat on loopback, behind one gate for every path."""

import logging
import socket
import sys
from contextlib import suppress

import gradio as gr
import uvicorn
from fastapi import FastAPI
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from index.errors import IndexingError
from rag import Library
from ui.app import build_app
from ui.layout import ASSETS

HOST = "127.0.0.1"
SHUTDOWN_S = 1
LOCAL_HOSTS = frozenset({"127.0.0.1", "localhost", "[::1]"})


# Gradio compiles templates and writes styles in the page; whatever else a page may do stays on this server
POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; object-src 'none'; base-uri 'self'; form-action 'self'; "
    "frame-ancestors 'none'"
)


class LocalOnly:
    """ASGI middleware: a page from elsewhere must not reach the library through the reader's own browser,
    neither by DNS rebinding (Host) nor by a cross-site request (Origin), and a page from here reaches nothing else."""

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

        async def send_with_policy(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (b"content-security-policy", POLICY.encode())]
            await send(message)

        await self._app(scope, receive, send_with_policy)


def make_server(library: Library) -> FastAPI:
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.add_middleware(LocalOnly)
    gr.mount_gradio_app(
        app,
        build_app(library),
        path="/",
        css_paths=ASSETS / "chat.css",
        theme=gr.themes.Base(font=["system-ui", "sans-serif"], font_mono=["ui-monospace", "monospace"]),
        footer_links=[],
        run_history=False,  # it would keep questions and answers in the browser
    )
    return app


def serve(library: Library, port: int) -> None:
    """Runs until interrupted. Raises IndexingError when the port is taken, ModeUnavailable."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise IndexingError(f"port {port} is taken ({error.strerror}): choose another with --port") from error
    library.prepare()  # loads the model while the browser opens
    print(f"Pincite is at http://{HOST}:{port} (Ctrl-C stops it)", file=sys.stderr, flush=True)
    config = uvicorn.Config(
        make_server(library), host=HOST, port=port, log_level="warning", timeout_graceful_shutdown=SHUTDOWN_S
    )
    with suppress(KeyboardInterrupt):
        _Server(config).run()


class _Server(uvicorn.Server):
    """Ends although pages are open: each keeps a connection for as long as it is."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)  # that they are cut is no error
        await super().shutdown(sockets)
