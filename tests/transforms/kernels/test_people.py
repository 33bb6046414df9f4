"""People who get careless with everything, or work another way: made, so known."""

import numpy as np
import pytest

from posegate.transforms.kernels.drift import Parameters, fleet
from posegate.transforms.kernels.people import HABITS, SHIFTING, habit_names, people
from posegate.transforms.kernels.stream_sums import STATISTICS, UNIT, grouped_sums
from posegate.transforms.kernels.sums import WORK

SIGMA = np.full(8, 0.07)
PARAMETERS = Parameters(tuple(SIGMA.tolist()))
NOISE = HABITS.index("noise")


def errors(annotators: int, weeks: int, factor: float, seed: int = 4) -> np.ndarray:
    """Weekly sums; from week 14 on the first annotator's errors grow by the factor."""
    rng = np.random.default_rng(seed)
    a = np.repeat(np.arange(annotators), weeks * 12)
    w = np.tile(np.repeat(np.arange(weeks), 12), annotators)
    width = 0.5 * rng.lognormal(0, 0.12, (annotators, weeks))[a, w]
    width *= np.where((a == 0) & (w >= 14), factor, 1)
    scale = np.full(len(a), 150.0)
    error = (
        rng.standard_t(4, (len(a), 8, 2)) * (width[:, None] * SIGMA * 150)[..., None]
    )
    both = np.ones((len(a), 8), bool)
    table = grouped_sums(a * weeks + w, annotators * weeks, error, both, scale, SIGMA)
    return table.reshape(annotators, weeks, 8, -1)


def work(annotators: int, weeks: int, **changed: float) -> np.ndarray:
    """Sums of 40 instances a week; the first annotator changes from week 14 on."""
    rng = np.random.default_rng(6)
    centre = {"visible": 0.75, "labelled": 0.9, "pace": 3.0}
    table = np.zeros((annotators, weeks, len(WORK), 4))
    for place, name in enumerate(SHIFTING):
        level = centre[name] + rng.normal(0, 0.03, (annotators, weeks))
        level[0, 14:] += changed.get(name, 0.0)
        x = level[..., None] + rng.normal(0, 0.15, (annotators, weeks, 40))
        table[:, :, place] = np.stack(
            [n := np.full_like(level, 40), x.sum(-1), (x**2).sum(-1), n], -1
        )
    return np.rint(table * UNIT).astype(np.int64)


def test_who_is_careless_with_everything_is_one_alarm_not_one_a_keypoint() -> None:
    weekly = errors(20, 24, 1.8)
    found = people(weekly, work(20, 24), PARAMETERS)
    assert found.alarms.alarm[0, 17:, NOISE].all()
    assert found.change[0, -1, NOISE] == pytest.approx(1.8, abs=0.25)
    assert not found.alarms.action[1:].any()
    streams = fleet(weekly, PARAMETERS, found.careless)
    assert streams.alarms.alarm[0, -1].sum() <= 1


@pytest.mark.parametrize(
    ("habit", "by", "told"),
    [("visible", 0.18, 0.18), ("labelled", -0.15, -0.15), ("pace", -0.5, np.exp(-0.5))],
)
def test_another_way_of_working_is_found_without_references(
    habit: str, by: float, told: float
) -> None:
    nothing = np.zeros((20, 24, 8, len(STATISTICS)), np.int64)
    found = people(nothing, work(20, 24, **{habit: by}), PARAMETERS)
    place = HABITS.index(habit)
    assert found.alarms.alarm[0, -1].nonzero()[0].tolist() == [place]
    assert found.change[0, -1, place] == pytest.approx(told, abs=0.05)
    assert np.isnan(found.p[..., NOISE]).all()
    assert found.alarms.action[1:].sum() <= 1


def clips(sizes: list[int], changed: list[float]) -> np.ndarray:
    """Sums of 20 people's 24 weeks of 12 single instances; the first one's last two
    weeks are clips of the `sizes`, whose instances show the same share alike, other
    than usual by what `changed` says."""
    rng = np.random.default_rng(11)
    table = np.zeros((20, 24, len(WORK), 4))
    for a, w in np.ndindex(20, 24):
        late = a == 0 and w >= 22
        m = np.array(sizes if late else [1] * 12, float)
        share = 0.75 + rng.normal(0, 0.12, len(m)) + (changed if late else 0.0)
        table[a, w, WORK.index("visible")] = m.sum(), m @ share, m @ share**2, m @ m
    return np.rint(table * UNIT).astype(np.int64)


def visible_alarms(table: np.ndarray) -> np.ndarray:
    """(A, W) who is in alarm for the share they mark as visible."""
    nothing = np.zeros((20, 24, 8, len(STATISTICS)), np.int64)
    found = people(nothing, table, PARAMETERS)
    return found.alarms.alarm[..., HABITS.index("visible")]


def test_one_dark_clip_that_fills_a_week_is_no_habit() -> None:
    one = clips([14, 1, 1], [-0.3, 0.0, 0.0])
    assert not visible_alarms(one)[0].any()
    alone = one.copy()
    alone[..., 3] = alone[..., 0]  # as if every instance were news
    assert visible_alarms(alone)[0, -1]


def test_a_change_in_many_clips_is_a_habit() -> None:
    many = visible_alarms(clips([2] * 12, [-0.3] * 12))
    usual = visible_alarms(clips([1] * 12, [0.0] * 12))
    assert many[0].nonzero()[0].tolist() == [22, 23]
    assert not usual[0].any()
    assert (many[1:] == usual[1:]).all()


def test_people_who_do_not_change_are_left_in_peace() -> None:
    found = people(errors(40, 24, 1.0), work(40, 24), PARAMETERS)
    assert found.alarms.action.sum() <= 3


@pytest.mark.parametrize("shape", [(0, 0), (0, 3), (1, 1), (2, 12)])
def test_small_and_empty_histories(shape: tuple[int, int]) -> None:
    sums = np.zeros((*shape, 8, len(STATISTICS)), np.int64)
    found = people(sums, np.zeros((*shape, len(WORK), 4), np.int64), PARAMETERS)
    assert found.p.shape == (*shape, len(HABITS))
    assert np.isnan(found.p).all()
    assert not found.alarms.alarm.any()


@pytest.mark.parametrize(
    ("habit", "sums"),
    [("untouched", ("untouched",)), ("inverted", ("inverted_front", "inverted_back"))],
)
def test_who_leaves_things_to_the_model_or_exchanges_sides_is_found(
    habit: str, sums: tuple[str, ...]
) -> None:
    rng = np.random.default_rng(8)
    share = np.full((20, 24), 0.02)
    share[0, 14:] = 0.5
    table = np.zeros((20, 24, len(WORK), 4), np.int64)
    for name in sums:
        happened = rng.binomial(30, share)
        n = np.full_like(happened, 30)
        cells = np.stack([n, happened, happened, n], -1)
        table[:, :, WORK.index(name)] = cells * UNIT
    found = people(np.zeros_like(errors(20, 24, 1.0)), table, PARAMETERS)
    place = HABITS.index(habit)
    assert found.alarms.alarm[0, 18:, place].all()
    assert found.alarms.action[1:].sum() <= 1  # one in ten discoveries may be false
    assert found.change[0, -1, place] > 5


def flags(rates: np.ndarray) -> np.ndarray:
    """(A, W, K, 4) of 40 instances a week, by the rates (A, W, K) of visible ones."""
    rng = np.random.default_rng(9)
    seen = rng.binomial(40, rates) * UNIT
    n = np.full_like(seen, 40 * UNIT)
    return np.stack([n, seen, seen, n], axis=-1)


def test_who_marks_one_keypoint_as_visible_always_is_found_by_that_keypoint() -> None:
    rates = np.full((20, 30, 5), 0.75)
    rates[3, 14:, 2] = 0.97
    nothing = np.zeros((20, 30, 5, len(STATISTICS)), np.int64)
    work = np.zeros((20, 30, len(WORK), 4), np.int64)
    found = people(nothing, work, Parameters((0.1,) * 5), flags(rates))
    own = found.alarms.alarm[:, -1, len(HABITS) :]
    assert np.argwhere(own).tolist() == [[3, 2]]
    assert found.change[3, -1, len(HABITS) + 2] == pytest.approx(0.22, abs=0.06)
    assert habit_names("abcde")[len(HABITS) + 2] == "visible:c"
    assert people(nothing, work, Parameters((0.1,) * 5)).p.shape[2] == len(HABITS)


def test_flags_of_a_keypoint_need_half_a_baseline() -> None:
    rates = np.full((20, 8, 5), 0.75)
    rates[3, 5:, 2] = 0.99
    nothing = np.zeros((20, 8, 5, len(STATISTICS)), np.int64)
    work = np.zeros((20, 8, len(WORK), 4), np.int64)
    found = people(nothing, work, Parameters((0.1,) * 5), flags(rates))
    assert np.argwhere(found.alarms.alarm[:, -1]).tolist() == [[3, len(HABITS) + 2]]


def test_a_person_whose_keypoints_all_change_is_told_of_once() -> None:
    rates = np.full((20, 30, 5), 0.75)
    rates[0, 14:] = 0.9
    nothing = np.zeros((20, 30, 5, len(STATISTICS)), np.int64)
    found = people(
        nothing, work(20, 30, visible=0.15), Parameters((0.1,) * 5), flags(rates)
    )
    assert found.alarms.alarm[0, -1, HABITS.index("visible")]
    assert not found.alarms.alarm[0, :, len(HABITS) :].any()
    assert found.alarms.action[1:].sum() <= 2
    assert found.alarms.limit.shape == (30,)
    assert found.alarms.since.shape == found.p.shape
