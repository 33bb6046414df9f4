"""Synthetic reports: a rich one, an empty one, and one full of hostile names."""

import copy
from typing import Any

import numpy as np
import pytest

KEYPOINTS = [
    "nose", "left_eye", "right_eye", "left_ear", "right_ear", "left_shoulder",
    "right_shoulder", "left_elbow", "right_elbow", "left_wrist", "right_wrist",
    "left_hip", "right_hip", "left_knee", "right_knee", "left_ankle", "right_ankle",
]  # fmt: skip
LIMBS = [
    [15, 13], [13, 11], [16, 14], [14, 12], [11, 12], [5, 11], [6, 12], [5, 6],
    [5, 7], [6, 8], [7, 9], [8, 10], [0, 1], [0, 2], [1, 3], [2, 4],
]  # fmt: skip
POSE = np.array(
    [[0, -88], [4, -92], [-4, -92], [9, -90], [-9, -90], [20, -65], [-20, -65],
     [28, -35], [-28, -35], [32, -6], [-32, -6], [13, 0], [-13, 0], [15, 42],
     [-15, 42], [16, 84], [-16, 84]], float,
)  # fmt: skip
WEEKS = [f"2026-W{week:02d}" for week in range(38, 48)]
HOSTILE = [
    "<script>document.title='PWNED'</script>",
    "</style><style>body{display:none}</style>",
    "\"'><img src=x onerror=alert(1)>",
    "line\nbreak\r\nand\ttab",
    "\u202egnp.exe\u2066",
    "x" * 10_000,
    "{{ 7*7 }}{% raw %}",
    "\ud800 lone surrogate",
    "-->]]></svg></title></textarea>",
]


def rich(annotators: int = 24, seed: int = 7) -> dict[str, Any]:
    """A rejected delivery of about 10,000 instances with every section filled."""
    rng = np.random.default_rng(seed)
    people = [f"ann-{i:02d}" for i in range(1, annotators + 1)]
    return {
        "posegate": "0.1.0",
        "run": "5f0c6a41d2b7e893",
        "project": "cricket-bowling",
        "policy": "sports",
        "delivery": {
            "name": "2026-W46",
            "vendor": "Cumulus Labels",
            "received": "2026-11-16",
            "path": "gs://deliveries/cumulus/2026-W46",
        },
        "skeleton": {
            "name": "coco_17",
            "version": "1",
            "keypoints": KEYPOINTS,
            "limbs": LIMBS,
        },
        "verdict": "reject",
        "reasons": _reasons(),
        "counts": _counts(people),
        "agreement": _agreement(rng),
        "sampling": _sampling(),
        "acceptance": _acceptance(),
        "heat": _heat(rng, people),
        "drift": _drift(rng),
        "worst": [_worst(rng, i) for i in range(24)],
        "annotators": _annotators(rng, people),
        "expectations": _expectations(),
    }


def _sampling() -> dict[str, Any]:
    return {
        "rate": 0.1, "sampled": 952, "reviewed": 893, "lacking": 59, "strata": 24,
        "drawn": {"population": 8571, "accept": 894, "reserve": 0, "monitor": 58,
                  "partial": 0},
        "asked": 894, "asked_lacking": 1, "counted": 894, "not_drawn": 2,
        "next": [{"order": 7, "instance": "00ab", "image": "frame-7.jpg",
                  "video": "v3", "annotator": "ann-03", "source": "a.json",
                  "position": 4}],
    }  # fmt: skip


def _acceptance() -> dict[str, Any]:
    return {
        "plan": "sequential", "p0": 0.05, "p1": 0.1, "alpha": 0.05, "beta": 0.05,
        "cap": 894, "reviewed": 893, "bad": 28, "share": 28 / 893, "low": 0.021,
        "high": 0.045, "verdict": "accept", "more": 0,
        "curve": {"share": [0.0, 0.05, 0.1, 0.22], "accepted": [1, 0.96, 0.05, 0],
                  "reviews": [55, 163, 141, 30]},
    }  # fmt: skip


def _reasons() -> list[dict[str, Any]]:
    rows = [
        ("agreement", "reject", 0.866, 0.9, "The median OKS of the sample is 0.866 "
         "(95 % interval 0.858 to 0.874); the policy asks for 0.90 at least."),
        ("acceptance", "accept", 0.031, 0.05, "3.1 % of the reviewed instances are "
         "bad; the sequential test accepts up to 5 % at a risk of 5 %."),
        ("annotators", "hold", 0.22, 0.1, "ann-10 placed left_wrist and right_wrist "
         "12.4 px to the right since 2026-W43; its streams are held."),
        ("defects", "reject", 0.0345, 0.01, "329 of 9,523 instances (3.45 %) broke "
         "a rule that rejects; the policy allows 1 %."),
        ("contract", "accept", None, None, "All 14 expectations of the data contract "
         "are met."),
    ]  # fmt: skip
    names = ("gate", "verdict", "value", "limit", "text")
    return [
        {**dict(zip(names, row, strict=True)), "passed": row[1] == "accept"}
        for row in rows
    ]


def _counts(people: list[str]) -> dict[str, Any]:
    findings = [
        ("anatomy.limb-length", "review", 212, 240, "A limb is far longer or shorter "
         "than this person's others allow."),
        ("anatomy.left-right-swap", "reject", 181, 181, "Left and right keypoints of a "
         "pair are exchanged."),
        ("structure.outside-image", "reject", 96, 131, "A keypoint lies outside its "
         "image."),
        ("structure.collapsed", "reject", 52, 104, "Two keypoints share one position."),
        ("visibility.unlabelled-with-position", "note", 640, 911, "A keypoint marked "
         "as not labelled still has a position."),
    ]  # fmt: skip
    names = ("rule", "severity", "instances", "findings", "manual")
    return {
        "records": 9541, "instances": 9523, "quarantined": 18, "frames": 8102,
        "videos": 46, "annotators": len(people), "approved": 8421, "rework": 533,
        "held": 240, "excluded": 329,
        "roles": {"production": 8571, "gold": 310, "review": 642},
        "repairs": {"coco.unlabelled-with-position": 640, "coco.area-missing": 77,
                    "coco.bbox-missing": 12},
        "quarantine": {"json.truncated": 11, "coco.keypoint-count": 5,
                       "coco.category-unknown": 2},
        "findings": [dict(zip(names, row, strict=True)) for row in findings],
        "skipped": [{"rule": "motion.jitter",
                     "reason": "the instances of this delivery have no track"}],
    }  # fmt: skip


def _agreement(rng: np.random.Generator) -> dict[str, Any]:
    oks = np.clip(1 - rng.gamma(1.9, 0.06, 893), 0, 1)
    counts, edges = np.histogram(oks, 40, (0, 1))
    q = rng.uniform(0.6, 1.2, len(KEYPOINTS))
    q[[9, 10]] = 2.1, 1.9
    return {
        "pairs": 893,
        "kinds": {"gold": 310, "review": 402, "second": 181},
        "threshold": 0.85,
        "oks": {"mean": 0.852, "median": 0.866, "low": 0.858, "high": 0.874,
                "below": float((oks < 0.85).mean())},
        "oks_sym": {"mean": 0.831, "median": 0.848, "low": 0.838, "high": 0.858,
                    "below": 0.41},
        "pck": 0.943,
        "pck_normaliser": "torso",
        "pck_fraction": 0.2,
        "lot": {"mean": 0.852, "low": 0.846, "high": 0.858, "covered": 1.0},
        "vendor": {"mean": 0.861, "low": 0.85, "high": 0.872, "clusters": 46},
        "outlines": {"pairs": 120, "iou": 0.913, "boundary_iou": 0.744, "dice": 0.951},
        "variants": [{"tool": "CVAT: one sigma", "pairs": 893, "mean": 0.981}],
        "panels": {
            "flags": {"units": 910, "people": 4, "alike": 0.93, "fleiss": 0.735,
                      "alpha": 0.736, "ac1": 0.88},
            "people": [{"annotator": "ann-02", "points": 300, "mpjpe": 4.1, "q": 0.9,
                        "hidden_seen": 0.1, "seen_hidden": None}],
        },
        "mpjpe": 7.83,
        "histogram": {"edges": edges.tolist(), "counts": counts.tolist()},
        "keypoints": [
            {"keypoint": name, "n": int(rng.integers(400, 890)), "mpjpe": 6.1 * each,
             "q": each,
             "mistakes": {"good": 800, "jitter": 60, "inversion": 9, "swap": 3,
                          "miss": 21}}
            for name, each in zip(KEYPOINTS, q.tolist(), strict=True)
        ],
        "visibility": {
            "levels": [0, 1, 2],
            "matrix": [[412, 88, 40], [61, 1893, 402], [22, 371, 11892]],
            "statistic": "kappa", "value": 0.71, "alike": 0.94,
            "prevalence": [0.3, 0.7],
            "contract": {"kappa": 0.71, "limit": 0.75, "kept": False},
            "note": "Occluded against visible is the usual disagreement.",
        },
    }  # fmt: skip


def _heat(rng: np.random.Generator, people: list[str]) -> dict[str, Any]:
    value = rng.gamma(30, 0.9 / 30, (len(people), len(KEYPOINTS)))
    n = rng.integers(12, 120, value.shape)
    value[9 % len(people), 9:11] = 2.2, 2.1
    value[4 % len(people)] += 0.55
    n[2 % len(people), 3:6] = 4
    shown: list[list[float | None]] = value.tolist()
    shown[2 % len(people)][2] = None
    n[2 % len(people), 2] = 0
    return {
        "annotators": people,
        "keypoints": KEYPOINTS,
        "value": shown,
        "n": n.tolist(),
    }


def _drift(rng: np.random.Generator) -> dict[str, Any]:
    streams = [
        _stream(rng, "ann-10", "left_wrist", 5, 12.4, "right"),
        _stream(rng, "ann-10", "right_wrist", 5, 9.8, "right"),
        _stream(rng, "ann-05", "left_ankle", 7, 6.2, "down and left"),
        *[_stream(rng, f"ann-{i:02d}", "nose", 99, 0.8, "") for i in range(11, 24)],
    ]
    marks = [
        {"annotator": "ann-10", "keypoint": "left_wrist", "week": week, "mean_px": 13.1}
        for week in WEEKS[6:8]
    ]
    return {"weeks": WEEKS, "limit_px": 8, "streams": streams, "contract": marks,
            "note": "Baselines are the first four weeks of every stream."}  # fmt: skip


def _stream(
    rng: np.random.Generator, who: str, keypoint: str, start: int, effect: float,
    direction: str,
) -> dict[str, Any]:  # fmt: skip
    late = np.arange(len(WEEKS)) >= start
    statistic = rng.chisquare(2, len(WEEKS)) * 0.7 + late * effect * 2.6
    limit = [None, None, *np.full(len(WEEKS) - 2, 13.8).tolist()]
    return {
        "annotator": who, "keypoint": keypoint, "weeks": WEEKS,
        "n": rng.integers(8, 60, len(WEEKS)).tolist(),
        "statistic": [None, *statistic[1:].tolist()], "limit": limit,
        "offset_px": [[effect * float(x), 0.4] for x in late],
        "mean_px": (4 + late * effect).tolist(),
        "alarm": [bool(s > 13.8 and x) for s, x in zip(statistic, late, strict=True)],
        "since": WEEKS[start] if start < len(WEEKS) else None,
        "effect_px": effect, "direction": direction,
    }  # fmt: skip


def _worst(rng: np.random.Generator, i: int) -> dict[str, Any]:
    truth = POSE * rng.uniform(0.8, 2.2) + rng.uniform(200, 800, 2)
    truth = truth + rng.normal(0, 3, truth.shape)
    xy = truth + rng.normal(0, 2.5, truth.shape)
    broken = [9, 10] if i % 3 == 0 else [15] if i % 3 == 1 else []
    if i % 3 == 0:
        xy[[5, 6, 7, 8, 9, 10]] = xy[[6, 5, 8, 7, 10, 9]]
    elif i % 3 == 1:
        xy[15] += (60, 35) if i != 4 else (1e9, 0)
    points: list[Any] = xy.round(1).tolist()
    points[3] = None if i % 4 == 2 else points[3]
    rules = [["anatomy.left-right-swap"], ["structure.outside-image"], []][i % 3]
    return {
        "instance": f"{rng.integers(2**63):016x}",
        "image": f"bowling/video_{i:03d}/frame_{i * 31:06d}.jpg",
        "annotator": f"ann-{1 + i % 12:02d}",
        "oks": 0.21 + 0.02 * i,
        "rules": rules,
        "source": "shard-03.json.gz",
        "position": 1200 + i,
        "xy": points,
        "visibility": [1 if k % 5 == 2 else 2 for k in range(len(points))],
        "reference_xy": truth.round(1).tolist() if i % 4 else None,
        "keypoints": [KEYPOINTS[k] for k in broken],
    }


def _annotators(rng: np.random.Generator, people: list[str]) -> list[dict[str, Any]]:
    return [
        {
            "annotator": name,
            "instances": int(rng.integers(120, 620)),
            "pairs": int(rng.integers(10, 60)),
            "oks": float(rng.normal(0.9, 0.02)) - 0.08 * (name == "ann-10"),
            "rejected": int(rng.integers(0, 20)),
            "visible_share": float(rng.uniform(0.7, 0.95)),
            "alarms": 2 * (name == "ann-10") + (name == "ann-05"),
            "notes": ["wrists 12.4 px to the right since 2026-W43"]
            * (name == "ann-10"),
        }
        for name in people
    ]


def _expectations() -> list[dict[str, Any]]:
    rows = [
        ("canonical_contract", "column values to be unique", "instance", True, True, 0),
        ("canonical_contract", "values to be between", "width", True, True, "1-384"),
        ("delivery_acceptance", "median OKS to be at least 0.90", "delivery", False,
         True, 0.866),
        ("delivery_acceptance", "error rate to be at most 1 %", "delivery", False, True,
         "3.45 %"),
        ("delivery_acceptance", "left/right swaps to be at most 0.5 %", "delivery",
         False, False, "1.9 %"),
    ]  # fmt: skip
    names = ("suite", "expectation", "subject", "success", "critical", "observed")
    return [dict(zip(names, row, strict=True)) for row in rows]


def blank() -> dict[str, Any]:
    """A delivery in which nothing could be read: no instance, no pair, no number."""
    nothing = {"mean": None, "median": None, "low": None, "high": None, "below": None}
    return {
        "posegate": "0.1.0", "run": "0000", "project": "p", "policy": "general",
        "delivery": {"name": "empty", "vendor": None, "received": None, "path": "d"},
        "skeleton": {"name": "coco_17", "version": None, "keypoints": KEYPOINTS,
                     "limbs": LIMBS},
        "verdict": "hold", "reasons": [],
        "counts": {
            "records": 0, "instances": 0, "quarantined": 0, "frames": 0, "videos": 0,
            "annotators": 0, "approved": 0, "rework": 0, "held": 0, "excluded": 0,
            "roles": {}, "repairs": {}, "quarantine": {}, "findings": [], "skipped": [],
        },
        "agreement": {
            "pairs": 0, "kinds": {}, "threshold": 0.85, "oks": nothing,
            "oks_sym": nothing, "pck": None, "mpjpe": float("nan"),
            "histogram": {"edges": [], "counts": []}, "keypoints": [],
            "visibility": {"levels": [], "matrix": [], "statistic": "kappa",
                           "value": None, "note": ""},
        },
        "sampling": {"rate": 0.1, "sampled": 0, "reviewed": 0, "lacking": 0},
        "heat": {"annotators": [], "keypoints": [], "value": [], "n": []},
        "drift": {"weeks": [], "limit_px": 8, "streams": [], "contract": [],
                  "note": ""},
        "worst": [], "annotators": [], "expectations": [],
    }  # fmt: skip


def hostile() -> dict[str, Any]:
    """The rich report with every free text replaced by something that wants out."""
    turn = iter(range(10**9))
    fixed = {"verdict", "gate", "severity", "statistic"}

    def spoil(value: Any, key: str = "") -> Any:
        if isinstance(value, dict):
            return {k: spoil(each, k) for k, each in value.items()}
        if isinstance(value, list):
            return [spoil(each, key) for each in value]
        if isinstance(value, str) and key not in fixed:
            return HOSTILE[next(turn) % len(HOSTILE)]
        return value

    report = spoil(copy.deepcopy(rich()))
    report["counts"]["repairs"] = {name: 1 for name in HOSTILE}
    report["counts"]["roles"] = {name: 1 for name in HOSTILE}
    return report


def fleet(deliveries: int = 10) -> list[dict[str, Any]]:
    """Weekly deliveries, oldest first; the seventh is on hold, the last is rejected."""
    reports = []
    for i in range(deliveries):
        report = rich(seed=i)
        week = f"2026-W{37 - deliveries + i + 10:02d}"
        report["delivery"] |= {"name": week, "vendor": ["Acme", "Borealis"][i % 2]}
        report["run"] = f"{i:016x}"
        report["page"] = f"deliveries/{week}/runs/{i:016x}/dashboard.html"
        report["verdict"] = "accept"
        median = 0.93 + 0.012 * np.sin(2.0 * i)
        if i == 6:
            report["verdict"], median = "hold", 0.912
        if i == deliveries - 1:
            report["verdict"], median = "reject", 0.866
        report["agreement"]["oks"]["median"] = float(median)
        reports.append(report)
    return reports


@pytest.fixture(name="rich")
def rich_report() -> dict[str, Any]:
    return rich()


@pytest.fixture(name="blank")
def blank_report() -> dict[str, Any]:
    return blank()


@pytest.fixture(name="hostile")
def hostile_report() -> dict[str, Any]:
    return hostile()


@pytest.fixture(name="fleet")
def fleet_of_reports() -> list[dict[str, Any]]:
    return fleet()
