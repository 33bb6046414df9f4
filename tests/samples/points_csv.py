"""Plain tables of points, long and wide."""

from collections.abc import Sequence

import numpy as np

from posegate.transforms.model.skeleton import load

PLAIN = "csv"
SKELETON = "coco_17"


def table(*lines: Sequence[object], sign: str = ",") -> bytes:
    """A file of these lines, the first of which is its header."""
    return "\n".join([*(sign.join(map(str, line)) for line in lines), ""]).encode()


def sample(n: int) -> dict[str, bytes]:
    """n people with COCO's 17 points, two an image, wide."""
    rng = np.random.default_rng(7)
    names = load(SKELETON).keypoints
    axes = [f"{name}.{axis}" for name in names for axis in ("x", "y", "visibility")]
    xy = rng.uniform(0, 640, (n, 17, 2)).round(2)
    flag = rng.integers(1, 3, (n, 17, 1))
    points = np.concatenate([xy, flag], axis=2).reshape(n, -1).tolist()
    lines = [
        (f"img{i // 2:07d}.jpg", i % 2, f"ann{i % 12:02d}", *row)
        for i, row in enumerate(points)
    ]
    return {"points.csv": table(("image", "instance", "annotator", *axes), *lines)}
