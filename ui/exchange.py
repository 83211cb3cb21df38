"""A question and what came of it, as it grows: the one value that the chat draws, streaming and final."""

import asyncio
import threading
from collections.abc import AsyncGenerator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from index.errors import IndexingError
from index.types import Hit
from rag import Library
from rag.errors import AnsweringError
from rag.types import Answer, Statement, Turn

KEPT = 50  # exchanges of a conversation that are kept, and shown
TURNS = 6  # of them that a follow-up question is understood from
TICK_S = 0.5  # between two looks whether anybody is still there


@dataclass(frozen=True, slots=True)
class Exchange:
    """Settled when it has an `answer` or an `error`, or was `stopped`."""

    number: int  # from 1 in its conversation
    question: str
    hits: tuple[Hit, ...] = ()
    statements: tuple[Statement, ...] = ()  # verified so far; never taken back
    answer: Answer | None = None
    error: str | None = None
    stopped: bool = False

    @property
    def settled(self) -> bool:
        return bool(self.answer or self.error or self.stopped)


@dataclass(frozen=True, slots=True)
class Session:
    """The last exchanges of one conversation."""

    exchanges: tuple[Exchange, ...] = ()

    def asked(self, question: str) -> "Session":
        number = self.exchanges[-1].number + 1 if self.exchanges else 1
        return Session((*self.exchanges, Exchange(number, question))[-KEPT:])

    def grown(self, exchange: Exchange) -> "Session":
        """The last exchange replaced by `exchange`."""
        return Session((*self.exchanges[:-1], exchange))

    def find(self, number: int) -> Exchange | None:
        return next((exchange for exchange in self.exchanges if exchange.number == number), None)

    def turns(self) -> list[Turn]:
        """What was said last before the question that is open, as plain text."""
        earlier = self.exchanges[:-1][-TURNS:]
        return [Turn(e.question, " ".join(s.text for s in e.statements)) for e in earlier]


async def follow(
    library: Library, exchange: Exchange, turns: Sequence[Turn], mode: str | None
) -> AsyncGenerator[Exchange, None]:
    """`exchange` as it grows until it is settled, and again as it was while nothing happens, so that whoever follows
    can leave. Leaving, or being cancelled, tells the work to stop."""
    heard: asyncio.Queue[Any] = asyncio.Queue()
    loop = asyncio.get_running_loop()
    stop = threading.Event()

    def tell(news: Any) -> None:
        loop.call_soon_threadsafe(heard.put_nowait, news)

    def done(work: "asyncio.Task[Answer]") -> None:
        work.exception()  # looked at, even when nobody follows any more
        heard.put_nowait(work)

    work = asyncio.create_task(
        asyncio.to_thread(
            library.ask,
            exchange.question,
            turns,
            mode=mode,
            on_passages=lambda hits: tell(tuple(hits)),
            on_statement=tell,
            cancelled=stop.is_set,
        )
    )
    work.add_done_callback(done)
    try:
        while not exchange.settled:
            with suppress(TimeoutError):  # `wait_for` of Python 3.11 loses a cancel that comes together with news
                async with asyncio.timeout(TICK_S):
                    news = await heard.get()
                exchange = _grown(exchange, news)
            yield exchange
    finally:
        stop.set()


def _grown(exchange: Exchange, news: Any) -> Exchange:
    if isinstance(news, Statement):
        return replace(exchange, statements=(*exchange.statements, news))
    if isinstance(news, tuple):
        return replace(exchange, hits=news)
    try:
        answer: Answer = news.result()
    except (IndexingError, AnsweringError) as error:
        return replace(exchange, error=str(error))
    hits = tuple(passage.hit for passage in answer.passages)
    return replace(exchange, hits=hits, statements=answer.statements, answer=answer)
