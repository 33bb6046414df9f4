"""Small tables of DeepLabCut."""

from collections.abc import Sequence

import numpy as np

from posegate.transforms.model.skeleton import Skeleton

PLAIN = "csv"
PARTS = ("snout", "leftear", "rightear", "spine1", "spine2", "tailbase", "tailend")
SKELETON = Skeleton("mouse_7", PARTS, (), (), None)
HOME = "labeled-data/m4s1"


def table(
    rows: Sequence[Sequence[object]],
    parts: Sequence[str] = ("A", "B"),
    *,
    scorers: Sequence[str] = ("Ann",),
    animals: Sequence[str] = ("",),
    axes: Sequence[str] = ("x", "y"),
    index: int = 1,
    sign: str = ",",
) -> bytes:
    """A file; each of the rows is the path, in `index` cells, and the numbers."""
    columns = [
        (scorer, animal, part, axis)
        for scorer in scorers
        for animal in animals
        for part in parts
        for axis in axes
    ]
    names = ("scorer", "individuals", "bodyparts", "coords")
    heads = [
        [name, *[""] * (index - 1), *level]
        for name, level in zip(names, zip(*columns, strict=True), strict=True)
        if any(level)
    ]
    lines = [sign.join(map(str, line)) for line in [*heads, *rows]]
    return "\n".join([*lines, ""]).encode()


def sample(n: int) -> dict[str, bytes]:
    """n labelled images of 7 points, by one person, 500 a video."""
    rng = np.random.default_rng(7)
    files = {}
    for video, first in enumerate(range(0, n, 500)):
        points = rng.uniform(0, 640, (min(500, n - first), 2 * len(PARTS))).round(3)
        rows = [
            (f"labeled-data/m{video}/img{i:04d}.png", *row)
            for i, row in enumerate(points.tolist())
        ]
        files[f"labeled-data/m{video}/CollectedData_Ann.csv"] = table(rows, PARTS)
    return files


def beside_h5() -> dict[str, bytes]:
    """A CSV with its table as HDF5 beside it."""
    from samples import dlc_h5

    rows = [(p, *n) for p, n in zip(dlc_h5.PATHS, dlc_h5.NUMBERS, strict=True)]
    numbers = dlc_h5.fixed(dlc_h5.PATHS, dlc_h5.NUMBERS, dlc_h5.columns())
    return {"a.csv": table(rows), "a.h5": numbers}
