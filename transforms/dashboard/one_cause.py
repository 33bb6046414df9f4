"""Left and right of an annotator in alarm for one cause: one alarm, not two.

Who places hips too far out does so on both sides; who sees the guideline anew is
careless, or moved, with both ankles.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from posegate.transforms.dashboard.build_drift import Watch, finding
from posegate.transforms.kernels.body import pairs

ALIKE = 0.5
"""Cosine of the angle between two offsets from which on they point the same way."""


def causes(
    watch: Watch, said: set[tuple[str, int]]
) -> Iterator[tuple[int, tuple[int, ...]]]:
    """(annotator, keypoints) of every alarm: one keypoint, or a pair's two.

    What is in `said` is left out, and what is given is added to it.
    """
    alarmed = watch.seen.alarms.alarm[:, -1]  # (A, K)
    mate = {a: b for pair in pairs(watch.skeleton) for a, b in (pair, pair[::-1])}
    for a in np.flatnonzero(alarmed.any(axis=1)).tolist():
        who = watch.names[a]
        left = [k for k in np.flatnonzero(alarmed[a]).tolist() if (who, k) not in said]
        said.update((who, k) for k in left)
        while left:
            k = left.pop(0)
            other = mate.get(k, -1)
            if other in left and one_cause(a, k, other, watch):
                left.remove(other)
                yield a, (k, other)
            else:
                yield a, (k,)


def one_cause(a: int, k: int, other: int, watch: Watch) -> bool:
    """Whether two keypoints changed at about one time, in the same thing, and points
    that moved the same way: on the body, or in the image."""
    seen = watch.seen
    since = seen.alarms.since[a, -1]
    if abs(int(since[k]) - int(since[other])) > watch.quarantine:
        return False
    what = finding(a, k, watch)
    if what != finding(a, other, watch):
        return False
    return what != "bias" or any(
        alike(offset[a, -1, k], offset[a, -1, other])
        for offset in (seen.turned, seen.effect)
    )


def alike(one: np.ndarray, other: np.ndarray) -> bool:  # type: ignore[type-arg]
    """Whether two offsets (2,) point the same way; NaN do not."""
    size = float(np.hypot(*one) * np.hypot(*other))
    return bool(size > 0 and float(one @ other) > ALIKE * size)


def together(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """One row of two keypoints' rows: of the surer one, with both names, the earlier
    dates, and the mean effect with its interval."""
    if len(rows) == 1:
        return rows[0]
    surer = max(rows, key=lambda row: row["chance"] or 0.0)
    out = {
        **surer,
        "keypoint": " and ".join(row["keypoint"] for row in rows),
        "contract": any(row["contract"] for row in rows),
    }
    for name in ("began", "since"):
        out[name] = min((row[name] for row in rows if row[name]), default=None)
    known = [row for row in rows if row["effect_px"] is not None]
    if len(known) == len(rows):
        halves = [row["high_px"] - row["effect_px"] for row in known]
        size = float(np.mean([row["effect_px"] for row in known]))
        half = float(np.hypot(*halves)) / len(rows)
        out |= {"effect_px": size, "low_px": max(size - half, 0.0)}
        out["high_px"] = size + half
    return out
