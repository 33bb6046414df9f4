"""The report's sections on drift: streams, charts, and who errs where."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import stats

from posegate.transforms.kernels import drift
from posegate.transforms.kernels.drift import Parameters, Streams
from posegate.transforms.kernels.streams import History
from posegate.transforms.model.skeleton import Skeleton

STREAMS = 24
"""How many of the streams the report draws: those in alarm and the worst others."""


@dataclass(frozen=True)
class Watch:
    """All weeks of all annotators, what every stream showed, and by which rules."""

    history: History
    seen: Streams
    keypoints: tuple[str, ...]
    parameters: Parameters
    limit_px: float

    @property
    def names(self) -> list[str]:
        """The annotators, as people read them."""
        return [name or "unknown" for name in self.history.annotators]


def heat(history: History, skeleton: Skeleton) -> dict[str, Any]:
    """Error as a multiple of sigma s, annotator x keypoint, in the last week known."""
    if not history.sums.size or skeleton.sigmas is None:
        return {}
    last = history.sums[:, -1] / drift.UNIT  # (A, K, S)
    n, q = (last[..., drift.STATISTICS.index(name)] for name in ("n", "q"))
    some = np.flatnonzero(n.sum(axis=1) > 0)
    mean = np.divide(q, n, out=np.full_like(q, np.nan), where=n > 0)
    return {
        "annotators": [history.annotators[a] or "unknown" for a in some],
        "keypoints": list(skeleton.keypoints),
        "value": nulls(mean[some]),
        "n": n[some].astype(int).tolist(),
    }


def nulls(values: npt.NDArray[Any]) -> list[Any]:
    """Nested lists, with None for NaN."""
    out = values.astype(object)
    out[~np.isfinite(values)] = None
    return out.tolist()


def nothing(skeleton: Skeleton, limit_px: float) -> dict[str, Any]:
    """The section where there is no stream to watch, and why."""
    why = (
        "No keypoint has a dated pair with a reference."
        if skeleton.sigmas is not None
        else "The skeleton has no sigmas, so errors have no common measure."
    )
    empty: dict[str, Any] = {"weeks": [], "streams": [], "contract": []}
    return empty | {"limit_px": limit_px, "note": why}


def drifting(watch: Watch) -> dict[str, Any]:
    """The worst streams week by week, and where the contract's own rule speaks."""
    weeks = watch.history.weeks
    broken = drift.contract(watch.history.sums, watch.limit_px)[:, -1]  # (A, K)
    return {
        "weeks": list(weeks),
        "limit_px": watch.limit_px,
        "streams": [stream(a, k, watch) for a, k in worst(watch.seen)],
        "contract": [
            {
                "annotator": watch.names[a],
                "keypoint": watch.keypoints[k],
                "week": weeks[-1],
                "mean_px": mean_px(watch.history, a, k)[-1],
            }
            for a, k in np.argwhere(broken).tolist()
        ],
        "note": None,
    }


def worst(seen: Streams) -> list[tuple[int, int]]:
    """(annotator, keypoint) of the streams in alarm, then of the smallest p."""
    last = np.where(np.isnan(seen.p), 2.0, seen.p)[:, -1]  # (A, K)
    order = np.lexsort((last.ravel(), ~seen.alarms.alarm[:, -1].ravel()))[:STREAMS]
    return [
        (int(a), int(k))
        for a, k in zip(*np.unravel_index(order, last.shape), strict=True)
        if last[a, k] <= 1 or seen.alarms.alarm[a, -1, k]
    ]


def mean_px(history: History, annotator: int, keypoint: int) -> list[float | None]:
    """(W,) mean error [px] a week."""
    cells = history.sums[annotator, :, keypoint] / drift.UNIT
    n, px = (cells[:, drift.STATISTICS.index(name)] for name in ("n", "px"))
    return nulls(np.divide(px, n, out=np.full_like(px, np.nan), where=n > 0))


def stream(a: int, k: int, watch: Watch) -> dict[str, Any]:
    """One annotator x keypoint for the control chart."""
    seen, weeks = watch.seen, list(watch.history.weeks)
    since = int(seen.alarms.since[a, -1, k])
    n = seen.n[a, :, k].astype(int).tolist()
    offsets = seen.effect[a, :, k].tolist()
    dx, dy = offsets[-1]
    return {
        "annotator": watch.names[a],
        "keypoint": watch.keypoints[k],
        "weeks": weeks,
        "n": n,
        "statistic": nulls(seen.t2[a, :, k]),
        "limit": [critical(watch.parameters, seen)] * len(weeks),
        "offset_px": [at if m else None for at, m in zip(offsets, n, strict=True)],
        "mean_px": mean_px(watch.history, a, k),
        "alarm": seen.alarms.alarm[a, :, k].tolist(),
        "since": weeks[since] if since >= 0 else None,
        "effect_px": float(np.hypot(dx, dy)),
        "direction": direction(dx, dy),
    }


def critical(parameters: Parameters, seen: Streams) -> float:
    """The T2 that a stream alone would need: where p / 2 meets the false discovery
    rate over as many streams as were judged in the last week."""
    judged = max(int(np.isfinite(seen.p[:, -1]).sum()), 1)
    return float(stats.chi2.isf(parameters.action / judged / 2, 2))


def direction(dx: float, dy: float) -> str:
    """Where an offset points, in words of the image."""
    across = "right" if dx > 0 else "left"
    along = "down" if dy > 0 else "up"
    if abs(dx) > 2 * abs(dy):
        return across
    return along if abs(dy) > 2 * abs(dx) else f"{along} and {across}"
