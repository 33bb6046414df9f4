"""The small charts: histogram of scores, error bars, medians, sparklines.

Sizes are in the drawing's own units, which are CSS px at full width.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from markupsafe import Markup

from posegate.transforms.dashboard import svg
from posegate.transforms.dashboard.display import at, decimal, finite, scored, share
from posegate.transforms.dashboard.meanings import NO_VERDICT, VERDICTS
from posegate.transforms.dashboard.svg import drawing, line, paths, tag, text


class Delivered(NamedTuple):
    """One delivery on the line of medians; `oks` None leaves a gap."""

    name: str
    oks: float | None
    verdict: str


def histogram(agreement: Mapping[str, Any], width: int = 420) -> Markup:
    """Pairs by their score, those under the threshold in red; empty without any."""
    bins = agreement.get("histogram") or {}
    edges = [finite(edge) for edge in bins.get("edges") or ()]
    counts = [finite(n) or 0 for n in bins.get("counts") or ()]
    bars = [(a, b, n) for a, b, n in zip(edges, edges[1:], counts, strict=False)
            if a is not None and b is not None]  # fmt: skip
    if not any(n for _, _, n in bars):
        return Markup("")
    height, floor, top = 230, 196, 30
    x = svg.linear(bars[0][0], bars[-1][1], 44, width - 12)
    most = max(n for _, _, n in bars)
    y = svg.linear(0, most, floor, top)
    limit = finite(agreement.get("threshold"))
    return drawing(
        width,
        height,
        _histogram_title(agreement),
        *[_level(y(n), svg.short(n), 44, width - 12) for n in svg.ticks(0, most, 4)],
        *[_bar(x, y, floor, limit, *each) for each in bars],
        *[text(x(v), floor + 16, svg.short(v), class_="tick", text_anchor="middle")
          for v in svg.ticks(bars[0][0], bars[-1][1], 5)],
        text((44 + width - 12) / 2, height - 2, scored(agreement)[0],
             class_="tick axis", text_anchor="middle"),
        _threshold(x, floor, limit, agreement, bars[0][0], bars[-1][1]),
    )  # fmt: skip


def _histogram_title(agreement: Mapping[str, Any]) -> str:
    score, found = scored(agreement)
    return (
        f"Histogram of {score} over the pairs: median "
        f"{decimal(found.get('median'), 3)}, {share(found.get('below'))} "
        f"below {decimal(agreement.get('threshold'))}"
    )


def _level(y: float, label: str, left: float, right: float) -> Markup:
    return tag(
        "g",
        line(left, y, right, y, "grid"),
        text(left - 6, y + 4, label, class_="tick", text_anchor="end"),
    )


def _bar(
    x: svg.Scale, y: svg.Scale, floor: float, limit: float | None,
    low: float, high: float, n: float,
) -> Markup:  # fmt: skip
    if not n:
        return Markup("")
    under = limit is not None and high <= limit + 1e-9
    top = min(y(n), floor - 1.5)
    word = "pair" if n == 1 else "pairs"
    return tag(
        "rect",
        tag("title", f"{svg.short(n)} {word} from {low:.3g} to {high:.3g}"),
        x=x(low) + 0.5,
        y=top,
        width=max(0.8, x(high) - x(low) - 1),
        height=floor - top,
        class_="bar bad" if under else "bar",
    )


def _threshold(
    x: svg.Scale, floor: float, limit: float | None, agreement: Mapping[str, Any],
    low: float, high: float,
) -> Markup:  # fmt: skip
    if limit is None or not low <= limit <= high:
        return Markup("")
    words = f"{share(scored(agreement)[1].get('below'))} below {limit:.3g}"
    right = x(limit) > (x(low) + x(high)) / 2
    return tag(
        "g",
        line(x(limit), 14, x(limit), floor, "limit"),
        text(x(limit) + (-6 if right else 6), 24, words, class_="note",
             text_anchor="end" if right else "start"),
    )  # fmt: skip


def bar(value: object, most: float, mark: float | None = None) -> Markup:
    """A bar of a table's cell, 0 to `most`, with a tick at `mark`; empty for None."""
    number = finite(value)
    if number is None:
        return Markup("")
    x = svg.linear(0, most or 1, 0, 160)
    over = mark is not None and number > 1.5 * mark
    return tag(
        "svg",
        tag("rect", x=0, y=3, width=max(1.0, min(160.0, x(number))), height=8, rx=2,
            class_="bar bad" if over else "bar"),
        line(x(mark), 0, x(mark), 14, "limit") if mark is not None else "",
        viewBox="0 0 160 14",
        class_="cell",
        aria_hidden="true",
    )  # fmt: skip


def medians(
    deliveries: Sequence[Delivered], threshold: float | None, score: str = "OKS"
) -> Markup:
    """Median score, oldest delivery first; empty where no delivery has one.

    The shape of a point says the verdict as well as its colour does.
    """
    known = [each.oks for each in deliveries if each.oks is not None]
    if not known:
        return Markup("")
    width, height, left, right, floor = 1100, 206, 52, 1080, 172
    low, high = svg.spread([*known, *([] if threshold is None else [threshold])], 0.04)
    pad = (high - low) * 0.08
    y = svg.linear(low - pad, high + pad, floor, 16)
    x = svg.linear(0, max(1, len(deliveries) - 1), left + 16, right - 16)
    points = [
        None if each.oks is None else (x(i), y(each.oks))
        for i, each in enumerate(deliveries)
    ]
    every = max(1, -(-len(deliveries) // 10))
    return drawing(
        width,
        height,
        f"Median {score} of {len(known)} deliveries, from {min(known):.3f} "
        f"to {max(known):.3f}",
        *[_level(y(v), svg.short(v), left, right)
          for v in svg.ticks(low - pad, high + pad, 5)],
        _rule(y, threshold, left, right),
        paths(points, "trace"),
        *[_delivery(point, each, score)
          for point, each in zip(points, deliveries, strict=True) if point],
        *[text(x(i), floor + 22, each.name, 12, class_="tick", text_anchor="middle")
          for i, each in enumerate(deliveries) if i % every == 0],
        class_="wide",
    )  # fmt: skip


def _rule(y: svg.Scale, limit: float | None, left: float, right: float) -> Markup:
    if limit is None:
        return Markup("")
    return line(left, y(limit), right, y(limit), "limit")


def _delivery(point: tuple[float, float], each: Delivered, score: str) -> Markup:
    verdict = VERDICTS.get(each.verdict, NO_VERDICT)
    title = tag("title", f"{each.name}: median {score} {each.oks:.3f}, {verdict.name}")
    return mark(*point, verdict.name, title)


def mark(x: float, y: float, verdict: str, title: Markup) -> Markup:
    """A verdict as a point: circle accept, triangle hold, square reject."""
    look = f"point {verdict}"
    if verdict == "reject":
        return tag("rect", title, x=x - 5, y=y - 5, width=10, height=10, class_=look)
    if verdict == "hold":
        corners = f"{x:.1f},{y - 6:.1f} {x - 6:.1f},{y + 5:.1f} {x + 6:.1f},{y + 5:.1f}"
        return tag("polygon", title, points=corners, class_=look)
    return tag("circle", title, cx=x, cy=y, r=4.5, class_=look)


def sparkline(values: Sequence[object], low: float, high: float) -> Markup:
    """A history in one table cell, on a scale shared by the column; None is a gap."""
    numbers = [finite(value) for value in values]
    x = svg.linear(0, max(1, len(numbers) - 1), 4, 136)
    y = svg.linear(low, high, 20, 4)
    points = [None if v is None else (x(i), y(v)) for i, v in enumerate(numbers)]
    seen = [i for i, point in enumerate(points) if point]
    if not seen:
        return Markup("")
    last = at(points, seen[-1])
    assert last is not None
    words = ", ".join(decimal(value, 3) for value in numbers)
    return tag(
        "svg",
        tag("title", f"Oldest first: {words}"[:400]),
        paths(points, "trace"),
        tag("circle", cx=last[0], cy=last[1], r=2.6, class_="dot"),
        viewBox="0 0 140 24",
        class_="cell",
        role="img",
    )
