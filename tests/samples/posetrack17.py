"""PoseTrack 2017's lists of frames."""

import json
from typing import Any

SKELETON = "posetrack18_17"
PLAIN = "json"


def sample(n: int) -> dict[str, bytes]:
    """n people, four a frame."""
    frames = [
        frame(*(person(i + j, track=j) for j in range(min(4, n - i))), number=i // 4)
        for i in range(0, n, 4)
    ]
    return listed(*frames)


def listed(*frames: Any) -> dict[str, bytes]:
    return {"000342_mpii.json": json.dumps({"annolist": frames}).encode()}


def frame(*people: Any, number: int = 1, **changes: Any) -> dict[str, Any]:
    return {
        "image": [{"name": f"images/bonn/000342_mpii/{number:08d}.jpg"}],
        "imgnum": [number],
        "is_labeled": [1],
        "ignore_regions": [],
        "annorect": [*people],
    } | changes


def person(shift: float = 0, track: int = 0, **changes: Any) -> dict[str, Any]:
    points = [point(i, 10 + i + shift, 20 + i) for i in range(15)]
    box = {"x1": [1], "y1": [2], "x2": [3], "y2": [4]}
    return box | {"track_id": [track], "annopoints": [{"point": points}]} | changes


def point(id: Any, x: float, y: float, **more: Any) -> dict[str, Any]:
    return {"id": [id], "x": [x], "y": [y]} | more


def strange() -> dict[str, bytes]:
    """All that is no record, or none of a joint."""
    points = [point(0, 5, 6), point(0, 7, 8), point(20, 1, 1), point(1, -1, -1)]
    return listed(
        frame(person(annopoints=[{"point": points}]), person(annopoints=[])),
        frame(number=2, is_labeled=[0], annorect=[]),
        frame(number=3, ignore_regions=[{"point": [point(0, 1, 1)]}]),
        frame(image=[]),
    )
