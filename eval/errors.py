"""Everything that can go wrong between a gold file, or a public question set, and a run.

    EvaluationError               what happened, the value, what to do next
    ├── GoldInvalid               the gold file is missing, empty, or has bad lines (all of them listed)
    ├── RunInvalid                the run file is missing or is not one
    ├── DataInvalid               a yardstick's data is missing or has a bad line, or the library is another's
    ├── CacheUnusable             the file of kept replies is something else
    ├── SystemUnusable            a system to score cannot be started, which concerns all questions
    └── SystemFailed              it gave no answer to one question, or one that cannot be read

The last, like the failure of a model on one question, makes an unscored item and no end of the run.
"""


class EvaluationError(Exception):
    """Base of the tree above; `str()` of it is fit for a person."""


class GoldInvalid(EvaluationError):
    pass


class RunInvalid(EvaluationError):
    pass


class DataInvalid(EvaluationError):
    pass


class CacheUnusable(EvaluationError):
    pass


class SystemUnusable(EvaluationError):
    pass


class SystemFailed(EvaluationError):
    pass
