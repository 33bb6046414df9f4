"""How often each interval that is printed holds what it should, and each risk is kept.

Scores are simulated as two careful people make them: errors with heavy tails, 2 % gross
ones, a difficulty of each video and of each instance. What is wanted is known, for the
whole lot is drawn before it is sampled.
"""

from typing import Any

import numpy as np
from scipy.special import expit

from posegate.expectations.policy import load_policy
from posegate.transforms.kernels import (
    acceptance,
    agreement,
    calibration,
    jackknife,
    lot,
    panels,
    sampling,
    slices,
    strata,
)
from posegate.transforms.kernels.acceptance import Sprt
from posegate.transforms.kernels.sums import ONE, Key, fixed
from posegate.transforms.model.policy import Policy
from posegate.transforms.model.poses import Floats

LEVEL = 0.95

Row = tuple[str, str, str, str]


def run(times: str = "1000") -> dict[str, Any]:
    """The table of nominal and simulated coverage; seeded."""
    rng = np.random.default_rng(20261121)
    n = int(times)
    rows = [
        *of_lot(rng, n),
        *of_vendor(rng, 8 * n),
        *of_share(rng, n),
        *of_slice(rng, n),
        *of_test(rng, 4 * n),
        *of_gold(rng, n),
        *of_cap(rng, 4 * n),
        *of_sigma(rng, max(50, n // 4)),
        *of_flags(rng, n),
    ]
    return {"rows": rows}


def scores(rng: np.random.Generator, videos: int, each: int) -> Floats:
    """(videos, each) OKS of 17 keypoints against clean gold."""
    shape = (videos, each, 17)
    square = rng.exponential(size=shape) / rng.gamma(2, 1 / 2, size=shape) / 2
    gross = rng.random(shape) < 0.02
    square = np.where(gross, rng.uniform(2, 80, shape), square / 2)
    hard = rng.lognormal(0, 0.35, (videos, 1, 1)) * rng.lognormal(
        0, 0.35, (*shape[:2], 1)
    )
    return np.exp(-square * hard**2 / 8).mean(axis=2)


def told(what: str, nominal: float, kept: list[bool], of: str) -> Row:
    """One line of the table."""
    return what, f"{nominal:.3f}", f"{np.mean(kept):.3f}", of


Kept = tuple[bool, bool, bool]


def holds(found: sampling.Estimate, truth: float) -> Kept:
    """Whether the interval, the lower and the upper bound hold the truth."""
    low, high = found.interval(LEVEL)
    least, most = (found.lower_bound(level) for level in (0.9, 0.1))
    return low <= truth <= high, least <= truth, truth <= most


def of_bounds(what: str, kept: list[Kept], of: str) -> list[Row]:
    """The lines of an estimate."""
    names = ("95 % interval", "90 % lower bound", "90 % upper bound")
    return [
        told(f"{what}, {name}", level, list(held), of)
        for name, level, held in zip(
            names, (LEVEL, 0.9, 0.9), zip(*kept, strict=True), strict=True
        )
    ]


def of_lot(rng: np.random.Generator, times: int) -> list[Row]:
    """Mean OKS of this lot: annotators are strata, videos lie across them."""
    rows = []
    for rate in (0.05, 0.15):
        kept: list[Kept] = []
        for _ in range(times):
            y = scores(rng, 20, 40)
            who = rng.integers(0, 6, y.shape)
            y = y - 0.02 * (who == 0)
            sums: dict[Key, Any] = {}
            for a in range(6):
                units = y[who == a]
                k = int(sampling.quota(np.array([len(units)]), rate)[0])
                seen = rng.permutation(units)[:k]
                sums["stratum", str(a), "", ""] = np.array([len(units), k, 0, 0, 0])
                cell = [k, fixed(seen).sum(), fixed(seen**2).sum()]
                sums["lot", "review", str(a), ""] = np.array(cell)
            kept.append(holds(strata.estimate(sums, ["review"]), float(y.mean())))
        of = f"800 instances, {rate:.0%} drawn in 6 strata"
        rows += of_bounds("mean OKS of the lot", kept, of)
    return rows


VIDEOS = 20_000


def of_vendor(rng: np.random.Generator, times: int) -> list[Row]:
    """Mean OKS of the vendor's work, of whom this lot is one of many: videos drawn from
    more than there will ever be."""
    work = scores(rng, VIDEOS, 40)
    truth = float(work.mean())
    rows = []
    for videos, most in ((5, 12), (20, 12), (60, 12), (20, 40)):
        kept: list[Kept] = []
        naive = []
        for _ in range(times):
            y = work[rng.integers(0, VIDEOS, videos), :most]
            alike = np.full(videos, most)
            n = alike if most == 12 else rng.geometric(0.1, videos).clip(1, most)
            seen = np.arange(most) < n[:, None]
            found = sampling.clustered_mean(n, fixed(y * seen).sum(axis=1) / ONE)
            kept.append(holds(found, truth))
            each = y[seen]
            half = 1.96 * each.std(ddof=1) / np.sqrt(each.size)
            naive.append(abs(each.mean() - truth) <= half)
        of = f"{videos} videos of 12" if most == 12 else f"{videos} videos of 1 to 40"
        rows += of_bounds("mean OKS of the vendor", kept, of)
        rows.append(told("  as if frames were independent", LEVEL, naive, of))
    return rows


def of_share(rng: np.random.Generator, times: int) -> list[Row]:
    """The exact interval of the share of bad instances, where the test stops."""
    plan = Sprt(0.05, 0.10, 0.05, 0.05, 894)
    rows = []
    for share in (0.02, 0.05, 0.10):
        fixed_, stopped = [], []
        for _ in range(times):
            bad = rng.random(plan.cap) < share
            n = stop(plan, bad)
            single = acceptance.Single(150, 10)
            for kept, by, many in ((fixed_, single, 150), (stopped, plan, n)):
                low, high = acceptance.share_interval(by, int(bad[:many].sum()), many)
                kept.append(low <= share <= high)
        what = f"share of bad instances, {share:.0%} bad"
        rows.append(told(what, LEVEL, fixed_, "150 reviews"))
        rows.append(told(what, LEVEL, stopped, "as many as the test takes"))
    return rows


def of_slice(rng: np.random.Generator, times: int) -> list[Row]:
    """The share of a slice with a finding, in videos of ten that are alike."""
    rows, alike = [], 0.3
    for videos in (8, 20, 60, 300):
        for share in (0.02, 0.10):
            kept = []
            for _ in range(times):
                shape = np.array([share, 1 - share]) * (1 - alike) / alike
                group = rng.integers(0, slices.GROUPS, videos)
                found = rng.binomial(10, rng.beta(*shape, videos))
                cells = [
                    np.bincount(group, each, slices.GROUPS).astype(np.int64)
                    for each in (found, np.full(videos, 10))
                ]
                sums: dict[Key, Any] = {
                    ("slice", "light", "night", ""): cells[1],
                    ("slice", "light", "night", "r"): cells[0],
                    ("slice", "light", "day", ""): cells[1],
                    ("slice", "light", "day", "r"): cells[0],
                }
                one = slices.judge(sums, 0.05, 1)[0]
                kept.append(one.low <= share <= one.high)
            of = f"{videos} videos of 10, correlation .3"
            rows.append(told(f"share of a slice, {share:.0%}", LEVEL, kept, of))
    return rows


def stop(plan: Sprt, bad: Any) -> int:
    """How many reviews the sequential test takes."""
    accept, reject = plan.bounds()
    so_far = np.cumsum(bad)
    n = np.arange(1, len(bad) + 1)
    done = (so_far <= accept[n]) | (so_far >= reject[n])
    return int(np.argmax(done)) + 1


def of_test(rng: np.random.Generator, times: int) -> list[Row]:
    """The risks of the test of a lot, reviewed by turns of its videos."""
    plan = Sprt(0.05, 0.10, 0.05, 0.05, 894)
    rows = []
    for videos in (10, 60):
        for share, risk in ((plan.p0, "rejecting at p0"), (plan.p1, "accepting at p1")):
            wrong = []
            for _ in range(times):
                wrong.append(judged(rng, plan, videos, share) == (risk[0] == "r"))
            of = f"{videos} videos, correlation .15"
            rows.append(told(f"risk of {risk}", 0.05, wrong, of))
    return rows


def of_gold(rng: np.random.Generator, times: int) -> list[Row]:
    """The risks of the test of a lot on gold of whole videos, one after another."""
    rows, each = [], 12
    settings = policy()
    for name, alike in (("gold of whole videos", 0.15), ("  counted one by one", 0.0)):
        test = settings.acceptance.model_copy(update={"alike": alike})
        by = settings.model_copy(update={"acceptance": test})
        for share, risk in ((test.p0, "rejecting at p0"), (test.p1, "accepting at p1")):
            wrong = []
            for _ in range(times):
                spread = np.array([share, 1 - share]) * (1 - 0.15) / 0.15
                bad = rng.binomial(each, rng.beta(*spread, 300)).cumsum()
                wrong.append(by_gold(by, bad, each) == (risk[0] == "r"))
            what = f"{name}, risk of {risk}"
            rows.append(told(what, 0.05, wrong, "12 a video, correlation .15"))
    return rows


def policy() -> Policy:
    """The general policy."""
    said = load_policy("general")
    return Policy.model_validate({k: said[k] for k in Policy.model_fields if k in said})


def by_gold(settings: Policy, bad: Any, each: int) -> bool:
    """Whether a lot is rejected, so many of whose gold are bad after each video."""
    sums: dict[Key, Any] = {("stratum", "", "", ""): np.array([100_000, 0, 0, 0, 0])}
    for number, count in enumerate(bad.tolist(), 1):
        sums["cluster", "gold", f"v{number}", ""] = np.array([each, 0])
        sums["judged", "ann", "gold", ""] = np.array([number * each, count, 0])
        said = lot.tested(sums, settings).outcome.verdict
        if said != "hold":
            break
    return said == "reject"


def of_cap(rng: np.random.Generator, times: int) -> list[Row]:
    """The risks that are said of a test that is cut off, on independent reviews."""
    rows = []
    for cap in (894, 298, 100):
        plan = Sprt(0.05, 0.10, 0.05, 0.05, cap)
        said = acceptance.risks(plan, 0, plan)
        for share, name, risk in (
            (plan.p0, "reject", said.reject),
            (plan.p1, "accept", said.accept),
        ):
            wrong = []
            for _ in range(times):
                bad = rng.random(cap) < share
                n = stop(plan, bad)
                count = int(bad[:n].sum())
                wrong.append(plan.decide(count, n - count).verdict == name)
            what = f"risk to {name} at {share:.0%}"
            rows.append(told(what, risk, wrong, f"independent reviews, cap {cap}"))
    return rows


def judged(
    rng: np.random.Generator, plan: Sprt, videos: int, share: float, icc: float = 0.15
) -> bool:
    """Whether a lot with exactly this share of bad instances is rejected."""
    spread = (1 - icc) / icc
    each = 3000 // videos
    quality = rng.beta(share * spread, (1 - share) * spread, videos) + 1e-6
    for _ in range(30):
        quality = np.minimum(quality * share / quality.mean(), 1)
    bad = rng.random((each, videos)) < quality  # row by row is a pass over the videos
    n = stop(plan, bad.ravel()[: plan.cap])
    count = int(bad.ravel()[:n].sum())
    return plan.decide(count, n - count).verdict == "reject"


def of_sigma(rng: np.random.Generator, times: int) -> list[Row]:
    """The interval of a sigma, with a share of the variance between people."""
    rows = []
    for people, between in ((12, 0.0), (12, 0.3), (40, 0.3)):
        kept = []
        for _ in range(times):
            one = rng.integers(0, people, 400)
            other = (one + rng.integers(1, people, 400)) % people
            scale = rng.lognormal(np.log(150), 0.6, 400)
            bias = rng.normal(0, np.sqrt(between / 4), (people, 2))
            own = rng.normal(0, np.sqrt((1 - between) / 4), (2, 400, 2))
            error = 0.062 * scale[:, None] * (own[0] - own[1] + bias[one] - bias[other])
            found = calibration.sigma_of(error, scale, one, other, LEVEL)
            kept.append(bool(found.low <= 0.062 <= found.high))
        of = f"400 pairs of {people}, {between:.0%} between people"
        rows.append(told("sigma, 95 % interval", LEVEL, kept, of))
    return rows


def of_flags(rng: np.random.Generator, times: int) -> list[Row]:
    """Coefficients of agreement on occluded or seen; flags of a video are alike."""
    rows = []
    for name, people, usual, right in (
        ("kappa", 2, 0.35, 3.0),
        ("AC1", 2, 0.05, 3.5),
        ("alpha", 3, 0.35, 3.0),
    ):
        truth = said_alike(rng, name, people, 20_000, usual, right)[0]
        for videos in (6, 20, 60):
            kept = []
            for _ in range(times):
                _, (low, high) = said_alike(rng, name, people, videos, usual, right)
                kept.append(low <= truth <= high)
            of = f"{videos} videos of 8 instances, {people} people"
            rows.append(told(f"{name} of flags, 95 % interval", LEVEL, kept, of))
    return rows


def said_alike(
    rng: np.random.Generator,
    name: str,
    people: int,
    videos: int,
    usual: float,
    right: float,
) -> tuple[float, tuple[float, float]]:
    """A coefficient and its interval where so many people flag each of 17 keypoints.

    How many are occluded (`usual`) and how often a person is right (logit `right`)
    differ between videos and between instances.
    """
    part, whole = (videos, 1, 1), (videos, 8, 17)
    odds = np.log(usual / (1 - usual)) + rng.normal(0, 1, part)
    hidden = rng.random(whole) < expit(odds + rng.normal(0, 0.7, (videos, 8, 1)))
    sure = expit(right + rng.normal(0, 0.6, part) + rng.normal(0, 0.5, (videos, 8, 1)))
    wrong = rng.random((people, *whole)) > sure
    group = rng.integers(0, jackknife.GROUPS, videos)
    seen = (~(hidden ^ wrong)).astype(np.int64)
    if people > 2:
        count = seen.sum(axis=0).reshape(videos, -1)
        sums: dict[Key, Any] = {
            ("panel", str(people - n), str(n), ""): np.bincount(
                group, (count == n).sum(axis=1), jackknife.GROUPS
            ).astype(np.int64)
            for n in range(people + 1)
        }
        flags = panels.flags(sums)
        assert flags is not None
        return flags.alpha, panels.intervals(sums)[name]
    cell = np.zeros((jackknife.GROUPS, 2, 2), np.int64)
    which = np.broadcast_to(group[:, None, None], whole)
    np.add.at(cell, (which, seen[0], seen[1]), 1)
    fits = agreement.cohen_kappa if name == "kappa" else agreement.ac1

    def coefficient(table: Any) -> float:
        return float(fits(table))

    return coefficient(cell.sum(axis=0)), jackknife.interval(cell, coefficient)
