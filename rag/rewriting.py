"""Follow-up questions made to stand alone: by the model where there is one, and by code that checks it."""

from collections.abc import Sequence

from rag import conversation, prompts
from rag.drafts import declines
from rag.model_calls import ModelCalls
from rag.terms import words
from rag.types import Turn
from rag.verify import value_breaches

MAX_TURNS = 6  # of the conversation, the latest
MAX_CHARS = 300  # of one earlier answer
MAX_TOKENS = 60


def as_query(question: str, history: Sequence[Turn], calls: ModelCalls | None) -> str:
    """`question` as a query that needs no conversation; unchanged when it already stands alone.

    What a model makes of it is taken only if every name, date and number in it was said in the conversation.
    """
    turns = history[-MAX_TURNS:]
    carried = conversation.standalone(question, turns)
    if carried == question or calls is None:
        return carried
    told = [(turn.question, turn.answer[:MAX_CHARS]) for turn in turns]
    reply = calls.complete(prompts.standalone(question, told), max_tokens=MAX_TOKENS)
    rewritten = next((line.strip(" \"'*") for line in reply.splitlines() if line.strip()), "")
    said = [question, *(text for turn in told for text in turn)]
    if not words(rewritten) or declines(rewritten) or value_breaches(rewritten, said, [], ""):
        return carried
    return rewritten
