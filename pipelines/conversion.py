"""A delivery read, written in another format, read again and compared."""

import logging
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from types import ModuleType
from typing import BinaryIO

import pyarrow as pa
import pyarrow.compute as pc

from posegate.pipelines import intake, project
from posegate.pipelines.skeleton import found
from posegate.pipelines.speech import printable
from posegate.transforms import formats, storage
from posegate.transforms.formats import Context, Tally, loss, writers
from posegate.transforms.formats.loss import Found
from posegate.transforms.formats.write import Outgoing, Together, spool
from posegate.transforms.model import skeleton as skeletons
from posegate.transforms.model.delivery import Delivery
from posegate.transforms.model.jobs import JobTable
from posegate.transforms.model.schema import QUARANTINE
from posegate.transforms.model.skeleton import Skeleton

LOG = logging.getLogger("posegate")


@dataclass(frozen=True)
class Conversion:
    """What is to be converted, checked: nothing is written yet."""

    delivery: Delivery
    skeleton: Skeleton
    target: ModuleType
    out: str
    alone: tuple[str, ...] = ()
    """Files of the delivery that are no format known, and are not read."""

    @property
    def single(self) -> bool:
        """Whether OUT is a file, by its ending."""
        return self.out.lower().endswith(tuple(self.target.SUFFIXES))


def prepare(
    path: str,
    out: str,
    to: str,
    *,
    skeleton: str | None = None,
    settings: str | None = None,
    format: str | None = None,
    category: str | None = None,
) -> Conversion:
    """Looks at the delivery and the call; raises ValueError for what is wrong."""
    known = writers()
    if to not in known:
        raise ValueError(f"--to: {to!r} is not written; one of {', '.join(known)}")
    if settings is not None:
        said = project.load(settings)
        own = said.load_skeleton()
        delivery, alone = intake.inspect(path, said, format)
    else:
        delivery, alone = intake.listed(path, format)
        intake.check_any(delivery.shards, alone, path, delivery.format)
        own = skeletons.load(skeleton) if skeleton else found(path, format, category)
    out = out.rstrip("/")
    intake.check_apart(delivery.path, out, "OUT")
    if storage.exists(out) and storage.listing(out):
        raise ValueError(f"OUT {out!r} is there already; choose another, or remove it")
    for place in (out, os.path.dirname(out)):  # the report lies beside
        storage.check_writable(place)
    return Conversion(delivery, own, known[to], out, alone)


@dataclass
class Report:
    """What became of the rows."""

    tally: Tally
    refused: dict[str, tuple[int, str]] = field(default_factory=dict)
    """Quarantined, by reason: how many, and the first one's sentence."""
    bare: int = 0
    """Images of which their file has no row."""
    again: int = 0
    """Rows that have the id of an earlier one, of the same image and annotator."""
    foretold: dict[str, int] = field(default_factory=dict)
    told: dict[str, int] = field(default_factory=dict)
    found: Found | None = None

    def code(self, conversion: Conversion) -> int:
        """The exit code: 1 where rows were lost, or none could be read or written."""
        left = sum(n for said, n in self.told.items() if said.startswith("left out"))
        if self.tally.rows <= left and (self.tally.records or self.tally.others):
            return 1
        if self.found is None:
            return 0
        keeps = conversion.target.KEEPS
        lacks = self.found.rows - left != self.found.back
        return int(lacks or bool(self.found.beyond(keeps, self.told)))

    def text(self, conversion: Conversion) -> str:
        """The loss report."""
        tally, target = self.tally, conversion.target
        lines = [
            f"{conversion.delivery.name} -> {target.NAME}: {conversion.out}",
            f"skeleton: {conversion.skeleton.name}",
            f"read: {tally.records:,} records, {tally.rows:,} rows, "
            f"{tally.quarantined:,} in quarantine",
        ]
        for reason, (count, detail) in sorted(self.refused.items()):
            lines.append(f"  {count:>9,}  {reason}: {detail}")
        if self.bare:
            lines.append(
                f"  {self.bare:>9,}  images without a row in their file: not written"
            )
        if self.again:
            lines.append(
                f"  {self.again:>9,}  rows with the id of an earlier one, of the same "
                "image and annotator: all are written; is a file there twice?"
            )
        if alone := conversion.alone:
            some = printable(", ".join(alone[:5]))
            lines.append(f"  {len(alone):>9,}  files left alone: {some}")
        lines += self.ahead(target)
        if self.told:
            lines += ["told while writing:", *counted(self.told)]
        lines += self._back(target)
        return "\n".join(line for line in lines if line)

    def ahead(self, target: ModuleType) -> list[str]:
        """What the target cannot hold of what was read: known before it is written."""
        lines = [f"{target.NAME} cannot hold:"] if self.foretold else []
        lines += counted(self.foretold)
        step = target.KEEPS.step
        if step >= 0.001:
            lines.append(f"  positions are rounded: off by {step:g} px at most")
        return lines

    def _back(self, target: ModuleType) -> Iterator[str]:
        if self.found is None:
            yield "not read back: there is no reader for it"
            return
        found = self.found
        yield (
            f"read back: {found.back:,} rows of {found.rows:,}; {found.compared:,} "
            f"compared, positions off by {found.farthest:.2g} px at most"
        )
        beyond = found.beyond(target.KEEPS, self.told)
        yield from counted(
            {
                f"rows with another {n}" + ("" if n in beyond else ", as told"): c
                for n, c in found.changed.items()
            }
        )
        if beyond:
            yield f"NOT KEPT although it should be: {', '.join(beyond)}"


def counted(lines: dict[str, int]) -> list[str]:
    """Counts and what they count, one a line."""
    return [f"  {count:>9,}  {said}" for said, count in lines.items()]


def run(conversion: Conversion) -> Report:
    """Reads, writes, reads again, and writes the report beside what it wrote."""
    with tempfile.TemporaryDirectory() as folder:
        report = Report(Tally())
        rows = read(conversion.delivery, conversion.skeleton, report, f"{folder}/rows")
        target = conversion.target
        together = Together(rows, getattr(target, "BY", ("image",)))
        report.foretold = loss.foretold(iter(rows.to_batches()), target.KEEPS)
        for line in report.ahead(target):
            LOG.info("%s", line)
        out = Outgoing(
            conversion.delivery.name,
            conversion.skeleton,
            together,
            opener(conversion),
        )
        report.again = len(rows) - pc.count_distinct(rows["instance"]).as_py()
        report.told = target.write(out)
        if hasattr(target, "read"):
            report.found = compared(conversion, rows, folder)
    text = report.text(conversion)
    storage.write_bytes(f"{conversion.out}.loss.txt", f"{text}\n".encode())
    return report


def compared(conversion: Conversion, rows: pa.Table, folder: str) -> Found:
    """What was written, read again, beside what was to be written."""
    target = conversion.target
    if not storage.exists(conversion.out):
        return Found(rows=len(rows))
    written = intake.listed(conversion.out, target.NAME)[0]
    again = Report(Tally())
    back = read(written, conversion.skeleton, again, f"{folder}/back")
    whole = "image" in target.KEEPS.fields
    return loss.found(rows, back, ("image",) if whole else ("video", "frame", "track"))


def read(delivery: Delivery, skeleton: Skeleton, report: Report, path: str) -> pa.Table:
    """A delivery's rows in a mapped file; the report has what became of records."""
    jobs = None
    if delivery.jobs is not None:
        jobs = JobTable.load(delivery.jobs.path, storage.read_bytes)

    def good() -> Iterator[pa.RecordBatch]:
        for shard in delivery.shards:
            context = Context(skeleton, delivery, shard, storage.open_input, jobs)
            tally, shown = Tally(), set[str]()
            for batch in formats.read(context, tally):
                if batch.schema.names == QUARANTINE.names:
                    refuse(batch, report)
                else:
                    shown.update(batch["image"].unique().to_pylist())
                    yield batch
            add_up(report.tally, tally)
            report.bare += max(tally.images - len(shown), 0)

    return spool(good(), path, len(skeleton.keypoints))


def refuse(batch: pa.RecordBatch, report: Report) -> None:
    """Counts quarantined records by reason."""
    for reason, detail in zip(
        batch["reason"].to_pylist(), batch["detail"].to_pylist(), strict=True
    ):
        count, first = report.refused.get(reason, (0, detail))
        report.refused[reason] = count + 1, first


def add_up(total: Tally, tally: Tally) -> None:
    """Adds a shard's tally to the delivery's."""
    for name in ("records", "rows", "quarantined", "others", "images"):
        setattr(total, name, getattr(total, name) + getattr(tally, name))


def opener(
    conversion: Conversion,
) -> Callable[[str], AbstractContextManager[BinaryIO]]:
    """Opens files of the output by name; the one file itself where OUT is that."""
    opened: list[str] = []

    def one(name: str) -> AbstractContextManager[BinaryIO]:
        if opened:
            raise ValueError(
                f"OUT {conversion.out!r}: {conversion.target.NAME} is several files "
                f"({opened[0]}, {name}, ...); give a folder"
            )
        opened.append(name)
        return storage.writing(conversion.out)

    def many(name: str) -> AbstractContextManager[BinaryIO]:
        return storage.writing(f"{conversion.out}/{name}")

    return one if conversion.single else many
