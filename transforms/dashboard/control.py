"""Control charts: one annotator's keypoint, week by week, against its limit."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from markupsafe import Markup

from posegate.transforms.dashboard import svg
from posegate.transforms.dashboard.display import (
    Shown,
    at,
    clip,
    count,
    decimal,
    finite,
    first,
)
from posegate.transforms.dashboard.svg import drawing, line, paths, tag, text

LATEST = 78
"""Weeks drawn: a year and a half; report.json has them all."""
WIDTH, HEIGHT, LEFT, RIGHT, TOP, FLOOR = 320, 172, 38, 308, 14, 132


class Chart(NamedTuple):
    """A stream's drawing with what to say of it; `against` is empty where gold is."""

    annotator: str
    keypoint: str
    against: str
    sentence: str
    alarms: int
    picture: Markup


class Week(NamedTuple):
    """One point of a chart."""

    week: str
    n: float | None
    statistic: float | None
    limit: float | None
    mean_px: float | None
    alarm: bool
    contract: bool


def charts(drift: Mapping[str, Any], most: int = 12) -> Shown:
    """The worst streams: those in alarm first, then by the size of the effect."""
    streams = sorted(drift.get("streams") or (), key=_gravity, reverse=True)
    marks = {
        (m.get("annotator"), m.get("keypoint"), m.get("week"))
        for m in drift.get("contract") or ()
    }
    shown = first(streams, most)
    return shown._replace(rows=[_chart(s, drift, marks) for s in shown.rows])


def _gravity(stream: Mapping[str, Any]) -> tuple[bool, float]:
    return any(stream.get("alarm") or ()), abs(finite(stream.get("effect_px")) or 0)


def _chart(
    stream: Mapping[str, Any], drift: Mapping[str, Any], marks: set[tuple[Any, ...]]
) -> Chart:
    weeks = _weeks(stream, marks)
    axis = list(drift.get("weeks") or ()) or [week.week for week in weeks]
    axis = sorted({*axis, *(week.week for week in weeks)})[-LATEST:]
    weeks = [week for week in weeks if week.week in axis]
    return Chart(
        stream.get("annotator") or "",
        stream.get("keypoint") or "",
        "" if (source := stream.get("against")) == "gold" else against(source),
        sentence(stream),
        sum(map(bool, stream.get("alarm") or ())),
        picture(weeks, axis, f"{stream.get('annotator')}, {stream.get('keypoint')}"),
    )


def _weeks(stream: Mapping[str, Any], marks: set[tuple[Any, ...]]) -> list[Week]:
    who = stream.get("annotator"), stream.get("keypoint")
    return [
        Week(
            week,
            finite(at(stream.get("n"), i)),
            finite(at(stream.get("statistic"), i)),
            finite(at(stream.get("limit"), i)),
            finite(at(stream.get("mean_px"), i)),
            bool(at(stream.get("alarm"), i)),
            (*who, week) in marks,
        )
        for i, week in enumerate(stream.get("weeks") or ())
    ]


OVER = 0.99
"""Nothing is told surer than this."""


def sentence(stream: Mapping[str, Any]) -> str:
    """'12.4 px right and down since 2026-W08'; 'in control' without an alarm, whatever
    its last week seems to show."""
    since = stream.get("since")
    if not since:
        return "in control"
    words = [changed(stream), f"since {stream.get('began') or since}"]
    chance = finite(stream.get("chance"))
    if chance is not None:
        sure = f"{100 * chance:.0f}" if chance < OVER else f"over {100 * OVER:.0f}"
        words.append(f"({sure} % sure)")
    return " ".join(word for word in words if word)


HABITS_SAID: Mapping[str, Callable[[float], str]] = {
    "noise": lambda by: f"errors {decimal(by, 1)} times as large",
    "visible": lambda by: f"{100 * by:+.0f} % of keypoints marked visible",
    "labelled": lambda by: f"{100 * by:+.0f} % of keypoints labelled",
    "pace": lambda by: f"{decimal(by, 1)} times the usual time an instance",
    "untouched": lambda by: (
        f"leaves {decimal(by, 1)} times as many instances as the model made them"
    ),
    "inverted": lambda by: f"exchanges left and right {decimal(by, 1)} times as often",
    "image-left": lambda by: (
        f"goes by the left of the image: {100 * by:.0f} % facing the camera exchanged"
    ),
    "image-left or exchanged": lambda by: (
        f"goes by the left of the image, or exchanges left and right: {100 * by:.0f} % "
        "facing the camera; too few are seen from behind to tell which"
    ),
    "exchanged": lambda by: f"left and right exchanged, {100 * by:.0f} % of the time",
}


AGAINST: Mapping[str, str] = {
    "gold": "gold and reviews",
    "prelabel": "what the model predicted, not gold",
    "consensus": "the consensus of the others, not gold",
    "second": "the second annotator, not gold",
}
"""What an annotator was held against, as people read it."""


def against(source: object) -> str:
    """What a source is called; nothing where there is none."""
    return AGAINST.get(str(source), "")


def held_against(row: Mapping[str, Any]) -> str:
    """What somebody was held against; and, of a consensus that mostly the same share,
    that it does not tell them from those."""
    near = [clip(name, 32) for name in row.get("circle") or ()]
    if not near:
        return against(row.get("against"))
    did = "they did alike" if len(near) > 1 else "the other did, the other way"
    return (
        f"the consensus of {several(near)}, not gold. They mostly share frames with "
        f"each other: it is {clip(row.get('annotator'), 32)} who changed, or {did}. "
        "Give one of them gold, or let who shares frames change"
    )


def several(names: Sequence[str]) -> str:
    """'bo', 'bo and cy', 'bo, cy and dee', or 'bo, cy and 3 more'."""
    if len(names) < 3:
        return " and ".join(names)
    rest = names[2] if len(names) == 3 else f"{len(names) - 2} more"
    return f"{', '.join(names[:2])} and {rest}"


OFFSETS = ("bias", "standing")


def retraining(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """What is in alarm, as a table: who, on what, what changed, and how sure."""
    return [
        {
            **row,
            "keypoint": row.get("keypoint") or "all keypoints",
            "said": changed(row),
            "held_against": held_against(row),
            "low": finite(row.get("low_px")) if row.get("finding") in OFFSETS else None,
        }
        for row in rows
    ]


def changed(stream: Mapping[str, Any]) -> str:
    """What changed: points moved, errors grew, or slips came more often."""
    effect, noise = finite(stream.get("effect_px")), finite(stream.get("noise"))
    finding = stream.get("finding") or "bias"
    factor = finite(stream.get("factor")) if noise is None else noise
    if finding == "visible" and stream.get("keypoint") and factor is not None:
        return f"{100 * factor:+.0f} % marked visible"
    if finding in HABITS_SAID and factor is not None:
        return HABITS_SAID[finding](factor)
    if finding == "slips":
        return "more slips than before"
    if effect is None:
        return ""
    where = stream.get("body") or stream.get("direction") or "off"
    always = "always " if finding == "standing" else ""
    return f"{always}{decimal(effect, 1)} px {where}"


def picture(weeks: Sequence[Week], axis: Sequence[str], who: str) -> Markup:
    """Evidence by week with its limit; filled red: alarm, diamond: the contract's."""
    tops = [v for w in weeks for v in (w.statistic, w.limit) if v is not None]
    if not tops:
        return Markup("")
    high = max(tops) or 1.0
    y = svg.linear(0, high * 1.06, FLOOR, TOP)
    x = svg.linear(0, max(1, len(axis) - 1), LEFT + 8, RIGHT - 8)
    at_x = {week: x(i) for i, week in enumerate(axis)}
    alarms = sum(week.alarm for week in weeks)
    return drawing(
        WIDTH,
        HEIGHT,
        f"Control chart of {who}: weeks in alarm: {alarms} of {len(weeks)}",
        *[_level(y(v), svg.short(v)) for v in svg.ticks(0, high, 3)],
        paths([_place(at_x, y, w.week, w.limit) for w in weeks], "limit"),
        _limit_label(weeks, at_x, y),
        paths([_place(at_x, y, w.week, w.statistic) for w in weeks], "trace"),
        *[_point(at_x[w.week], y, w) for w in weeks],
        *_labels(axis, x),
    )


def _place(
    x: Mapping[str, float], y: svg.Scale, week: str, value: float | None
) -> tuple[float, float] | None:
    return None if value is None else (x[week], y(value))


def _level(y: float, label: str) -> Markup:
    return tag(
        "g",
        line(LEFT, y, RIGHT, y, "grid"),
        text(LEFT - 5, y + 4, label, class_="tick", text_anchor="end"),
    )


def _limit_label(weeks: Sequence[Week], x: Mapping[str, float], y: svg.Scale) -> Markup:
    known = [w for w in weeks if w.limit is not None]
    if not known:
        return Markup("")
    place = y(known[0].limit or 0)
    return text(x[known[0].week], place - 4, "limit", class_="note small")


def _point(x: float, y: svg.Scale, week: Week) -> Markup:
    found = [] if week.statistic is None else [_dot(x, y(week.statistic), week)]
    if week.contract:
        corners = (
            f"{x:.1f},{FLOOR + 3} {x + 5:.1f},{FLOOR + 8} "
            f"{x:.1f},{FLOOR + 13} {x - 5:.1f},{FLOOR + 8}"
        )
        words = f"{week.week}: the contract's rule is broken ({_mean(week)})"
        found.append(tag("polygon", tag("title", words), points=corners, class_="rule"))
    return Markup("").join(found)


def _dot(x: float, y: float, week: Week) -> Markup:
    words = (
        f"{week.week}: evidence {decimal(week.statistic, 1)}"
        f", limit {decimal(week.limit, 1)}, {_mean(week)}"
        f", n {count(week.n)}" + (", alarm" if week.alarm else "")
    )
    look, radius = ("dot alarm", 4.5) if week.alarm else ("dot", 2.6)
    return tag("circle", tag("title", words), cx=x, cy=y, r=radius, class_=look)


def _mean(week: Week) -> str:
    return f"mean error {decimal(week.mean_px, 1)} px"


def _labels(axis: Sequence[str], x: svg.Scale) -> list[Markup]:
    last = len(axis) - 1
    places = sorted({0, last // 2, last}) if last > 3 else [0, last]
    anchors = {0: "start", last: "end"}
    return [
        text(x(i) + {0: -8, last: 8}.get(i, 0), FLOOR + 30, axis[i], 9,
             class_="tick", text_anchor=anchors.get(i, "middle"))
        for i in dict.fromkeys(places)
    ]  # fmt: skip
