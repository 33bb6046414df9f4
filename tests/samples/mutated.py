"""Files that are damaged at random, and what must hold whatever comes of them."""

from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st

from posegate.transforms.formats import formats
from posegate.transforms.model.skeleton import Skeleton
from samples.reading import Reading

_PIECES = (b"", b"\n", b"\0", b"{", b"]", b",", b"nan", b"-1", b"1e999", b"\xff\xfe")


@st.composite
def mutated(draw: st.DrawFn, data: bytes) -> bytes:
    """The data with up to three pieces cut out, doubled or replaced."""
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(data)))
        to = draw(st.integers(at, min(len(data), at + 64)) | st.just(len(data)))
        piece = draw(st.sampled_from(_PIECES) | st.just(data[at:to] * 2))
        data = data[:at] + piece + data[to:]
    return data


def reads_or_says(
    files: Mapping[str, bytes], skeleton: Skeleton, name: str, **says: Any
) -> Reading:
    """Reads damaged files as a format: nothing raises, is lost or goes unexplained."""
    got = Reading(files, skeleton, format=name, **says)
    assert name in formats()
    assert not got.undocumented()
    return got
