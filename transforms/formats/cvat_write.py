"""What CVAT's files of images and of tracks are made of, in text.

CVAT reads coordinates of any precision, so they are written as they are.
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import msgspec
import numpy as np

from posegate.transforms.formats.write import Outgoing
from posegate.transforms.kernels.masks import decode
from posegate.transforms.model.poses import Bools
from posegate.transforms.model.schema import Origin, Visibility
from posegate.transforms.model.skeleton import Skeleton

_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_SPACES = {"\n": "&#10;", "\r": "&#13;", "\t": "&#9;"}
CATEGORY = "category"
"""The attribute that says an instance's class where it is not the skeleton's."""

Row = Mapping[str, Any]


@dataclass
class Told:
    """What could not be written as it was, counted."""

    counts: dict[str, int] = field(default_factory=dict)

    def __call__(self, what: str, count: int = 1) -> None:
        if count:
            self.counts[what] = self.counts.get(what, 0) + count


class Text:
    """Texts as XML takes them; counts the characters that it cannot hold."""

    def __init__(self, told: Told) -> None:
        self._told = told

    def attribute(self, text: str) -> str:
        """Quoted, with every space that would not come back written out."""
        return quoteattr(self._sound(text), _SPACES)

    def content(self, text: str) -> str:
        """Between tags."""
        return escape(self._sound(text), {"\r": "&#13;"})

    def _sound(self, text: str) -> str:
        sound, count = _FORBIDDEN.subn("\ufffd", text)
        self._told("characters that XML cannot hold", count)
        return sound


@dataclass
class Labels:
    """The classes that are written: of poses, and of boxes and segments alone."""

    poses: set[str] = field(default_factory=set)
    alone: set[str] = field(default_factory=set)
    names: set[str] = field(default_factory=set)

    def label(self, row: Row, labelled: bool, category: str) -> tuple[str, bool]:
        """How a row's class is called, and whether the row is written as a pose."""
        given = said(row).get(CATEGORY)
        label = given or category
        return label, labelled or given is None or label in self.poses


def labels(given: Outgoing) -> Labels:
    """The labels, and the names of attributes, that the rows need."""
    found, category = Labels(), given.skeleton.category
    alone: set[str] = set()
    for batch in given.rows:
        flags = batch["visibility"].to_pylist()
        for attributes, flag in zip(
            batch["attributes"].to_pylist(), flags, strict=True
        ):
            pairs = dict(attributes or ())
            found.names |= pairs.keys()
            label = pairs.get(CATEGORY)
            some = found.poses if any(flag) or label is None else alone
            some.add(label or category)
    found.alone = alone - found.poses
    return found


def said(row: Row) -> dict[str, str]:
    """A row's attributes."""
    return dict(row["attributes"] or ())


def head(given: Outgoing, found: Labels, text: Text, mode: str, more: str = "") -> str:
    """The file up to the first image or track; `more` stands in the task."""
    names = {name for name in found.names if name != CATEGORY}
    mine = {n for n in names if not point_of(n, given.skeleton)}
    made = [
        _skeleton_label(label, given.skeleton, names, mine, text)
        for label in sorted(found.poses)
    ]
    plain = [f"{label}-outline" for label in sorted(found.poses)]
    made += [_label(label, "any", mine, text) for label in (*plain, *found.alone)]
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<annotations>\n'
        "  <version>1.1</version>\n  <meta><task>"
        f"<name>{text.content(given.name)}</name><mode>{mode}</mode>\n"
        f"  <labels>\n{''.join(made)}  </labels>{more}</task>"
    )


def _skeleton_label(
    label: str, skeleton: Skeleton, names: set[str], mine: set[str], text: Text
) -> str:
    drawing = f"<svg>{escape(svg(skeleton))}</svg>"
    parent = f"<parent>{text.content(label)}</parent>"
    points = [
        _label(name, "points", {n[len(name) + 1 :] for n in own}, text, parent)
        for name in skeleton.keypoints
        for own in [{n for n in names - mine if point_of(n, skeleton) == name}]
    ]
    return _label(label, "skeleton", mine, text, drawing) + "".join(points)


def _label(name: str, kind: str, own: set[str], text: Text, more: str = "") -> str:
    specs = "".join(
        f"<attribute><name>{text.content(each)}</name><mutable>True</mutable>"
        "<input_type>text</input_type><default_value></default_value><values></values>"
        "</attribute>"
        for each in sorted(own)
    )
    return (
        f"    <label><name>{text.content(name)}</name><type>{kind}</type>"
        f"<attributes>{specs}</attributes>{more}</label>\n"
    )


def svg(skeleton: Skeleton) -> str:
    """The drawing by which CVAT knows a skeleton: its points on a circle, its limbs."""
    k = len(skeleton.keypoints)
    turns = [2 * math.pi * i / k for i in range(k)]
    at = [(50 + 40 * math.sin(turn), 50 - 40 * math.cos(turn)) for turn in turns]
    lines = "".join(
        f'<line x1="{at[a][0]:.3f}" y1="{at[a][1]:.3f}" x2="{at[b][0]:.3f}" '
        f'y2="{at[b][1]:.3f}" data-type="edge" data-node-from="{a + 1}" '
        f'data-node-to="{b + 1}"></line>'
        for a, b in skeleton.limbs
    )
    circles = "".join(
        f'<circle r="0.75" cx="{x:.3f}" cy="{y:.3f}" data-type="element node" '
        f'data-element-id="{i}" data-node-id="{i}" data-label-name={quoteattr(name)}>'
        "</circle>"
        for i, (name, (x, y)) in enumerate(zip(skeleton.keypoints, at, strict=True), 1)
    )
    return lines + circles


def point_of(name: str, skeleton: Skeleton) -> str | None:
    """The keypoint that an attribute `left_knee.blurred` is of."""
    keypoint, dot, rest = name.partition(".")
    return keypoint if dot and rest and keypoint in skeleton.keypoints else None


def attributes(pairs: Mapping[str, str], text: Text) -> str:
    """As CVAT's elements."""
    return "".join(
        f"<attribute name={text.attribute(name)}>{text.content(value)}</attribute>"
        for name, value in pairs.items()
    )


def elements(row: Row, skeleton: Skeleton, text: Text, keyed: bool) -> str:
    """A skeleton's points; `keyed`: with what was a keyframe.

    A point that is not labelled is outside, in the middle of the others if it has no
    position.
    """
    xy = np.asarray(row["xy"]).reshape(-1, 2)
    flags = np.asarray(row["visibility"])
    known = np.isfinite(xy).all(axis=1)
    xy = np.where(known[:, None], xy, xy[known].mean(axis=0) if known.any() else 0.0)
    own = said(row)
    lines = []
    for name, at, flag, origin in zip(
        skeleton.keypoints, xy, flags.tolist(), row["origin"], strict=True
    ):
        x, y = at.tolist()
        key = f' keyframe="{int(origin != Origin.INTERPOLATED)}"' if keyed else ""
        pairs = {
            n[len(name) + 1 :]: v
            for n, v in own.items()
            if point_of(n, skeleton) == name
        }
        lines.append(
            f"      <points label={text.attribute(name)}{key} "
            f'outside="{int(not flag)}" occluded="{int(flag == Visibility.OCCLUDED)}" '
            f'points="{x!r},{y!r}">{attributes(pairs, text)}</points>\n'
        )
    return "".join(lines)


def own(row: Row, skeleton: Skeleton, text: Text) -> str:
    """The attributes that are the instance's, not a point's."""
    pairs = {
        name: value
        for name, value in said(row).items()
        if name != CATEGORY and not point_of(name, skeleton)
    }
    return attributes(pairs, text)


def source(rows: Sequence[Row], machine: frozenset[int]) -> str:
    """How instances came to be, in CVAT's word, which is one for all of their points.

    If any is of `machine` (origins) all are: what nobody placed is never passed off as
    placed.
    """
    seen = {
        origin
        for row in rows
        for origin, flag in zip(row["origin"], row["visibility"], strict=True)
        if flag
    }
    if seen & machine:
        return "auto"
    return (
        "semi-auto" if seen - {Origin.INTERPOLATED} == {Origin.CORRECTED} else "manual"
    )


def box(row: Row) -> str | None:
    """The corners as attributes; None where there is no box."""
    left, top, width, height = row["bbox"]
    if not math.isfinite(left + top + width + height):
        return None
    right, bottom = left + width, top + height
    return f'xtl="{left!r}" ytl="{top!r}" xbr="{right!r}" ybr="{bottom!r}"'


def segments(row: Row, told: Told) -> list[tuple[str, str]]:
    """(tag, attributes) of each polygon, or of the mask."""
    raw = row["segmentation"]
    if raw is None:
        return []
    try:
        shape = msgspec.json.decode(raw)
        if isinstance(shape, list):
            return [("polygon", f'points="{_pairs(polygon)}"') for polygon in shape]
        height, width = shape["size"]
        mask = decode(raw, width, height)
    except (msgspec.DecodeError, ValueError, TypeError, KeyError):
        mask = None
    if mask is None or not mask.any():
        told("segmentations that cannot be read, or are empty")
        return []
    return [("mask", _runs(mask))]


def _pairs(polygon: Sequence[float]) -> str:
    texts = [repr(value) for value in polygon]
    if len(texts) < 6 or len(texts) % 2:
        raise ValueError("not a polygon")
    return ";".join(map(",".join, zip(texts[::2], texts[1::2], strict=True)))


def _runs(mask: Bools) -> str:
    """CVAT's: outside and inside in turn along the rows of the box around."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    top, left = int(rows[0]), int(columns[0])
    part = mask[top : int(rows[-1]) + 1, left : int(columns[-1]) + 1]
    flat = np.concatenate([[False], part.ravel()])
    turns = np.flatnonzero(np.diff(flat))
    runs = np.diff([0, *turns, part.size]).tolist()
    return (
        f'rle="{", ".join(map(str, runs))}" left="{left}" top="{top}" '
        f'width="{part.shape[1]}" height="{part.shape[0]}"'
    )
