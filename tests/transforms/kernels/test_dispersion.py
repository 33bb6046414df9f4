"""How alike rows that stand together are: by hand, and as they were made."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from posegate.transforms.kernels.dispersion import (
    away,
    dispersion,
    of_counts,
    of_instances,
    of_squares,
)

PEOPLE, WEEKS = 200, 8


def test_a_week_lies_as_far_from_its_annotators_mean_as_by_hand() -> None:
    n, total = (np.array([[[x], [y], [0.0]]]) for x, y in ((10.0, 30.0), (2.0, 2.0)))
    found = away(n, total, 8)
    assert found.used.ravel().tolist() == [True, True, False]
    assert found.mean.tolist() == [0.1, 0.1]
    # 2 events against 1 expected, freed of the quarter of the rows that told the mean
    assert found.square == pytest.approx([1 / 0.75, 1 / 0.25])
    assert not away(n[:, :1], total[:, :1], 8).used.any()  # one week says nothing


def test_squares_that_are_made_of_two_parts_give_both_back() -> None:
    sure, week = np.tile([1.0, 2.0, 4.0], 4000), np.tile([1.0, 4.0, 16.0], 4000)
    found = dispersion(3 * sure + 0.5 * week, sure, sure, week, 0.0, np.inf)
    assert found.alike == pytest.approx(2.0, rel=0.02)
    assert found.week == pytest.approx(0.5, rel=0.02)
    less = dispersion(0.5 * sure, sure, sure, week, 0.0, np.inf)
    assert less == (0.0, 0.0)


def test_nothing_is_what_is_usual() -> None:
    nothing = np.zeros(0)
    assert dispersion(*[nothing] * 4, 1.0, 1.0) == (1.0, 0.0)
    one = np.ones(1)  # next to nothing: one week of twenty-one
    assert dispersion(9 * one, one, one, one, 1.0, 1.0).alike > 0.9


def videos(frames: int, together: bool) -> tuple[np.ndarray, np.ndarray]:
    """Weeks of six videos (A, W, 1) of frames, a twentieth of which have something, all
    of a video alike or each by itself."""
    rng = np.random.default_rng(4)
    shape = (PEOPLE, WEEKS, 6)
    if together:
        happened = frames * (rng.random(shape) < 0.05)
    else:
        happened = rng.binomial(frames, 0.05, shape)
    n = np.full((PEOPLE, WEEKS, 1), 6.0 * frames)
    return n, happened.sum(axis=2, keepdims=True).astype(float)


def test_what_befalls_a_whole_video_befell_it_once() -> None:
    n, count = videos(10, together=True)
    rows, events = of_counts(n, count, WEEKS)
    assert rows.mean() == pytest.approx(6, rel=0.15)
    assert events / rows == pytest.approx(count / n)


def test_what_befalls_frames_by_themselves_is_counted_as_it_is() -> None:
    n, count = videos(10, together=False)
    rows, _ = of_counts(n, count, WEEKS)
    assert rows.mean() == pytest.approx(60, rel=0.1)


def test_events_that_never_come_are_none() -> None:
    n = np.full((3, 4, 1), 9.0)
    rows, events = of_counts(n, 0 * n, 8)
    assert (rows == n).all()
    assert not events.any()
    assert of_counts(n[:0], n[:0], 8)[0].shape == (0, 4, 1)


@pytest.mark.parametrize("alike", [0.0, 0.3, 1.0])
def test_instances_of_a_clip_count_as_they_are_alike(alike: float) -> None:
    rng = np.random.default_rng(9)
    clips = rng.normal(0, np.sqrt(alike), (PEOPLE, WEEKS, 6, 1))
    x = clips + rng.normal(0, np.sqrt(1 - alike), (PEOPLE, WEEKS, 6, 10))
    x = (0.15 * x + 0.75).reshape(PEOPLE, WEEKS, 60)
    n = np.full((PEOPLE, WEEKS), 60.0)
    own = np.stack([n, x.sum(-1), (x**2).sum(-1), 10 * n], -1)[:, :, None]
    found = of_instances(own, WEEKS)
    expected = 60 / (1 + 9 * alike)
    assert found[..., 0].mean() == pytest.approx(expected, rel=0.2, abs=1)
    assert found[..., 1] / found[..., 0] == pytest.approx(own[..., 1] / 60)


def test_a_few_weeks_leave_a_clip_one_instance() -> None:
    own = np.array([[[[10.0, 7.5, 5.9, 100.0]], [[4.0, 3.0, 2.4, 4.0]]]])
    found = of_instances(own, 8)
    assert found[0, 0, 0, 0] == pytest.approx(1, abs=0.2)
    assert found[0, 1] == pytest.approx(own[0, 1, :, :3])
    assert not of_instances(np.zeros((2, 3, 1, 4)), 8).any()


def test_squares_of_heavy_tails_vary_more_than_those_of_normal_errors() -> None:
    rng = np.random.default_rng(5)
    size = (PEOPLE, WEEKS, 40)
    freedom = np.full((*size[:2], 1), 40.0)
    normal = np.square(rng.standard_normal(size)).sum(axis=2, keepdims=True)
    tails = np.square(rng.standard_t(6, size)).sum(axis=2, keepdims=True) / 1.5
    assert of_squares(freedom, normal, 2.0, WEEKS) == pytest.approx(2.0, rel=0.1)
    assert of_squares(freedom, tails, 2.0, WEEKS) > 3.0


@settings(max_examples=30)
@given(st.integers(0, 10_000), st.floats(0.001, 0.5), st.integers(1, 12))
def test_no_row_counts_more_than_once_and_no_rate_changes(
    seed: int, rate: float, weeks: int
) -> None:
    rng = np.random.default_rng(seed)
    n = rng.integers(0, 40, (5, weeks, 2)).astype(float)
    count = rng.binomial(n.astype(int), rate).astype(float)
    rows, events = of_counts(n, count, 8)
    assert (rows <= n + 1e-9).all()
    assert (rows >= 0).all()
    assert events * n == pytest.approx(count * rows)
