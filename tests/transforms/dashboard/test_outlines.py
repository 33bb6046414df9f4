"""Masks in the drawings: what was delivered, its reference, the box."""

import re

import pytest

from posegate.transforms.dashboard import figures
from posegate.transforms.dashboard.outlines import CORNERS, rectangle, shapes_of

SQUARE = [[10, 10], [50, 10], [50, 50], [10, 50]]
HOLE = [[20, 20], [20, 40], [40, 40], [40, 20]]
MASKS = {"keypoints": ["never_labelled"], "limbs": []}


def masked(**said):
    """What is known of one mask, as `kernels.worst` tells it."""
    return {
        "xy": [None],
        "visibility": [0],
        "reference_xy": [None],
        "rules": [],
        **said,
    }


def drawn(**said):
    return figures.figure(masked(**said), MASKS).picture


def test_a_hole_is_a_ring_of_the_same_path():
    picture = drawn(outline=[[SQUARE, HOLE]], bbox=[10, 10, 40, 40])
    [path] = re.findall(
        r'<path d="([^"]*)" fill-rule="evenodd" class="outline', picture
    )
    assert path.count("M") == path.count("Z") == 2
    assert "<title>Outline of instance" in picture


def test_the_reference_is_drawn_beneath_and_said_in_the_title():
    picture = drawn(outline=[[SQUARE]], reference_outline=[[HOLE]])
    looks = re.findall(r'class="outline ([^"]*)"', picture)
    assert looks == ["reference", "delivered"]
    assert "as delivered over its reference" in picture


def test_a_mask_without_anything_inside_shows_its_box_alone():
    picture = drawn(outline=[], bbox=[10, 10, 40, 20])
    assert re.findall(r'class="(box|outline[^"]*)"', picture) == ["box"]


def test_without_mask_or_box_there_is_no_picture():
    assert drawn(outline=[], bbox=None) == ""
    assert drawn(bbox=[float("nan"), 1, 2, 3]) == ""


def test_a_pose_has_its_mask_faintly_behind_it_and_no_box():
    picture = drawn(xy=[[30.0, 30.0]], outline=[[SQUARE]], bbox=[10, 10, 40, 40])
    assert 'class="outline delivered faint"' in picture
    assert 'class="box"' not in picture
    assert picture.index("<path") < picture.index("<circle")
    assert "<title>Skeleton of instance" in picture


def test_a_corner_far_away_lies_at_the_edge():
    picture = drawn(outline=[[[*SQUARE, [1e6, 30]]]])
    [path] = re.findall(r'<path d="([^"]*)"', picture)
    numbers = [float(each) for each in re.findall(r"-?\d+\.\d", path)]
    assert min(numbers) >= 0
    assert max(numbers) <= figures.HEIGHT
    assert len(set(numbers)) > 2


@pytest.mark.parametrize(
    "shapes",
    [
        None, "<script>alert(1)</script>", [["</svg>"]], [[[["<b>", "x"]] * 5]],
        [[[[1, 2], [None, 3], [float("nan"), 4], [5, float("inf")]]]], [None, [None]],
    ],
)  # fmt: skip
def test_what_is_no_outline_is_left_out(shapes):
    assert drawn(outline=shapes) == ""
    assert shapes_of(shapes) == []


def test_an_outline_that_was_not_thinned_is_cut():
    ring = [[n, n % 7] for n in range(100_000)]
    picture = drawn(outline=[[ring]])
    assert picture.count("L") < CORNERS
    assert len(picture) < 8000


def test_a_box_has_four_corners_or_none():
    assert rectangle([1, 2, 3, 4]) == [[[(1, 2), (4, 2), (4, 6), (1, 6)]]]
    assert rectangle(None) == []
    assert rectangle([1, 2, 3]) == []
