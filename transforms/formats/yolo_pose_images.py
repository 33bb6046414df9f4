"""Which image a label file is of, and how large it is: YOLO's numbers are shares of it.

labels/train/0001.txt    images/train/0001.jpg    -> image train/0001.jpg
train/labels/0001.txt    train/images/0001.png    -> image 0001.png
val2017/0001.txt         a line 0001.jpg,640,480 of the job table -> image 0001.jpg
"""

import io
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property
from typing import BinaryIO, NamedTuple

import numpy as np
from PIL import Image, UnidentifiedImageError

from posegate.transforms.formats.context import Context
from posegate.transforms.formats.files import File, files, is_archive
from posegate.transforms.formats.per_file import inner
from posegate.transforms.formats.streams import DamagedStream

ENDINGS = (".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff", ".JPG", ".PNG")
_ORIENTATION, _SIDEWAYS = 274, (5, 6, 7, 8)  # of EXIF: shown with its sides exchanged
_TURNING = ("JPEG", "MPO", "TIFF", "WEBP")  # Pillow decodes all of a PNG to look
_HEAD = 1 << 20  # bytes of an archived image that are looked at


class Sized(NamedTuple):
    """An image: `turned` where EXIF says that it is shown on its side."""

    image: str
    width: float
    height: float
    turned: bool = False


def size_of(stream: BinaryIO) -> tuple[int, int, bool] | None:
    """Width and height [px] as shown, and whether turned for it; None if no image.

    Only the head of the file is read.
    """
    try:
        with Image.open(stream) as image:
            width, height = image.size
            exif = image.getexif() if image.format in _TURNING else {}
            turned = exif.get(_ORIENTATION) in _SIDEWAYS
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError):
        return None
    except Image.DecompressionBombError:
        return None
    return (height, width, True) if turned else (width, height, False)


def stem(path: str) -> str:
    """A path without its ending."""
    folder, slash, last = path.rpartition("/")
    return folder + slash + (last.rpartition(".")[0] or last)


def below(path: str, folder: str) -> str:
    """The part of a path below the last folder of that name; else all of it."""
    parts = path.split("/")
    places = [i for i, part in enumerate(parts[:-1]) if part.lower() == folder]
    return "/".join(parts[places[-1] + 1 :]) if places else path


@dataclass
class Sizes:
    """Images by their label files: by the job table, else by their own heads."""

    context: Context

    def find(self, label: str) -> Sized | None:
        """The image of a label file, by the file's name; None where nothing tells."""
        own = stem(below(inner(self.context, label), "labels"))
        name, width, height = self._by_table(own)
        if width > 0 and height > 0:
            return Sized(name or own, width, height)
        found = self._by_head(label)
        if found is None:
            return None
        return found._replace(image=name) if name else found

    def _by_table(self, own: str) -> tuple[str | None, float, float]:
        name = self._table.get(own) or self._table.get(own.rpartition("/")[2])
        if name is None:
            return None, np.nan, np.nan
        width, height = self.context.sizes([name])[0].tolist()
        return name, width, height

    @cached_property
    def _table(self) -> dict[str, str]:
        """The job table's images without their endings, and by their last part."""
        jobs = self.context.jobs
        if jobs is None or jobs.key != "image":
            return {}
        names = jobs.table["image"].to_pylist()
        last: dict[str, str | None] = {}
        for name in names:
            part = stem(name).rpartition("/")[2]
            last[part] = None if part in last else name  # two of a name mean neither
        single = {part: name for part, name in last.items() if name is not None}
        return single | {stem(name): name for name in names}

    def _by_head(self, label: str) -> Sized | None:
        path = inner(self.context, label)
        if is_archive(self.context.shard.name):
            return next(
                (self._archived[p] for p in _beside(path) if p in self._archived), None
            )
        for place in _beside(path):
            for ending in self._endings:
                found = self._opened(place + ending)
                if found is not None:
                    self._endings.remove(ending)
                    self._endings.insert(0, ending)  # the next one is likely alike
                    return found
        return None

    @cached_property
    def _endings(self) -> list[str]:
        return list(ENDINGS)

    def _opened(self, name: str) -> Sized | None:
        try:
            stream = self.context.open(f"{self.context.delivery.path}/{name}")
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            return None
        with closing(stream):
            found = size_of(stream)
        return Sized(below(name, "images"), *found) if found else None

    @cached_property
    def _archived(self) -> dict[str, Sized]:
        """The images of the archive by their path without the ending."""
        found: dict[str, Sized] = {}
        for file in files(self.context.shard, self.context.open):
            if isinstance(file, DamagedStream):
                continue
            if file.name.lower().endswith(ENDINGS):
                name = inner(self.context, file.name)
                size = size_of(io.BytesIO(_head(file)))
                if size:
                    found[stem(name)] = Sized(below(name, "images"), *size)
        return found


def _head(file: File) -> bytes:
    try:
        with closing(file.open()) as stream:
            return stream.read(_HEAD)
    except DamagedStream:
        return b""


def _beside(label: str) -> Iterator[str]:
    """Where the image of a label file may lie, without its ending."""
    path = stem(label)
    parts = path.split("/")
    for i, part in reversed(list(enumerate(parts[:-1]))):
        if part.lower() == "labels":
            yield "/".join([*parts[:i], "images", *parts[i + 1 :]])
    yield path
