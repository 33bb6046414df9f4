"""The `kinematics` table: how each joint of each instance moves, a row a joint."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from posegate.transforms.kernels.buckets import Ints
from posegate.transforms.kernels.kinematics import UNSEEN, Moves
from posegate.transforms.model.poses import Floats, scalars
from posegate.transforms.model.schema import DEGREES, KINEMATICS
from posegate.transforms.model.skeleton import Skeleton

BETWEEN = ("trunk", "neck")
"""Joints that are no keypoint: they have angles only."""

OF_ROW = ("part", "row", "instance", "annotator", "role", "video", "track", "frame")

SCALES = ("the unit of the positions", "a stature of 1.7 m", "none: pixels")
"""Where metres come from, in 3-D and in 2-D."""


def tabled(
    rows: pa.RecordBatch, moves: Moves, skeleton: Skeleton, some: Ints
) -> pa.RecordBatch:
    """Some (n,) of N instances as n * J rows of `schema.KINEMATICS`.

    Instance by instance: its keypoints in the skeleton's order, then trunk and neck as
    far as they have angles.
    """
    between = [b for b in BETWEEN if any(name.startswith(b) for name in moves.angle)]
    joints = [*skeleton.keypoints, *between]
    j = len(joints)
    again = pa.array(np.repeat(some, j))
    time = scalars(rows["frame"])[some] / scalars(rows["fps"])[some]
    scale = np.where(moves.metric, np.where(moves.space, 0, 1), 2)[some]
    columns = {
        **{name: rows[name].take(again) for name in OF_ROW},
        "time_s": _numbers(np.repeat(time, j)),
        "joint": pa.array(joints * len(some)),
        **_turned(moves, joints, skeleton, some),
        **_moved(moves, some, j),
        "unit": pa.array(np.repeat(np.where(scale < 2, "m", "px"), j)),
        "scale": pa.array(SCALES).take(pa.array(np.repeat(scale, j))),
        "cutoff_hz": _numbers(_wide(moves.cutoff[some], j)),
        "reason": _reason(moves, some, j),
    }
    arrays = [columns[field.name].cast(field.type) for field in KINEMATICS]
    return pa.RecordBatch.from_arrays(arrays, schema=KINEMATICS)


def _numbers(values: Floats) -> pa.Array:
    """Of any shape as one column; NaN as null."""
    return pa.array(values.ravel(), from_pandas=True)


def _wide(values: Floats, joints: int) -> Floats:
    """(n, K, …) -> (n, J, …): joints that are no keypoint have none."""
    out = np.full((len(values), joints, *values.shape[2:]), np.nan)
    out[:, : values.shape[1]] = values
    return out


def _turned(
    moves: Moves, joints: list[str], skeleton: Skeleton, some: Ints
) -> dict[str, pa.Array]:
    """Each kind of angle, and its velocity."""
    columns = {}
    for kind in DEGREES:
        for name, found in ((kind, moves.angle), (f"{kind}_velocity", moves.turning)):
            values = np.full((len(some), len(joints)), np.nan)
            for angle, value in found.items():
                part, _, its = angle.rpartition(" ")
                if its == kind:
                    at = joints.index(part) if part in BETWEEN else skeleton.body[part]
                    values[:, at] = value[some]
            columns[name] = _numbers(values)
    return columns


def _moved(moves: Moves, some: Ints, joints: int) -> dict[str, pa.Array]:
    """Velocity and acceleration along the axes, and their lengths."""
    columns = {}
    for letter, length, values in (
        ("v", "speed", moves.velocity),
        ("a", "acceleration", moves.acceleration),
    ):
        wide = _wide(values[some], joints)
        for axis, name in enumerate("xyz"):
            columns[f"{letter}{name}"] = _numbers(wide[..., axis])
        across = wide[..., 0] ** 2 + wide[..., 1] ** 2
        columns[length] = _numbers(np.sqrt(across + np.nan_to_num(wide[..., 2]) ** 2))
    return columns


def _reason(moves: Moves, some: Ints, joints: int) -> pa.Array:
    """Why a keypoint has no velocity; null where it has one, or is no keypoint."""
    moving = np.ones((len(some), joints), np.bool_)
    moving[:, : moves.velocity.shape[1]] = np.isfinite(moves.velocity[some, :, 0])
    why = pc.fill_null(pa.array(moves.reason[some], pa.string()), UNSEEN)
    each = why.take(pa.array(np.repeat(np.arange(len(some)), joints)))
    return pc.if_else(pa.array(moving.ravel()), None, each)
