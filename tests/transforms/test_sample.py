"""The sample: a share of every stratum, the same however rows are batched."""

import dataclasses
from typing import Any

import apache_beam as beam
import numpy as np
import pytest

from beamed import added, located, run
from canonical import batch, row
from posegate.transforms.kernels import sampling
from posegate.transforms.kernels.acceptance import Sprt
from posegate.transforms.model.policy import Extra, Sampling
from posegate.transforms.sample import PURPOSE, SAMPLE, Sample

EASY = Sprt(p0=0.3, p1=0.7, alpha=0.2, beta=0.2, cap=7)
"""A test that two good reviews pass."""

SETTINGS = Sampling(rate=0.3, strata=("annotator", "attributes.light"))
PEOPLE = [
    {"annotator": who, "attributes": [("light", light)] if light else None}
    for who, light, n in (("ann", "day", 10), ("bo", "day", 5), (None, None, 4))
    for _ in range(n)
]
ELSE = [
    {"role": "gold"},
    {"role": "prelabel"},
    {"attributes": [("iscrowd", "1")]},
    {"visibility": [0, 0, 0]},
]
SAID = PEOPLE[:7] + ELSE + PEOPLE[7:]
ROWS = batch(*(row(i, **said) for i, said in enumerate(SAID)))


def expected() -> dict[int, tuple[float, float]]:
    """(draw, probability) by row: the 3 of 10, 2 of 5 and 2 of 4 lowest draws."""
    u = sampling.uniform(SETTINGS.seed, PURPOSE, ROWS["instance"].to_pylist())
    found = {}
    for who, k in (("ann", 3), ("bo", 2), (None, 2)):
        rows = [i for i, s in enumerate(SAID) if s in PEOPLE and s["annotator"] == who]
        for i in sorted(rows, key=lambda i: u[i])[:k]:
            found[i] = (float(u[i]), k / len(rows))
    return found


def sampled(settings: Sampling, sizes: list[int], plan: Sprt = EASY) -> dict[str, Any]:
    def graph(rows: beam.PCollection) -> dict[str, beam.PCollection]:
        return vars(rows | Sample(settings, plan))

    return run(located(ROWS, sizes, 3), graph)


def rows_of(made: dict[str, Any], *purposes: str) -> list[dict[str, Any]]:
    found = [r for _, some in made["rows"] for r in some.to_pylist()]
    return [r for r in found if not purposes or r["purpose"] in purposes]


@pytest.mark.parametrize("sizes", [[23], [1] * 23, [10, 0, 13]], ids=str)
def test_a_sample_does_not_depend_on_batches(sizes: list[int]) -> None:
    made = sampled(SETTINGS, sizes)
    assert {part for part, _ in made["rows"]} == {3}
    assert all(found.schema == SAMPLE for _, found in made["rows"])
    found = rows_of(made, "accept")
    assert {r["row"]: (r["draw"], r["probability"]) for r in found} == expected()
    assert len(found) == 7
    assert sorted(r["order"] for r in found) == list(range(1, 8))
    assert added(made["sums"]) == {
        ("stratum", "\x1f", "", ""): [4, 2, 0, 0, 0],
        ("stratum", "ann\x1fday", "", ""): [10, 3, 1, 0, 0],
        ("stratum", "bo\x1fday", "", ""): [5, 2, 0, 0, 0],
    }
    [order] = made["order"]
    assert order.asked == 7
    reserve = rows_of(made, "reserve")
    assert [r["order"] for r in reserve] == [8]


def test_of_masks_those_are_drawn_that_are_there() -> None:
    bare = {"visibility": [0, 0, 0]}
    drawn = b'{"size": [4, 4], "counts": "04"}'
    rows = batch(*(row(i, **bare, segmentation=[drawn, None][i % 2]) for i in range(8)))

    def graph(rows: beam.PCollection) -> dict[str, beam.PCollection]:
        return vars(rows | Sample(Sampling(rate=1.0), EASY, masked=True))

    made = run(located(rows, [8], 3), graph)
    assert {r["row"] for r in rows_of(made)} == {0, 2, 4, 6}
    assert added(made["sums"]) == {("stratum", "ann", "", ""): [4, 4, 0, 0, 0]}


def test_a_larger_rate_contains_the_smaller_sample() -> None:
    def rows(rate: float) -> set[int]:
        larger = SETTINGS.model_copy(update={"rate": rate})
        roomy = dataclasses.replace(EASY, cap=99)
        return {r["row"] for r in rows_of(sampled(larger, [23], roomy), "accept")}

    assert rows(0.3) < rows(0.6) < rows(1.0)
    assert len(rows(1.0)) == len(PEOPLE)
    assert np.isin(list(rows(0.3)), list(expected())).all()


def test_what_the_test_leaves_of_the_quota_follows_people() -> None:
    made = sampled(SETTINGS.model_copy(update={"rate": 0.8}), [23])
    asked, beside = rows_of(made, "accept"), rows_of(made, "monitor")
    assert len(asked) == 8  # the test's cap, and what rounding up the strata adds
    assert len(asked) < len(asked) + len(beside) <= 16
    assert all(r["order"] is None for r in beside)
    assert all(0 < r["probability"] <= 1 for r in asked + beside)


def test_a_second_quota_is_for_some_keypoints() -> None:
    extra = Extra(rate=0.6, keypoints=2)
    roomy = dataclasses.replace(EASY, cap=99)
    made = sampled(SETTINGS.model_copy(update={"extra": extra}), [23], roomy)
    asked, some = rows_of(made, "accept"), rows_of(made, "partial")
    assert len(asked) == 7
    assert len(asked) + len(some) == 6 + 3 + 3
    assert {r["order"] for r in some} == {None}
    last = max(r["draw"] for r in some)
    assert all(r["draw"] < last or r["order"] for r in asked)


def test_a_delivery_of_nobody_has_an_order_of_nothing() -> None:
    gold = batch(row(1, role="gold"))
    sample = Sample(SETTINGS, EASY)
    made = run(located(gold, [1]), lambda rows: vars(rows | sample))
    assert made["rows"] == made["sums"] == []
    assert made["order"][0].asked == 0
