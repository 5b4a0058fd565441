"""Where things lie in the lake. All paths are relative to its root."""

LEDGER = "_ledger"


def table(dataset: str) -> str:
    """The Delta table of a dataset's valid records."""
    return dataset


def quarantine(dataset: str) -> str:
    """The Delta table of a dataset's invalid records."""
    return f"_quarantine/{dataset}"


def replays(dataset: str) -> str:
    """The Delta table of the quarantined records that a replay found valid."""
    return f"_replays/{dataset}"


def attempt_folder(batch_id: str, attempt: int) -> str:
    """The folder, in each of a dataset's tables, that one attempt at a batch writes into."""
    return f"batch={batch_id}.{attempt}"


def manifest(dataset: str, batch_id: str, attempt: int) -> str:
    """The file that says what an attempt wrote; it is there once all of it is written."""
    return f"{table(dataset)}/{attempt_folder(batch_id, attempt)}/_manifest.json"
