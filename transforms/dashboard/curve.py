"""The operating curve of the test of the lot: what it does to lots of each quality."""

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from posegate.transforms.dashboard import svg
from posegate.transforms.dashboard.display import finite, share
from posegate.transforms.dashboard.svg import drawing, line, paths, tag, text

LEFT, RIGHT, TOP, FLOOR, WIDTH, HEIGHT = 44, 408, 26, 196, 420, 230


def curve(test: Mapping[str, Any]) -> Markup:
    """Share accepted by share of bad instances; empty where there is no curve.

    The band is the interval of what was seen, the lines are p0 and p1.
    """
    drawn = test.get("curve") or {}
    points = [
        (finite(p), finite(a))
        for p, a in zip(
            drawn.get("share") or (), drawn.get("accepted") or (), strict=False
        )
    ]
    known = [(p, a) for p, a in points if p is not None and a is not None]
    if len(known) < 2:
        return Markup("")
    x = svg.linear(known[0][0], known[-1][0], LEFT, RIGHT)
    y = svg.linear(0, 1, FLOOR, TOP)
    return drawing(
        WIDTH,
        HEIGHT,
        _title(test),
        _seen(test, x, known[-1][0]),
        *[_level(y(v), share(v)) for v in (0.0, 0.5, 1.0)],
        *[_limit(test, name, x) for name in ("p0", "p1")],
        paths([(x(p), y(a)) for p, a in known], "trace"),
        *[text(x(v), FLOOR + 16, share(v), class_="tick", text_anchor="middle")
          for v in svg.ticks(0, known[-1][0], 5)],
        text((LEFT + RIGHT) / 2, HEIGHT - 2, "share of bad instances in the lot",
             class_="tick axis", text_anchor="middle"),
    )  # fmt: skip


def _title(test: Mapping[str, Any]) -> str:
    return (
        f"Operating curve: lots with {share(test.get('p0'))} bad are rejected with a "
        f"probability of {share(test.get('alpha'))}, lots with {share(test.get('p1'))} "
        f"accepted with {share(test.get('beta'))}"
    )


def _level(y: float, label: str) -> Markup:
    return tag(
        "g",
        line(LEFT, y, RIGHT, y, "grid"),
        text(LEFT - 6, y + 4, label, class_="tick", text_anchor="end"),
    )


def _limit(test: Mapping[str, Any], name: str, x: svg.Scale) -> Markup:
    value = finite(test.get(name))
    if value is None:
        return Markup("")
    return tag(
        "g",
        line(x(value), TOP - 8, x(value), FLOOR, "limit"),
        text(x(value) + 4, TOP - 10, name, class_="note"),
    )


def _seen(test: Mapping[str, Any], x: svg.Scale, most: float) -> Markup:
    low, high = finite(test.get("low")), finite(test.get("high"))
    if not test.get("reviewed") or low is None or high is None:
        return Markup("")
    left, right = x(min(low, most)), x(min(high, most))
    words = f"{share(test.get('share'))} seen, interval {share(low)} to {share(high)}"
    return tag(
        "rect", tag("title", words), x=left, y=TOP, width=max(1.5, right - left),
        height=FLOOR - TOP, class_="band",
    )  # fmt: skip
