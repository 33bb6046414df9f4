"""Writing COCO keypoints JSON as a stream: images first, then annotations."""

from collections.abc import Iterator, Sequence
from math import isfinite
from typing import Any, Protocol

import msgspec
import numpy as np
import pyarrow as pa

from posegate.transforms.kernels.buckets import Hashes, stable_hash
from posegate.transforms.model.poses import Poses
from posegate.transforms.model.skeleton import Skeleton

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
        self.annotations = 0

    def begin(self, description: str, skeleton: Skeleton) -> None:
        """The head of the file: what it is, and the skeleton as its one category."""
        category = {
            "id": 1,
            "name": skeleton.category,
            "keypoints": skeleton.keypoints,
            "skeleton": [[a + 1, b + 1] for a, b in skeleton.limbs],
        }
        info = _encoder.encode({"description": description})
        self._file.write(
            b'{"info":%b,"categories":[%b],"images":['
            % (info, _encoder.encode(category))
        )

    def images(self, rows: pa.RecordBatch, ids: Sequence[int]) -> None:
        """Appends image records with these ids; `rows` has one row an image."""
        names = ("image", "width", "height", "video", "frame", "fps")
        columns = [rows[name].to_pylist() for name in names]
        self._append(image(*each) for each in zip(ids, *columns, strict=True))

    def turn(self, known: Hashes) -> None:
        """Ends the images and begins the annotations.

        Args:
          known: the images' hashes, ascending; an image's id is its place, from 1.
        """
        self._file.write(b'],"annotations":[')
        self._first = True
        self._known = known

    def add(self, rows: pa.RecordBatch) -> None:
        """Appends canonical rows as annotations."""
        rank = np.searchsorted(self._known, stable_hash(rows["image"]))
        images = (rank + 1).tolist()
        heads = _encoder_lines(head(rows, images, self.annotations))
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


def head(
    rows: pa.RecordBatch, images: Sequence[int], before: int
) -> list[dict[str, Any]]:
    """The annotations without their keypoints, which are encoded all at once."""
    poses = Poses.of(rows)
    columns = zip(
        images,
        poses.labelled.sum(axis=1).tolist(),
        poses.bbox.tolist(),
        rows["area"].to_pylist(),
        *(
            rows[n].to_pylist()
            for n in ("track", "annotator", "attributes", "instance")
        ),
        strict=True,
    )
    return [
        {
            "id": before + number,
            "image_id": image,
            "category_id": 1,
            "iscrowd": 0,
            "num_keypoints": n,
            **({"bbox": bbox} if isfinite(bbox[0]) else {}),
            **({"area": area} if area is not None else {}),
            **({"track_id": track} if track is not None else {}),
            **({"annotator": annotator} if annotator is not None else {}),
            **({"attributes": dict(attributes)} if attributes else {}),
            "instance": instance,
        }
        for number, (
            image,
            n,
            bbox,
            area,
            track,
            annotator,
            attributes,
            instance,
        ) in enumerate(columns, 1)
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
