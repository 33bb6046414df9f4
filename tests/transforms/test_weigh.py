"""What pairs count for in a pipeline: as all at once, however they are batched."""

from itertools import pairwise
from typing import Any, Literal

import apache_beam as beam
import pytest

from beamed import added, run, together
from canonical import TRIANGLE, batch, placed, row
from posegate.transforms.kernels.acceptance import Sprt
from posegate.transforms.kernels.compare import compare
from posegate.transforms.kernels.weeks import UNTOLD
from posegate.transforms.model.policy import Sampling
from posegate.transforms.parts import located
from posegate.transforms.sample import Sample
from posegate.transforms.weigh import Weigh

PLAN = Sprt(p0=0.3, p1=0.7, alpha=0.2, beta=0.2, cap=4)
ROWS = [
    row(10 * i + n, image=f"{i}.jpg", role=role, annotator=who)
    for i in range(8)
    for n, (role, who) in enumerate(
        (("production", "ann"), ("gold" if i == 7 else "review", "bo"))
    )
]
TABLE = batch(*ROWS)
PAIRS = compare(placed(TABLE), TRIANGLE, UNTOLD).pairs


def weighed(
    cuts: tuple[int, ...], reviews: Literal["drawn", "all"] = "drawn"
) -> dict[str, Any]:
    settings = Sampling(rate=0.25, strata=())

    def graph(rows: beam.PCollection) -> dict[str, beam.PCollection]:
        sample = rows | Sample(settings, PLAN)
        batches = [PAIRS.slice(a, b - a) for a, b in pairwise(cuts)]
        pairs = rows.pipeline | "pairs" >> beam.Create(batches, reshuffle=False)
        made = pairs | Weigh(sample, reviews)
        return {"rows": sample.rows, **vars(made)}

    return run([located(TABLE, 0, 0)], graph)


@pytest.mark.parametrize("cuts", [(0, 8), (0, 1, 2, 3, 4, 5, 6, 7, 8), (0, 0, 3, 8)])
def test_drawn_reviews_and_gold_count_however_pairs_are_batched(
    cuts: tuple[int, ...],
) -> None:
    made = weighed(cuts)
    drawn = together([some for _, some in made["rows"]], "row")
    asked = {r["row"] for r in drawn if r["order"]}
    assert len(asked) == 4  # two of the quota, two in reserve: all are reviewed
    pairs = together(made["pairs"], "row")
    counted = {p["row"] for p in pairs if p["kind"] == "review"}
    gold = {p["row"] for p in pairs if p["kind"] == "gold"}
    assert counted == asked - gold
    assert gold == {14}
    assert {p["purpose"] for p in pairs} == {"accept"}
    refused = 7 - len(counted)
    assert added(made["sums"]) == {
        ("ledger", "", "", ""): [2, 0, 4],
        ("refused", "not-drawn", "", ""): [refused],
    }


def test_all_reviews_count_where_somebody_else_drew_them() -> None:
    made = weighed((0, 8), "all")
    assert len(together(made["pairs"], "row")) == 8
    assert ("refused", "not-drawn", "", "") not in added(made["sums"])


def test_without_pairs_the_sample_lacks_all_its_reviews() -> None:
    made = weighed((0, 0))
    assert made["pairs"] == []
    assert added(made["sums"]) == {("ledger", "", "", ""): [2, 2, 2]}
