"""Files of landmarks under their number, one a face."""

import numpy as np

SKELETON = "lapa_106"
PLAIN = "text"


def sample(n: int, k: int = 106) -> dict[str, bytes]:
    """n faces of k points, a file each."""
    random = np.random.default_rng(7)
    return {
        f"train/landmarks/{i}_0.txt": face(random.uniform(50, 500, (k, 2)))
        for i in range(n)
    }


def face(xy: np.ndarray) -> bytes:
    lines = [f"{x:.2f} {y:.2f}" for x, y in xy]
    return "\n".join([str(len(lines)), *lines, ""]).encode()
