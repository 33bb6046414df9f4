"""Files that CVAT takes back."""

from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

from posegate.transforms.formats import cvat_images, cvat_video
from posegate.transforms.kernels.masks import decode
from posegate.transforms.model.schema import Origin
from posegate.transforms.model.skeleton import Skeleton
from samples.reading import Reading
from samples.writing import written

TRIANGLE = Skeleton("t", ("top", "left", "right"), ((0, 1), (0, 2)), (), None)
NAN = float("nan")


def row(number: int = 0, **changes: Any) -> dict[str, Any]:
    return {
        "instance": f"{number:024x}",
        "image": "a.jpg",
        "width": 64,
        "height": 48,
        "video": "walk",
        "frame": number,
        "track": "4",
        "role": "production",
        "xy": [1.5, 2.25, 3.0, 4.0, NAN, NAN],
        "visibility": [2, 1, 0],
        "origin": [0, 0, 0],
        "bbox": [1.0, 2.0, 30.0, 40.0],
        "attributes": None,
        "source": "s",
        "position": number,
        "format": "coco",
    } | changes


def tree(files: dict[str, bytes]) -> ElementTree.Element:
    (data,) = files.values()
    return ElementTree.fromstring(data)


def test_the_skeleton_is_drawn_in_the_labels(tmp_path: Path) -> None:
    said = [("side", "L"), ("left.blurred", "yes")]
    files, _ = written(cvat_images, [row(attributes=said)], TRIANGLE, tmp_path)
    labels = {
        each.findtext("name"): each for each in tree(files).iterfind(".//labels/label")
    }
    assert list(labels) == ["person", "top", "left", "right", "person-outline"]
    svg = ElementTree.fromstring(f"<svg>{labels['person'].findtext('svg')}</svg>")
    nodes = {
        c.get("data-node-id"): c.get("data-label-name") for c in svg.iter("circle")
    }
    assert nodes == {"1": "top", "2": "left", "3": "right"}
    edges = [(e.get("data-node-from"), e.get("data-node-to")) for e in svg.iter("line")]
    assert edges == [("1", "2"), ("1", "3")]
    assert labels["left"].findtext("parent") == "person"
    assert labels["left"].findtext("attributes/attribute/name") == "blurred"
    assert labels["person"].findtext("attributes/attribute/name") == "side"


def test_a_pose_its_box_and_its_attributes_share_a_group(tmp_path: Path) -> None:
    said = [("side", "<L & \n R>"), ("left.blurred", "yes")]
    files, told = written(cvat_images, [row(attributes=said)], TRIANGLE, tmp_path)
    (skeleton,) = tree(files).iter("skeleton")
    points = {point.get("label"): point for point in skeleton.iter("points")}
    assert points["top"].get("points") == "1.5,2.25"
    assert [p.get("outside") for p in points.values()] == ["0", "0", "1"]
    assert [p.get("occluded") for p in points.values()] == ["0", "1", "0"]
    assert points["left"].findtext("attribute") == "yes"
    assert skeleton.findtext("attribute") == "<L & \n R>"
    (box,) = tree(files).iter("box")
    assert box.get("group_id") == skeleton.get("group_id") is not None
    assert box.get("xbr") == "31.0"
    assert told == {}


def test_what_no_person_placed_is_written_as_a_models(tmp_path: Path) -> None:
    between = row(origin=[Origin.PLACED, Origin.INTERPOLATED, 0])
    files, _ = written(cvat_images, [between], TRIANGLE, tmp_path)
    (skeleton,) = tree(files).iter("skeleton")
    assert skeleton.get("source") == "auto"


def test_a_mask_comes_back_as_it_was(tmp_path: Path) -> None:
    runs = b'{"size":[48,64],"counts":[100,5,43,7,2917]}'
    files, _ = written(cvat_images, [row(segmentation=runs)], TRIANGLE, tmp_path)
    (back,) = Reading(files, TRIANGLE).rows
    one, other = decode(runs, 64, 48), decode(back["segmentation"], 64, 48)
    assert one is not None
    assert one.sum() == 12
    assert np.array_equal(one, other)


def test_what_cannot_be_written_is_counted(tmp_path: Path) -> None:
    bad = row(segmentation=b'{"size":[48,64],"counts":"???"}')
    odd = row(1, attributes=[("k", "a\x07b")])
    bare = row(2, visibility=[0] * 3, bbox=[NAN] * 4, attributes=[("category", "cow")])
    files, told = written(cvat_images, [bad, odd, bare], TRIANGLE, tmp_path)
    assert told == {
        "segmentations that cannot be read, or are empty": 1,
        "characters that XML cannot hold": 1,
        "left out: rows without keypoints, box and segments": 1,
    }
    assert len(Reading(files, TRIANGLE).rows) == 2


def test_a_box_without_keypoints_keeps_its_class(tmp_path: Path) -> None:
    cow = row(visibility=[0] * 3, attributes=[("category", "cow")])
    person = row(1, visibility=[0] * 3)
    files, _ = written(cvat_images, [cow, person], TRIANGLE, tmp_path)
    got = Reading(files, TRIANGLE)
    assert [r["attributes"] for r in got.rows] == [[("category", "cow")], None]
    assert len(list(tree(files).iter("skeleton"))) == 1


def test_a_track_is_closed_where_it_has_no_row(tmp_path: Path) -> None:
    # frames 0, 2 and 4 of 0 to 8 in steps of 2: nothing may be filled in at 6
    rows = [row(frame) for frame in (0, 2, 4)] + [row(8), row(6, track="5")]
    files, _ = written(cvat_video, rows, TRIANGLE, tmp_path)
    track = next(tree(files).iter("track"))
    shown = [
        (each.get("frame"), {point.get("outside") for point in each})
        for each in track.iter("skeleton")
    ]
    assert [frame for frame, _ in shown] == ["0", "2", "4", "6", "8"]
    assert shown[3][1] == {"1"}
    assert Reading(files, TRIANGLE).tally.notes["cvat-video.closing-frame"] > 0


def test_interpolated_points_are_no_keyframes(tmp_path: Path) -> None:
    between = row(1, origin=[Origin.INTERPOLATED, Origin.PLACED, 0])
    files, _ = written(cvat_video, [row(0), between], TRIANGLE, tmp_path)
    track = next(tree(files).iter("track"))
    second = list(track.iter("skeleton"))[1]
    assert [point.get("keyframe") for point in second] == ["0", "1", "1"]


def test_gold_beside_work_is_a_track_of_its_own(tmp_path: Path) -> None:
    rows = [
        row(0),
        row(0, role="gold", track="4"),
        row(0, track=None),
        row(0, frame=None),
    ]
    files, told = written(cvat_video, rows, TRIANGLE, tmp_path)
    got = Reading(files, TRIANGLE)
    assert [r["track"] for r in got.rows] == ["4", "4~1", "alone-1"]
    assert told == {
        "rows beside another of their track": 1,
        "left out: rows without a frame": 1,
    }


@pytest.mark.parametrize("count", [3, 70])
def test_a_video_is_a_file(tmp_path: Path, count: int) -> None:
    rows = [row(i, video=f"clip/{i % count}") for i in range(2 * count)]
    files, _ = written(cvat_video, rows, TRIANGLE, tmp_path)
    assert sorted(files) == sorted(f"clip%2F{i}.xml" for i in range(count))
    got = Reading(files, TRIANGLE)
    assert {r["video"] for r in got.rows} == {f"clip/{i}" for i in range(count)}
    assert len(got.rows) == 2 * count
