"""The order of review, and which reviews count."""

import numpy as np
import pyarrow as pa
import pytest

from posegate.transforms.kernels.ledger import (
    Order,
    Reach,
    in_order,
    places,
    purposes,
)
from posegate.transforms.kernels.sampling import Design
from posegate.transforms.sample import CHOSEN


def chosen(*rows: tuple[float, int, bool]) -> pa.RecordBatch:
    """Rows of part 1 by number: draw, video, in reserve."""
    said = [
        {"draw": u, "cluster": v, "part": 1, "row": i, "reserve": r}
        | {"purpose": "reserve" if r else "accept", "probability": 0.5}
        for i, (u, v, r) in enumerate(rows)
    ]
    return pa.RecordBatch.from_pylist(said, schema=CHOSEN)


def test_the_order_takes_one_of_every_video_and_the_reserve_last() -> None:
    rows = chosen(
        (0.1, 7, False), (0.2, 7, False), (0.3, 8, False), (0.05, 8, True),
        (0.01, 7, True), (0.15, 7, False),
    )  # fmt: skip
    order = in_order(rows)
    assert order.row.tolist() == [0, 2, 5, 1, 4, 3]
    assert order.asked == 4
    places_ = order.place(np.array([1, 1, 2]), np.array([5, 3, 5]))
    assert places_.tolist() == [3, 6, 0]


def test_nothing_drawn_has_no_order() -> None:
    order = in_order(chosen())
    assert order.asked == 0
    assert order.reach(np.array([1]), np.array([1])) == Reach(0, 0, 0)


ORDER = Order(np.zeros(7, np.int64), np.array([10, 11, 12, 13, 20, 21, 22]), 4)


@pytest.mark.parametrize(
    ("reviewed", "expected"),
    [
        ([], Reach(4, 4, 4)),
        ([10, 12], Reach(4, 2, 4)),
        ([10, 11, 12, 13], Reach(4, 0, 4)),
        ([10, 11, 12, 13, 20, 22], Reach(4, 0, 5, (7,))),
        ([10, 11, 12, 20, 21], Reach(4, 1, 4, (5, 6))),
        ([10, 11, 12, 13, 20, 21, 22, 99], Reach(4, 0, 7)),
    ],
)
def test_the_reserve_counts_without_a_gap(reviewed: list[int], expected: Reach) -> None:
    rows = np.array(reviewed, np.int64)
    assert ORDER.reach(np.zeros_like(rows), rows) == expected


def test_more_is_wanted_only_where_what_was_asked_for_is_too_little() -> None:
    assert Reach(60, 50, 60).wanted(45) == 60
    assert Reach(60, 2, 60).wanted(9) == 67
    assert Reach(60, 0, 65).wanted(9) == 74
    assert Reach(60, 60, 60).wanted(0) == 60


def test_gold_in_the_reserve_is_not_asked_for_again() -> None:
    gold = np.array([10, 21, 99])
    reached = ORDER.reach(np.zeros_like(gold), gold)
    assert reached == Reach(4, 3, 4, (6,))
    assert [reached.wanted(more) for more in (1, 3, 4, 5)] == [4, 4, 5, 7]
    assert Reach(4, 3, 4, (5, 6)).wanted(4) == 7


def test_a_review_counts_for_what_its_instance_was_drawn_for() -> None:
    sample = pa.RecordBatch.from_pydict(
        {
            "row": [10, 20, 21, 30, 31],
            "purpose": ["accept", "reserve", "reserve", "monitor", "partial"],
        }
    )
    row = np.array([10, 20, 21, 30, 31, 99, 99, 98])
    kind = np.array(["review"] * 6 + ["gold", "second"])
    found = purposes(
        kind, np.zeros_like(row), row, [(0, sample)], ORDER, Reach(4, 0, 5)
    )
    assert found.tolist() == [
        *("accept", "accept", "not-drawn", "monitor", "partial", "not-drawn"),
        *("accept", "accept"),
    ]


def test_purposes_of_a_stratum_come_first_come_first_served() -> None:
    numbers = [np.array([n]) for n in (10, 2, 3, 2, 4)]  # reserve 3 behind partial 4
    rank = np.arange(10)
    found = places(rank, rank[::-1], Design(*numbers))
    assert found.names.tolist() == [
        *("accept", "accept", "partial", "partial"),
        *("reserve", "reserve", "reserve", "", "monitor", "monitor"),
    ]
    assert found.known.sum() == 9
    assert found.reserve.tolist() == [False] * 4 + [True] * 3 + [False] * 3
    both = 1 - 0.8 * 0.8
    assert found.probability[[0, 2, 4, 8]] == pytest.approx([both, 0.4, 0.7, both])


def test_one_more_review_is_told_as_one() -> None:
    assert Reach(3, 1, 2).told(1) == (
        "1 more, if it is good, accepts it: the first by `order` in review/ that has "
        "none yet."
    )


def test_units_are_asked_for_as_often_as_their_rows_say() -> None:
    rng = np.random.default_rng(5)
    numbers = Design(*(np.array([n]) for n in (20, 4, 5, 3, 7)))
    times, asked = 4000, 0
    for _ in range(times):
        found = places(rng.permutation(20), rng.permutation(20), numbers)
        asked += int(np.isin(found.names, ["accept", "monitor"]).sum())
    said = dict(zip(found.names.tolist(), found.probability.tolist(), strict=True))
    assert said["accept"] == said["monitor"] == pytest.approx(1 - 0.8 * 0.85)
    assert asked / times / 20 == pytest.approx(said["accept"], abs=0.01)
    assert (said["partial"], said["reserve"]) == (7 / 20, 12 / 20)
