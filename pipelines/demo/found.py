"""How much of what was planted a gate found: planted rows against its tables."""

from collections import Counter
from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc

TALLY = pa.schema(
    [
        pa.field("fault", pa.string(), nullable=False),
        pa.field("planted", pa.int64(), nullable=False),
        pa.field("found", pa.int64(), nullable=False),
        pa.field("share", pa.float64(), nullable=False),
        pa.field("rules", pa.list_(pa.string()), nullable=False),
    ]
)
"""One kind of fault; `rules` are those that found any of it, most frequent first."""

ALARMS = pa.schema(
    [
        pa.field("annotator", pa.string(), nullable=False),
        pa.field("keypoint", pa.string()),
        pa.field("week", pa.string(), nullable=False),
        pa.field("rule", pa.string(), nullable=False),
    ]
)
"""What was said of an annotator; no keypoint where it is of the annotator at large."""

OF_PEOPLE = ("bias", "noise", "visibility-flag")
"""Faults of annotators, which alarms answer."""

LOW_OKS = "agreement.oks"
BROKEN = "broken"
PLACE = ["image", "source", "position"]


def numbered(planted: pa.Table) -> pa.Table:
    """The table with a column `n` to name its rows."""
    return planted.append_column("n", pa.array(range(len(planted)), pa.int64()))


def by_findings(planted: pa.Table, findings: pa.Table) -> pa.Table:
    """(n, rule): findings that send the instance away or to a reviewer.

    Notes are counted nowhere else, so they do not count here.
    """
    severe = pc.is_in(findings["severity"], pa.array(["reject", "review"]))
    told = findings.filter(severe).select([*PLACE, "rule"])
    return planted.select(["n", *PLACE]).join(told, PLACE, join_type="inner")


def by_quarantine(planted: pa.Table, quarantine: pa.Table) -> pa.Table:
    """(n, rule): records in quarantine; its rows say only where they stood.

    Shards of different deliveries have the same names, hence the column `delivery`.
    """
    keys = ["delivery", "source", "position"]
    if "delivery" not in quarantine.column_names:
        names = planted["delivery"].unique().to_pylist()
        if len(names) > 1:
            raise ValueError(
                f"quarantine: no column `delivery`, but planted has {len(names)} "
                "deliveries; append it, or score one delivery at a time"
            )
        one = pa.array(names * len(quarantine), pa.string())
        quarantine = quarantine.append_column("delivery", one)
    told = quarantine.select(keys).append_column(
        "rule", pc.binary_join_element_wise("quarantine", quarantine["reason"], ".")
    )
    return planted.select(["n", *keys]).join(told, keys, join_type="inner")


def by_agreement(
    planted: pa.Table, agreement: pa.Table, instances: pa.Table, low: float
) -> pa.Table:
    """(n, rule): instances whose pair is below the contract's OKS.

    `instances` (columns instance, image, source, position of the canonical rows) leads
    from the agreement table to the place in the shard.
    """
    pairs = agreement.filter(pc.less(agreement["oks"], low)).select(["instance"])
    places = instances.select(["instance", *PLACE])
    told = pairs.join(places, "instance", join_type="inner").select(PLACE)
    rule = pa.array([LOW_OKS] * len(told), pa.string())
    told = told.append_column("rule", rule)
    return planted.select(["n", *PLACE]).join(told, PLACE, join_type="inner")


def by_repairs(planted: pa.Table, instances: pa.Table) -> pa.Table:
    """(n, rule): broken records that a reader could mend, and said so.

    Only those: a repair says nothing of where a person put a point.
    """
    broken = planted.filter(pc.equal(planted["fault"], BROKEN))
    lists = instances["repairs"].combine_chunks()
    mended = instances.select(["delivery", "source", "position"]).take(
        pc.list_parent_indices(lists)
    )
    rule = pc.binary_join_element_wise("repair", pc.list_flatten(lists), ".")
    keys = ["delivery", "source", "position"]
    told = mended.append_column("rule", rule)
    return broken.select(["n", *keys]).join(told, keys, join_type="inner")


def answers(fault: dict[str, str | None], alarm: dict[str, str | None]) -> bool:
    """Whether an alarm is about what was planted in the annotator.

    A bias must be found at its keypoint, noise at any or at large but not as a bias,
    and a misused flag by a rule on visibility; an alarm of a week before the fault
    began is a false one.
    """
    if fault["annotator"] != alarm["annotator"]:
        return False
    if str(alarm["week"]) < str(fault["delivery"]):
        return False
    about_flags = str(alarm["rule"]).startswith("visibility")
    if fault["fault"] == "visibility-flag":
        return about_flags
    if about_flags or (fault["fault"] == "noise" and alarm["rule"] == "drift.bias"):
        return False
    return fault["keypoint"] is None or fault["keypoint"] == alarm["keypoint"]


def by_alarms(planted: pa.Table, alarms: pa.Table) -> Iterator[tuple[int, str]]:
    """(n, rule): faults of annotators that an alarm answers."""
    said = alarms.to_pylist()
    for fault in planted.filter(pc.is_null(planted["source"])).to_pylist():
        for alarm in said:
            if answers(fault, alarm):
                yield fault["n"], alarm["rule"]


def found(
    planted: pa.Table,
    findings: pa.Table,
    quarantine: pa.Table,
    *,
    agreement: pa.Table | None = None,
    instances: pa.Table | None = None,
    alarms: pa.Table | None = None,
    low_oks: float = 0.85,
) -> pa.Table:
    """What was planted, how much of it was found, and by which rules: a `TALLY`.

    A fault of an instance is found when the instance has a finding of severity reject
    or review, is in quarantine, or has a pair with an OKS below `low_oks`; a broken
    record also when it was mended and the repair is on record. That it was found does
    not say that it was found for what it is: `rules` does.

    Args:
      planted: `make.PLANTED` of all deliveries, or of some.
      findings: `schema.FINDINGS` of the same deliveries.
      quarantine: `schema.QUARANTINE`, with a column `delivery` if there are several.
      agreement: `schema.agreement(K)`; needs `instances`.
      instances: columns instance, image, source and position of the canonical rows;
        with delivery and repairs, what was mended counts as found.
      alarms: `ALARMS`; without it no fault of an annotator is found.
      low_oks: the contract's OKS.
    """
    planted = numbered(planted)
    hits = [by_findings(planted, findings), by_quarantine(planted, quarantine)]
    if instances is not None and "repairs" in instances.column_names:
        hits.append(by_repairs(planted, instances))
    if agreement is not None:
        if instances is None:
            raise ValueError("agreement: needs `instances`, where its instances stand")
        hits.append(by_agreement(planted, agreement, instances, low_oks))
    pairs = {
        pair
        for table in hits
        for pair in zip(table["n"].to_pylist(), table["rule"].to_pylist(), strict=True)
    }
    if alarms is not None:
        pairs.update(by_alarms(planted, alarms))
    return tally(planted["fault"].to_pylist(), pairs)


def tally(faults: list[str], pairs: set[tuple[int, str]]) -> pa.Table:
    """Faults by row number, and (row number, rule) of those found -> `TALLY`."""
    rows = []
    for kind in sorted(set(faults)):
        which = {n for n, fault in enumerate(faults) if fault == kind}
        rules = Counter(rule for n, rule in pairs if n in which)
        hit = len({n for n, _ in pairs if n in which})
        rows.append(
            {
                "fault": kind,
                "planted": len(which),
                "found": hit,
                "share": hit / len(which),
                "rules": sorted(rules, key=lambda rule: (-rules[rule], rule)),
            }
        )
    return pa.Table.from_pylist(rows, TALLY)
