"""WFLW's lists."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings

from posegate.transforms.formats import wflw
from posegate.transforms.model.skeleton import load
from samples.mutation import mutated, reads_or_says
from samples.reading import Reading
from samples.wflw import line, sample

SKELETON = load("wflw_98")
FACE = np.arange(196.0).reshape(98, 2) + 1
DATA = Path(__file__).parents[4] / "shared" / "data"


def test_a_line_has_points_a_box_flags_and_a_name() -> None:
    (row,) = Reading({"list.txt": line(FACE).encode()}, SKELETON).rows
    assert np.allclose(row["xy"], np.arange(196.0) + 1)
    assert row["bbox"] == [20, 30, 500, 510]
    assert row["image"] == "0--Parade/0_Parade_0.jpg"
    assert dict(row["attributes"])["illumination"] == "1"


def test_the_lists_of_the_test_subsets_have_neither_box_nor_flags() -> None:
    (row,) = Reading({"list.txt": line(FACE, box=False).encode()}, SKELETON).rows
    assert np.isnan(row["bbox"]).all()
    assert row["area_source"] == "keypoints"


def test_tabs_and_both_kinds_of_lines_in_one_file_are_read() -> None:
    text = "\r\n".join([line(FACE), line(FACE, 1, box=False).replace(" ", "\t "), ""])
    got = Reading({"list.txt": b"\xef\xbb\xbf" + text.encode()}, SKELETON)
    assert [row["position"] for row in got.rows] == [0, 1]
    assert got.bad == []


def test_utf_16_is_read_too() -> None:
    data = line(FACE).encode("utf-16")
    (row,) = Reading({"list.txt": data}, SKELETON).rows
    assert row["xy"][:2] == [1, 2]


@pytest.mark.parametrize(
    "head", [b"", b"0 0.5 0.5 0.1 0.1\n", b"1 " * 196 + b"2.5\n", b"a b c.jpg\n"]
)
def test_other_texts_are_none(head: bytes) -> None:
    assert not wflw.sniff(head, "a.txt")


@given(mutated(["\n".join(line(FACE, i) for i in range(3)).encode()]))
@settings(max_examples=60)
def test_whatever_is_damaged_is_read_or_said(data: bytes) -> None:
    reads_or_says({"list.txt": data}, SKELETON, "wflw")


def test_blocks_and_batches_change_nothing() -> None:
    files = sample(300)
    whole, small = Reading(files, SKELETON), Reading(files, SKELETON, batch=7)
    assert str(whole.rows) == str(small.rows)


@pytest.mark.skipif(not DATA.exists(), reason="the real data are not here")
def test_the_test_subsets_read_to_their_counts() -> None:
    got = Reading(DATA / "face_wflw", SKELETON)
    assert (len(got.rows), got.tally.images, got.bad) == (326 + 206, 311 + 164, [])
