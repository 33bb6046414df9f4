"""Joint angles: by hand, of bodies built from known ones, and where there are none."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posegate.pipelines.demo.people import bodies
from posegate.pipelines.demo.postures import ANGLES, angles, habitus
from posegate.transforms.kernels import joints
from posegate.transforms.model.poses import Floats
from posegate.transforms.model.skeleton import Skeleton, load

COCO = load("coco_17")
ARM = Skeleton(
    "arm", ("left_shoulder", "left_elbow", "left_wrist"), ((0, 1), (1, 2)), (), None
)


def people(n: int = 400, seed: int = 0) -> tuple[dict[str, Floats], Floats]:
    """Angles in degrees by name, and the bodies (n, 17, 3) that have them."""
    random = np.random.default_rng(seed)
    drawn = angles(habitus(random, n), np.arange(n), np.zeros(n))
    points = bodies(drawn, np.ones((n, 5)))[:, :17]
    return dict(zip(ANGLES, np.degrees(drawn).T, strict=True)), points


def standing(**said: float) -> Floats:
    """One body (1, 17, 3), straight but for the angles that are said, in degrees."""
    named = {name.replace("_", " "): value for name, value in said.items()}
    drawn = np.radians([[named.get(name, 0.0) for name in ANGLES]])
    return bodies(drawn, np.ones((1, 5)))[:, :17]


def angle(points: Floats, name: str, skeleton: Skeleton = COCO) -> float:
    [value] = joints.angles(points, skeleton)[name]
    return float(value)


def test_three_points_at_a_right_angle_bend_by_ninety_degrees() -> None:
    points = np.array([[[0.0, 0, 0], [0, 1, 0], [2, 1, 0]]])
    found = joints.angles(points, ARM)
    assert found.keys() == {"left elbow flexion"}
    assert found["left elbow flexion"].tolist() == [90.0]


def test_a_straight_line_bends_by_nothing_and_a_fold_by_half_a_turn() -> None:
    line = np.array([[[0.0, 0, 0], [0, 1, 0], [0, 3, 0]]])
    fold = np.array([[[0.0, 0, 0], [0, 1, 0], [0, 0.5, 0]]])
    assert angle(line, "left elbow flexion", ARM) == 0
    assert angle(fold, "left elbow flexion", ARM) == 180


@pytest.mark.parametrize(
    "points",
    [
        [[0.0, 0, 0], [0, 0, 0], [2, 1, 0]],  # two in one place
        [[0.0, 0, 0], [np.nan, 1, 0], [2, 1, 0]],
        [[np.nan] * 3] * 3,
    ],
)
def test_an_angle_without_its_points_is_none(points: list[list[float]]) -> None:
    assert np.isnan(angle(np.array([points]), "left elbow flexion", ARM))


def test_no_bodies_have_no_angles() -> None:
    found = joints.angles(np.empty((0, 17, 3)), COCO)
    assert {value.shape for value in found.values()} == {(0,)}


def test_knees_and_elbows_bend_as_the_bodies_were_built() -> None:
    built, points = people()
    found = joints.angles(points, COCO)
    for name in ("left knee", "right knee", "left elbow", "right elbow"):
        assert np.allclose(found[f"{name} flexion"], built[name], atol=1e-9)


def test_hips_and_the_trunk_turn_as_the_bodies_were_built() -> None:
    for side in ("left", "right"):
        points = standing(**{f"{side}_hip": 40, f"{side}_knee": 60, f"{side}_toe": 25})
        assert angle(points, f"{side} hip flexion") == pytest.approx(40)
        assert angle(points, f"{side} hip rotation") == pytest.approx(-25)
        points = standing(**{f"{side}_splay": 30})
        assert angle(points, f"{side} hip abduction") == pytest.approx(30)
    assert angle(standing(twist=35), "trunk rotation") == pytest.approx(35)
    assert angle(standing(look=50), "neck rotation") == pytest.approx(50)


def test_shoulders_lift_and_turn_as_the_bodies_were_built() -> None:
    for side in ("left", "right"):
        raised = standing(**{f"{side}_shoulder": 120})
        assert angle(raised, f"{side} shoulder elevation") == pytest.approx(120)
        behind = standing(**{f"{side}_shoulder": -40})
        assert angle(behind, f"{side} shoulder extension") == pytest.approx(40)
        turned = standing(**{f"{side}_elbow": 90, f"{side}_rotate": 50})
        assert angle(turned, f"{side} shoulder rotation") == pytest.approx(50)


def test_a_knee_bent_forwards_bends_by_less_than_nothing() -> None:
    for side in ("left", "right"):
        points = standing(**{f"{side}_knee": -25, f"{side}_hip": 30})
        assert angle(points, f"{side} knee flexion") == pytest.approx(-25)


def test_an_elbow_bent_backwards_is_a_shoulder_turned_by_half() -> None:
    points = standing(left_elbow=-40)
    assert angle(points, "left elbow flexion") == pytest.approx(40)
    assert abs(angle(points, "left shoulder rotation")) == pytest.approx(180)


def test_exchanged_hips_are_half_a_turn_of_the_trunk() -> None:
    points = standing()
    points[:, [11, 12]] = points[:, [12, 11]]
    assert abs(angle(points, "trunk rotation")) == pytest.approx(180)


def test_a_straight_limb_does_not_show_how_it_is_turned() -> None:
    points = standing(left_knee=5, left_elbow=5)
    assert np.isnan(angle(points, "left hip rotation"))
    assert np.isnan(angle(points, "left shoulder rotation"))


def test_a_leg_out_to_the_side_has_no_flexion() -> None:
    points = standing(left_splay=85)
    assert np.isnan(angle(points, "left hip flexion"))
    assert angle(points, "left hip abduction") == pytest.approx(85)


def test_shoulders_over_hips_in_one_line_have_no_axes() -> None:
    points = standing()
    points[:, [5, 6]] = points[:, [11, 12]]  # the trunk has no length
    found = joints.angles(points, COCO)
    assert np.isnan(found["trunk rotation"]).all()
    assert np.isfinite(found["left elbow flexion"]).all()


@given(
    turn=st.lists(st.floats(-1, 1), min_size=4, max_size=4).filter(
        lambda q: sum(v * v for v in q) > 1e-3
    ),
    moved=st.lists(st.floats(-100, 100), min_size=3, max_size=3),
    larger=st.floats(0.01, 1000),
)
def test_rigid_motion_and_size_change_no_angle(
    turn: list[float], moved: list[float], larger: float
) -> None:
    from scipy.spatial.transform import Rotation

    _, points = people(20)
    there = larger * Rotation.from_quat(turn).apply(points.reshape(-1, 3))
    there = (there + moved).reshape(points.shape)
    before, after = joints.angles(points, COCO), joints.angles(there, COCO)
    for name, value in before.items():
        off = (after[name] - value + 180) % 360 - 180
        assert np.array_equal(np.isnan(off), np.isnan(value))
        assert np.nanmax(np.abs(off), initial=0) < 1e-4


def test_a_mirror_turns_forwards_round_and_keeps_how_far_things_bend() -> None:
    _, points = people(50)
    before = joints.angles(points, COCO)
    after = joints.angles(points * [-1, 1, 1], COCO)
    bent = before["left knee flexion"] > joints.BENT
    for name in ("left elbow flexion", "neck flexion"):
        assert np.allclose(before[name], after[name])
    known = bent & np.isfinite(after["left hip rotation"])
    assert known.any()
    assert (after["left knee flexion"][known] < 0).all()


def test_beyond_is_the_worst_of_a_joints_angles() -> None:
    found = {"knee flexion": np.array([-20.0, 40, 170, np.nan])}
    assert np.array_equal(
        joints.beyond(found, "knee", {"flexion": (-10, 150)}, 4),
        [10, -50, 20, np.nan],
        equal_nan=True,
    )
    assert np.isnan(joints.beyond(found, "hip", {"flexion": (-10, 150)}, 4)).all()


def test_a_knee_goes_through_straight_without_a_leap() -> None:
    found = [angle(standing(left_knee=d), "left knee flexion") for d in range(-30, 31)]
    assert np.allclose(found, range(-30, 31), atol=1e-6)
