"""Lists of faces as HRNet's CSV."""

import numpy as np

SKELETON = "300w_68"
PLAIN = "csv"


def sample(n: int, k: int = 68) -> dict[str, bytes]:
    """n faces in one list."""
    random = np.random.default_rng(7)
    return {"faces.csv": listed(random.uniform(50, 500, (n, k, 2)))}


def listed(faces: np.ndarray) -> bytes:
    k = faces.shape[1]
    names = [f"original_{i}_{axis}" for i in range(k) for axis in "xy"]
    lines = [",".join(["image_name", "scale", "center_w", "center_h", *names])]
    for i, xy in enumerate(faces):
        cells = [f"{value:.6f}" for value in xy.ravel()]
        lines.append(",".join([f"helen/{i}.jpg", "0.745", "145.5", "182.5", *cells]))
    return "\n".join([*lines, ""]).encode()
