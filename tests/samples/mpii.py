"""MPII's .mat file and JSON lists."""

import io
import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import scipy.io

SKELETON = "mpii_16"
PLAIN = "json"


def sample(n: int) -> dict[str, bytes]:
    """n people in a list as HRNet has it."""
    random = np.random.default_rng(7)
    people = [
        person(random.uniform(1, 1000, (16, 2)).round(4).tolist(), f"{i:09d}.jpg")
        for i in range(n)
    ]
    return {"annot/train.json": json.dumps(people).encode()}


def person(joints: Any = None, image: str = "a.jpg", **changes: Any) -> dict[str, Any]:
    """A person with joint i at (10 + i, 20 + i)."""
    given = [[10 + i, 20 + i] for i in range(16)] if joints is None else joints
    return {
        "joints_vis": [1] * 16,
        "joints": given,
        "image": image,
        "scale": 3.5,
        "center": [101.0, 201.0],
    } | changes


def listed(*people: Any) -> dict[str, bytes]:
    return {"train.json": json.dumps(people).encode()}


def structs(some: Sequence[dict[str, Any]]) -> np.ndarray:
    """An array of structs; a field that is not given is empty, as in MATLAB."""
    names = list(dict.fromkeys(name for each in some for name in each))
    table = np.empty(len(some), dtype=[(name, object) for name in names])
    for i, each in enumerate(some):
        for name in names:
            table[i][name] = each.get(name, np.array([]))
    return table


def release(
    annolist: Sequence[dict[str, Any]], compressed: bool = True, **more: Any
) -> bytes:
    out = io.BytesIO()
    content = {"RELEASE": {"annolist": structs(annolist)} | more}
    scipy.io.savemat(out, content, do_compression=compressed)
    return out.getvalue()


def joint(id: Any, x: float, y: float, **more: Any) -> dict[str, Any]:
    return {"id": id, "x": x, "y": y} | more


def rect(points: Sequence[dict[str, Any]] | None = None, **more: Any) -> dict[str, Any]:
    head = {"x1": 11.0, "y1": 21.0, "x2": 31.0, "y2": 41.0, "scale": 3.5}
    place = {"objpos": {"x": 101.0, "y": 201.0}}
    joints = {} if points is None else {"annopoints": {"point": structs(points)}}
    return head | place | joints | more


def whole() -> bytes:
    """Two images: one of a video with two people, one of the test set."""
    first = [joint(i, 10 + i, 20 + i, is_visible=i % 2) for i in range(16)]
    texts = [joint(3, 5, 6, is_visible="0"), joint(4, 7, 8), joint(5, -1, -1)]
    annolist = [
        {
            "image": {"name": "015601864.jpg"},
            "annorect": structs([rect(first), rect(texts)]),
            "vididx": 1,
            "frame_sec": 11,
        },
        {"image": {"name": "test.jpg"}, "annorect": structs([rect()]), "vididx": 2},
    ]
    return release(
        annolist,
        img_train=np.array([1, 0]),
        single_person=np.array([1.0, np.array([])], dtype=object),
        act=structs([{"act_name": "curling", "cat_name": "sports"}, {"act_name": ""}]),
        video_list=np.array(["dPXq31VcWyI", "other"], dtype=object),
    )


def matlab() -> dict[str, bytes]:
    return {"mpii_human_pose_v1_u12_1.mat": whole()}


def point_ids() -> dict[str, bytes]:
    points = [joint(3, 5, 6), joint(3, 7, 8), joint(16, 1, 2)]
    image = {"image": {"name": "a.jpg"}, "annorect": structs([rect(points)])}
    return {"a.mat": release([image])}


def damaged() -> dict[str, bytes]:
    return {"a.mat": whole()[:-200]}


def sound() -> dict[str, bytes]:
    return listed(person())


def missing() -> dict[str, bytes]:
    joints = [[-1, -1], [0, 0], *([5, 6] for _ in range(14))]
    return listed(person(joints))


def short() -> dict[str, bytes]:
    return listed(person(), person([[1, 2]] * 15), person(image="b.jpg"))
