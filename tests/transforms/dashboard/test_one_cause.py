"""A pair's two keypoints in alarm: one cause is one row."""

import numpy as np
import pytest

from posegate.transforms.dashboard.build_drift import Watch
from posegate.transforms.dashboard.build_retraining import retraining
from posegate.transforms.kernels.drift import Parameters
from posegate.transforms.kernels.stream_sums import grouped_sums
from posegate.transforms.kernels.streams import History, watch
from posegate.transforms.model.skeleton import Skeleton

SKELETON = Skeleton(
    "three", ("left_a", "right_a", "top"), (), ((0, 1),), (0.07, 0.07, 0.07)
)
WEEKS = tuple(f"2026-W{w:02d}" for w in range(1, 25))


def rows(left: tuple[float, float], right: tuple[float, float]) -> list[dict]:
    """What is listed if the first of twelve people moves `left_a` and `right_a` from
    the fifteenth week on, in axes of the body (people face the camera)."""
    rng = np.random.default_rng(9)
    a = np.repeat(np.arange(12), 24 * 20)
    w = np.tile(np.repeat(np.arange(24), 20), 12)
    body = rng.normal(0, 3, (len(a), 3, 2)) + rng.normal(0, 0.5, (12, 24, 3, 2))[a, w]
    late = (a == 0) & (w >= 14)
    body[late, 0] += left
    body[late, 1] += right
    error = body * np.array([[1, 1], [-1, 1], [1, 1]])
    both, scale = np.ones((len(a), 3), bool), np.full(len(a), 150.0)
    sums = grouped_sums(a * 24 + w, 288, error, both, scale, np.full(3, 0.07), body)
    names = tuple(f"ann-{i:02d}" for i in range(12))
    work = np.zeros((12, 24, 6, 4), np.int64)
    history = History(names, WEEKS, sums.reshape(12, 24, 3, -1), work)
    found = watch(history, Parameters((0.07,) * 3))
    assert found.seen is not None
    assert found.seen.alarms.alarm[0, -1].tolist() == [True, True, False]
    drawn = Watch(found.history, found.seen, SKELETON, 8.0, 6, found.standing)
    return retraining([drawn], found.people, found.history)


@pytest.mark.parametrize(
    ("left", "right"), [((7, 0), (7, 0)), ((7, 0), (-7, 0))], ids=["body", "image"]
)
def test_both_sides_moved_alike_are_one_alarm(
    left: tuple[float, float], right: tuple[float, float]
) -> None:
    [row] = rows(left, right)
    assert row["keypoint"] == "left_a and right_a"
    assert row["low_px"] < 7 < row["high_px"]
    assert row["high_px"] - row["low_px"] < 4
    assert "2026-W14" <= row["began"] <= "2026-W16"
    assert row["against"] == "gold"
    assert row["chance"] > 0.9


def test_sides_that_moved_elsewhere_are_two() -> None:
    found = rows((7, 0), (0, 7))
    assert [row["keypoint"] for row in found] == ["left_a", "right_a"]
