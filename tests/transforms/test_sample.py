"""The sample: a share of every stratum, the same however rows are batched."""

import numpy as np
import pytest

from beamed import located, run
from canonical import batch, row
from posegate.transforms.kernels import sampling
from posegate.transforms.model.policy import Sampling
from posegate.transforms.sample import PURPOSE, SAMPLE, Sample

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


@pytest.mark.parametrize("sizes", [[23], [1] * 23, [10, 0, 13]], ids=str)
def test_a_sample_does_not_depend_on_batches(sizes: list[int]) -> None:
    made = run(located(ROWS, sizes, 3), lambda rows: {"s": rows | Sample(SETTINGS)})
    assert {part for part, _ in made["s"]} == {3}
    assert all(found.schema == SAMPLE for _, found in made["s"])
    found = [r for _, some in made["s"] for r in some.to_pylist()]
    assert {r["row"]: (r["draw"], r["probability"]) for r in found} == expected()
    assert len(found) == 7


def test_a_larger_rate_contains_the_smaller_sample() -> None:
    def rows(rate: float) -> set[int]:
        larger = SETTINGS.model_copy(update={"rate": rate})
        made = run(located(ROWS, [23]), lambda rows: {"s": rows | Sample(larger)})
        return {n for _, some in made["s"] for n in some["row"].to_pylist()}

    assert rows(0.3) < rows(0.6) < rows(1.0)
    assert len(rows(1.0)) == len(PEOPLE)
    assert np.isin(list(rows(0.3)), list(expected())).all()
