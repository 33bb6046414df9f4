"""Weekly sums in a pipeline: the kernel's, however pairs are batched."""

from itertools import pairwise

import pytest

from beamed import added, run
from canonical import TRIANGLE, batch, moved, placed, row
from posegate.transforms.drift import Drift
from posegate.transforms.kernels import pair_sums
from posegate.transforms.kernels.compare import compare
from posegate.transforms.kernels.weeks import UNTOLD

ROWS = [
    row(10 * i + n, image=f"{i}.jpg", role=role, xy=moved(n * i / 4, 0))
    for i in range(6)
    for n, role in enumerate(("production", "gold"))
]

PAIRS = compare(placed(batch(*ROWS)), TRIANGLE, UNTOLD).pairs


@pytest.mark.parametrize("cuts", [(0, 6), (0, 1, 2, 3, 4, 5, 6), (0, 0, 4, 6)], ids=str)
def test_sums_do_not_depend_on_batches(cuts: tuple[int, ...]) -> None:
    batches = [PAIRS.slice(a, b - a) for a, b in pairwise(cuts)]
    made = run(batches, lambda pairs: {"sums": pairs | Drift(TRIANGLE, 0.75)})
    expected = added(list(pair_sums.of_pairs(PAIRS, TRIANGLE, 0.75)))
    assert added(made["sums"]) == expected
    assert ("weekly", "ann", "2026-W07", "gold") in expected
