"""Markers of a motion capture as rows: one a subject and a frame."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from posegate.transforms.formats.build import Build
from posegate.transforms.formats.context import Context
from posegate.transforms.formats.names import Names
from posegate.transforms.formats.rows import Rows
from posegate.transforms.model.naming import Naming, difference
from posegate.transforms.model.poses import Bools, Floats
from posegate.transforms.model.schema import Origin, Visibility

UNITS = {
    "mm": ("mm", 1.0),
    "millimeters": ("mm", 1.0),
    "millimetres": ("mm", 1.0),
    "m": ("m", 1.0),
    "meters": ("m", 1.0),
    "metres": ("m", 1.0),
    "cm": ("mm", 10.0),
    "centimeters": ("mm", 10.0),
    "centimetres": ("mm", 10.0),
    "um": ("mm", 0.001),
    "in": ("mm", 25.4),
    "inches": ("mm", 25.4),
    "ft": ("mm", 304.8),
    "feet": ("mm", 304.8),
}
"""Units as programs write them: the canonical one, and what to multiply by."""

SMALLEST, LARGEST = 10.0, 20_000.0
"""[mm] A body whose markers lie closer or farther apart is in another unit."""

GHOST = re.compile(
    r"^(\*\d+|(unlabell?ed|unknown|uname|new_marker)[\s_*]*\d*|\*?)$", re.I
)
"""What capture programs call a trajectory that nobody has labelled."""

TRAPS = {
    "zero-is-missing": "A marker lies at exactly 0, 0, 0, which is how some programs "
    "write that it was not seen: unlabelled.",
    "point-incomplete": "A marker has some of its three coordinates only: unlabelled.",
    "ghost-markers": "Trajectories that nobody labelled (`*12`, `Unlabeled 34`): left "
    "out, counted.",
    "other-object": "A subject has none of the skeleton's points, where another has: "
    "it is another object (a box, a racket), left out; its frames are counted.",
    "left-out": "Markers that `points.ignore` lists: left out, counted.",
    "other-skeleton": "A subject has markers that are not the skeleton's: quarantined, "
    "unless `points.ignore` of delivery.toml lists them.",
    "unit-converted": "Lengths in cm, inches or feet are converted to mm.",
    "unit-unknown": "The unit is missing or none known: the numbers stand as they are.",
    "unit-doubtful": "A body is smaller than 1 cm or larger than 20 m in the unit that "
    "the file names: it is probably in another.",
    "frame-assumed": "A row has no frame number: it is counted from the one before.",
    "frames-missing": "There are fewer frames than the header says: those that are "
    "there count; said where they end, and of the whole file where there are none.",
    "frames-beyond": "There are more frames than the header says: all of them count.",
}
"""What all formats of markers share, without the format's name."""


def traps(name: str, without: Sequence[str] = ()) -> dict[str, str]:
    """The shared traps as a format's own, but for those that it cannot have."""
    return {f"{name}.{c}": said for c, said in TRAPS.items() if c not in without}


@dataclass(frozen=True)
class Subject:
    """One person or object: `columns` (M,) of the file's markers are its own.

    `places` (M,) are the keypoints that they are, -1 for none; `extra` names those that
    are none and that nobody said to ignore.
    """

    name: str | None
    columns: npt.NDArray[np.intp]
    places: npt.NDArray[np.intp]
    extra: tuple[str, ...]
    labels: tuple[str, ...]


@dataclass
class Capture:
    """The markers of one file as they are read into rows.

    `labels` (M,) as in the file, with `Subject:` in front or not; `rate` [Hz].
    """

    name: str
    context: Context
    build: Build
    source: str
    labels: Sequence[str]
    unit: str | None
    rate: float | None
    frames: int = 0
    _last: int = 0

    @cached_property
    def video(self) -> str:
        """What the file's frames belong to: the file, unless `[names]` says another."""
        said = self.context.named(self.source)
        return said.get("video") or said.get("image") or self.source

    @cached_property
    def subjects(self) -> tuple[Subject, ...]:
        """Those whose frames are records; notes what is left out."""
        ghosts = [_ghost(label) for label in self.labels]
        self.build.note("ghost-markers", sum(ghosts))
        own: dict[str | None, list[int]] = {}
        for i, (label, ghost) in enumerate(zip(self.labels, ghosts, strict=True)):
            if not ghost:
                own.setdefault(_split(label)[0], []).append(i)
        found = [self._subject(name, columns) for name, columns in own.items()]
        known = [s for s in found if (s.places >= 0).any()]
        return tuple(known or found)

    @cached_property
    def _others(self) -> int:
        """How many subjects are other objects."""
        names = {_split(label)[0] for label in self.labels if not _ghost(label)}
        return len(names) - len(self.subjects)

    def _subject(self, subject: str | None, columns: Sequence[int]) -> Subject:
        points = self.context.delivery.points
        names = [_split(self.labels[i])[1] for i in columns]
        places = Naming(self.context.skeleton).places(names)
        stray = [n for n, place in zip(names, places, strict=True) if place < 0]
        extra = tuple(name for name in stray if not points.ignored(name))
        self.build.note("left-out", len(stray) - len(extra))
        return Subject(subject, np.array(columns, np.intp), places, extra, tuple(names))

    def add(
        self,
        frame: Floats,
        xyz: Floats,
        raw: Callable[[int], bytes] = lambda _: b"",
        wrong: Mapping[int, tuple[str, str]] | None = None,
        mended: Mapping[str, Bools] | None = None,
        filled: Bools | None = None,
    ) -> None:
        """Takes in frames: numbers (F,), NaN where missing, and (F, M, 3) [unit].

        `wrong` has (code, sentence) of frames that are none, `mended` (F,) by code
        those that the reader repaired; `filled` (F, M) are markers that were computed
        where they were not seen.
        """
        n, s = len(frame), len(self.subjects)
        first, self.frames = self.frames, self.frames + n
        self.build.images(n)
        self.build.note("other-object", n * self._others)
        number, assumed = self._numbers(frame)
        text = pa.array(number).cast(pa.string())
        image = pc.binary_join_element_wise(pa.scalar(self.video), text, "#")
        unit, factor = UNITS.get((self.unit or "").strip().lower(), (None, 1.0))
        for j, subject in enumerate(self.subjects):
            own = xyz[:, subject.columns]  # (F, M', 3)
            zero: Bools = np.asarray((own == 0).all(axis=2))
            known = np.isfinite(own)
            half: Bools = np.asarray(known.any(axis=2) & ~known.all(axis=2))
            seen = known.all(axis=2) & ~zero
            if not first:
                self._doubt(own, seen, unit, factor)
            rows = self._rows(own * factor if factor != 1 else own, seen, subject)
            rows.position = (first + np.arange(n)) * s + j
            rows.image, rows.frame = image, pa.array(number)
            rows.unit, rows.raw = unit, raw
            gaps = self._fill(rows, filled, seen, subject)
            repairs: dict[str, Bools] = {
                **(mended or {}),
                "zero-is-missing": np.asarray(zero.any(axis=1)),
                "point-incomplete": np.asarray(half.any(axis=1)),
                "frame-assumed": assumed,
                "interpolated": gaps,
                "unit-converted": np.full(n, factor != 1),
                "unit-unknown": np.full(n, unit is None),
            }
            for code, which in repairs.items():
                rows.remarks.repair(which, f"{self.name}.{code}")
            for i, reason in (wrong or {}).items():
                rows.remarks.reasons[i] = reason
            self._strange(rows, subject)
            self.build.add(rows)

    def end(self, told: float | None) -> None:
        """Says of a file that is read to its end where frames that it told lack."""
        if told is None or told == self.frames:
            return
        if self.frames > told:
            self.build.note("frames-beyond")
            return
        detail = (
            f"its header tells of {told:g} frames, but it holds {self.frames or 'none'}"
            "; export it again, whole, or let the header tell what there is"
        )
        place = self.frames * len(self.subjects) if self.frames else -1
        self.build.say(self.source, "frames-missing", detail, position=place)

    def _numbers(self, frame: Floats) -> tuple[npt.NDArray[np.int64], Bools]:
        """(F,) the frames' numbers, and which of them had to be counted on."""
        lacks = ~(np.abs(frame) < 2**53)
        index = np.arange(len(frame))
        before = np.maximum.accumulate(np.where(lacks, -1, index))
        known = np.where(lacks, 0, frame).astype(np.int64)
        start = np.where(before < 0, self._last, known[before])
        number = np.where(lacks, start + index - before, known)
        if len(number):
            self._last = int(number[-1])
        return number, lacks

    def _rows(self, own: Floats, seen: Bools, subject: Subject) -> Rows:
        """The points in the skeleton's order; the caller says where and when."""
        n, k = len(own), len(self.context.skeleton.keypoints)
        kept = subject.places >= 0
        points = np.full((n, k, 3), np.nan)
        points[:, subject.places[kept]] = np.where(
            seen[:, kept, None], own[:, kept], np.nan
        )
        visibility = np.where(
            np.isfinite(points[:, :, 0]), Visibility.VISIBLE, Visibility.UNLABELLED
        )
        return Rows(
            position=np.zeros(n, np.int64),
            image=None,
            xy=points[:, :, :2],
            z=np.ascontiguousarray(points[:, :, 2]),
            visibility=visibility.astype(np.uint8),
            source=self.source,
            id=[subject.name or "1"] * n,
            video=self.video,
            fps=self.rate,
            track=subject.name or "1",
        )

    def _fill(
        self, rows: Rows, filled: Bools | None, seen: Bools, subject: Subject
    ) -> Bools:
        """(F,): has markers that were filled in; makes them INTERPOLATED."""
        if filled is None:
            return np.zeros(len(rows), np.bool_)
        kept = subject.places >= 0
        gaps = (filled[:, subject.columns] & seen)[:, kept]
        origin = np.zeros(rows.visibility.shape, np.uint8)
        origin[:, subject.places[kept]] = np.where(gaps, Origin.INTERPOLATED, 0)
        rows.origin = origin
        return np.asarray(gaps.any(axis=1))

    def _strange(self, rows: Rows, subject: Subject) -> None:
        """Refuses a subject's records for markers that the skeleton does not have."""
        if subject.extra:
            rows.remarks.refuse(
                np.ones(len(rows), np.bool_),
                f"{self.name}.other-skeleton",
                lambda _: other(subject, self.context),
            )

    def _doubt(self, own: Floats, seen: Bools, unit: str | None, factor: float) -> None:
        """Notes a body that is too small or too large for its unit."""
        known = np.where(seen[:, :, None], own, np.nan)[seen.sum(axis=1) > 1]
        if unit is None or not len(known):
            return
        span = np.nanmax(known, axis=1) - np.nanmin(known, axis=1)
        size = (
            float(np.median(span.max(axis=1))) * factor * (1000 if unit == "m" else 1)
        )
        if not SMALLEST <= size <= LARGEST:
            self.build.note("unit-doubtful")


def other(subject: Subject, context: Context) -> str:
    """Why a subject's markers do not fit, and what would do."""
    who = f"subject {subject.name!r} " if subject.name else "it "
    return (
        f"{who}{difference(subject.labels, context.skeleton)}; of its markers "
        f"{len(subject.extra)} are not the skeleton's: list those to leave out under "
        '[points] ignore in delivery.toml (["*"] for all of them), rename others by '
        "[points] names, or make a skeleton of these markers"
    )


def _ghost(label: str) -> bool:
    """Whether nobody has labelled a trajectory: `*12`, `Ann:*12`, `Unlabeled:12`."""
    return bool(GHOST.match(_split(label)[1]) or GHOST.match(label.replace(":", " ")))


def _split(label: str) -> tuple[str | None, str]:
    """The subject in front of a label, and the marker's own name."""
    subject, colon, marker = label.strip().rpartition(":")
    return (subject.strip() or None, marker.strip()) if colon else (None, label.strip())


def names_of(labels: Sequence[str]) -> list[Names]:
    """The markers of each subject, without those that nobody labelled."""
    own: dict[str | None, list[str]] = {}
    for label in labels:
        if not _ghost(label):
            subject, name = _split(label)
            own.setdefault(subject, []).append(name)
    return [
        Names(subject or "person", tuple(dict.fromkeys(some)))
        for subject, some in own.items()
    ]
