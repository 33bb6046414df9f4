"""What a delivery's side file says of how its files are to be read.

[names]                                     what the files' names say
pattern = '(?P<image>.+)_Rater(?P<annotator>\\d+)_(?P<round>\\d+)_(?P<date>\\d{8})'

[points]                                    what its points or markers are called
names  = { "R.ASIS" = "right_asis" }        in the files -> in the skeleton
ignore = ["CLUSTER_*"]                      those that are not the skeleton's

[csv]                                       a plain table that says too little itself
columns   = ["image", "sella.x", "sella.y"]
unit      = "mm"
px_per_mm = 10
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cached_property
from typing import Any

GROUPS = ("image", "video", "annotator", "date", "time", "track", "job")
"""Groups of a pattern that have a meaning of their own; others are attributes."""

UNITS = ("px", "mm", "cm", "m", "share")
"""Of a plain table's coordinates; `share` is of the image's width and height."""


@dataclass(frozen=True)
class FileNames:
    """What is read off the names of files, by a pattern with named groups."""

    pattern: str

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        return re.compile(self.pattern)

    def said(self, name: str) -> dict[str, str] | None:
        """What a file's path inside the delivery says; None where it does not match.

        The pattern may match any part of it. A group that takes no part says nothing.
        """
        found = self._pattern.search(name)
        if found is None:
            return None
        said = {key: text for key, text in found.groupdict().items() if text}
        day, hour = said.pop("date", ""), said.pop("time", "")
        return said | {"annotated_at": moment(day, hour)} if day else said


def moment(day: str, hour: str = "") -> str:
    """A date as a file's name can have it, in ISO 8601: 20170530, 2017_05_30, 10-15.

    What is none is given back as it stands.
    """
    digits = re.sub(r"\D", "", day + hour)
    if len(digits) not in (8, 12, 14):
        return f"{day} {hour}".strip()
    date, clock = digits[:8], digits[8:].ljust(6, "0")
    return f"{date[:4]}-{date[4:6]}-{date[6:]}T{clock[:2]}:{clock[2:4]}:{clock[4:]}"


@dataclass(frozen=True)
class PointNames:
    """How the delivery's points are called in the skeleton, and which are not in it."""

    names: Mapping[str, str] = field(default_factory=dict)
    ignore: tuple[str, ...] = ()

    def ignored(self, name: str) -> bool:
        """Whether a point is said to be none of the skeleton's."""
        return any(fnmatchcase(name, glob) for glob in self.ignore)


@dataclass(frozen=True)
class PlainTable:
    """How a plain table is written, as far as it does not say so itself.

    `columns` are those of a file without a header, or stand for its header's names;
    `header` whether there is one (None: look); `px_per_mm` turns lengths into pixels.
    """

    columns: tuple[str, ...] = ()
    header: bool | None = None
    delimiter: str | None = None
    decimal: str | None = None
    unit: str | None = None
    px_per_mm: float | None = None


def file_names(table: Mapping[str, Any], place: str) -> FileNames | None:
    """`[names]`; raises ValueError naming the place and the remedy."""
    if not table:
        return None
    _known(table, ("pattern",), "names", place)
    pattern = table.get("pattern")
    if not isinstance(pattern, str) or not pattern:
        raise ValueError(
            f"{place}: names.pattern = {pattern!r} is not a text; quote it"
        )
    try:
        groups = re.compile(pattern).groupindex
    except re.error as error:
        raise ValueError(
            f"{place}: names.pattern {pattern!r} is no regular expression: {error}"
        ) from error
    if not groups:
        raise ValueError(
            f"{place}: names.pattern {pattern!r} names no group; write what it finds "
            "as (?P<annotator>…), (?P<image>…), (?P<date>…)"
        )
    if "role" in groups:
        raise ValueError(
            f'{place}: names.pattern: roles go by [roles], e.g. "gold/*" = "gold"'
        )
    return FileNames(pattern)


def point_names(table: Mapping[str, Any], place: str) -> PointNames:
    """`[points]`; raises ValueError naming the place and the remedy."""
    _known(table, ("names", "ignore"), "points", place)
    names = table.get("names", {})
    if not isinstance(names, dict) or not all(
        isinstance(n, str) and n for n in names.values()
    ):
        raise ValueError(
            f"{place}: points.names = {names!r} is not a table of texts such as "
            '{ "R.ASIS" = "right_asis" }'
        )
    ignore = _texts(table.get("ignore", []), "points.ignore", '["CLUSTER_*"]', place)
    return PointNames(names, ignore)


def plain_table(table: Mapping[str, Any], place: str) -> PlainTable:
    """`[csv]`; raises ValueError naming the place and the remedy."""
    known = ("columns", "header", "delimiter", "decimal", "unit", "px_per_mm")
    _known(table, known, "csv", place)
    columns = _texts(
        table.get("columns", []), "csv.columns", '["image", "nose.x", "nose.y"]', place
    )
    if again := [c for i, c in enumerate(columns) if c and c in columns[:i]]:
        raise ValueError(f"{place}: csv.columns names {again[0]!r} twice")
    header = table.get("header")
    if header is not None and not isinstance(header, bool):
        raise ValueError(f"{place}: csv.header = {header!r}; one of true, false")
    _one_of(table, "delimiter", (",", ";", "\t", " "), place)
    _one_of(table, "decimal", (".", ","), place)
    _one_of(table, "unit", UNITS, place)
    scale = table.get("px_per_mm")
    if scale is not None and (
        not isinstance(scale, int | float) or isinstance(scale, bool) or not scale > 0
    ):
        raise ValueError(f"{place}: csv.px_per_mm = {scale!r} is not a number above 0")
    if scale is not None and table.get("unit", "mm") not in ("mm", "cm", "m"):
        raise ValueError(
            f"{place}: csv.px_per_mm goes with the unit mm, cm or m, not "
            f"{table['unit']!r}"
        )
    return PlainTable(
        columns=columns,
        header=header,
        delimiter=table.get("delimiter"),
        decimal=table.get("decimal"),
        unit=table.get("unit", "mm" if scale is not None else None),
        px_per_mm=None if scale is None else float(scale),
    )


def _known(
    table: Mapping[str, Any], known: Sequence[str], section: str, place: str
) -> None:
    if unknown := sorted(table.keys() - set(known)):
        raise ValueError(
            f"{place}: unknown key '{section}.{unknown[0]}'; known: {', '.join(known)}"
        )


def _texts(value: object, key: str, example: str, place: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(v, str) for v in value):
        raise ValueError(
            f"{place}: {key} = {value!r} is not a list of texts such as {example}"
        )
    return tuple(value)


def _one_of(
    table: Mapping[str, Any], key: str, known: Sequence[str], place: str
) -> None:
    value = table.get(key)
    if value is not None and value not in known:
        raise ValueError(f"{place}: csv.{key} = {value!r}; one of {list(known)}")
