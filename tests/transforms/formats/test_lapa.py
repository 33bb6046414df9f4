"""One face a file, under its number of points."""

import numpy as np
import pytest
from hypothesis import given, settings

from posegate.transforms.formats import lapa
from posegate.transforms.model.skeleton import Skeleton, load
from samples.lapa import face, sample
from samples.mutation import mutated, reads_or_says
from samples.reading import Reading

THREE = Skeleton("three", ("a", "b", "c"), (), (), None)
ONE = face(np.array([[5.0, 6.0], [0.0, 0.0], [7.5, 8.25]]))


def test_a_file_is_a_face() -> None:
    (row,) = Reading({"train/landmarks/141_0.txt": ONE}, THREE).rows
    assert row["image"] == "train/141_0"
    assert row["visibility"] == [2, 0, 2]
    assert row["xy"][4:] == [7.5, 8.25]


def test_a_name_that_ends_like_an_image_is_kept() -> None:
    (row,) = Reading({"landmark/a.jpg.txt": ONE}, THREE).rows
    assert row["image"] == "a.jpg"


@pytest.mark.parametrize(
    "head",
    [b"", b"0 0.5 0.5 0.1 0.1 0.2 0.3\n", b"3\nhello world\n", b"3\n1 2 3\n", b"x\n"],
)
def test_other_texts_are_none(head: bytes) -> None:
    assert not lapa.sniff(head, "a.txt")


@given(mutated([ONE]))
@settings(max_examples=150)
def test_whatever_is_damaged_is_read_or_said(data: bytes) -> None:
    got = reads_or_says({"a.txt": data, "b.txt": ONE}, THREE, "lapa")
    assert "b" in {row["image"] for row in got.rows}


def test_many_files_are_one_shard() -> None:
    got = Reading(sample(20), load("lapa_106"))
    assert (len(got.rows), len(got.shards), got.tally.images) == (20, 1, 20)
