"""The votes of a small model: what it reads, and how its two replies move the probabilities of the sentences.

The model is a script: what it answers when asked whether the answer is there, and what it copies.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import cast

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.types import Chunk, Hit, Sentence, Span
from rag import prompts
from rag.errors import ModelUnavailable, Stopped
from rag.evidence import Evidence
from rag.llm_protocol import Message
from rag.model_calls import ModelCalls
from rag.question import read_question
from rag.voting import CHARS, DENIED, MEANT_AT, READ_AT, SENTENCES, STATED, UNMOVED, Voted, vote

QUESTION = "How much did the new ferry terminal in Lorne cost?"
COST = "The new ferry terminal in Lorne cost 48 million euros."
AUDIT = "The court of auditors puts the cost at **52 million euros**."
OPENED = "Mayor Ana Duarte opened it on 9 March 2024."
LEAVE = "Ferries to the islands leave every 40 minutes."
BOATS = "The terminal has 4 quays for ferries."


def evidence_of(text: str, probability: float = 0.3, number: int = 0, published: str | None = None) -> Evidence:
    span = Span(f"{number}.txt", "v1", 0, len(text))
    chunk = Chunk(f"c{number}", span.doc_id, "v1", 0, len(text), text, None, "Lorne", "/lorne.txt", published)
    score = math.log(probability / (1 - probability))
    return Evidence(
        sentence=Sentence(span, text),
        hit=Hit(chunk, 0.5, number + 1, ("dense",)),
        score=score,
        probability=probability,
        features={},
        vector=np.zeros(4, np.float32),
        names_other_year=False,
        elsewhere=False,
    )


def listed(*texts: str, probability: float = 0.3) -> list[Evidence]:
    """Evidence in this order, best first: each sentence a little less likely than the one before."""
    return [evidence_of(text, probability - 0.01 * number, number) for number, text in enumerate(texts)]


@dataclass
class Scripted:
    """Stands for the calls of one answer: `odds` of "yes", then `reply`; what it was asked stays in `asked`."""

    reply: str | Exception = "NOT FOUND"
    odds: float | Exception | None = 2.0
    asked: list[Sequence[Message]] = field(default_factory=list)

    def log_odds(self, messages: Sequence[Message]) -> float | None:
        self.asked.append(messages)
        if isinstance(self.odds, Exception):
            raise self.odds
        return self.odds

    def complete(self, messages: Sequence[Message], *, max_tokens: int) -> str:
        assert max_tokens < 100
        self.asked.append(messages)
        if isinstance(self.reply, Exception):
            raise self.reply
        return self.reply


def voted(calls: Scripted, evidence: Sequence[Evidence], question: str = QUESTION) -> Voted:
    return vote(cast(ModelCalls, calls), read_question(question), evidence)


def lead(reply: str, *texts: str, odds: float | None = 2.0, question: str = QUESTION) -> list[str]:
    """The sentences that the reply moved to the front, best first."""
    evidence = listed(*texts)
    after = voted(Scripted(reply, odds), evidence, question).evidence
    first = max(e.score for e in evidence)
    return [e.text for e in after if e.score > first]


# -- what the model reads


def test_without_evidence_nobody_is_asked() -> None:
    calls = Scripted()
    assert voted(calls, []) == Voted([], [])
    assert calls.asked == []


def test_unlikely_evidence_is_not_read() -> None:
    calls = Scripted()
    evidence = [evidence_of(COST, READ_AT / 2)]
    assert voted(calls, evidence) == Voted(evidence, [])
    assert calls.asked == []


def test_the_same_sentences_are_read_twice_with_their_numbers_and_dates() -> None:
    calls = Scripted()
    evidence = [evidence_of(COST, 0.3, 0, "2024-03-10"), evidence_of(AUDIT, 0.2, 1)]
    assert voted(calls, evidence).sent == [e.sentence.span for e in evidence]
    head = (
        f"[1] {COST} (2024-03-10)\n[2] The court of auditors puts the cost at 52 million euros.\n\nQuestion: {QUESTION}"
    )
    assert [messages[-1]["content"] for messages in calls.asked] == [
        f"{head}\n\n{prompts.STATES}",
        f"{head}\n\n{prompts.COPY}",
    ]


def test_no_more_is_read_than_a_small_model_can_take() -> None:
    calls = Scripted()
    evidence = listed(*(f"Ferry number {n} cost {n} million euros." for n in range(SENTENCES + 4)))
    assert voted(calls, evidence).sent == [e.sentence.span for e in evidence[:SENTENCES]]
    long = [evidence_of(f"The ferry {'very ' * 150}large cost {n} million euros.", 0.3, n) for n in range(3)]
    assert len(long[0].text) < CHARS < 2 * len(long[0].text)
    assert len(voted(calls, long).sent) == 1
    longest = [evidence_of("The ferry cost " + "a lot and " * CHARS, 0.3)]
    assert len(voted(calls, longest).sent) == 1, "the likeliest sentence is read however long it is"


def test_evidence_from_elsewhere_is_not_read() -> None:
    calls = Scripted()
    evidence = [replace(evidence_of(COST, 0.9), elsewhere=True), evidence_of(AUDIT, 0.3, 1)]
    assert voted(calls, evidence).sent == [evidence[1].sentence.span]


# -- whether the answer is there


def test_a_model_that_says_no_is_believed_and_not_asked_again() -> None:
    calls = Scripted(odds=DENIED - 0.1)
    evidence = listed(COST, AUDIT)
    assert voted(calls, evidence) == Voted([], [e.sentence.span for e in evidence])
    assert len(calls.asked) == 1


@pytest.mark.parametrize("odds", [DENIED, UNMOVED, 2.0, 9.0])
def test_its_odds_move_every_sentence_it_read(odds: float) -> None:
    evidence = [*listed(COST, AUDIT), evidence_of(LEAVE, READ_AT / 2, 7)]
    after = {e.text: e for e in voted(Scripted("NOT FOUND", odds), evidence).evidence}
    for before in evidence[:2]:
        moved = after[before.text]
        logit = math.log(before.probability / (1 - before.probability)) + STATED * (odds - UNMOVED)
        assert moved.probability == pytest.approx(1 / (1 + math.exp(-logit)))
        assert moved.score == before.score
    assert after[LEAVE] == evidence[2]


def test_a_server_that_tells_no_odds_moves_nothing() -> None:
    evidence = listed(COST, AUDIT)
    after = voted(Scripted("NOT FOUND", None), evidence).evidence
    assert [e.probability for e in after] == pytest.approx([e.probability for e in evidence])


# -- which words are the answer


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        # copied words say which sentence is meant, whatever its number
        ("48 million euros", [COST]),
        ("48 million euros [1]", [COST]),
        ("48 million euros [2]", [COST]),
        ("48 million euros [9]", [COST]),
        ("48 million euros (1)", [COST]),
        ("[1] 48 million euros", [COST]),
        ("“48 million euros”.", [COST]),
        ("52 million euros [2]", [AUDIT]),
        ("€48 million", [COST]),
        ("cost 48 million euros", [COST]),
        ("The new ferry terminal in Lorne cost 48 million euros. [1]", [COST]),
        ("Ana Duarte [3]", [OPENED]),
        # several sentences
        ("48 million euros [1] and 52 million euros [2]", [COST, AUDIT]),
        ("52 million euros [2], 48 million euros [1]", [AUDIT, COST]),
        ("52 million euros [2]; 52 million euros [2]", [AUDIT]),
        # a number alone
        ("[2]", [AUDIT]),
        ("(2)", [AUDIT]),
        ("Sentence [2]", [AUDIT]),
        # nothing that a sentence says
        ("NOT FOUND", []),
        ("", []),
        ("...", []),
        ("99 million euros", []),
        ("in Lorne", []),  # the question says so itself
        ("the new ferry terminal", []),
        ("[0]", []),
        ("[7]", []),
        ("It leaks badly", []),
    ],
)
def test_the_sentence_that_a_reply_was_copied_from_leads(reply: str, expected: list[str]) -> None:
    shown = [text.replace("**", "") for text in expected]
    assert lead(reply, COST, AUDIT, OPENED, LEAVE) == shown


def test_a_number_alone_counts_only_when_the_model_is_sure() -> None:
    assert lead("[2]", COST, AUDIT, odds=0.45) == []
    assert lead("[2]", COST, AUDIT, odds=0.6) == [AUDIT.replace("**", "")]
    assert lead("48 million euros", COST, AUDIT, odds=0.45) == [COST]


def test_a_bare_number_is_an_answer_only_where_it_counts_what_is_asked_for() -> None:
    how_many = "How many quays does the terminal have?"
    assert lead("4", LEAVE, BOATS, question=how_many) == [BOATS]
    assert lead("2", LEAVE, BOATS, question=how_many) == []
    assert lead("40", LEAVE, BOATS, question="How often do ferries leave?") == [LEAVE]


def test_what_is_meant_leads_and_can_be_an_answer() -> None:
    evidence = listed(COST, AUDIT, OPENED, probability=0.05)
    after = voted(Scripted("52 million euros [2]", UNMOVED), evidence).evidence
    assert [e.sentence.text for e in after] == [AUDIT, COST, OPENED]
    assert after[0].probability == MEANT_AT
    assert after[0].score > max(e.score for e in evidence)
    assert after[1:] == [replace(e, probability=pytest.approx(e.probability)) for e in (evidence[0], evidence[2])]


def test_what_was_likely_before_stays_as_likely() -> None:
    (after,) = voted(Scripted("48 million euros [1]", UNMOVED), [evidence_of(COST, 0.8)]).evidence
    assert after.probability == pytest.approx(0.8)


@pytest.mark.parametrize(
    ("reply", "words"),
    [("48 million euros [1]", "48 million euros"), ("[1] 48 million euros (1).", "48 million euros  ."), ("", "")],
)
def test_the_words_it_gave_are_kept_without_their_numbers(reply: str, words: str) -> None:
    assert voted(Scripted(reply), listed(COST)).words == words


# -- models that fail


@pytest.mark.parametrize("error", [ModelUnavailable("broke off", retryable=True), Stopped("stopped")])
def test_a_failure_is_passed_on(error: Exception) -> None:
    with pytest.raises(type(error)):
        voted(Scripted(odds=error), listed(COST))
    with pytest.raises(type(error)):
        voted(Scripted(reply=error), listed(COST))


@pytest.mark.parametrize("reply", ["²", "1²"])
def test_a_raised_digit_is_no_number(reply: str) -> None:
    assert lead(reply, COST, AUDIT) == []


REPLIES = st.text(st.characters(exclude_categories=["Cs"]), max_size=30) | st.lists(
    st.sampled_from(
        ["48", "million euros", "[1]", "[2]", "(3)", "[9]", ",", "and", "NOT FOUND", "Lorne", "4", "Ana", "."]
    ),
    max_size=8,
).map(" ".join)
TEXTS = st.lists(st.sampled_from([COST, AUDIT, OPENED, LEAVE, BOATS]) | st.text(min_size=1, max_size=30), max_size=8)


@settings(deadline=None)
@given(REPLIES, st.none() | st.floats(-30, 30), TEXTS, st.floats(1e-9, 1 - 1e-9))
def test_any_reply_moves_the_evidence_and_changes_none_of_it(
    reply: str, odds: float | None, texts: list[str], probability: float
) -> None:
    evidence = [evidence_of(text, probability, number) for number, text in enumerate(texts)]
    found = voted(Scripted(reply, odds), evidence)
    assert set(found.sent) <= {e.sentence.span for e in evidence}
    assert len(found.sent) <= SENTENCES
    if odds is not None and odds < DENIED and found.sent:
        assert found.evidence == []
        return
    assert sorted(e.hit.rank for e in found.evidence) == [e.hit.rank for e in evidence]
    assert [e.score for e in found.evidence] == sorted((e.score for e in found.evidence), reverse=True)
    for e in found.evidence:
        assert e.sentence == evidence[e.hit.rank - 1].sentence
        assert 0 < e.probability <= 1
