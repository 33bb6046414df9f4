"""Sound files made unsound in the ways that files go wrong."""

from collections.abc import Mapping, Sequence
from typing import Any

from hypothesis import strategies as st

from posegate.transforms.model.skeleton import Skeleton
from samples.reading import Reading


@st.composite
def mutated(draw: st.DrawFn, sound: Sequence[bytes]) -> bytes:
    """One of the files with up to four changes: bytes, pieces, lines, its end."""
    data = bytearray(draw(st.sampled_from(sound)))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(data)))
        size = draw(st.integers(0, 40))
        kind = draw(st.sampled_from(("cut", "drop", "put", "double", "swap", "end")))
        if kind == "cut":
            del data[at:]
        elif kind == "drop":
            del data[at : at + size]
        elif kind == "put":
            data[at : at + size] = draw(st.binary(max_size=40))
        elif kind == "double":
            data[at:at] = data[at : at + size]
        elif kind == "swap":
            signs = b"\t,;\n\r\0 \"'-.x0123456789NaN"
            data[at : at + 1] = bytes([draw(st.sampled_from(signs))])
        else:
            data += draw(st.binary(max_size=20))
    return bytes(data)


def reads_or_says(
    files: Mapping[str, bytes], skeleton: Skeleton, name: str, **says: Any
) -> Reading:
    """Reads unsound files as a format: nothing raises, is lost or goes unexplained."""
    got = Reading(files, skeleton, format=name, **says)
    assert not got.undocumented()
    return got
