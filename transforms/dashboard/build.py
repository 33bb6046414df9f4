"""The report of a run (`report.Report`) from its sums and its judgement."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np

from posegate.transforms.dashboard.build_acceptance import lot_test, sampling
from posegate.transforms.dashboard.build_agreement import agreement, middle
from posegate.transforms.dashboard.build_drift import (
    Watch,
    drifting,
    heat,
    nothing,
)
from posegate.transforms.dashboard.build_retraining import retraining
from posegate.transforms.dashboard.report import Report
from posegate.transforms.kernels import lot, slices, taxonomy
from posegate.transforms.kernels.buckets import Ints
from posegate.transforms.kernels.decisions import REASONS
from posegate.transforms.kernels.flags import ENOUGH_FLAGS
from posegate.transforms.kernels.gate import Gate
from posegate.transforms.kernels.left_out import absent, misdated
from posegate.transforms.kernels.mask_streams import outlined
from posegate.transforms.kernels.streams import Watched
from posegate.transforms.kernels.sums import BINS, ONE, Key
from posegate.transforms.kernels.verdict import Records
from posegate.transforms.model.delivery import Delivery
from posegate.transforms.model.policy import Policy
from posegate.transforms.model.skeleton import Skeleton

SHOWN_BINS = 50


@dataclass(frozen=True)
class Evidence:
    """All that a report is made of; every number in it comes from one of these."""

    sums: Mapping[Key, Ints]
    records: Records
    verdict: str
    gates: Sequence[Gate]
    watched: Watched
    expectations: Sequence[Mapping[str, Any]]
    worst: Sequence[Mapping[str, Any]]
    manuals: Mapping[str, str]
    skipped: Mapping[str, str]
    queue: Sequence[Mapping[str, Any]] = ()


@dataclass(frozen=True)
class Setting:
    """What the run was: names and versions.

    `ahead` is said of a day of receipt that is yet to come; `named` are the settings
    and attributes that project.toml names.
    """

    version: str
    run: str
    project: str
    policy_name: str
    policy: Policy
    delivery: Delivery
    skeleton: Skeleton
    hand_ins: tuple[str, ...] = ()
    ahead: str | None = None
    named: tuple[tuple[str, str], ...] = ()


def build(evidence: Evidence, setting: Setting) -> Report:
    """The whole report."""
    watches = [
        watch
        for each in evidence.watched.all
        if (watch := watched(each, setting)) is not None
    ]
    found = evidence.watched
    to_retrain = retraining(watches, found.people, found.history, found.readings)
    sections: dict[str, Any] = {
        **names(setting),
        "verdict": evidence.verdict,
        "reasons": [
            {**gate._asdict(), "passed": gate.passed} for gate in evidence.gates
        ],
        "counts": counts(evidence, setting.policy),
        "agreement": agreement(evidence.sums, setting.policy, setting.skeleton),
        "sampling": sampling(evidence.sums, setting.policy, evidence.queue)
        | {"hand_ins": list(setting.hand_ins)},
        "acceptance": lot_test(evidence.sums, setting.policy),
        "heat": heat(
            found.history, outlined(setting.skeleton, found.history.keypoints)
        ),
        "remarks": remarks(evidence.sums, setting),
        "drift": (
            drifting(watches)
            if watches
            else nothing(setting.skeleton, setting.policy.drift.error_px)
        ),
        "retraining": to_retrain,
        "worst": list(evidence.worst),
        "annotators": annotators(evidence, to_retrain),
        "expectations": list(evidence.expectations),
    }
    return cast(Report, sections)


def remarks(sums: Mapping[Key, Ints], setting: Setting) -> list[str]:
    """What decides nothing, but is not as the delivery or the project has it: days,
    clocks, attributes."""
    received = setting.delivery.received is not None
    clocks = misdated(sums, received, setting.policy.drift.oldest_years)
    said = (setting.ahead, clocks, *absent(sums, setting.named))
    return [each for each in said if each]


def names(setting: Setting) -> dict[str, Any]:
    """What was judged, and by what."""
    delivery, skeleton = setting.delivery, setting.skeleton
    return {
        "posegate": setting.version,
        "run": setting.run,
        "project": setting.project,
        "policy": setting.policy_name,
        "delivery": {
            "name": delivery.name,
            "vendor": delivery.vendor,
            "received": delivery.received.isoformat() if delivery.received else None,
            "path": delivery.path if "://" in delivery.path else None,
        },
        "skeleton": {
            "name": skeleton.name,
            "version": skeleton.version,
            "keypoints": list(skeleton.keypoints),
            "limbs": [list(limb) for limb in skeleton.limbs],
        },
    }


def watched(found: Watched, setting: Setting) -> Watch | None:
    """The streams of all weeks; None where there is none."""
    if found.seen is None:
        return None
    return Watch(
        found.history,
        found.seen,
        outlined(setting.skeleton, found.history.keypoints),
        setting.policy.drift.error_px,
        setting.policy.drift.quarantine_weeks,
        found.standing,
        found.partners,
    )


def single(sums: Mapping[Key, Ints], name: str, of: str = "") -> int:
    """A count that stands alone; 0 where nothing was counted."""
    found = sums.get((name, of, "", ""))
    return 0 if found is None else int(found[0])


def table(sums: Mapping[Key, Ints], name: str) -> dict[str, int]:
    """A count by one name, the largest first."""
    cells = {key[1]: int(value[0]) for key, value in sums.items() if key[0] == name}
    return dict(sorted(cells.items(), key=lambda cell: (-cell[1], cell[0])))


def counts(evidence: Evidence, policy: Policy) -> dict[str, Any]:
    """What came in, what became of it, and which rules were broken."""
    sums = evidence.sums
    verdicts = table(sums, "verdict")
    names = ("approved", "rework", "held", "excluded")
    return {
        "records": evidence.records.records,
        "instances": evidence.records.rows,
        "quarantined": evidence.records.quarantined,
        "frames": single(sums, "frames"),
        "videos": single(sums, "videos"),
        "annotators": len({key[1] for key in sums if key[0] == "flags"}),
        **{name: verdicts.get(name, 0) for name in names},
        "roles": table(sums, "role"),
        "reasons": table(own_reasons(sums), "reason"),
        "notes": dict(evidence.records.notes),
        "repairs": table(sums, "repair"),
        "quarantine": table(sums, "quarantine"),
        "findings": findings(evidence),
        "slices": sliced(evidence.sums, policy),
        "skipped": [
            {"rule": rule, "reason": why} for rule, why in evidence.skipped.items()
        ],
    }


def own_reasons(sums: Mapping[Key, Ints]) -> dict[Key, Ints]:
    """The counts of reasons that gave an instance its verdict, not of those beside."""
    return {
        key: n
        for key, n in sums.items()
        if key[0] == "reason" and REASONS.get(key[1]) == key[2]
    }


def sliced(sums: Mapping[Key, Ints], policy: Policy) -> list[dict[str, Any]]:
    """Every rate by every slice, those that are worse than the rest first."""
    found = slices.judge(sums, policy.slices.q, policy.slices.least)
    return [each._asdict() for each in found]


def findings(evidence: Evidence) -> list[dict[str, Any]]:
    """Every rule that was broken, the most instances first."""
    found: dict[tuple[str, str], Ints] = {}
    for key, cell in evidence.sums.items():
        if key[0] == "finding":
            rule = key[1:3]
            found[rule] = found.get(rule, np.zeros(2, np.int64)) + cell
    ordered = sorted(found.items(), key=lambda item: (-item[1][1], item[0]))
    return [
        {
            "rule": rule,
            "severity": severity,
            "instances": int(cell[1]),
            "findings": int(cell[0]),
            "manual": evidence.manuals.get(rule, "").partition("\n")[0],
        }
        for (rule, severity), cell in ordered
    ]


def annotators(
    evidence: Evidence, to_retrain: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Everybody who worked on this delivery, those in alarm first."""
    sums = evidence.sums
    alarmed = Counter(
        row["annotator"] for row in to_retrain if row["finding"] != "standing"
    )
    made: dict[str, Ints] = {}
    wrong: dict[str, Ints] = {}
    for key, cell in sums.items():
        for found, kind in ((made, "flags"), (wrong, "mistake")):
            if key[0] == kind:
                found[key[1]] = found.get(key[1], 0) + cell.sum(axis=0)
    tested = lot.trusted(sums)
    rows = [
        annotator(name, flags, sums, tested.get(name), alarmed[name or "unknown"])
        | {"mistakes": mistakes(wrong.get(name))}
        for name, flags in made.items()
    ]
    return sorted(
        rows, key=lambda row: (-row["alarms"], row["oks"] or 2, row["annotator"])
    )


def mistakes(cell: Ints | None) -> dict[str, int]:
    """Keypoints of each kind of error; empty without any pair."""
    if cell is None:
        return {}
    return dict(zip(taxonomy.KINDS, cell.tolist(), strict=True))


def annotator(
    name: str, flags: Ints, sums: Mapping[Key, Ints], tested: Ints | None, alarms: int
) -> dict[str, Any]:
    """One annotator in this delivery."""
    _, occluded, visible, certain = flags.tolist()
    labelled = occluded + visible + certain
    notes = []
    if labelled >= ENOUGH_FLAGS and not occluded:
        notes.append("marks every keypoint as visible")
    if alarms:
        notes.append(f"{alarms} drift alarm(s): see whom to retrain")
    n = 0 if tested is None else int(tested[0])
    bins = sums.get(("histogram", "by", name, ""), np.zeros(BINS, np.int64))
    return {
        "annotator": name or "unknown",
        "instances": single(sums, "made", name),
        "pairs": n,
        "oks": middle(bins, 0.0)["median"],
        "oks_mean": None if tested is None or not n else tested[2] / ONE / n,
        "bad": None if tested is None else int(tested[1]),
        "rejected": single(sums, "rejected", name),
        "visible_share": (visible + certain) / labelled if labelled else None,
        "alarms": alarms,
        "notes": notes,
    }
