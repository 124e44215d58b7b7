"""Errors, split by whose fault it is.

The user's: `UsageError`, shown as one line, exit status 2. What a target says of a document, an
edit or a snapshot: the three `Invalid...` errors, which a target raises and the harness expects.
Our own faults are assertions and, out of a worker, `TaskFailed`: they end with a traceback and exit
status 3.
"""


class UsageError(Exception):
    """The user asked for something that cannot be done; the message says what to do instead."""


class TaskFailed(Exception):
    """A task raised in its worker. Carries the worker's traceback."""


class InvalidEdit(ValueError):
    """An edit does not fit the document. `Incremental.apply` raised it and changed nothing."""


class InvalidDocument(ValueError):
    """A target refuses this text. Raised by `Target.batch`; the harness drops the step."""


class InvalidSnapshot(ValueError):
    """A snapshot is damaged, of another version, or of another document.

    Raised by `SnapshotTarget.restore`.
    """
