"""Everything that can go wrong between a question and its answer. A refusal is not an error.

AnsweringError                one line: what happened, the value, what to do next
├── QuestionEmpty             nothing was asked
├── ModeUnavailable           the mode asked for cannot run
├── ModelUnavailable          the model did not answer; `retryable` says whether the same request may succeed later
├── DraftMalformed            the model answered, and nothing of it could be read
├── ModelMissing              the local model file that was named is not there
├── PullFailed                the local model could not be fetched
└── Stopped                   the person who asked stopped it
"""


class AnsweringError(Exception):
    """Base of the tree above; `str()` of it is fit for a person."""


class QuestionEmpty(AnsweringError):
    pass


class ModeUnavailable(AnsweringError):
    pass


class ModelUnavailable(AnsweringError):
    def __init__(self, message: str, *, retryable: bool) -> None:
        super().__init__(message)
        self.retryable = retryable


class DraftMalformed(AnsweringError):
    pass


class ModelMissing(AnsweringError):
    pass


class PullFailed(AnsweringError):
    pass


class Stopped(AnsweringError):
    pass
