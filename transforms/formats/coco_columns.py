"""A batch of COCO annotations as canonical columns."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from posegate.transforms.formats.coco_images import Categories, Images
from posegate.transforms.formats.coco_points import (
    Remarks,
    areas,
    boxes,
    is_drawn,
    points,
)
from posegate.transforms.formats.coco_records import Annotation, person, text
from posegate.transforms.formats.context import Context
from posegate.transforms.model.poses import Bools, Bytes
from posegate.transforms.model.schema import Origin, Role, instances
from posegate.transforms.model.times import times

FORMAT = "coco"
_TAKEN = ("annotator", "track_id")  # attributes that have a column of their own
_ROLES = frozenset(Role)

Keys = npt.NDArray[np.uint64]

Refused = tuple[int, str, str, bytes]
"""Position, reason, detail, raw."""


@dataclass
class Records:
    """Decoded annotations in file order, with where they were and what was mended."""

    decoded: list[Annotation] = field(default_factory=list)
    raws: list[memoryview] = field(default_factory=list)
    positions: list[int] = field(default_factory=list)
    mended: dict[int, list[str]] = field(default_factory=dict)
    """Codes of repairs by position."""

    def __len__(self) -> int:
        return len(self.decoded)

    def cut(self, n: int) -> "Records":
        """Takes the first n off."""
        head = Records(self.decoded[:n], self.raws[:n], self.positions[:n], self.mended)
        self.decoded, self.raws = self.decoded[n:], self.raws[n:]
        self.positions = self.positions[n:]
        return head

    def each(self, name: str) -> list[Any]:
        """(N,) a field of every record."""
        return list(map(attrgetter(name), self.decoded))


@dataclass
class Columns:
    """Makes canonical batches of one file's annotations.

    `listed`: the file is a results list, whose third values are scores. `always` are
    repairs that concern every row.
    """

    context: Context
    images: Images
    categories: Categories
    listed: bool = False
    always: tuple[str, ...] = ()
    ambiguous: frozenset[int] = frozenset()
    _seen: Keys = field(default_factory=lambda: np.empty(0, np.uint64))

    def batch(self, records: Records) -> tuple[pa.RecordBatch, list[Refused]]:
        """The rows that are good, and the records that are not."""
        remarks = Remarks(len(records))
        self._note(records, remarks)
        columns = self._columns(records, remarks)
        instance, digest = _instances(
            columns["image"].to_pylist(),
            records,
            columns["annotator"].to_pylist(),
            columns["role"].to_pylist(),
        )
        columns["instance"] = pa.array(instance, pa.string())
        again = self._again(digest, remarks.good)
        remarks.refuse(
            again,
            "coco.duplicate-id",
            lambda i: (
                f"id {records.decoded[i].id!r} is there twice for this image and "
                "annotator; give each annotation its own"
            ),
        )
        columns["repairs"] = _repairs(remarks)
        schema = instances(len(self.context.skeleton.keypoints))
        good = remarks.good
        columns["image"] = columns["image"].fill_null("")
        batch = pa.RecordBatch.from_arrays(
            [columns[name] for name in schema.names], schema=schema
        )
        refused = [
            (records.positions[i], code, detail, bytes(records.raws[i]))
            for i, (code, detail) in sorted(remarks.reasons.items())
        ]
        return (batch if good.all() else batch.filter(pa.array(good))), refused

    def _note(self, records: Records, remarks: Remarks) -> None:
        """Takes over the repairs made while decoding, and those of the whole file."""
        for code in self.always:
            remarks.repair(np.ones(len(records), np.bool_), code)
        for i, position in enumerate(records.positions if records.mended else ()):
            for code in records.mended.get(position, ()):
                remarks.repair(np.arange(len(records)) == i, code)

    def _columns(self, records: Records, remarks: Remarks) -> dict[str, pa.Array]:
        n, skeleton = len(records), self.context.skeleton
        k = len(skeleton.keypoints)
        scored = np.array([s is not None for s in records.each("score")], np.bool_)
        scored &= self.listed
        where = self._where(records, remarks)
        xy, flag = points(records.decoded, self.categories, scored, remarks)
        box = boxes(records.decoded, remarks)
        area, source = areas(records.decoded, box, remarks)
        who = self._who(records, where, scored, remarks)
        columns = {
            "id": pa.array(list(map(text, records.each("id"))), pa.string()),
            **{name: where[name] for name in ("image", "width", "height")},
            **{name: where[name] for name in ("frame", "fps")},
            **who,
            "xy": _lists(xy, 2 * k),
            "z": pa.nulls(n, pa.list_(pa.float64(), k)),
            "unit": pa.nulls(n, pa.string()),
            "visibility": _lists(flag, k),
            "origin": _lists(_origins(records, who["role"], scored, k), k),
            "bbox": _lists(box, 4, np.isnan(box[:, 0])),
            "area": pa.array(area, mask=np.isnan(area)),
            "area_source": pa.array(source, pa.string()),
            "segmentation": _segmentations(records),
            "source": pa.repeat(self.context.shard.name, n),
            "position": pa.array(records.positions, pa.int64()),
            "format": pa.repeat(FORMAT, n),
        }
        missing = np.array([i is None for i in records.each("id")], np.bool_)
        if not self.listed:
            remarks.repair(missing, "coco.id-missing")
        return columns

    def _where(self, records: Records, remarks: Remarks) -> dict[str, pa.Array]:
        """The image of each record; refuses those that have none."""
        ids = records.each("image_id")
        rows = self.images.find(ids)
        if self.ambiguous:
            unsure = np.isin(rows, list(self.ambiguous))
            remarks.refuse(
                unsure,
                "coco.image-ambiguous",
                lambda i: (
                    f"image_id {ids[i]!r} means different images in the shards of "
                    "this delivery; number images throughout"
                ),
            )
        remarks.refuse(
            rows < 0,
            "coco.image-missing",
            lambda i: (
                f"image_id {ids[i]!r} is no image of the file; deliver its record"
            ),
        )
        table = self.images.take(rows)
        where = {name: table[name].combine_chunks() for name in table.column_names}
        for name, code in (("unsized", "image-size"), ("mended", "image-dropped")):
            found = where[name].fill_null(False).to_numpy(zero_copy_only=False)
            remarks.repair(found, f"coco.{code}")
        return where

    def _who(
        self,
        records: Records,
        where: Mapping[str, pa.Array],
        scored: Bools,
        remarks: Remarks,
    ) -> dict[str, pa.Array]:
        """Who, when and what of: from the record, the job table, or the delivery."""
        job = _Job(self.context, where, records)
        given = [_attributes(record) for record in records.decoded]
        annotator = [
            person(
                _first(r.annotator, r.annotator_id, a.get("annotator"), r.completed_by)
            )
            for r, a in zip(records.decoded, given, strict=True)
        ]
        track = [
            text(_first(r.track_id, a.get("track_id")))
            for r, a in zip(records.decoded, given, strict=True)
        ]
        lead = [_first(r.lead_time_s, r.lead_time) for r in records.decoded]
        return {
            "annotator": job.fill(
                "annotator",
                pa.array(annotator, pa.string()),
                self.context.delivery.annotator,
            ),
            "annotated_at": job.fill("annotated_at", _times(records, remarks)),
            "lead_time_s": job.fill("lead_time_s", pa.array(lead, pa.float32())),
            "role": self._roles(records, job, scored, remarks),
            "video": job.fill("video", where["video"]),
            "track": job.fill("track", pa.array(track, pa.string())),
            "attributes": _map(records, given, where["original"], job),
        }

    def _roles(
        self, records: Records, job: "_Job", scored: Bools, remarks: Remarks
    ) -> pa.Array:
        given = [r.strip().lower() if r else None for r in records.each("role")]
        unknown = np.array([r is not None and r not in _ROLES for r in given], np.bool_)
        remarks.refuse(
            unknown,
            "coco.role",
            lambda i: f"role {given[i]!r} is none of {', '.join(Role)}",
        )
        default = pa.array(
            np.where(
                scored,
                self.context.role(Role.PRELABEL.value),
                self.context.role(),
            ).astype(object),
            pa.string(),
        )
        return pc.coalesce(job.fill("role", pa.array(given, pa.string())), default)

    def _again(self, digest: Keys, good: Bools) -> Bools:
        """(N,): an earlier good record has the same instance."""
        first = np.zeros(len(digest), np.bool_)
        rows = np.flatnonzero(good)
        first[rows[np.unique(digest[rows], return_index=True)[1]]] = True
        if len(self._seen):
            at = np.minimum(np.searchsorted(self._seen, digest), len(self._seen) - 1)
            first &= self._seen[at] != digest
        merged = np.concatenate([self._seen, np.sort(digest[first])])
        merged.sort(kind="stable")  # merges two sorted runs: linear
        self._seen = merged
        return good & ~first


class _Job:
    """The rows of the job table that belong to a batch."""

    def __init__(
        self, context: Context, where: Mapping[str, pa.Array], records: Records
    ) -> None:
        self.table, self.n = context.jobs, len(records)
        if self.table is not None:
            keys = where["image"].to_pylist()
            if self.table.key == "job":
                own = [text(_first(r.job, r.job_id)) for r in records.decoded]
                keys = pc.coalesce(pa.array(own, pa.string()), where["job"]).to_pylist()
            self.rows = self.table.rows(keys)

    def fill(self, name: str, given: pa.Array, default: str | None = None) -> pa.Array:
        """What the record gives, else the job table, else the default."""
        if self.table is not None and given.null_count:
            said = self.table.column(name, self.rows)
            given = given if said is None else pc.coalesce(given, said)
        if default is not None:
            given = given.fill_null(default)
        return given

    def attributes(self) -> dict[str, list[str | None]]:
        """The table's other columns, by name, each (N,)."""
        if self.table is None:
            return {}
        columns = {n: self.table.column(n, self.rows) for n in self.table.attributes}
        return {n: c.to_pylist() for n, c in columns.items() if c is not None}


def _first(*values: Any) -> Any:
    return next((value for value in values if value is not None), None)


def _attributes(record: Annotation) -> dict[str, Any]:
    return record.attributes or {}


def _lists(values: npt.NDArray[Any], width: int, none: Bools | None = None) -> pa.Array:
    """(N, …) as a column of lists of `width`, null where `none` (N,)."""
    mask = None if none is None or not none.any() else pa.array(none)
    flat = pa.array(values.reshape(-1))
    return pa.FixedSizeListArray.from_arrays(flat, width, mask=mask)


def _segmentations(records: Records) -> pa.Array:
    raws = [bytes(s) if is_drawn(s) else None for s in records.each("segmentation")]
    return pa.array(raws, pa.binary())


def _origins(records: Records, role: pa.Array, scored: Bools, k: int) -> Bytes:
    """(N, K): a model's, or a tool's between two keyframes, or placed by hand."""
    prelabel = pc.equal(role, Role.PRELABEL.value).to_numpy(zero_copy_only=False)
    between = np.array(
        [_attributes(r).get("keyframe") is False for r in records.decoded], np.bool_
    )
    origin = np.where(between, Origin.INTERPOLATED, Origin.PLACED)
    origin = np.where(scored | prelabel, Origin.PREDICTED, origin).astype(np.uint8)
    return np.repeat(origin, k)


def _times(records: Records, remarks: Remarks) -> pa.Array:
    values = [
        _first(r.annotated_at, r.created_at, r.updated_at) for r in records.decoded
    ]
    column, bad, assumed = times(values)
    remarks.repair(bad, "coco.time-unreadable")
    remarks.repair(assumed, "coco.time-zone-assumed")
    return column


def _map(
    records: Records, given: Sequence[dict[str, Any]], original: pa.Array, job: _Job
) -> pa.Array:
    """The attributes as a map of texts; the record's win over the job table's."""
    type_ = pa.map_(pa.string(), pa.string())
    crowd = records.each("iscrowd")
    from_job = job.attributes()
    names = original.to_pylist() if original.null_count < len(original) else ()
    if not (from_job or names or any(given) or any(crowd)):
        return pa.nulls(len(records), type_)
    maps = []
    for i, attributes in enumerate(given):
        pairs = {name: column[i] for name, column in from_job.items()}
        pairs |= {k: scalar(v) for k, v in attributes.items() if k not in _TAKEN}
        if crowd[i]:
            pairs["iscrowd"] = "1"
        if names and names[i] is not None:
            pairs["original"] = names[i]
        maps.append([(k, v) for k, v in pairs.items() if v is not None] or None)
    return pa.array(maps, type_)


def scalar(value: object) -> str | None:
    """An attribute's value as a text; None for lists and objects."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return text(value) if isinstance(value, str | int | float) else None


def _repairs(remarks: Remarks) -> pa.Array:
    """The codes of each row, sorted; an empty list where nothing was mended."""
    codes = sorted(remarks.repairs)
    if not codes:
        empty = np.zeros(remarks.n + 1, np.int32)
        return pa.ListArray.from_arrays(pa.array(empty), pa.array([], pa.string()))
    table = np.stack([remarks.repairs[code] for code in codes], axis=1)  # (N, codes)
    ends = np.concatenate([[0], np.cumsum(table.sum(axis=1))]).astype(np.int32)
    which = pa.array(np.nonzero(table)[1])
    return pa.ListArray.from_arrays(pa.array(ends), pa.array(codes).take(which))


def _instances(
    images: Sequence[str | None],
    records: Records,
    annotators: Sequence[str | None],
    roles: Sequence[str],
) -> tuple[list[str], Keys]:
    """Names (N,) that survive a re-delivery, and their first 8 bytes as numbers.

    A record without an id goes by its position.
    """
    ids = [
        text(id) or f"#{position}"
        for id, position in zip(records.each("id"), records.positions, strict=True)
    ]
    parts = zip(images, ids, annotators, roles, strict=True)
    digests = [
        hashlib.sha256("\x1f".join([p or "" for p in part]).encode()).digest()[:12]
        for part in parts
    ]
    first = np.frombuffer(b"".join(digests), ">u8,u4")["f0"].astype(np.uint64)
    return [d.hex() for d in digests], first
