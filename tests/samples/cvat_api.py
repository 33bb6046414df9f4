"""Answers of a CVAT server, a job at a time."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from samples.cvat_images import NAMES

SKELETON = "coco_17"
PLAIN = "json"
Json = dict[str, Any]

LABELS = [
    {
        "id": 1,
        "name": "person",
        "has_parent": False,
        "attributes": [{"id": 9, "name": "side"}],
        "sublabels": [
            {"id": 10 + i, "name": name, "has_parent": True, "attributes": []}
            for i, name in enumerate("abc")
        ],
    }
]


def job(**says: Any) -> Json:
    return {
        "id": 7,
        "task_id": 3,
        "assignee": {"username": "ana"},
        "stage": "annotation",
        "state": "completed",
        "type": "annotation",
        "frame_count": 2,
        "updated_date": "2026-02-02T09:30:00Z",
    } | says


def page(*results: Json) -> bytes:
    head = {"count": len(results), "next": None, "previous": None}
    return json.dumps({**head, "results": list(results)}).encode()


def drawn(kind: str, points: Sequence[float], label: int = 1, **says: Any) -> Json:
    return {
        "type": kind,
        "frame": 0,
        "label_id": label,
        "points": list(points),
        "group": 0,
        "source": "manual",
        "occluded": False,
        "outside": False,
        "z_order": 0,
        "rotation": 0.0,
        "attributes": [],
    } | says


def skeleton(id: int = 1, frame: int = 0, flags: Sequence[int] = (2, 2, 2)) -> Json:
    """Points a, b, c at (1, 1), (2, 2), (3, 3)."""
    elements = [
        drawn("points", (i + 1, i + 1), 10 + i, frame=frame, occluded=flag == 1)
        | {"outside": flag == 0}
        for i, flag in enumerate(flags)
    ]
    return drawn("skeleton", (), id=id, frame=frame, elements=elements)


def track(frames: Mapping[int, Mapping[int, tuple[float, float] | None]]) -> Json:
    """A track of points by number, each with a position (None: outside) by frame."""
    elements = [
        {
            "label_id": 10 + number,
            "frame": min(shown),
            "attributes": [],
            "shapes": [
                drawn("points", at or (0, 0), frame=frame, outside=at is None)
                for frame, at in shown.items()
            ],
        }
        for number, shown in frames.items()
    ]
    own = [drawn("skeleton", (), frame=0)]
    base = {"id": 5, "label_id": 1, "group": 0, "source": "manual", "attributes": []}
    return {**base, "shapes": own, "elements": elements}


def answer(shapes: Sequence[Json] = (), tracks: Sequence[Json] = ()) -> dict[str, Any]:
    return {"version": 0, "tags": [], "shapes": list(shapes), "tracks": list(tracks)}


def files(content: Any, **about: Any) -> dict[str, bytes]:
    """An answer of job 7, beside labels, jobs and what else is said."""
    made = {
        "job_7/annotations.json": json.dumps(content).encode(),
        "labels.json": page(*LABELS),
        "jobs.json": page(job()),
    }
    for name, value in about.items():
        said = value if isinstance(value, bytes) else json.dumps(value).encode()
        made[f"{name}.json"] = said
    return made


def sample(n: int) -> dict[str, bytes]:
    """n people, a frame each, in jobs of a thousand."""
    random = np.random.default_rng(8)
    labels = [{"id": 10 + i, "name": name} for i, name in enumerate(NAMES)]
    made: dict[str, bytes] = {
        "labels.json": page({"id": 1, "name": "person", "sublabels": labels}),
        "jobs.json": page(*(job(id=i + 1) for i in range(n // 1000 + 1))),
    }
    for first in range(0, n, 1000):
        shapes = []
        for i in range(first, min(n, first + 1000)):
            xy = random.uniform(5, 600, (len(NAMES), 2)).tolist()
            elements = [
                drawn("points", at, 10 + k, frame=i, id=20 * i + k)
                for k, at in enumerate(xy)
            ]
            shapes.append(
                drawn("skeleton", (), frame=i, id=20 * i + 19, elements=elements)
            )
        data = json.dumps(answer(shapes)).encode()
        made[f"job_{first // 1000 + 1}/annotations.json"] = data
    return made


def meta(*frames: Json) -> Json:
    """The answer that lists a task's images."""
    return {"chunk_size": 36, "image_quality": 70, "frames": list(frames)}


def _maker(content: Any, **about: Any) -> dict[str, bytes]:
    return files(content, data_meta=meta({"name": "a.jpg"}), **about)


def sound() -> dict[str, bytes]:
    return _maker(answer([skeleton()]))


def other_skeleton() -> dict[str, bytes]:
    return _maker(answer([drawn("points", (1, 1, 2, 2))]))


def keypoint_twice() -> dict[str, bytes]:
    twice = skeleton()
    twice["elements"][1]["label_id"] = 10
    return _maker(answer([twice]))


def ungrouped() -> dict[str, bytes]:
    some = [drawn("points", (i, i), 10 + i % 2, id=i) for i in range(4)]
    return _maker(answer(some))


def mask() -> dict[str, bytes]:
    return _maker(answer([drawn("mask", (1, 2, 0, 0, 1, 1))]))


def numbered() -> dict[str, bytes]:
    labels = [{"id": 10 + i, "name": str(i + 1), "has_parent": True} for i in range(3)]
    person = {"id": 1, "name": "person", "sublabels": labels}
    return _maker(answer([skeleton()]), labels=page(person))


def by_order() -> dict[str, bytes]:
    return _maker(answer([drawn("points", (1, 1, 2, 2, 3, 3))]))


def from_image() -> dict[str, bytes]:
    return _maker(answer([drawn("points", (i, i), 10 + i, id=i) for i in range(2)]))


def box_from_image() -> dict[str, bytes]:
    return _maker(answer([skeleton(), drawn("rectangle", (0, 0, 9, 9), id=2)]))


def group_of_many() -> dict[str, bytes]:
    return _maker(answer([skeleton(i) | {"group": 4} for i in (1, 2)]))


def visibility() -> dict[str, bytes]:
    said = skeleton()
    said["elements"][0]["attributes"] = [{"name": "visible", "value": False}]
    return _maker(answer([said]))


def imported() -> dict[str, bytes]:
    return _maker(answer([skeleton() | {"source": "file"}]))


def label() -> dict[str, bytes]:
    return _maker(answer([skeleton() | {"label_id": 99}]))


def shape() -> dict[str, bytes]:
    return _maker(answer([skeleton() | {"frame": "first"}, skeleton(2)]))


def not_json() -> dict[str, bytes]:
    made = _maker(answer([skeleton()]))
    made["job_7/annotations.json"] = made["job_7/annotations.json"][:-9]
    return made


def deep() -> dict[str, bytes]:
    start = b'{"version": 0, "tags": [], "tracks": [], "shapes": ['
    return {"annotations.json": start + b"[" * 1_000_000}


def task_repeated() -> dict[str, bytes]:
    some = answer([skeleton()])
    return _maker({"job": {"7": some}, "task": {"3": some}})


def job_unknown() -> dict[str, bytes]:
    made = _maker(answer([skeleton()]))
    del made["jobs.json"]
    return {name.replace("job_7/", ""): data for name, data in made.items()}


def image_unnamed() -> dict[str, bytes]:
    return files(answer([skeleton()]))


def reviewed_by() -> dict[str, bytes]:
    return _maker(answer([skeleton()]), jobs=page(job(stage="acceptance")))


def replica() -> dict[str, bytes]:
    return _maker(answer([skeleton()]), jobs=page(job(type="consensus_replica")))


def honeypot() -> dict[str, bytes]:
    layout = {"honeypot_frames": [4], "honeypot_real_frames": [0]}
    return _maker(answer([skeleton(frame=4)]), validation_layout=layout)


def keyframes_only() -> dict[str, bytes]:
    return _maker(answer(tracks=[track({0: {0: (1, 1)}})]))


def left_alone() -> dict[str, bytes]:
    return _maker(answer([drawn("polyline", (1, 2, 3, 4))]))
