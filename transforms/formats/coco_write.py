"""Writing COCO keypoints JSON as a stream: images first, then annotations."""

from collections.abc import Container, Iterator, Sequence
from math import isfinite
from typing import Any, Protocol

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from posegate.transforms.formats.write import (
    IMAGE,
    Keeps,
    Outgoing,
    class_of,
    classes_of,
)
from posegate.transforms.kernels.buckets import Hashes, stable_hash
from posegate.transforms.model.poses import Poses
from posegate.transforms.model.schema import Origin, Role
from posegate.transforms.model.skeleton import Skeleton

KEEPS = Keeps(
    fields=frozenset(
        {
            *(
                "id",
                "image",
                "width",
                "height",
                "video",
                "frame",
                "fps",
                "track",
                "annotator",
            ),
            *("annotated_at", "lead_time_s", "role", "bbox", "area", "segmentation"),
            "attributes",
        }
    ),
    origin=(Origin.PLACED, Origin.PLACED, Origin.INTERPOLATED, Origin.PLACED),
)
FILE = "annotations.json"

_encoder = msgspec.json.Encoder()


class Sink(Protocol):
    """Whatever takes bytes."""

    def write(self, data: bytes, /) -> int:
        """Appends them all."""


class Writer:
    """One COCO file: `begin`, then all images, then all annotations, then `end`."""

    def __init__(self, file: Sink) -> None:
        self._file = file
        self._first = True
        self._known = np.empty(0, np.uint64)
        self._classes: list[str] = []
        self.annotations = 0

    def begin(
        self, description: str, skeleton: Skeleton, classes: Sequence[str] = ()
    ) -> None:
        """The head of the file: what it is, and a category for each class (without
        any, for what the skeleton is of), all of them with the skeleton."""
        self._skeleton, self._classes = skeleton, [*classes] or [skeleton.category]
        categories = [
            {
                "id": id,
                "name": name,
                "keypoints": skeleton.keypoints,
                "skeleton": [[a + 1, b + 1] for a, b in skeleton.limbs],
            }
            for id, name in enumerate(self._classes, 1)
        ]
        said = map(_encoder.encode, ({"description": description}, categories))
        self._file.write(b'{"info":%b,"categories":%b,"images":[' % tuple(said))

    def images(self, rows: pa.RecordBatch, ids: Sequence[int]) -> None:
        """Appends image records with these ids; `rows` has one row an image."""
        columns = [rows[name].to_pylist() for name in IMAGE]
        self._append(image(*each) for each in zip(ids, *columns, strict=True))

    def turn(self, known: Hashes) -> None:
        """Ends the images and begins the annotations.

        Args:
          known: the images' hashes, ascending; an image's id is its place, from 1.
        """
        self._file.write(b'],"annotations":[')
        self._first = True
        self._known = known

    def add(self, rows: pa.RecordBatch, ids: Sequence[int] | None = None) -> None:
        """Appends canonical rows as annotations; without `ids` they count from 1."""
        rank = np.searchsorted(self._known, stable_hash(rows["image"]))
        images = (rank + 1).tolist()
        first = self.annotations + 1
        numbers = range(first, first + rows.num_rows) if ids is None else ids
        named = class_of(rows["attributes"], self._skeleton)
        heads = _encoder_lines(head(rows, images, numbers, named, self._classes))
        tails = zip(triplets(Poses.of(rows)), segmentations(rows), strict=True)
        self._append_raw(
            h[:-1] + b',"keypoints":' + keypoints + segment + b"}"
            for h, (keypoints, segment) in zip(heads, tails, strict=True)
        )
        self.annotations += rows.num_rows

    def end(self) -> None:
        """Closes the document; the file itself is the caller's."""
        self._file.write(b"]}\n")

    def _append(self, records: Iterator[dict[str, Any]]) -> None:
        self._append_raw(iter(_encoder_lines(list(records))))

    def _append_raw(self, records: Iterator[bytes]) -> None:
        text = b",\n".join(records)
        if text:
            self._file.write(text if self._first else b",\n" + text)
            self._first = False


def _encoder_lines(records: list[dict[str, Any]]) -> list[bytes]:
    return _encoder.encode_lines(records).split(b"\n")[:-1]


def image(
    id: int,
    name: str,
    width: int | None,
    height: int | None,
    video: str | None,
    frame: int | None,
    fps: float | None,
) -> dict[str, Any]:
    """An image record; what is not known is left out."""
    record: dict[str, Any] = {"id": id, "file_name": name}
    optional: dict[str, Any] = {"width": width, "height": height, "video": video}
    optional |= {"frame": frame, "fps": fps}
    return record | {key: value for key, value in optional.items() if value is not None}


_FIELDS = {
    "area_source": "area_source",
    "track": "track_id",
    "annotator": "annotator",
    "annotated_at": "annotated_at",
    "lead_time_s": "lead_time_s",
    "role": "role",
    "instance": "instance",
}
"""Columns whose values are written as they are, by the record's field."""


def head(
    rows: pa.RecordBatch,
    images: Sequence[int],
    ids: Sequence[int],
    named: pa.Array,
    classes: Sequence[str],
) -> list[dict[str, Any]]:
    """The annotations without their keypoints, which are encoded all at once.

    Args:
      named: (N,) each row's class, one of the `classes`.
    """
    poses = Poses.of(rows)
    columns = [
        ids,
        images,
        pc.add(pc.index_in(named, value_set=pa.array(classes)), 1).to_pylist(),
        poses.labelled.sum(axis=1).tolist(),
        poses.bbox.tolist(),
        rows["area"].to_pylist(),
        attributes(rows, poses, {"category"} if len(classes) > 1 else set()),
    ]
    known = [dict(each) for each in _said(rows)]
    return [
        {
            "id": id,
            "image_id": image,
            "category_id": category,
            "iscrowd": int(said.get("iscrowd") == "1"),
            "num_keypoints": count,
            **({"bbox": box} if isfinite(box[0]) else {}),
            **({"area": area} if area is not None else {}),
            **more,
            **({"attributes": said} if said else {}),
        }
        for id, image, category, count, box, area, said, more in zip(
            *columns, known, strict=True
        )
    ]


def _said(rows: pa.RecordBatch) -> Iterator[list[tuple[str, Any]]]:
    """The fields of `_FIELDS` that each row has; production is what all is anyway."""
    columns = dict(zip(rows.schema.names, rows.columns, strict=True))
    plain = pc.equal(columns["role"], Role.PRODUCTION.value)
    nothing = pa.scalar(None, pa.string())
    columns["role"] = pc.if_else(plain, nothing, columns["role"])
    given = [columns[name].to_pylist() for name in _FIELDS]
    for values in zip(*given, strict=True):
        pairs = zip(_FIELDS.values(), values, strict=True)
        yield [(name, value) for name, value in pairs if value is not None]


def attributes(
    rows: pa.RecordBatch, poses: Poses, less: Container[str]
) -> list[dict[str, Any]]:
    """Each row's attributes, less those said otherwise; `keyframe` is false where a
    tool made all its points."""
    between = (poses.origin == Origin.INTERPOLATED) | ~poses.labelled
    made = (between.all(axis=1) & poses.labelled.any(axis=1)).tolist()
    given = rows["attributes"].to_pylist()
    return [
        {name: text for name, text in said or () if name not in less}
        | ({"keyframe": False} if tool else {})
        for said, tool in zip(given, made, strict=True)
    ]


def triplets(poses: Poses) -> list[bytes]:
    """Each pose as COCO's `[x, y, v, …]`: 0, 0, 0 where nothing is labelled.

    COCO knows no flag 3; it is written as 2, visible.
    """
    n, k = poses.visibility.shape
    points = np.empty((n, k), [("x", "f8"), ("y", "f8"), ("v", "u1")])
    known = poses.labelled
    points["x"] = np.where(known, poses.xy[..., 0], 0.0)
    points["y"] = np.where(known, poses.xy[..., 1], 0.0)
    points["v"] = np.minimum(poses.visibility, 2)
    text = _encoder.encode_lines(points.tolist())
    return (
        text.replace(b"],[", b",")
        .replace(b"[[", b"[")
        .replace(b"]]", b"]")
        .split(b"\n")[:-1]
    )


def segmentations(rows: pa.RecordBatch) -> list[bytes]:
    """Each segmentation as the end of a record, byte for byte as it was delivered."""
    return [
        b"" if raw is None else b',"segmentation":' + raw
        for raw in rows["segmentation"].to_pylist()
    ]


def write(given: Outgoing) -> dict[str, int]:
    """One file, `annotations.json`, with all that COCO's readers may look for."""
    known = np.unique(stable_hash(given.images["image"].combine_chunks()))
    rank = np.searchsorted(known, stable_hash(given.images["image"].combine_chunks()))
    numbered = numbers(given.rows.column("id"))
    with given.open(FILE) as file:
        writer = Writer(file)
        classes = classes_of(given.rows.column("attributes"), given.skeleton)
        writer.begin(given.name, given.skeleton, classes)
        for batch in given.images.combine_chunks().to_batches():
            writer.images(batch, (rank + 1).tolist())
        writer.turn(known)
        for batch in given.rows:
            ids = batch["id"].cast(pa.int64()).to_pylist() if numbered else None
            writer.add(batch, ids)
        writer.end()
    return {} if numbered else {RENUMBERED: len(given.rows)}


RENUMBERED = "id: no whole numbers that stand once each, so numbered from 1"


def numbers(ids: pa.ChunkedArray) -> bool:
    """Whether identifiers are whole numbers, each different: what COCO asks for."""
    whole = pc.match_substring_regex(ids, r"^(0|[1-9]\d{0,17})$").fill_null(False)
    return bool(pc.all(whole).as_py()) and pc.count_distinct(ids).as_py() == len(ids)
