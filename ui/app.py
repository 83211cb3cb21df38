"""The chat as a Gradio app over one library."""

import os
from typing import Any

os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"  # read when gradio is imported

import gradio as gr

from index.errors import IndexingError
from rag import Library
from rag.errors import AnsweringError
from rag.types import Turn
from ui.html import answer_html

CSS = """
.pincite mark { background: #fde68a; color: inherit; padding: 0 .1em }
.pincite summary { cursor: pointer }
.pincite blockquote { margin: .4em 0 .8em 0; padding-left: .8em; border-left: 3px solid #d6d3d1 }
"""


def build_app(library: Library) -> gr.Blocks:
    """Questions to cited answers; the conversation is what the browser holds, so nothing is kept here."""

    def respond(message: str, history: list[dict[str, Any]]) -> str:
        try:
            return answer_html(library.ask(message, turns(history)))
        except (IndexingError, AnsweringError) as error:
            raise gr.Error(str(error), print_exception=False) from error

    documents = len(library.documents())
    app: gr.Blocks
    with gr.Blocks(title="Pincite", analytics_enabled=False) as app:
        gr.ChatInterface(
            respond,
            chatbot=gr.Chatbot(latex_delimiters=[], height="70vh", label="Pincite", buttons=["copy"]),
            title="Pincite",
            description=f"{documents} documents. Every sentence below points at the exact words it rests on.",
            concurrency_limit=4,
            api_name="ask",
        )
    return app


def turns(history: list[dict[str, Any]]) -> list[Turn]:
    """Gradio's messages as earlier turns. The answers are left out: they are markup by now."""
    return [Turn(_plain(message["content"]), "") for message in history if message["role"] == "user"]


def _plain(content: Any) -> str:
    if isinstance(content, list):
        return " ".join(part.get("text", "") for part in content if isinstance(part, dict))
    return str(content)
