"""What a fault does to an instance, and what a habit does to an annotator's work."""

from pathlib import Path

import numpy as np
import pytest

from posegate.pipelines.demo.annotators import (
    Team,
    Work,
    direction,
    flag,
    habits,
    place,
    student,
    team,
)
from posegate.pipelines.demo.faults import (
    collapsed,
    copied,
    exchange,
    iou,
    outside,
    people_swapped,
    pick,
    swap_people,
    thrown,
)
from posegate.pipelines.demo.spec import Spec
from posegate.transforms.model.skeleton import load

SKELETON = load("coco_17")
SPEC = Spec(Path(), 20_000)


def rng() -> np.random.Generator:
    return np.random.default_rng(3)


def work(n: int = 4, apart: float = 10.0) -> Work:
    """N instances with all keypoints visible, `apart` px from each other."""
    xy = np.round(rng().uniform(100, 200, (n, 17, 2)), 2)
    xy[..., 0] += apart * np.arange(n)[:, None]
    box = np.tile([95.0, 95.0, 110.0, 110.0], (n, 1))
    box[:, 0] += apart * np.arange(n)
    return Work(
        row=np.arange(n),
        annotator=np.zeros(n, int),
        xy=xy,
        flags=np.full((n, 17), 2, np.uint8),
        box=box,
        scale=np.full(n, 80.0),
    )


def free(n: int = 4) -> np.ndarray:
    return np.ones(n, bool)


def test_exchanging_sides_twice_changes_nothing() -> None:
    given, before = work(), work()
    strength = exchange(given, 1, SKELETON.flip_pairs)
    assert strength > 0.1
    assert (given.xy[1, 5] == before.xy[1, 6]).all()
    assert (given.xy[1, 0] == before.xy[1, 0]).all()
    exchange(given, 1, SKELETON.flip_pairs)
    assert (given.xy == before.xy).all()


def test_two_people_exchange_a_limb_and_keep_their_boxes() -> None:
    given, before = work(), work()
    arm = [5, 7, 9]
    faults = swap_people(given, 0, 1, arm, "left arm")
    assert [(fault.row, fault.other) for fault in faults] == [(0, 1), (1, 0)]
    assert (given.xy[0, arm] == before.xy[1, arm]).all()
    assert (given.xy[1, arm] == before.xy[0, arm]).all()
    assert (given.box == before.box).all()


def test_only_people_who_overlap_in_one_frame_are_swapped() -> None:
    apart = people_swapped(
        rng(), work(apart=500), SKELETON, np.zeros(4, int), 1.0, free()
    )
    alone = people_swapped(rng(), work(), SKELETON, np.arange(4), 1.0, free())
    frame = np.repeat(np.arange(50), 2)
    together = people_swapped(rng(), work(100, 0), SKELETON, frame, 1.0, free(100))
    assert apart == alone == []
    assert len(together) > 20


def test_a_pasted_pose_is_the_previous_one_moved_by_whole_pixels() -> None:
    given = work(60)
    track = np.repeat(np.arange(6), 10)
    faults = copied(rng(), given, track, 0.3, free(60))
    assert faults
    for fault in faults:
        assert fault.other is not None
        assert track[fault.other] == track[fault.row]
        shift = given.xy[fault.row] - given.xy[fault.other]
        assert shift == pytest.approx(np.tile(np.round(shift[0]), (17, 1)), abs=1e-9)


def test_collapsed_points_coincide() -> None:
    given = work()
    faults = collapsed(rng(), given, SKELETON, 0.5, free())
    assert faults
    for fault in faults:
        joints = [SKELETON.index(name) for name in fault.detail.split(", ")]
        assert 3 <= len(joints) <= 5
        assert len(np.unique(given.xy[fault.row, joints], axis=0)) == 1


def test_jitter_throws_points_by_three_tenths_of_the_scale() -> None:
    given, size = work(), np.tile([640.0, 480.0], (4, 1))
    faults = thrown(rng(), given, SKELETON, free(), size, 0.5, free())
    assert faults
    assert [fault.strength for fault in faults] == pytest.approx(
        [0.3] * len(faults), abs=1e-3
    )


def test_outside_is_beyond_the_border() -> None:
    given, size = work(), np.tile([640.0, 480.0], (4, 1))
    for fault in outside(rng(), given, SKELETON, size, 0.5, free()):
        joint = SKELETON.index(str(fault.keypoint))
        assert (given.xy[fault.row, joint] > size[fault.row] - 1).any()


def test_picking_keeps_to_the_rate_and_takes_nobody_twice() -> None:
    eligible, left = np.arange(10_000) % 4 == 0, free(10_000)
    one = pick(rng(), eligible, 0.05, left)
    other = pick(np.random.default_rng(4), eligible, 0.05, left)
    assert len(one) == pytest.approx(500, rel=0.15)
    assert eligible[one].all()
    assert not set(one) & set(other)


def test_overlap_of_boxes() -> None:
    a = np.array([[0.0, 0, 10, 10], [0, 0, 10, 10], [0, 0, 10, 10]])
    b = np.array([[5.0, 0, 10, 10], [0, 0, 10, 10], [50, 50, 10, 10]])
    assert iou(a, b) == pytest.approx([1 / 3, 1, 0])


def test_noise_is_heavy_tailed_with_unit_mean_square() -> None:
    """A planar t of 4 degrees has P(|d| > r) = (1 + r^2)^-2 at E[|d|^2] = 1."""
    far = np.hypot(*np.moveaxis(student(rng(), (40_000, 17)), 2, 0))
    for radius in (0.5, 1.0, 2.0):
        assert np.mean(far > radius) == pytest.approx((1 + radius**2) ** -2, rel=0.03)


def test_annotators_differ_and_gold_is_better() -> None:
    people = team(SPEC, SKELETON)
    assert len(people.names) == 12 + 2
    assert people.production == 12
    assert people.noise[-1].max() < people.noise[:-2].min()
    assert np.std(np.log(people.noise[:-2].mean(axis=1))) > 0.05


def silent(people: Team) -> Team:
    """The same habits, without noise."""
    return Team(people.names, 0 * people.noise, people.habits)


def test_a_biased_annotator_moves_both_hips_outwards_from_its_week_on() -> None:
    people = silent(team(SPEC, SKELETON))
    habit = next(h for h in people.habits if "left_hip" in h.keypoints)
    truth, scale = work(200).xy, np.full(200, 100.0)
    who = np.full(200, habit.annotator)
    left, right = SKELETON.index("left_hip"), SKELETON.index("right_hip")

    def wider(week: int) -> float:
        xy = place(rng(), people, SKELETON, week, who, truth, scale)
        now = np.linalg.norm(xy[:, left] - xy[:, right], axis=1)
        before = np.linalg.norm(truth[:, left] - truth[:, right], axis=1)
        return float(np.median(now - before))

    assert wider(habit.since - 1) == pytest.approx(0)
    assert wider(habit.since) == pytest.approx(2 * SPEC.bias * 0.107 * 100)


def test_directions_are_away_from_the_other_side_and_from_the_elbow() -> None:
    xy = np.zeros((1, 17, 2))
    xy[0, SKELETON.index("right_hip")] = [0, 0]
    xy[0, SKELETON.index("left_hip")] = [5, 0]
    xy[0, SKELETON.index("left_wrist")] = [0, 7]
    assert direction(xy, "left_hip", "lateral", SKELETON).tolist() == [[1, 0]]
    assert direction(xy, "right_hip", "lateral", SKELETON).tolist() == [[-1, 0]]
    along = direction(xy, "left_wrist", "along the limb", SKELETON)
    assert along.tolist() == [[0, 1]]
    nowhere = direction(xy, "right_wrist", "along the limb", SKELETON)
    assert nowhere.tolist() == [[0, 0]]


def test_a_noisy_annotator_doubles_from_its_week_on() -> None:
    people = team(SPEC, SKELETON)
    habit = next(h for h in people.habits if h.fault == "noise")
    truth, who = work(4000).xy, np.full(4000, habit.annotator)
    scale = np.full(4000, 100.0)

    def median(week: int) -> float:
        xy = place(rng(), people, SKELETON, week, who, truth, scale)
        return float(np.median(np.hypot(*np.moveaxis(xy - truth, 2, 0))))

    assert median(habit.since) == pytest.approx(2 * median(habit.since - 1), rel=0.02)


def test_who_misuses_the_flag_never_says_occluded() -> None:
    people = team(SPEC, SKELETON)
    habit = next(h for h in people.habits if h.fault == "visibility-flag")
    truth = np.tile(np.arange(3, dtype=np.uint8), (500, 6))[:, :17]
    wrong = flag(rng(), people, np.full(500, habit.annotator), truth)
    right = flag(rng(), people, np.full(500, habit.annotator + 1), truth)
    assert set(np.unique(wrong)) == {0, 2}
    assert (right[truth == 0] == 0).all()
    assert 0.9 < np.mean(right == truth) < 0.99


def test_habits_belong_to_four_people_and_to_nobody_when_clean() -> None:
    assert len({habit.annotator for habit in habits(SPEC)}) == 4
    assert habits(Spec(Path(), 20_000, clean=True)) == ()
