"""What an instance was drawn for and compared with, in lines for `posegate explain`."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import hypot
from typing import Any

MOST = 4
"""Keypoints that are named, the farthest from the reference."""

DRAWN_FOR = {
    "accept": "the test of the lot",
    "reserve": "the test of the lot, in reserve",
    "monitor": "following its annotator",
    "partial": "a look at some keypoints",
}
"""By purpose (`ledger.PURPOSES`)."""


def drawn(rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """What the instance was drawn for: rows of `sample/`."""
    for row in rows:
        turn = "" if row["order"] is None else f", place {row['order']:,} of its order"
        yield (
            f"drawn      for {DRAWN_FOR[row['purpose']]}{turn}, with probability "
            f"{row['probability']:.3g}"
        )


def compared(
    rows: Iterable[Mapping[str, Any]],
    keypoints: Sequence[str],
    limits: Mapping[str, Any],
) -> Iterator[str]:
    """What came of each reference: rows of `agreement/`; `limits` are the scores below
    which one is nonconforming ([acceptance] of the policy)."""
    for row in rows:
        who = row["reference_annotator"] or "somebody unnamed"
        what = "a second annotator" if row["kind"] == "second" else row["kind"]
        said = ", ".join(scores(row, limits)) or "nothing that both have"
        yield f"compared   with {what}, {who} ({row['reference']}): {said}"
        yield from (f"           {line}" for line in farthest(row, keypoints))


def scores(row: Mapping[str, Any], limits: Mapping[str, Any]) -> Iterator[str]:
    """The scores of a pair that it has."""
    for column, name, limit in (
        ("oks", "OKS", limits["oks"]),
        ("mask_iou", "IoU", limits["iou"] if row["oks"] is None else None),
        ("boundary_iou", "boundary IoU", None),
    ):
        if row[column] is not None:
            low = limit is not None and row[column] < limit
            yield f"{name} {row[column]:.3f}" + (f" (below {limit:g})" if low else "")
    if row["mpjpe"] is not None:
        yield f"{row['mpjpe']:.1f} px off on average"
    own, other = row["category"], row["reference_category"]
    if own and other and own != other:
        yield f"{own!r} where it says {other!r}"


def farthest(row: Mapping[str, Any], keypoints: Sequence[str]) -> Iterator[str]:
    """The keypoints that lie farthest from the reference's."""
    x, y = row["error"][::2], row["error"][1::2]
    apart = [
        (hypot(dx, dy), name, dx, dy)
        for name, dx, dy in zip(keypoints, x, y, strict=True)
        if dx is not None and dy is not None
    ]
    named = [
        f"{name} {far:.1f} px ({dx:+.1f}, {dy:+.1f})"
        for far, name, dx, dy in sorted(apart, reverse=True)[:MOST]
    ]
    if named:
        yield f"farthest: {', '.join(named)}"
