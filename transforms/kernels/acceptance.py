"""Accept, reject or look at more: decisions on counts of bad and good reviews."""

from dataclasses import dataclass
from functools import cached_property
from math import ceil, log
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import stats

from posegate.transforms.kernels.drift import benjamini_hochberg
from posegate.transforms.model.poses import Bools, Floats

Ints = npt.NDArray[np.int64]
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

    def decide(self, bad: int, good: int) -> Outcome:
        """The verdict on so many bad and good reviews.

        Reviews come in batches, so a crossing in the middle of a batch is not seen. At
        the cap the sign decides, and already before it where no outcome of the
        remaining reviews could change the sign.
        """
        llr = bad * self.llr_bad + good * self.llr_good
        left = max(0, self.cap - bad - good)
        best, worst = llr + left * self.llr_good, llr + left * self.llr_bad
        if llr >= self.reject_at or best >= 0:
            return Outcome("reject", llr, 0)
        if llr <= self.accept_at or worst < 0:
            return Outcome("accept", llr, 0)
        return Outcome("hold", llr, self._more(bad, good))

    def _more(self, bad: int, good: int) -> int:
        """Good reviews until `decide` accepts: by the boundary, or near the cap."""
        llr = bad * self.llr_bad + good * self.llr_good
        boundary = ceil((llr - self.accept_at) / -self.llr_good)
        # After m more good ones the cap rule accepts once
        # llr + m llr_good + (left - m) llr_bad < 0.
        left = self.cap - bad - good
        step = self.llr_bad - self.llr_good
        near_cap = int((llr + left * self.llr_bad) // step) + 1
        return max(1, min(boundary, near_cap, left))


def single_plan(p0: float, p1: float, alpha: float, beta: float) -> tuple[int, int]:
    """The smallest single sample with these risks: n, and the most bad it accepts.

    The usual cap of the sequential test is three times its n.
    """
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


def annotator_gate(bad: Ints, n: Ints, p0: float, alpha: float) -> Bools:
    """Annotators with more bad instances than p0 explains: (A,), (A,) -> (A,).

    Binomial tail of each, false discovery rate alpha over those who were reviewed.
    A gate of the whole delivery cannot see them: 2 % of the volume at 40 % bad leaves
    the delivery below 5 %.
    """
    tail = np.where(n > 0, stats.binom.sf(bad - 1, n, p0), np.nan)
    return benjamini_hochberg(tail, alpha).rejected


def clopper_pearson(bad: Ints, n: Ints, level: float = 0.95) -> tuple[Floats, Floats]:
    """Exact two-sided interval of a share: (…), (…) -> low, high (…).

    Clopper and Pearson 1934: covers at least at the level. (0, 1) where n = 0.
    """
    bad, n = np.asarray(bad), np.asarray(n)
    tail = (1 - level) / 2
    low = stats.beta.ppf(tail, np.maximum(bad, 1), n - bad + 1)
    high = stats.beta.ppf(1 - tail, bad + 1, np.maximum(n - bad, 1))
    return np.where(bad > 0, low, 0.0), np.where(bad < n, high, 1.0)
