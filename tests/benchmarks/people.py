"""Real people with keypoints, read from ../shared/data, as arrays."""

import hashlib
import itertools
import json
import tarfile
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from posegate.pipelines.demo import Spec, make
from posegate.transforms.kernels.geometry import BOX_SHARE, bounding_box
from posegate.transforms.model.poses import Bools, Bytes, Floats
from posegate.transforms.model.schema import instances
from posegate.transforms.model.skeleton import Skeleton

DATA = Path(__file__).parents[3] / "shared" / "data"

FITTED = 6
"""Tenths of the images that the pose model was fitted to; the others measure it."""


@dataclass(frozen=True)
class People:
    """N instances of one skeleton, clean as far as is known.

    `xy` (N, K, 2) [px], `flags` (N, K), `bbox` (N, 4), `area` (N,), `size` (N, 2),
    `image` (N,).
    """

    xy: Floats
    flags: Bytes
    bbox: Floats
    area: Floats
    size: Floats
    image: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.xy)

    def take(self, rows: np.ndarray) -> "People":
        """Some of them: (M,) positions or (N,) flags."""
        rows = np.arange(len(self))[rows]
        return People(
            self.xy[rows],
            self.flags[rows],
            self.bbox[rows],
            self.area[rows],
            self.size[rows],
            tuple(self.image[i] for i in rows),
        )

    @property
    def scale(self) -> Floats:
        """(N,) [px]: the square root of the area."""
        return np.sqrt(self.area)

    @property
    def clear(self) -> Bools:
        """(N,): eight keypoints and more than 32 px of scale."""
        return ((self.flags > 0).sum(axis=1) >= 8) & (self.scale > 32)


def tenth(image: str) -> int:
    """0 to 9, the same for the same image anywhere."""
    name = image.partition(" by ")[0]
    return int(hashlib.sha256(name.encode()).hexdigest()[:8], 16) % 10


def held_out(people: People) -> Bools:
    """(N,): of an image that the pose model has not seen."""
    return np.array([tenth(image) >= FITTED for image in people.image])


def coco_yolo(data: Path = DATA) -> People:
    """All people of COCO val2017 with keypoints, from their YOLO copy.

    The text has no sizes of images: they are the largest for which all coordinates are
    whole pixels, as COCO's are. The area is that of COCO people in their boxes.
    """
    parts = list(_yolo(data / "coco_val2017_yolopose" / "labels_val2017.tar.gz"))
    *arrays, names = zip(*parts, strict=True)
    xy, flags, bbox, size = (np.concatenate(each) for each in arrays)
    area = BOX_SHARE * bbox[:, 2] * bbox[:, 3]
    return People(xy, flags, bbox, area, size, tuple(itertools.chain(*names)))


def _yolo(archive: Path) -> Iterator[tuple[Floats, Bytes, Floats, Floats, list[str]]]:
    with tarfile.open(archive) as files:
        for member in sorted(files.getmembers(), key=lambda each: each.name):
            text = files.extractfile(member) if member.isfile() else None
            lines = text.read().decode().split("\n") if text else []
            rows = np.array([line.split() for line in lines if line], float)
            if not len(rows):
                continue
            points = rows[:, 5:].reshape(len(rows), 17, 3)
            known = points[..., 2] > 0
            wide, high = whole(points[..., 0][known]), whole(points[..., 1][known])
            size = np.array([wide, high], float)
            xy = np.where(known[..., None], np.round(points[..., :2] * size), np.nan)
            middle, extent = rows[:, 1:3] * size, rows[:, 3:5] * size
            bbox = np.concatenate([middle - extent / 2, extent], axis=1)
            name = Path(member.name).stem + ".jpg"
            yield (
                xy,
                points[..., 2].astype(np.uint8),
                bbox,
                np.tile(size, (len(rows), 1)),
                [name] * len(rows),
            )


def whole(shares: Floats) -> int:
    """The image's side for which its shares, of six decimals, are whole pixels."""
    for side in range(640, 99, -1):
        off = shares * side
        if (np.abs(off - np.round(off)) < 1.2e-3 * side / 640 + 3e-4).all():
            return side
    raise ValueError("no side up to 640 px makes these whole pixels")


def coco_first(data: Path = DATA) -> People:
    """The people of 538 images of COCO val2017, with segment areas; crowds aside."""
    file = data / "coco_val2017_first538" / "person_keypoints_val2017.json"
    return in_coco([json.loads(file.read_text(encoding="utf-8"))])


def in_coco(tables: Sequence[dict[str, Any]]) -> People:
    """The people of COCO files with keypoints; crowds aside."""
    sizes = {image["id"]: image for table in tables for image in table["images"]}
    people = [
        each
        for table in tables
        for each in table["annotations"]
        if each["num_keypoints"] and not each["iscrowd"]
    ]
    points = np.array([each["keypoints"] for each in people], float)
    points = points.reshape(len(people), -1, 3)
    of = [sizes[each["image_id"]] for each in people]
    return People(
        xy=np.where(points[..., 2:] > 0, points[..., :2], np.nan),
        flags=points[..., 2].astype(np.uint8),
        bbox=np.array([each["bbox"] for each in people], float),
        area=np.array([each["area"] for each in people], float),
        size=np.array([(each["width"], each["height"]) for each in of], float),
        image=tuple(
            f"{image['file_name']} by {each.get('annotator', '')}"
            for each, image in zip(people, of, strict=True)
        ),
    )


def openpose(data: Path = DATA) -> People:
    """What OpenPose's BODY_25B saw of two people from two cameras; 25 joints.

    Machine output: its mistakes are there, so it says what rules do on another skeleton
    and on tracks, not how often they are wrong.
    """
    rows, images = [], []
    with tarfile.open(data / "openpose_json_balancing" / "cam01_cam02.tar.gz") as files:
        for member in sorted(files.getmembers(), key=lambda each: each.name):
            text = files.extractfile(member) if member.isfile() else None
            for person in json.loads(text.read())["people"] if text else ():
                rows.append(person["pose_keypoints_2d"])
                images.append(member.name)
    points = np.array(rows, float).reshape(len(rows), -1, 3)
    return of_points(points[..., :2], points[..., 2] > 0, tuple(images))


def of_points(xy: Floats, seen: Bools, images: tuple[str, ...] = ()) -> People:
    """People of whom only points are known: box and area come from these, the image's
    size is not known."""
    xy = np.where(seen[..., None], xy, np.nan)
    bbox = bounding_box(xy, seen)
    n = len(xy)
    return People(
        xy,
        np.where(seen, 2, 0).astype(np.uint8),
        bbox,
        BOX_SHARE * bbox[:, 2] * bbox[:, 3],
        np.full((n, 2), np.nan),
        images or tuple(f"{i}.jpg" for i in range(n)),
    )


def generated(number: int = 3000, seed: int = 7) -> People:
    """People that the demo draws: clean, by honest annotators."""
    with tempfile.TemporaryDirectory() as folder:
        spec = Spec(Path(folder), instances=number, seed=seed, weeks=1, clean=True)
        files = sorted(make(spec).folder.glob("deliveries/*/shard-*.json"))
        return in_coco([json.loads(file.read_bytes()) for file in files])


def faces_300w(data: Path = DATA) -> People:
    """689 faces of 300-W, 68 points."""
    file = data / "face_300w_csv" / "face_landmarks_300w_valid.csv"
    rows = [line.split(",")[4:140] for line in file.read_text().splitlines()[1:]]
    points = np.array(rows, float).reshape(len(rows), 68, 2)
    return of_points(points, np.ones(points.shape[:2], bool))


def faces_wflw(data: Path = DATA) -> People:
    """Faces of WFLW with large poses or make-up, 98 points."""
    files = sorted((data / "face_wflw").glob("list_98pt_test_*.txt"))
    lines = [line for file in files for line in file.read_text().splitlines()]
    points = np.array([line.split()[:196] for line in lines if line], float)
    points = np.unique(points, axis=0).reshape(-1, 98, 2)  # some are in both lists
    return of_points(points, np.ones(points.shape[:2], bool))


def hands(data: Path = DATA) -> People:
    """The hands with 15 points and more in the samples that mmpose tests with."""
    found = []
    for name in ("freihand", "onehand10k"):
        file = data / "mmpose_open" / name / f"test_{name}.json"
        found += [each["keypoints"] for each in _annotations(file)]
    for each in _annotations(data / "mmpose_open/coco/test_coco_wholebody.json"):
        found += [
            each[f"{s}hand_kpts"] for s in ("left", "right") if each[f"{s}hand_valid"]
        ]
    points = np.array(found, float).reshape(-1, 21, 3)
    points = points[(points[..., 2] > 0).sum(axis=1) >= 15]
    points = np.unique(points, axis=0)  # FreiHAND has each before several backgrounds
    return of_points(points[..., :2], points[..., 2] > 0)


def _annotations(file: Path) -> list[dict[str, Any]]:
    return json.loads(file.read_text(encoding="utf-8"))["annotations"]


def batch(people: People, skeleton: Skeleton) -> pa.RecordBatch:
    """The people as canonical rows."""
    n, k = people.flags.shape
    columns = {
        "instance": pa.array([f"{i:016x}" + "0" * 16 for i in range(n)]),
        "image": pa.array(people.image, pa.string()),
        "width": pa.array(people.size[:, 0], from_pandas=True),
        "height": pa.array(people.size[:, 1], from_pandas=True),
        "annotator": pa.array(["ann"] * n, pa.string()),
        "role": pa.array(["production"] * n, pa.string()),
        "xy": lists(people.xy.reshape(n, -1), pa.float64()),
        "visibility": lists(people.flags, pa.uint8()),
        "origin": lists(np.zeros((n, k), np.uint8), pa.uint8()),
        "bbox": lists(people.bbox, pa.float64()),
        "area": pa.array(people.area),
        "source": pa.array(["bench"] * n, pa.string()),
        "position": pa.array(np.arange(n)),
        "format": pa.array(["bench"] * n, pa.string()),
    }
    schema = instances(k)
    return pa.RecordBatch.from_arrays(
        [
            columns.get(field.name, pa.nulls(n, field.type)).cast(field.type)
            for field in schema
        ],
        schema=schema,
    )


def lists(values: np.ndarray, of: pa.DataType) -> pa.Array:
    """(N, M) as a column of lists."""
    flat = pa.array(np.ascontiguousarray(values).ravel(), of)
    return pa.FixedSizeListArray.from_arrays(flat, values.shape[1])
