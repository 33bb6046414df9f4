"""One delivery of one format, read by our reader or by a plain parser of its syntax.

A plain parser opens every file that is the format's, and makes a Python object or an
array of everything that stands in it: no less, and nothing else.
"""

import gc
import importlib
import sys
import time
from itertools import islice
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import ezc3d
import h5py
import msgspec
import numpy as np
import pandas  # noqa: F401  # which Arrow imports at its first conversion
import pyarrow.csv
import pyarrow.pandas_compat  # and this
import pyarrow.vendored.version  # and this
from scipy.io import loadmat

from posegate.transforms import storage
from posegate.transforms.formats import Context, Tally, formats, read
from posegate.transforms.formats.hdf5_process import processes
from posegate.transforms.formats.recognise import Store, recognise
from posegate.transforms.model.delivery import deliver
from posegate.transforms.model.skeleton import Skeleton, load

sys.path.insert(0, str(Path(__file__).parents[2]))
formats()  # imports them: start-up, not reading
gc.collect()
gc.freeze()  # what was imported is not looked through again during either's reading


def run(case: str, name: str, folder: str) -> dict[str, Any]:
    """Reads the delivery; `rows` is 0 for a plain parser.

    HDF5 is read by other processes. What starting them takes, once for all files, is
    `started` [CPU s]: it counts as the imports do that it consists of, while forking
    them, sending arrays and ending them are our reader's. So does what making the
    skeleton takes: with its sample it is a module of ours here.
    """
    if case == "ours":
        begun = time.process_time()
        skeleton = skeleton_of(name)
        made = time.process_time() - begun
        hdf5 = getattr(formats()[name], "EXTRA", None) == "hdf5"
        started = processes.begin() if hdf5 else 0.0
        rows = ours(name, folder, skeleton)
        processes.end()
        return {"rows": rows, "started": started + made}
    for path in files(name, folder):
        PLAIN[case](path)
    return {"rows": 0}


def ours(name: str, folder: str, skeleton: Skeleton) -> int:
    """As the gate reads: canonical batches, each dropped again."""
    store = Store(storage.open_input, storage.head, lambda path: ("", None))
    shards, _ = recognise(storage.listing(folder), store, name, folder)
    delivery = deliver(shards, None, "bench", folder)
    rows = 0
    for shard in delivery.shards:
        tally = Tally()
        for _ in read(Context(skeleton, delivery, shard, storage.open_input), tally):
            pass
        rows += tally.rows
    return rows


def skeleton_of(name: str) -> Skeleton:
    """The one that the sample's instances have."""
    samples = importlib.import_module(f"samples.{name.replace('-', '_')}")
    said = getattr(samples, "BENCHED", samples.SKELETON)
    return load(said) if isinstance(said, str) else said


def files(name: str, folder: str) -> list[str]:
    """The files that are the format's, in order."""
    endings = formats()[name].SUFFIXES
    found = sorted(str(path) for path in Path(folder).rglob("*"))
    return [path for path in found if path.lower().endswith(endings)]


def whole_json(path: str) -> None:
    """msgspec's decoder, the whole file at once to dicts, lists, texts and numbers."""
    msgspec.json.decode(Path(path).read_bytes())


def lines_of_json(path: str) -> None:
    """The same, line by line."""
    decoder = msgspec.json.Decoder()
    decoder.decode_lines(Path(path).read_bytes())


def xml(path: str) -> None:
    """The standard library's tree, which is C."""
    ElementTree.parse(path)


def csv(path: str) -> None:
    """Arrow's, below what is narrower than the widest of the first lines."""
    separated(path, ",")


def csv_below(path: str) -> None:
    """Arrow's on lines of numbers below a head of five lines."""
    pyarrow.csv.read_csv(
        path, pyarrow.csv.ReadOptions(skip_rows=5, autogenerate_column_names=True)
    )


def table(path: str) -> None:
    """The same between tabs."""
    separated(path, "\t")


def separated(path: str, delimiter: str) -> None:
    """Columns of numbers and texts, as Arrow finds them."""
    with open(path, encoding="utf-8", errors="replace") as file:
        widths = [line.count(delimiter) for line in islice(file, 32)]
    pyarrow.csv.read_csv(
        path,
        pyarrow.csv.ReadOptions(
            skip_rows=widths.index(max(widths)), autogenerate_column_names=True
        ),
        pyarrow.csv.ParseOptions(
            delimiter=delimiter, invalid_row_handler=lambda row: "skip"
        ),
    )


def words(path: str) -> None:
    """Every word of a text as a number, by numpy where all are."""
    text = Path(path).read_bytes().split()
    try:
        np.array(text, np.float64)
    except ValueError:
        return


def hdf5(path: str) -> None:
    """h5py, every data set as an array."""
    found: list[Any] = []

    def visit(_: str, item: Any) -> None:  # None, for anything else ends the visit
        found.append(item[()] if isinstance(item, h5py.Dataset) else None)

    with h5py.File(path) as file:
        file.visititems(visit)


def c3d(path: str) -> None:
    """ezc3d."""
    ezc3d.c3d(path)


def mat(path: str) -> None:
    """scipy's."""
    loadmat(path)


def npz(path: str) -> None:
    """numpy's, every array."""
    with np.load(path, allow_pickle=False) as arrays:
        for name in arrays.files:
            arrays[name]


PLAIN = {
    "json": whole_json,
    "ndjson": lines_of_json,
    "xml": xml,
    "csv": csv,
    "csv below a head": csv_below,
    "table": table,
    "text": words,
    "hdf5": hdf5,
    "c3d": c3d,
    "mat": mat,
    "npz": npz,
}
