"""The agreement section: numbers that contracts name, by hand."""

from typing import Any

import numpy as np
import pytest

from posegate.expectations.policy import load_policy
from posegate.transforms.dashboard.build_agreement import bounds, visibility
from posegate.transforms.kernels.sampling import Estimate
from posegate.transforms.kernels.sums import Key
from posegate.transforms.model.policy import Policy

POLICY = Policy.model_validate(
    {k: v for k, v in load_policy("general").items() if k in Policy.model_fields}
)


def flagged(table: list[list[int]]) -> dict[str, Any]:
    """Occluded or visible, delivered (rows) against the reference (columns)."""
    flags = np.zeros((4, 4), np.int64)
    flags[1:3, 1:3] = table
    sums: dict[Key, np.ndarray] = {("flags-pair", "", "", ""): flags[None]}
    return visibility(sums, POLICY)


@pytest.mark.parametrize(
    ("table", "kappa", "kept"),
    [
        ([[45, 5], [5, 45]], 0.8, True),  # .9 alike, .5 by chance
        ([[40, 10], [10, 40]], 0.6, False),
        ([[35, 5], [5, 35]], 0.75, True),  # .875 alike: just kept
        ([[0, 0], [0, 90]], None, None),  # one flag only: no kappa
        ([[2, 3], [3, 92]], 0.36842, False),  # 94 % alike, and rare
    ],
)
def test_the_contracts_kappa_stands_beside_what_decides(
    table: list[list[int]], kappa: float | None, kept: bool | None
) -> None:
    said = flagged(table)
    assert said["contract"]["limit"] == 0.75
    assert said["contract"]["kept"] is kept
    if kappa is None:
        assert said["contract"]["kappa"] is None
        assert "all flags are equal" in said["note"]
    else:
        assert said["contract"]["kappa"] == pytest.approx(kappa, abs=1e-5)


def test_without_a_flag_there_is_no_contract_to_keep() -> None:
    assert visibility({}, POLICY) == {}


def test_an_interval_of_a_score_ends_where_scores_do() -> None:
    wide = bounds(Estimate(0.75, 0.5, 3, 1.0))
    assert (wide["mean"], wide["low"], wide["high"]) == (0.75, 0.0, 1.0)
    unknown = bounds(Estimate(0.75, np.nan, 0, 1.0))
    assert (unknown["low"], unknown["high"]) == (None, None)
