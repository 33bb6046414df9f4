"""Formats with a file an image: what the file's name says, and its one object.

landmarks/indoor_001.pts    -> image indoor_001
001/annot/000006.pts        -> image 001/000006
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np

from posegate.transforms.formats.build import Build
from posegate.transforms.formats.context import Context
from posegate.transforms.formats.files import File, is_archive
from posegate.transforms.formats.rows import Rows
from posegate.transforms.formats.streams import DamagedStream
from posegate.transforms.kernels.geometry import both
from posegate.transforms.model.schema import Visibility

T = TypeVar("T")

TOGETHER = 2048
"""Objects that are collected before they become columns: their files are kept so long,
for quarantine."""

FOLDERS = frozenset(
    {"annot", "annots", "annotation", "annotations", "label", "labels"}
    | {"landmark", "landmarks", "pts", "points"}
)
"""Folders that say what lies in them, not which image it is of."""


def inner(context: Context, name: str) -> str:
    """A source's name inside its archive, if it lies in one."""
    shard = context.shard.name
    return name.removeprefix(f"{shard}/") if is_archive(shard) else name


def image_of(context: Context, name: str, endings: Sequence[str]) -> str:
    """The image that a file is of: its path without the ending and `FOLDERS`.

    A folder named like the role that `roles` of delivery.toml gives the file is left
    out too, so that gold and production of an image meet.
    """
    *folders, last = inner(context, name).removesuffix(".gz").split("/")
    for ending in endings:
        if last.lower().endswith(ending):
            last = last[: -len(ending)]
            break
    if not folders:
        return last
    role = context.role(name)
    kept = [f for f in folders if f.lower() not in FOLDERS and f.lower() != role]
    return "/".join([*kept, last])


def whole(build: Build) -> Iterator[tuple[File, bytes]]:
    """Every file of a shard with its content; says of those that cannot be read."""
    for file in build.files():
        try:
            yield file, file.read()
        except DamagedStream as damage:
            build.damaged(file.name, damage)


def until_damage(found: Iterator[T], build: Build, source: str) -> Iterator[T]:
    """What is found until the file is damaged, which is then said."""
    try:
        yield from found
    except DamagedStream as damage:
        build.damaged(source, damage)


@dataclass
class Collected:
    """Objects of K keypoints that come one by one, until they are a batch's columns.

    `xy` is a list, or at last (N, K, 2); `columns` are further fields of `Rows`, each a
    value an object.
    """

    xy: Any = field(default_factory=list)
    image: list[str] = field(default_factory=list)
    source: list[str] = field(default_factory=list)
    position: list[int] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)
    repairs: list[Sequence[str]] = field(default_factory=list)
    columns: dict[str, Any] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.xy)

    def add(
        self,
        xy: Any,
        image: str,
        source: str,
        *,
        position: int = 0,
        raw: bytes = b"",
        repairs: Sequence[str] = (),
        **columns: Any,
    ) -> None:
        """One object: (K, 2) [px], NaN where a keypoint is not labelled.

        Or anything that is made so before `rows`.
        """
        self.xy.append(xy)
        self.image.append(image)
        self.source.append(source)
        self.position.append(position)
        self.raw.append(raw)
        self.repairs.append(repairs)
        for name, value in columns.items():
            if name not in self.columns:
                self.columns[name] = []
            self.columns[name].append(value)

    def rows(self, **more: Any) -> Rows:
        """All of them as columns; what is labelled counts as visible."""
        xy, raw = np.asarray(self.xy), self.raw
        seen = np.asarray(both(np.isfinite(xy)))
        rows = Rows(
            position=np.array(self.position, np.int64),
            image=self.image,
            source=self.source,
            xy=np.where(seen[:, :, None], xy, np.nan),
            visibility=np.where(seen, Visibility.VISIBLE, Visibility.UNLABELLED).astype(
                np.uint8
            ),
            raw=lambda i: raw[i],
            **self.columns,
            **more,
        )
        for code in sorted({code for codes in self.repairs for code in codes}):
            mended = np.array([code in codes for codes in self.repairs])
            rows.remarks.repair(mended, code)
        return rows
