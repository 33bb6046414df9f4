"""Small trials as TRC, with what goes wrong in them."""

from collections.abc import Sequence

import numpy as np

from posegate.transforms.model.skeleton import Skeleton

PLAIN = "table"
KEYS = (
    *("DataRate", "CameraRate", "NumFrames", "NumMarkers", "Units", "OrigDataRate"),
    *("OrigDataStartFrame", "OrigNumFrames"),
)
NAMES = tuple(f"M{i:02d}" for i in range(39))
SKELETON = Skeleton("markers_39", NAMES, (), (), None)


def trial(
    names: Sequence[str],
    rows: Sequence[Sequence[object]],
    *,
    rate: object = 100,
    unit: str = "mm",
    frames: object = None,
    markers: object = None,
    sign: str = "\t",
    blank: bool = True,
    end: str = "\n",
) -> bytes:
    """A file; each of the rows is frame, time and three numbers a marker."""
    told = (rate, rate, frames if frames is not None else len(rows))
    told = (*told, len(names) if markers is None else markers, unit, rate, 1, len(rows))
    heads = [f"{a}{i + 1}" for i in range(len(names)) for a in "XYZ"]
    table: list[Sequence[object]] = [
        ("PathFileType", 4, "(X/Y/Z)", "trial.trc"),
        KEYS,
        told,
        ("Frame#", "Time", *(cell for name in names for cell in (name, "", ""))),
        ("", "", *heads),
        *([()] if blank else []),
        *rows,
    ]
    return end.join([*(sign.join(map(str, line)) for line in table), ""]).encode()


def row(frame: int, *points: float, rate: float = 100) -> list[object]:
    return [frame, f"{(frame - 1) / rate:.3f}", *points]


def sample(n: int) -> dict[str, bytes]:
    """Walks of 39 markers, n frames in files of 20,000."""
    rng = np.random.default_rng(7)
    files = {}
    for part, first in enumerate(range(0, n, 20_000)):
        count = min(20_000, n - first)
        walk = rng.normal(900, 300, (1, 3 * len(NAMES)))
        walk = walk + rng.normal(0, 2, (count, 3 * len(NAMES))).cumsum(axis=0)
        lines = [
            row(i + 1, *(f"{x:.5f}" for x in points))  # type: ignore[arg-type]
            for i, points in enumerate(walk.tolist())
        ]
        files[f"trial{part:03d}.trc"] = trial(NAMES, lines)
    return files


TWO = ("A", "B")
HERE = (100, 200, 300, 150, 250, 350)


def short_row() -> dict[str, bytes]:
    return {"a.trc": trial(TWO, [row(1, *HERE), row(2, *HERE[:3]), row(3, *HERE)])}


def cut_row() -> dict[str, bytes]:
    return {"a.trc": trial(TWO, [row(1, *HERE), row(2, *HERE)])[:-9]}


def blanks() -> dict[str, bytes]:
    rows = [row(1, *HERE), row(2, *HERE[:3])]
    return {"a.trc": trial(TWO, rows, sign=" ")}


def cell() -> dict[str, bytes]:
    return {"a.trc": trial(TWO, [row(1, *HERE), [2, "x", *HERE]])}


def zero() -> dict[str, bytes]:
    return {"a.trc": trial(TWO, [row(1, 0, 0, 0, *HERE[3:])])}


def half() -> dict[str, bytes]:
    return {"a.trc": trial(TWO, [row(1, *HERE[:4], "", "")])}  # type: ignore[arg-type]


def ghosts() -> dict[str, bytes]:
    return {"a.trc": trial((*TWO, "*12"), [row(1, *HERE, 1, 2, 3)])}


def another() -> dict[str, bytes]:
    names = ("Ann:A", "Ann:B", "box:edge")
    return {"a.trc": trial(names, [row(1, *HERE, 1, 2, 3)])}


def extra() -> dict[str, bytes]:
    return {"a.trc": trial((*TWO, "C"), [row(1, *HERE, 1, 2, 3)])}


def inches() -> dict[str, bytes]:
    return {"a.trc": trial(TWO, [row(1, *HERE)], unit="in")}


def no_unit() -> dict[str, bytes]:
    return {"a.trc": trial(TWO, [row(1, *HERE)], unit="")}


def metres_called_mm() -> dict[str, bytes]:
    return {"a.trc": trial(TWO, [row(1, *(x / 1000 for x in HERE))])}


def no_number() -> dict[str, bytes]:
    return {"a.trc": trial(TWO, [row(7, *HERE), ["", "", *HERE]])}


def fewer() -> dict[str, bytes]:
    return {"a.trc": trial(TWO, [row(1, *HERE)], frames=652, markers=7)}


def axes_named(a: str = "A_x A_y A_z", b: str = "B_x B_y B_z") -> dict[str, bytes]:
    """Every column has a name, as scripts write what they had as a table."""
    names = "\t".join([*a.split(), *b.split()]).encode()
    data = trial(TWO, [row(1, *HERE)]).replace(b"A\t\t\tB\t\t", names)
    return {"a.trc": data}


def header_alone() -> dict[str, bytes]:
    return {"a.trc": trial(TWO, [], frames=652)}


def more() -> dict[str, bytes]:
    return {"a.trc": trial(TWO, [row(1, *HERE), row(2, *HERE)], frames=1)}


def rounded_rate() -> dict[str, bytes]:
    rows = [row(i, *HERE, rate=59.94) for i in range(1, 100)]
    return {"a.trc": trial(TWO, rows, rate=59)}
