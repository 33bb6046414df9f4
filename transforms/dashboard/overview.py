"""The overview: every delivery with its verdict, and every annotator's history."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import quote

from posegate.transforms.dashboard import charts, svg
from posegate.transforms.dashboard.display import (
    Shown,
    count,
    decimal,
    finite,
    first,
    inert,
    scored,
)
from posegate.transforms.dashboard.meanings import NO_VERDICT, VERDICTS, Verdict
from posegate.transforms.dashboard.page import Tile, deciding
from posegate.transforms.dashboard.render import render

MOST_DELIVERIES, MOST_ANNOTATORS, MOST_REASONS = 300, 300, 4


READ = (
    "posegate", "project", "run", "delivery", "verdict", "reasons", "counts",
    "agreement", "annotators", "page",
)  # fmt: skip


class DeliveryRow(NamedTuple):
    """One delivery; `link` is None where its name cannot be a folder."""

    name: str
    link: str | None
    vendor: str
    received: str
    instances: Any
    approved: Any
    oks: float | None
    verdict: Verdict
    reasons: list[str]
    more: int


class History(NamedTuple):
    """One annotator over all deliveries, oldest first; `oks` has None for gaps."""

    annotator: str
    deliveries: int
    instances: int
    latest: float | None
    lowest: float | None
    rejected: int
    alarms: int
    line: Any


def index(deliveries: Sequence[Mapping[str, Any]]) -> str:
    """All deliveries, oldest first, as one self-contained HTML file.

    Each is its run's whole report (see `report.Report`), or the keys `READ` of it;
    of `agreement` only `score`, `oks` and `iou`.
    """
    reports = [
        inert({name: each[name] for name in READ if name in each})
        for each in deliveries
    ]
    rows = [row(each) for each in reports]
    points = [
        charts.Delivered(each.name, each.oks, each.verdict.name)
        for each in rows
        if each.verdict.name != "handed-in"
    ]
    latest = reports[-1] if reports else {}
    return render(
        "index.html",
        latest=latest,
        tiles=tiles(reports, rows),
        deliveries=first(rows[::-1], MOST_DELIVERIES),
        score=_score(reports),
        medians=charts.medians(points[-60:], _limit(latest), _score(reports)),
        drawn=len(points[-60:]),
        histories=histories(reports),
        verdicts=VERDICTS,
    )


def row(report: Mapping[str, Any]) -> DeliveryRow:
    """What the table of deliveries says of one run."""
    facts, counts = report.get("delivery") or {}, report.get("counts") or {}
    verdict = VERDICTS.get(str(report.get("verdict")), NO_VERDICT)
    passed = verdict.name == "accept"  # of a hand-in the table says what it brought
    reasons = [] if passed else deciding(report.get("reasons") or [])
    return DeliveryRow(
        name=str(facts.get("name") or ""),
        link=link(report.get("page")),
        vendor=str(facts.get("vendor") or ""),
        received=str(facts.get("received") or ""),
        instances=counts.get("instances"),
        approved=counts.get("approved"),
        oks=_median(report),
        verdict=verdict,
        reasons=[str(each.get("text") or "") for each in reasons[:MOST_REASONS]],
        more=max(0, len(reasons) - MOST_REASONS),
    )


def link(page: object) -> str | None:
    """A dashboard's path below the overview, as a link; None if it leads out of it.

    >>> link("deliveries/week%2038/runs/a1/dashboard.html")
    'deliveries/week%252038/runs/a1/dashboard.html'
    """
    segments = str(page or "").split("/")
    if {"", ".", ".."} & set(segments):
        return None
    return quote("/".join(segments), safe="/")


def tiles(
    reports: Sequence[Mapping[str, Any]], rows: Sequence[DeliveryRow]
) -> list[Tile]:
    """The four numbers above the table; hand-ins of reviews are no deliveries."""
    rows = [each for each in rows if each.verdict.name != "handed-in"]
    accepted = sum(each.verdict.name == "accept" for each in rows)
    approved = [
        finite(each.approved) or 0 for each in rows if each.verdict.name == "accept"
    ]
    judged = [each for each in reports if each.get("verdict") != "handed-in"]
    people = judged[-1].get("annotators") or [] if judged else []
    alarmed = [each for each in people if finite(each.get("alarms"))]
    return [
        Tile(f"{accepted}", "deliveries accepted", f"of {len(rows)}"),
        Tile(
            decimal(rows[-1].oks if rows else None, 3),
            f"median {_score(reports)} of the latest",
            rows[-1].name if rows else "",
        ),
        Tile(
            count(len(alarmed)),
            "annotators in alarm",
            "in the latest delivery",
            "reject" if alarmed else "",
        ),
        Tile(count(sum(approved)), "instances approved", "in accepted deliveries"),
    ]


def histories(reports: Sequence[Mapping[str, Any]]) -> Shown:
    """Every annotator: those in alarm first, then from the lowest latest score up."""
    seen: dict[str, list[Mapping[str, Any] | None]] = {}
    for i, report in enumerate(reports):
        for each in report.get("annotators") or []:
            line = seen.setdefault(
                str(each.get("annotator") or ""), [None] * len(reports)
            )
            line[i] = each
    low, high = svg.spread(_all_oks(seen), 0.05)
    rows = [history(name, line, low, high) for name, line in seen.items()]
    rows.sort(key=lambda h: (-h.alarms, 2.0 if h.latest is None else h.latest))
    return first(rows, MOST_ANNOTATORS)


def history(
    name: str, line: Sequence[Mapping[str, Any] | None], low: float, high: float
) -> History:
    """One annotator's row; alarms are those of their latest delivery."""
    present = [each for each in line if each is not None]
    oks = [None if each is None else finite(each.get("oks")) for each in line]
    known = [value for value in oks if value is not None]
    return History(
        annotator=name,
        deliveries=len(present),
        instances=int(sum(finite(each.get("instances")) or 0 for each in present)),
        latest=known[-1] if known else None,
        lowest=min(known, default=None),
        rejected=int(sum(finite(each.get("rejected")) or 0 for each in present)),
        alarms=int(finite(present[-1].get("alarms")) or 0) if present else 0,
        line=charts.sparkline(oks[-60:], low, high),
    )


def _all_oks(seen: Mapping[str, Sequence[Mapping[str, Any] | None]]) -> list[float]:
    values = [
        finite(each.get("oks")) for line in seen.values() for each in line if each
    ]
    return [value for value in values if value is not None]


def _median(report: Mapping[str, Any]) -> float | None:
    return finite(scored(report.get("agreement") or {})[1].get("median"))


def _score(reports: Sequence[Mapping[str, Any]]) -> str:
    """What the latest delivery was judged by; a project has one skeleton."""
    return scored((reports[-1].get("agreement") or {}) if reports else {})[0]


def _limit(report: Mapping[str, Any]) -> float | None:
    gates = {each.get("gate"): each for each in report.get("reasons") or []}
    return finite((gates.get("agreement") or {}).get("limit"))
