"""Paths of images in DeepLabCut's tables."""

from typing import Any

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from posegate.transforms.formats.dlc_frames import Paths

HOMES = ("labeled-data/m1/img", "m1/", "", "/img", "a//b", "/disk/labeled-data/m/i")
NUMBERS = st.integers(0, 10**19).map(str)


def said(paths: Paths) -> list[Any]:
    """All that is made of them."""
    flags = (paths.windows.tolist(), paths.absolute.tolist())
    return [
        *flags,
        *(c.to_pylist() for c in (paths.images, paths.videos, paths.frames)),
    ]


def test_images_of_a_video_are_told_by_their_numbers() -> None:
    paths = Paths(
        pa.array(["labeled-data/m1/img08.png", "labeled-data/m1/img12.png"]), ""
    )
    assert paths.frames.to_pylist() == [8, 12]
    assert paths.videos.to_pylist() == ["m1", "m1"]


@given(
    st.sampled_from(HOMES),
    st.lists(NUMBERS, min_size=1, max_size=4),
    st.sampled_from([".png", ".PNG", ".p1", "", ".tar.png"]),
    st.integers(0, 6),
)
def test_paths_that_are_alike_read_as_one_by_one(
    home: str, numbers: list[str], ending: str, width: int
) -> None:
    given_ = pa.array([f"{home}{number.zfill(width)}{ending}" for number in numbers])
    apart = [said(Paths(given_.slice(i, 1), "film")) for i in range(len(given_))]
    other = Paths(pa.concat_arrays([given_, pa.array(["C:\\x\\y 1.png"])]), "film")
    whole = said(Paths(given_, "film"))
    assert whole == [[row[0] for row in column] for column in zip(*apart, strict=True)]
    assert whole == [column[:-1] for column in said(other)]
