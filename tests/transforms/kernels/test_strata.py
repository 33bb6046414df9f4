"""The strata: the estimate of the lot, and what the next sample learns from it."""

import numpy as np
import pyarrow as pa
import pytest

from posegate.transforms.kernels import strata
from posegate.transforms.kernels.sums import ONE, Key, fixed

SAMPLED = {
    "A": (120, [0.91, 0.88, 0.95, 0.79, 0.93, 0.9]),
    "B": (300, [0.85, 0.97, 0.92, 0.6, 0.94, 0.91, 0.89, 0.96]),
    "C": (40, [0.99, 0.98, 0.97, 0.95]),
}


def sums() -> dict[Key, np.ndarray]:
    found: dict[Key, np.ndarray] = {}
    for name, (units, y) in SAMPLED.items():
        values = np.array(y)
        found["stratum", name, "", ""] = np.array([units, len(y), 0, 0, 0])
        cell = [len(y), fixed(values).sum(), fixed(values**2).sum()]
        found["lot", "review", name, ""] = np.array(cell)
    return found


def test_the_lots_mean_is_horvitz_and_thompsons() -> None:
    found = strata.estimate(sums(), ["review"])
    assert found.mean == pytest.approx(0.8915217391304349, abs=2e-6)
    assert found.se == pytest.approx(0.027814873031540777, abs=2e-5)
    assert found.df == pytest.approx(7.644129158395009, abs=1e-2)
    assert found.covered == 1


def test_a_stratum_nobody_looked_at_is_told() -> None:
    more = {("stratum", "D", "", ""): np.array([460, 1, 0, 0, 0])}
    assert strata.estimate(sums() | more, ["review"]).covered == 0.5
    assert np.isnan(strata.estimate(more, ["review"]).mean)
    assert np.isnan(strata.estimate({}, ["gold"]).mean)


def test_strata_are_kept_and_give_the_next_sample_its_deviations() -> None:
    table = strata.to_table(sums())
    assert table["stratum"].to_pylist() == ["A", "B", "C"]
    assert table["population"].to_pylist() == [120, 300, 40]
    spread = strata.spread([table, table])
    assert list(spread) == ["A", "B", "C"]
    assert spread["B"] > spread["A"] > spread["C"] > 0
    assert strata.spread([]) == {}
    assert strata.to_table({}).num_rows == 0


def weeks(*rows: tuple[str, str, int, float, float]) -> pa.Table:
    return pa.table(
        {
            "week": [r[0] for r in rows],
            "keypoint": [r[1] for r in rows],
            "n": [r[2] * ONE for r in rows],
            "q": [int(r[3] * ONE) for r in rows],
            "q2": [int(r[4] * ONE) for r in rows],
        }
    )


def test_the_keypoints_that_varied_most_of_late() -> None:
    table = weeks(
        ("2026-W01", "nose", 900, 900, 9000),  # long ago
        *((f"2026-W0{i}", "nose", 100, 100, 110) for i in range(2, 6)),
        *((f"2026-W0{i}", "hip", 100, 100, 300) for i in range(2, 6)),
        ("2026-W05", "ear", 100, 100, 160),
        ("2026-W05", "tail", 100, 100, 999),  # of another skeleton
    )
    names = ("nose", "ear", "hip")
    assert strata.most_varying([table], names, 1) == ("hip",)
    assert strata.most_varying([table], names, 2) == ("ear", "hip")
    assert strata.most_varying([], names, 2) == ("nose", "ear")
