"""Sums of pairs: by hand, and the same however pairs are batched."""

from typing import Any

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from canonical import TRIANGLE, batch, moved, placed, row
from posegate.transforms.kernels import pair_sums, stream_sums
from posegate.transforms.kernels.compare import compare
from posegate.transforms.kernels.sums import BINS, ONE, Key
from posegate.transforms.kernels.weeks import UNTOLD
from posegate.transforms.model.skeleton import Skeleton

BAD = 0.75


def pairs(skeleton: Skeleton = TRIANGLE) -> pa.RecordBatch:
    """Frame a: gold, 0 px off. b: gold, 4 px. c: ann and bo, 2 px apart, in a video."""
    rows = [
        row(1),
        row(2, annotator="gil", role="gold"),
        row(3, image="b.jpg", xy=moved(4, 0), annotated_at=None),
        row(4, image="b.jpg", annotator="gil", role="gold"),
        row(5, image="c.jpg", video="v"),
        row(6, image="c.jpg", video="v", annotator=None, xy=moved(0, 2)),
    ]
    return compare(placed(batch(*rows)), skeleton, UNTOLD).pairs


def sums(*some: pa.RecordBatch, skeleton: Skeleton = TRIANGLE) -> dict[Key, Any]:
    total: dict[Key, Any] = {}
    for each in some:
        for key, value in pair_sums.of_pairs(each, skeleton, BAD):
            total[key] = total.get(key, 0) + value
    return total


def test_pairs_are_counted_by_kind_with_their_scores() -> None:
    found = sums(pairs())
    table = dict(zip(pair_sums.MEASURES, found["pairs", "gold", "", ""], strict=True))
    assert table["mpjpe"].tolist() == [2, 4 * ONE, 16 * ONE]
    assert table["oks"][0] == 2
    assert found["pairs", "second", "", ""][:, 0].tolist() == [2] * 4 + [0] * 3
    assert found["joint", "gold", "", ""][:, :2].tolist() == [[2, 4 * ONE]] * 3
    # 4 px over sigma s: .05 x 20 px = 1 px for the top, 2 px for the hands
    assert found["joint", "gold", "", ""][:, 2].tolist() == [4 * ONE, 2 * ONE, 2 * ONE]


def test_a_perfect_score_lies_in_the_last_bin_and_none_in_no_bin() -> None:
    bins = pair_sums.histogram(np.array([0.0, 0.0021, 1.0, np.nan]))
    assert np.flatnonzero(bins).tolist() == [0, 1, BINS - 1]
    assert bins.sum() == 3


def test_an_annotator_is_judged_by_each_kind_of_reference() -> None:
    found = sums(pairs())
    n, bad, total = found["judged", "ann", "gold", ""].tolist()
    assert (n, bad) == (2, 1)
    assert ONE < total < 1.75 * ONE
    assert found["judged", "", "second", ""].tolist()[:2] == [1, 0]


def test_frames_of_a_video_are_one_cluster_and_stills_have_their_own() -> None:
    found = sums(pairs())
    clusters = {key[1:3]: value for key, value in found.items() if key[0] == "cluster"}
    assert clusters["second", "v"][0] == 2
    stills = [name for kind, name in clusters if kind == "gold"]
    assert len(stills) == 2
    assert all(name.startswith("still ") for name in stills)


def test_flags_of_both_are_counted_once_a_keypoint() -> None:
    grouped = sums(pairs())["flags-pair", "", "", ""]
    assert grouped.sum(axis=0).tolist()[2] == [0, 0, 12, 0]
    assert sorted(n for n in grouped.sum(axis=(1, 2)).tolist() if n) == [3, 3, 6]


def test_of_what_was_looked_at_in_part_only_that_part_counts() -> None:
    """The others came back as they were sent: no error, and the same flags."""
    whole = pairs()
    purpose = pa.array(["partial"] * whole.num_rows, pa.string())
    some = whole.append_column("purpose", purpose)
    followed = TRIANGLE.keypoints[1:2]
    found = {}
    for key, value in pair_sums.of_pairs(some, TRIANGLE, BAD, followed):
        found[key] = found.get(key, 0) + value
    assert found["joint", "gold", "", ""][:, 0].tolist() == [0, 2, 0]
    n = stream_sums.STATISTICS.index("n")
    weekly = found["weekly", "ann", "2026-W07", "gold"]
    assert weekly[:, n].tolist() == [0, stream_sums.UNIT, 0]
    assert found["flags-pair", "", "", ""].sum(axis=0)[1:, 1:].sum() == 4
    assert not [key for key in found if key[0] in ("pairs", "judged", "lot")]


def test_undated_pairs_take_no_part_in_drift() -> None:
    found = sums(pairs())
    weekly = {key[1:]: value for key, value in found.items() if key[0] == "weekly"}
    assert set(weekly) == {
        ("ann", "2026-W07", "gold"),
        ("ann", "2026-W07", "second"),
        ("", "2026-W07", "second"),
    }
    n = stream_sums.STATISTICS.index("n")
    assert weekly["ann", "2026-W07", "gold"][:, n].tolist() == [stream_sums.UNIT] * 3


def test_without_sigmas_pairs_have_distances_but_no_score_and_no_weeks() -> None:
    plain = Skeleton("plain", TRIANGLE.keypoints, (), (), None)
    found = sums(pairs(plain), skeleton=plain)
    assert found["pairs", "gold", "", ""][:, 0].tolist() == [0, 0, 2, 2, 0, 0, 0]
    assert found["judged", "ann", "gold", ""].tolist() == [0, 0, 0]
    assert not [key for key in found if key[0] == "weekly"]


def test_no_pairs_have_no_sums() -> None:
    assert sums(pairs().slice(0, 0)) == {}


@settings(max_examples=25)
@given(st.lists(st.integers(0, 4), min_size=4, max_size=4), st.integers(0, 4))
def test_any_batching_adds_up_alike(order: list[int], cut: int) -> None:
    whole = pairs()
    some = whole.take(pa.array([i % whole.num_rows for i in order]))
    one, other = sums(some), sums(some.slice(0, cut), some.slice(cut))
    assert one.keys() == other.keys()
    assert all(np.array_equal(one[key], other[key]) for key in one)


def test_categories_are_counted_where_both_sides_name_one() -> None:
    def said(category: str | None) -> list[tuple[str, str]] | None:
        return None if category is None else [("category", category)]

    names = [("cat", "cat"), ("cat", "dog"), ("cat", "dog"), ("dog", None)]
    rows = [
        row(10 * i + j, image=f"{i}.jpg", role=role, attributes=said(each[j]))
        for i, each in enumerate(names)
        for j, role in enumerate(("production", "gold"))
    ]
    found = sums(compare(placed(batch(*rows)), TRIANGLE, UNTOLD).pairs)
    assert found["class", "gold", "cat", "cat"].tolist() == [1]
    assert found["class", "gold", "cat", "dog"].tolist() == [2]
    assert len([key for key in found if key[0] == "class"]) == 2
    assert found["judged", "ann", "gold", ""].tolist()[:2] == [4, 2]
