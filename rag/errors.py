"""Everything that can go wrong between a question and its answer. A refusal is not an error.

AnsweringError                one line: what happened, the value, what to do next
├── QuestionEmpty             nothing was asked
└── ModeUnavailable           the mode asked for cannot run
"""


class AnsweringError(Exception):
    """Base of the tree above; `str()` of it is fit for a person."""


class QuestionEmpty(AnsweringError):
    pass


class ModeUnavailable(AnsweringError):
    pass
