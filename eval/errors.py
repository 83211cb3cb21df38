"""Everything that can go wrong between a gold file, or a public question set, and a run.

    EvaluationError               what happened, the value, what to do next
    ├── GoldInvalid               the gold file is missing, empty, or has bad lines (all of them listed)
    ├── RunInvalid                the run file is missing or is not one
    └── DataInvalid               a yardstick's data is missing or has a bad line, or the library is another's

A question that could not be answered because the model failed is neither: it is an unscored item of its run.
"""


class EvaluationError(Exception):
    """Base of the tree above; `str()` of it is fit for a person."""


class GoldInvalid(EvaluationError):
    pass


class RunInvalid(EvaluationError):
    pass


class DataInvalid(EvaluationError):
    pass
