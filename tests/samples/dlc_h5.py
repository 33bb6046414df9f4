"""Small tables of DeepLabCut as pandas writes them into HDF5."""

import io
import pickle
from collections.abc import Sequence
from typing import Any

import h5py
import numpy as np

from samples import dlc
from samples.dlc import PARTS, SKELETON

__all__ = ["SKELETON"]
PLAIN = "hdf5"
Columns = Sequence[Sequence[str]]


def columns(
    parts: Sequence[str] = ("A", "B"),
    scorers: Sequence[str] = ("Ann",),
    animals: Sequence[str] = ("",),
    axes: Sequence[str] = ("x", "y"),
) -> Columns:
    """A tuple of names a column: scorer, perhaps individual, bodypart, coordinate."""
    found = [
        (s, a, p, axis)
        for s in scorers
        for a in animals
        for p in parts
        for axis in axes
    ]
    return [(s, p, axis) for s, a, p, axis in found] if animals == ("",) else found


def fixed(paths: Sequence[str], numbers: Any, names: Columns) -> bytes:
    """pandas' layout `fixed`, with the rows' paths in three levels."""
    stream = io.BytesIO()
    rows = [path.split("/") for path in paths]
    with h5py.File(stream, "w") as file:
        group = file.create_group("df_with_missing")
        for axis, entries in (
            ("axis0", names),
            ("block0_items", names),
            ("axis1", rows),
        ):
            for i, level in enumerate(zip(*entries, strict=True)):
                known = sorted(set(level))
                group[f"{axis}_level{i}"] = [np.bytes_(name) for name in known]
                labels = [known.index(name) for name in level]
                group[f"{axis}_label{i}"] = np.array(labels, np.int16)
        group["block0_values"] = np.asarray(numbers, np.float64)
    return stream.getvalue()


def appendable(index: Sequence[Any], numbers: Any, names: Columns) -> bytes:
    """pandas' layout `table`."""
    stream = io.BytesIO()
    keys = np.array([np.bytes_(i) if isinstance(i, str) else i for i in index])
    table = np.zeros(
        len(index), [("index", keys.dtype), ("values_block_0", "<f8", (len(names),))]
    )
    table["index"], table["values_block_0"] = keys, numbers
    with h5py.File(stream, "w") as file:
        file["df_with_missing/table"] = table
        kind = pickle.dumps([tuple(name) for name in names], 0)
        file["df_with_missing/table"].attrs["values_block_0_kind"] = np.bytes_(kind)
    return stream.getvalue()


def sample(n: int) -> dict[str, bytes]:
    """n labelled images of 7 points, by one person, 500 a video."""
    rng = np.random.default_rng(7)
    files = {}
    for video, first in enumerate(range(0, n, 500)):
        count = min(500, n - first)
        paths = [f"labeled-data/m{video}/img{i:04d}.png" for i in range(count)]
        points = rng.uniform(0, 640, (count, 2 * len(PARTS)))
        name = f"labeled-data/m{video}/CollectedData_Ann.h5"
        files[name] = fixed(paths, points, columns(PARTS))
    return files


PATHS = (f"{dlc.HOME}/img0007.png", f"{dlc.HOME}/img0012.png")
NUMBERS = ((1, 2, 3.5, 4), (5, 6, np.nan, np.nan))


def one(name: str = "a.h5", **said: Any) -> dict[str, bytes]:
    """A file of two images."""
    names = columns(**said)
    numbers = np.arange(2.0 * len(names)).reshape(2, -1)
    return {name: fixed(said.pop("paths", PATHS), numbers, names)}


def backslashes() -> dict[str, bytes]:
    paths = [path.replace("/", "\\") for path in PATHS]
    return {"a.h5": appendable(paths, NUMBERS, columns())}


def absolute() -> dict[str, bytes]:
    paths = [f"/mnt/p/{path}" for path in PATHS]
    return {"a.h5": appendable(paths, NUMBERS, columns())}


def unlabelled() -> dict[str, bytes]:
    return {"a.h5": fixed(PATHS, np.full((2, 4), np.nan), columns())}


def another_scorer() -> dict[str, bytes]:
    return one("CollectedData_Bob.h5")


def scorers() -> dict[str, bytes]:
    return one(scorers=("Ann", "Bob"))


def unique() -> dict[str, bytes]:
    names = [*columns(animals=("m1", "m2")), *columns(("cage",), animals=("single",))]
    return {"a.h5": fixed(PATHS, np.ones((2, len(names))), names)}


def extra() -> dict[str, bytes]:
    return one(parts=("A", "B", "tail"))


def half() -> dict[str, bytes]:
    return {"a.h5": fixed(PATHS, ((1, np.nan, 3, 4), (1, 2, 3, 4)), columns())}


def twice() -> dict[str, bytes]:
    return one(parts=("A", "A"))


def no_table() -> dict[str, bytes]:
    stream = io.BytesIO()
    with h5py.File(stream, "w") as file:
        file["df_with_missing/axis0"] = np.zeros(3)
    return {"a.h5": stream.getvalue()}


def beside_another() -> dict[str, bytes]:
    rows = [(path, 9, 9, 9, 9) for path in PATHS]
    return {**one(), "a.csv": dlc.table(rows)}
