"""HRNet's lists of faces."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings

from posegate.transforms.formats import face_300w
from posegate.transforms.model.skeleton import Skeleton, load
from samples.face_300w import listed, sample
from samples.mutation import mutated, reads_or_says
from samples.reading import Reading

TWO = Skeleton("two", ("a", "b"), (), (), None)
FACES = np.array([[[5.0, 6.0], [7.5, 8.25]], [[1.0, 2.0], [3.0, 4.0]]])
DATA = Path(__file__).parents[4] / "shared" / "data"


def test_a_line_is_a_face() -> None:
    got = Reading({"faces.csv": listed(FACES)}, TWO)
    assert [row["xy"] for row in got.rows] == FACES.reshape(2, 4).tolist()
    assert got.rows[1]["position"] == 1
    assert dict(got.rows[0]["attributes"])["scale"] == "0.745"


def test_a_name_in_quotes_may_have_a_comma() -> None:
    data = listed(FACES).replace(b"helen/0.jpg", b'"helen/a, b.jpg"')
    assert Reading({"f.csv": data}, TWO).rows[0]["image"] == "helen/a, b.jpg"


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"scorer,AW,AW\nbodyparts,a,a\n",
        b"image,x,y\n",
        b"image_name,original_0_y\n",
    ],
)
def test_other_tables_are_none(head: bytes) -> None:
    assert not face_300w.sniff(head, "a.csv")


@given(mutated([listed(FACES)]))
@settings(max_examples=100)
def test_whatever_is_damaged_is_read_or_said(data: bytes) -> None:
    reads_or_says({"f.csv": data}, TWO, "face-300w")


def test_blocks_and_batches_change_nothing() -> None:
    files, skeleton = sample(300), load("300w_68")
    whole, small = Reading(files, skeleton), Reading(files, skeleton, batch=7)
    assert str(whole.rows) == str(small.rows)


@pytest.mark.skipif(not DATA.exists(), reason="the real data are not here")
def test_the_valid_list_of_300_w_reads_to_its_count() -> None:
    got = Reading(DATA / "face_300w_csv", load("300w_68"))
    assert (len(got.rows), got.tally.images, got.bad) == (689, 689, [])
