"""What an imported file may be written in, and where its import may stand."""

from enum import StrEnum


class ImportState(StrEnum):
    """Where an import stands."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    REVERTING = "reverting"
    REVERTED = "reverted"


class FileFormat(StrEnum):
    """What a file is written in."""

    MARC21 = "marc21"
    MARCXML = "marcxml"
    CSV = "csv"
