"""MPII Human Pose."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings

from posegate.transforms.formats import mpii
from posegate.transforms.formats.mpii_mat import NAMES
from posegate.transforms.model.skeleton import Skeleton, load
from samples.mpii import damaged, listed, matlab, missing, person, sample, sound, whole
from samples.mutation import mutated, reads_or_says
from samples.reading import Reading

SKELETON = load("mpii_16")
DATA = Path(__file__).parents[4] / "shared" / "data"


def test_a_person_of_a_list_is_counted_from_zero() -> None:
    (row,) = Reading(sound(), SKELETON).rows
    assert row["xy"][:4] == [9, 19, 10, 20]
    assert row["visibility"] == [2] * 16
    attributes = dict(row["attributes"])
    assert attributes == {"scale": "3.5", "center_x": "100", "center_y": "200"}


def test_missing_joints_are_nowhere() -> None:
    (row,) = Reading(missing(), SKELETON).rows
    assert row["visibility"][:3] == [0, 0, 2]
    assert np.isnan(row["xy"][:4]).all()


def test_what_joints_vis_leaves_out_is_not_labelled() -> None:
    files = listed(person(joints_vis=[0] + [1] * 15))
    assert Reading(files, SKELETON).rows[0]["visibility"][:2] == [0, 2]


def test_the_list_with_visibilities_in_the_joints_is_read() -> None:
    joints = [[10, 20, 1], [11, 21, 0], [0, 0, 0], *([12, 22, 1] for _ in range(13))]
    one = {"img_paths": "b.jpg", "joint_self": joints, "objpos": [5, 6]}
    (row,) = Reading(listed(one | {"scale_provided": 2.5}), SKELETON).rows
    assert row["visibility"][:4] == [2, 1, 0, 2]
    assert dict(row["attributes"])["scale"] == "2.5"


def test_joints_go_by_name_into_the_projects_order() -> None:
    turned = Skeleton("turned", tuple(reversed(NAMES)), (), (), None)
    assert Reading(sound(), turned).rows[0]["xy"][:2] == [24, 34]


def test_the_mat_file_has_people_by_image() -> None:
    first, second = Reading(matlab(), SKELETON).rows
    assert first["xy"][:2] == [9, 19]
    assert first["visibility"] == [1, 2] * 8
    assert (first["image"], first["video"]) == ("015601864.jpg", "dPXq31VcWyI")
    said = dict(first["attributes"])
    assert (said["head_x1"], said["head_y2"], said["split"]) == ("10", "40", "train")
    assert (said["activity"], said["single_person"]) == ("curling", "true")
    assert second["visibility"][3:6] == [1, 2, 0]
    assert dict(second["attributes"])["single_person"] == "false"


def test_images_without_joints_are_counted() -> None:
    got = Reading(matlab(), SKELETON)
    assert (got.tally.images, got.tally.notes["mpii.without-points"]) == (2, 1)


def test_a_mat_file_of_version_7_3_says_what_would_do() -> None:
    data = b"MATLAB 7.3 MAT-file, Platform: GLNXA64".ljust(512)
    (bad,) = Reading({"a.mat": data}, SKELETON, format="mpii").bad
    assert "-v7" in bad["detail"]


@pytest.mark.parametrize(
    "head",
    [b"", b"[]", b'[{"image_id": 1, "joints": [], "joints_vis": []}]', b"MATLAB 5.0"],
)
def test_other_files_are_none(head: bytes) -> None:
    assert not mpii.sniff(head, "a.json")


def test_a_broken_person_costs_no_other() -> None:
    text = json.dumps([person(), person(image="b.jpg"), person(image="c.jpg")])
    data = text.replace('"image": "b.jpg"', '"image": b.jpg').encode()
    got = Reading({"a.json": data}, SKELETON)
    assert [row["image"] for row in got.rows] == ["a.jpg", "c.jpg"]
    assert got.reasons == ["mpii.joints"]


@given(mutated([listed(person(), person(image="b.jpg"))["train.json"]]))
@settings(max_examples=100)
def test_whatever_is_damaged_in_a_list_is_read_or_said(data: bytes) -> None:
    reads_or_says({"a.json": data}, SKELETON, "mpii")


@given(mutated([whole()]))
@settings(max_examples=60)
def test_whatever_is_damaged_in_a_mat_is_read_or_said(data: bytes) -> None:
    reads_or_says({"a.mat": data}, SKELETON, "mpii")


def test_a_mat_that_is_cut_off_is_said() -> None:
    assert Reading(damaged(), SKELETON).reasons == ["mpii.mat"]


def test_batches_change_nothing() -> None:
    whole, small = (
        Reading(sample(300), SKELETON),
        Reading(sample(300), SKELETON, batch=7),
    )
    assert str(whole.rows) == str(small.rows)


@pytest.mark.skipif(not DATA.exists(), reason="the real data are not here")
def test_the_list_of_five_people_reads_to_its_count() -> None:
    got = Reading(DATA / "mmpose_open/mpii", SKELETON)
    assert (len(got.rows), got.bad) == (5, [])
    assert got.rows[0]["xy"][:2] == [803, 710]
