"""What the looked-at instances of a lot count for.

The sample is reviewed by turns of its videos, so each review counts as one. Gold lies
where it lies, often in whole videos, and frames of one video are alike: n instances in
clusters of m tell as much as n / (1 + (m - 1) rho) drawn one by one (Kish 1965). So
Wald's test keeps its risks (`./run bench agreement`), which it does not on raw counts.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import numpy as np

from posegate.transforms.kernels import acceptance
from posegate.transforms.kernels.acceptance import Outcome
from posegate.transforms.kernels.buckets import Ints
from posegate.transforms.kernels.pair_sums import STILL, STILLS
from posegate.transforms.kernels.sums import Key
from posegate.transforms.model.policy import Policy

TRUSTED = ("gold", "review")
"""The kinds of reference that say what is right, not only what another person did."""


class Counted(NamedTuple):
    """Looked-at instances, the bad among them, and `gold` of all; `worth` and
    `worth_bad` are what they count for, `whole` says that they are all there is, and
    `outcome` what the test makes of it."""

    n: int
    bad: int
    gold: int
    worth: float
    worth_bad: float
    whole: bool
    outcome: Outcome

    @property
    def less(self) -> float | None:
        """How many instances drawn one by one the gold is worth; None if as many."""
        worth = self.gold - (self.n - self.worth)
        return worth if self.gold - worth >= 0.5 else None

    def interval(self, policy: Policy) -> tuple[float, float]:
        """95 % interval of the share of bad instances: the share itself of a lot that
        was looked at to the last."""
        if self.whole:
            return self.bad / self.n, self.bad / self.n
        plan = acceptance.plan_of(policy)
        return acceptance.share_interval(plan, self.worth_bad, self.worth)


def size(sums: Mapping[Key, Ints]) -> int:
    """How many instances could be drawn."""
    return sum(int(cell[0]) for key, cell in sums.items() if key[0] == "stratum")


def trusted(
    sums: Mapping[Key, Ints], only: str | None = None, kinds: Iterable[str] = TRUSTED
) -> dict[str, Ints]:
    """[n, bad, score] of every annotator, against gold and reviews.

    `only` those drawn for a purpose, "" for the test of the lot; all by default.
    """
    found: dict[str, Ints] = {}
    for key, cell in sums.items():
        if key[0] == "judged" and key[2] in kinds and only in (None, key[3]):
            found[key[1]] = found.get(key[1], np.zeros(3, np.int64)) + cell
    return found


def crowding(sums: Mapping[Key, Ints]) -> float:
    """How many instances of gold stand in one cluster as an instance sees it: the mean
    over instances; 1 where all stand alone.

    Stills are counted by `STILLS` hashes of their images; what falls together by chance
    is taken off.
    """
    cells = {
        key[2]: int(cell[0])
        for key, cell in sums.items()
        if key[:2] == ("cluster", "gold")
    }
    still = [float(n) for name, n in cells.items() if name.startswith(STILL)]
    video = [float(n) for name, n in cells.items() if not name.startswith(STILL)]
    n, total = sum(still), sum(still) + sum(video)
    alone = max(n, (_squares(still) - n**2 / STILLS) / (1 - 1 / STILLS))
    return (alone + _squares(video)) / total if total else 1.0


def _squares(numbers: Iterable[float]) -> float:
    return sum(each**2 for each in numbers)


def crowding_of(sums: Mapping[Key, Ints]) -> dict[str, float]:
    """`crowding` of each annotator's gold; stills are taken to stand alone."""
    found: dict[str, list[int]] = {}
    for key, cell in sums.items():
        if key[0] == "gold-video":
            found.setdefault(key[1], []).append(int(cell[0]))
    gold = trusted(sums, kinds=("gold",))
    return {
        who: max(1.0, (_squares(n) + int(gold[who][0]) - sum(n)) / int(gold[who][0]))
        for who, n in found.items()
        if who in gold and gold[who][0]
    }


def effect(crowded: float, policy: Policy) -> float:
    """By how much more the share of bad instances varies than if drawn one by one."""
    return 1 + (crowded - 1) * policy.acceptance.alike


def tested(sums: Mapping[Key, Ints], policy: Policy) -> Counted:
    """What was looked at for the test of the lot, and what it makes of it.

    The lot is at least what was looked at of it; once that is all, nothing is guessed
    and every instance counts as one.
    """
    zero = np.zeros(3, np.int64)
    n, bad, _ = sum(trusted(sums, "").values(), zero).tolist()
    gold, bad_gold, _ = sum(trusted(sums, "", ("gold",)).values(), zero).tolist()
    units = size(sums)
    left, whole = max(0, units - n), 0 < units <= n
    plan = acceptance.plan_of(policy)
    plan = plan.within(max(units, n)) if units else plan
    share = 0.0 if whole else 1 - 1 / effect(crowding(sums), policy)
    worth, worth_bad = n - share * gold, bad - share * bad_gold
    outcome = plan.decide(worth_bad, worth - worth_bad)
    if left:
        outcome = outcome._replace(more=min(outcome.more, left))
    return Counted(n, bad, gold, worth, worth_bad, whole, outcome)


class Looked(NamedTuple):
    """Of an annotator, as `Counted`."""

    n: int
    bad: int
    worth: float
    worth_bad: float


def of_annotators(sums: Mapping[Key, Ints], policy: Policy) -> dict[str, Looked]:
    """What was looked at of everybody, in order of their names."""
    gold, crowded = trusted(sums, kinds=("gold",)), crowding_of(sums)
    found = {}
    for who, cell in sorted(trusted(sums).items()):
        n, bad, _ = cell.tolist()
        own, own_bad, _ = gold.get(who, np.zeros(3, np.int64)).tolist()
        less = 1 - 1 / effect(crowded.get(who, 1.0), policy)
        found[who] = Looked(n, bad, n - less * own, bad - less * own_bad)
    return found


def risks(sums: Mapping[Key, Ints], policy: Policy) -> acceptance.Risks:
    """What the policy's plan risks with this lot."""
    return acceptance.risks(
        acceptance.plan_of(policy), size(sums), acceptance.sequential(policy)
    )
