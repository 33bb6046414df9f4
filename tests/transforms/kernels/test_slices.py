"""Slices of a delivery: rates with intervals, and which of them are worse."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from canonical import batch, row
from posegate.transforms.kernels.slices import (
    ANY,
    GROUPS,
    attributes,
    difference,
    interval,
    judge,
    of_batch,
)
from posegate.transforms.kernels.sums import Key
from posegate.transforms.model.schema import FINDINGS


def findings(*found: tuple[int, str, str]) -> pa.RecordBatch:
    rows = [
        {"part": 0, "row": r, "instance": "i", "role": "production", "image": "a",
         "rule": rule, "severity": severity, "source": "s", "position": 0}
        for r, rule, severity in found
    ]  # fmt: skip
    return pa.RecordBatch.from_pylist(rows, schema=FINDINGS)


def test_instances_and_findings_are_counted_by_value_and_rule() -> None:
    night, day = {"light": "night"}, {"light": "day"}
    rows = batch(
        row(0, attributes=night), row(1, attributes=night), row(2, attributes=day),
        row(3), row(4, attributes=night, role="gold"),
    )  # fmt: skip
    found = findings((70, "r", "review"), (70, "s", "note"), (74, "r", "review"))
    sums = {
        key: int(cell.sum())
        for key, cell in of_batch(rows, found, 70, ("attributes.light",))
    }
    assert sums == {
        ("slice", "attributes.light", "day", ""): 1,
        ("slice", "attributes.light", "night", ""): 2,
        ("slice", "attributes.light", "night", "r"): 1,
        ("slice", "attributes.light", "night", "s"): 1,
        ("slice", "attributes.light", "night", ANY): 1,
    }


def test_attributes_are_counted_where_production_has_them() -> None:
    rows = batch(
        row(0, attributes=[("light", "day"), ("bowler", "x")]),
        row(1, attributes=[("light", "night")]),
        row(2, attributes=None),
        row(3, attributes=[("gold_id", "7")], role="gold"),
    )
    made = {key[:2]: n.tolist() for key, n in attributes(rows)}
    assert made == {("attribute", "light"): [2], ("attribute", "bowler"): [1]}
    assert not list(attributes(rows.slice(2)))


def test_without_columns_nothing_is_counted() -> None:
    assert list(of_batch(batch(row(0)), findings(), 0, ())) == []


def test_the_difference_of_two_rates_by_hand() -> None:
    # rates .5 and .25; independent draws: sqrt(.375 (1 - .375) (1/4 + 1/4)) = .342,
    # more than the groups, which are all alike, say
    more, error = difference(
        np.array([1.0, 1]), np.array([2.0, 2]), np.array([0.5, 0.5]), np.array([2.0, 2])
    )
    assert more == pytest.approx(0.25)
    assert error == pytest.approx(0.3423, abs=1e-4)


def test_an_interval_is_wilsons_where_draws_are_independent() -> None:
    low, high = interval(0.1, 0.1 * 0.9 / 50, 50, groups=10**6)
    assert (low, high) == pytest.approx((0.04349, 0.21362), abs=1e-4)
    assert interval(0.0, 0.0, 50)[0] == 0


def test_fewer_groups_of_videos_tell_less() -> None:
    every = [interval(0.1, 0.1 * 0.9 / 50, 50, groups=g) for g in (1, 2, 5, 32)]
    assert [low for low, _ in every] == sorted(low for low, _ in every)
    assert [high for _, high in every] == sorted((h for _, h in every), reverse=True)
    assert all(0 <= low < 0.1 < high <= 1 for low, high in every)


@settings(max_examples=30)
@given(st.floats(0.001, 0.999), st.integers(2, 10**6))
def test_an_interval_holds_its_rate(rate: float, n: int) -> None:
    low, high = interval(rate, rate * (1 - rate) / n, n)
    assert 0 <= low <= rate <= high <= 1


def drawn(
    rng: np.random.Generator, rates: dict[str, float], clustered: bool
) -> dict[Key, np.ndarray]:
    """Sums of 320 instances a value, in videos of ten that may be good or bad whole."""
    sums: dict[Key, np.ndarray] = {}
    for value, rate in rates.items():
        chance = rng.beta(rate * 2, (1 - rate) * 2, GROUPS) if clustered else rate
        n = np.full(GROUPS, 10)
        sums["slice", "light", value, ""] = n
        sums["slice", "light", value, "r"] = rng.binomial(n, chance)
    return sums


def test_a_slice_that_is_three_times_as_bad_is_found() -> None:
    rng = np.random.default_rng(0)
    found = 0
    for _ in range(50):
        rates = {"night": 0.15, "day": 0.05, "dusk": 0.05}
        [worst, *_] = judge(drawn(rng, rates, False), q=0.05, least=50)
        found += worst.worse and worst.value == "night"
    assert found >= 45


def test_slices_alike_are_hardly_ever_called_worse_though_videos_differ() -> None:
    rng = np.random.default_rng(1)
    rates = dict.fromkeys("abcdef", 0.1)
    wrong = sum(
        any(each.worse for each in judge(drawn(rng, rates, True), q=0.05, least=50))
        for _ in range(200)
    )
    assert wrong <= 20  # 10 are expected, 18 is two standard deviations above


def test_small_slices_and_those_with_nothing_beside_them_are_left_out() -> None:
    sums = drawn(np.random.default_rng(0), {"all": 0.1}, False)
    assert judge(sums, q=0.05, least=50) == []
    sums = drawn(np.random.default_rng(0), {"a": 0.1, "b": 0.1}, False)
    assert judge(sums, q=0.05, least=321) == []
    assert judge({}, q=0.05, least=1) == []
