"""DeepLabCut's table, however it is stored: columns with names, a row an image."""

import re
from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from posegate.transforms.formats.build import Build
from posegate.transforms.formats.context import Context
from posegate.transforms.formats.names import Names
from posegate.transforms.formats.numbered import numbered
from posegate.transforms.formats.rows import Rows
from posegate.transforms.kernels.geometry import both
from posegate.transforms.model.naming import Naming, difference
from posegate.transforms.model.poses import Bools, Floats
from posegate.transforms.model.schema import Visibility

CODES = {
    "windows-path": "Paths of images have backslashes: they become slashes.",
    "absolute-path": "Paths of images begin at somebody's disk: what stands before "
    "`labeled-data/` is dropped.",
    "unlabelled-images": "Images without any point: nobody labelled them, or they are "
    "empty; they are counted, and give no rows.",
    "scorer-differs": "The name of the file, `CollectedData_<scorer>`, and its header "
    "name different people; the header counts.",
    "several-scorers": "A file has points of several scorers: each is an annotator.",
    "other-object": "An individual has none of the skeleton's points, where others "
    "have: unique bodyparts (of the cage, say), left out; its points are counted.",
    "left-out": "Bodyparts that `points.ignore` lists: left out, counted.",
    "other-skeleton": "Bodyparts that are not the skeleton's: quarantined, unless "
    "`points.ignore` of delivery.toml lists them.",
    "point-incomplete": "A point has one coordinate only: unlabelled.",
    "bodypart-twice": "Columns name a bodypart twice: the first counts.",
}
"""What both ways of storing share, without the format's name."""


def traps(name: str) -> dict[str, str]:
    """The shared traps as a format's own."""
    return {f"{name}.{code}": said for code, said in CODES.items()}


HOME = "labeled-data/"
_LONGEST = 18  # digits that are sure to fit
_NUMBER = f"(?P<number>[0-9]{{1,{_LONGEST}}})[.][A-Za-z]+$"
"""Of a path that ends in one: what stands before the ending of an image's name."""
_IMAGE = re.compile(
    rb"(?P<begin>(.*[^0-9])?)(?P<number>[0-9]{1,18})[.][A-Za-z]+", re.DOTALL
)
_FOLDER = "(?:^|/)(?P<folder>[^/]*)/[^/]*$"
"""The last folder of a path."""


@dataclass(frozen=True)
class Column:
    """Who placed which point of which animal, and which of its numbers this is."""

    scorer: str
    individual: str
    bodypart: str
    coordinate: str


def spatial(columns: Sequence[Column]) -> str | None:
    """What is wrong with points in space; None for points of images."""
    if not any(column.coordinate == "z" for column in columns):
        return None
    return (
        "it holds points in space (coords x, y, z), which DeepLabCut makes of several "
        "cameras' files: deliver those; or a plain table with z, `posegate formats "
        "points-csv`"
    )


@dataclass(frozen=True)
class Animal:
    """The columns of an individual by a scorer; `x`, `y`, `places` are (M,)."""

    scorer: str
    individual: str
    x: npt.NDArray[np.intp]
    y: npt.NDArray[np.intp]
    places: npt.NDArray[np.intp]
    names: tuple[str, ...]
    extra: tuple[str, ...]


@dataclass
class Frames:
    """One file's table as it is read into rows; `name` is the format's."""

    name: str
    context: Context
    build: Build
    source: str
    columns: Sequence[Column]
    images: int = 0

    @cached_property
    def predicted(self) -> bool:
        """Whether a model placed the points: then each has a likelihood."""
        return any(column.coordinate == "likelihood" for column in self.columns)

    @cached_property
    def video(self) -> str:
        """What frames without a path are of: the file, without the model's name."""
        stem = re.sub(r"\.(csv|h5|tsv)(\.gz)?$", "", self.source, flags=re.I)
        scorers = {column.scorer for column in self.columns}
        for scorer in sorted(scorers):
            stem = stem.removesuffix(scorer)
        said = self.context.named(self.source)
        return said.get("video") or said.get("image") or stem.rstrip("_") or self.source

    @cached_property
    def animals(self) -> tuple[Animal, ...]:
        """Those whose points are records; says what is left out."""
        keys = dict.fromkeys((c.scorer, c.individual) for c in self.columns)
        found = [self._animal(scorer, individual) for scorer, individual in keys]
        scorers = {scorer for scorer, _ in keys}
        self.build.note("several-scorers", int(len(scorers) > 1))
        told = re.search(r"CollectedData_(.+?)\.", self.source)
        differs = told is not None and told[1] not in scorers
        self.build.note("scorer-differs", int(differs))
        known = [animal for animal in found if (animal.places >= 0).any()]
        return tuple(known or found)

    @cached_property
    def _objects(self) -> tuple[Animal, ...]:
        keys = dict.fromkeys((c.scorer, c.individual) for c in self.columns)
        taken = {(a.scorer, a.individual) for a in self.animals}
        return tuple(self._animal(*key, quiet=True) for key in keys if key not in taken)

    def _animal(self, scorer: str, individual: str, quiet: bool = False) -> Animal:
        points = self.context.delivery.points
        at: dict[str, dict[str, int]] = {}
        again = 0
        for i, column in enumerate(self.columns):
            if (column.scorer, column.individual) == (scorer, individual):
                axes = at.setdefault(column.bodypart, {})
                again += axes.setdefault(column.coordinate, i) != i
        parts = tuple(part for part, axes in at.items() if {"x", "y"} <= axes.keys())
        places = Naming(self.context.skeleton).places(parts)
        stray = [p for p, place in zip(parts, places, strict=True) if place < 0]
        extra = tuple(part for part in stray if not points.ignored(part))
        if not quiet:
            self.build.note("left-out", len(stray) - len(extra))
            self.build.note("bodypart-twice", again)
        return Animal(
            scorer,
            individual,
            np.array([at[part]["x"] for part in parts], np.intp),
            np.array([at[part]["y"] for part in parts], np.intp),
            places,
            parts,
            extra,
        )

    def add(
        self,
        paths: pa.Array,
        numbers: Floats,
        raw: Callable[[int], bytes] = lambda _: b"",
        wrong: Mapping[int, tuple[str, str]] | None = None,
        mended: Mapping[str, Bools] | None = None,
    ) -> None:
        """Takes in images: their paths or frame numbers, and (N, C) of the columns.

        `wrong` has (code, sentence) of lines that are none: one record each; `mended`
        (N,) by code those that the reader repaired.
        """
        first, self.images = self.images, self.images + len(paths)
        self.build.images(len(paths))
        some = np.zeros(len(paths), np.bool_)
        place = Paths(paths, self.video)
        for j, animal in enumerate(self.animals):
            xy = np.stack([numbers[:, animal.x], numbers[:, animal.y]], axis=2)
            flat = np.isfinite(xy).reshape(len(xy), 2 * len(animal.x))
            there = np.array(flat.any(axis=1), np.bool_)
            if not j and wrong:
                there[list(wrong)] = True
            some |= there
            rows = self._rows(
                xy if there.all() else xy[there], animal, place.taken(there)
            )
            at = np.flatnonzero(there)
            rows.position = (first + at) * len(self.animals) + j
            rows.raw = partial(_line, raw, at)
            place.remark(rows, there, self.name)
            for code, which in (mended or {}).items():
                rows.remarks.repair(which[there], f"{self.name}.{code}")
            for i, reason in (wrong or {}).items():
                if there[i]:
                    rows.remarks.reasons[int(np.searchsorted(at, i))] = reason
            self.build.add(rows)
        for thing in self._objects:
            seen = np.isfinite(numbers[:, thing.x]) & np.isfinite(numbers[:, thing.y])
            self.build.note("other-object", int(seen.sum()))
            some |= seen.any(axis=1)
        self.build.note("unlabelled-images", int((~some).sum()))

    def _rows(self, xy: Floats, animal: Animal, place: "Paths") -> Rows:
        n, k = len(xy), len(self.context.skeleton.keypoints)
        kept = animal.places >= 0
        known = np.isfinite(xy)
        whole = both(known)
        points = xy if whole.all() else np.where(whole[:, :, None], xy, np.nan)
        if not np.array_equal(animal.places, np.arange(k)):
            placed = np.full((n, k, 2), np.nan)
            placed[:, animal.places[kept]] = points[:, kept]
            points = placed
        seen = np.isfinite(points[:, :, 0])
        rows = Rows(
            position=np.zeros(n, np.int64),
            image=place.images,
            xy=points,
            visibility=seen * np.uint8(Visibility.VISIBLE),
            source=self.source,
            id=animal.individual or "1",
            video=place.videos,
            frame=place.frames,
            track=animal.individual or None,
            annotator=animal.scorer or None,
            model=np.full(n, True) if self.predicted else None,
        )
        half = ((known[:, :, 0] | known[:, :, 1]) & ~whole).any(axis=1)
        rows.remarks.repair(np.asarray(half), f"{self.name}.point-incomplete")
        if animal.extra:
            rows.remarks.refuse(
                np.ones(n, np.bool_),
                f"{self.name}.other-skeleton",
                lambda _: other(animal, self.context),
            )
        return rows


def _line(raw: Callable[[int], bytes], at: npt.NDArray[np.intp], i: int) -> bytes:
    return raw(int(at[i]))


def other(animal: Animal, context: Context) -> str:
    """Why an animal's bodyparts do not fit, and what would do."""
    return (
        f"{animal.individual or 'it'} {difference(animal.names, context.skeleton)}; "
        f"{len(animal.extra)} of its bodyparts are not the skeleton's: list those to "
        "leave out under [points] ignore in delivery.toml, rename others by [points] "
        "names"
    )


class Paths:
    """Paths of images (N,), as they came and as rows name them."""

    def __init__(self, given: pa.Array, video: str) -> None:
        self.windows: Bools = np.zeros(len(given), np.bool_)
        self.absolute: Bools = self.windows
        found = numbered(given, _IMAGE)
        if found is None or any(map(_odd, found.begins)):
            self._read(given, video)
            return
        self.images, self.frames = given, pa.array(found.numbers)
        folders = [each.rpartition("/")[0].rpartition("/")[2] for each in found.begins]
        self.videos = found.column([folder or video for folder in folders])

    def _read(self, given: pa.Array, video: str) -> None:
        """Whatever they are like."""
        self.windows = _bools(pc.match_substring(given, "\\"))
        path = pc.replace_substring(given, "\\", "/") if self.windows.any() else given
        home = pc.find_substring(path, HOME).to_numpy(zero_copy_only=False)
        self.absolute = np.asarray(home > 0)
        if self.absolute.any():
            cut = [each[max(each.find(HOME), 0) :] for each in path.to_pylist()]
            path = pa.array(cut, pa.string())
        bare = pc.match_substring_regex(path, "^[0-9]+$")
        number = pc.struct_field(pc.extract_regex(path, _NUMBER), "number")
        some = bool(bare.true_count)
        if some:
            last = pc.utf8_slice_codeunits(path, -_LONGEST)
            number = pc.if_else(bare, last, number)
        self.frames = number.cast(pa.int64())
        self.videos = _folders(path, video)
        self.images = path
        if some:
            framed = pc.binary_join_element_wise(
                video, self.frames.cast(pa.string()), "#", null_handling="replace"
            )
            self.images = pc.if_else(bare, framed, path)

    def taken(self, rows: Bools) -> "Paths":
        """Those of some rows."""
        if rows.all():
            return self
        some = copy(self)
        kept = pa.array(rows)
        some.images = self.images.filter(kept)
        some.videos = self.videos.filter(kept)
        some.frames = self.frames.filter(kept)
        return some

    def remark(self, rows: Rows, there: Bools, name: str) -> None:
        """Says what was mended of the paths of some rows."""
        rows.remarks.repair(self.windows[there], f"{name}.windows-path")
        rows.remarks.repair(self.absolute[there], f"{name}.absolute-path")


def _odd(begin: str) -> bool:
    """Whether a path that begins so is to be mended."""
    return "\\" in begin or begin.find(HOME) > 0


def _folders(path: pa.Array, video: str) -> pa.Array:
    """(N,) the last folder of each path, or the video; most files have one folder."""
    above = path[0].as_py().rpartition("/")[0] if len(path) else ""
    below = pc.starts_with(path, f"{above}/")
    deep = pc.equal(pc.count_substring(path, "/"), above.count("/") + 1)
    if len(path) and pc.and_(below, deep).true_count == len(path):
        return pa.repeat(above.rpartition("/")[2] or video, len(path))
    folder = pc.struct_field(pc.extract_regex(path, _FOLDER), "folder")
    known = pc.fill_null(pc.not_equal(folder, ""), False)
    return pc.if_else(known, folder, video)


def _bools(column: pa.Array) -> Bools:
    return np.asarray(column.to_numpy(zero_copy_only=False), np.bool_)


def names_of(columns: Sequence[Column]) -> list[Names]:
    """The body parts of all individuals as one animal's; unique ones apart."""
    found: dict[bool, dict[str, None]] = {}
    for column in columns:
        single = column.individual == "single"
        found.setdefault(single, {})[column.bodypart] = None
    kinds = {False: "animal", True: "single"}
    return [Names(kinds[single], tuple(parts)) for single, parts in found.items()]
