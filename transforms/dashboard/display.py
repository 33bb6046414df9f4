"""Values as a person reads them: inert text, short numbers, a dash for no evidence."""

import math
import re
import unicodedata
from collections.abc import Mapping, Sequence
from numbers import Integral, Real
from typing import Any, NamedTuple, TypeVar

from markupsafe import Markup

NONE = "\N{EN DASH}"
LONGEST = 1_000
"""Characters of any text that reach the page: a name of 80 MB stays harmless."""
JOINERS = "\u200c\u200d"  # Persian, Indic scripts and emoji are spelled with them
INVISIBLE = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}

Row = TypeVar("Row")
Place = tuple[float, float]
"""x and y [px]."""


class Shown(NamedTuple):
    """The rows that fit on the page, and how many do not."""

    rows: list[Any]
    hidden: int


def inert(value: Any) -> Any:
    """The same nested value with harmless text and with None for NaN and infinity.

    Escaping is not done here but by the templates and by `svg.tag`; what escaping does
    not cure is: text that reorders its neighbours, lone surrogates that cannot be
    written as UTF-8, and sheer length.
    """
    if value is None or isinstance(value, bool):
        return value
    if type(value) is int:
        return value
    if type(value) is float:
        return value if math.isfinite(value) else None
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, Integral):
        return int(value)
    if isinstance(value, Real):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {clean(str(key)): inert(each) for key, each in value.items()}
    if isinstance(value, Sequence):
        return [inert(each) for each in value]
    return clean(str(value))


def clean(text: str, longest: int = LONGEST) -> str:
    """One line of text without control, bidirectional or unassigned characters."""
    line = " ".join(text[: longest + 1].split())
    visible = line if line.isprintable() else "".join(map(_visible, line))
    return visible if len(text) <= longest else visible[:longest] + "…"


def _visible(character: str) -> str:
    if character in JOINERS or unicodedata.category(character) not in INVISIBLE:
        return character
    return "\N{REPLACEMENT CHARACTER}"


def clip(text: object, longest: int) -> str:
    """The text's beginning, an ellipsis where it was cut; a dash for None and ''."""
    line = NONE if text is None or text == "" else str(text)
    return line if len(line) <= longest else line[: longest - 1].rstrip() + "…"


def breakable(text: str) -> Markup:
    """The text, escaped, with places where a line may break: after / . _ - and commas.

    Names of files and rules are one long word to a browser.
    """
    return Markup("<wbr>").join(re.split(r"(?<=[/._,-])(?=\w)", text))


def finite(value: object) -> float | None:
    """The number as float; None for anything else, and for NaN and infinity."""
    if type(value) is float:  # nearly always: checking for Real is slow
        return value if math.isfinite(value) else None
    if isinstance(value, bool) or not isinstance(value, Real):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def place(point: Any) -> Place | None:
    """A point's x and y; None unless both are finite numbers."""
    x, y = finite(at(point, 0)), finite(at(point, 1))
    return (x, y) if x is not None and y is not None else None


def count(value: object) -> str:
    """12345 -> '12,345'; a dash where there is no number."""
    number = finite(value)
    if number is None:
        return NONE
    return f"{number:,.0f}" if abs(number) < 1e12 else f"{number:.2e}"


def decimal(value: object, digits: int = 2) -> str:
    """0.93149 -> '0.93'; a dash where there is no number, no sign at zero."""
    number = finite(value)
    if number is None:
        return NONE
    return f"{number:z,.{digits}f}" if abs(number) < 1e9 else f"{number:.2e}"


def between(low: object, high: object, digits: int = 3) -> str:
    """(0.8381, 0.8583) -> ends joined by a dash; a dash where either end is missing."""
    if finite(low) is None or finite(high) is None:
        return NONE
    return f"{decimal(low, digits)}{NONE}{decimal(high, digits)}"


def share(value: object) -> str:
    """0.0042 -> '0.42 %': two digits below 1 %, one above, none for exactly 0 and 1."""
    number = finite(value)
    if number is None:
        return NONE
    percent = 100 * number
    digits = 2 if 0 < abs(percent) < 1 else 1 if abs(percent) % 100 else 0
    return f"{percent:.{digits}f}\N{NO-BREAK SPACE}%"


def measure(value: object, beside: object = None) -> str:
    """A gate's value or limit, with as many digits as the one it is compared with.

    The smaller of the two gets three good digits, both none if they are whole.
    """
    number = finite(value)
    if number is None:
        return NONE
    pair = [abs(v) for v in (number, finite(beside)) if v]
    if all(v == int(v) for v in pair):
        return count(number)
    digits = 2 - math.floor(math.log10(min(pair)))
    return decimal(number, min(max(digits, 0), 4))


def part(of: object, whole: object) -> float | None:
    """`of` / `whole`, None where either is missing or `whole` is zero."""
    a, b = finite(of), finite(whole)
    return a / b if a is not None and b else None


def scored(agreement: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    """What pairs are judged by, OKS or IoU, and how it lies (`report.Oks`)."""
    score = str(agreement.get("score") or "OKS")
    return score, agreement.get(score.lower()) or {}


def first(rows: Sequence[Row], most: int) -> Shown:
    """The first `most` rows; the caller sorts worst first."""
    return Shown(list(rows[:most]), max(0, len(rows) - most))


def at(values: Sequence[Row] | None, index: int) -> Row | None:
    """`values[index]`; None past the end of a list that is too short, or no list."""
    return values[index] if values and index < len(values) else None
