"""FCSV files with the same comments as one table: hundreds are parsed at once.

What is out of the ordinary in a file is left to reading it line by line.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from posegate.transforms.formats.text_table import MISSING
from posegate.transforms.model.poses import Floats

Whole = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Plain:
    """A file of `count` points, taken apart: ASCII, without quotes or empty lines."""

    name: str
    data: bytes
    head: bytes
    body: bytes
    count: int


@dataclass(frozen=True)
class Points:
    """P points: (P, 3) coordinates, NaN for none; (P,) labels, descriptions, and how
    they are set."""

    xyz: Floats
    label: pa.Array
    desc: pa.Array
    status: npt.NDArray[np.object_]


def taken_apart(name: str, data: bytes) -> Plain | None:
    """A file as its comments and its points; None where it is not plain."""
    if not data.isascii() or b'"' in data:
        return None
    text = data.replace(b"\r\n", b"\n") if b"\r" in data else data
    start = 0
    while text.startswith(b"#", start):
        start = text.find(b"\n", start) + 1 or len(text)
    body = text[start:].strip(b"\n")
    if not body or b"\n\n" in body or b"\n#" in body or b"\r" in body:
        return None
    return Plain(name, data, text[:start], body, body.count(b"\n") + 1)


def parsed(files: Sequence[Plain], at: Sequence[int]) -> Points | None:
    """The points of files, whose columns x, y, z, label and description stand `at`.

    Last how they are set, if lines are that long. -1 is a column that there is not.
    None where a line is unlike the first, or has a coordinate that is no number.
    """
    body = b"\n".join([file.body for file in files])
    width = body.partition(b"\n")[0].count(b",") + 1
    if min(at[:3]) < 0 or max(at[:-1]) >= width:
        return None
    at = [i if i < width else -1 for i in at]
    kinds = {str(i): pa.float64() for i in at[:3]}
    kinds |= {str(i): pa.string() for i in at[3:] if i >= 0}
    try:
        table = pyarrow.csv.read_csv(
            pa.py_buffer(body),
            pyarrow.csv.ReadOptions(
                column_names=[str(i) for i in range(width)], use_threads=False
            ),
            pyarrow.csv.ParseOptions(quote_char=False),
            pyarrow.csv.ConvertOptions(
                column_types=kinds,
                include_columns=list(kinds),
                null_values=list(MISSING),
            ),
        )
    except pa.ArrowInvalid:
        return None
    if len(table) != sum(file.count for file in files):
        return None
    absent = pa.repeat("", len(table))
    label, desc, status = (
        pc.utf8_trim_whitespace(table[str(i)].combine_chunks()) if i >= 0 else absent
        for i in at[3:]
    )
    xyz = np.stack([table[str(i)].to_numpy() for i in at[:3]], axis=1)
    return Points(xyz, label, desc, status.to_numpy(zero_copy_only=False))


def pairs(points: Points) -> tuple[list[tuple[str, str]], Whole]:
    """The pairs of label and description that there are, and (P,) which is whose."""
    label, desc = points.label.dictionary_encode(), points.desc.dictionary_encode()
    width = len(desc.dictionary)
    code = label.indices.to_numpy().astype(np.int64) * width
    code += desc.indices.to_numpy()
    known, which = np.unique(code, return_inverse=True)
    labels, descs = label.dictionary.to_pylist(), desc.dictionary.to_pylist()
    return [(labels[c // width], descs[c % width]) for c in known.tolist()], which
