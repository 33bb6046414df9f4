"""People who only meet each other: whose change it is, and what is its echo."""

from itertools import combinations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from beamed import added
from posegate.transforms.kernels import partners
from posegate.transforms.kernels.drift import Parameters
from posegate.transforms.kernels.partners import NOBODY, Partners, folded
from posegate.transforms.kernels.people import HABITS
from posegate.transforms.kernels.stream_sums import grouped_sums
from posegate.transforms.kernels.streams import Watched, to_table, to_work, watch_all

WEEKS = [f"2026-W{w:02d}" for w in range(10, 34)]
PEOPLE = [f"p{i:02d}" for i in range(12)]
SIGMA, SCALE = (0.07, 0.05), 150.0
KEYPOINTS = ("top", "left")
SETTINGS = Parameters(SIGMA)


def met(*rows: tuple[str, str, str, int]) -> Partners:
    """Of (annotator, week, other, objects)."""
    sums = {("met", who, week, other): np.array([n]) for who, week, other, n in rows}
    return Partners.of(folded(to_work(sums), ["a", "b", "c"], WEEKS[:4]), (2, 4))


def test_everybody_of_a_panel_meets_all_others_and_themselves() -> None:
    who = np.array([["a", "b", "c"], ["a", "b", ""]], object)
    weeks = np.array([["W1", "W2", "W1"], ["W1", "", "W1"]], object)
    there = np.array([[True, True, True], [True, True, False]])
    assert added(partners.counted(who, weeks, there)) == {
        **{("met", "a", "W1", other): [n] for other, n in (("a", 2), ("b", 1))},
        ("met", "a", "W1", "c"): [1],
        **{("met", "b", "W2", other): [1] for other in "abc"},
        **{("met", "c", "W1", other): [1] for other in "abc"},
    }
    assert added(partners.counted(who[:0], weeks[:0], there[:0])) == {}


def test_who_shares_a_third_of_somebodys_objects_is_close() -> None:
    a, b = ("a", WEEKS[0], "a", 10), ("b", WEEKS[0], "b", 100)
    found = met(a, b, ("a", WEEKS[0], "b", 3), ("b", WEEKS[0], "a", 3))
    assert (found.who.tolist(), found.other.tolist()) == ([0], [1])
    assert found.close.tolist() == [[True, True, True, True]]  # of the last four weeks
    assert found.share.tolist() == [0.3]
    assert found.circle(0) == []
    later = ("a", WEEKS[2], "a", 90)
    assert met(a, b, later, ("a", WEEKS[0], "b", 9)).close.tolist() == [
        [True, True, False, False]
    ]
    assert met(a, ("a", WEEKS[0], "c", 9)).circle(0) == [2]


def test_deliveries_add_up_and_strangers_are_left_out() -> None:
    own = {("met", "a", WEEKS[0], "a"): np.array([4])}
    other = own | {("met", "a", WEEKS[0], "b"): np.array([4])}
    stranger = {("met", "x", WEEKS[0], "a"): np.array([1])}
    tables = [to_work(each) for each in (own, other, stranger)]
    found = folded(pa.concat_tables(tables), ["a", "b"], WEEKS[:1])
    assert (found.n.tolist(), found.own.tolist()) == ([[4.0]], [[8.0]])
    assert len(folded(to_work({}), [], []).who) == 0


def test_what_is_plainer_in_a_close_partner_is_an_echo() -> None:
    pair = Partners(
        np.array([0, 1]), np.array([1, 0]), np.array([[True, True, False]] * 2), [1, 1]
    )
    p = np.array([[[0.01], [0.0], [0.01]], [[0.001], [0.0], [0.001]], [[0.0]] * 3])
    clear = np.array([[[1.0], [9.0], [1.0]], [[2.0], [8.0], [2.0]], [[99.0]] * 3])
    echo = pair.echoes(p, clear)
    # by p, by clearness where p is 0, and not where they are not close
    assert np.argwhere(echo[..., 0]).tolist() == [[0, 0], [1, 1]]
    assert not pair.echoes(np.full_like(p, np.nan), clear).any()
    some = np.array([[True, False, True], [False] * 3, [True] * 3])
    assert pair.beside(some).tolist() == [
        [False] * 3,
        [True, False, False],
        [False] * 3,
    ]


@given(st.integers(0, 2**32 - 1))
def test_of_people_who_are_close_somebody_always_speaks(seed: int) -> None:
    rng = np.random.default_rng(seed)
    who, other = np.nonzero(~np.eye(4, dtype=bool))
    one = Partners(who, other, np.ones((12, 3), bool), np.ones(12))
    p = rng.choice([np.nan, 0.0, 0.01, 0.5], (4, 3, 2))
    clear = rng.choice([0.0, 1.0], p.shape)
    speaks = ~one.echoes(p, clear) & ~np.isnan(p)
    assert (speaks.any(axis=0) == ~np.isnan(p).all(axis=0)).all()
    assert not NOBODY.echoes(p, clear).any()


def watched(pool: int, careless: bool = False, always: bool = False) -> Watched:
    """12 people of whom three of a pool share every frame; the first moved by one
    sigma s on the first keypoint, or got careless with all of them."""
    rng = np.random.default_rng(4)
    late = 0 if always else 12
    sums = {}
    seats = [
        frame
        for i in range(0, len(PEOPLE), pool)
        for frame in combinations(range(i, i + pool), 3)
    ]
    panel = np.tile(seats, (-(-80 // len(seats)), 1))  # (F, 3) a week
    for w, week in enumerate(WEEKS):
        e = rng.normal(0, 0.35, (*panel.shape, 2, 2))
        if w >= late:
            first = panel == 0
            e[first] *= 2.0 if careless else 1.0
            e[first, 0, 0] += 0.0 if careless else 1.6
        rest = (e.sum(axis=1, keepdims=True) - e) / 2
        off = ((e - rest) * np.array(SIGMA)[:, None] * SCALE).reshape(-1, 2, 2)
        table = grouped_sums(
            panel.ravel(),
            len(PEOPLE),
            off,
            np.ones(off.shape[:2], bool),
            np.full(len(off), SCALE),
            np.array(SIGMA),
        )
        for name, cells in zip(PEOPLE, table, strict=True):
            sums["weekly", name, week, "consensus"] = cells
        names = np.array(PEOPLE, object)[panel]
        there = np.ones(panel.shape, bool)
        for key, n in partners.counted(names, np.full(names.shape, week), there):
            sums[key] = sums.get(key, 0) + n
    tables = [to_table(sums, KEYPOINTS)], KEYPOINTS, [to_work(sums)]
    return watch_all(*tables, SETTINGS)


@pytest.mark.parametrize("pool", [3, 4, 12])
def test_who_changed_is_named_and_not_those_held_against_them(pool: int) -> None:
    found = watched(pool)
    assert found.seen is not None
    assert np.argwhere(found.seen.alarms.alarm[:, -1]).tolist() == [[0, 0]]
    assert found.partners.circle(0) == {3: [1, 2], 4: [1, 2, 3], 12: []}[pool]
    bare = found.seen.p_bias[1, -1, 0]
    assert (bare < 1e-9) == (pool < 12)  # which would be an alarm as well


def test_who_is_careless_is_named_and_not_those_held_against_them() -> None:
    found = watched(3, careless=True)
    assert found.seen is not None
    assert found.people is not None
    careless = found.people.alarms.alarm[:, -1, HABITS.index("noise")]
    assert np.flatnonzero(careless).tolist() == [0]
    assert not found.seen.alarms.alarm[1:3, -1].any()


def test_an_offset_that_was_always_there_is_told_of_one() -> None:
    found = watched(3, always=True)
    assert found.standing is not None
    assert np.argwhere(found.standing.found).tolist() == [[0, 0]]
    assert np.hypot(*found.standing.offset[1, 0]) > 0.5 * SIGMA[0] * SCALE
