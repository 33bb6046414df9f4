"""The gate of visibility flags: do a delivery and its references call the same points
occluded?"""

from collections.abc import Mapping

import numpy as np

from posegate.transforms.kernels import agreement
from posegate.transforms.kernels.buckets import Ints
from posegate.transforms.kernels.gate import Gate
from posegate.transforms.kernels.sums import Key
from posegate.transforms.model.policy import Policy

ENOUGH_FLAGS = 500
"""Below this many keypoints kappa's standard error (.035 at 500) says too little."""


def flags_gate(sums: Mapping[Key, Ints], policy: Policy) -> Gate:
    """Agreement on visible or occluded, where enough keypoints were flagged by both.

    By kappa where both flags are frequent, else by AC1; what contracts ask of kappa
    itself is said beside and decides nothing.
    """
    table = sums.get(("flags-pair", "", "", ""))
    both = np.zeros((2, 2), np.int64) if table is None else seen_flags(table)
    gated = agreement.gated_agreement(both)
    rules = policy.agreement
    limit = rules.kappa if gated.statistic == "kappa" else rules.ac1
    if gated.n < ENOUGH_FLAGS or not np.isfinite(gated.value):
        few = f"{gated.n:,} keypoints are fewer than {ENOUGH_FLAGS}"
        why = f"agreement is {gated.reason}" if gated.reason else few
        return Gate("visibility", "accept", f"Visibility flags are not judged: {why}.")
    kappa = float(agreement.cohen_kappa(both))
    met = "met" if kappa >= rules.contract_kappa else "not met"
    text = (
        f"Visibility flags agree with {gated.statistic} {gated.value:.3f} over "
        f"{gated.n:,} keypoints ({gated.agreement:.1%} alike, "
        f"{gated.prevalence[0]:.1%} occluded); {limit:g} is required. "
        f"A kappa of {rules.contract_kappa:g}, as contracts ask, is {met} "
        f"({kappa:.3f})."
    )
    ok = gated.value >= limit
    return Gate("visibility", "accept" if ok else "reject", text, gated.value, limit)


def seen_flags(table: Ints) -> Ints:
    """(4, 4) counts of flags -> (2, 2): occluded or seen, of keypoints both placed."""
    occluded, seen = table[1], table[2:].sum(axis=0)
    rows = np.stack([occluded, seen])
    return np.stack([rows[:, 1], rows[:, 2:].sum(axis=1)], axis=1)
