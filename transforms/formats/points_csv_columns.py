"""What the columns of a plain table of points mean."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from posegate.transforms.formats.context import Context
from posegate.transforms.model.naming import Naming, difference
from posegate.transforms.model.reading import PlainTable

TEXTS = (
    *("image", "instance", "video", "track", "annotator", "annotated_at", "role"),
    *("job", "unit", "keypoint"),
)
NUMBERS = ("width", "height", "frame", "fps", "lead_time_s")
"""Columns with a meaning of their own, beside coordinates; others are attributes."""

AXES = {"x": "x", "y": "y", "z": "z", "v": "visibility", "visibility": "visibility"}
AXES |= {"score": "score", "confidence": "score", "likelihood": "score"}

SAME = {"frame_idx": "frame"}
"""Other names that are always understood: SLEAP's tables have them."""

ALIASES = SAME | {
    **dict.fromkeys(("file", "filename", "file_name", "image_name", "img"), "image"),
    **dict.fromkeys(("point", "landmark", "joint", "bodypart", "label"), "keypoint"),
    **dict.fromkeys(("id", "object", "person", "individual"), "instance"),
    **dict.fromkeys(("time", "date", "timestamp", "created_at"), "annotated_at"),
    **dict.fromkeys(("rater", "scorer", "user", "worker"), "annotator"),
    **dict.fromkeys(("frame_number", "frame_id", "frames", "fnum"), "frame"),
    "lead_time": "lead_time_s",
}
"""Names that are understood where the side file says that this is a plain table."""


@dataclass(frozen=True)
class Columns:
    """Columns by their meaning.

    `known` is column by name, for those of TEXTS, NUMBERS and, in a long table, AXES;
    `points` (column by axis) by point, in a wide one; `attributes` the others. `width`
    counts the columns.
    """

    known: dict[str, int]
    points: dict[str, dict[str, int]]
    attributes: dict[str, int]
    width: int

    @property
    def long(self) -> bool:
        """Whether a line is a point; else it is an instance."""
        return "keypoint" in self.known

    @property
    def deep(self) -> bool:
        """Whether points have a z."""
        return "z" in self.known or any("z" in p for p in self.points.values())

    @property
    def scored(self) -> bool:
        """Whether a model placed them."""
        return "score" in self.known or any("score" in p for p in self.points.values())

    @property
    def texts(self) -> list[int]:
        """The columns that are not numbers."""
        axes = ("x", "y", "z", "score")
        numbers = {at for name, at in self.known.items() if name in (*NUMBERS, *axes)}
        for point in self.points.values():
            numbers |= {at for axis, at in point.items() if axis in axes}
        return [at for at in range(self.width) if at not in numbers]


def meaning(header: Sequence[str], loose: bool) -> Columns | str:
    """The columns by a header; or what is wrong with it, in a clause.

    Strictly, a wide table's coordinates are `nose.x` and there are no aliases; loosely
    they may be `nose_x`, `x_nose` or `nose x` as well.
    """
    known: dict[str, int] = {}
    points: dict[str, dict[str, int]] = {}
    attributes: dict[str, int] = {}
    for at, given in enumerate(header):
        name = given.strip().lower()
        name = (ALIASES if loose else SAME).get(name, name)
        if name in known or (given and given in attributes):
            return f"names the column {given!r} twice"
        point = _point(given.strip(), loose)
        if name in TEXTS or name in NUMBERS or name in AXES:
            known[AXES.get(name, name)] = at
        elif point is not None:
            points.setdefault(point[0], {})[point[1]] = at
        elif name not in ("", "-"):
            attributes[given.strip()] = at
    if "image" not in known and "frame" not in known:
        return "has no column `image`, nor `frame`"
    if "keypoint" in known:
        if not {"x", "y"} <= known.keys():
            return "has a column `keypoint`, but not `x` and `y`"
        return Columns(known, {}, attributes, len(header))
    points = {name: axes for name, axes in points.items() if {"x", "y"} <= axes.keys()}
    if not points:
        return "has neither a column `keypoint` nor such as `nose.x` and `nose.y`"
    return Columns(known, points, attributes, len(header))


def _point(name: str, loose: bool) -> tuple[str, str] | None:
    """The point and the axis that a column of a wide table is of."""
    for sign in "._- :" if loose else ".":
        front, found, back = name.rpartition(sign)
        if found and front and back.lower() in AXES:
            return front, AXES[back.lower()]
        front, found, back = name.partition(sign)
        if loose and found and back and front.lower() in AXES:
            return back, AXES[front.lower()]
    return None


def has_header(first: Sequence[str], told: PlainTable) -> bool:
    """Whether the first line names columns: it does unless they are told and it fits.

    What stands where coordinates are told to be is then no number.
    """
    if told.header is not None or not told.columns:
        return told.header is not False
    columns = meaning(told.columns, True)
    if isinstance(columns, str):
        return True
    where = [at for point in columns.points.values() for at in point.values()]
    where += [columns.known[axis] for axis in ("x", "y") if axis in columns.known]
    return not any(_is_number(first[at]) for at in where if at < len(first))


def _is_number(cell: str) -> bool:
    try:
        float(cell.replace(",", "."))
    except ValueError:
        return False
    return True


@dataclass(frozen=True)
class Points:
    """Names of points in a file: `places` (M,) in the skeleton, -1 for none."""

    places: npt.NDArray[np.intp]
    ignored: npt.NDArray[np.bool_]

    @classmethod
    def of(cls, names: Sequence[str], context: Context) -> "Points":
        """Found as the skeleton, and `[points]` of the side file, name them."""
        said, naming = context.delivery.points, Naming(context.skeleton)
        places = [naming.find(name) for name in names]
        return cls(
            np.array([-1 if p is None else p for p in places], np.intp),
            np.array([said.ignored(name) for name in names], np.bool_),
        )

    @property
    def strange(self) -> npt.NDArray[np.bool_]:
        """(M,): none of the skeleton's, and nobody said to ignore it."""
        return (self.places < 0) & ~self.ignored


def other(names: Sequence[str], context: Context) -> str:
    """Why points do not fit the skeleton, and what would do."""
    return (
        f"it {difference(names, context.skeleton)}; list points to leave out under "
        "[points] ignore in delivery.toml, rename others by [points] names"
    )
