"""Writing YOLO-pose: labels, `data.yaml`, and the sizes that the labels lack.

data.yaml    delivery.toml    jobs.csv (image, width, height, video)
labels/train/0001.txt for the image train/0001.jpg
"""

import io
from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.csv
import yaml

from posegate.transforms.formats.write import Keeps, Outgoing, class_of, classes_of
from posegate.transforms.kernels.buckets import runs
from posegate.transforms.kernels.geometry import both
from posegate.transforms.model.poses import Bools, Floats, Poses
from posegate.transforms.model.skeleton import Skeleton

BY = ("image",)
KEEPS = Keeps(
    fields=frozenset({"image", "width", "height", "video", "bbox"}), step=1e-9
)
SIDE = b"""format = "yolo-pose"

[annotators]
table = "jobs.csv"
"""
UNSIZED = "left out: the size of the image is not known"
UNNAMED = "left out: another image has this name, but for its ending, or it is no name"
UNBOXED = "left out: there is neither a box nor two keypoints"
BOXED = "bbox: the keypoints' own, where a row has none"
AT_ZERO = "keypoints at exactly (0, 0), which read as missing"
MARGIN = 1.01
"""Shares up to here are accepted by training code (ultralytics, verify_image_label)."""
OUTSIDE = "keypoints outside the image, for which training drops the whole file"


def write(given: Outgoing) -> dict[str, int]:
    """A file an image, and what training and our own reader need beside them."""
    classes = classes_of(given.rows.column("attributes"), given.skeleton)
    labels = names(given.images["image"].to_pylist())
    told = dict.fromkeys((UNSIZED, UNNAMED, UNBOXED, BOXED, AT_ZERO, OUTSIDE), 0)
    for batch in given.rows:
        batch = kept(batch, labels, told)
        lines = encoded(batch, classes, given.skeleton, told)
        code = batch["image"].dictionary_encode()
        starts, lengths = runs(code.indices.to_numpy())
        images = code.dictionary.to_pylist()
        for start, length in zip(starts.tolist(), lengths.tolist(), strict=True):
            label = labels[images[code.indices[start].as_py()]]
            assert label is not None
            with given.open(f"labels/{label}.txt") as file:
                file.write(b"\n".join(lines[start : start + length]) + b"\n")
    with given.open("data.yaml") as file:
        file.write(description(classes, given.skeleton))
    with given.open("jobs.csv") as file:
        file.write(table(given.images))
    with given.open("delivery.toml") as file:
        file.write(SIDE)
    return {said: count for said, count in told.items() if count}


def names(images: Sequence[str]) -> dict[str, str | None]:
    """Each image's label file without its ending; None where there can be none."""
    taken: set[str] = set()
    labels: dict[str, str | None] = {}
    for image in images:
        folder, slash, last = image.rpartition("/")
        label = folder + slash + (last.rpartition(".")[0] or last)
        parts = label.replace("\\", "/").split("/")
        safe = all(part.strip(". \0") for part in parts) and ":" not in label
        labels[image] = label if safe and label.casefold() not in taken else None
        taken.add(label.casefold())
    return labels


def kept(
    batch: pa.RecordBatch, labels: dict[str, str | None], told: dict[str, int]
) -> pa.RecordBatch:
    """The rows that can be written; `told` counts the others."""
    poses = Poses.of(batch)
    good = np.ones(batch.num_rows, np.bool_)
    for said, bad in (
        (UNSIZED, ~(poses.size > 0).all(axis=1)),
        (UNNAMED, np.array([labels[i] is None for i in batch["image"].to_pylist()])),
        (UNBOXED, ~whole(boxes(poses))),
    ):
        told[said] += int((good & bad).sum())
        good &= ~bad
    return batch.filter(pa.array(good))


def whole(box: Floats) -> Bools:
    """(N,) whether there is a box."""
    return np.asarray(np.isfinite(box).all(axis=1))


def boxes(poses: Poses) -> Floats:
    """(N, 4) [px: x, y, w, h] as given, else around the labelled keypoints, or NaN."""
    seen = poses.labelled[:, :, None]
    low = np.where(seen, poses.xy, np.inf).min(axis=1)
    high = np.where(seen, poses.xy, -np.inf).max(axis=1)
    around = np.concatenate([low, high - low], axis=1)
    around[~np.isfinite(around).all(axis=1)] = np.nan
    return np.where(whole(poses.bbox)[:, None], poses.bbox, around)


def encoded(
    batch: pa.RecordBatch,
    classes: Sequence[str],
    skeleton: Skeleton,
    told: dict[str, int],
) -> list[bytes]:
    """A line a row: the class, the box and the points as shares of the image."""
    poses = Poses.of(batch)
    told[BOXED] += int((~whole(poses.bbox)).sum())
    box, size = boxes(poses), poses.size
    center = (box[:, :2] + box[:, 2:] / 2) / size
    share = np.where(poses.labelled[:, :, None], poses.xy / size[:, None, :], 0.0)
    at_zero = poses.labelled & (share == 0).all(axis=2)
    told[AT_ZERO] += int(at_zero.sum())
    told[OUTSIDE] += int(outside(share).sum())
    flag = np.minimum(poses.visibility, 2)
    number = {name: i for i, name in enumerate(classes)}
    said = class_of(batch["attributes"], skeleton).to_pylist()
    columns = zip(
        [number[name] for name in said],
        np.concatenate([center, box[:, 2:] / size], axis=1).tolist(),
        share.tolist(),
        flag.tolist(),
        strict=True,
    )
    rows = [
        [name, *place, *(v for (x, y), f in zip(xy, v, strict=True) for v in (x, y, f))]
        for name, place, xy, v in columns
    ]
    text = msgspec.json.Encoder().encode_lines(rows).replace(b",", b" ")
    return [line[1:-1] for line in text.split(b"\n")[:-1]]


def outside(share: Floats) -> Bools:
    """(N, K) which of (N, K, 2) shares training refuses; NaN is not inside."""
    return np.asarray(~both((share <= MARGIN) & (share >= 1 - MARGIN)))


def description(classes: Sequence[str], skeleton: Skeleton) -> bytes:
    """`data.yaml`: the shape, which points swap, the classes' and points' names."""
    swap = list(range(len(skeleton.keypoints)))
    for a, b in skeleton.flip_pairs:
        swap[a], swap[b] = b, a
    said: dict[str, Any] = {
        "path": ".",
        "train": "images",
        "val": "images",
        "kpt_shape": [len(skeleton.keypoints), 3],
        "flip_idx": swap,
        "names": dict(enumerate(classes)),
        "kpt_names": {key: list(skeleton.keypoints) for key in range(len(classes))},
    }
    return Dumper.text(said)


class Dumper(yaml.SafeDumper):  # type: ignore[misc]  # it is untyped
    """Lists in one line, and nothing by reference."""

    def ignore_aliases(self, data: Any) -> bool:
        return True

    @staticmethod
    def text(said: dict[str, Any]) -> bytes:
        """A document."""
        text = yaml.dump(
            said, Dumper=Dumper, sort_keys=False, default_flow_style=None, width=88
        )
        return str(text).encode()


def table(images: pa.Table) -> bytes:
    """The job table: sizes, which the labels lack, and videos."""
    columns = ["image", "width", "height", "video"]
    file = io.BytesIO()
    pyarrow.csv.write_csv(images.select(columns), file)
    return file.getvalue()
