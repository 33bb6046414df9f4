"""Rows of FCSV files that have the same comments, made by the column."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from posegate.transforms.formats.build import Build
from posegate.transforms.formats.context import Context
from posegate.transforms.formats.fcsv_table import Plain, pairs, parsed
from posegate.transforms.formats.rows import Rows
from posegate.transforms.kernels.geometry import both
from posegate.transforms.model.naming import Naming
from posegate.transforms.model.poses import Bools, Floats
from posegate.transforms.model.schema import Visibility

WANTED = ("x", "y", "z", "label", "desc")
"""The columns that are read."""

NOT_PLACED = ("0", "3")
"""What Slicer 5 says of a point that is undefined, or missing."""

RAS, LPS = ("0", "RAS"), ("1", "LPS")
"""How axes are said: right, anterior, superior, or their opposites but for the last."""

_LEFT, _STRANGE = -1, -2


@dataclass
class Finder:
    """The keypoint that a name means, kept from file to file: a thousand are alike."""

    context: Context
    _known: dict[str, int | None] = field(default_factory=dict)

    def image(self, source: str) -> str:
        """The image of a file: by `[names]`, else its name."""
        ending = r"\.(fcsv|mrk\.json|json)(\.gz)?$"
        stem = re.sub(ending, "", source, flags=re.IGNORECASE)
        return self.context.named(source).get("image", stem)

    def find(self, name: str) -> int | None:
        """Its index; None where it means none, or is empty."""
        if name not in self._known:
            naming = Naming(self.context.skeleton)
            self._known[name] = naming.find(name) if name else None
        return self._known[name]

    def place(self, label: str, desc: str) -> tuple[int, bool]:
        """The keypoint of a point, or what becomes of it; and whether both disagree."""
        by_label, by_desc = self.find(label), self.find(desc)
        place = by_desc if by_label is None else by_label
        if place is not None:
            return place, by_desc not in (None, place)
        names = self.context.delivery.points
        ignored = names.ignored(label) or names.ignored(desc)
        return _LEFT if ignored else _STRANGE, False


def places(columns: Sequence[str]) -> list[int]:
    """Where the columns of WANTED stand, -1 for none, and how a point is set.

    That has no name: it stands behind the columns that have one.
    """
    found = [columns.index(n) if n in columns else -1 for n in WANTED]
    return [*found, len(columns)]


def put(
    files: Sequence[Plain], said: Mapping[str, str], finder: Finder, build: Build
) -> Sequence[Plain]:
    """Adds the files whose points are all the skeleton's -> those it leaves alone.

    `said` are the comments of all of them.
    """
    columns = [name.strip() for name in said.get("columns", "").split(",")]
    axes = said.get("coordinatesystem", "").upper()
    known = len(columns) >= 4 and axes in ("", *RAS, *LPS)
    points = parsed(files, places(columns)) if known else None
    if points is None:
        return files
    kinds, which = pairs(points)
    placed = [finder.place(*kind) for kind in kinds]
    place = np.array([p for p, _ in placed])[which]  # (P,)
    apart = np.array([p for _, p in placed])[which]
    n, k = len(files), len(finder.context.skeleton.keypoints)
    file = np.repeat(np.arange(n), [f.count for f in files])  # (P,)
    here = place >= 0
    often = np.bincount(file[here] * k + place[here], minlength=n * k).reshape(n, k)
    alone: Bools = np.asarray((often > 1).any(axis=1))
    alone[file[place == _STRANGE]] = True
    where = points.xyz.copy()
    where[np.isin(points.status, NOT_PLACED)] = np.nan
    xyz = np.full((n, k, 3), np.nan)
    xyz[file[here], place[here]] = where[here]
    gone = np.zeros(n, np.bool_)
    gone[file[here & ~np.isfinite(where).all(axis=1)]] = True
    disagree = np.zeros(n, np.bool_)
    disagree[file[apart]] = True
    left = np.bincount(file[place == _LEFT], minlength=n)
    build.note("left-out", int(left[~alone].sum()))
    build.images(int((~alone).sum()))
    rows = _rows(
        [f for f, out in zip(files, alone, strict=True) if not out],
        xyz[~alone],
        axes,
        finder,
    )
    rows.remarks.repair(disagree[~alone], "fcsv.names-disagree")
    rows.remarks.repair(gone[~alone], "fcsv.not-placed")
    build.add(rows)
    return [f for f, out in zip(files, alone, strict=True) if out]


def _rows(files: Sequence[Plain], xyz: Floats, axes: str, finder: Finder) -> Rows:
    """Rows of files (N,) by their points (N, K, 3) [mm]."""
    n = len(files)
    finite = np.isfinite(xyz)
    seen = both(finite) & finite[:, :, 2]
    xyz = np.where(seen[:, :, None], xyz, np.nan)
    if axes in LPS:
        xyz = xyz * (-1.0, -1.0, 1.0)
    names = [file.name for file in files]
    rows = Rows(
        position=np.zeros(n, np.int64),
        image=[finder.image(name) for name in names],
        xy=xyz[:, :, :2],
        z=np.ascontiguousarray(xyz[:, :, 2]),
        visibility=seen * np.uint8(Visibility.VISIBLE),
        source=names,
        id=names,
        unit="mm",
        raw=lambda i: files[i].data,
    )
    rows.remarks.repair(np.full(n, axes in LPS), "fcsv.lps-turned")
    rows.remarks.repair(np.full(n, not axes), "fcsv.axes-assumed")
    return rows
