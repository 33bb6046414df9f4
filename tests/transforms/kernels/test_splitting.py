"""Splits: groups whole, fractions kept, and earlier answers for good."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from posegate.transforms.kernels.decisions import GROUPS
from posegate.transforms.kernels.splitting import (
    ASSIGNED,
    SPLITS,
    plan,
    plan_locked,
)

FRACTIONS = (0.8, 0.1, 0.1)
NONE = ASSIGNED.empty_table()
Rows = list[tuple[str, str, int]]


def counts(rows: Rows) -> pa.Table:
    """Group, stratum, instances."""
    columns = list(zip(*rows, strict=True)) if rows else [[], [], []]
    return pa.table(
        [pa.array(c, f.type) for c, f in zip(columns, GROUPS, strict=True)], GROUPS
    )


def split(table: pa.Table) -> dict[str, str]:
    names, which = table["group"].to_pylist(), table["split"].to_pylist()
    assert len(names) == len(set(names))
    return dict(zip(names, which, strict=True))


def shares(table: pa.Table) -> np.ndarray:
    which = np.array(table["split"].to_pylist())
    n = table["instances"].to_numpy()
    return np.array([n[which == s].sum() for s in SPLITS]) / n.sum()


names = st.integers(0, 60).map(lambda n: f"v{n}")
rows = st.lists(
    st.tuples(names, st.sampled_from(["day", "night"]), st.integers(1, 50)),
    min_size=1,
    max_size=60,
)


@given(rows)
def test_every_group_has_one_split_and_all_its_instances(found: Rows) -> None:
    table = plan(counts(found), FRACTIONS, "s", NONE)
    assert table.schema == ASSIGNED
    assert set(split(table)) == {group for group, _, _ in found}
    for each in table.to_pylist():
        mine = [(s, n) for g, s, n in found if g == each["group"]]
        assert each["instances"] == sum(n for _, n in mine)
        totals = {s: sum(n for t, n in mine if t == s) for s, _ in mine}
        assert totals[each["stratum"]] == max(totals.values())


@given(rows, st.randoms(use_true_random=False), st.integers(0, 60))
def test_neither_order_nor_shards_matter(found: Rows, random, cut: int) -> None:
    other = list(found)
    random.shuffle(other)
    batches = pa.concat_tables([counts(other[:cut]), counts(other[cut:])])
    whole = plan(counts(found), FRACTIONS, "s", NONE)
    assert plan(batches, FRACTIONS, "s", NONE).equals(whole)


@settings(max_examples=40)
@given(st.integers(0, 10**6), st.lists(st.integers(1, 40), min_size=40, max_size=80))
def test_fractions_are_kept_within_a_group_or_two(seed: int, sizes: list[int]) -> None:
    found = [(f"v{i}", "", n) for i, n in enumerate(sizes)]
    table = plan(counts(found), FRACTIONS, str(seed), NONE)
    assert np.abs(shares(table) - FRACTIONS).max() <= max(sizes) / sum(sizes)


def test_strata_are_spread_more_evenly_than_without() -> None:
    def unevenness(stratify: bool) -> float:
        worst = 0.0
        for seed in range(10):
            found = [(f"v{i}", f"{i % 4}" if stratify else "", 5) for i in range(160)]
            which = split(plan(counts(found), FRACTIONS, str(seed), NONE))
            test = [int(g[1:]) % 4 for g, s in which.items() if s == "test"]
            worst += np.ptp(np.bincount(test, minlength=4))
        return worst

    assert unevenness(True) == 0
    assert unevenness(False) > 10


def test_small_strata_are_pooled_so_that_fractions_still_hold() -> None:
    found = [(f"v{i}", f"stratum {i}", 1) for i in range(100)]
    table = plan(counts(found), FRACTIONS, "s", NONE)
    assert shares(table) == pytest.approx(FRACTIONS)


@given(rows, rows)
def test_a_group_keeps_its_split_for_good(first: Rows, second: Rows) -> None:
    before = plan(counts(first), FRACTIONS, "s", NONE)
    after = plan(counts(second), FRACTIONS, "s", before)
    assert split(after).items() >= split(before).items()
    total = sum(n for _, _, n in first + second)
    assert after["instances"].to_numpy().sum() == total


def test_deliveries_of_one_video_each_fill_every_split() -> None:
    table = NONE
    for week in range(40):
        table = plan(counts([(f"v{week}", "", 10)]), FRACTIONS, "s", table)
    assert shares(table) == pytest.approx(FRACTIONS, abs=0.03)


def test_a_group_that_comes_again_alone_changes_nothing_else() -> None:
    before = plan(counts([("a", "x", 3), ("b", "x", 4)]), FRACTIONS, "s", NONE)
    after = plan(counts([("a", "y", 5)]), FRACTIONS, "s", before)
    assert split(after) == split(before)
    assert after["instances"].to_pylist() == [8, 4]
    assert after["stratum"].to_pylist() == ["x", "x"]


@pytest.mark.parametrize("found", [[], [("only", "", 9)]], ids=["none", "one"])
def test_nothing_or_a_single_group_can_be_planned(found: Rows) -> None:
    assert list(split(plan(counts(found), FRACTIONS, "s", NONE)).values()) == [
        "train" for _ in found
    ]


@given(rows)
def test_a_fraction_of_zero_gives_nothing(found: Rows) -> None:
    which = split(plan(counts(found), (0.9, 0.1, 0.0), "s", NONE))
    assert "test" not in which.values()
    everything = split(plan(counts(found), (1.0, 0.0, 0.0), "s", NONE))
    assert set(everything.values()) == {"train"}


@given(rows, rows, st.sets(names))
def test_locked_groups_are_the_test_set_wherever_they_were(
    first: Rows, second: Rows, locked: set[str]
) -> None:
    before = plan(counts(first), (0.9, 0.1, 0.0), "s", NONE)
    column = pa.chunked_array([pa.array(sorted(locked), pa.string())])
    table = before
    for _ in range(2):  # the version that follows knows the locked groups already
        table = plan_locked(counts(second), (0.8, 0.1), "s", table, column)
        which = split(table)
        assert {g for g, s in which.items() if s == "test"} == locked & set(which)
    kept = {g: s for g, s in split(before).items() if g not in locked}
    assert which.items() >= kept.items()
    total = sum(n for _, _, n in [*first, *second, *second])
    assert table["instances"].to_numpy().sum() == total


def test_what_was_tested_on_is_never_trained_on() -> None:
    before = plan(counts([("a", "", 1), ("b", "", 1)]), (0.0, 0.0, 1.0), "s", NONE)
    locked = pa.chunked_array([["c"]])
    table = plan_locked(counts([("c", "", 1)]), (0.8, 0.2), "s", before, locked)
    assert split(table) == {"a": "test", "b": "test", "c": "test"}
