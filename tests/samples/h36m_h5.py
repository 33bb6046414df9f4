"""Human3.6M's positions, a file a sequence.

Of the archive that una-dinosauria/3d-pose-baseline links to no writer is public: its
readers take (96, T) doubles in mm. They are stored here as h5py does by default, in one
piece, not compressed, which leaves a plain reader the least to do. The sequences of the
seven subjects are 1,000 to 6,000 frames long.
"""

import io

import h5py
import numpy as np

SKELETON = "h36m_17"
PLAIN = "hdf5"
TIMES = 10
LENGTH = 2500
NAME = "S9/MyPoses/3D_positions/Walking 1.h5"


def sample(n: int) -> dict[str, bytes]:
    """n frames, in sequences of 2,500."""
    files = {}
    for first in range(0, n, LENGTH):
        count = min(LENGTH, n - first)
        name = NAME.replace("1", str(1 + first // LENGTH))
        files[name] = packed(body(count).reshape(count, 96).T)
    return files


def body(n: int, size: float = 1000.0) -> np.ndarray:
    """(n, 32, 3): people about 1.7 `size` across."""
    random = np.random.default_rng(7)
    return random.uniform(-size / 2, size / 2, (n, 32, 3))


def packed(positions: np.ndarray, name: str = "3D_positions") -> bytes:
    out = io.BytesIO()
    with h5py.File(out, "w") as file:
        file[name] = positions
    return out.getvalue()


def sound() -> dict[str, bytes]:
    return sample(2)


def metres() -> dict[str, bytes]:
    return {NAME: packed(body(2, 1.0).reshape(2, 96).T)}


def strange() -> dict[str, bytes]:
    return {NAME: packed(body(2, 20.0).reshape(2, 96).T)}


def missing() -> dict[str, bytes]:
    points = body(2)
    points[1, 0] = np.nan
    return {NAME: packed(points.reshape(2, 96).T)}


def layout() -> dict[str, bytes]:
    return {NAME: packed(np.zeros((95, 2)))}
