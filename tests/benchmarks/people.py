"""Real people with keypoints, read from ../shared/data, as arrays."""

import hashlib
import itertools
import json
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from posegate.transforms.kernels.geometry import BOX_SHARE
from posegate.transforms.model.poses import Bools, Bytes, Floats

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
    return int(hashlib.sha256(image.encode()).hexdigest()[:8], 16) % 10


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
    table = json.loads(file.read_text(encoding="utf-8"))
    images = {each["id"]: each for each in table["images"]}
    people = [
        each
        for each in table["annotations"]
        if each["num_keypoints"] and not each["iscrowd"]
    ]
    points = np.array([each["keypoints"] for each in people], float)
    points = points.reshape(len(people), 17, 3)
    of = [images[each["image_id"]] for each in people]
    return People(
        xy=np.where(points[..., 2:] > 0, points[..., :2], np.nan),
        flags=points[..., 2].astype(np.uint8),
        bbox=np.array([each["bbox"] for each in people], float),
        area=np.array([each["area"] for each in people], float),
        size=np.array([(each["width"], each["height"]) for each in of], float),
        image=tuple(each["file_name"] for each in of),
    )
