"""Small, hidden, crowded people excuse larger errors, and nothing else does."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from posegate.transforms.kernels.difficulty import Shown, adjusted, eased
from posegate.transforms.kernels.drift import Parameters, fleet
from posegate.transforms.kernels.people import HABITS, people
from posegate.transforms.kernels.stream_sums import (
    DIFFICULTY,
    HARD,
    STATISTICS,
    UNIT,
    grouped_sums,
    sums,
)
from posegate.transforms.kernels.sums import WORK

SIGMA = np.full(6, 0.07)
PEOPLE, WEEKS, PAIRS, LATER = 20, 24, 15, 14
GROWS = np.array([-0.5, 0.8, 0.1])


def weekly(
    harder: bool, careless: float = 1.0, seed: int = 3, lean: float = 0.0
) -> np.ndarray:
    """(A, W, K, S); errors grow with difficulty; from `LATER` on the first person is
    given hard people, or gets careless. All lean to the right by a part of their
    errors."""
    rng = np.random.default_rng(seed)
    a = np.repeat(np.arange(PEOPLE), WEEKS * PAIRS)
    w = np.tile(np.repeat(np.arange(WEEKS), PAIRS), PEOPLE)
    late = (a == 0) & (w >= LATER)
    scale = rng.lognormal(5, 0.5, len(a)) * np.where(late & harder, 0.5, 1)
    hidden = rng.beta(2, np.where(late & harder, 2, 10))
    crowd = np.log1p(rng.poisson(np.where(late & harder, 10, 2)))
    hard = np.stack([hidden, crowd], axis=1)
    x = np.column_stack([np.log(scale) - 5, hard])
    wide = 0.4 * np.exp(x @ GROWS) * np.where(late, careless, 1)
    wide *= rng.lognormal(0, 0.1, (PEOPLE, WEEKS))[a, w]
    error = rng.normal(0, 1, (len(a), 6, 2)) + np.array([lean, 0.0])
    error *= (wide * scale * 0.07)[:, None, None]
    both = np.ones((len(a), 6), bool)
    table = grouped_sums(
        a * WEEKS + w, PEOPLE * WEEKS, error, both, scale, SIGMA, None, hard
    )
    return table.reshape(PEOPLE, WEEKS, 6, -1)


def named(table: np.ndarray) -> dict[str, np.ndarray]:
    return {name: table[..., i] / UNIT for i, name in enumerate(STATISTICS)}


def noisy(table: np.ndarray) -> bool:
    """Whether the first person is ever in alarm for larger errors since `LATER`."""
    nothing = np.zeros((PEOPLE, WEEKS, len(WORK), 4), np.int64)
    found = people(table, nothing, Parameters(tuple(SIGMA)))
    return bool(found.alarms.alarm[0, LATER:, HABITS.index("noise")].any())


def test_how_errors_grow_is_learned_inside_weeks() -> None:
    found = adjusted(named(weekly(False)))
    assert found.slope == pytest.approx(GROWS, abs=0.08)


def test_who_is_given_hard_people_is_not_called_careless() -> None:
    table = weekly(True)
    assert not noisy(table)
    blind = table.copy()
    blind[..., [STATISTICS.index(name) for name in DIFFICULTY]] = 0
    assert noisy(blind)


def moved(table: np.ndarray) -> float:
    """The least p of the first person's offsets since `LATER`."""
    seen = fleet(table, Parameters(tuple(SIGMA)))
    return float(np.nanmin(seen.p_bias[0, LATER:]))


def test_who_leans_by_a_part_of_the_error_has_not_moved_with_hard_people() -> None:
    table = weekly(True, lean=0.7)
    assert moved(table) > 1e-3
    blind = table.copy()
    blind[..., [STATISTICS.index(name) for name in DIFFICULTY]] = 0
    assert moved(blind) < 1e-6


def test_offsets_of_instances_twice_as_hard_are_halved() -> None:
    shown = Shown.of(weekly(True))
    harder = np.full_like(shown.given.harder, np.log(2))
    found = eased(Shown(shown.s, shown.given._replace(harder=harder)))
    for name, part in (("hx", 0.5), ("wy", 0.5), ("hx2", 0.25), ("wxwy", 0.25)):
        assert found[name] == pytest.approx(shown.s[name] * part)
    for name in ("n", "log", "body_n", "gross"):
        assert found[name] is shown.s[name]


def test_who_is_careless_is_found_with_easy_people_and_with_hard_ones() -> None:
    assert noisy(weekly(False, careless=1.7))
    assert noisy(weekly(True, careless=2.0))


def test_slips_are_excused_by_a_factor_for_each_step_of_difficulty() -> None:
    s = named(weekly(True))
    found = adjusted(s)
    n = s["n"].ravel()
    more = np.log(found.exposed.ravel() / n)
    x = np.stack([s[name].ravel() / n for name in HARD] + [np.ones_like(n)], axis=1)
    told = np.abs(more) < np.log(4) - 1e-6
    slope, _, _, _ = np.linalg.lstsq(x[told], more[told])
    assert x[told] @ slope == pytest.approx(more[told], abs=1e-6)
    assert slope[HARD.index("hidden")] > 1


def test_without_products_nothing_is_adjusted() -> None:
    table = weekly(True)
    table[..., [STATISTICS.index(name) for name in DIFFICULTY]] = 0
    s = named(table)
    found = adjusted(s)
    assert found.slope.tolist() == [0, 0, 0]
    assert np.array_equal(found.log, s["log"])
    assert np.array_equal(found.log2, s["log2"])
    assert np.array_equal(found.exposed, s["n"])


def test_no_pairs_have_no_difficulty() -> None:
    found = adjusted(named(np.zeros((0, 0, 6, len(STATISTICS)), np.int64)))
    assert found.slope.tolist() == [0, 0, 0]
    assert found.log.shape == (0, 0, 6)


def test_the_products_of_one_pair_by_hand() -> None:
    error = np.array([[[7.0, 0.0]]])
    hard = np.array([[0.25, np.log(4)]])
    cells = sums(error, np.ones((1, 1), bool), np.array([100.0]), SIGMA[:1], None, hard)
    found = {name: cells[0, i] / UNIT for i, name in enumerate(STATISTICS)}
    x = dict(zip(HARD, (np.log(100), 0.25, np.log(4)), strict=True))
    assert found["hidden"] == 0.25
    for a in HARD:
        assert found[f"{a}_log"] == pytest.approx(0.0, abs=1e-5)  # q is 1
        for b in HARD:
            product = found.get(f"{a}_{b}", found.get(f"{b}_{a}"))
            assert product == pytest.approx(x[a] * x[b], abs=1e-5)


@settings(max_examples=20)
@given(st.permutations(range(12)), st.integers(0, 12))
def test_products_add_up_in_any_order_and_division(order: list[int], cut: int) -> None:
    rng = np.random.default_rng(8)
    error, scale = rng.normal(0, 9, (12, 6, 2)), rng.lognormal(5, 1, 12)
    both, hard = rng.random((12, 6)) < 0.8, rng.random((12, 2))

    def of(rows: list[int]) -> np.ndarray:
        return sums(error[rows], both[rows], scale[rows], SIGMA, None, hard[rows])

    whole = of(list(range(12)))
    assert np.array_equal(of(order[:cut]) + of(order[cut:]), whole)
