"""The report's sections on the sample and on the test of the lot."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from posegate.transforms.kernels import acceptance, ledger, lot, verdict
from posegate.transforms.kernels.buckets import Ints
from posegate.transforms.kernels.ledger import PURPOSES
from posegate.transforms.kernels.strata import DRAWN
from posegate.transforms.kernels.sums import Key
from posegate.transforms.model.policy import Policy

POINTS = 41
"""Qualities at which the operating curve is drawn, up to twice p1 and a little."""


def sampling(
    sums: Mapping[Key, Ints], policy: Policy, queue: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """How much of the sample has been reviewed, what it is for, and what comes next."""
    sampled, lacking = (_single(sums, name) for name in ("sampled", "lacking"))
    cells = [cell for key, cell in sums.items() if key[0] == "stratum"]
    drawn = np.sum(cells, axis=0) if cells else np.zeros(len(DRAWN), np.int64)
    reached = verdict.reach(sums)
    return {
        "rate": policy.sampling.rate,
        "sampled": sampled,
        "reviewed": sampled - lacking,
        "lacking": lacking,
        "strata": len(cells),
        "drawn": dict(zip(DRAWN, drawn.tolist(), strict=True)),
        "asked": reached.asked,
        "asked_lacking": reached.lacking,
        "counted": reached.counted,
        "next": [dict(row) for row in queue],
        "purposes": list(PURPOSES),
        "not_drawn": _single(sums, "refused", ledger.NOT_DRAWN),
    }


def lot_test(sums: Mapping[Key, Ints], policy: Policy) -> dict[str, Any]:
    """What was reviewed, what the plan makes of it, and its operating curve; empty
    where there is nothing to draw a sample from."""
    found = lot.tested(sums, policy)
    n, bad, outcome = found.n, found.bad, found.outcome
    if not n and not lot.size(sums):
        return {}
    plan = acceptance.plan_of(policy)
    low, high = found.interval(policy)
    kept = lot.risks(sums, policy)
    most = min(0.99, 2.2 * policy.acceptance.p1)
    curve = acceptance.operating_curve(plan, np.linspace(0, most, POINTS))
    return {
        "plan": policy.acceptance.plan,
        "p0": policy.acceptance.p0,
        "p1": policy.acceptance.p1,
        "alpha": kept.reject,
        "beta": kept.accept,
        "cap": plan.within(max(lot.size(sums), n) or plan.cap).cap,
        "reviewed": n,
        "bad": bad,
        "share": bad / n if n else None,
        "low": low,
        "high": high,
        "verdict": outcome.verdict,
        "more": outcome.more,
        "curve": {name: values.tolist() for name, values in curve._asdict().items()},
    }


def _single(sums: Mapping[Key, Ints], name: str, of: str = "") -> int:
    found = sums.get((name, of, "", ""))
    return 0 if found is None else int(found[0])
