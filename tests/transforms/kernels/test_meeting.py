"""Who meets whom: against what plain Python says of the same keys."""

from collections import defaultdict
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from canonical import batch, row
from posegate.transforms.kernels import meeting
from posegate.transforms.kernels.meeting import KEYS, encounters, ranges


class Key(NamedTuple):
    frame: int
    who: int
    self: int
    role: int
    part: int
    row: int


@st.composite
def keys(draw: st.DrawFn) -> list[Key]:
    """Keys of a few frames; a person has one role."""
    some = st.tuples(st.integers(0, 3), st.integers(0, 4), st.integers(0, 5))
    places = st.tuples(st.integers(0, 2), st.integers(0, 30))
    rows = draw(st.dictionaries(places, some, max_size=14))
    return [
        Key(f, w, s + 10 * f, (w * 2) % 3, *place) for place, (f, w, s) in rows.items()
    ]


def bucket(rows: list[Key]) -> pa.RecordBatch:
    return pa.RecordBatch.from_pylist([r._asdict() for r in rows], schema=KEYS)


def places(found: pa.RecordBatch) -> list[tuple[int, int]]:
    return [(r["part"], r["row"]) for r in found.to_pylist()]


def plain(rows: list[Key]) -> tuple[int, list[tuple[int, int]], list[tuple[int, int]]]:
    frames, selves = defaultdict(list), defaultdict(list)
    for r in rows:
        frames[r.frame].append(r)
        selves[r.frame, r.self].append((r.part, r.row))
    shared = [
        (r.part, r.row)
        for some in frames.values()
        for r in some
        if len({s.who for s in some}) > 1 and any(s.role == 0 for s in some)
    ]
    repeated = [place for some in selves.values() for place in sorted(some)[1:]]
    return len(frames), sorted(shared), sorted(repeated)


@given(keys(), st.randoms(use_true_random=False))
def test_meeting_is_what_plain_python_says_in_any_order(rows, random) -> None:
    expected = plain(rows)
    random.shuffle(rows)
    found = meeting.meet(bucket(rows))
    assert (found.frames, places(found.shared), places(found.repeated)) == expected


def test_nobody_meets_where_nobody_is() -> None:
    found = meeting.meet(bucket([]))
    assert (found.frames, len(found.shared), len(found.repeated)) == (0, 0, 0)


P, G, R, M = range(4)


@pytest.mark.parametrize(
    ("blocks", "expected"),
    [
        ([], []),
        ([(7, P)], []),
        ([(7, G), (7, R)], []),
        ([(7, P), (8, P)], []),
        ([(7, P), (7, P), (7, G)], [(0, 2, 0), (1, 2, 0), (0, 1, 2), (1, 0, 2)]),
        ([(7, P), (7, R)], [(0, 1, 1)]),
        ([(7, R), (7, G), (7, P), (7, G)], [(2, 0, 1), (2, 1, 0), (2, 3, 0)]),
        ([(7, P), (7, P), (7, P)], [(0, 1, 2), (1, 2, 2), (2, 0, 2)]),
        ([(6, G), (7, P), (7, P), (8, P)], [(1, 2, 2), (2, 1, 2)]),
    ],
    ids=str,
)
def test_a_block_meets_all_gold_and_reviews_and_the_next_annotator(
    blocks: list[tuple[int, int]], expected: list[tuple[int, int, int]]
) -> None:
    frame = np.array([f for f, _ in blocks], np.int64)
    role = np.array([r for _, r in blocks], np.int64)
    found = list(zip(*(x.tolist() for x in encounters(frame, role)), strict=True))
    assert found == expected


def test_keys_leave_out_what_nobody_judges() -> None:
    rows = batch(
        row(1),
        row(2, role="prelabel"),
        row(3),
        row(4, role="gold"),
        row(5, annotator=None),
    )
    judged = np.array([True, True, False, True, True])
    found = meeting.keys(rows, judged, part=2, first=100)
    assert found["row"].to_pylist() == [100, 101, 103, 104]
    assert found["role"].to_pylist() == [0, 3, 1, 0]
    assert found["part"].to_pylist() == [2] * 4
    assert len(set(found["frame"].to_pylist())) == 1
    assert len(set(found["who"].to_pylist())) == 4


def test_a_models_rows_meet_people_but_are_no_frame_and_repeat_nothing() -> None:
    own, model, twice = (
        Key(7, 0, 1, 0, 0, 0),
        Key(7, 1, 2, M, 0, 1),
        Key(8, 1, 3, M, 0, 2),
    )
    found = meeting.meet(bucket([own, model, twice, twice._replace(row=3)]))
    assert (found.frames, places(found.repeated)) == (1, [])
    assert places(found.shared) == [(0, 0), (0, 1)]
    frame, role = np.array([7, 7, 7, 8], np.uint64), np.array([P, G, M, M])
    assert [x.tolist() for x in meeting.predicted(frame, role)] == [[0], [2]]
    assert [x.tolist() for x in encounters(frame, role)] == [[0], [1], [0]]


def test_one_person_in_two_roles_is_two() -> None:
    gold, made = meeting.who(batch(row(1, role="gold"), row(2))).tolist()
    assert gold != made


def test_ranges_count_through_every_stretch() -> None:
    assert ranges(np.array([2, 9]), np.array([2, 3])).tolist() == [2, 3, 9, 10, 11]
    assert ranges(np.array([], np.int64), np.array([], np.int64)).tolist() == []
