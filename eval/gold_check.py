"""A gold set held against a library: what makes it wrong there, and what makes it weak."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from eval.gate import CLUSTERS_NEEDED
from eval.gold import Evidence, GoldQuestion, GoldSet
from eval.normalise import contains_form
from index.folding import folded, locate

TextOf = Callable[[str], str | None]  # the stored text of a doc_id, None when the library has no such document


@dataclass(frozen=True, slots=True)
class Findings:
    """`problems`: scores from this library would mean nothing. `warnings`: they mean less than they could."""

    clusters: int
    problems: tuple[str, ...]
    warnings: tuple[str, ...]


def check_gold(gold: GoldSet, text_of: TextOf) -> Findings:
    """What is wrong and what is weak, one line each, each line once; drafts are checked like questions."""
    questions = (*gold.questions, *gold.drafts)
    problems = [] if questions else ["no question: write some, or propose some with `pincite eval draft DOC`"]
    problems += [f"{draft.qid}: a draft: write `accepted: true` to it, or delete it" for draft in gold.drafts]
    problems += [f"{question.qid}: {said}" for question in questions for said in _missing(question, text_of)]
    clusters = len({question.cluster or question.qid for question in gold.questions})
    warnings = []
    if clusters < CLUSTERS_NEEDED:
        warnings.append(f"{clusters} clusters: below {CLUSTERS_NEEDED} no change is ever called NON-INFERIOR")
    warnings += _same_text(questions)
    warnings += [f"{question.qid}: {said}" for question in questions for said in _weak(question, text_of)]
    return Findings(clusters, tuple(dict.fromkeys(problems)), tuple(dict.fromkeys(warnings)))


def evidence_of(question: GoldQuestion) -> Iterator[Evidence]:
    """All evidence, that of competing values included."""
    yield from question.evidence
    for value in question.conflict:
        yield from value.evidence


def _missing(question: GoldQuestion, text_of: TextOf) -> Iterator[str]:
    for evidence in evidence_of(question):
        text = text_of(evidence.doc_id)
        if text is None:
            yield f"no document {evidence.doc_id!r} in the library: add it or correct doc_id"
        elif not locate(evidence.quote, text):
            yield f"no quote {evidence.quote!r} in {evidence.doc_id!r}: copy it from `pincite show`"


def _same_text(questions: Sequence[GoldQuestion]) -> Iterator[str]:
    asked: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for question in questions:
        turns = [text for turn in question.history for text in (turn.question, turn.answer)]
        asked[tuple(folded(text).casefold() for text in (*turns, question.question))].append(question.qid)
    for qids in asked.values():
        if len(qids) > 1:
            yield f"{', '.join(qids)}: the same question: it counts {len(qids)} times"


def _weak(question: GoldQuestion, text_of: TextOf) -> Iterator[str]:
    for evidence in evidence_of(question):
        places = len(locate(evidence.quote, text_of(evidence.doc_id) or ""))
        if places > 1:
            yield f"quote {evidence.quote!r} stands {places} times in {evidence.doc_id!r}, and each counts: lengthen it"
    for forms in question.facts:
        yield from _unfound(forms, question.evidence, text_of)
    for value in question.conflict:
        yield from _unfound(value.value, value.evidence, text_of)


def _unfound(forms: Sequence[str], evidence: Sequence[Evidence], text_of: TextOf) -> Iterator[str]:
    """One form in the text is enough: the others are there for answers in other words."""
    texts = [text for item in evidence if (text := text_of(item.doc_id)) is not None]
    if texts and not any(contains_form(text, form) for form in forms for text in texts):
        yield f"no form of {forms[0]!r} stands in the document of its evidence: can an answer state it?"
