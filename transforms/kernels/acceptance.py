"""Accept, reject or look at more: decisions on counts of bad and good reviews."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from math import ceil, log
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import stats

from posegate.transforms.kernels.discoveries import benjamini_hochberg
from posegate.transforms.model.policy import Policy
from posegate.transforms.model.poses import Bools, Floats

Ints = npt.NDArray[np.int64]
Amounts = Ints | Floats
"""Numbers of instances, or what they count for."""
Verdict = Literal["accept", "reject", "hold"]


class Outcome(NamedTuple):
    """What the reviews so far allow; `more` good ones would lead to acceptance.

    `llr` is the log likelihood ratio of p1 to p0. `more` is 0 once it is decided.
    """

    verdict: Verdict
    llr: float
    more: int


@dataclass(frozen=True)
class Sprt:
    """Wald's sequential probability ratio test on the share of bad instances.

    A delivery with a share p0 is rejected with probability alpha, one with p1 accepted
    with probability beta. Cut off at `cap` reviews, where the sign of the log
    likelihood ratio decides. A statement about this lot; about the vendor's long run
    only where the reviews come from 60 videos or more.
    """

    p0: float
    p1: float
    alpha: float
    beta: float
    cap: int

    def __post_init__(self) -> None:
        if not 0 < self.p0 < self.p1 < 1:
            raise ValueError(
                f"acceptance: p0 = {self.p0}, p1 = {self.p1}; give 0 < p0 < p1 < 1"
            )
        if not (self.alpha > 0 and self.beta > 0 and self.alpha + self.beta < 1):
            raise ValueError(
                f"acceptance: alpha = {self.alpha}, beta = {self.beta}; "
                "give two risks above 0 whose sum is below 1"
            )
        if self.cap < 1:
            raise ValueError(
                f"acceptance: cap = {self.cap}; give the largest number of reviews, "
                "three times that of the single plan if in doubt"
            )
        if self.cap > LARGEST_SAMPLE:
            raise ValueError(
                f"acceptance: cap = {self.cap:,}; nobody makes more than "
                f"{LARGEST_SAMPLE:,} reviews of one delivery: give that or less"
            )

    @cached_property
    def llr_bad(self) -> float:
        """What one bad review adds."""
        return log(self.p1 / self.p0)

    @cached_property
    def llr_good(self) -> float:
        """What one good review adds; negative."""
        return log((1 - self.p1) / (1 - self.p0))

    @cached_property
    def reject_at(self) -> float:
        """The upper boundary."""
        return log((1 - self.beta) / self.alpha)

    @cached_property
    def accept_at(self) -> float:
        """The lower boundary."""
        return log(self.beta / (1 - self.alpha))

    def decide(self, bad: float, good: float) -> Outcome:
        """The verdict on so many bad and good reviews, or on what they count for.

        Reviews come in batches, so a crossing in the middle of a batch is not seen. At
        the cap the sign decides, and already before it where no outcome of the
        remaining reviews could change the sign.
        """
        llr = bad * self.llr_bad + good * self.llr_good
        left = max(0.0, self.cap - bad - good)
        best, worst = llr + left * self.llr_good, llr + left * self.llr_bad
        if llr >= self.reject_at or best >= 0:
            return Outcome("reject", llr, 0)
        if llr <= self.accept_at or worst < 0:
            return Outcome("accept", llr, 0)
        return Outcome("hold", llr, self._more(bad, good))

    def _more(self, bad: float, good: float) -> int:
        """Good reviews until `decide` accepts: by the boundary, or near the cap."""
        llr = bad * self.llr_bad + good * self.llr_good
        boundary = ceil((llr - self.accept_at) / -self.llr_good)
        # After m more good ones the cap rule accepts once
        # llr + m llr_good + (left - m) llr_bad < 0.
        left = self.cap - bad - good
        step = self.llr_bad - self.llr_good
        near_cap = int((llr + left * self.llr_bad) // step) + 1
        return max(1, min(boundary, near_cap, ceil(left)))

    def within(self, lot: int) -> "Sprt":
        """The test on a lot of so many: once all are reviewed the sign decides."""
        return replace(self, cap=max(1, min(self.cap, lot)))

    @property
    def least(self) -> int:
        """The fewest reviews that accept: all of them good."""
        return self.decide(0, 0).more

    def bounds(self) -> tuple[Ints, Ints]:
        """After n = 0 … cap reviews: the most bad that accept, the fewest that reject.

        (cap + 1,) each; -1 and n + 1 where no number does.
        """
        n = np.arange(self.cap + 1)
        low, high = (
            np.full(len(n), -1),
            n + 1,
        )  # bisect: accepts at low, rejects at high
        reject = self._first(lambda bad: self._rejects(bad, n - bad), low, high)
        left = self._first(lambda bad: ~self._accepts(bad, n - bad), low, reject)
        return left - 1, reject

    def _rejects(self, bad: Ints, good: Ints) -> Bools:
        llr = bad * self.llr_bad + good * self.llr_good
        best = llr + (self.cap - bad - good) * self.llr_good
        return (llr >= self.reject_at) | (best >= 0)

    def _accepts(self, bad: Ints, good: Ints) -> Bools:
        llr = bad * self.llr_bad + good * self.llr_good
        worst = llr + (self.cap - bad - good) * self.llr_bad
        return (llr <= self.accept_at) | (worst < 0)

    @staticmethod
    def _first(holds: Callable[[Ints], Bools], low: Ints, high: Ints) -> Ints:
        """(R,) the first number above `low` for which it holds; `high` if none below
        does. What holds of a number holds of every larger one."""
        while (high - low > 1).any():
            middle = (low + high) // 2
            found = holds(middle)
            apart = high - low > 1
            high = np.where(apart & found, middle, high)
            low = np.where(apart & ~found, middle, low)
        return high


LARGEST_SAMPLE = 50_000
"""Reviews of the largest plan: nobody makes more of one delivery."""


@dataclass(frozen=True)
class Single:
    """A single plan: `n` reviews, of which at most `most` may be bad.

    It decides as soon as the reviews that are left could change nothing.
    """

    n: int
    most: int

    @property
    def cap(self) -> int:
        """The reviews after which it has decided."""
        return self.n

    @property
    def least(self) -> int:
        """As many as it names: who chooses a single plan wants to know beforehand."""
        return self.n

    def decide(self, bad: float, good: float) -> Outcome:
        """The verdict on so many bad and good reviews; there is no likelihood ratio."""
        if bad > self.most:
            return Outcome("reject", np.nan, 0)
        more = ceil(self.n - self.most - good)
        return Outcome("hold" if more > 0 else "accept", np.nan, max(0, more))

    def within(self, lot: int) -> "Single":
        """The plan for a lot of so many, its acceptance number in proportion."""
        n = max(1, min(self.n, lot))
        return Single(n, self.most * n // self.n)

    def bounds(self) -> tuple[Ints, Ints]:
        """As `Sprt.bounds`."""
        n = np.arange(self.n + 1)
        accept = np.minimum(n - (self.n - self.most), self.most)
        return np.maximum(accept, -1), np.minimum(self.most, n) + 1


Plan = Sprt | Single
"""What decides on a lot by its reviews."""


SETTLED = 1e-12
"""Of lots of a quality: what share may be left out of the operating curve."""


class Curve(NamedTuple):
    """Of lots with a `share` of bad instances: which share of them is accepted, and
    the mean number of reviews; each (P,)."""

    share: Floats
    accepted: Floats
    reviews: Floats


def operating_curve(plan: Plan, share: Floats) -> Curve:
    """What a plan does to lots of each quality: (P,); exact, by the reviews' number.

    The bad among n reviews walk from 0; what crosses a bound stops. For lots much
    larger than the plan's cap; small ones are decided a little sooner.
    """
    accept, reject = plan.bounds()
    at = np.zeros((len(share), int(reject.max()) + 1))  # (P, bad) still undecided
    at[:, 0] = 1.0
    accepted, reviews = np.zeros(len(share)), np.zeros(len(share))
    chance = share[:, None]
    for n in range(1, plan.cap + 1):
        reviews += at.sum(axis=1)
        at[:, 1:] = at[:, 1:] * (1 - chance) + at[:, :-1] * chance
        at[:, :1] *= 1 - chance
        accepted += at[:, : accept[n] + 1].sum(axis=1)
        at[:, : accept[n] + 1] = 0.0
        at[:, reject[n] :] = 0.0
        if not at.max() > SETTLED:
            break
    return Curve(share, accepted, reviews)


class Risks(NamedTuple):
    """Of rejecting a lot of p0, and of accepting one of p1."""

    reject: float
    accept: float


def risks(plan: Plan, lot: int, wanted: Sprt) -> Risks:
    """What a plan risks with a lot of so many (0: not known), if it is `wanted` to keep
    alpha and beta.

    Those, for Wald's bounds keep them to alpha / (1 - beta) and beta / (1 - alpha).
    But a cap that ends many tests by the sign costs more, as its operating curve says;
    a lot that is reviewed to the last errs in nothing more.
    """
    if 0 < lot <= plan.cap:
        return Risks(wanted.alpha, wanted.beta)
    curve = operating_curve(plan, np.array([wanted.p0, wanted.p1]))
    reject, accept = 1 - float(curve.accepted[0]), float(curve.accepted[1])
    return Risks(
        wanted.alpha if reject <= wanted.alpha / (1 - wanted.beta) else reject,
        wanted.beta if accept <= wanted.beta / (1 - wanted.alpha) else accept,
    )


def single_plan(p0: float, p1: float, alpha: float, beta: float) -> tuple[int, int]:
    """The smallest single sample with these risks: n, and the most bad it accepts.

    The usual cap of the sequential test is three times its n.

    Raises:
      ValueError: p0 and p1 lie too near to one another for any sample that is taken.
    """
    spread = sum(
        stats.norm.isf(risk) * np.sqrt(p * (1 - p))
        for risk, p in ((alpha, p0), (beta, p1))
    )
    if not (p1 > p0 and (spread / (p1 - p0)) ** 2 <= LARGEST_SAMPLE):
        raise ValueError(
            f"p0 = {p0:g} and p1 = {p1:g} can only be told apart by more than "
            f"{LARGEST_SAMPLE:,} reviews; set them further apart"
        )
    most = 0
    while True:
        n = most + 1
        step = 1 << 20
        while step:  # largest n that still misses beta, by halving steps
            if stats.binom.cdf(most, n + step - 1, p1) > beta:
                n += step
            step >>= 1
        if stats.binom.cdf(most, n, p0) >= 1 - alpha:
            return n, most
        most += 1


def plan_of(policy: Policy) -> Plan:
    """The policy's test of a lot; raises ValueError for risks that make none."""
    risks, test = policy.acceptance, sequential(policy)
    if risks.plan == "sequential":
        return test
    return Single(*single_plan(risks.p0, risks.p1, risks.alpha, risks.beta))


def sequential(policy: Policy) -> Sprt:
    """Wald's test with the policy's risks."""
    risks = policy.acceptance
    return Sprt(risks.p0, risks.p1, risks.alpha, risks.beta, risks.cap)


def annotator_gate(bad: Amounts, n: Amounts, p0: float, alpha: float) -> Bools:
    """Annotators with more bad instances than p0 explains: (A,), (A,) -> (A,).

    Binomial tail of each (of what is no whole number the beta distribution's), false
    discovery rate alpha over those who were reviewed. A gate of the whole delivery
    cannot see them: 2 % of the volume at 40 % bad leaves the delivery below 5 %.
    """
    some = np.where(bad > 0, bad, 1)
    tail = np.where(bad > 0, stats.beta.cdf(p0, some, n - some + 1), 1.0)
    return benjamini_hochberg(np.where(n > 0, tail, np.nan), alpha).rejected


def clopper_pearson(
    bad: Amounts, n: Amounts, level: float = 0.95
) -> tuple[Floats, Floats]:
    """Exact two-sided interval of a share: (…), (…) -> low, high (…).

    Clopper and Pearson 1934: covers at least at the level. (0, 1) where n = 0.
    """
    bad, n = (np.asarray(each, np.float64) for each in (bad, n))
    tail = (1 - level) / 2
    low = stats.beta.ppf(tail, np.where(bad > 0, bad, 1), n - bad + 1)
    high = stats.beta.ppf(1 - tail, bad + 1, np.where(bad < n, n - bad, 1))
    return np.where(bad > 0, low, 0.0), np.where(bad < n, high, 1.0)


STOPPED = 0.985
"""Level of Clopper and Pearson's interval that holds in 95 % where a sequential test
stopped, for it stops when the count is extreme: in 96 % and more for seven tests with
p0 from .01 to .12, exactly; at a level of .95 it holds in as few as 88 %."""


def share_interval(plan: Plan, bad: float, n: float) -> tuple[float, float]:
    """95 % interval of the share of bad instances after n reviews as the plan asks."""
    level = STOPPED if isinstance(plan, Sprt) else 0.95
    low, high = clopper_pearson(np.array(bad), np.array(n), level)
    return float(low), float(high)
