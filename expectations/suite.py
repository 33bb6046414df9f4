"""Suites: what is expected of a table, in Great Expectations' own JSON.

A customer can bring a suite made with its tools. Whether an expectation blocks the
splits stands in its `meta` as `critical`, and why it is there as `note`; its `severity`
is not read.
"""

import difflib
import re
from collections.abc import Collection
from typing import Any

import msgspec

from posegate.transforms import storage
from posegate.transforms.model.shelves import SUITES

NAMED = ("column", "column_A", "column_B")
"""The arguments of an expectation that hold a column's name."""

LISTED = ("column_list", "column_set")
"""Those that hold several."""


RANGE = ("min_value", "max_value", "strict_min", "strict_max")


class Meta(msgspec.Struct):
    """Whether a failure blocks the splits, and why it is expected at all."""

    critical: bool
    note: str = ""


class Expectation(msgspec.Struct):
    """One expectation as Great Expectations writes it."""

    type: str
    kwargs: dict[str, Any]
    meta: Meta

    @property
    def columns(self) -> list[str]:
        """The columns that it looks at; none if it is about the table."""
        given = [self.kwargs.get(name) for name in (*NAMED, *LISTED)]
        named = [each if isinstance(each, list) else [each] for each in given]
        return [str(name) for each in named for name in each if name is not None]

    @property
    def text(self) -> str:
        """What is expected, for a reader: `values to be at least 0`."""
        limits = ", ".join(
            f"{name.replace('_', ' ')} {_plain(value)}"
            for name, value in self.kwargs.items()
            if name not in (*NAMED, *LISTED, *RANGE)
        )
        words = re.sub("^expect_(column_)?", "", self.type).replace("_", " ")
        if words.endswith(" between"):
            words = words.removesuffix("between") + self._range
        return f"{words} ({limits})" if limits else words

    @property
    def _range(self) -> str:
        low, high = (self.kwargs.get(name) for name in RANGE[:2])
        over, under = (self.kwargs.get(name) for name in RANGE[2:])
        if low is not None and low == high:
            return _plain(low)
        ends = [
            f"{'more than' if over else 'at least'} {_plain(low)}" * (low is not None),
            f"{'less than' if under else 'at most'} {_plain(high)}"
            * (high is not None),
        ]
        return " and ".join(filter(None, ends)) or "anything"


class Suite(msgspec.Struct):
    """A suite as Great Expectations writes it."""

    name: str
    expectations: list[Expectation]


def load_suite(name: str, columns: Collection[str]) -> Suite:
    """A shipped suite, or one from the path of a JSON; it may name these columns.

    Raises:
      ValueError: there is no such suite, or it says what cannot be.
    """
    try:
        suite = msgspec.json.decode(_text(name), type=Suite)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ValueError(
            f"suite {name}: {error}; give a Great Expectations suite in which each "
            'expectation has "meta": {"critical": true or false}'
        ) from error
    for number, expectation in enumerate(suite.expectations):
        for column in expectation.columns:
            if column not in columns:
                raise ValueError(
                    f"suite {name}: expectation {number}, {expectation.type}: "
                    f"no column {column!r}; {_hint(column, columns)}"
                )
    return suite


def _hint(column: str, columns: Collection[str]) -> str:
    near = difflib.get_close_matches(column, columns, 1)
    return f"did you mean {near[0]!r}?" if near else f"one of {', '.join(columns)}"


def _plain(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _text(name: str) -> bytes:
    if name.endswith(".json"):
        try:
            return storage.read_bytes(name)
        except FileNotFoundError:
            raise ValueError(f"suite {name}: there is no such file") from None
    return SUITES.read(name)
