"""The branch that checks tracks: windows, order, and each rule on planted faults."""

import math
from collections.abc import Sequence
from typing import Any

import apache_beam as beam
import numpy as np
import pyarrow as pa
import pytest
from apache_beam.testing.util import assert_that

from beamed import pipeline
from posegate.expectations.policy import load_policy
from posegate.expectations.rules import RULES
from posegate.pipelines.demo.people import bodies
from posegate.pipelines.demo.postures import ANGLES
from posegate.transforms import parts
from posegate.transforms.model import schema
from posegate.transforms.model.rule import Bound, Setting, bind
from posegate.transforms.model.skeleton import load
from posegate.transforms.motion import Motion, Windows, findings, tracked

PEOPLE = load("coco_17")

FIGURE = (
    *((50, 12), (53, 10), (47, 10), (56, 12), (44, 12)),  # nose, eyes, ears
    *((60, 28), (40, 28), (64, 44), (36, 44), (65, 58), (35, 58)),  # arms
    *((56, 58), (44, 58), (57, 77), (43, 77), (58, 96), (42, 96)),  # legs
)
TALL = 4.0  # pixels of the picture for one of the figure: 400 px of a person


def rules() -> tuple[Bound, ...]:
    said = load_policy("general")["rules"]
    settings = {
        id: Setting(
            rule.severity, {k: v for k, v in said[id].items() if k != "severity"}
        )
        for id, rule in RULES.items()
        if rule.tracked and id in said
    }
    tracked = {id: rule for id, rule in RULES.items() if rule.tracked}
    return bind(tracked, settings, PEOPLE)


def walk(frames: int, fps: float = 25.0, noise: float = 1.0, seed: int = 0) -> Any:
    """(T, K, 2): somebody who sways, every point placed with `noise` px on an axis."""
    random = np.random.default_rng(seed)
    t = np.arange(frames) / fps
    sway = np.zeros((frames, 17, 2))
    for hertz, size in ((0.5, 0.10), (1.0, 0.06), (2.0, 0.03)):
        phase = random.uniform(0, 2 * math.pi, (17, 2))
        sway += size * 100 * np.sin(2 * math.pi * hertz * t[:, None, None] + phase) / 4
    return TALL * (np.array(FIGURE) + sway) + random.normal(0, noise, sway.shape)


def batch(
    xy: Any, *, fps: float | None = 25.0, track: str = "a", **said: Sequence[Any]
) -> pa.RecordBatch:
    """A track as located canonical rows, of frames 0, 1, 2 …"""
    rows = []
    for i, pose in enumerate(np.asarray(xy)):
        flag = np.where(np.isfinite(pose).all(axis=1), 2, 0)
        row = {
            "instance": f"{track}{i}",
            "image": f"{i}.jpg",
            "video": "v",
            "track": track,
            "frame": i,
            "fps": fps,
            "annotator": "ann",
            "role": "production",
            "xy": pose.reshape(-1).tolist(),
            "visibility": flag.tolist(),
            "origin": [0] * 17,
            "bbox": [0.0, 0.0, 400.0, 400.0],
            "area": 27000.0,
            "source": "s",
            "position": i,
            "format": "x",
        }
        rows.append(row | {name: values[i] for name, values in said.items()})
    made = pa.RecordBatch.from_pylist(rows, schema=schema.instances(17))
    return parts.located(made, 0, 0)


def found(
    *batches: pa.RecordBatch, window: int = 4096, lead: int = 256, buckets: int = 1
) -> list[dict[str, Any]]:
    """All findings of plain calls, in order."""
    windows: dict[int, list[pa.RecordBatch]] = {}
    for each in batches:
        for key, rows in tracked(each, buckets, window, lead):
            windows.setdefault(key, []).append(rows)
    rows = [
        row
        for item in sorted(windows.items())
        for piece in findings(item, rules(), PEOPLE, window)
        for row in piece.to_pylist()
    ]
    return sorted(rows, key=repr)


def broken(*batches: pa.RecordBatch, **options: int) -> set[str]:
    return {row["rule"] for row in found(*batches, **options)}


def at(rows: list[dict[str, Any]], rule: str) -> set[tuple[int, str | None]]:
    return {(r["row"], r["keypoint"]) for r in rows if r["rule"] == rule}


def test_somebody_who_moves_breaks_no_rule_but_perhaps_a_note() -> None:
    for seed in range(5):
        for fps in (10.0, 25.0, 60.0, None):
            seen = found(batch(walk(200, fps or 25.0, seed=seed), fps=fps))
            assert {r["rule"] for r in seen if r["severity"] != "note"} == set()


def test_a_frame_that_is_there_twice_is_named_and_the_first_counts() -> None:
    frames = [*range(50), 20]
    xy = np.concatenate([walk(50), walk(50)[:1]])
    assert at(found(batch(xy, frame=frames)), "motion.repeated-frame") == {(50, None)}


def test_missing_frames_are_counted_where_they_are_missed() -> None:
    frames = [*range(20), *range(25, 45)]
    seen = [
        r for r in found(batch(walk(40), frame=frames)) if r["rule"] == "motion.gap"
    ]
    assert [(r["row"], r["value"]) for r in seen] == [(20, 5.0)]


def test_every_fifth_frame_annotated_is_no_gap() -> None:
    frames = list(range(0, 250, 5))
    assert "motion.gap" not in broken(batch(walk(50, 5.0), frame=frames))


def test_a_trembling_wrist_is_named_once() -> None:
    xy = walk(100)
    xy[:, 9] += np.random.default_rng(1).normal(0, 20, (100, 2))
    seen = at(found(batch(xy)), "motion.jitter")
    assert seen == {(0, "left_wrist")}


def test_a_point_that_leaps_is_named_where_it_leaps() -> None:
    xy = walk(60)
    xy[30, 10] += 150
    seen = at(found(batch(xy)), "motion.displacement")
    assert (30, "right_wrist") in seen
    assert {row for row, _ in seen} <= {29, 30, 31}


def test_a_fast_feed_is_judged_by_acceleration_above_its_noise() -> None:
    xy = walk(400, 240.0, noise=4.0)
    assert "motion.acceleration" not in broken(batch(xy, fps=240.0))
    xy[200, 10] += 80
    assert (200, "right_wrist") in at(
        found(batch(xy, fps=240.0)), "motion.acceleration"
    )


@pytest.mark.parametrize("rounded", [False, True])
def test_interpolated_stretches_are_found_and_begin_where_they_begin(
    rounded: bool,
) -> None:
    xy = walk(60)
    way = np.linspace(0, 1, 13)[:, None]
    xy[20:33, 9] = xy[20, 9] * (1 - way) + (xy[20, 9] + 60) * way
    xy = np.round(xy) if rounded else xy
    [seen] = [r for r in found(batch(xy)) if r["rule"] == "motion.linear"]
    assert (seen["row"], seen["keypoint"], seen["value"]) == (21, "left_wrist", 11.0)


def test_what_the_tool_interpolated_is_not_held_against_anybody() -> None:
    xy = walk(60)
    way = np.linspace(0, 1, 13)[:, None, None]
    xy[20:33] = xy[20] * (1 - way) + (xy[20] + 60) * way
    origin = [[2] * 17 if 20 < i < 32 else [0] * 17 for i in range(60)]
    assert "motion.linear" in broken(batch(xy))
    assert "motion.linear" not in broken(batch(xy, origin=origin))


def test_a_frame_that_was_copied_is_found() -> None:
    xy = walk(60)
    xy[31:34] = xy[30]
    seen = [r for r in found(batch(xy)) if r["rule"] == "motion.frozen"]
    assert [(r["row"], r["value"]) for r in seen] == [(30, 4.0)]


def test_a_point_that_was_forgotten_is_found() -> None:
    xy = walk(60)
    xy[20:30, 3] = xy[20, 3]
    [seen] = [r for r in found(batch(xy)) if r["rule"] == "motion.frozen-keypoint"]
    assert (seen["row"], seen["keypoint"], seen["value"]) == (20, "left_ear", 10.0)


def test_a_body_whose_sides_are_exchanged_is_found_at_the_flip() -> None:
    xy = walk(60)
    order = np.arange(17)
    for a, b in PEOPLE.flip_pairs:
        order[[a, b]] = b, a
    xy[30:] = xy[30:, order]
    seen = at(found(batch(xy)), "motion.left-right")
    assert {(30, "left_ankle"), (30, "right_ankle"), (30, "left_wrist")} <= seen
    assert {row for row, _ in seen} <= {30, 31}


def test_legs_that_are_exchanged_alone_are_named_alone() -> None:
    xy = walk(60)
    order = np.arange(17)
    order[13:17] = 14, 13, 16, 15
    xy[30:] = xy[30:, order]
    seen = at(found(batch(xy)), "motion.left-right")
    legs = {"left_knee", "right_knee", "left_ankle", "right_ankle"}
    assert {keypoint for _, keypoint in seen} <= legs
    assert (30, "left_ankle") in seen


def test_a_slow_feed_allows_for_what_a_body_does_between_two_frames() -> None:
    xy = walk(60, fps=5.0)
    xy[30, 10] += (80, 0)
    assert not at(found(batch(xy, fps=5.0)), "motion.displacement")
    assert at(found(batch(xy, fps=25.0)), "motion.displacement")


def test_a_track_that_goes_over_to_somebody_else_is_found() -> None:
    xy = walk(60)
    xy[30:] += (120, 0)
    seen = at(found(batch(xy)), "motion.identity-switch")
    assert seen
    assert {row for row, _ in seen} <= {29, 30}


def test_a_new_id_that_continues_an_old_track_is_found() -> None:
    xy = walk(100)
    before = batch(xy[:50], track="a")
    after = parts.located(
        pa.RecordBatch.from_pylist(
            batch(xy[55:], track="b", frame=[*range(55, 100)]).to_pylist(),
            schema=schema.instances(17),
        ),
        1,
        0,
    )
    seen = [r for r in found(before, after) if r["rule"] == "motion.broken-track"]
    assert [(r["part"], r["row"]) for r in seen] == [(1, 0)]


def test_a_single_frame_nobody_and_one_keypoint_are_defined() -> None:
    assert broken(batch(walk(1))) == set()
    assert broken(batch(np.full((30, 17, 2), np.nan))) == set()
    one = np.full((30, 17, 2), np.nan)
    one[:, 0] = walk(30)[:, 0]
    assert broken(batch(one)) <= {"motion.surprise"}


def test_rows_without_a_track_or_a_frame_are_nobodys() -> None:
    nobody = batch(walk(30)).set_column(8, "track", pa.nulls(30, pa.string()))
    assert found(parts.located(nobody, 0, 0)) == []
    assert found(batch(walk(30), frame=[None] * 30)) == []


def test_every_rule_about_tracks_finds_something_here() -> None:
    xy = walk(200, 60.0, noise=0.5)
    xy[:, 0] += np.random.default_rng(1).normal(0, 25, (200, 2))
    xy[50, 10] += 250
    xy[60:70, 3] = xy[60, 3]
    xy[80:84] = xy[80]
    xy[90:103, 9] = xy[90, 9] + np.arange(13)[:, None] * 6.0
    order = np.arange(17)
    for a, b in PEOPLE.flip_pairs:
        order[[a, b]] = b, a
    xy[110:] = xy[110:, order]
    xy[120:] += (200, 0)
    frames = [*range(140), *range(150, 209), 180]
    fast = batch(xy, fps=60.0, frame=frames)
    slow = walk(60)
    slow[30, 10] += 150
    slow[40:50, 3] = slow[40, 3]
    new = parts.located(batch(xy[199:], track="b", frame=[209], fps=60.0), 2, 0)
    xyz = stander()
    xyz[20:30, 9] = xyz[20:30, 7] + 1.3 * (xyz[20:30, 9] - xyz[20:30, 7])
    xyz[:, 15] = xyz[:, 13] + 1.3 * (xyz[:, 15] - xyz[:, 13])
    seen = broken(fast, new) | broken(batch(slow)) | broken(in_space(xyz))
    assert seen == {id for id, rule in RULES.items() if rule.tracked}


def faulty() -> pa.RecordBatch:
    xy = walk(300, seed=3)
    xy[40:44] = xy[40]
    xy[100, 10] += 150
    xy[128:] += (120, 0)
    xy[200:212, 3] = xy[200, 3]
    return batch(xy)


def test_windows_change_nothing() -> None:
    whole = found(faulty())
    assert len({row["rule"] for row in whole}) >= 4
    cut = found(faulty(), window=128, lead=64)
    over = {"motion.jitter", "motion.surprise"}  # what the whole window decides
    for rule in {row["rule"] for row in whole} - over:
        assert at(cut, rule) == at(whole, rule)


def test_the_graph_is_the_plain_calls_in_any_order_and_batching() -> None:
    rows = faulty()
    order = np.random.default_rng(0).permutation(rows.num_rows)
    expected = found(rows)
    for size in (7, 300):
        pieces = [
            parts.located(rows.slice(i, size), 0, i)
            for i in range(0, rows.num_rows, size)
        ]
        with pipeline() as p:
            seen = (
                p
                | beam.Create([pieces[i] for i in order if i < len(pieces)])
                | Windows(3)
                | Motion(rules(), PEOPLE)
                | beam.FlatMap(lambda each: each.to_pylist())
            )
            assert_that(seen, _equals(expected))


def _equals(expected: list[dict[str, Any]]) -> Any:
    def check(actual: list[dict[str, Any]]) -> None:
        assert sorted(actual, key=repr) == expected

    return check


def in_space(xyz: Any, **said: Any) -> pa.RecordBatch:
    """A 3-D track in metres, as located canonical rows."""
    xyz = np.asarray(xyz)
    z = [pose.tolist() for pose in xyz[..., 2]]
    return batch(xyz[..., :2], z=z, unit=["m"] * len(xyz), **said)


def stander(frames: int = 40, seed: int = 0) -> Any:
    """(T, K, 3) [m]: somebody of 1.7 m whose arms swing; points are 2 mm off."""
    random = np.random.default_rng(seed)
    value = np.zeros((frames, len(ANGLES)))
    for name in ("left shoulder", "right shoulder"):
        value[:, ANGLES.index(name)] = 0.5 * np.sin(np.arange(frames) / 5)
    xyz = 1.7 * bodies(value, np.ones((frames, 5)))[:, :17]
    return xyz + random.normal(0, 0.002, xyz.shape)


def test_a_body_that_keeps_its_bones_breaks_no_rule_of_space() -> None:
    seen = {row["rule"] for row in found(in_space(stander()))}
    assert not {id for id in seen if RULES[id].space}


def test_a_bone_that_is_longer_in_one_frame_is_named_at_its_ends() -> None:
    xyz = stander()
    xyz[20, 9] = xyz[20, 7] + 1.3 * (xyz[20, 9] - xyz[20, 7])
    seen = at(found(in_space(xyz)), "anatomy.bone-length")
    assert seen == {(20, "left_elbow"), (20, "left_wrist")}


def test_a_bone_longer_than_the_other_sides_is_named_once() -> None:
    xyz = stander()
    xyz[:, 15] = xyz[:, 13] + 1.3 * (xyz[:, 15] - xyz[:, 13])
    seen = at(found(in_space(xyz)), "anatomy.bone-symmetry")
    names = ("left_knee", "left_ankle", "right_knee", "right_ankle")
    assert seen == {(0, name) for name in names}


def test_bones_are_not_asked_of_a_picture() -> None:
    xyz = stander()
    xyz[:, 15] = xyz[:, 13] + 2 * (xyz[:, 15] - xyz[:, 13])
    seen = {row["rule"] for row in found(batch(400 * xyz[..., :2]))}
    assert not {id for id in seen if RULES[id].space}
