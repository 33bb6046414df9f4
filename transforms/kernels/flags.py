"""The gate of visibility flags: do a delivery and its references call the same points
occluded?"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from posegate.transforms.kernels import agreement, jackknife
from posegate.transforms.kernels.acceptance import Verdict
from posegate.transforms.kernels.agreement import Gated
from posegate.transforms.kernels.buckets import Ints
from posegate.transforms.kernels.gate import Gate
from posegate.transforms.kernels.sums import LEVELS, Key
from posegate.transforms.model.policy import Policy

ENOUGH_FLAGS = 500
"""Below this many keypoints kappa's standard error (.035 at 500) says too little."""


def flags_gate(sums: Mapping[Key, Ints], policy: Policy) -> Gate:
    """Agreement on visible or occluded, where enough keypoints were flagged by both.

    By kappa where both flags are frequent, else by AC1. Below the limit it rejects
    where its interval is, too, and waits for more pairs where that reaches it. What
    contracts ask of kappa itself is said beside and decides nothing.
    """
    told, rules = of_flags(sums), policy.agreement
    gated = told.gated
    limit = rules.kappa if gated.statistic == "kappa" else rules.ac1
    if gated.n < ENOUGH_FLAGS or not np.isfinite(gated.value):
        few = f"{gated.n:,} keypoints are fewer than {ENOUGH_FLAGS}"
        why = f"agreement is {gated.reason}" if gated.reason else few
        return Gate("visibility", "accept", f"Visibility flags are not judged: {why}.")
    met = "met" if told.kappa >= rules.contract_kappa else "not met"
    between = f"{told.low:.3f} to {told.high:.3f}"
    interval = f" (95 % interval {between})" if np.isfinite(told.low) else ""
    says: Verdict = "accept" if gated.value >= limit else "reject"
    doubt = says == "reject" and told.most >= limit
    text = (
        f"Visibility flags agree with {gated.statistic} {gated.value:.3f}{interval} "
        f"over {gated.n:,} keypoints ({gated.agreement:.1%} alike, "
        f"{gated.prevalence[0]:.1%} occluded); {limit:g} is required"
        f"{DOUBT if doubt else ''}. A kappa of {rules.contract_kappa:g}, as contracts "
        f"ask, is {met} ({told.kappa:.3f})."
    )
    says = "hold" if doubt else says
    return Gate("visibility", says, text, gated.value, limit)


DOUBT = ", which these pairs do not rule out: review more, of other videos too"


class Flags(NamedTuple):
    """How flags agree on visible or occluded: what fits the table, its 95 % interval
    and the bound that it is below with 90 % confidence, NaN where not known; and
    Cohen's kappa, whichever fits."""

    gated: Gated
    low: float
    high: float
    most: float
    kappa: float


def of_flags(sums: Mapping[Key, Ints]) -> Flags:
    """Agreement of all pairs, whatever their reference."""
    nothing = np.zeros((1, LEVELS, LEVELS), np.int64)
    both = seen_flags(sums.get(("flags-pair", "", "", ""), nothing))  # (G, 2, 2)
    gated = agreement.gated_agreement(both.sum(axis=0))
    fits = agreement.cohen_kappa if gated.statistic == "kappa" else agreement.ac1

    def coefficient(table: Ints) -> float:
        return float(fits(table))

    low, high = jackknife.interval(both, coefficient)
    _, most = jackknife.interval(both, coefficient, 0.8)
    kappa = float(agreement.cohen_kappa(both.sum(axis=0)))
    return Flags(gated, low, high, most, kappa)


def seen_flags(table: Ints) -> Ints:
    """(…, 4, 4) counts of flags -> (…, 2, 2): occluded or seen, of keypoints that both
    placed."""
    rows = np.stack([table[..., 1, :], table[..., 2:, :].sum(axis=-2)], axis=-2)
    return np.stack([rows[..., 1], rows[..., 2:].sum(axis=-1)], axis=-1)
