"""The bodies, and what a camera sees of them."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from posegate.pipelines.demo import people
from posegate.pipelines.demo.people import bodies, turn
from posegate.pipelines.demo.plan import plans
from posegate.pipelines.demo.postures import ANGLES, RANGE, angles, habitus
from posegate.pipelines.demo.sight import covered, face_hidden
from posegate.pipelines.demo.spec import Spec
from posegate.pipelines.demo.views import View, companions, outline, view
from posegate.transforms.model.poses import Floats

LIMBS = {
    "upper arm": (5, 7, people.UPPER_ARM),
    "forearm": (8, 10, people.FOREARM),
    "thigh": (11, 13, people.THIGH),
    "shank": (14, 16, people.SHANK),
    "shoulders": (5, 6, people.SHOULDERS),
    "hips": (11, 12, people.HIPS),
}
ACTUAL = np.ones((1, 5))


def pose(**degrees: float) -> Floats:
    """(22, 3) of one average body that stands straight but for these angles."""
    named = {name.replace("_", " "): value for name, value in degrees.items()}
    assert named.keys() <= set(ANGLES)
    row = np.radians([[named.get(name, 0.0) for name in ANGLES]])
    return bodies(row, ACTUAL)[0]  # type: ignore[no-any-return]


@pytest.fixture(scope="module")
def truth() -> View:
    spec = Spec(Path(), 5000, weeks=1)
    return view(spec.seed, next(plans(spec, 0)))


def test_a_quarter_turn_about_up_takes_forwards_to_the_left() -> None:
    assert turn(np.array([0.0, 0, 1]), 1, np.array(np.pi / 2)) == pytest.approx(
        [1, 0, 0]
    )


def test_a_straight_body_is_as_high_as_its_stature() -> None:
    body = pose()
    assert body[:, 1].max() == pytest.approx(1.0, abs=0.02)
    assert body[15:17, 1] == pytest.approx([people.FOOT_HEIGHT] * 2)
    assert body[5, 0] > 0 > body[6, 0]
    assert body[0, 2] > body[3, 2]


def test_flexion_lifts_a_limb_forwards() -> None:
    body = pose(left_shoulder=90, right_hip=90, right_knee=90)
    assert body[7] - body[5] == pytest.approx([0, 0, people.UPPER_ARM])
    assert body[14] - body[12] == pytest.approx([0, 0, people.THIGH])
    assert body[16] - body[14] == pytest.approx([0, -people.SHANK, 0])


def test_abduction_goes_outwards_on_either_side() -> None:
    body = pose(left_abduct=90, right_abduct=90)
    assert body[7, 0] - body[5, 0] == pytest.approx(people.UPPER_ARM)
    assert body[8, 0] - body[6, 0] == pytest.approx(-people.UPPER_ARM)


def test_a_bent_elbow_brings_the_hand_forwards_and_a_bent_knee_the_foot_back() -> None:
    body = pose(left_elbow=90, left_knee=90)
    assert body[9] - body[7] == pytest.approx([0, 0, people.FOREARM])
    assert body[15] - body[13] == pytest.approx([0, 0, -people.SHANK])


def test_leaning_moves_the_head_forwards_and_not_the_hips() -> None:
    upright, leaning = pose(), pose(lean=30)
    assert leaning[0, 2] - upright[0, 2] > 0.1
    assert leaning[11:13, 2] == pytest.approx(upright[11:13, 2])


@given(arrays(float, (3, len(ANGLES)), elements=st.floats(-3, 3)))
def test_limbs_keep_their_lengths_in_any_posture(row: Floats) -> None:
    body = bodies(row, np.ones((3, 5)))
    for a, b, length in LIMBS.values():
        assert np.linalg.norm(body[:, a] - body[:, b], axis=1) == pytest.approx(length)
    trunk = (body[:, 5] + body[:, 6] - body[:, 11] - body[:, 12]) / 2
    assert np.linalg.norm(trunk, axis=1) == pytest.approx(people.TRUNK)


def test_angles_stay_in_the_range_of_motion_and_change_smoothly() -> None:
    who = habitus(np.random.default_rng(1), 200)
    track = np.repeat(np.arange(200), 25)
    time = np.tile(np.arange(25) / 25, 200)
    value = np.degrees(angles(who, track, time)).reshape(200, 25, -1)
    assert (value >= RANGE[:, 0] - 1e-9).all()
    assert (value <= RANGE[:, 1] + 1e-9).all()
    assert np.abs(np.diff(value, axis=1)).max() < 30


def test_most_keypoints_are_seen_and_some_are_hidden_or_missing(truth: View) -> None:
    share = np.bincount(truth.visibility.ravel(), minlength=3) / truth.visibility.size
    assert 0.10 < share[0] < 0.35
    assert 0.05 < share[1] < 0.15
    assert share[2] > 0.55


def test_what_is_labelled_lies_in_the_image_and_what_is_seen_in_the_box(
    truth: View,
) -> None:
    labelled, seen = truth.visibility > 0, truth.visibility == 2
    assert (truth.xy[labelled] >= 0).all()
    low, size = truth.box[:, None, :2], truth.box[:, None, 2:]
    within = ((truth.xy >= low) & (truth.xy <= low + size)).all(axis=2)
    assert within[seen].all()


def test_the_outline_fills_as_much_of_the_box_as_in_coco(truth: View) -> None:
    """COCO val2017 has a median of .535 (statistics.md, 1.1)."""
    share = truth.area / np.prod(truth.box[:, 2:], axis=1)
    assert np.median(share) == pytest.approx(0.535, abs=0.03)
    assert 0.2 < share.min() < share.max() < 0.9


def test_who_shows_both_eyes_has_the_left_one_on_the_right_of_the_image(
    truth: View,
) -> None:
    upright = truth.xy[:, [5, 6], 1].mean(axis=1) < truth.xy[:, [11, 12], 1].mean(
        axis=1
    )
    both = (truth.visibility[:, 1:3] == 2).all(axis=1) & upright
    assert both.sum() > 1000
    assert np.mean(truth.xy[both, 1, 0] > truth.xy[both, 2, 0]) > 0.99


def test_a_face_turned_away_hides_nose_and_eyes_but_not_ears() -> None:
    facing = np.broadcast_to(pose(), (1, 22, 3))
    away = facing * [-1, 1, -1]
    assert face_hidden(facing).tolist() == [[False] * 5]
    assert face_hidden(away).tolist() == [[True, True, True, False, False]]


def test_a_body_in_front_covers_the_one_behind_and_not_the_other_way() -> None:
    xy = np.float32(pose()[None, :17, :2] * [300, -300])
    near, far = np.full((1, 17), 3.0), np.full((1, 17), 6.0)
    px = np.array([300.0])
    assert covered(xy, far, xy, near, px).all()
    assert not covered(xy, near, xy, far, px).any()


def test_companions_are_all_ordered_pairs_of_a_frame() -> None:
    one, other = companions(np.array([0, 1, 1, 2, 2, 2]))
    assert sorted(zip(one.tolist(), other.tolist(), strict=True)) == [
        (1, 2),
        (2, 1),
        (3, 4),
        (3, 5),
        (4, 3),
        (4, 5),
        (5, 3),
        (5, 4),
    ]


def test_a_body_half_out_of_the_image_has_half_the_box_and_area() -> None:
    xy = np.repeat(pose()[None, :, :2] * [400, -400], 2, axis=0)
    xy[..., 1] += 500
    xy[0, :, 0] += 600
    box, area = outline(xy, np.array([400.0, 400.0]), np.array([[1280, 720]] * 2))
    assert box[1, 2] == pytest.approx(box[0, 2] / 2, rel=0.02)
    assert area[1] == pytest.approx(area[0] / 2, rel=0.02)
