"""A batch of COCO annotations as rows."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from posegate.transforms.formats import values
from posegate.transforms.formats.coco_categories import Categories
from posegate.transforms.formats.coco_images import Images
from posegate.transforms.formats.coco_merged import Merged
from posegate.transforms.formats.coco_parts import told
from posegate.transforms.formats.coco_pending import Records
from posegate.transforms.formats.coco_points import areas, boxes, outlines, points
from posegate.transforms.formats.keyframes import between
from posegate.transforms.formats.remarks import Remarks
from posegate.transforms.formats.rows import Rows
from posegate.transforms.kernels.json_scan import Ints
from posegate.transforms.model.poses import Bools, Bytes
from posegate.transforms.model.schema import Origin

TAKEN = frozenset({"annotator", "track_id", "keyframe"})
"""Attributes that have columns of their own."""


@dataclass
class Columns:
    """Makes rows of one file's annotations.

    `source` is the file's name. `listed`: it is a results list, whose third values are
    scores. `always` are repairs that concern every row; `ambiguous` the rows of images
    that other shards know otherwise. `flags` (4,) counts the keypoints by flag so far,
    `merged` looks whether people were merged.
    """

    source: str
    images: Images
    categories: Categories
    listed: bool = False
    always: tuple[str, ...] = ()
    ambiguous: frozenset[int] = frozenset()
    flags: Ints = field(default_factory=lambda: np.zeros(4, np.int64))
    merged: Merged = field(default_factory=Merged)

    def rows(self, records: Records) -> Rows:
        """The records as rows; what is wrong with them is in the remarks."""
        remarks = Remarks(len(records))
        self._note(records, remarks)
        model = np.array([s is not None for s in records.each("score")], np.bool_)
        model &= self.listed
        where = self._where(records, remarks)
        xy, flag = points(records.decoded, self.categories, model, remarks)
        self.flags += np.bincount(flag.reshape(-1), minlength=4)
        box = boxes(records.decoded, remarks)
        drawn = outlines(records.decoded)
        area, measured = areas(records.decoded, drawn, box, remarks)
        self.merged.look(where["row"], xy, flag, box, measured)
        given = records.each("attributes")
        track = _track(records, given)
        return Rows(
            position=records.ordinals,
            section="the list" if self.listed else "annotations",
            source=self.source,
            raw=records.raw,
            id=self._ids(records, remarks),
            xy=xy,
            visibility=flag,
            origin=_origins(given, track, flag.shape[1]),
            bbox=box,
            area=area,
            area_source=measured,
            segmentation=drawn,
            **{name: where[name] for name in _OF_IMAGES},
            job=_first(values.column(_job(records)), where["job"]),
            track=track,
            annotator=_annotator(records, given),
            annotated_at=_times(records),
            lead_time_s=values.firsts(
                records.each("lead_time_s"), records.each("lead_time")
            ),
            role=records.each("role"),
            model=model,
            attributes=given,
            taken=TAKEN,
            more=self._more(records, where["original"]),
            remarks=remarks,
        )

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

    def _where(self, records: Records, remarks: Remarks) -> dict[str, Any]:
        """The image of each record; refuses those that have none."""
        ids = records.each("image_id")
        rows = self.images.find(ids)
        named = self._named(ids, rows)
        remarks.repair(named, "coco.image-by-name")
        remarks.refuse(
            np.isin(rows, list(self.ambiguous)),
            "coco.image-ambiguous",
            lambda i: (
                f"image_id {ids[i]!r} means different images in the shards "
                "of this delivery; number images throughout"
            ),
        )
        remarks.refuse(
            (rows < 0) & ~named,
            "coco.image-missing",
            lambda i: f"image_id {ids[i]!r} is no image here; deliver its record",
        )
        table = self.images.take(rows)
        where = {name: table[name].combine_chunks() for name in table.column_names}
        if named.any():
            said = pa.array([str(i) for i in ids], pa.string())
            where["image"] = pc.coalesce(where["image"], said)
        for name, code in (("unsized", "image-size"), ("mended", "image-dropped")):
            found = where[name].fill_null(False).to_numpy(zero_copy_only=False)
            remarks.repair(found, f"coco.{code}")
        return where | {"row": rows}

    def _named(self, ids: Sequence[Any], rows: Ints) -> Bools:
        """(N,): a model's results name the image by its file; finds it in `rows`."""
        named = np.zeros(len(ids), np.bool_)
        for i in np.flatnonzero(rows < 0).tolist() if self.listed else ():
            if isinstance(ids[i], str) and ids[i].lower().endswith(_ENDINGS):
                named[i] = True
                rows[i] = self.images.by_name(ids[i])
        return named

    def _ids(self, records: Records, remarks: Remarks) -> list[Any]:
        """The records' own; a missing one is a repair, but for a model's results."""
        ids = records.each("id")
        if None in ids and not self.listed:
            missing = np.array([id is None for id in ids], np.bool_)
            remarks.repair(missing, "coco.id-missing")
        return ids

    def _more(
        self, records: Records, original: pa.Array
    ) -> dict[str, Sequence[str | None]]:
        """Attributes by name, (N,) each."""
        columns = told(records.decoded)
        crowd = records.each("iscrowd")
        if any(crowd):
            columns["iscrowd"] = ["1" if c else None for c in crowd]
        if original.null_count < len(original):
            columns["original"] = original.to_pylist()
        if self.categories.told or not all(records.each("keypoints")):
            matches = map(self.categories.find, records.each("category_id"))
            columns["category"] = [match.name or None for match in matches]
        return columns


_ENDINGS = (".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff")

_OF_IMAGES = ("image", "width", "height", "video", "frame", "fps")


def _first(one: pa.Array, other: pa.Array) -> pa.Array:
    return other if one.null_count == len(one) else pc.coalesce(one, other)


def _job(records: Records) -> list[Any]:
    return values.firsts(records.each("job"), records.each("job_id"))


def _annotator(records: Records, given: Sequence[dict[str, Any] | None]) -> list[Any]:
    return values.firsts(
        records.each("annotator"),
        records.each("annotator_id"),
        _attribute(given, "annotator"),
        _people(records.each("completed_by")),
    )


def _people(given: list[Any]) -> list[Any]:
    return given if values.empty(given) else list(map(values.person, given))


def _track(records: Records, given: Sequence[dict[str, Any] | None]) -> list[Any]:
    return values.firsts(records.each("track_id"), _attribute(given, "track_id"))


def _attribute(given: Sequence[dict[str, Any] | None], name: str) -> list[Any]:
    if values.empty(given):
        return [None] * len(given)
    return [attributes.get(name) if attributes else None for attributes in given]


def _times(records: Records) -> list[Any]:
    said = [records.each(n) for n in ("annotated_at", "created_at", "updated_at")]
    return values.firsts(*said)


def _origins(
    given: Sequence[dict[str, Any] | None], track: Sequence[Any], k: int
) -> Bytes | Origin:
    """(N, K): placed, or made by a tool between two keyframes; one for all."""
    made = [
        said is not None and between(said, of is not None)
        for said, of in zip(given, track, strict=True)
    ]
    if not any(made):
        return Origin.PLACED
    origin = np.where(np.array(made), Origin.INTERPOLATED, Origin.PLACED)
    return np.repeat(origin.astype(np.uint8)[:, None], k, axis=1)
