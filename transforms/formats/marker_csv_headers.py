"""What stands above the numbers in tables of markers, by the program that wrote it."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
import numpy.typing as npt

from posegate.transforms.formats.text_table import Dialect, Lines, cells, dialect_of

TRAJECTORIES = "Trajectories"
SECTIONS = (
    *(TRAJECTORIES, "Devices", "Joints", "Model Outputs", "Events", "Segments"),
    *("Trajectory Count", "Monitors"),
)
"""What a section of Vicon's is called; its rate stands below."""

_FAR = 10_000_000  # lines of other sections: a day of force plates at 100 Hz
_MOST = 40  # lines of a header


@dataclass(frozen=True)
class Layout:
    """A table of markers.

    `labels` (M,) and where their `columns` (M, 3) stand among `width`; the column of
    the frame's number, None if there is none; `frames` that the header tells;
    `others` counts columns that are no markers'; a table that is `sectioned` ends at
    an empty line.
    """

    labels: tuple[str, ...]
    columns: npt.NDArray[np.intp]
    width: int
    dialect: Dialect
    frame: int | None
    rate: float | None
    unit: str | None
    frames: int | None = None
    others: int = 0
    sectioned: bool = False


def vicon(first: str, lines: Lines) -> Layout | str:
    """Below the word Trajectories: rate, names, axes, units."""
    line: str | None = first
    for _ in range(_FAR):
        if line is None or line.strip(' ,;\t"') == TRAJECTORIES:
            break
        line = lines.next()
    if line is None or line.strip(' ,;\t"') != TRAJECTORIES:
        return "it has no section Trajectories; export the markers too"
    rate, names, axes, units = (lines.next() or "" for _ in range(4))
    after = lines.next()
    lines.back([after] if after else [])
    dialect = dialect_of(axes, after or "")
    said, axis = cells(names, dialect), cells(axes, dialect)
    if not axis or axis[0].lower() != "frame":
        return f"its line of axes begins {axes[:40]!r}, not with Frame"
    own = _owners(said, len(axis))
    found = _triples(own, axis)
    if isinstance(found, str):
        return found
    labels, columns, others = found
    unit = next((cell for cell in cells(units, dialect) if cell), None)
    return Layout(
        labels=labels,
        columns=columns,
        width=len(axis),
        dialect=dialect,
        frame=0,
        rate=_number(cells(rate, dialect)[:1]),
        unit=unit,
        others=others,
        sectioned=True,
    )


def _owners(names: Sequence[str], width: int) -> list[str]:
    """(W,) each column's marker: a name stands above the first of its columns."""
    own, current = [], ""
    for i in range(width):
        current = (names[i] if i < len(names) else "") or current
        own.append(current)
    return own


def _triples(
    own: Sequence[str], axes: Sequence[str]
) -> tuple[tuple[str, ...], npt.NDArray[np.intp], int] | str:
    """Markers with columns X, Y and Z; how many others (velocities, say) there are."""
    found: dict[str, dict[str, int]] = {}
    others = 0
    for i, (label, axis) in enumerate(zip(own, axes, strict=False)):
        if label and axis.upper() in ("X", "Y", "Z"):
            others += found.setdefault(label, {}).setdefault(axis.upper(), i) != i
        elif label:
            others += 1
    whole = {label: at for label, at in found.items() if len(at) == 3}
    if not whole:
        return "no marker has the columns X, Y and Z; export trajectories"
    columns = np.array([[at[a] for a in "XYZ"] for at in whole.values()], np.intp)
    return tuple(whole), columns, others


def qualisys(first: str, lines: Lines) -> Layout | str:
    """Lines of a word and its values, to the first of numbers."""
    said: dict[str, list[str]] = {}
    line: str | None = first
    for _ in range(_MOST * 100):
        row = cells(line, Dialect("\t")) if line is not None else []
        if line is None or (row and _starts_numbers(row)):
            break
        if row and row[0].isupper():
            said[row[0]] = [cell for cell in row[1:] if cell]
        elif row and row[0].lower() == "frame":
            said["Frame"] = row
        line = lines.next()
    lines.back([line] if line is not None else [])
    kind = (said.get("DATA_INCLUDED") or ["3D"])[0]
    if kind.upper() != "3D":
        return f"it holds {kind} data, not 3D; export 3D"
    labels = said.get("MARKER_NAMES", [])
    if not labels:
        return "it has no MARKER_NAMES; export 3D data with its header"
    numbers = cells(line or "", Dialect("\t"))
    while numbers and not numbers[-1]:
        numbers.pop()
    before = max(len(said["Frame"]) - 3 * len(labels), 0) if "Frame" in said else 0
    if not before and len(numbers) in (3 * len(labels) + 1, 3 * len(labels) + 2):
        before = len(numbers) - 3 * len(labels)
    return Layout(
        labels=tuple(labels),
        columns=before + np.arange(3 * len(labels)).reshape(-1, 3),
        width=before + 3 * len(labels),
        dialect=dialect_of("\t", line or ""),
        frame=0 if before else None,
        rate=_number(said.get("FREQUENCY", [])),
        unit="mm",
        frames=_count(said.get("NO_OF_FRAMES", [])),
    )


def _starts_numbers(row: Sequence[str]) -> bool:
    some = [cell for cell in row if cell]
    return bool(some) and _number(some[:1]) is not None


def motive(first: str, lines: Lines) -> Layout | str:
    """Pairs of a word and its value, then rows of types, names, ids, components."""
    pairs = cells(first, Dialect(","))
    said = dict(zip(pairs[::2], pairs[1::2], strict=False))
    rows: list[list[str]] = []
    for line in islice(iter(lines.next, None), _MOST):
        row = cells(line, Dialect(","))
        if any(row):
            rows.append(row)
        if row and row[0] == "Frame":
            break
    if len(rows) < 4 or rows[-1][0] != "Frame":
        return "it has no row that begins Frame, Time; export it with its header"
    axes, kinds, names, parts = rows[-1], rows[0], rows[1], rows[-2]
    own, others = [], 0
    for i in range(len(axes)):
        kind, part = (row[i] if i < len(row) else "" for row in (kinds, parts))
        marker = kind.endswith("Marker") and part in ("Position", "")
        own.append(names[i] if marker and i < len(names) else "")
        others += bool(i > 1 and kind and not marker)
    found = _triples(own, axes)
    if isinstance(found, str):
        return found
    labels, columns, more = found
    rate = said.get("Export Frame Rate") or said.get("Capture Frame Rate", "")
    return Layout(
        labels=labels,
        columns=columns,
        width=len(axes),
        dialect=Dialect(","),
        frame=0,
        rate=_number([rate]),
        unit=said.get("Length Units") or said.get("Length units"),
        frames=_count([said.get("Total Exported Frames", "")]),
        others=others + more,
    )


def _number(row: Sequence[str]) -> float | None:
    try:
        return float(row[0].replace(",", "."))
    except (ValueError, IndexError):
        return None


def _count(row: Sequence[str]) -> int | None:
    number = _number(row)
    return int(number) if number is not None and abs(number) < 2**53 else None
