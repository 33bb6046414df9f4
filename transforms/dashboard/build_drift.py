"""The report's sections on drift: streams, charts, and who errs where."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from posegate.transforms.kernels import mask_streams
from posegate.transforms.kernels.body import words
from posegate.transforms.kernels.drift import Streams
from posegate.transforms.kernels.partners import NOBODY, Partners
from posegate.transforms.kernels.standing import Standing
from posegate.transforms.kernels.stream_sums import STATISTICS, UNIT, contract
from posegate.transforms.kernels.streams import History
from posegate.transforms.model.poses import Floats
from posegate.transforms.model.skeleton import Skeleton

LEAST_P = 1e-30  # so that a chart has an upper end

STREAMS = 24
"""How many of the streams the report draws: those in alarm and the worst others."""


@dataclass(frozen=True)
class Watch:
    """All weeks of all annotators, what every stream showed, and by which rules;
    `partners` are those whose consensus they were held against."""

    history: History
    seen: Streams
    skeleton: Skeleton
    limit_px: float
    quarantine: int
    standing: Standing | None = None
    partners: Partners = NOBODY

    @property
    def names(self) -> list[str]:
        """The annotators, as people read them."""
        return [name or "unknown" for name in self.history.annotators]

    def circle(self, annotator: int) -> list[str]:
        """Whose consensus somebody is mostly held against; empty where it changes."""
        return [self.names[a] for a in self.partners.circle(annotator)]

    def direction(self, dx: float, dy: float) -> str:
        """Where an offset points, in words of the image, or of outlines."""
        masked = self.skeleton.masked
        return (mask_streams.direction if masked else direction)(dx, dy)


def heat(history: History, skeleton: Skeleton) -> dict[str, Any]:
    """Error as a multiple of sigma s, annotator x keypoint, in the last week known."""
    if not history.sums.size or skeleton.sigmas is None:
        return {}
    last = history.sums[:, -1] / UNIT  # (A, K, S)
    n, q = (last[..., STATISTICS.index(name)] for name in ("n", "q"))
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
    what = "mask" if skeleton.masked else "keypoint"
    why = (
        f"No {what} has a dated pair with a reference."
        if skeleton.masked or skeleton.sigmas is not None
        else "The skeleton has no sigmas, so errors have no common measure."
    )
    empty: dict[str, Any] = {"weeks": [], "streams": [], "contract": [], "aside": 0}
    return empty | {"limit_px": limit_px, "note": why}


def drifting(watches: Sequence[Watch]) -> dict[str, Any]:
    """The worst streams week by week, and where the contract's own rule speaks.

    Of the best source of evidence; of the others the streams in alarm.
    """
    best = watches[0]
    streams = [stream(a, k, best) for a, k in worst(best.seen)]
    for watch in watches[1:]:
        alarmed = watch.seen.alarms.alarm[:, -1]
        streams += [stream(a, k, watch) for a, k in worst(watch.seen) if alarmed[a, k]]
    return {
        "weeks": list(best.history.weeks),
        "against": best.history.source,
        "limit_px": best.limit_px,
        "quarantine_weeks": best.quarantine,
        "streams": streams,
        "contract": broken(best),
        "aside": sum(watch.history.aside for watch in watches),
        "note": other_references(best.history.since_gold),
    }


def other_references(since: str) -> str | None:
    """What gold does that stands where reviews stood before."""
    if not since:
        return None
    return (
        f"Before {since} most references were reviews, since then most are gold. What "
        "a reviewer leaves as it was sent is near enough, and counts as no error: "
        "errors that grew and offsets that moved since then may be those of the "
        "references. Have some gold in every week."
    )


def broken(watch: Watch) -> list[dict[str, Any]]:
    """Where the contract's own rule speaks in the last week: what is in alarm too
    first, then the largest errors."""
    alarmed = watch.seen.alarms.alarm[:, -1]
    found = np.argwhere(contract(watch.history.sums, watch.limit_px)[:, -1]).tolist()
    marks = [
        {
            "annotator": watch.names[a],
            "keypoint": watch.skeleton.keypoints[k],
            "week": watch.history.weeks[-1],
            "mean_px": mean_px(watch.history, a, k)[-1],
            "alarm": bool(alarmed[a, k]),
        }
        for a, k in found
    ]
    return sorted(marks, key=lambda mark: (not mark["alarm"], -mark["mean_px"]))


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
    cells = history.sums[annotator, :, keypoint] / UNIT
    n, px = (cells[:, STATISTICS.index(name)] for name in ("n", "px"))
    return nulls(np.divide(px, n, out=np.full_like(px, np.nan), where=n > 0))


def stream(a: int, k: int, watch: Watch) -> dict[str, Any]:
    """One annotator x keypoint for the control chart."""
    seen, weeks = watch.seen, list(watch.history.weeks)
    since = int(seen.alarms.since[a, -1, k])
    return {
        "annotator": watch.names[a],
        "keypoint": watch.skeleton.keypoints[k],
        "against": watch.history.source,
        "weeks": weeks,
        "n": seen.n[a, :, k].astype(int).tolist(),
        "statistic": evidence(seen.p[a, :, k]),
        "limit": evidence(seen.alarms.limit),
        "offset_px": [
            [x, y] if np.isfinite(x) else None for x, y in seen.effect[a, :, k].tolist()
        ],
        "mean_px": mean_px(watch.history, a, k),
        "alarm": seen.alarms.alarm[a, :, k].tolist(),
        "since": weeks[since] if since >= 0 else None,
        **change(a, k, watch),
    }


def evidence(p: Floats) -> list[float | None]:
    """-log10 of p: 3 is one in a thousand; None where nothing was judged."""
    return nulls(-np.log10(np.maximum(p, LEAST_P)))


def change(a: int, k: int, watch: Watch) -> dict[str, Any]:
    """What changed on a stream: as its alarm found it, and how far by now; else as its
    last week shows.

    How far points moved is said in the axes in which they moved farther.
    """
    seen = watch.seen
    week = told(seen, a, k)
    if week is None:
        return dict.fromkeys(CHANGE)
    at = a, week, k
    now = (a, -1, k) if seen.alarms.alarm[a, -1, k] else at
    dx, dy = seen.effect[now]
    moved = bool(np.isfinite(dx))
    size = float(np.fmax(np.hypot(dx, dy), np.hypot(*seen.turned[now])))
    half = 1.96 * float(seen.error[now]) if moved else None
    adjusted, noise = float(seen.alarms.adjusted[at]), float(seen.noise[now])
    last = len(watch.history.weeks) - 1 if now[1] == -1 else week
    return {
        "finding": finding(a, k, watch),
        "effect_px": size if moved else None,
        "low_px": max(size - half, 0.0) if half is not None else None,
        "high_px": size + half if half is not None else None,
        "direction": watch.direction(dx, dy) if moved else None,
        "body": on_body(seen.turned[now], k, watch.skeleton),
        "noise": noise if np.isfinite(noise) else None,
        "chance": 1 - adjusted if np.isfinite(adjusted) else None,
        "began": watch.history.weeks[max(last + 1 - max(int(seen.weeks[now]), 1), 0)],
    }


def finding(a: int, k: int, watch: Watch) -> str | None:
    """What speaks most clearly for a change of a stream; None where nothing does."""
    seen = watch.seen
    week = told(seen, a, k)
    ps = {"bias": seen.p_bias, "noise": seen.p_noise, "slips": seen.p_slips}
    at = a, week, k
    known = {what: float(p[at]) for what, p in ps.items() if week is not None}
    known = {what: p for what, p in known.items() if np.isfinite(p)}
    return min(known, key=lambda what: known[what]) if known else None


CHANGE = (
    *(
        "finding",
        "effect_px",
        "low_px",
        "high_px",
        "direction",
        "body",
        "noise",
        "chance",
    ),
    "began",
)


def on_body(turned: Floats, keypoint: int, skeleton: Skeleton) -> str | None:
    """Where an offset points, in words of the body; None where it has no axes."""
    if not np.isfinite(turned).all():
        return None
    return words((float(turned[0]), float(turned[1])), keypoint, skeleton)


def told(seen: Streams, a: int, k: int) -> int | None:
    """The week in which the present alarm was last found, else the last one judged."""
    judged = np.flatnonzero(np.isfinite(seen.p[a, :, k]))
    found = np.flatnonzero(seen.alarms.action[a, :, k])
    if seen.alarms.alarm[a, -1, k] and len(found):
        return int(found[-1])
    return int(judged[-1]) if len(judged) else None


def direction(dx: float, dy: float) -> str:
    """Where an offset points, in words of the image."""
    across = "right" if dx > 0 else "left"
    along = "down" if dy > 0 else "up"
    if abs(dx) > 2 * abs(dy):
        return across
    return along if abs(dy) > 2 * abs(dx) else f"{along} and {across}"
