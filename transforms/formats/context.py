"""What a reader is given, and what it reports of every record."""

from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import BinaryIO

from posegate.transforms.model.delivery import Delivery, Shard
from posegate.transforms.model.jobs import JobTable
from posegate.transforms.model.skeleton import Skeleton


@dataclass(frozen=True)
class Context:
    """One shard to read, and what it is read against.

    `open` gives a seekable stream of a path's stored bytes (gzip is the reader's
    affair); `batch` is the number of rows of the batches that come out.
    """

    skeleton: Skeleton
    delivery: Delivery
    shard: Shard
    open: Callable[[str], BinaryIO]
    jobs: JobTable | None = None
    batch: int = 8192

    def role(self, otherwise: str | None = None) -> str:
        """By `roles` (the last that matches), else `otherwise`, else the delivery's."""
        for glob, role in reversed(self.delivery.roles.items()):
            if fnmatchcase(self.shard.name, glob):
                return role
        return otherwise or self.delivery.role


@dataclass
class Tally:
    """What became of a shard's records: `records == rows + quarantined`, or a bug.

    A record is what could have become a row: in COCO an element of `annotations`.
    `others` counts the quarantine rows about anything else: an image or a category
    that is none, and, with position -1, the file. The shard has `quarantined + others`
    rows in quarantine.
    """

    records: int = 0
    rows: int = 0
    quarantined: int = 0
    others: int = 0

    @property
    def adds_up(self) -> bool:
        """Whether no record was lost and none was made up."""
        return self.records == self.rows + self.quarantined
