"""Files in memory, recognised and read as a delivery is."""

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa

from posegate.transforms.formats import Context, Tally, read
from posegate.transforms.formats.recognise import Store, recognise
from posegate.transforms.formats.traps import documented
from posegate.transforms.model.delivery import deliver, parse_side_file
from posegate.transforms.model.jobs import JobTable
from posegate.transforms.model.schema import QUARANTINE, instances
from posegate.transforms.model.skeleton import Skeleton
from posegate.transforms.storage import File


class Memory:
    """Files by name that open like those on a disk."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self.files = dict(files)

    def open(self, path: str) -> BinaryIO:
        name = path.removeprefix("d/")
        if name not in self.files:
            raise FileNotFoundError(path)
        return io.BytesIO(self.files[name])

    def head(self, path: str, size: int) -> bytes:
        return self.open(path).read(size)

    def listing(self) -> list[File]:
        return [File(f"d/{n}", n, len(data)) for n, data in self.files.items()]


class Reading:
    """Everything that reading a delivery gave; conservation is checked on the way.

    `side` is the text of delivery.toml, but for its job table, which is `jobs`.
    `shards` are those recognised, `alone` the names left alone; `tally` adds up all
    shards' tallies; `rows` and `bad` are the canonical and the quarantine rows.
    """

    def __init__(
        self,
        files: Mapping[str, bytes] | Path,
        skeleton: Skeleton,
        *,
        format: str | None = None,
        jobs: JobTable | None = None,
        batch: int = 8192,
        side: str = "",
        **says: Any,
    ) -> None:
        if isinstance(files, Path):
            files = contents(files)
        store = Memory(files)
        told = parse_side_file(side, "d/delivery.toml")
        format = format or told.format
        found, self.alone = recognise(
            store.listing(),
            Store(store.open, store.head, lambda path: ("", None)),
            format,
            "d",
        )
        self.delivery = deliver(found, told, "d", "d")
        for name, value in says.items():
            object.__setattr__(self.delivery, name, value)
        self.shards = self.delivery.shards
        self.tally = Tally()
        self.batches: list[pa.RecordBatch] = []
        for shard in self.shards:
            tally = Tally()
            context = Context(skeleton, self.delivery, shard, store.open, jobs, batch)
            self.batches += read(context, tally)
            assert tally.adds_up, tally
            for name in ("records", "rows", "quarantined", "others", "images"):
                total = getattr(self.tally, name) + getattr(tally, name)
                setattr(self.tally, name, total)
            for code, count in tally.notes.items():
                self.tally.notes[code] = self.tally.notes.get(code, 0) + count
        schema = instances(len(skeleton.keypoints))
        good = [b for b in self.batches if b.schema == schema]
        bad = [b for b in self.batches if b.schema == QUARANTINE]
        assert len(good) + len(bad) == len(self.batches)
        for each in self.batches:
            each.validate(full=True)
        self.rows = [row for b in good for row in b.to_pylist()]
        self.bad = [row for b in bad for row in b.to_pylist()]
        assert self.tally.rows == len(self.rows)
        assert self.tally.quarantined + self.tally.others == len(self.bad)

    @property
    def texts(self) -> list[str]:
        """Every row as a text, in which NaN equals itself."""
        return [*map(repr, self.rows)]

    @property
    def reasons(self) -> list[str]:
        return [row["reason"] for row in self.bad]

    @property
    def repairs(self) -> set[str]:
        return {code for row in self.rows for code in row["repairs"]}

    @property
    def codes(self) -> set[str]:
        """Every code that anything of it carries."""
        return {*self.reasons, *self.repairs, *self.tally.notes}

    def undocumented(self) -> set[str]:
        """The codes that no page explains."""
        known = documented()
        return {c for c in self.codes if c not in known and not c.startswith("json.")}


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, or one file, by its name there."""
    if folder.is_file():
        return {folder.name: folder.read_bytes()}
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
