"""Files of landmarks, one a face."""

import numpy as np

SKELETON = "300w_68"
PLAIN = "text"


def sample(n: int, k: int = 68) -> dict[str, bytes]:
    """n faces of k points, a file each."""
    random = np.random.default_rng(7)
    return {
        f"faces/annot/{i:06d}.pts": face(random.uniform(50, 500, (k, 2)))
        for i in range(n)
    }


def face(xy: np.ndarray, count: int | None = None) -> bytes:
    lines = [f"{x:.3f} {y:.3f}" for x, y in xy]
    said = len(lines) if count is None else count
    return "\n".join(
        ["version: 1", f"n_points:  {said}", "{", *lines, "}", ""]
    ).encode()
