"""Human3.6M's positions, a file a sequence."""

import numpy as np
import pytest
from hypothesis import given, settings

from posegate.transforms.formats import h36m_h5
from posegate.transforms.model.skeleton import Skeleton, load
from samples.h36m_h5 import NAME, body, metres, missing, packed, sample, sound
from samples.mutation import mutated, reads_or_says
from samples.reading import Reading

USUAL = load("h36m_17")
WHOLE = Skeleton("whole", tuple(f"joint_{i}" for i in range(32)), (), (), None)


def test_a_frame_is_a_row_of_the_usual_joints() -> None:
    row = Reading(sound(), USUAL).rows[1]
    given = body(2)[1]
    assert row["xy"][-2:] == given[27, :2].tolist()
    assert row["z"][4] == given[6, 2]
    assert (row["unit"], row["fps"]) == ("mm", 50.0)
    assert (row["video"], row["frame"]) == ("S9/Walking 1", 1)
    assert dict(row["attributes"]) == {"subject": "S9", "action": "Walking 1"}


def test_a_project_of_all_32_has_them_all() -> None:
    row = Reading(sound(), WHOLE).rows[0]
    assert np.array_equal(np.array(row["xy"]).reshape(32, 2), body(2)[0, :, :2])


def test_frames_in_rows_are_read_as_well() -> None:
    turned = Reading({NAME: packed(body(2).reshape(2, 96))}, USUAL)
    assert turned.rows[0]["xy"] == Reading(sound(), USUAL).rows[0]["xy"]


def test_the_unit_is_metres_where_people_are_small() -> None:
    assert Reading(metres(), USUAL).rows[0]["unit"] == "m"


def test_a_joint_without_a_number_is_nowhere() -> None:
    assert Reading(missing(), USUAL).rows[1]["visibility"][:2] == [0, 2]


@pytest.mark.parametrize("data", [b"", b"\x89HDF\r\n\x1a\n", b"3D_positions\0"])
def test_other_files_are_none(data: bytes) -> None:
    assert not h36m_h5.sniff(data, "a.h5")


@given(mutated([sound()[NAME]]))
@settings(max_examples=50)
def test_whatever_is_damaged_is_read_or_said(data: bytes) -> None:
    reads_or_says({NAME: data}, USUAL, "h36m-h5")


def test_batches_change_nothing() -> None:
    whole, small = Reading(sample(50), USUAL), Reading(sample(50), USUAL, batch=7)
    assert str(whole.rows) == str(small.rows)
