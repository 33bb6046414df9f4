"""How joints move: a circle whose speed is known, and where nothing can be said."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posegate.transforms.kernels import kinematics, series
from posegate.transforms.kernels.filters import low_pass
from posegate.transforms.kernels.kinematics import Moves, moves
from posegate.transforms.kernels.tracks import Tracks
from posegate.transforms.model.poses import Floats, Poses
from posegate.transforms.model.skeleton import Skeleton, load

ARM = Skeleton(
    "arm", ("left_shoulder", "left_elbow", "left_wrist"), ((0, 1), (1, 2)), (), None
)
RATE, TURN, RADIUS = 100.0, 0.5, 0.3
"""Frames a second, turns a second, metres."""

SPEED = 2 * math.pi * TURN * RADIUS
PULL = SPEED**2 / RADIUS
"""m/s, and m/s^2 towards the middle."""


def circle(frames: int = 200, rate: float = RATE) -> Floats:
    """(T, 3, 3) [m]: a forearm that turns about an elbow at rest, straight at first."""
    turned = 2 * math.pi * TURN * np.arange(frames) / rate
    wrist = RADIUS * np.stack([np.sin(turned), -np.cos(turned), 0 * turned], axis=1)
    still = np.broadcast_to([[0.0, 0.3, 0.0], [0, 0, 0]], (frames, 2, 3))
    return np.concatenate([still, wrist[:, None]], axis=1)


def tracks(xyz: Floats, skeleton: Skeleton = ARM, **said: Any) -> Tracks:
    """One track of frames 0, 1, 2 … in metres."""
    n, k = xyz.shape[:2]
    flat = said.get("flat", False)
    poses = Poses(
        xy=xyz[..., :2],
        visibility=np.where(np.isfinite(xyz[..., 0]), 2, 0).astype(np.uint8),
        origin=np.zeros((n, k), np.uint8),
        bbox=np.full((n, 4), np.nan),
        area=np.full(n, np.nan),
        size=np.full((n, 2), np.nan),
        z=np.broadcast_to(np.nan, (n, k)) if flat else xyz[..., 2],
        metre=np.full(n, said.get("metre", 1.0)),
    )
    return Tracks(
        poses,
        np.array(said.get("track", [0] * n)),
        np.array(said.get("frame", range(n))),
        np.full(n, said.get("fps", RATE)),
        np.zeros(n, np.int64),
        skeleton,
    )


def speed(moved: Moves) -> Floats:
    return np.linalg.norm(np.nan_to_num(moved.velocity), axis=2)


MIDDLE = slice(30, -30)


def test_a_wrist_on_a_circle_has_the_circles_speed_and_pull() -> None:
    moved = moves(tracks(circle()), 6.0)
    assert np.allclose(speed(moved)[MIDDLE, 2], SPEED, rtol=2e-3)
    assert np.allclose(speed(moved)[MIDDLE, :2], 0, atol=1e-9)
    pull = np.linalg.norm(moved.acceleration[MIDDLE, 2], axis=1)
    assert np.allclose(pull, PULL, rtol=5e-3)
    assert moved.metric.all()
    assert (moved.cutoff == 6).all()


def test_its_elbow_turns_at_the_circles_angular_velocity() -> None:
    moved = moves(tracks(circle()), 6.0)
    opening = moved.turning["left elbow flexion"][40:60]  # 36 to 54 degrees a half turn
    assert np.allclose(opening, 360 * TURN, rtol=2e-3)
    closing = moved.turning["left elbow flexion"][140:160]
    assert np.allclose(closing, -360 * TURN, rtol=2e-3)


def test_millimetres_are_said_in_metres() -> None:
    moved = moves(tracks(1000 * circle(), metre=0.001), 6.0)
    assert np.allclose(speed(moved)[MIDDLE, 2], SPEED, rtol=2e-3)


def test_a_picture_of_a_person_has_the_scale_of_their_stature() -> None:
    moved = moves(tracks(250 * circle(), flat=True, metre=np.nan), 6.0)
    tall = 0.3 / 0.146  # m of somebody with that forearm
    assert np.allclose(speed(moved)[MIDDLE, 2], SPEED * 1.7 / tall, rtol=2e-3)
    assert moved.metric.all()
    assert np.isnan(moved.velocity[..., 2]).all()


def test_what_is_no_person_moves_in_pixels() -> None:
    thing = Skeleton("wheel", ("a", "b", "c"), (), (), None, category="wheel")
    moved = moves(tracks(250 * circle(), thing, flat=True, metre=np.nan), 6.0)
    assert not moved.metric.any()
    assert np.allclose(speed(moved)[MIDDLE, 2], 250 * SPEED, rtol=2e-3)
    assert moved.angle == {}


def test_a_slow_feed_is_not_smoothed() -> None:
    moved = moves(tracks(circle(60, 10.0), fps=10.0), 6.0)
    assert np.isnan(moved.cutoff).all()
    expected = SPEED * math.sin(math.pi * 0.1) / (math.pi * 0.1)  # a chord, not an arc
    assert np.allclose(speed(moved)[1:-1, 2], expected)


def test_a_gap_ends_a_run_and_a_missing_point_its_own() -> None:
    xyz = circle(60)
    xyz[40, 2] = np.nan
    frame = [*range(20), *range(25, 65)]
    moved = moves(tracks(xyz, frame=frame), 6.0)
    without = np.flatnonzero(np.isnan(moved.velocity[:, 2, 0]))
    assert without.tolist() == [0, 19, 20, 39, 40, 41, 59]
    assert np.flatnonzero(np.isnan(moved.velocity[:, 0, 0])).tolist() == [0, 19, 20, 59]


def test_every_second_frame_is_half_the_rate() -> None:
    moved = moves(tracks(circle()[::2], frame=range(0, 200, 2)), 6.0)
    assert np.allclose(speed(moved)[MIDDLE, 2], SPEED, rtol=5e-3)


@pytest.mark.parametrize(
    ("said", "rows", "reason"),
    [
        ({"fps": np.nan}, range(50), kinematics.NO_RATE),
        ({"fps": 0.0}, range(50), kinematics.NO_RATE),
        ({"frame": [*range(25), 24, *range(25, 49)]}, [25], kinematics.AGAIN),
        ({"frame": range(0, 2500, 50), "track": range(50)}, range(50),
         kinematics.ALONE),
    ],
)  # fmt: skip
def test_what_has_no_velocity_says_why(said: Any, rows: Any, reason: str) -> None:
    moved = moves(tracks(circle(50), **said), 6.0)
    for row in rows:
        assert moved.reason[row] == reason
        assert np.isnan(moved.velocity[row]).all()
    assert (moved.reason == reason).sum() == len(rows)


def test_no_rows_and_one_are_defined() -> None:
    for n in (0, 1, 2):
        moved = moves(tracks(circle(n)), 6.0)
        assert moved.velocity.shape == (n, 3, 3)
        assert np.isnan(moved.velocity).all()


def test_a_rotation_past_half_a_turn_goes_on() -> None:
    turned = (170 + 4.0 * np.arange(20) + 180) % 360 - 180
    before, rate = np.arange(20), np.full(20, 50.0)
    assert np.allclose(kinematics.turns(turned, before, rate)[1:-1], 200)


@given(st.floats(-5, 5), st.floats(0.1, 10), st.floats(10, 240))
def test_a_straight_way_has_one_speed_and_no_acceleration(
    start: float, speed: float, fps: float
) -> None:
    place = start + speed * np.arange(40) / fps
    before, rate = np.arange(40), np.full(40, fps)
    assert np.allclose(kinematics.rates(place, before, rate)[1:-1], speed)
    none = kinematics.accelerations(place, before, rate)[1:-1]
    assert np.allclose(none, 0, atol=1e-6 * fps**2)


def test_a_low_pass_keeps_what_is_slow_and_drops_what_is_fast() -> None:
    t = np.arange(600) / 100
    slow, fast = np.sin(2 * math.pi * t), np.sin(2 * math.pi * 30 * t)
    kept = low_pass(slow + fast, 100, 6)[100:-100]
    assert np.allclose(kept, slow[100:-100], atol=2e-3)
    at_cut = low_pass(np.sin(2 * math.pi * 6 * t), 100, 6)[100:-100]
    assert np.abs(at_cut).max() == pytest.approx(math.sqrt(0.5), abs=0.02)
    assert np.allclose(low_pass(np.full(50, 7.0), 100, 6), 7)


def test_smoothing_leaves_short_stretches_as_they_are() -> None:
    xyz = circle(40)
    xyz[10, 2] = np.nan
    before = series.depth(*(np.arange(40) * 0, np.arange(40), np.ones(40, np.int64)))
    out, used = kinematics.smoothed(xyz, before, np.full(40, RATE), 6.0)
    assert np.array_equal(out[:10, 2], xyz[:10, 2])
    assert np.isnan(used[:11, 2]).all()
    assert (used[11:, 2] == 6).all()
    assert (used[:, :2] == 6).all()


def test_a_whole_skeleton_moves_with_its_angles() -> None:
    random = np.random.default_rng(0)
    xyz = random.normal(0, 0.3, (1, 17, 3)) + random.normal(0, 0.01, (60, 17, 3))
    moved = moves(tracks(xyz, load("coco_17")), 6.0)
    assert moved.angle.keys() == moved.turning.keys()
    assert "trunk rotation" in moved.angle
    assert np.isfinite(moved.turning["trunk rotation"][1:-1]).all()
