"""A batch of COCO annotations as canonical columns."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from posegate.transforms.formats import values
from posegate.transforms.formats.coco_images import Categories, Images
from posegate.transforms.formats.coco_points import (
    areas,
    boxes,
    is_drawn,
    points,
)
from posegate.transforms.formats.coco_who import Records, who
from posegate.transforms.formats.context import Context
from posegate.transforms.formats.remarks import Remarks
from posegate.transforms.model.poses import Bools, Bytes
from posegate.transforms.model.schema import Origin, Role, instances

FORMAT = "coco"

Refused = tuple[int, str, str, bytes]
"""Position, reason, detail, raw."""

Keys = npt.NDArray[np.uint64]


@dataclass
class Columns:
    """Makes canonical batches of one file's annotations.

    `listed`: the file is a results list, whose third values are scores. `always` are
    repairs that concern every row; `ambiguous` the rows of images that other shards
    know otherwise.
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
        columns["instance"] = self._instances(columns, records, remarks)
        columns["image"] = columns["image"].fill_null("")
        columns["repairs"] = remarks.codes()
        schema = instances(len(self.context.skeleton.keypoints))
        arrays = [columns[name] for name in schema.names]
        batch = pa.RecordBatch.from_arrays(arrays, schema=schema)
        refused = [
            (int(records.ordinals[i]), code, detail, records.raw(i))
            for i, (code, detail) in sorted(remarks.reasons.items())
        ]
        return batch.filter(pa.array(remarks.good)) if refused else batch, refused

    def _note(self, records: Records, remarks: Remarks) -> None:
        """Takes over the repairs made while decoding, and those of the whole file."""
        for code in self.always:
            remarks.repair(np.ones(len(records), np.bool_), code)
        where: dict[str, list[int]] = {}
        for ordinal, codes in records.mended.items():
            for code in codes:
                where.setdefault(code, []).append(ordinal)
        for code, ordinals in where.items():
            remarks.repair(np.isin(records.ordinals, ordinals), code)

    def _columns(self, records: Records, remarks: Remarks) -> dict[str, pa.Array]:
        n, k = len(records), len(self.context.skeleton.keypoints)
        scored = np.array([s is not None for s in records.each("score")], np.bool_)
        scored &= self.listed
        where = self._where(records, remarks)
        xy, flag = points(records.decoded, self.categories, scored, remarks)
        box = boxes(records.decoded, remarks)
        area, source = areas(records.decoded, box, remarks)
        said = who(self.context, records, where, scored, remarks)
        return {
            "id": values.column(records.each("id")),
            **{name: where[name] for name in ("image", "width", "height")},
            **{name: where[name] for name in ("frame", "fps")},
            **said,
            "xy": _lists(xy, 2 * k),
            "z": pa.nulls(n, pa.list_(pa.float64())),
            "unit": pa.nulls(n, pa.string()),
            "visibility": _lists(flag, k),
            "origin": _lists(_origins(records, said["role"], scored, k), k),
            "bbox": _lists(box, 4),
            "area": pa.array(area, mask=np.isnan(area)),
            "area_source": pa.array(source, pa.string()),
            "segmentation": _segmentations(records),
            "source": pa.repeat(self.context.shard.name, n),
            "position": pa.array(records.ordinals),
            "format": pa.repeat(FORMAT, n),
        }

    def _where(self, records: Records, remarks: Remarks) -> dict[str, pa.Array]:
        """The image of each record; refuses those that have none."""
        ids = records.each("image_id")
        rows = self.images.find(ids)
        remarks.refuse(
            np.isin(rows, list(self.ambiguous)),
            "coco.image-ambiguous",
            lambda i: (
                f"image_id {ids[i]!r} means different images in the shards "
                "of this delivery; number images throughout"
            ),
        )
        remarks.refuse(
            rows < 0,
            "coco.image-missing",
            lambda i: f"image_id {ids[i]!r} is no image here; deliver its record",
        )
        table = self.images.take(rows)
        where = {name: table[name].combine_chunks() for name in table.column_names}
        for name, code in (("unsized", "image-size"), ("mended", "image-dropped")):
            found = where[name].fill_null(False).to_numpy(zero_copy_only=False)
            remarks.repair(found, f"coco.{code}")
        return where

    def _instances(
        self, columns: dict[str, pa.Array], records: Records, remarks: Remarks
    ) -> pa.Array:
        """Names of instances (N,); refuses those that an earlier record has."""
        ids = values.texts(records.each("id"))
        if None in ids:
            if not self.listed:
                missing = np.array([id is None for id in ids], np.bool_)
                remarks.repair(missing, "coco.id-missing")
            ordinals = records.ordinals.tolist()
            ids = [id or f"#{i}" for id, i in zip(ids, ordinals, strict=True)]
        names, digest = _digests(
            columns["image"].fill_null("").to_pylist(),
            ids,
            columns["annotator"].fill_null("").to_pylist(),
            columns["role"].to_pylist(),
        )
        remarks.refuse(
            self._again(digest, remarks.good),
            "coco.duplicate-id",
            lambda i: (
                f"id {ids[i]} is there twice for this image and annotator; "
                "give each annotation its own"
            ),
        )
        return pa.array(names, pa.string())

    def _again(self, digest: Keys, good: Bools) -> Bools:
        """(N,): an earlier good record has the same name."""
        first = np.zeros(len(digest), np.bool_)
        rows = np.flatnonzero(good)
        first[rows[np.unique(digest[rows], return_index=True)[1]]] = True
        if len(self._seen):
            at = np.minimum(np.searchsorted(self._seen, digest), len(self._seen) - 1)
            first &= self._seen[at] != digest
        merged = np.concatenate([self._seen, np.sort(digest[first])])
        merged.sort(kind="stable")  # of two sorted runs: linear
        self._seen = merged
        return good & ~first


def _digests(*parts: Sequence[str | None]) -> tuple[list[str], Keys]:
    """Names that survive a re-delivery, in hex, and their first 8 bytes as numbers."""
    digests = [
        hashlib.sha256("\x1f".join(part).encode()).digest()[:12]
        for part in zip(*parts, strict=True)
    ]
    first = np.frombuffer(b"".join(digests), ">u8,u4")["f0"].astype(np.uint64)
    return [digest.hex() for digest in digests], first


def _lists(array: npt.NDArray[Any], width: int) -> pa.Array:
    """(N, …) as a column of lists of `width`."""
    return pa.FixedSizeListArray.from_arrays(pa.array(array.reshape(-1)), width)


def _segmentations(records: Records) -> pa.Array:
    given = records.each("segmentation")
    raws = [bytes(raw) if is_drawn(raw) else None for raw in given]
    return pa.array(raws, pa.binary())


def _origins(records: Records, role: pa.Array, scored: Bools, k: int) -> Bytes:
    """(N * K,): a model's, or a tool's between two keyframes, or placed by hand."""
    prelabel = pc.equal(role, Role.PRELABEL.value).to_numpy(zero_copy_only=False)
    given = records.each("attributes")
    between = [bool(a) and a.get("keyframe") is False for a in given]
    origin = np.where(np.array(between), Origin.INTERPOLATED, Origin.PLACED)
    origin = np.where(scored | prelabel, Origin.PREDICTED, origin).astype(np.uint8)
    return np.repeat(origin, k)
