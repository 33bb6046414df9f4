"""Evidence by rank: gold first, and against a model only what is not the model's."""

from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from posegate.transforms.dashboard.build_drift import other_references
from posegate.transforms.kernels import sources
from posegate.transforms.kernels.drift import Parameters
from posegate.transforms.kernels.stream_sums import STATISTICS, UNIT, grouped_sums
from posegate.transforms.kernels.stream_tables import judged
from posegate.transforms.kernels.streams import (
    Watched,
    refold,
    to_table,
    watch_all,
)

KEYPOINTS = ("top", "left", "right")
SIGMA = np.full(3, 0.07)
PEOPLE, WEEKS, PAIRS = 12, 24, 30
LATER, WORSE = 14, 18
CHANCE = 4
"""Alarms in 24 weeks of 36 streams: a tenth of the weeks may have a false one."""

NAMES = [f"ann-{a:02d}" for a in range(PEOPLE)]


def kinds(*names: str) -> pa.ChunkedArray:
    return pa.chunked_array([list(names)], pa.string())


@pytest.mark.parametrize(
    ("there", "found"),
    [
        ([], []),
        (["second"], ["second"]),
        (["second", "review"], ["gold"]),
        (["second", "consensus"], ["consensus"]),
        (["consensus", "prelabel:m1", "prelabel", "second"], ["prelabel", "consensus"]),
        (["prelabel:a:b", "gold", "review", "else"], ["gold", "prelabel"]),
    ],
)
def test_the_best_source_comes_first_and_second_annotators_only_alone(
    there: list[str], found: list[str]
) -> None:
    assert sources.available(kinds(*there)) == found


def residuals(
    model: float = 0.0, person: float = 0.0, grown: float = 1.0, careless: float = 1.0
) -> np.ndarray:
    """(A, W, K, S): from `LATER` on the model errs otherwise (an offset to the right
    [px], and noise), and the first person moves `top`, or errs more from `WORSE` on."""
    rng = np.random.default_rng(3)
    a = np.repeat(np.arange(PEOPLE), WEEKS * PAIRS)
    w = np.tile(np.repeat(np.arange(WEEKS), PAIRS), PEOPLE)
    late = w >= LATER
    error = rng.normal(0, 5, (len(a), 3, 2)) * np.where(late, grown, 1)[:, None, None]
    error[(w >= WORSE) & (a == 0), 0] *= careless
    error += rng.normal(0, 0.4, (PEOPLE, WEEKS, 3, 2))[a, w]
    error[late, :, 0] += model
    error[late & (a == 0), 0, 0] += person
    both, scale = np.ones((len(a), 3), bool), np.full(len(a), 150.0)
    sums = grouped_sums(a * WEEKS + w, PEOPLE * WEEKS, error, both, scale, SIGMA)
    return sums.reshape(PEOPLE, WEEKS, 3, -1)


def tables(sums: np.ndarray, kind: str) -> list[pa.Table]:
    made = {
        ("weekly", NAMES[a], f"2026-W{w + 1:02d}", kind): sums[a, w]
        for a in range(PEOPLE)
        for w in range(WEEKS)
    }
    return [to_table(made, KEYPOINTS)]


def watched(sums: np.ndarray, kind: str = "prelabel:m1") -> Watched:
    return watch_all(tables(sums, kind), KEYPOINTS, [], Parameters(tuple(SIGMA)))


def test_a_person_who_moves_is_found_against_a_model() -> None:
    found = watched(residuals(person=5.0))
    assert found.history.source == "prelabel"
    assert found.seen is not None
    assert found.seen.alarms.alarm[0, -1].tolist() == [True, False, False]
    assert found.seen.effect[0, -1, 0, 0] == pytest.approx(5.0, abs=1.0)
    assert found.seen.alarms.action[1:].sum() <= CHANCE
    assert not found.seen.shared[:, 0].any()


def test_another_version_of_the_model_is_said_of_the_model() -> None:
    found = watched(residuals(model=6.0, grown=1.6))
    assert found.seen is not None
    assert found.seen.alarms.action.sum() <= CHANCE
    assert found.seen.shared[LATER + 2 :].all()
    assert not found.seen.shared[:LATER].any()
    assert found.people is not None
    assert not found.people.alarms.alarm.any()


def test_who_moves_beside_a_model_that_moves_is_found_all_the_same() -> None:
    found = watched(residuals(model=6.0, grown=1.6, person=8.0))
    assert found.seen is not None
    assert found.seen.alarms.alarm[0, -1, 0]
    assert found.seen.alarms.action[1:].sum() <= CHANCE


def test_who_errs_more_beside_another_model_is_held_against_what_came_since() -> None:
    found = watched(residuals(model=6.0, grown=1.6, careless=1.7))
    assert found.seen is not None
    assert found.seen.alarms.alarm[0, -1, 0]
    assert found.seen.p_noise[0, -1, 0] < 1e-4
    assert 1.3 < found.seen.noise[0, -1, 0] < 2.2
    assert found.seen.alarms.action[1:].sum() <= CHANCE


def test_fewer_than_five_people_cannot_be_told_from_the_model() -> None:
    sums = residuals(person=9.0)
    sums[4:] = 0
    found = watched(sums)
    assert found.seen is None
    assert not found.history.sums.any()
    assert found.history.raw is not None
    assert found.history.raw.any()


def test_gold_decides_and_the_model_is_watched_beside_it() -> None:
    calm, moved = residuals(), residuals(person=5.0)
    every = [
        *tables(calm, "gold"),
        *tables(moved, "prelabel"),
        *tables(moved, "second"),
    ]
    found = watch_all(every, KEYPOINTS, [], Parameters(tuple(SIGMA)))
    assert [each.history.source for each in found.all] == ["gold", "prelabel"]
    assert np.array_equal(found.history.sums, calm)
    assert [bool(e.seen and e.seen.alarms.alarm.any()) for e in found.all] == [0, 1]
    table = judged(found, KEYPOINTS, 8.0)
    alarms = table.filter(table["alarm"])
    assert set(alarms["source"].to_pylist()) == {"prelabel"}


@settings(max_examples=20)
@given(st.integers(0, 2**32), st.integers(-3 * UNIT, 3 * UNIT))
def test_what_all_show_in_a_week_changes_nothing(seed: int, push: int) -> None:
    rng = np.random.default_rng(seed)
    place = {name: i for i, name in enumerate(STATISTICS)}
    sums = rng.integers(-UNIT, UNIT, (7, 2, 1, len(STATISTICS)))
    sums[..., [place["n"], place["body_n"]]] = 5 * UNIT
    pushed = sums.copy()
    pushed[..., place["wx"]] += 5 * push
    one, other = sources.less_model(sums), sources.less_model(pushed)
    names = [place[name] for name in ("wx", "wy", "hx", "log", "body_wx")]
    assert np.abs(one[..., names] - other[..., names]).max() <= 1
    assert (one[..., place["gross"]] == 0).all()


@settings(max_examples=10)
@given(st.lists(st.integers(0, PEOPLE * WEEKS - 1), max_size=5), st.booleans())
def test_any_division_into_deliveries_folds_alike(cuts: list[int], back: bool) -> None:
    sums = SUMS
    cells = [
        (("weekly", NAMES[a], f"2026-W{w + 1:02d}", f"prelabel:m{w % 2}"), sums[a, w])
        for a in range(PEOPLE)
        for w in range(WEEKS)
    ]
    edges = sorted({0, *cuts, len(cells)})
    pieces = [to_table(dict(cells[i:j]), KEYPOINTS) for i, j in pairwise(edges)]
    one = refold([to_table(dict(cells), KEYPOINTS)], KEYPOINTS)
    other = refold(pieces[::-1] if back else pieces, KEYPOINTS)
    assert np.array_equal(one.sums, other.sums)
    assert one.weeks == other.weeks


SUMS = residuals(person=3.0)


def test_a_kind_of_no_source_counts_nowhere() -> None:
    every = [*tables(SUMS, "gold"), *tables(SUMS, "hearsay")]
    assert np.array_equal(refold(every, KEYPOINTS).sums, SUMS)


POINTS = 400
"""Of a week."""


@pytest.mark.parametrize(
    ("share", "week"),
    [
        ([1.0, 1.0, 0.0, 0.0], 2),
        ([0.9, 0.9, 0.9, 0.2, 0.1], 3),
        ([0.5] * 6, None),
        ([0.0, 0.0, 1.0, 1.0], None),  # reviews only hide what there is
        ([1.0, 0.0], None),  # a week of each is too little
        ([0.8, 0.8, 0.4, 0.4], None),
        ([], None),
    ],
)
def test_gold_where_reviews_stood_is_another_reference(
    share: list[float], week: int | None
) -> None:
    points = np.full(len(share), POINTS)
    reviews = (np.array(share) * POINTS).astype(np.int64)
    assert sources.from_reviews(reviews, points) == week


def test_weeks_tell_where_gold_took_the_place_of_reviews() -> None:
    cells = np.zeros((2, len(STATISTICS)), np.int64)
    cells[:, STATISTICS.index("n")] = 300 * UNIT
    weeks = [f"2026-W{week}" for week in range(10, 16)]
    kinds = ["review"] * 3 + ["gold"] * 3
    tables = [
        to_table({("weekly", "ann", week, kind): cells}, ("top", "left"))
        for week, kind in zip(weeks, kinds, strict=True)
    ]
    found = refold(tables, ("top", "left"))
    assert found.since_gold == "2026-W13"
    assert refold(tables[::-1], ("top", "left")).since_gold == "2026-W13"
    said = other_references(found.since_gold) or ""
    assert said.startswith("Before 2026-W13 most references were reviews, since then")
    assert other_references(refold(tables[:3], ("top", "left")).since_gold) is None
