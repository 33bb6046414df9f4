"""The report's section on agreement, from the sums of pairs."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from posegate.transforms.kernels import measures, panels, strata, taxonomy, verdict
from posegate.transforms.kernels.buckets import Ints
from posegate.transforms.kernels.flags import of_flags
from posegate.transforms.kernels.pair_sums import VARIANTS
from posegate.transforms.kernels.sampling import Estimate
from posegate.transforms.kernels.score import IOU, OKS, Score, score_of
from posegate.transforms.kernels.sums import BINS, ONE, Key
from posegate.transforms.model.policy import Policy
from posegate.transforms.model.skeleton import Skeleton

SHOWN_BINS = 50

LEVEL = 0.95

TOOLS = {
    "oks_box": "xtcocotools without areas, mmpose, Ultralytics: .53 of the box",
    "oks_one_sigma": "CVAT: one sigma of .09, the mean of both boxes, visible points",
    "oks_extent": "FiftyOne before it took sigmas: no sigma, extent of the points",
}


def agreement(
    sums: Mapping[Key, Ints], policy: Policy, skeleton: Skeleton
) -> dict[str, Any]:
    """The pairs: gold and reviews if there are any, else second annotators."""
    kinds = {
        key[1]: int(cell[:, 0].max()) for key, cell in sums.items() if key[0] == "pairs"
    }
    used = verdict.kinds_of(sums)
    score = score_of(skeleton)
    bins = histogram(sums, used)
    threshold = policy.acceptance.least(skeleton.masked)
    means = {name: mean(sums, name, used) for name in ("pck", "mpjpe")}
    lot, vendor = strata.estimate(sums, drawn(sums, used)), verdict.vendor(sums, used)
    spreads = {
        name: spread(sums, kinds, by, threshold)
        for name, kinds, by in (
            ("oks", used, OKS),
            ("oks_sym", ["second"], OKS),
            ("iou", used, IOU),
        )
        if by is score
    }
    return {
        "pairs": sum(kinds.get(kind, 0) for kind in used),
        "kinds": kinds,
        "threshold": threshold,
        "score": score.name,
        **spreads,
        "lot": bounds(lot),
        "vendor": bounds(vendor) | {"clusters": len(verdict.clusters(sums, used))},
        "pck": means["pck"],
        "pck_normaliser": measures.named(skeleton, policy.agreement.pck),
        "pck_fraction": policy.agreement.pck_fraction,
        "mpjpe": means["mpjpe"],
        "histogram": {
            "edges": [i / SHOWN_BINS for i in range(SHOWN_BINS + 1)],
            "counts": bins.reshape(SHOWN_BINS, -1).sum(axis=1).tolist(),
        },
        "keypoints": joints(sums, used, skeleton),
        "outlines": outlines(sums, used),
        "classes": classes(sums, used),
        "variants": variants(sums),
        "visibility": visibility(sums, policy),
        "panels": of_panels(sums),
    }


def ratio(total: float, n: float) -> float | None:
    """A mean; None of nothing."""
    return total / n if n else None


def plain(value: float) -> float | None:
    """A number as JSON has it."""
    return float(value) if np.isfinite(value) else None


def bounds(found: Estimate) -> dict[str, float | None]:
    """A mean of scores from 0 to 1, with its interval."""
    low, high = found.interval(LEVEL)
    return {
        "mean": plain(found.mean),
        "low": plain(max(low, 0.0)),
        "high": plain(min(high, 1.0)),
        "covered": plain(found.covered),
    }


def drawn(sums: Mapping[Key, Ints], kinds: Sequence[str]) -> list[str]:
    """The kinds of reference that speak of the lot: reviews of its sample, for gold and
    second annotators lie where they lie; all, once no instance is without."""
    return (
        list(kinds)
        if strata.whole(sums, kinds)
        else [k for k in kinds if k == "review"]
    )


def histogram(sums: Mapping[Key, Ints], kinds: Sequence[str]) -> Ints:
    """(BINS,) pairs by their score; by symmetric OKS those of second annotators."""
    every = [("histogram", kind, "", "") for kind in kinds]
    return sum((sums[key] for key in every if key in sums), np.zeros(BINS, np.int64))


def mean(sums: Mapping[Key, Ints], name: str, kinds: Sequence[str]) -> float | None:
    """The mean of one of `MEASURES`; None without pairs."""
    n, total, _ = verdict.measure(sums, name, kinds)
    return ratio(total, n)


def spread(
    sums: Mapping[Key, Ints], kinds: Sequence[str], score: Score, threshold: float
) -> dict[str, float | None]:
    """The score of some pairs, as the gate of agreement takes it; so its interval."""
    name = score.between if list(kinds) == ["second"] else score.trusted
    shown = bounds(verdict.mean_score(sums, kinds)[0])
    return {
        "mean": mean(sums, name, kinds),
        **middle(histogram(sums, kinds), threshold),
        "low": shown["low"],
        "high": shown["high"],
    }


def middle(bins: Ints, threshold: float) -> dict[str, float | None]:
    """Median and share below the threshold, from a histogram."""
    if not bins.sum():
        return {"median": None, "below": None}
    so_far = np.cumsum(bins)
    below = so_far[max(0, round(threshold * BINS) - 1)]
    return {
        "median": (int(np.searchsorted(so_far, so_far[-1] / 2)) + 0.5) / BINS,
        "below": float(below / so_far[-1]),
    }


def joints(
    sums: Mapping[Key, Ints], kinds: Sequence[str], skeleton: Skeleton
) -> list[dict[str, Any]]:
    """The error of each keypoint, and of which kind it is."""
    cells = [sums[key] for kind in kinds if (key := ("joint", kind, "", "")) in sums]
    if not cells:
        return []
    k = len(skeleton.keypoints)
    nothing = np.zeros((k, len(taxonomy.KINDS)), np.int64)
    between = sums.get(("joint", "second", "", ""), np.zeros((k, 3), np.int64))
    wrong = sum((c for key, c in sums.items() if _mistake(key, kinds)), nothing)
    return [
        {
            "keypoint": name,
            "n": int(n),
            "mpjpe": ratio(px / ONE, n),
            "q": ratio(q / ONE, n) if skeleton.sigmas is not None else None,
            "mistakes": dict(zip(taxonomy.KINDS, each, strict=True)),
            "between": {
                "n": int(two[0]),
                "mpjpe": ratio(two[1] / ONE, two[0]),
                "q": ratio(two[2] / ONE, two[0])
                if skeleton.sigmas is not None
                else None,
            },
        }
        for name, (n, px, q), each, two in zip(
            skeleton.keypoints,
            np.sum(cells, axis=0).tolist(),
            wrong.tolist(),
            between.tolist(),
            strict=True,
        )
    ]


def _mistake(key: Key, kinds: Sequence[str]) -> bool:
    return key[0] == "mistake" and key[2] in kinds


def outlines(sums: Mapping[Key, Ints], kinds: Sequence[str]) -> dict[str, Any]:
    """IoU of masks, where both sides have one."""
    found = {
        name: verdict.measure(sums, column, kinds)
        for name, column in (
            ("iou", "mask_iou"),
            ("boundary_iou", "boundary_iou"),
            ("dice", "dice"),
        )
    }
    return {
        "pairs": found["iou"][0],
        **{name: ratio(total, n) for name, (n, total, _) in found.items()},
    }


def classes(sums: Mapping[Key, Ints], kinds: Sequence[str]) -> dict[str, Any]:
    """What the delivery calls (rows) what the references call (columns) so; the
    commonest first, empty where neither side names categories."""
    cells: Counter[tuple[str, str]] = Counter()
    for key, cell in sums.items():
        if key[0] == "class" and key[1] in kinds:
            cells[key[2], key[3]] += int(cell[0])
    if not cells:
        return {}
    often: Counter[str] = Counter()
    for pair, n in cells.items():
        for name in pair:
            often[name] += n
    names = sorted(often, key=lambda name: (-often[name], name))
    return {
        "names": names,
        "matrix": [[cells[own, other] for other in names] for own in names],
    }


def variants(sums: Mapping[Key, Ints]) -> list[dict[str, Any]]:
    """What other tools call OKS, of all pairs; empty unless it was asked for."""
    found = []
    for name in VARIANTS:
        n, total = sums.get(("variant", name, "", ""), np.zeros(2, np.int64)).tolist()
        if n:
            found.append({"tool": TOOLS[name], "pairs": n, "mean": total / ONE / n})
    return found


def visibility(sums: Mapping[Key, Ints], policy: Policy) -> dict[str, Any]:
    """The table of flags, and how well they agree on visible or occluded."""
    flags = sums.get(("flags-pair", "", "", ""))
    if flags is None:
        return {}
    told = of_flags(sums)
    gated, kappa = told.gated, plain(told.kappa)
    asked = policy.agreement.contract_kappa
    return {
        "levels": [0, 1, 2, 3],
        "matrix": flags.sum(axis=0).tolist(),
        "statistic": gated.statistic,
        "value": plain(gated.value),
        "low": plain(told.low),
        "high": plain(told.high),
        "alike": plain(gated.agreement),
        "prevalence": [plain(share) for share in gated.prevalence],
        "contract": {
            "kappa": kappa,
            "limit": asked,
            "kept": None if kappa is None else kappa >= asked,
        },
        "note": gated.reason or None,
    }


def of_panels(sums: Mapping[Key, Ints]) -> dict[str, Any]:
    """Frames of three people and more; empty without any."""
    flags = panels.flags(sums)
    people = {key[1]: cell for key, cell in sums.items() if key[0] == "consensus"}
    if flags is None and not people:
        return {}
    habits = panels.habits(sums)
    return {
        "flags": None
        if flags is None
        else {name: plain(value) for name, value in flags._asdict().items()}
        | {"intervals": bounds_of(panels.intervals(sums))},
        "people": [
            _person(name, people[name], habits.get(name)) for name in sorted(people)
        ],
    }


def bounds_of(found: Mapping[str, tuple[float, float]]) -> dict[str, list[Any]]:
    """Intervals by the name of what they are of, null where unknown."""
    return {name: [plain(low), plain(high)] for name, (low, high) in found.items()}


def _person(name: str, cell: Ints, habit: panels.Habit | None) -> dict[str, Any]:
    n, px, q = cell.sum(axis=0).tolist()
    return {
        "annotator": name,
        "points": n,
        "mpjpe": ratio(px / ONE, n),
        "q": ratio(q / ONE, n),
        "hidden_seen": habit and plain(habit.hidden_seen),
        "seen_hidden": habit and plain(habit.seen_hidden),
    }
