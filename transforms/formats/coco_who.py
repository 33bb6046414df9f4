"""Who annotated, when, in which role, and what else is said of an instance."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from operator import attrgetter
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from posegate.transforms.formats import values
from posegate.transforms.formats.coco_records import Annotation
from posegate.transforms.formats.context import Context
from posegate.transforms.formats.remarks import Remarks
from posegate.transforms.model.poses import Bools
from posegate.transforms.model.schema import Role
from posegate.transforms.model.times import times

_TAKEN = frozenset({"annotator", "track_id"})  # they have columns of their own
_ROLES = frozenset(Role)
_MAP = pa.map_(pa.string(), pa.string())

Spans = npt.NDArray[np.int64]
"""(N, 4): number of the piece of the file, start and stop in it, ordinal."""


@dataclass
class Records:
    """Decoded annotations in file order, with where they were and what was mended."""

    decoded: list[Annotation] = field(default_factory=list)
    spans: Spans = field(default_factory=lambda: np.empty((0, 4), np.int64))
    pieces: dict[int, bytes] = field(default_factory=dict)
    mended: dict[int, list[str]] = field(default_factory=dict)
    """Codes of repairs by ordinal."""

    def __len__(self) -> int:
        return len(self.decoded)

    def add(
        self, decoded: list[Annotation], data: bytes, spans: npt.NDArray[np.int64]
    ) -> None:
        """Appends records; `spans` (N, 3): where in `data`, and their ordinals."""
        number = max(self.pieces, default=-1) + 1
        self.pieces[number] = data
        added = np.insert(spans, 0, number, axis=1)
        self.decoded += decoded
        self.spans = np.concatenate([self.spans, added])

    def cut(self, n: int) -> "Records":
        """Takes the first n off."""
        last = int(self.spans[n - 1, 3])
        mended = {o: self.mended.pop(o) for o in list(self.mended) if o <= last}
        head = Records(self.decoded[:n], self.spans[:n], self.pieces, mended)
        del self.decoded[:n]
        self.spans = self.spans[n:]
        used = set(self.spans[:, 0].tolist())
        self.pieces = {i: data for i, data in self.pieces.items() if i in used}
        return head

    @property
    def ordinals(self) -> npt.NDArray[np.int64]:
        """(N,) the place of each in its section."""
        return self.spans[:, 3]

    def raw(self, i: int) -> bytes:
        """The bytes of a record."""
        piece, start, stop, _ = self.spans[i].tolist()
        return self.pieces[piece][start:stop]

    def each(self, name: str) -> list[Any]:
        """(N,) a field of every record."""
        return list(map(attrgetter(name), self.decoded))


class Job:
    """The rows of the job table that belong to a batch."""

    def __init__(
        self, context: Context, where: Mapping[str, pa.Array], records: Records
    ) -> None:
        self.table = context.jobs
        if self.table is not None:
            keys = where["image"].to_pylist()
            if self.table.key == "job":
                own = values.firsts(records.each("job"), records.each("job_id"))
                keys = pc.coalesce(values.column(own), where["job"]).to_pylist()
            self.rows = self.table.rows(keys)

    def fill(self, name: str, given: pa.Array, default: str | None = None) -> pa.Array:
        """What the record gives, else the job table, else the default."""
        if self.table is not None and given.null_count:
            said = self.table.column(name, self.rows)
            given = given if said is None else pc.coalesce(given, said)
        return given if default is None else given.fill_null(default)

    def attributes(self) -> dict[str, list[str | None]]:
        """The table's other columns, by name, each (N,)."""
        if self.table is None:
            return {}
        columns = {n: self.table.column(n, self.rows) for n in self.table.attributes}
        return {n: c.to_pylist() for n, c in columns.items() if c is not None}


def who(
    context: Context,
    records: Records,
    where: Mapping[str, pa.Array],
    scored: Bools,
    remarks: Remarks,
) -> dict[str, pa.Array]:
    """Annotator, time, role, video, track, attributes: columns (N,).

    Each from the record, else from the job table, else from the delivery. `scored` (N,)
    are a model's; `where` has the image's columns.
    """
    job = Job(context, where, records)
    given = records.each("attributes")
    annotator = values.firsts(
        records.each("annotator"),
        records.each("annotator_id"),
        _attribute(given, "annotator"),
        list(map(values.person, records.each("completed_by"))),
    )
    track = values.firsts(records.each("track_id"), _attribute(given, "track_id"))
    lead = values.firsts(records.each("lead_time_s"), records.each("lead_time"))
    default = context.delivery.annotator
    return {
        "annotator": job.fill("annotator", values.column(annotator), default),
        "annotated_at": job.fill("annotated_at", _times(records, remarks)),
        "lead_time_s": job.fill("lead_time_s", pa.array(lead, pa.float32())),
        "role": _roles(context, records, job, scored, remarks),
        "video": job.fill("video", where["video"]),
        "track": job.fill("track", values.column(track)),
        "attributes": _attributes(records, given, where["original"], job),
    }


def _attribute(given: Sequence[dict[str, Any] | None], name: str) -> list[Any]:
    if values.empty(given):
        return [None] * len(given)
    return [attributes.get(name) if attributes else None for attributes in given]


def _times(records: Records, remarks: Remarks) -> pa.Array:
    said = [records.each(n) for n in ("annotated_at", "created_at", "updated_at")]
    column, bad, assumed = times(values.firsts(*said))
    remarks.repair(bad, "coco.time-unreadable")
    remarks.repair(assumed, "coco.time-zone-assumed")
    return column


def _roles(
    context: Context, records: Records, job: Job, scored: Bools, remarks: Remarks
) -> pa.Array:
    given = records.each("role")
    if not values.empty(given):
        given = [role.strip().lower() if role else None for role in given]
        unknown = [role is not None and role not in _ROLES for role in given]
        remarks.refuse(
            np.array(unknown, np.bool_),
            "coco.role",
            lambda i: f"role {given[i]!r} is none of {', '.join(Role)}",
        )
    own = job.fill("role", pa.array(given, pa.string()))
    name = context.shard.name
    prelabel, default = context.role(name, Role.PRELABEL.value), context.role(name)
    return pc.coalesce(own, pc.if_else(pa.array(scored), prelabel, default))


def _attributes(
    records: Records,
    given: Sequence[dict[str, Any] | None],
    original: pa.Array,
    job: Job,
) -> pa.Array:
    """The attributes as a map of texts; the record's win over the job table's."""
    crowd = records.each("iscrowd")
    columns = job.attributes()
    if any(crowd):
        columns["iscrowd"] = ["1" if c else None for c in crowd]
    if original.null_count < len(original):
        columns["original"] = original.to_pylist()
    if not columns and (quick := _plain(given)) is not None:
        return quick
    maps = []
    for i, attributes in enumerate(given):
        pairs = {name: column[i] for name, column in columns.items()}
        for name, value in (attributes or {}).items():
            if name not in _TAKEN and (said := values.scalar(value)) is not None:
                pairs[name] = said
        maps.append([(k, v) for k, v in pairs.items() if v is not None] or None)
    return pa.array(maps, _MAP)


def _plain(given: Sequence[dict[str, Any] | None]) -> pa.Array | None:
    """The map at once, if every record has one of nothing but texts, or none has."""
    if values.empty(given):
        return pa.nulls(len(given), _MAP)
    if not all(given):
        return None
    maps: Sequence[dict[str, Any]] = given  # type: ignore[assignment]
    names = list(chain.from_iterable(maps))
    said = list(chain.from_iterable(map(dict.values, maps)))
    if set(map(type, said)) != {str} or not _TAKEN.isdisjoint(names):
        return None
    ends = np.cumsum([0, *map(len, maps)]).astype(np.int32)
    return pa.MapArray.from_arrays(
        pa.array(ends), pa.array(names, pa.string()), pa.array(said, pa.string())
    )
