"""Small tables for a terminal."""

from collections.abc import Sequence


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Columns side by side: the first to the left, the others to the right."""
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    lines = [head, ["-" * width for width in widths], *rows]
    return "\n".join(line(cells, widths) for cells in lines)


def line(cells: Sequence[str], widths: Sequence[int]) -> str:
    """One row of a table."""
    first, *rest = zip(cells, widths, strict=True)
    words = [first[0].ljust(first[1]), *(cell.rjust(width) for cell, width in rest)]
    return "  " + "  ".join(words)


def ratio(what: str, value: float, target: str = "") -> str:
    """A ratio, and what it should be."""
    return f"  {what}: {value:.2f}x" + (f"  (target {target})" if target else "")
