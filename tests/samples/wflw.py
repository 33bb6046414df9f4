"""Lists of faces, one a line."""

import numpy as np

SKELETON = "wflw_98"
PLAIN = "text"


def sample(n: int) -> dict[str, bytes]:
    """n faces in one list, with boxes and flags."""
    random = np.random.default_rng(7)
    lines = [line(random.uniform(50, 500, (98, 2)), i) for i in range(n)]
    return {"list_98pt_rect_attr_train.txt": "\n".join([*lines, ""]).encode()}


def line(xy: np.ndarray, i: int = 0, box: bool = True) -> str:
    cells = [f"{value:.6f}" for value in xy.ravel()]
    extra = ["20", "30", "520", "540", "0", "0", "1", "0", "1", "0"] if box else []
    return " ".join([*cells, *extra, f"0--Parade/0_Parade_{i}.jpg"])


def missing_point() -> dict[str, bytes]:
    xy = np.full((98, 2), 50.0)
    xy[3] = -1
    return {"list.txt": f"{line(xy)}\n".encode()}


def wrong_columns() -> dict[str, bytes]:
    """A short line between good ones."""
    good = line(np.full((98, 2), 50.0))
    short = good.split(" ", 2)[2]
    return {"list.txt": "\n".join([good, short, line(np.ones((98, 2)), 1)]).encode()}
