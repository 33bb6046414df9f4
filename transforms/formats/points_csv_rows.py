"""Lines of a plain table of points as rows."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from posegate.transforms.formats.build import Build
from posegate.transforms.formats.context import Context
from posegate.transforms.formats.points_csv_columns import Columns
from posegate.transforms.formats.rows import Rows
from posegate.transforms.formats.text_table import Cells
from posegate.transforms.model.poses import Bools, Bytes, Floats
from posegate.transforms.model.schema import Visibility

Indices = npt.NDArray[np.intp]
Reasons = Mapping[int, tuple[str, str]]

LENGTHS = {"mm": ("mm", 1.0), "cm": ("mm", 10.0), "m": ("m", 1.0)}
"""Units of length: the canonical one, and what to multiply by."""

UNSAID, WRONG = 254, 255
"""Flags that are not given, and those that are none."""

_FLAGS = {
    **{f"{v}{end}": v for v in range(4) for end in ("", ".0")},
    **dict.fromkeys(("absent", "missing", "unlabelled", "unlabeled"), 0),
    **dict.fromkeys(("occluded", "hidden", "false"), 1),
    **dict.fromkeys(("visible", "true"), 2),
    "": UNSAID,
}


def flags(said: pa.Array) -> Bytes:
    """(N,) visibilities as they are written; UNSAID where empty, else WRONG."""
    words = said.dictionary_encode()
    known = [_FLAGS.get(w.strip().lower(), WRONG) for w in words.dictionary.to_pylist()]
    return np.array(known, np.uint8)[words.indices.to_numpy()]


def text(found: Cells, column: int | None) -> pa.Array | None:
    """(N,) a column of text, null where empty; None if the table has none such."""
    if column is None:
        return None
    said = pc.utf8_trim_whitespace(found.texts[column])
    return pc.if_else(pc.equal(said, ""), pa.scalar(None, pa.string()), said)


def whole(numbers: Floats) -> pa.Array:
    """(N,) numbers that are whole as such, null for the others."""
    good = np.isfinite(numbers) & (np.abs(numbers) < 2**31)
    good &= np.floor(np.where(good, numbers, 0)) == np.where(good, numbers, 0)
    return pa.array(np.where(good, numbers, 0).astype(np.int64), mask=~good)


@dataclass
class Draft:
    """N records of a block: (N, K, 3) points, (N, K) flags, and the line of each.

    `reasons` has (code, sentence) of those that are refused; `raw(i)` a record's lines;
    `short` (N,) are those of a line that ends too early.
    """

    found: Cells
    xyz: Floats
    flags: Bytes
    lines: Indices
    reasons: Reasons
    raw: Callable[[int], bytes]
    short: Bools


@dataclass
class Table:
    """One file's records as they become rows."""

    context: Context
    build: Build
    source: str
    columns: Columns
    records: int = field(default=0)

    def put(self, draft: Draft) -> None:
        """Takes records in, those of each unit together."""
        n = len(draft.lines)
        first, self.records = self.records, self.records + n
        told = self.context.delivery.csv.unit or "px"
        units = np.full(n, told, object)
        if (said := text(draft.found, self.columns.known.get("unit"))) is not None:
            units = np.array(said.fill_null(told).to_pylist(), object)[draft.lines]
        for unit in dict.fromkeys(units.tolist()):
            at = np.flatnonzero(units == unit)
            rows = self._rows(draft, at)
            rows.position = first + at
            rows.remarks.repair(draft.short[at], "points-csv.row-short")
            for i, row in enumerate(at.tolist()):
                if row in draft.reasons:
                    rows.remarks.reasons[i] = draft.reasons[row]
            self._settle(rows)
            self._scale(rows, unit)
            self.build.add(rows)

    def _rows(self, draft: Draft, at: Indices) -> Rows:
        """Some of the records, with all that their lines say of them."""
        lines = pa.array(draft.lines[at])
        known, found = self.columns.known, draft.found

        def said(name: str) -> pa.Array | None:
            column = text(found, known.get(name))
            return None if column is None else column.take(lines)

        def number(name: str) -> Floats | None:
            column = known.get(name)
            return None if column is None else found.numbers[draft.lines[at], column]

        def count(name: str) -> pa.Array | None:
            given = number(name)
            return None if given is None else whole(given)

        image, video, frame = said("image"), said("video"), count("frame")
        if image is None:
            assert frame is not None  # `meaning` sees to it
            named = self.context.named(self.source)
            whose = named.get("video") or named.get("image") or self.source
            video = pa.repeat(whose, len(at)) if video is None else video
            numbered = frame.cast(pa.string())
            image = pc.binary_join_element_wise(video, numbered, "#")
        ids, times, roles = said("instance"), said("annotated_at"), said("role")
        lead, fps = number("lead_time_s"), number("fps")
        if ids is None:  # a track is one object too
            ids = said("track")
        return Rows(
            position=np.empty(len(at), np.int64),
            image=image,
            xy=np.ascontiguousarray(draft.xyz[at, :, :2]),
            z=np.ascontiguousarray(draft.xyz[at, :, 2]) if self.columns.deep else None,
            visibility=draft.flags[at],
            source=self.source,
            raw=lambda i: draft.raw(int(at[i])),
            id=["1"] * len(at) if ids is None else ids.fill_null("1").to_pylist(),
            width=count("width"),
            height=count("height"),
            video=video,
            frame=frame,
            fps=None if fps is None else pa.array(fps, mask=~np.isfinite(fps)),
            track=said("track"),
            annotator=said("annotator"),
            annotated_at=None if times is None else times.to_pylist(),
            lead_time_s=None if lead is None else pa.array(lead, mask=np.isnan(lead)),
            role=None if roles is None else roles.to_pylist(),
            job=said("job"),
            model=np.full(len(at), True) if self.columns.scored else None,
            more={
                name: column.take(lines).to_pylist()
                for name, where in self.columns.attributes.items()
                if (column := text(found, where)) is not None
            },
        )

    def _settle(self, rows: Rows) -> None:
        """Makes flags and positions agree; refuses what names no image."""
        remarks, given = rows.remarks, rows.visibility
        axes = np.isfinite(rows.xy)
        if rows.z is not None:
            axes = np.concatenate([axes, np.isfinite(rows.z)[:, :, None]], axis=2)
        there, some = axes.all(axis=2), axes.any(axis=2)
        remarks.refuse(
            np.asarray((given == WRONG).any(axis=1)),
            "points-csv.visibility",
            lambda _: (
                "a visibility is none of 0, 1, 2, 3, absent, occluded, visible; if it "
                "is a probability, call its column `nose.score` under [csv] columns"
            ),
        )
        nowhere = ~some & (given > 0) & (given < UNSAID)
        remarks.repair(np.asarray(nowhere.any(axis=1)), "points-csv.visible-nowhere")
        half = np.asarray(np.asarray(some & ~there).any(axis=1))
        remarks.repair(half, "points-csv.point-incomplete")
        flag = np.where(given >= UNSAID, Visibility.VISIBLE, given)
        rows.visibility = np.where(there, flag, Visibility.UNLABELLED).astype(np.uint8)
        rows.xy[~there] = np.nan
        if rows.z is not None:
            rows.z[~there] = np.nan
        assert isinstance(rows.image, pa.Array)
        remarks.refuse(
            rows.image.is_null().to_numpy(zero_copy_only=False),
            "points-csv.no-image",
            lambda _: "it names no image; add its name",
        )

    def _scale(self, rows: Rows, unit: str) -> None:
        """Makes lengths and shares px where that is known."""
        name, scale = unit.strip().lower(), self.context.delivery.csv.px_per_mm
        if name in LENGTHS:
            rows.unit, factor = LENGTHS[name]
            if scale is not None and rows.z is None:
                factor *= scale * (1000.0 if rows.unit == "m" else 1.0)
                rows.unit = None
            if factor != 1:
                rows.xy = rows.xy * factor
                rows.z = None if rows.z is None else rows.z * factor
        elif name == "share":
            self._share(rows)
        elif name != "px":
            rows.remarks.refuse(
                np.full(len(rows), True),
                "points-csv.unit",
                lambda _: f"unit {unit!r} is none of px, mm, cm, m, share",
            )

    def _share(self, rows: Rows) -> None:
        """Multiplies by the image's size, as the lines or the job table say it."""
        size = self.context.sizes(pa.array(rows.image).to_pylist())
        for axis, given in enumerate((rows.width, rows.height)):
            if isinstance(given, pa.Array):
                own = given.cast(pa.float64()).to_numpy(zero_copy_only=False)
                size[:, axis] = np.where(np.isnan(own), size[:, axis], own)
        rows.remarks.refuse(
            np.asarray(np.isnan(size).any(axis=1)),
            "points-csv.no-size",
            lambda _: (
                "its points are shares of an image whose width and height nobody "
                "says; add them as columns"
            ),
        )
        rows.xy = rows.xy * size[:, None, :]
