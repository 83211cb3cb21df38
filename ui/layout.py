"""The parts of the page and where they stand; what they do is said in `ui.app`."""

import os
from dataclasses import dataclass
from pathlib import Path

os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"  # read when gradio is imported

import gradio as gr

from rag import Library
from ui.exchange import Session
from ui.panel import EMPTY
from ui.welcome import header_html, mode_choices, placeholder_html

ASSETS = Path(__file__).parent / "assets"
ASK = "Ask"


@dataclass(frozen=True, slots=True)
class Parts:
    session: gr.State
    header: gr.HTML
    mode: gr.Radio
    new: gr.Button
    chat: gr.Chatbot
    question: gr.Textbox
    source: gr.HTML  # the document a link points into; before the passages while it is open
    passages: gr.HTML
    copied: gr.Textbox  # on its way to the clipboard


def lay_out(library: Library) -> Parts:
    """Makes the parts inside the gr.Blocks that is open."""
    session = gr.State(Session())
    with gr.Row(elem_id="header"):
        header = gr.HTML(header_html(library), elem_id="about", js_on_load=None, apply_default_css=False)
        mode = gr.Radio(mode_choices(library), label="Answers with", elem_id="mode", container=False)
        new = gr.Button("New conversation", size="sm", elem_id="new", min_width=0)
    with gr.Row(elem_id="main"):
        with gr.Column(elem_id="talk"):
            chat = gr.Chatbot(
                label="Conversation",
                show_label=False,
                container=False,
                elem_id="chat",
                placeholder=placeholder_html(library),
                render_markdown=False,  # our messages are HTML, and nobody else's are markup
                latex_delimiters=[],
                allow_tags=False,
                buttons=[],
                layout="panel",
            )
            question = gr.Textbox(
                label="Question",
                show_label=False,
                container=False,
                placeholder="Ask about your documents",
                elem_id="question",
                autofocus=True,
                submit_btn=ASK,
            )
        with gr.Column(elem_id="beside"):
            script = (ASSETS / "panel.js").read_text(encoding="utf-8")
            source = gr.HTML(elem_id="source", js_on_load=script, apply_default_css=False)
            passages = gr.HTML(EMPTY, elem_id="passages", js_on_load=None, apply_default_css=False)
    copied = gr.Textbox(visible="hidden", label="Copied")
    return Parts(session, header, mode, new, chat, question, source, passages, copied)
