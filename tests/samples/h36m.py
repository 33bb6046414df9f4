"""Arrays of 3-D poses.

As SPIN's preprocessing and mmpose's write them: by `np.savez`, so not compressed, names
as texts of one length, numbers as doubles (mmpose's own `test_h36m_body3d.npz` has the
same types); the training set has 312,188 poses.
"""

import io
from typing import Any

import numpy as np

SKELETON = "h36m_17"
PLAIN = "npz"
TIMES = 10
NAME = "S1/S1_Directions_1.54138969/S1_Directions_1.54138969_{:06d}.jpg"


def sample(n: int) -> dict[str, bytes]:
    """n poses of 17 points, with their images' points."""
    return {"h36m_train.npz": packed(n)}


def packed(n: int = 2, k: int = 17, metres: float = 1.0, **changes: Any) -> bytes:
    """n poses; a change to None leaves an array out."""
    random = np.random.default_rng(7)
    xyz = random.uniform(-0.5, 0.5, (n, k, 3)) * metres + [0, 0, 5 * metres]
    arrays = {
        "imgname": np.array([NAME.format(i + 1) for i in range(n)]),
        "center": np.full((n, 2), 500.0),
        "scale": np.full(n, 2.5),
        "part": np.concatenate(
            [random.uniform(0, 1000, (n, k, 2)), np.ones((n, k, 1))], axis=2
        ),
        "S": np.concatenate([xyz, np.ones((n, k, 1))], axis=2),
    } | changes
    out = io.BytesIO()
    np.savez(out, **{name: each for name, each in arrays.items() if each is not None})
    return out.getvalue()


def sound() -> dict[str, bytes]:
    return {"a.npz": packed()}


def strange() -> dict[str, bytes]:
    """People of 20 m."""
    return {"a.npz": packed(metres=20.0)}


def missing() -> dict[str, bytes]:
    points = np.ones((2, 17, 4)) * np.arange(17)[None, :, None] / 10
    points[:, :, 3] = 1
    points[0, 5, 3] = 0
    return {"a.npz": packed(S=points)}


def other() -> dict[str, bytes]:
    return {"a.npz": packed(k=24)}


def unnamed() -> dict[str, bytes]:
    return {"a.npz": packed(imgname=np.array(["", "b.jpg"]))}


def objects() -> dict[str, bytes]:
    """As VideoPose3D has them: a dict of dicts, pickled."""
    out = io.BytesIO()
    np.savez(out, positions_3d=np.array({"S1": {"Walking": np.zeros((2, 32, 3))}}))
    return {"data_3d_h36m.npz": out.getvalue()}
