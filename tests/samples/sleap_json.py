"""Small label files of SLEAP in JSON."""

import json
from collections.abc import Sequence
from typing import Any

import numpy as np

from posegate.transforms.model.skeleton import Skeleton

PLAIN = "json"
NODES = ("head", "thorax", "abdomen", "wingL", "wingR")
SKELETON = Skeleton("fly_5", NODES, (), (), None)


def instance(*points: tuple[float | None, float | None], **said: Any) -> dict[str, Any]:
    some = {
        str(i): {"x": x, "y": y, "visible": True, "complete": True}
        for i, (x, y) in enumerate(points)
    }
    return {"skeleton": 0, "track": None, "_points": some, **said}


def labels(nodes: Sequence[str], frames: Sequence[Sequence[Any]], **said: Any) -> bytes:
    """A file; each frame is a list of instances."""
    return json.dumps(
        {
            "version": "2.0.0",
            "skeletons": [{"nodes": [{"id": i} for i in range(len(nodes))]}],
            "nodes": [{"name": name, "weight": 1.0} for name in nodes],
            "videos": [{"backend": {"filename": "clips/a.mp4"}}],
            "labels": [
                {"video": 0, "frame_idx": 10 * i, "_instances": list(some)}
                for i, some in enumerate(frames)
            ],
            "tracks": [[0, "female"], [0, "male"]],
            **said,
        }
    ).encode()


def sample(n: int) -> dict[str, bytes]:
    """n flies of 5 points, two a frame."""
    rng = np.random.default_rng(7)
    xy = rng.uniform(0, 1024, (n, len(NODES), 2)).round(2).tolist()
    flies = [instance(*map(tuple, points), track=i % 2) for i, points in enumerate(xy)]
    return {"a.json": labels(NODES, [flies[i : i + 2] for i in range(0, n, 2)])}


ONE = instance((1.5, 2.5), (3.5, 4.5))


def invisible() -> dict[str, bytes]:
    hidden = instance((1.5, 2.5), (3.5, 4.5))
    hidden["_points"]["1"]["visible"] = False
    return {"a.json": labels("AB", [[hidden]])}


def extra() -> dict[str, bytes]:
    return {"a.json": labels("ABC", [[ONE]])}


def predicted() -> dict[str, bytes]:
    return {"a.json": labels("AB", [[ONE, {**ONE, "score": 0.9}]])}


def lost() -> dict[str, bytes]:
    return {"a.json": labels("AB", [[ONE, {**ONE, "skeleton": 7}, 5]])}


def unlabelled() -> dict[str, bytes]:
    return {"a.json": labels("AB", [[ONE], []])}


def no_labels() -> dict[str, bytes]:
    return {"a.json": labels("AB", [], labels=7)}
