"""Names of images in arrays: which video and frame of Human3.6M they are, how many."""

import re
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from posegate.transforms.formats.numbered import numbered

Keys = npt.NDArray[np.uint64]
FROM_NAME = ("subject", "action", "camera")

_VIDEO = re.compile(
    r"(?P<video>.*?(?P<subject>S\d+)_(?P<action>\w+?)\.(?P<camera>\d{8}))(/.*)?"
)
_IMAGE = re.compile(rb"(?P<begin>.*_)(?P<number>[0-9]{1,15})[.][A-Za-z0-9]+", re.DOTALL)
_FRAME = r"^(?P<frame>\d+)\.\w+$"
_MIX = np.uint64(0x9E3779B97F4A7C15)  # 2^64 over the golden ratio, which is odd


def utf8(names: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """(N,) names as numpy's UTF-8 texts of one length."""
    if names.dtype.kind == "U" and names.dtype.isnative and names.dtype.itemsize:
        letters = np.ascontiguousarray(names).view(np.uint32).reshape(len(names), -1)
        if not (letters > 127).any():
            return letters.astype(np.uint8).view(f"S{letters.shape[1]}").ravel()
    if names.dtype.kind == "S":
        texts = [name.decode("utf-8", "replace") for name in names.tolist()]
    else:
        texts = list(map(str, names.tolist()))
    return np.array([text.encode("utf-8", "replace") for text in texts], np.bytes_)


def column(names: np.ndarray[Any, Any]) -> pa.Array:
    """(N,) names in UTF-8 as a column."""
    letters = names.view(np.uint8).reshape(len(names), -1)
    if letters[:, -1].all():  # all of one length
        ends = np.arange(len(names) + 1, dtype=np.int32) * letters.shape[1]
        data = pa.py_buffer(letters)
        return pa.StringArray.from_buffers(len(names), pa.py_buffer(ends), data)
    return pa.array(names.tolist(), pa.binary()).cast(pa.string())


def keys(names: np.ndarray[Any, Any]) -> Keys:
    """(N,) numbers that differ where names in UTF-8 do, but for one chance in 2^64.

    Names that differ in eight bytes of their place only have different numbers.
    """
    size = -(-names.dtype.itemsize // 8)
    words = names.astype(f"S{8 * size}").view(np.uint64).reshape(len(names), size)
    found = np.zeros(len(names), np.uint64)
    for i in range(size):
        mixed = (found ^ words[:, i]) * _MIX
        np.copyto(found, mixed ^ (mixed >> np.uint64(32)), where=words[:, i] > 0)
    return found


def named(images: pa.Array) -> dict[str, pa.Array]:
    """Columns (N,) of what names of images say; null where one is not Human3.6M's."""
    found = numbered(images, _IMAGE)
    if found is None:
        return _named_each(images)
    of = [_VIDEO.fullmatch(begin[:-1]) for begin in found.begins]
    known = pa.array([m is not None for m in of]).take(pa.array(found.which))
    said = {"frame": pa.array(found.numbers)}
    if None in of:
        said["frame"] = pc.if_else(known, said["frame"], None)
    for key in ("video", *FROM_NAME):
        said[key] = found.column([m[key] if m else None for m in of])
    return said


def _named_each(images: pa.Array) -> dict[str, pa.Array]:
    """`named`, of any names.

    A video's images are alike up to the last `_`, and their videos are few.
    """
    begun = pc.binary_join_element_wise("", images, "_")  # so that each has one
    parts = pc.split_pattern(begun, "_", max_splits=1, reverse=True).flatten()
    first = 2 * np.arange(len(images))
    places = parts.take(pa.array(first)).dictionary_encode()
    numbers = parts.take(pa.array(first + 1))
    frame = pc.struct_field(pc.extract_regex(numbers, _FRAME), "frame")
    of = [_VIDEO.fullmatch(place[1:]) for place in places.dictionary.to_pylist()]
    said = {"frame": pc.utf8_slice_codeunits(frame, 0, 15).cast(pa.int64())}
    for key in ("video", *FROM_NAME):
        known = pa.array([m[key] if m else None for m in of], pa.string())
        said[key] = known.take(places.indices)
    if not frame.null_count and not said["video"].null_count:
        return said
    both = pc.and_(frame.is_valid(), said["video"].is_valid())
    none = {key: pa.scalar(None, column.type) for key, column in said.items()}
    return {key: pc.if_else(both, said[key], none[key]) for key in said}
