"""Instances of one track: counted once, whatever the batches."""

from collections.abc import Iterator

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from canonical import batch, row
from posegate.transforms.kernels.clusters import (
    clusters,
    crowd,
    merged,
    of_clusters,
)
from posegate.transforms.kernels.sums import Made, Sum
from posegate.transforms.kernels.weeks import Clock

KEY = ("crowd", "ann", "2026-W07", "")


def told(rows: pa.RecordBatch) -> Iterator[Sum]:
    return of_clusters(Made.of(rows, Clock("2026-W01")))


def test_the_crowd_is_the_sum_of_the_squares_of_tracks() -> None:
    """Three of track 1 and one of track 2; one of them labels nothing, so that its
    visible share is unknown; nobody was timed."""
    rows = batch(
        row(0, annotator="ann", video="v", track="1"),
        row(1, annotator="ann", video="v", track="1"),
        row(2, annotator="ann", video="v", track="1", visibility=[0, 0, 0]),
        row(3, annotator="ann", video="v", track="2"),
        row(4, annotator="ann", video="v", track="2", role="gold"),
        row(5, annotator=None, annotated_at=None, video="v", track="2"),
    )
    found = dict(told(rows))
    assert list(found) == [KEY, ("crowd", "", "2026-W01", "")]
    assert crowd(found[KEY]).tolist() == [4 + 1, 9 + 1, 0]
    assert crowd(found[("crowd", "", "2026-W01", "")]).tolist() == [1, 1, 0]
    assert list(told(batch())) == []


def test_who_has_no_track_is_of_the_video_or_else_of_the_image() -> None:
    said = [
        {"video": "v", "track": "1"},
        {"video": "v", "track": None},
        {"video": "w", "track": "1"},
        {"video": None, "track": "1"},
        {"video": None, "track": None, "image": "a.jpg"},
        {"video": None, "track": None, "image": "b.jpg"},
    ]
    found = clusters(batch(*(row(i, **each) for i, each in enumerate(said))))
    assert len(set(found.to_pylist())) == len(said)
    again = clusters(batch(*(row(i + 9, **each) for i, each in enumerate(said))))
    assert again.to_pylist() == found.to_pylist()


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2)), max_size=12))
def test_batches_and_their_order_do_not_matter(dealt: list[tuple[int, int]]) -> None:
    rows = [row(i, annotator="ann", track=str(t)) for i, (t, _) in enumerate(dealt)]
    hands = [
        batch(*(r for r, (_, h) in zip(rows, dealt, strict=True) if h == hand))
        for hand in range(3)
    ]
    parts = [table for hand in hands for _, table in told(hand)]
    whole = merged(table for _, table in told(batch(*rows)))
    assert merged(parts).tolist() == whole.tolist()
    assert merged([merged(parts[1:]), *parts[:1]]).tolist() == whole.tolist()
