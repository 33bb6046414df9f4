"""What a reader is given, and what it reports of every record."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import partial
from typing import BinaryIO

import numpy as np

from posegate.transforms.formats.files import File, files, is_archive
from posegate.transforms.formats.streams import DamagedStream
from posegate.transforms.kernels.json_faults import BOM
from posegate.transforms.model.delivery import Delivery, Shard
from posegate.transforms.model.jobs import JobTable
from posegate.transforms.model.poses import Floats
from posegate.transforms.model.skeleton import Skeleton

_SMALL = 16 << 20  # bytes of a companion, which is configuration


@dataclass(frozen=True)
class Context:
    """One shard to read, and what it is read against.

    `open` gives a seekable stream of a path's stored bytes; `batch` is the number of
    rows of the batches that come out.
    """

    skeleton: Skeleton
    delivery: Delivery
    shard: Shard
    open: Callable[[str], BinaryIO]
    jobs: JobTable | None = None
    batch: int = 8192
    endings: tuple[str, ...] = ("",)

    def files(self) -> Iterator[File | DamagedStream]:
        """The shard's file, or a bundle's; of an archive those with the format's
        `endings`, and what is damaged."""
        endings = self.endings if is_archive(self.shard.name) else ("",)
        for file in files(self.shard, self.open):
            if isinstance(file, DamagedStream) or file.name.lower().endswith(endings):
                yield file

    def role(self, source: str, otherwise: str | None = None) -> str:
        """By `roles` (the last that matches), else `otherwise`, else the delivery's."""
        for glob, role in reversed(self.delivery.roles.items()):
            if fnmatchcase(source, glob):
                return role
        return otherwise or self.delivery.role

    def named(self, source: str) -> dict[str, str]:
        """What a file's name says by `[names]`; nothing where it does not match."""
        pattern = self.delivery.names
        return (pattern.said(source) if pattern is not None else None) or {}

    def companion(self, file: File, *names: str) -> bytes | None:
        """The first of the files so named beside a file, or in a folder above it.

        A name may have folders: `../images/a.jpg` is not one, `images/a.jpg` is. Of
        each the one without `.gz` comes first; a byte order mark is left out.
        """
        either = (f"{name}{ending}" for name in names for ending in ("", ".gz"))
        for found in self.beside(file, *either):
            with closing(found.stream()) as stream, suppress(DamagedStream):
                return stream.read(_SMALL).removeprefix(BOM)
        return None

    def beside(self, file: File, *names: str) -> Iterator[File]:
        """The file that `companion` reads, if any: good until the next is asked for."""
        archived = is_archive(self.shard.name)
        inner = file.name.removeprefix(f"{self.shard.name}/") if archived else file.name
        folder = inner.rpartition("/")[0]
        while True:
            wanted = [f"{folder}/{name}".lstrip("/") for name in names]
            for found in self._in_archive(wanted) if archived else self._near(wanted):
                yield found
                return
            if not folder:
                return
            folder = folder.rpartition("/")[0]

    def _near(self, wanted: Sequence[str]) -> Iterator[File]:
        for name in wanted:
            path = f"{self.delivery.path}/{name}"
            with suppress(FileNotFoundError, NotADirectoryError, IsADirectoryError):
                self.open(path).close()
                yield File(name, partial(self.open, path))

    def _in_archive(self, wanted: Sequence[str]) -> Iterator[File]:
        names = {f"{self.shard.name}/{name}" for name in wanted}
        for file in files(self.shard, self.open):
            if isinstance(file, File) and file.name in names:
                yield file

    def sizes(self, images: Sequence[str]) -> Floats:
        """(N, 2) [px: width, height] by the job table; NaN where it has none."""
        out = np.full((len(images), 2), np.nan)
        if self.jobs is None or self.jobs.key != "image":
            return out
        rows = self.jobs.rows(images)
        for axis, name in enumerate(("width", "height")):
            said = self.jobs.column(name, rows)
            if said is not None:
                out[:, axis] = said.cast("float64").to_numpy(zero_copy_only=False)
        return out


@dataclass
class Tally:
    """What became of a shard's records: `records == rows + quarantined`, or a bug.

    A record is what could have become a row: in COCO an element of `annotations`.
    `others` counts the quarantine rows about anything else: an image or a category
    that is none, and, with position -1, the file. The shard has `quarantined + others`
    rows in quarantine. `images` were read, annotated or not; `notes` are facts about
    the delivery that are no single record's, counted by code.
    """

    records: int = 0
    rows: int = 0
    quarantined: int = 0
    others: int = 0
    images: int = 0
    notes: dict[str, int] = field(default_factory=dict)

    @property
    def adds_up(self) -> bool:
        """Whether no record was lost and none was made up."""
        return self.records == self.rows + self.quarantined
