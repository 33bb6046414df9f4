"""Small lists of fiducial points."""

import json
from collections.abc import Sequence

import numpy as np

from posegate.transforms.model.skeleton import Skeleton

PLAIN = "text"
SKELETON = Skeleton("afids_32", tuple(str(i) for i in range(1, 33)), (), (), None)


def points(
    some: Sequence[tuple[str, str, float, float, float]],
    *,
    axes: str | None = "0",
    columns: bool = True,
) -> bytes:
    """A file of points: label, description, x, y, z."""
    lines = ["# Markups fiducial file version = 4.6"]
    lines += [f"# CoordinateSystem = {axes}"] if axes is not None else []
    if columns:
        lines.append(
            "# columns = id,x,y,z,ow,ox,oy,oz,vis,sel,lock,label,desc,associatedNodeID"
        )
    lines += [
        f"vtkMRMLMarkupsFiducialNode_{i},{x},{y},{z},0,0,0,1,1,1,0,{label},{desc},"
        for i, (label, desc, x, y, z) in enumerate(some)
    ]
    return "\n".join([*lines, ""]).encode()


AC, PC = ("1", "AC", 4.5, 5.25, 1.5), ("2", "PC", 3.0, -19.5, -4.75)


def sample(n: int) -> dict[str, bytes]:
    """n files of 32 points, by eight people."""
    rng = np.random.default_rng(7)
    mean = rng.normal(0, 30, (32, 3))
    files = {}
    for i in range(n):
        where = (mean + rng.normal(0, 1, (32, 3))).round(5).tolist()
        some = [(str(k + 1), "", x, y, z) for k, (x, y, z) in enumerate(where)]
        files[f"s{i // 8:05d}_Rater{i % 8:02d}.fcsv"] = points(some)
    return files


def markups(
    some: Sequence[tuple[str, str, float, float, float]],
    *,
    axes: str = "LPS",
    unit: object = "mm",
    **changes: object,
) -> bytes:
    """The same points as markups in JSON; `changes` are made to each."""
    placed = [
        {
            "id": str(i),
            "label": label,
            "description": desc,
            "position": where,
            "positionStatus": "defined",
        }
        | changes
        for i, (label, desc, *where) in enumerate(some)
    ]
    one = {"type": "Fiducial", "coordinateSystem": axes, "coordinateUnits": unit}
    schema = "https://example.org/Schema/markups-schema-v1.0.3.json#"
    document = {"@schema": schema, "markups": [one | {"controlPoints": placed}]}
    return json.dumps(document).encode()


def nowhere() -> dict[str, bytes]:
    return {"a.mrk.json": markups([AC], position=[1, "x", 3])}


def micrometres() -> dict[str, bytes]:
    return {"a.mrk.json": markups([AC], unit="um")}
