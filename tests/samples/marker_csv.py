"""Small trials as Vicon, Qualisys and OptiTrack export them."""

from collections.abc import Sequence

import numpy as np

from posegate.transforms.model.skeleton import Skeleton

PLAIN = "csv below a head"
NAMES = tuple(f"M{i:02d}" for i in range(39))
SKELETON = Skeleton("markers_39", NAMES, (), (), None)
Row = Sequence[object]


def text(*rows: Row, sign: str = ",") -> bytes:
    return "\n".join([*(sign.join(map(str, row)) for row in rows), ""]).encode()


def vicon(names: Sequence[str], rows: Sequence[Row], unit: str = "mm") -> bytes:
    """Each of the rows is frame, sub-frame and three numbers a marker."""
    return text(
        ("Trajectories",),
        (100,),
        ("", "", *(cell for name in names for cell in (name, "", ""))),
        ("Frame", "Sub Frame", *"XYZ" * len(names)),
        ("", "", *(unit for _ in range(3 * len(names)))),
        *rows,
    )


def qualisys(
    names: Sequence[str], rows: Sequence[Row], *, data: str = "3D", frames: int = 0
) -> bytes:
    """Each of the rows is three numbers a marker, with frame and time or not."""
    return text(
        ("NO_OF_FRAMES", frames or len(rows)),
        ("NO_OF_CAMERAS", 8),
        ("NO_OF_MARKERS", len(names)),
        ("FREQUENCY", 120),
        ("DESCRIPTION", "--"),
        ("TIME_STAMP", "2024-04-15, 10:39:38.777", "406646.6"),
        ("DATA_INCLUDED", data),
        ("MARKER_NAMES", *names),
        ("TRAJECTORY_TYPES", *["Measured"] * len(names)),
        *rows,
        sign="\t",
    )


def motive(columns: Sequence[tuple[str, str, str, str]], rows: Sequence[Row]) -> bytes:
    """Columns are type, name, component and axis; each of the rows has frame, time."""
    kinds, names, parts, axes = zip(*columns, strict=True)
    return text(
        (
            *("Format Version", 1.23, "Take Name", "walk", "Capture Frame Rate", 120),
            *("Export Frame Rate", "119.88", "Total Exported Frames", len(rows)),
            *("Rotation Type", "Quaternion", "Length Units", "Meters"),
        ),
        (),
        ("", "Type", *kinds),
        ("", "Name", *names),
        ("", "ID", *["6F"] * len(names)),
        ("", "", *parts),
        ("Frame", "Time (Seconds)", *axes),
        *rows,
    )


def marker(name: str, kind: str = "Marker") -> list[tuple[str, str, str, str]]:
    return [(kind, name, "Position", axis) for axis in "XYZ"]


def sample(n: int) -> dict[str, bytes]:
    """A walk of 39 markers of one subject, n frames, as Vicon writes it."""
    rng = np.random.default_rng(7)
    walk = rng.normal(900, 300, (1, 3 * len(NAMES)))
    walk = (walk + rng.normal(0, 2, (n, 3 * len(NAMES))).cumsum(axis=0)).round(3)
    rows = [(i + 1, 0, *points) for i, points in enumerate(walk.tolist())]
    return {"walk.csv": vicon([f"Ann:{name}" for name in NAMES], rows)}


TWO = ("A", "B")
HERE = (100, 200, 300, 150, 250, 350)


def cell() -> dict[str, bytes]:
    return {"a.csv": vicon(TWO, [(1, 0, *HERE), (2, 0, "x", *HERE[1:])])}


def cut_row() -> dict[str, bytes]:
    return {"a.csv": vicon(TWO, [(1, 0, *HERE), (2, 0, *HERE)])[:-9]}


def short_row() -> dict[str, bytes]:
    return {"a.csv": vicon(TWO, [(1, 0, *HERE), (2, 0, *HERE[:3])])}


def zero() -> dict[str, bytes]:
    return {"a.tsv": qualisys(TWO, [(*HERE[:3], "0.000", "0.000", "0.000")])}


def half() -> dict[str, bytes]:
    return {"a.csv": vicon(TWO, [(1, 0, *HERE[:4], "", "")])}


def ghosts() -> dict[str, bytes]:
    columns = [*marker("Ann:A"), *marker("Ann:B"), *marker("Unlabeled:1043")]
    return {"a.csv": motive(columns, [(0, 0.0, *HERE, 1, 2, 3)])}


def another() -> dict[str, bytes]:
    names = ("Ann:A", "Ann:B", "box:edge")
    return {"a.csv": vicon(names, [(1, 0, *HERE, 1, 2, 3)])}


def extra() -> dict[str, bytes]:
    return {"a.csv": vicon((*TWO, "C"), [(1, 0, *HERE, 1, 2, 3)])}


def inches() -> dict[str, bytes]:
    return {"a.csv": vicon(TWO, [(1, 0, *HERE)], "in")}


def no_unit() -> dict[str, bytes]:
    return {"a.csv": vicon(TWO, [(1, 0, *HERE)], "")}


def metres_called_mm() -> dict[str, bytes]:
    return {"a.csv": vicon(TWO, [(1, 0, *(x / 1000 for x in HERE))])}


def no_number() -> dict[str, bytes]:
    return {"a.csv": vicon(TWO, [(7, 0, *HERE), ("", "", *HERE)])}


def fewer() -> dict[str, bytes]:
    return {"a.tsv": qualisys(TWO, [HERE], frames=652)}


def header_alone() -> dict[str, bytes]:
    return {"a.tsv": qualisys(TWO, [], frames=652)}


def more() -> dict[str, bytes]:
    return {"a.tsv": qualisys(TWO, [HERE, HERE], frames=1)}


def two_d() -> dict[str, bytes]:
    return {"a.tsv": qualisys(TWO, [HERE], data="2D")}


def solved() -> dict[str, bytes]:
    body = [("Rigid Body", "Ann", "Rotation", axis) for axis in "XYZW"]
    columns = [*body, *marker("Ann:A"), *marker("Ann:B")]
    return {"a.csv": motive(columns, [(0, 0.0, 0, 0, 0, 1, *HERE)])}
