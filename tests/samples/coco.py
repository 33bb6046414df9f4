"""COCO datasets in a few lines, and everything that comes of reading them."""

import io
import json
from typing import Any

import numpy as np

from posegate.transforms.formats import Context, Tally, read
from posegate.transforms.model.delivery import Delivery, Shard
from posegate.transforms.model.schema import QUARANTINE, instances
from posegate.transforms.model.skeleton import Skeleton, load

NAMES = ("nose", "left_eye", "right_eye")
SKELETON = Skeleton("face", NAMES, (), (), None)
Json = dict[str, Any]


def annotation(id: Any = 1, **changes: Any) -> Json:
    """A sound annotation: three points, a box of 40 x 50 and a segment's area."""
    record = {
        "id": id,
        "image_id": 1,
        "category_id": 1,
        "keypoints": [10, 20, 2, 30.5, 20, 1, 0, 0, 0],
        "num_keypoints": 2,
        "bbox": [5, 5, 40, 50],
        "area": 900.5,
        "iscrowd": 0,
    } | changes
    return {key: value for key, value in record.items() if value is not ...}


def dataset(*annotations: Json, **changes: Any) -> Json:
    return {
        "images": [{"id": 1, "file_name": "a.jpg", "width": 640, "height": 480}],
        "categories": [{"id": 1, "name": "face", "keypoints": list(NAMES)}],
        "annotations": list(annotations),
    } | changes


class Read:
    """Everything that reading gave; the counts are checked on the way."""

    def __init__(
        self, *shards: Any, skeleton: Skeleton = SKELETON, **says: Any
    ) -> None:
        jobs, batch = says.pop("jobs", None), says.pop("batch", 8192)
        data = [s if isinstance(s, bytes) else json.dumps(s).encode() for s in shards]
        names = says.pop("names", [f"shard-{i}.json" for i in range(len(data))])
        files = dict(zip(names, data, strict=True))
        listed = [
            Shard(i, name, name, len(files[name]), "") for i, name in enumerate(names)
        ]
        delivery = Delivery("d", "d", tuple(listed), **says)
        context = Context(
            skeleton, delivery, listed[0], lambda p: io.BytesIO(files[p]), jobs, batch
        )
        self.tally = Tally()
        batches = list(read(context, self.tally))
        schema = instances(len(skeleton.keypoints))
        assert {b.schema for b in batches} <= {schema, QUARANTINE}
        self.sizes = [len(b) for b in batches if b.schema == schema]
        self.rows = [r for b in batches if b.schema == schema for r in b.to_pylist()]
        self.bad = [r for b in batches if b.schema == QUARANTINE for r in b.to_pylist()]
        for b in batches:
            b.validate(full=True)
        assert self.tally.adds_up
        assert self.tally.rows == len(self.rows)
        assert self.tally.quarantined + self.tally.others == len(self.bad)

    @property
    def reasons(self) -> list[str]:
        return [row["reason"] for row in self.bad]

    @property
    def repairs(self) -> list[list[str]]:
        return [row["repairs"] for row in self.rows]


def one(**changes: Any) -> Json:
    """The row of an annotation with changes, which must be the only output."""
    got = Read(dataset(annotation(**changes)))
    assert got.bad == []
    return got.rows[0]


PLAIN = "json"
BENCHED = "coco_17"
"""The skeleton of `sample`."""


def sample(n: int) -> dict[str, bytes]:
    """n people of 17 points, two to an image, as annotators' tools write them."""
    names = list(load(BENCHED).keypoints)
    random = np.random.default_rng(7)
    place = random.integers(1, 480, (n, 17, 2))
    flag = random.integers(1, 3, (n, 17, 1))
    points = np.concatenate([place, flag], axis=2).reshape(n, -1).tolist()
    boxes = random.uniform(1, 300, (n, 4)).round(2).tolist()
    people = [
        annotation(
            i + 1,
            image_id=i // 2,
            keypoints=keypoints,
            num_keypoints=17,
            bbox=box,
            area=round(0.4 * box[2] * box[3], 4),
            annotator=f"a{i % 12}",
            annotated_at="2026-02-14T09:30:00Z",
        )
        for i, (keypoints, box) in enumerate(zip(points, boxes, strict=True))
    ]
    images = [IMAGES[0] | {"id": i, "file_name": f"{i:09}.jpg"} for i in range(n)]
    kinds = [{"id": 1, "name": "person", "keypoints": names}]
    data = dataset(*people, images=images[: (n + 1) // 2], categories=kinds)
    return {"annotations.json": json.dumps(data).encode()}


IMAGES = dataset()["images"]
