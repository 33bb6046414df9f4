"""The list of whom to retrain: from streams and people whose alarms are known."""

import csv
import io
from dataclasses import replace

import numpy as np

from posegate.transforms.dashboard.build_drift import Watch
from posegate.transforms.dashboard.build_retraining import (
    COLUMNS,
    document,
    retraining,
)
from posegate.transforms.dashboard.control import retraining as shown
from posegate.transforms.kernels.conventions import IMAGE_LEFT, UNSURE, Reading
from posegate.transforms.kernels.drift import Parameters, fleet
from posegate.transforms.kernels.partners import Partners
from posegate.transforms.kernels.people import HABITS, people
from posegate.transforms.kernels.stream_sums import STATISTICS, UNIT, grouped_sums
from posegate.transforms.kernels.streams import History, watch
from posegate.transforms.kernels.sums import WORK
from posegate.transforms.model.skeleton import Skeleton

SKELETON = Skeleton(
    "three", ("left_a", "right_a", "top"), (), ((0, 1),), (0.07, 0.07, 0.07)
)
WEEKS = tuple(f"2026-W{w:02d}" for w in range(1, 25))


def history(careless: float = 1.0) -> History:
    """Twelve people; from the fifteenth week on the first one's `top` is 10 px right
    of where it was, the second marks far more as visible, and the third's errors of
    `top` are `careless` times as large."""
    rng = np.random.default_rng(9)
    a = np.repeat(np.arange(12), 24 * 20)
    w = np.tile(np.repeat(np.arange(24), 20), 12)
    error = rng.normal(0, 3, (len(a), 3, 2)) + rng.normal(0, 0.5, (12, 24, 3, 2))[a, w]
    error[(a == 0) & (w >= 14), 2, 0] += 10
    error[(a == 2) & (w >= 14), 2] *= careless
    both, scale = np.ones((len(a), 3), bool), np.full(len(a), 150.0)
    sums = grouped_sums(a * 24 + w, 288, error, both, scale, np.full(3, 0.07))
    share = rng.normal(0.7, 0.02, (12, 24))
    share[1, 14:] += 0.2
    x = share[..., None] + rng.normal(0, 0.1, (12, 24, 30))
    work = np.zeros((12, 24, 6, 4), np.int64)
    work[:, :, 0, :3] = (
        np.stack([np.full((12, 24), 30), x.sum(-1), (x**2).sum(-1)], -1) * UNIT
    )
    names = tuple(f"ann-{i:02d}" for i in range(11))
    return History(("=cmd", *names), WEEKS, sums.reshape(12, 24, 3, -1), work)


def test_what_changed_is_listed_with_its_size_and_its_beginning() -> None:
    found = watch(history(), Parameters((0.07,) * 3))
    assert found.seen is not None
    drawn = Watch(found.history, found.seen, SKELETON, 8.0, 6)
    rows = retraining([drawn], found.people, found.history)
    moved = [row for row in rows if row["annotator"] == "=cmd"]
    assert [(row["keypoint"], row["finding"]) for row in moved] == [("top", "bias")]
    assert moved[0]["direction"] == "right"
    assert moved[0]["low_px"] < 10 < moved[0]["high_px"]
    assert "2026-W14" <= moved[0]["began"] <= "2026-W16"
    [flags] = [row for row in rows if row["annotator"] == "ann-00"]
    assert (flags["keypoint"], flags["finding"]) == (None, "visible")
    said = {row["annotator"]: row["said"] for row in shown(rows)}
    assert said["ann-00"].endswith(" % of keypoints marked visible")
    assert said["=cmd"].endswith("px right")


def test_of_larger_errors_no_offset_is_told_but_by_how_much_they_grew() -> None:
    past = history(careless=3.0)
    drawn = Watch(past, fleet(past.sums, Parameters((0.07,) * 3)), SKELETON, 8.0, 6)
    rows = retraining([drawn], None, past)
    [noisy] = [row for row in rows if row["annotator"] == "ann-01"]
    assert (noisy["keypoint"], noisy["finding"]) == ("top", "noise")
    assert 2 < noisy["factor"] < 4
    for name in ("effect_px", "low_px", "high_px", "direction", "body"):
        assert noisy[name] is None
    [told] = [row for row in shown(rows) if row["annotator"] == "ann-01"]
    assert "px" not in told["said"]


def test_the_file_holds_every_row_and_no_formula() -> None:
    found = watch(history(), Parameters((0.07,) * 3))
    assert found.seen is not None
    drawn = Watch(found.history, found.seen, SKELETON, 8.0, 6)
    rows = retraining([drawn], found.people, found.history)
    read = list(csv.DictReader(io.StringIO(document(rows).decode())))
    assert len(read) == len(rows)
    assert "'=cmd" in {row["annotator"] for row in read}
    assert tuple(read[0]) == COLUMNS


def test_nobody_in_alarm_is_an_empty_list() -> None:
    nothing = History(
        (),
        (),
        np.zeros((0, 0, 3, len(STATISTICS)), np.int64),
        np.zeros((0, 0, 6, 4), np.int64),
    )
    assert retraining([], None, nothing) == []
    assert document([]).decode().strip() == ",".join(COLUMNS)


def test_a_whole_group_is_named_in_the_place_of_its_people() -> None:
    found = watch(history(), Parameters((0.07,) * 3))
    assert found.seen is not None
    assert found.people is not None
    alarms = found.seen.alarms
    alarms.alarm[:6, -1, 0] = True  # `left_a` of six people
    alarms.since[:6, -1, 0] = 20
    found.people.alarms.alarm[:7, -1, HABITS.index("inverted")] = True
    drawn = Watch(found.history, found.seen, SKELETON, 8.0, 6)
    members = np.arange(12) < 6
    whole = Reading("(vendor acme)", IMAGE_LEFT, members, 0.93, 0.01, 14)
    rows = retraining([drawn], found.people, found.history, [whole])
    assert not [row for row in rows if (row["keypoint"] or "").startswith("left")]
    assert "top" in {row["keypoint"] for row in rows}
    inverted = [row["annotator"] for row in rows if row["finding"] == "inverted"]
    assert inverted == [found.history.annotators[6]]
    [vendor] = [row for row in shown(rows) if row["annotator"] == "(vendor acme)"]
    assert vendor["began"] == WEEKS[14]
    assert vendor["said"].startswith("goes by the left of the image: 93 %")


def test_what_nobody_seen_from_behind_can_tell_apart_is_said_as_both() -> None:
    members = np.arange(12) < 6
    whole = Reading("(vendor acme)", UNSURE, members, 0.93, float("nan"), 14)
    [vendor] = shown(retraining([], None, history(), [whole]))
    assert vendor["said"] == (
        "goes by the left of the image, or exchanges left and right: 93 % "
        "facing the camera; too few are seen from behind to tell which"
    )


def test_a_keypoint_that_is_always_marked_as_visible_is_told_of_it() -> None:
    rng = np.random.default_rng(9)
    rates = np.full((12, len(WEEKS), 3), 0.75)
    rates[3, 12:, 1] = 0.97
    seen = rng.binomial(60, rates) * UNIT
    n = np.full_like(seen, 60 * UNIT)
    flags = np.stack([n, seen, seen, n], axis=-1)
    work = np.zeros((*rates.shape[:2], len(WORK), 4), np.int64)
    made = History(
        tuple(f"ann-{a:02d}" for a in range(12)),
        tuple(WEEKS),
        np.zeros((*rates.shape, len(STATISTICS)), np.int64),
        work,
        keypoints=("top", "left_a", "right_a"),
        flags=flags,
    )
    found = people(made.sums, made.work, Parameters((0.07,) * 3), made.flags)
    rows = shown(retraining([], found, made))
    [row] = [row for row in rows if row["annotator"] == "ann-03"]
    assert (row["keypoint"], row["finding"]) == ("left_a", "visible")
    assert row["said"].endswith(" % marked visible")
    assert row["against"] is None
    found.alarms.alarm[3, -1, HABITS.index("visible")] = True
    rows = retraining([], found, made)
    own = [row["keypoint"] for row in rows if row["annotator"] == "ann-03"]
    assert own == [None]


def test_who_only_meets_the_same_is_told_with_them() -> None:
    past = replace(history(), source="consensus")
    found = watch(past, Parameters((0.07,) * 3))
    assert found.seen is not None
    near = Partners(
        np.array([0, 0, 2]),
        np.array([1, 2, 1]),
        np.ones((3, len(WEEKS)), np.bool_),
        np.array([1.0, 0.8, 1.0]),
    )
    drawn = Watch(past, found.seen, SKELETON, 8.0, 6, partners=near)
    rows = retraining([drawn], None, past)
    [row] = [row for row in rows if row["annotator"] == "=cmd"]
    assert row["circle"] == ["ann-00", "ann-01"]
    said = list(csv.DictReader(io.StringIO(document([row]).decode())))
    assert said[0]["circle"] == "ann-00, ann-01"
    assert shown([row])[0]["held_against"] == (
        "the consensus of ann-00 and ann-01, not gold. They mostly share frames with "
        "each other: it is =cmd who changed, or they did alike. Give one of them "
        "gold, or let who shares frames change"
    )
    for circle, who in {
        ("bo",): "bo, not gold",
        ("bo", "cy", "dee"): "bo, cy and dee, not gold",
        ("bo", "cy", "dee", "ed"): "bo, cy and 2 more, not gold",
    }.items():
        told = shown([row | {"circle": list(circle)}])[0]["held_against"]
        assert told.startswith(f"the consensus of {who}")
        assert ("the other did, the other way" in told) == (len(circle) == 1)
    plain = shown([row | {"circle": None}])[0]["held_against"]
    assert plain == "the consensus of the others, not gold"
