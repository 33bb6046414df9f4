"""The four gates of a delivery, and the verdict they make together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from posegate.transforms.kernels import acceptance, lot, sampling, strata
from posegate.transforms.kernels.acceptance import Verdict
from posegate.transforms.kernels.buckets import Ints
from posegate.transforms.kernels.flags import flags_gate
from posegate.transforms.kernels.gate import Gate
from posegate.transforms.kernels.ledger import Reach
from posegate.transforms.kernels.left_out import (
    ONLY_REFERENCES,
    left_out,
    unbounded,
)
from posegate.transforms.kernels.lot import TRUSTED
from posegate.transforms.kernels.pair_sums import MEASURES
from posegate.transforms.kernels.sampling import Estimate
from posegate.transforms.kernels.score import IOU, OKS, Score
from posegate.transforms.kernels.sums import ONE, Key
from posegate.transforms.model.grammar import numbered
from posegate.transforms.model.policy import Policy

CONFIDENCE = 0.9


CIRCULAR = (
    "The sigmas were measured on this very delivery: with them any team, good or bad, "
    "has a mean OKS of .889. Measure them on work that is known to be good."
)
"""E[KS] = 1 / (1 + r / 8) with r = 1 whoever drew it (`posegate calibrate --help`)."""


@dataclass(frozen=True)
class Records:
    """What reading left: `unreadable` are files that could not be read to their end.

    `images` were listed, annotated or not; `notes` are facts of the whole delivery,
    counted by code.
    """

    records: int
    rows: int
    quarantined: int
    unreadable: tuple[str, ...] = ()
    images: int = 0
    notes: Mapping[str, int] = field(default_factory=dict)


Ending = Verdict | Literal["handed-in"]
"""What a run comes to: the verdict, or that a hand-in of reviews was read."""


def overall(gates: Sequence[Gate]) -> Ending:
    """Reject if any gate rejects, else hold if any holds, else accept; of a hand-in
    that can be read nothing is judged."""
    said = {gate.verdict for gate in gates}
    if said == {"accept"} and any(gate.gate == "reviews" for gate in gates):
        return "handed-in"
    return "reject" if "reject" in said else "hold" if "hold" in said else "accept"


def gates(
    sums: Mapping[Key, Ints],
    records: Records,
    policy: Policy,
    score: Score = OKS,
    reviews: str | None = None,
) -> list[Gate]:
    """What every gate says of a delivery; an empty one has nothing to judge.

    `score` is what its pairs were judged by, `reviews` the delivery that it brings
    reviews of, if it does.
    """
    if not records.records and not records.unreadable:
        return [Gate("defects", "hold", nothing(records.images))]
    if not records.rows:
        return [defects(sums, records, policy)]
    if not records.unreadable and not role(sums, "production"):
        if reviews is None:
            return [Gate("defects", "hold", ONLY_REFERENCES)]
        return [handed_in(sums, reviews), defects(sums, records, policy)]
    if not records.unreadable and not lot.size(sums):
        found = defects(sums, records, policy)
        waits = Gate("defects", "hold", nothing_drawn(sums, score))
        return [waits if found.passed else found]
    return [
        defects(sums, records, policy),
        acceptance_gate(sums, policy, score),
        annotators(sums, policy),
        agreement_gate(sums, policy, score),
        flags_gate(sums, policy),
    ]


def handed_in(sums: Mapping[Key, Ints], reviews: str) -> Gate:
    """What a hand-in of reviews brings."""
    frames = sums.get(("frames", "", "", ""), np.zeros(1, np.int64))
    n = role(sums, "review") + role(sums, "gold")
    text = numbered("{n} {review|reviews} in ", n)
    text += numbered("{n} {frame|frames}; ", int(frames[0]))
    text += numbered("{it counts|they count} where ", n)
    return Gate("reviews", "accept", f"{text}{reviews} is judged.")


def nothing(images: int) -> str:
    """Why an empty delivery waits; exporters lose all work without a word."""
    if not images:
        return "Nothing to judge: the delivery has no records."
    return (
        f"Nothing to judge: {images:,} images, 0 annotations. The export dropped the "
        "work, or none was done: export again, with annotations."
    )


def nothing_drawn(sums: Mapping[Key, Ints], score: Score) -> str:
    """Why a delivery waits whose instances have nothing to look at."""
    n = numbered("{n} {instance|instances}", role(sums, "production"))
    placed = sum(int(cell[:, 1:].sum()) for key, cell in sums.items() if _flags(key))
    if placed:
        return (
            f"Nothing to judge: of the {n} all are crowds (`iscrowd`), which nobody "
            "judges. Deliver people one by one, or mend the mark in the export."
        )
    what = "mask" if score is IOU else "labelled keypoint"
    return (
        f"Nothing to judge: of the {n} none has a {what}. The export dropped them, or "
        f"nobody drew any: export again, with {what.split()[-1]}s."
    )


def _flags(key: Key) -> bool:
    return key[0] == "flags"


def defects(sums: Mapping[Key, Ints], records: Records, policy: Policy) -> Gate:
    """Files and records that cannot be used, and instances that rules reject."""
    if records.unreadable:
        names = ", ".join(records.unreadable[:3])
        more = len(records.unreadable) - 3
        text = "{n} {file|files} could not be read to the end: "
        return Gate(
            "defects",
            "reject",
            numbered(text, len(records.unreadable))
            + names
            + (f" and {more} more." if more > 0 else "."),
        )
    lost = records.quarantined / max(records.records, 1)
    if lost > policy.defects.quarantined:
        text = (
            f"{records.quarantined} of {records.records} records could not be read "
            f"({lost:.2%}); at most {policy.defects.quarantined:.2%} may be. "
            f"{commonest(sums, 'quarantine')}"
        )
        return Gate("defects", "reject", text, lost, policy.defects.quarantined)
    broken = sum(int(n[0]) for key, n in sums.items() if key[0] == "rejected")
    made = role(sums, "production")
    if not made:
        text = f"{records.rows:,} of {records.records:,} records could be read."
        return Gate("defects", "accept", text, lost, policy.defects.quarantined)
    share = broken / made
    text = (
        f"{broken} of {made} instances {'breaks' if broken == 1 else 'break'} a rule "
        f"that rejects ({share:.2%}); at most {policy.defects.rejected:.2%} may."
    )
    if broken:
        text += f" {commonest(sums, 'finding', 'reject')}"
    ok = share <= policy.defects.rejected
    return Gate(
        "defects", "accept" if ok else "reject", text, share, policy.defects.rejected
    )


def commonest(sums: Mapping[Key, Ints], name: str, severity: str = "") -> str:
    """Which reason or rule is named most often."""
    found: dict[str, int] = {}
    for key, cell in sums.items():
        if key[0] == name and key[2] == severity:
            found[key[1]] = found.get(key[1], 0) + int(cell[-1])
    reason, n = max(found.items(), key=lambda item: (item[1], item[0]), default=("", 0))
    return f"The commonest reason is {reason} ({n})." if n else ""


def role(sums: Mapping[Key, Ints], name: str) -> int:
    """How many instances have a role."""
    found = sums.get(("role", name, "", ""))
    return 0 if found is None else int(found[0])


def wanted(sums: Mapping[Key, Ints], policy: Policy) -> int:
    """The last place of the order of review that is asked for."""
    return reach(sums).wanted(lot.tested(sums, policy).outcome.more)


def reach(sums: Mapping[Key, Ints]) -> Reach:
    """How far the order of review is reviewed."""
    found = sums.get(("ledger", "", "", ""))
    if found is None:
        return Reach(0, 0, 0)
    asked, lacking, counted, *done = found.tolist()
    return Reach(asked, lacking, counted, tuple(done))


def acceptance_gate(
    sums: Mapping[Key, Ints], policy: Policy, score: Score = OKS
) -> Gate:
    """The test of the lot, on the instances that have gold or a counted review."""
    found = lot.tested(sums, policy)
    n, bad, outcome, risks = found.n, found.bad, found.outcome, policy.acceptance
    limit = risks.least(score is IOU)
    has = "has" if bad == 1 else "have"
    seen = f"{bad} of {n} reviewed instances {has} {score.name} below {limit:g}"
    if not n:
        seen = "None of the instances has been reviewed"
    if any(key[0] == "class" and key[2] != key[3] for key in sums):
        seen += " or another category"
    if n:
        low, high = found.interval(policy)
        between = f", 95 % interval {low:.1%} to {high:.1%}{crowd(found)}"
        seen += f" ({bad / n:.1%}{'' if found.whole else between})"
    if outcome.verdict == "hold":
        text = f"{seen}; {reach(sums).told(outcome.more)}"
    elif found.whole:
        text = f"{seen}; that is all of them."
    else:
        kept = lot.risks(sums, policy)
        p0, p1, alpha, beta = (
            f"{100 * each:.3g}%" for each in (risks.p0, risks.p1, *kept)
        )
        sides = {
            "accept": f"at most {p1} are bad (risk {beta})",
            "reject": f"more than {p0} are bad (risk {alpha})",
        }
        text = f"{seen}: {sides[outcome.verdict]}."
    share = bad / n if n else None
    return Gate("acceptance", outcome.verdict, text, share, risks.p1)


def crowd(found: lot.Counted) -> str:
    """What gold counts for that lies in whole videos; "" where it counts in full."""
    if found.less is None:
        return ""
    return (
        f"; the {found.gold} of gold share videos and count as {found.less:.0f} drawn "
        "one by one"
    )


def bad_of(found: lot.Looked) -> str:
    """How many are bad, of how many, and what those count for where it is less."""
    told = f"{found.bad} of {found.n}"
    less = round(found.worth) < found.n
    return f"{told}, which count as {found.worth:.0f}" if less else told


def annotators(sums: Mapping[Key, Ints], policy: Policy) -> Gate:
    """Nobody's share of bad instances is above p0 beyond chance."""
    cells = lot.of_annotators(sums, policy)
    if not cells:
        text = "No annotator can be judged: none of the instances has been reviewed."
        return Gate("annotators", "hold", text)
    worth, bad = (
        np.array([getattr(each, name) for each in cells.values()])
        for name in ("worth", "worth_bad")
    )
    p0, alpha = policy.acceptance.p0, policy.acceptance.alpha
    flagged = acceptance.annotator_gate(bad, worth, p0, alpha)
    who = [cell for cell, out in zip(cells.items(), flagged, strict=True) if out]
    if not who:
        text = f"No annotator has more than {100 * p0:g}% bad instances beyond chance."
        return Gate("annotators", "accept", text)
    named = ", ".join(f"{a or 'unknown'} ({bad_of(one)})" for a, one in who)
    worst = max(one.bad / one.n for _, one in who)
    text = f"More than {100 * p0:g}% bad instances: {named}."
    return Gate("annotators", "reject", text, worst, p0)


def agreement_gate(
    sums: Mapping[Key, Ints], policy: Policy, score: Score = OKS
) -> Gate:
    """The bounds of the mean score, as `mean_score` has it. Few pairs prove nothing."""
    kinds = kinds_of(sums)
    limit = policy.agreement.least(score is IOU)
    cells = clusters(sums, kinds)
    n = sum(int(cell[0]) for cell in cells)
    found, basis = mean_score(sums, kinds)
    low, high = (found.lower_bound(level) for level in (CONFIDENCE, 1 - CONFIDENCE))
    if not np.isfinite(low):
        why = unbounded(sums, n > 0, kinds == ["review"], score) + left_out(sums)
        return Gate("agreement", "hold", why, None, limit)
    against = " and ".join("a second annotator" if k == "second" else k for k in kinds)
    says: Verdict = "hold"
    bounds = f"at least {max(low, 0):.3f} and at most {min(high, 1):.3f}, each"
    if low >= limit:
        says, bounds = "accept", f"at least {low:.3f}"
    elif high < limit:
        says, bounds = "reject", f"at most {high:.3f}"
    text = (
        f"Mean {score.name} against {against} is {found.mean:.3f}, {bounds} with "
        f"{CONFIDENCE:.0%} confidence ({numbered('{n} {pair|pairs}', n)}, {basis}); "
        f"{limit:g} is required."
    )
    if kinds == ["review"] and all(cell[1] == cell[0] * ONE for cell in cells):
        text += AS_SENT
    return Gate("agreement", says, text + left_out(sums), low, limit)


AS_SENT = (
    " No review differs from what was sent: unless they were drawn anew, they say "
    "nothing of how exact it is."
)


def mean_score(sums: Mapping[Key, Ints], kinds: Sequence[str]) -> tuple[Estimate, str]:
    """The mean score against some kinds of reference, and what it speaks of: this lot,
    where reviews of its sample say it, else the vendor, whose gold lies by whole
    videos; of one video nothing is known but of itself, once all of it has references.
    """
    if list(kinds) == ["review"]:
        found = strata.estimate(sums, kinds)
        other = "" if found.covered == 1 else ": nobody reviewed its other strata"
        share = "" if found.covered == 1 else f"{found.covered:.0%} of "
        return found, f"a sample of {share}this delivery{other}"
    found = vendor(sums, kinds)
    if not np.isfinite(found.se) and strata.whole(sums, kinds):
        return strata.estimate(sums, kinds), "all of this delivery"
    return found, numbered("{n} {cluster|clusters}", len(clusters(sums, kinds)))


def kinds_of(sums: Mapping[Key, Ints]) -> list[str]:
    """What the delivery is judged against: gold and reviews, else second annotators."""
    return [kind for kind in TRUSTED if ("pairs", kind, "", "") in sums] or ["second"]


def vendor(sums: Mapping[Key, Ints], kinds: Sequence[str]) -> Estimate:
    """Mean score of the vendor's work, frames of one video counted as one cluster."""
    cells = clusters(sums, kinds)
    n, total = np.stack(cells).T if cells else np.zeros((2, 0))
    return sampling.clustered_mean(n, total / ONE)


def clusters(sums: Mapping[Key, Ints], kinds: Sequence[str]) -> list[Ints]:
    """[n, score] of every video that has any, whichever reference its frames have."""
    found: dict[str, Ints] = {}
    for key, cell in sums.items():
        if key[0] == "cluster" and key[1] in kinds and cell[0]:
            found[key[2]] = found.get(key[2], np.zeros(2, np.int64)) + cell
    return list(found.values())


def measure(
    sums: Mapping[Key, Ints], name: str, kinds: Sequence[str]
) -> tuple[int, float, float]:
    """n, sum and sum of squares of a measure over pairs of some kinds."""
    column = MEASURES.index(name)
    cells = [sums[key] for kind in kinds if (key := ("pairs", kind, "", "")) in sums]
    if not cells:
        return 0, 0.0, 0.0
    n, total, squares = np.sum(cells, axis=0)[column]
    return int(n), total / ONE, squares / ONE
