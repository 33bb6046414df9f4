"""One face a file."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from posegate.transforms.formats import pts
from posegate.transforms.model.skeleton import Skeleton, load
from samples.mutation import mutated, reads_or_says
from samples.pts import face, sample
from samples.reading import Reading

TWO = Skeleton("two", ("a", "b"), (), (), None)
ONE = face(np.array([[5.0, 6.0], [7.0, 8.0]]))
DATA = Path(__file__).parents[4] / "shared" / "data"


def test_a_file_is_a_face_counted_from_one() -> None:
    got = Reading({"faces/annot/indoor_001.pts": ONE}, TWO)
    (row,) = got.rows
    assert row["xy"] == [4.0, 5.0, 6.0, 7.0]
    assert row["visibility"] == [2, 2]
    assert (row["image"], row["video"]) == ("faces/indoor_001", None)
    assert row["repairs"] == ["pts.one-based"]


def test_the_folders_of_300_vw_are_videos() -> None:
    (row,) = Reading({"001/annot/000006.pts": ONE}, TWO).rows
    assert (row["image"], row["video"], row["frame"]) == ("001/000006", "001", 6)


def test_gold_and_production_of_an_image_meet() -> None:
    files = {"gold/a.pts": ONE, "production/a.pts": ONE}
    rows = Reading(files, TWO, roles={"gold/*": "gold"}).rows
    assert {(row["image"], row["role"]) for row in rows} == {
        ("a", "gold"),
        ("a", "production"),
    }


def test_a_missing_point_is_nowhere() -> None:
    data = face(np.array([[5.0, 6.0], [-1.0, -1.0]]))
    (row,) = Reading({"a.pts": data}, TWO).rows
    assert np.isnan(row["xy"][2:]).all()
    assert row["visibility"] == [2, 0]


def test_a_negated_point_is_hidden_where_it_is_positive() -> None:
    """As MERL-RAV's README says; a face that leaves its image at one side is none."""
    three = Skeleton("three", ("a", "b", "c"), (), (), None)
    data = face(np.array([[-5.5, -6.0], [-7.0, 8.0], [-1.0, -1.0]]))
    (row,) = Reading({"a.pts": data}, three).rows
    assert row["xy"][:4] == [4.5, 5.0, -8.0, 7.0]
    assert row["visibility"] == [1, 2, 0]
    assert {"pts.negated", "pts.missing-point"} <= set(row["repairs"])


def test_a_point_beyond_the_corner_of_the_image_stays_there() -> None:
    three = Skeleton("three", ("a", "b", "c"), (), (), None)
    data = face(np.array([[-5.5, -6.0], [2.0, 30.0], [41.0, 3.0]]))
    (row,) = Reading({"a.pts": data}, three).rows
    assert row["xy"] == [-6.5, -7.0, 1.0, 29.0, 40.0, 2.0]
    assert row["visibility"] == [2, 2, 2]
    assert "pts.negated" not in row["repairs"]


@pytest.mark.parametrize(
    "data",
    [
        ONE.replace(b"\n", b"\r\n"),
        b"\xef\xbb\xbf" + ONE,
        ONE.replace(b"version: 1\n", b"version: 1.0 \n\n"),
        ONE.replace(b" ", b"\t"),
    ],
)
def test_other_line_ends_marks_and_spaces_are_read(data: bytes) -> None:
    assert Reading({"a.pts": data}, TWO).rows[0]["xy"] == [4.0, 5.0, 6.0, 7.0]


@pytest.mark.parametrize("data", [b"", b"12\n1 2 3 0 0 0\n", b"\xff\xfev\0e\0"])
def test_a_cloud_of_points_or_nothing_is_no_face(data: bytes) -> None:
    assert not pts.sniff(data, "a.pts")
    assert Reading({"a.pts": data}, TWO).reasons == ["file.unrecognised"]


@given(mutated([ONE]), st.booleans())
@settings(max_examples=150)
def test_whatever_is_damaged_is_read_or_said(data: bytes, more: bool) -> None:
    files = {"a.pts": data} | ({"b.pts": ONE} if more else {})
    got = reads_or_says(files, TWO, "pts")
    assert not more or "b" in {row["image"] for row in got.rows}


def test_many_files_are_one_shard() -> None:
    got = Reading(sample(50), load("300w_68"))
    assert (len(got.rows), len(got.shards), got.tally.images) == (50, 1, 50)


@pytest.mark.skipif(not DATA.exists(), reason="the real data are not here")
def test_300_vw_reads_a_pixel_before_its_conversion_to_coco() -> None:
    """mmpose's conversion keeps the numbers that count from 1."""
    ours = Reading(DATA / "mmpose_open/300vw", load("300vw_68"))
    rows = {(row["format"], row["image"]): row["xy"] for row in ours.rows}
    assert len([key for key in rows if key[0] == "pts"]) == 2
    theirs = np.array(rows["coco", "001/imgs/000006.jpg"])
    assert np.allclose(rows["pts", "001/000006"], theirs - 1, atol=1e-3)


def test_a_file_without_its_version_is_one() -> None:
    data = b"n_points:  2\n{\n1.5 2.5\n3 4\n}"
    skeleton = Skeleton("s", ("a", "b"), (), (), None)
    (row,) = Reading({"a.pts": data}, skeleton).rows
    assert row["xy"] == [0.5, 1.5, 2, 3]
