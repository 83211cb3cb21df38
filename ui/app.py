"""The chat as a Gradio app over one library: what happens on each click."""

from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from dataclasses import replace
from typing import Any

import gradio as gr

from eval.errors import EvaluationError
from index.errors import IndexingError
from rag import Library
from rag.errors import AnsweringError, ModeUnavailable
from ui.exchange import Session, follow
from ui.export import answer_text
from ui.feedback import save_disliked
from ui.html import answer_html, exchange_html, plain, question_html
from ui.layout import ASK, lay_out
from ui.links import parse_copy
from ui.panel import EMPTY, passages_html, read_html, source_html
from ui.welcome import header_html, mode_choices, placeholder_html

ANSWERS_AT_ONCE = 4
FOCUS_QUESTION = (
    "() => { if (document.activeElement === document.body) document.querySelector('#question textarea').focus() }"
)
FOCUS_PASSAGES = "() => { document.querySelector('#passages h2')?.focus() }"
TO_CLIPBOARD = (  # tells `_copied` whether it worked; a page that is neither local nor https has no clipboard
    "async text => { if (!text) return '';"
    " try { await navigator.clipboard.writeText(text); return 'yes' } catch (error) { return 'no' } }"
)


def build_app(library: Library) -> gr.Blocks:
    """Questions to cited answers. A conversation is kept in its session and drawn from there; nothing that comes from
    the page is taken for more than a question, a choice or a link."""

    def arrive() -> tuple[str, Any, Any]:
        """What the library holds and can do when the page is loaded."""
        choices = mode_choices(library)
        mode = gr.Radio(choices, value=choices[0][1] if choices else None)
        return header_html(library), mode, gr.Chatbot(placeholder=placeholder_html(library))

    def chosen(mode: str | None) -> str | None:
        """None for the default: it may fall back on another one, which a choice may not."""
        try:
            return None if mode == next(iter(library.modes())) else mode
        except ModeUnavailable:
            return mode

    def prepare(mode: str | None) -> None:
        with suppress(AnsweringError):  # the answer will say it
            library.prepare(mode)

    async def respond(session: Session, mode: str | None) -> AsyncGenerator[tuple[Any, Any, Any], None]:
        if not session.exchanges or session.exchanges[-1].settled:  # nothing was asked
            yield gr.skip(), gr.skip(), gr.skip()  # without a step, Gradio would empty all three
            return
        exchange = session.exchanges[-1]
        async with aclosing(follow(library, exchange, session.turns(), chosen(mode))) as steps:
            async for step in steps:
                passages = passages_html(step) if step.hits != exchange.hits or step.answer else gr.skip()
                exchange, session = step, session.grown(step)
                yield _messages(session), session, passages

    def open_source(session: Session, event: gr.EventData) -> str:
        return source_html(library, _link(event), session)

    def judge(session: Session, event: gr.LikeData) -> None:
        """A thumbs-down becomes a draft gold question; a thumbs-up is no news."""
        if event.liked is not False:  # taking a thumbs-down back is "" and keeps the draft
            return
        try:
            # question and answer are a message each
            path, is_new = save_disliked(library, session, event.index // 2 if isinstance(event.index, int) else -1)
        except (ValueError, EvaluationError, OSError) as error:
            gr.Warning(plain(str(error)), title="Not saved")
        else:
            what = "Saved as a draft gold question in" if is_new else "This answer is already in"
            gr.Info(f"{what} {plain(str(path))}", title="Noted")

    def ask(question: str) -> str:
        """One answer as HTML, each sentence with links to the words it cites."""
        try:
            return answer_html(library.ask(question))
        except (IndexingError, AnsweringError) as error:
            raise gr.Error(str(error), print_exception=False) from error

    app: gr.Blocks
    with gr.Blocks(title="Pincite", analytics_enabled=False, fill_width=True) as app:
        at = lay_out(library)
        quiet: dict[str, Any] = {"queue": False, "show_progress": "hidden", "api_visibility": "private"}
        queued = {**quiet, "queue": True}

        app.load(arrive, None, [at.header, at.mode, at.chat], **quiet)
        at.mode.input(prepare, at.mode, None, **quiet)
        begun = at.question.submit(
            _begin,
            [at.question, at.session],
            [at.question, at.new, at.chat, at.session, at.source, at.passages],
            **quiet,
        )
        answering = begun.then(
            respond,
            [at.session, at.mode],
            [at.chat, at.session, at.passages],
            **queued,
            concurrency_limit=ANSWERS_AT_ONCE,
        )
        ended = answering.then(_end, at.session, [at.question, at.new, at.chat, at.session], **quiet)
        ended.then(None, js=FOCUS_QUESTION, **quiet)
        at.question.stop(None, cancels=[answering], api_visibility="private")
        at.new.click(lambda: ([], Session(), "", EMPTY), None, [at.chat, at.session, at.source, at.passages], **quiet)
        at.source.open(open_source, at.session, at.source, **quiet)
        at.source.read(_read, at.session, at.passages, **quiet).then(None, js=FOCUS_PASSAGES, **quiet)
        at.source.copy(_copy, at.session, at.copied, **queued).then(_copied, at.copied, js=TO_CLIPBOARD, **queued)
        at.chat.like(judge, at.session, None, **queued)
        gr.events.api(ask, api_name="ask", concurrency_limit=ANSWERS_AT_ONCE)
    return app


def _begin(question: str, session: Session) -> tuple[Any, ...]:
    if not question.strip():
        return (gr.skip(),) * 6
    session = session.asked(question)
    box = gr.Textbox("", interactive=False, submit_btn=False, stop_btn="Stop")
    return box, gr.Button(interactive=False), _messages(session), session, "", EMPTY


def _end(session: Session) -> tuple[Any, ...]:
    """However it ended, the next question may come; what was stopped says so."""
    if session.exchanges and not session.exchanges[-1].settled:
        session = session.grown(replace(session.exchanges[-1], stopped=True))
    box = gr.Textbox(interactive=True, submit_btn=ASK, stop_btn=False)
    return box, gr.Button(interactive=True), _messages(session), session


def _messages(session: Session) -> list[dict[str, Any]]:
    drawn = [
        (role, html)
        for exchange in session.exchanges
        for role, html in (("user", question_html(exchange.question)), ("assistant", exchange_html(exchange)))
    ]
    # as a bare string, Gradio would change the indentation of its lines
    return [{"role": role, "content": {"type": "text", "text": html}} for role, html in drawn]


def _read(session: Session, event: gr.EventData) -> str:
    return read_html(_link(event), session)


def _copy(session: Session, event: gr.EventData) -> str:
    number, form = parse_copy(_link(event)) or (0, "")
    exchange = session.find(number)
    if exchange is None or exchange.answer is None:
        gr.Warning("This answer is no longer kept: ask again to copy it.", title="Not copied")
        return ""
    return answer_text(exchange.answer, form)


def _copied(worked: str) -> None:
    if worked == "yes":
        gr.Info("The answer is on the clipboard.", title="Copied", duration=3)
    elif worked == "no":
        gr.Warning(
            "The browser keeps this page from the clipboard: open it on localhost or by https.", title="Not copied"
        )


def _link(event: gr.EventData) -> object:
    data = event._data
    return data.get("link") if isinstance(data, dict) else None
