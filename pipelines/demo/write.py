"""Shards: COCO keypoint files, written as they come, never held whole."""

import gzip
import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import msgspec
import numpy as np

from posegate.pipelines.demo.plan import Ints
from posegate.transforms.model.skeleton import Skeleton

ENCODER = msgspec.json.Encoder()


def lines(records: Sequence[Any]) -> bytes:
    """JSON values, one on a line, with commas between them; none gives nothing."""
    return ENCODER.encode_lines(records).replace(b"\n", b",\n")[:-2]


def opening(skeleton: Skeleton, about: str) -> bytes:
    """A COCO file up to where its image records begin; limbs count from 1."""
    category = {
        "id": 1,
        "name": "person",
        "supercategory": "person",
        "keypoints": skeleton.keypoints,
        "skeleton": [[a + 1, b + 1] for a, b in skeleton.limbs],
    }
    head = ENCODER.encode({"info": {"description": about}, "categories": [category]})
    return head[:-1] + b',"images":[\n'


@dataclass
class Shards:
    """The files of one delivery with names from `name(number)`.

    Images come before annotations in the file, and both are spooled until it is full:
    memory does not grow with `limit`.
    """

    folder: Path
    name: Callable[[int], str]
    limit: int
    head: bytes
    compress: bool = False
    number: int = 0
    written: int = 0
    _count: int = 0
    _lowest: int | None = None
    _images: IO[bytes] | None = None
    _records: IO[bytes] | None = field(default=None)

    def write(
        self,
        images: Sequence[dict[str, Any]],
        records: Sequence[Any],
        seats: Ints,
        *,
        again: bool = False,
    ) -> tuple[list[str], Ints]:
        """Adds frames (F) with `seats` (F,) records each, in order; frames stay whole.

        `again` says that the images may already be in the open file, having come with
        the primary annotations; `id` rises with every new image.

        Returns: the file and the position in it of every record.
        """
        ends = np.cumsum(seats)
        sources: list[str] = []
        positions, frame = np.empty(len(records), np.int64), 0
        while frame < len(images):
            done = int(ends[frame - 1]) if frame else 0
            stop = int(np.searchsorted(ends, done + self.limit - self._count, "right"))
            if stop == frame:
                self.close()
                continue
            end = int(ends[stop - 1])
            positions[done:end] = self._count + np.arange(end - done)
            sources += [self.name(self.number)] * (end - done)
            self._add(images[frame:stop], records[done:end], again)
            frame = stop
        return sources, positions

    def _add(
        self, images: Sequence[dict[str, Any]], records: Sequence[Any], again: bool
    ) -> None:
        if again and self._lowest is not None:
            images = [image for image in images if image["id"] < self._lowest]
        elif images and not again and self._lowest is None:
            self._lowest = images[0]["id"]
        self._images = self._images or self._spool()
        self._records = self._records or self._spool()
        for spool, values in ((self._images, images), (self._records, records)):
            if values:
                spool.write(b",\n" if spool.tell() else b"")
                spool.write(lines(values))
        self._count += len(records)
        self.written += len(records)

    @staticmethod
    def _spool() -> IO[bytes]:
        return tempfile.TemporaryFile()

    def close(self) -> None:
        """Puts the open file together and makes the next one the open file."""
        if self._images is None or self._records is None:
            return
        with open(self.folder / self.name(self.number), "wb") as raw:
            # Neither name nor time in the header: the same bytes on any day.
            out: IO[bytes] = (
                gzip.GzipFile("", "wb", 6, raw, mtime=0)  # type: ignore[assignment]
                if self.compress
                else raw
            )
            out.write(self.head)
            for spool, after in (
                (self._images, b'\n],"annotations":[\n'),
                (self._records, b"\n]}\n"),
            ):
                spool.seek(0)
                shutil.copyfileobj(spool, out, 1 << 20)
                spool.close()
                out.write(after)
            if self.compress:
                out.close()
        self._images = self._records = self._lowest = None
        self._count = 0
        self.number += 1
