"""The images that annotations point to, in compact form."""

import re
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from posegate.transforms.formats.coco_records import Image, MendedImage
from posegate.transforms.formats.values import Id, empty, firsts, key, texts, whole
from posegate.transforms.kernels.json_scan import Ints

COLUMNS = {
    "image": pa.string(),
    "width": pa.int32(),
    "height": pa.int32(),
    "video": pa.string(),
    "frame": pa.int64(),
    "fps": pa.float64(),
    "job": pa.string(),
    "original": pa.string(),
    "unsized": pa.bool_(),
    "mended": pa.bool_(),
}
_FRAME = re.compile(r"frame_\d{6,}[.](PNG|png|jpe?g)")
_LARGEST = 1 << 20  # px; no image is a million pixels wide


class Images:
    """The images of a file, found by id: some 100 bytes each, a million is nothing.

    An id that is a number (or reads as one) lives in a sorted array, others in a dict.
    """

    def __init__(self) -> None:
        self._ids: Ints = np.empty(0, np.int64)
        self._rows: Ints = np.empty(0, np.int64)
        self._named: dict[str, int] = {}
        self._parts: list[pa.RecordBatch] = []
        self._table: pa.Table | None = None
        self._count = 0
        self._by_name: dict[str, int] | None = None
        self.unlabelled = 0
        """Images that say that nobody has annotated them."""
        self.partly = 0
        """Images with regions where nobody was annotated."""
        self.crowdpose = 0
        """Images with CrowdPose's index."""
        self.frames = 0
        """Images called as CVAT calls the frames of any video."""

    def __len__(self) -> int:
        return self._count

    def add(self, images: Sequence[Image]) -> list[int]:
        """Takes images in; the indices of those that contradict one with the same id.

        A repetition of the same id and file name is no contradiction; the first counts.
        """
        ids = [image.id for image in images]
        numbers = whole(ids)
        keys = list(map(key, ids)) if numbers is None else numbers.tolist()
        new: dict[int | str, int] = {}
        again: list[tuple[int, int | str]] = []
        known = self.find(ids)
        for i, (k, row) in enumerate(zip(keys, known.tolist(), strict=True)):
            assert k is not None
            if row < 0 and k not in new:
                new[k] = i
            else:
                again.append((i, k))
        names = self._names([int(known[i]) for i, _ in again])
        conflicts = [
            i
            for (i, k), name in zip(again, names, strict=True)
            if images[i].file_name != (images[new[k]].file_name if k in new else name)
        ]
        self._append(new, images)
        return conflicts

    def _names(self, rows: list[int]) -> list[str | None]:
        if not any(row >= 0 for row in rows):
            return [None] * len(rows)
        return self.take(np.array(rows, np.int64))["image"].to_pylist()

    def _append(self, new: dict[int | str, int], images: Sequence[Image]) -> None:
        if not new:
            return
        rows = range(self._count, self._count + len(new))
        self._named.update(
            (k, r) for k, r in zip(new, rows, strict=True) if isinstance(k, str)
        )
        numbers = [(k, r) for k, r in zip(new, rows, strict=True) if isinstance(k, int)]
        added = np.array(numbers, np.int64).reshape(-1, 2)
        ids = np.concatenate([self._ids, added[:, 0]])
        order = np.argsort(ids, kind="stable")
        self._ids = ids[order]
        self._rows = np.concatenate([self._rows, added[:, 1]])[order]
        some = [images[i] for i in new.values()]
        self.unlabelled += sum(image.is_labeled is False for image in some)
        self.partly += sum(len(image.ignore_regions_x) > 2 for image in some)
        self.crowdpose += sum(image.crowd_index is not None for image in some)
        self.frames += sum(_is_frame(image) for image in some)
        self._parts.append(_batch(some))
        self._table = self._by_name = None
        self._count += len(new)

    @property
    def copies(self) -> int:
        """Images that an exporter made of others."""
        names = self.take(np.arange(len(self)))["original"].drop_null()
        return len(names) - int(pc.count_distinct(names).as_py())

    def find(self, ids: Sequence[Id]) -> Ints:
        """(N,) the row of each image id; -1 where there is none."""
        numbers = whole(ids)
        if numbers is None:
            return self._find([key(i) for i in ids])
        if not len(self._ids):
            return np.full(len(ids), -1)
        at = np.minimum(np.searchsorted(self._ids, numbers), len(self._ids) - 1)
        return np.where(self._ids[at] == numbers, self._rows[at], -1)

    def by_name(self, name: str) -> int:
        """The row of the image that has this name, with or without its folders; -1."""
        if self._by_name is None:
            self._by_name = {}
            for row, each in enumerate(self.take(np.arange(len(self)))["image"]):
                full = each.as_py()
                for known in dict.fromkeys((full, full.rpartition("/")[2])):
                    self._by_name[known] = -1 if known in self._by_name else row
        return self._by_name.get(name, -1)

    def _find(self, keys: Sequence[int | str | None]) -> Ints:
        return np.array([self._one(k) for k in keys], np.int64)

    def _one(self, wanted: int | str | None) -> int:
        if isinstance(wanted, str):
            return self._named.get(wanted, -1)
        if wanted is None or not len(self._ids):
            return -1
        at = min(int(np.searchsorted(self._ids, wanted)), len(self._ids) - 1)
        return int(self._rows[at]) if self._ids[at] == wanted else -1

    def take(self, rows: Ints) -> pa.Table:
        """The columns of `COLUMNS` at these rows, null where they are -1."""
        if self._table is None:
            empty = pa.schema(COLUMNS.items()).empty_table()
            table = pa.Table.from_batches(self._parts) if self._parts else empty
            self._table = table.combine_chunks()
            self._parts = self._table.to_batches()
        return self._table.take(pa.array(rows, mask=rows < 0))


def _batch(images: Sequence[Image]) -> pa.RecordBatch:
    names = [image.file_name for image in images]
    sizes = [(_side(image.width), _side(image.height)) for image in images]
    frames = firsts([i.frame for i in images], [i.frame_id for i in images])
    videos = [[i.video for i in images], [i.video_id for i in images]]
    jobs = firsts([i.job for i in images], [i.job_id for i in images])
    columns: dict[str, list[object]] = {
        "image": [*names],
        "width": [w for w, _ in sizes],
        "height": [h for _, h in sizes],
        "video": [*texts(firsts(*videos, [i.vid_id for i in images]))],
        "frame": frames if empty(frames) else list(map(_frame, frames)),
        "fps": [image.fps for image in images],
        "job": [*texts(jobs)],
        "original": [_original(image) for image in images],
        "unsized": [w is None or h is None for w, h in sizes],
        "mended": [isinstance(image, MendedImage) for image in images],
    }
    arrays = [pa.array(columns[name], type_) for name, type_ in COLUMNS.items()]
    return pa.RecordBatch.from_arrays(arrays, names=list(COLUMNS))


def _side(value: float | None) -> int | None:
    """A width or height [px]; None where there is none that an image can have."""
    return int(value) if value is not None and 0 < value <= _LARGEST else None


def _frame(value: Id) -> int | None:
    number = key(value)
    return number if isinstance(number, int) else None


def _is_frame(image: Image) -> bool:
    unknown = image.video is None and image.video_id is None and image.vid_id is None
    return unknown and _FRAME.fullmatch(image.file_name) is not None


def _original(image: Image) -> str | None:
    """The name before Roboflow's `.rf.<hash>`; None for a name without one."""
    if ".rf." not in image.file_name:
        return None
    name = (image.extra or {}).get("name")
    return name if isinstance(name, str) else image.file_name.split(".rf.")[0]
