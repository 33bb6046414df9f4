"""Drawing with as little as possible: escaped tags, a linear scale, round ticks.

Colours come from classes in `style.css`, never from attributes, so that light, dark
and print need one drawing; `style=` is not used because the page's policy forbids it.
"""

import math
from collections.abc import Callable, Iterable, Sequence

from markupsafe import Markup

from posegate.transforms.dashboard.display import clip

Scale = Callable[[float], float]


def tag(name: str, *children: object, **attributes: object) -> Markup:
    """One element; children and attribute values are escaped unless Markup.

    A trailing underscore of an attribute's name is dropped (`class_`), the others
    become hyphens (`text_anchor`); None leaves the attribute out.
    """
    pairs = Markup("").join(
        Markup(' {}="{}"').format(key.rstrip("_").replace("_", "-"), _plain(value))
        for key, value in attributes.items()
        if value is not None
    )
    inside = Markup("").join(children)  # type: ignore[arg-type]
    return Markup("<{}{}>{}</{}>").format(name, pairs, inside, name)


def _plain(value: object) -> object:
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else value


def drawing(
    width: float, height: float, title: str, *children: Markup, class_: str = ""
) -> Markup:
    """An `<svg>` that scales with its column and tells a screen reader its title."""
    return tag(
        "svg",
        tag("title", title),
        *children,
        viewBox=f"0 0 {width:g} {height:g}",
        width=width,
        height=height,
        role="img",
        class_=f"chart {class_}".strip(),
    )


def text(x: float, y: float, words: str, longest: int = 60, **more: object) -> Markup:
    """Words at a place, cut with an ellipsis and then given whole in a tooltip."""
    short = clip(words, longest)
    full = tag("title", words) if short != words else Markup("")
    return tag("text", short, full, x=x, y=y, **more)


def line(x1: float, y1: float, x2: float, y2: float, class_: str) -> Markup:
    return tag("line", x1=x1, y1=y1, x2=x2, y2=y2, class_=class_)


def paths(points: Iterable[tuple[float, float] | None], class_: str) -> Markup:
    """A line through the points, broken where one is None."""
    steps: list[str] = []
    pen = "M"
    for point in points:
        if point is not None:
            steps.append(f"{pen}{point[0]:.1f} {point[1]:.1f}")
        pen = "M" if point is None else "L"
    return tag("path", d="".join(steps), class_=class_) if steps else Markup("")


def linear(low: float, high: float, start: float, end: float) -> Scale:
    """low -> start, high -> end; everything to `start` where low equals high."""
    span = high - low
    slope = (end - start) / span if span else 0.0
    return lambda value: start + (value - low) * slope


def ticks(low: float, high: float, about: int = 4) -> list[float]:
    """Round numbers (1, 2, 5 times a power of ten) in [low, high], about that many."""
    if not high > low:
        return [low]
    rough = (high - low) / about
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(m * power for m in (1, 2, 5, 10) if m * power >= rough * 0.999)
    start = math.ceil(low / step - 1e-9)
    return [
        round(i * step, 10) for i in range(start, math.floor(high / step + 1e-9) + 1)
    ]


def short(value: float) -> str:
    """A tick's label: 1500 -> '1,500', 0.25 -> '0.25', 3e9 -> '3e+09'."""
    return f"{value:,.10g}" if abs(value) < 1e6 else f"{value:.2g}"


def spread(values: Sequence[float], least: float = 0.0) -> tuple[float, float]:
    """Lowest and highest, widened to a span of at least `least`; (0, 1) if empty."""
    if not values:
        return 0.0, 1.0
    low, high = min(values), max(values)
    pad = max(0.0, least - (high - low)) / 2
    return low - pad, high + pad
