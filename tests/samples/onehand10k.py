"""Lists of hands, an image a line."""

import numpy as np

SKELETON = "onehand10k_21"
PLAIN = "csv"


def sample(n: int) -> dict[str, bytes]:
    """n images of one hand each."""
    random = np.random.default_rng(7)
    lines = [line(random.integers(50, 400, (1, 21, 2)), i) for i in range(n)]
    return {"Train/label_joint.txt": "\n".join([*lines, ""]).encode()}


def line(hands: np.ndarray, i: int = 0, count: int | None = None) -> str:
    said = len(hands) if count is None else count
    return ",".join(map(str, [f"{i}.jpg", 480, 640, said, *hands.ravel().tolist()]))


def wrong_columns() -> dict[str, bytes]:
    """A short line between good ones."""
    good = line(np.full((1, 21, 2), 50))
    short = good.rpartition(",")[0]
    other = line(np.full((1, 21, 2), 60), 2)
    return {"label_joint.txt": "\n".join([good, short, other]).encode()}


def wrong_hands() -> dict[str, bytes]:
    return {"label_joint.txt": line(np.full((2, 21, 2), 50), count=1).encode()}
