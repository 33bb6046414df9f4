"""Arrays of 3-D poses."""

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from numpy.lib import format as npy

from posegate.transforms.formats import h36m
from posegate.transforms.formats.units import unit_of
from posegate.transforms.model.skeleton import load
from samples.h36m import NAME, missing, objects, packed, sample
from samples.mutation import mutated, reads_or_says
from samples.reading import Reading

SKELETON = load("h36m_17")
DATA = Path(__file__).parents[4] / "shared" / "data"


def test_a_pose_is_a_row_in_metres() -> None:
    points = np.arange(2 * 17 * 3.0).reshape(2, 17, 3) / 60
    rows = Reading({"a.npz": packed(S=points)}, SKELETON).rows
    assert rows[1]["xy"][:2] == points[1, 0, :2].tolist()
    assert rows[1]["z"] == points[1, :, 2].tolist()
    assert (rows[1]["unit"], rows[1]["area"]) == ("m", None)


def test_a_name_says_video_frame_and_who() -> None:
    row = Reading({"a.npz": packed()}, SKELETON).rows[1]
    assert row["image"] == NAME.format(2)
    assert row["video"] == "S1/S1_Directions_1.54138969"
    assert (row["frame"], row["fps"]) == (2, 50.0)
    said = dict(row["attributes"])
    assert (said["subject"], said["action"]) == ("S1", "Directions_1")
    assert (said["camera"], said["scale"]) == ("54138969", "2.5")


def test_another_name_is_a_still() -> None:
    names = np.array(["lsp/im0001.jpg", "lsp/im0002.jpg"])
    row = Reading({"a.npz": packed(imgname=names)}, SKELETON).rows[0]
    assert (row["video"], row["frame"], row["fps"]) == (None, None, None)


def test_without_3_d_the_points_of_the_image_are_read() -> None:
    row = Reading({"a.npz": packed(S=None)}, SKELETON).rows[0]
    assert (row["z"], row["unit"]) == (None, None)
    assert row["area_source"] == "keypoints"
    assert max(row["xy"]) > 100


def test_confidence_0_is_nowhere() -> None:
    row = Reading(missing(), SKELETON).rows[0]
    assert row["visibility"][4:7] == [2, 0, 2]
    assert np.isnan(row["xy"][10:12]).all()


@pytest.mark.parametrize(("metres", "unit"), [(1, "m"), (1000, "mm"), (20, None)])
def test_the_unit_is_by_peoples_size(metres: float, unit: str | None) -> None:
    """Points at the corners of a box of 1 x 1 x 1: 1.7 across."""
    box = np.array([[[0.0, 0, 0], [1, 1, 1]]]) * metres
    assert unit_of(box) == unit


def test_nobody_has_no_unit() -> None:
    assert unit_of(np.empty((0, 17, 3))) is None
    assert unit_of(np.full((1, 17, 3), np.nan)) is None


def test_python_objects_are_not_read() -> None:
    (bad,) = Reading(objects(), SKELETON).bad
    assert "Python objects" in bad["detail"]


def test_an_array_that_lies_about_its_size_is_not_allocated() -> None:
    header = io.BytesIO()
    npy.write_array_header_1_0(
        header, {"descr": "<f8", "fortran_order": False, "shape": (1 << 40, 17, 4)}
    )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("imgname.npy", header.getvalue())
        archive.writestr("S.npy", header.getvalue())
    (bad,) = Reading({"a.npz": out.getvalue()}, SKELETON).bad
    assert "more than is stored" in bad["detail"]


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"PK\x03\x04imgname.npy", b"x"])
def test_what_is_no_archive_is_left_alone_or_said(data: bytes) -> None:
    got = Reading({"a.npz": data}, SKELETON)
    assert h36m.sniff(data, "a.npz") == (b"imgname" in data)
    assert got.reasons == (["h36m.arrays"] if b"imgname" in data else got.reasons)
    assert got.rows == []


@given(mutated([packed(), packed(S=None, part=np.ones((2, 17, 2)))]))
@settings(max_examples=80)
def test_whatever_is_damaged_is_read_or_said(data: bytes) -> None:
    reads_or_says({"a.npz": data}, SKELETON, "h36m")


def test_batches_change_nothing() -> None:
    whole, small = Reading(sample(50), SKELETON), Reading(sample(50), SKELETON, batch=7)
    assert str(whole.rows) == str(small.rows)


@pytest.mark.skipif(not DATA.exists(), reason="the real data are not here")
def test_four_real_poses_are_in_metres() -> None:
    files = {"a.npz": (DATA / "mmpose_open/h36m/test_h36m_body3d.npz").read_bytes()}
    got = Reading(files, SKELETON)
    assert (len(got.rows), got.bad) == (4, [])
    assert {row["unit"] for row in got.rows} == {"m"}
    assert got.rows[3]["video"] == "S8/S8_WalkDog_1.55011271"


@pytest.mark.skipif(not DATA.exists(), reason="the real data are not here")
def test_the_first_of_17_real_points_is_midway_between_the_hips() -> None:
    data = (DATA / "mmpose_open/h36m/test_h36m_body3d.npz").read_bytes()
    place = {name: i for i, name in enumerate(SKELETON.keypoints)}
    right, left = place["right_hip"], place["left_hip"]
    assert place["root"] == 0
    for row in Reading({"a.npz": data}, SKELETON).rows:
        points = np.column_stack([np.reshape(row["xy"], (17, 2)), row["z"]])
        assert points[0] == pytest.approx((points[right] + points[left]) / 2, abs=1e-6)


def test_names_that_are_alike_and_others_say_the_same_of_each() -> None:
    names = [NAME.format(i) for i in range(40)]
    odd = ["lsp/im_1.jpg", "a_1234567890123456.jpg", NAME.format(5)[:-4] + ".j_g", "x"]
    mixed = np.array([*names, *odd, *(f"coco/é_{i}.jpg" for i in range(4))])
    whole = Reading({"a.npz": packed(n=48, imgname=mixed)}, SKELETON).rows
    alone = [
        Reading({"a.npz": packed(n=1, imgname=mixed[i : i + 1])}, SKELETON).rows[0]
        for i in range(48)
    ]
    for key in ("image", "video", "frame", "fps", "attributes"):
        assert [row[key] for row in whole] == [row[key] for row in alone]


def test_arrays_may_lie_in_columns_or_be_packed() -> None:
    points = np.arange(2 * 17 * 3.0).reshape(2, 17, 3) / 60
    names = np.array([[NAME.format(1), NAME.format(2)]])
    turned = packed(S=np.asfortranarray(points), imgname=np.asfortranarray(names))
    out = io.BytesIO()
    np.savez_compressed(out, imgname=names, S=points)
    plain = Reading({"a.npz": packed(S=points, scale=None, center=None)}, SKELETON)
    for data in (turned, out.getvalue()):
        rows = Reading({"a.npz": data}, SKELETON, batch=1).rows
        for key in ("xy", "z", "image", "unit"):
            assert [row[key] for row in rows] == [row[key] for row in plain.rows]


def test_what_stands_before_the_damage_is_read() -> None:
    data = bytearray(packed(n=20))
    at = data.rindex(b"S.npy") - 8000
    data[at : at + 8] = bytes(8)
    got = Reading({"a.npz": bytes(data)}, SKELETON, batch=4)
    assert 0 < len(got.rows) < 20
    assert got.reasons == ["h36m.arrays"]
    assert "damaged" in got.bad[0]["detail"]


def test_the_unit_is_told_by_later_poses_where_the_first_are_nowhere() -> None:
    points = np.random.default_rng(1).uniform(-0.5, 0.5, (9, 17, 3))
    points[:4] = 0
    rows = Reading({"a.npz": packed(n=9, S=points)}, SKELETON, batch=2).rows
    assert {row["unit"] for row in rows} == {"m"}
