"""Weekly sums: into tables and back, in consecutive weeks, gold before colleagues."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from posegate.transforms.kernels.drift import Parameters
from posegate.transforms.kernels.stream_sums import STATISTICS, UNIT
from posegate.transforms.kernels.stream_tables import judged, persons
from posegate.transforms.kernels.streams import (
    WEEKLY,
    refold,
    to_table,
    to_work,
    watch,
)
from posegate.transforms.kernels.sums import ONE, WORK

KEYPOINTS = ("top", "left")
SHAPE = (len(KEYPOINTS), len(STATISTICS))

keys = st.tuples(
    st.just("weekly"),
    st.sampled_from(["", "ann", "bo"]),
    st.sampled_from(["2026-W51", "2026-W53", "2027-W02"]),
    st.sampled_from(["gold", "review"]),
)
sums = st.dictionaries(
    keys, st.integers(-9, 9).map(lambda n: np.full(SHAPE, n)), max_size=8
)


def cells(n: int) -> np.ndarray:
    return np.arange(np.prod(SHAPE)).reshape(SHAPE) + n


def test_a_table_has_a_row_for_every_keypoint_of_a_key() -> None:
    key = ("weekly", "ann", "2026-W07", "gold")
    table = to_table({key: cells(0), ("role", "gold", "", ""): np.ones(1)}, KEYPOINTS)
    assert table.schema == WEEKLY
    assert table["keypoint"].to_pylist() == ["top", "left"]
    assert table["n"].to_pylist() == [0, len(STATISTICS)]
    assert to_table({}, KEYPOINTS).num_rows == 0


@given(sums)
def test_refolding_a_table_gives_back_its_sums(found) -> None:
    history = refold([to_table(found, KEYPOINTS)], KEYPOINTS)
    total = np.zeros_like(history.sums)
    for (_, annotator, week, _), value in found.items():
        a, w = history.annotators.index(annotator), history.weeks.index(week)
        total[a, w] += value
    assert np.array_equal(history.sums, total)
    assert set(history.annotators) == {key[1] for key in found}


@given(sums, st.integers(0, 9), st.randoms(use_true_random=False))
def test_deliveries_add_up_in_any_order_and_any_division(found, cut, random) -> None:
    items = list(found.items())
    random.shuffle(items)
    halves = [to_table(dict(some), KEYPOINTS) for some in (items[:cut], items[cut:])]
    one, other = (
        refold(halves, KEYPOINTS),
        refold([to_table(found, KEYPOINTS)], KEYPOINTS),
    )
    assert one.annotators == other.annotators
    assert one.weeks == other.weeks
    assert np.array_equal(one.sums, other.sums)


def test_a_second_annotator_counts_only_where_nothing_better_is_known() -> None:
    second = to_table({("weekly", "ann", "2026-W07", "second"): cells(0)}, KEYPOINTS)
    gold = to_table({("weekly", "bo", "2026-W09", "gold"): cells(1)}, KEYPOINTS)
    assert refold([second], KEYPOINTS).annotators == ("ann",)
    both = refold([second, gold], KEYPOINTS)
    assert both.annotators == ("bo",)
    assert both.weeks == ("2026-W09",)


def test_keypoints_that_the_skeleton_lacks_are_left_out() -> None:
    table = to_table({("weekly", "ann", "2026-W07", "gold"): cells(5)}, ("top", "tail"))
    history = refold([table], KEYPOINTS)
    assert history.sums[0, 0, :, 0].tolist() == [5, 0]


def test_no_history_has_no_weeks() -> None:
    history = refold([], KEYPOINTS)
    assert (history.annotators, history.weeks) == ((), ())
    assert history.sums.shape == (0, 0, *SHAPE)


def test_weeks_that_only_a_broken_clock_knows_are_left_out() -> None:
    weeks = ["1970-W01", "2026-W07", "2026-W08", "2099-W01"]
    jumped = {
        ("weekly", "ann", week, "gold"): cells(0) * 0 + n * UNIT
        for week, n in zip(weeks, [3, 5000, 5000, 2], strict=True)
    }
    history = refold([to_table(jumped, KEYPOINTS)], KEYPOINTS)
    assert history.weeks == ("2026-W07", "2026-W08")
    assert history.aside == 2 * (3 + 2)


def test_work_is_folded_beside_the_pairs() -> None:
    own = {
        ("work", "ann", "2026-W07", ""): np.arange(18).reshape(6, 3),
        ("work", "bo", "2026-W09", ""): np.ones((6, 3), int),
    }
    pairs = to_table({("weekly", "ann", "2026-W08", "gold"): cells(5)}, KEYPOINTS)
    history = refold([pairs], KEYPOINTS, [to_work(own), to_work(own)])
    assert history.annotators == ("ann", "bo")
    assert history.weeks == ("2026-W07", "2026-W08", "2026-W09")
    twice = (2 * np.arange(18)).reshape(6, 3)
    assert history.work[0, 0, :, :3].tolist() == twice.tolist()
    assert history.work[0, 0, :, 3].tolist() == twice[:, 0].tolist()
    assert history.work[1, 2].tolist() == [[2, 2, 2, 2]] * 6
    assert history.sums[0, 1].tolist() == cells(5).tolist()
    assert not history.sums[1].any()
    assert to_work({}).num_rows == 0


def test_of_work_without_its_crowd_every_instance_counts() -> None:
    cells = np.arange(1, 19).reshape(6, 3) * UNIT
    own = {("work", "ann", "2026-W07", ""): cells}
    crowded = own | {("crowd", "ann", "2026-W07", ""): np.array([50, 60, 70])}
    old = to_work(own).drop_columns(["crowd"])
    history = refold([], KEYPOINTS, [to_work(crowded), old])
    n = cells[:, 0] // UNIT
    expected = [50 + n[0], 60 + n[1], 70 + n[2], *(2 * n[3:])]
    assert (history.work[0, 0, :, 3] // UNIT).tolist() == expected


def test_a_history_without_references_watches_people_only() -> None:
    own = {("work", "ann", "2026-W07", ""): np.ones((6, 3), int) * UNIT}
    found = watch(refold([], KEYPOINTS, [to_work(own)]), Parameters((0.1, 0.1)))
    assert found.seen is None
    assert found.people is not None
    assert judged(found, KEYPOINTS, 8.0).num_rows == 0
    nothing = watch(refold([], KEYPOINTS), Parameters((0.1, 0.1)))
    assert (nothing.seen, nothing.people) == (None, None)
    assert persons(nothing).num_rows == 0


def test_an_annotator_is_of_the_vendor_of_their_latest_week() -> None:
    own = {("work", "ann", "2026-W07", ""): np.ones((6, 3), int)}
    later = {("work", "ann", "2026-W09", ""): np.ones((6, 3), int)}
    other = {("work", "bo", "2026-W08", ""): np.ones((6, 3), int)}
    work = [to_work(later, "best"), to_work(own, "acme"), to_work(other)]
    old = to_work(own).drop_columns(["vendor"])
    assert refold([], KEYPOINTS, [*work, old]).vendors == ("best", "")


def test_flags_of_a_keypoint_are_as_crowded_as_their_week() -> None:
    """Of 6 instances, 4 of one track, `left` is labelled in 5 and visible in 3."""
    cells = np.zeros((len(WORK), 3), np.int64)
    cells[0] = 6 * ONE
    counts = np.array([[6, 0, 0, 0], [1, 2, 2, 1]])
    own = {
        ("work", "ann", "2026-W07", ""): cells,
        ("crowd", "ann", "2026-W07", ""): np.array([18, 18, 18]),
        ("flags", "ann", "2026-W07", ""): counts,
        ("flags", "ann", "", ""): counts,
    }
    history = refold([], KEYPOINTS, [to_work(own, "acme", KEYPOINTS)])
    assert history.flags is not None
    assert (history.flags[0, 0] / ONE).tolist() == [
        [0, 0, 0, 0],
        [5, 3, 3, 15],
    ]
    assert history.vendors == ("acme",)
    assert not refold([], KEYPOINTS, [to_work(own, "acme")]).flags.any()
