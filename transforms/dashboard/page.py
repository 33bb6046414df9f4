"""The dashboard of one run: should we take this delivery, and why."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from posegate.transforms.dashboard import (
    charts,
    control,
    curve,
    display,
    figures,
    heat,
    meanings,
)
from posegate.transforms.dashboard.display import (
    Shown,
    count,
    decimal,
    finite,
    first,
    inert,
    part,
    scored,
    share,
)
from posegate.transforms.dashboard.meanings import GRAVITY, NO_VERDICT, VERDICTS
from posegate.transforms.dashboard.render import render
from posegate.transforms.kernels.decisions import REASONS

MOST = 40

CONTRACT = 8
"""Rows of the contract's own rule: by it a third of all streams can be broken, and
alarms must not drown in them."""

"""Rows of a table; the rest is counted, and found in the run's Parquet files."""
MOST_CLASSES = 12
"""Categories of a table: it is as wide as it is long."""
NEXT = 12
"""Rows of the table of what to review next: the queue has them all."""

SECTIONS: dict[str, Any] = {
    "reasons": {},
    "delivery": {},
    "skeleton": {},
    "counts": {},
    "agreement": {},
    "sampling": {},
    "acceptance": {},
    "heat": {},
    "drift": {},
}


class Tile(NamedTuple):
    """One large number; `look` is a verdict's colour, or empty."""

    value: str
    label: str
    note: str = ""
    look: str = ""


class ErrorBar(NamedTuple):
    """One keypoint's mean error."""

    keypoint: str
    n: int | None
    mpjpe: float | None
    q: float | None
    bar: Any
    mistakes: Mapping[str, int]
    between: float | None


def page(report: Mapping[str, Any]) -> str:
    """One run's report (see `report.Report`) as one self-contained HTML file.

    Nothing in it runs or is fetched. Whatever the report lacks is said to be missing,
    with what to do about it.
    """
    data = {**SECTIONS, **{k: v for k, v in inert(report).items() if v is not None}}
    counts, agreement, drift = data["counts"], data["agreement"], data["drift"]
    return render(
        "page.html",
        report=data,
        verdict=VERDICTS.get(str(data.get("verdict")), NO_VERDICT),
        verdicts=VERDICTS,
        unjudged=NO_VERDICT,
        deciding=deciding(data["reasons"]),
        reasons=by_gravity(data["reasons"]),
        next_step=next_step(data),
        tiles=tiles(data),
        whys=whys(counts.get("reasons") or {}),
        notes=codes(counts.get("notes")),
        repairs=codes(counts.get("repairs")),
        quarantine=codes(counts.get("quarantine")),
        findings=first(by_severity(counts.get("findings") or []), 2 * MOST),
        slices=first([s for s in counts.get("slices") or [] if s.get("worse")], MOST),
        skipped=first(counts.get("skipped") or [], MOST),
        score=scored(agreement)[0],
        classes=confusion(agreement.get("classes") or {}),
        histogram=charts.histogram(agreement),
        keypoints=errors(agreement.get("keypoints") or []),
        curve=curve.curve(data["acceptance"]),
        next_reviews=first(data["sampling"].get("next") or [], NEXT),
        panel=first((agreement.get("panels") or {}).get("people") or [], MOST),
        mistakes=meanings.MISTAKES,
        normalisers=meanings.NORMALISERS,
        reviewed=part(
            data["sampling"].get("reviewed"), data["sampling"].get("sampled")
        ),
        heat=heat.rows(data["heat"], MOST),
        legend=heat.legend(),
        charts=control.charts(drift),
        retraining=first(control.retraining(data.get("retraining") or []), 2 * MOST),
        latest=control.LATEST,
        contract=first(drift.get("contract") or [], CONTRACT),
        figures=figures.figures(data.get("worst") or [], data["skeleton"]),
        annotators=annotators(data.get("annotators") or []),
        expectations=expectations(data.get("expectations") or []),
        gates=meanings.GATES,
        roles=meanings.ROLES,
        kinds=meanings.KINDS,
        severities=meanings.SEVERITIES,
    )


def whys(reasons: Mapping[str, Any]) -> dict[str, str]:
    """Why instances have each verdict but approval, the commonest reason first."""
    said: dict[str, list[str]] = {}
    for reason, n in sorted(reasons.items(), key=lambda each: -(finite(each[1]) or 0)):
        verdict = REASONS.get(reason)
        if verdict:
            words = f"{count(n)} {meanings.WHY[reason]}"
            said.setdefault(verdict, []).append(words)
    return {verdict: ", ".join(each) for verdict, each in said.items()}


def by_gravity(reasons: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Gates that reject first, then those that hold, then those that pass."""
    return sorted(reasons, key=lambda r: GRAVITY.get(str(r.get("verdict")), 1))


def deciding(reasons: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The gates that did not pass; all of them where everything passed."""
    failed = [reason for reason in by_gravity(reasons) if not reason.get("passed")]
    return failed or list(reasons)


def next_step(report: Mapping[str, Any]) -> str:
    """What the reader should do now."""
    counts, lacking = report["counts"], report["sampling"].get("lacking")
    rework = count(counts.get("rework"))
    if not counts.get("instances"):
        return (
            "Nothing could be judged: no instance was read. Check that the delivery's "
            "path holds export files, and what the quarantine below says."
        )
    match report.get("verdict"):
        case "accept":
            return (
                f"{count(counts.get('approved'))} approved instances may enter the "
                f"splits; {rework} go back as rework."
            )
        case "handed-in":
            return (
                "Nothing of this is judged. Run the gate again on the delivery that it "
                "brings reviews of, and they count."
            )
        case "reject":
            return (
                "Send the delivery back with its review queue (the folder review/). "
                "None of its instances enters a split."
            )
        case "hold" if lacking:
            return (
                f"Have instances reviewed by their `order` in the folder review/, then "
                f"run the gate again: {count(lacking)} of the sample still lack a "
                "reference; the gates below say how many decide."
            )
        case _:
            return "Settle the gates below that did not pass, then run the gate again."


def tiles(report: Mapping[str, Any]) -> list[Tile]:
    """The five numbers to know before anything else."""
    counts, agreement = report["counts"], report["agreement"]
    score, found = scored(agreement)
    total = counts.get("instances")
    return [
        Tile(
            count(total),
            "instances delivered",
            f"{count(counts.get('frames'))} frames, "
            f"{count(counts.get('annotators'))} annotators",
        ),
        Tile(
            count(counts.get("approved")),
            "instances approved",
            f"{share(part(counts.get('approved'), total))} of the delivery",
        ),
        Tile(
            decimal(found.get("median"), 3),
            f"median {score} of the sample",
            _interval(found, agreement.get("pairs")),
        ),
        _broken(counts),
        _alarms(report),
    ]


def _interval(oks: Mapping[str, Any], pairs: object) -> str:
    if not finite(pairs):
        return "no pairs yet"
    low, high = oks.get("low"), oks.get("high")
    if low is None or high is None:
        return f"{count(pairs)} pairs"
    return (
        f"mean {decimal(oks.get('mean'), 3)} ({decimal(low, 3)} to {decimal(high, 3)})"
    )


def _broken(counts: Mapping[str, Any]) -> Tile:
    rework, lost = counts.get("rework"), counts.get("quarantined")
    both = None if rework is None or lost is None else rework + lost
    return Tile(
        share(part(both, counts.get("records"))),
        "of the records cannot be used",
        f"{count(rework)} to be reworked, {count(lost)} unreadable",
    )


def _alarms(report: Mapping[str, Any]) -> Tile:
    streams = report["drift"].get("streams") or []
    people = report.get("annotators") or []
    alarmed = {each.get("annotator") for each in people if each.get("alarms")}
    if not streams and not alarmed:
        return Tile(display.NONE, "annotators in alarm", "no control charts yet")
    who = ", ".join(display.clip(name, 20) for name in sorted(map(str, alarmed))[:2])
    more = f" and {len(alarmed) - 2} more" if len(alarmed) > 2 else ""
    look = "reject" if alarmed else "accept"
    return Tile(str(len(alarmed)), "annotators in alarm", who + more or "none", look)


def codes(counts: Mapping[str, int] | None) -> Shown:
    """(code, number), most frequent first."""
    return first(sorted((counts or {}).items(), key=lambda each: -each[1]), MOST)


def by_severity(findings: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Rejecting rules first, each severity by the number of instances."""
    order = list(meanings.SEVERITIES)
    return sorted(
        findings,
        key=lambda f: (
            order.index(f["severity"]) if f.get("severity") in order else len(order),
            -(finite(f.get("instances")) or 0),
        ),
    )


def errors(keypoints: Sequence[Mapping[str, Any]]) -> Shown:
    """Every keypoint's mean error, in the skeleton's order unless there are too many.

    The bars share one scale; its tick stands at 1, what two careful people differ by.
    """
    most = max((finite(each.get("q")) or 0 for each in keypoints), default=0)
    rows = [
        ErrorBar(
            each.get("keypoint") or "",
            each.get("n"),
            finite(each.get("mpjpe")),
            finite(each.get("q")),
            charts.bar(each.get("q"), max(most, 1.25), 1.0),
            each.get("mistakes") or {},
            finite((each.get("between") or {}).get("q")),
        )
        for each in keypoints
    ]
    if len(rows) > MOST:
        rows.sort(key=lambda row: -(row.q or 0))
    return first(rows, MOST)


def confusion(table: Mapping[str, Any]) -> dict[str, Any]:
    """The commonest categories of the table, and how many more there are."""
    shown = first(table.get("names") or [], MOST_CLASSES)
    lines = [line[:MOST_CLASSES] for line in table.get("matrix") or []]
    return {
        "names": shown.rows,
        "matrix": lines[:MOST_CLASSES],
        "hidden": shown.hidden,
    }


def annotators(rows: Sequence[Mapping[str, Any]]) -> Shown:
    """Those in alarm first, then from the lowest median score up; unknown last."""

    def gravity(row: Mapping[str, Any]) -> tuple[float, float]:
        oks = finite(row.get("oks"))
        return -(finite(row.get("alarms")) or 0), 2.0 if oks is None else oks

    return first(sorted(rows, key=gravity), MOST)


def expectations(rows: Sequence[Mapping[str, Any]]) -> Shown:
    """Failed critical expectations first, then other failures, then what holds."""
    order = sorted(rows, key=lambda e: (bool(e.get("success")), not e.get("critical")))
    return first(order, 2 * MOST)
