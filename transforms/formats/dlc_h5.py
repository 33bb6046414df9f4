"""DeepLabCut's labels or predictions as .h5: a table of pandas', in HDF5.

Read without pandas' own reader, which unpickles what files hold. Both of its layouts:

    fixed   <key>/axis0_level*, axis0_label* (columns), axis1* (rows), block*_values
    table   <key>/table with index and values_block_*; columns in an attribute, which
            is a pickle of lists of texts: its opcodes are read, nothing is called

A table is read as its CSV is (`dlc`); where both lie side by side, this one counts.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from posegate.transforms.formats import dlc, dlc_frames
from posegate.transforms.formats.build import Build
from posegate.transforms.formats.context import Context, Tally
from posegate.transforms.formats.dlc_frames import Column, Frames, names_of, spatial
from posegate.transforms.formats.extras import missing
from posegate.transforms.formats.files import File
from posegate.transforms.formats.names import Names
from posegate.transforms.formats.pickled import texts
from posegate.transforms.formats.streams import DamagedStream
from posegate.transforms.model.poses import Floats

NAME = "dlc-h5"
SUFFIXES = (".h5",)
EXTRA = "hdf5"
CARRIES = dlc.CARRIES
TRAPS = dlc_frames.traps(NAME) | {
    "dlc-h5.layout": "It holds no table as DeepLabCut writes it: not read.",
    "dlc-h5.csv-differs": "The .csv beside it has other numbers: the .h5 counts.",
}
KEYS = ("df_with_missing", "df", "keypoints")
_HEAD = b"\x89HDF\r\n\x1a\n"
_LEVELS = ("scorer", "individuals", "bodyparts", "coords")


def sniff(head: bytes, name: str) -> bool:
    """Whether a file is HDF5 in which a group is called as DeepLabCut calls it."""
    return head.startswith(_HEAD) and b"df_with_missing\0" in head


def needs() -> None:
    """Raises ValueError unless h5py is there."""
    missing("h5py", NAME, EXTRA)


def read(context: Context, tally: Tally) -> Iterator[pa.RecordBatch]:
    """A shard's canonical batches, and quarantine batches."""
    build = Build(context, tally, NAME)
    for file in build.files():
        yield from _file(file, context, build)
    yield from build.rest()


def names(file: File) -> list[Names]:
    """Its body parts."""
    from posegate.transforms.formats.hdf5 import opened

    needs()
    with opened(file) as archive:
        keys = [key for key in archive.names() if archive.names(key)]
        return names_of(_table(archive, keys).columns)


def _file(file: File, context: Context, build: Build) -> Iterator[pa.RecordBatch]:
    from posegate.transforms.formats.hdf5 import opened

    try:
        with opened(file) as archive:
            keys = [key for key in archive.names() if archive.names(key)]
            try:
                table = _table(archive, keys)
            except ValueError as error:
                build.say(file.name, "layout", f"{error}; export it again")
                return
            if (wrong := spatial(table.columns)) is not None:
                build.say(file.name, "layout", wrong)
                return
            frames = Frames(NAME, context, build, file.name, table.columns)
            for first in range(0, table.rows, context.batch):
                paths, numbers = table.read(
                    first, min(first + context.batch, table.rows)
                )
                frames.add(paths, numbers)
                yield from build.ready()
            _compare(file, context, build, table)
    except DamagedStream as damage:
        build.damaged(file.name, damage)


def _table(archive: Any, keys: Sequence[str]) -> "Fixed | Appendable":
    """The file's table, in either layout; raises ValueError where there is none."""
    for key in sorted(keys, key=lambda key: key not in KEYS):
        if "table" in archive.names(key):
            return Appendable(archive, key)
        if "block0_values" in archive.names(key):
            return Fixed(archive, key)
    raise ValueError(f"its groups are {', '.join(keys) or 'none'}: no table of pandas'")


class Fixed:
    """pandas' layout `fixed`: axes as levels and labels, numbers in blocks."""

    def __init__(self, archive: Any, key: str) -> None:
        self._archive, self._key = archive, key
        names = archive.names(key)
        count = sum(name.endswith("_values") for name in names)
        self._blocks = [archive.data(f"{key}/block{i}_values") for i in range(count)]
        self.columns: list[Column] = []
        for i, block in enumerate(self._blocks):
            levels = self._levels(f"block{i}_items")
            own = _columns([level.to_pylist() for level in levels])
            if block is None or block.shape[1:] != (len(own),):
                raise ValueError(f"{key}/block{i}_values does not fit its columns")
            self.columns += own
        self._rows = self._levels("axis1")
        self.rows = min(len(block) for block in self._blocks)

    def _levels(self, axis: str) -> list[pa.Array]:
        """An axis as a column of texts for each of its levels."""
        plain = self._archive.data(f"{self._key}/{axis}")
        if plain is not None:
            return [_texts(plain[:])]
        found = []
        for i in range(len(_LEVELS)):
            level = self._archive.data(f"{self._key}/{axis}_level{i}")
            label = self._archive.data(f"{self._key}/{axis}_label{i}")
            if level is None or label is None:
                break
            at = label[:]
            known = _texts(level[:]).take(pa.array(at, mask=at < 0))
            found.append(known.fill_null(""))
        return found

    def read(self, start: int, stop: int) -> tuple[pa.Array, Floats]:
        """Paths of images or numbers of frames, and (N, C) numbers."""
        parts = [level[start:stop] for level in self._rows]
        numbers = [np.asarray(b[start:stop], np.float64) for b in self._blocks]
        paths = pc.binary_join_element_wise(*parts, "/")
        return paths, numbers[0] if len(numbers) == 1 else np.concatenate(numbers, 1)


class Appendable:
    """pandas' layout `table`: rows of a compound type."""

    def __init__(self, archive: Any, key: str) -> None:
        self._data = archive.data(f"{key}/table")
        names = [] if self._data is None else list(self._data.dtype.names or ())
        self._values = sorted(name for name in names if name.startswith("values_block"))
        if "index" not in names or not self._values:
            raise ValueError(f"{key}/table has the columns {names}")
        self.columns = []
        for name in self._values:
            kind = archive.attribute(f"{key}/table", f"{name}_kind")
            data = kind.encode() if isinstance(kind, str) else bytes(kind)
            own = _columns(list(zip(*texts(data), strict=True)))
            if self._data.dtype[name].shape != (len(own),):
                raise ValueError(f"{key}/table: {name} does not fit its columns")
            self.columns += own
        self.rows = len(self._data)

    def read(self, start: int, stop: int) -> tuple[pa.Array, Floats]:
        """Paths of images or numbers of frames, and (N, C) numbers."""
        rows = self._data[start:stop]
        numbers = [np.asarray(rows[name], np.float64) for name in self._values]
        return _texts(rows["index"]), np.concatenate(numbers, axis=1)


def _compare(
    file: File, context: Context, build: Build, table: Fixed | Appendable
) -> None:
    """Notes that the CSV beside a file has other numbers, or other rows."""
    name = file.name.rpartition("/")[2].removesuffix(".h5") + ".csv"
    data = context.companion(file, name)
    if data is None or not dlc.sniff(data[: 1 << 16], name):
        return
    other = dlc.numbers(data)
    if other is None:
        return
    columns, paths, numbers = other
    mine, own = table.read(0, table.rows)
    place = {column: i for i, column in enumerate(columns)}
    both = [(i, place[c]) for i, c in enumerate(table.columns) if c in place]
    same = len(mine) == len(paths) and len(both) == len(columns) == len(table.columns)
    if same:
        at = np.array(both, np.intp).reshape(-1, 2)
        ours, theirs = own[:, at[:, 0]], numbers[:, at[:, 1]]
        same = bool(
            np.isclose(ours, theirs, rtol=1e-6, atol=1e-6, equal_nan=True).all()
        )
    build.note("csv-differs", int(not same))


def _columns(levels: Sequence[Sequence[str]]) -> list[Column]:
    """Columns by the texts of each level: three, or four with individuals."""
    three = len(levels) == 3
    found = [*levels[:1], [""] * len(levels[0]), *levels[1:]] if three else levels
    if len(found) != 4:
        raise ValueError(f"columns have {len(levels)} levels, not 3 or 4")
    return [Column(s, a, b, c.lower()) for s, a, b, c in zip(*found, strict=True)]


def _texts(values: Any) -> pa.Array:
    """(N,) names, or numbers, as texts."""
    texts = [
        value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
        for value in values.tolist()
    ]
    return pa.array(texts, pa.string())
