"""One hand-over of annotation files by a vendor, as listed before anything is read."""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from fnmatch import fnmatchcase
from functools import cached_property
from typing import Any

from posegate.transforms.model.reading import (
    FileNames,
    PlainTable,
    PointNames,
    file_names,
    plain_table,
    point_names,
)
from posegate.transforms.model.schema import Role

SIDE_FILE = "delivery.toml"


@dataclass(frozen=True)
class Member:
    """One of the small files that are read as one shard."""

    path: str
    name: str


@dataclass(frozen=True)
class Shard:
    """One file of a delivery, or a bundle of small ones (`members`).

    `part` is its number in path order: it names the part file its rows are written to.
    `name` is the path inside the delivery, which is what rows call `source`; those of
    a bundle name its member. `format` is what the file was found to be.
    """

    part: int
    path: str
    name: str
    size: int
    checksum: str
    generation: int | None = None
    format: str | None = None
    members: tuple[Member, ...] = ()


@dataclass(frozen=True)
class Delivery:
    """A delivery's files and what its side file says of all of them.

    `reviews` names another delivery, whose instances its reviews (or gold) are of.
    """

    name: str
    path: str
    shards: tuple[Shard, ...]
    vendor: str | None = None
    received: date | None = None
    role: str = "production"
    replaces: str | None = None
    reviews: str | None = None
    annotator: str | None = None
    jobs: Shard | None = None
    side_file: str = ""
    roles: dict[str, str] = field(default_factory=dict)
    format: str | None = None
    names: FileNames | None = None
    points: PointNames = field(default_factory=PointNames)
    csv: PlainTable = field(default_factory=PlainTable)

    @cached_property
    def formats(self) -> Mapping[str, str | None]:
        """The format of each shard, by its name."""
        return {shard.name: shard.format for shard in self.shards}


@dataclass(frozen=True)
class SideFile:
    """What `delivery.toml` says; `table` names the job table inside the delivery."""

    delivery: str | None = None
    vendor: str | None = None
    received: date | None = None
    format: str | None = None
    role: str | None = None
    replaces: str | None = None
    reviews: str | None = None
    table: str | None = None
    annotator: str | None = None
    roles: Mapping[str, str] = field(default_factory=dict)
    ignore: tuple[str, ...] = ()
    names: FileNames | None = None
    points: PointNames = field(default_factory=PointNames)
    csv: PlainTable = field(default_factory=PlainTable)
    text: str = ""


_TEXTS = ("delivery", "vendor", "format", "role", "replaces", "reviews")
_ANNOTATORS = ("table", "annotator")
_ARCHIVES = (".zip", ".tar", ".tgz", ".tar.gz")  # the names in them are not known yet
_TABLES = ("annotators", "roles", "names", "points", "csv")


def parse_side_file(text: str, place: str) -> SideFile:
    """The side file from its text; raises ValueError naming the place and the remedy.

    delivery = "2026-W07"          received = 2026-02-14     [annotators]
    vendor   = "acme"              replaces = "2026-W06"     table = "jobs.csv"
    role     = "production"        format   = "coco"         [roles]
    ignore   = ["notes/*.csv"]                               "gold/*.json" = "gold"

    or, for a hand-in of reviews:  role     = "review"       reviews = "2026-W06"
    and `[names]`, `[points]` and `[csv]`, for which see `model.reading`.
    """
    try:
        table: dict[str, Any] = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"{place}: not TOML: {error}") from error
    _known(table, (*_TEXTS, "received", "ignore", *_TABLES), "", place)
    annotators = _table(table, "annotators", place)
    _known(annotators, _ANNOTATORS, "annotators.", place)
    roles = _table(table, "roles", place)
    texts = {key: _text(table, key, "", place) for key in _TEXTS}
    who = {key: _text(annotators, key, "annotators.", place) for key in _ANNOTATORS}
    csv = plain_table(_table(table, "csv", place), place)
    if csv.columns and texts["format"] is None:
        raise ValueError(
            f'{place}: csv.columns describe plain tables: add format = "points-csv"'
        )
    for key, value in [("role", texts["role"]), *roles.items()]:
        if value is not None and value not in tuple(Role):
            raise ValueError(
                f"{place}: {key!r} has the role {value!r}; one of {', '.join(Role)}"
            )
    if texts["reviews"] is not None and texts["role"] not in ("review", "gold"):
        raise ValueError(
            f"{place}: reviews = {texts['reviews']!r}, but the role is "
            f"{texts['role'] or 'production'!r}; a hand-in of reviews has "
            'role = "review"'
        )
    return SideFile(
        **texts,
        **who,
        received=_day(table.get("received"), place),
        roles=roles,
        ignore=_globs(table.get("ignore", []), place),
        names=file_names(_table(table, "names", place), place),
        points=point_names(_table(table, "points", place), place),
        csv=csv,
        text=text,
    )


def _globs(value: object, place: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(v, str) for v in value):
        raise ValueError(
            f"{place}: ignore = {value!r} is not a list of texts such as "
            '["notes/*.csv"]'
        )
    return tuple(value)


def _known(
    table: Mapping[str, Any], known: tuple[str, ...], path: str, place: str
) -> None:
    if unknown := sorted(table.keys() - set(known)):
        raise ValueError(
            f"{place}: unknown key {path + unknown[0]!r}; known: {', '.join(known)}"
        )


def _table(table: Mapping[str, Any], key: str, place: str) -> dict[str, Any]:
    value = table.get(key, {})
    if not isinstance(value, dict):
        raise ValueError(f"{place}: {key} = {value!r} is not a table; write [{key}]")
    return value


def _text(table: Mapping[str, Any], key: str, path: str, place: str) -> str | None:
    value = table.get(key)
    if value is not None and (not isinstance(value, str) or not value):
        raise ValueError(f"{place}: {path}{key} = {value!r} is not a text; quote it")
    return value


def _day(value: object, place: str) -> date | None:
    """A TOML date, or the same as a text; a time of day is dropped."""
    if isinstance(value, date):
        return date(value.year, value.month, value.day)
    if value is None:
        return None
    try:
        return date.fromisoformat(str(value))
    except ValueError as error:
        raise ValueError(
            f"{place}: received = {value!r} is not a date such as 2026-02-14"
        ) from error


def deliver(
    files: Iterable[Shard], side: SideFile | None, name: str, path: str
) -> Delivery:
    """The delivery of these files, but for its side file and its job table.

    Shards are numbered in the order of their names. `name` is used unless the side file
    gives one. Raises ValueError when the job table is not among the files.
    """
    said = side or SideFile()
    named = {file.name: file for file in files}
    place = f"{path.rstrip('/')}/{SIDE_FILE}"
    if said.table is not None and said.table not in named:
        raise ValueError(
            f"{place}: annotators.table {said.table!r} is not in the delivery; "
            f"it has {', '.join(sorted(named)) or 'no files'}"
        )
    apart = {SIDE_FILE, said.table}
    order = sorted(name for name in named if name not in apart)
    members = [m.name for file in named.values() for m in file.members]
    for glob in said.roles:
        if order and not any(fnmatchcase(each, glob) for each in [*order, *members]):
            raise ValueError(
                f"{place}: roles: {glob!r} matches none of the files; they are "
                f"{', '.join(order[:8])}"
            )
    sources = [n for n in (*order, *members) if not n.endswith(_ARCHIVES)]
    if said.names and sources and not any(map(said.names.said, sources)):
        raise ValueError(
            f"{place}: names.pattern {said.names.pattern!r} matches none of the "
            f"files; they are {', '.join(sources[:8])}"
        )
    return Delivery(
        name=said.delivery or name,
        path=path,
        shards=tuple(replace(named[n], part=i) for i, n in enumerate(order)),
        vendor=said.vendor,
        received=said.received,
        role=said.role or "production",
        replaces=said.replaces,
        reviews=said.reviews,
        annotator=said.annotator,
        jobs=named[said.table] if said.table is not None else None,
        side_file=said.text,
        roles=dict(said.roles),
        format=said.format,
        names=said.names,
        points=said.points,
        csv=said.csv,
    )
