"""Who annotated, when, in which role.

By the record, else the file's name (`[names]`), else the job table, else the delivery.
"""

from collections.abc import Callable, Mapping, Sequence
from itertools import chain
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from posegate.transforms.formats import maps, values
from posegate.transforms.formats.context import Context
from posegate.transforms.formats.rows import Rows
from posegate.transforms.model.reading import GROUPS
from posegate.transforms.model.schema import Role
from posegate.transforms.model.times import times

_ROLES = frozenset(Role)


class Said:
    """What is said of a batch's records: each from the first that says it."""

    def __init__(
        self, context: Context, name: str, rows: Rows, image: pa.Array, source: pa.Array
    ) -> None:
        self._context, self._name, self._rows = context, name, rows
        self._source, self._n = source, len(rows)
        self._table = context.jobs
        self.notes: dict[str, int] = {}
        self._named = self._names()
        if self._table is not None:
            keys = self._first("job", values.column_of(rows.job, self._n))
            keys = image if self._table.key == "image" else keys
            self._lines = self._table.rows(keys.to_pylist())
            if missing := int((self._lines < 0).sum()):
                self.notes["jobs.no-line"] = missing

    def columns(self) -> dict[str, pa.Array]:
        """The columns (N,) of the canonical table that this is about."""
        rows, role = self._rows, self._roles()
        lead = values.typed(rows.lead_time_s, self._n, pa.float32())
        width = self._size("width", rows.width)
        height = self._size("height", rows.height)
        self._compare(width, height)
        return {
            "annotator": self._annotator(role),
            "annotated_at": self._fill("annotated_at", self._times()),
            "lead_time_s": self._fill("lead_time_s", lead),
            "role": role,
            "video": self._text("video", rows.video),
            "track": self._text("track", rows.track),
            "width": width,
            "height": height,
            "attributes": self._attributes(),
        }

    def _names(self) -> dict[str, pa.Array]:
        """(N,) what the names of the files say, by its name."""
        pattern = self._context.delivery.names
        if pattern is None:
            return {}
        places = self._source.dictionary_encode()
        said = [pattern.said(place) for place in places.dictionary.to_pylist()]
        known = pa.array([each is not None for each in said], pa.bool_())
        missing = self._n - int(known.take(places.indices).true_count)
        if missing:
            self.notes["names.no-match"] = missing
        keys = {key for each in said for key in each or ()}
        return {
            key: pa.array([(each or {}).get(key) for each in said], pa.string()).take(
                places.indices
            )
            for key in sorted(keys)
        }

    def _first(self, name: str, given: pa.Array) -> pa.Array:
        """What the record gives, else the file's name."""
        named = self._named.get(name)
        return given if named is None else pc.coalesce(given, named.cast(given.type))

    def _fill(self, name: str, given: pa.Array) -> pa.Array:
        """What the record or the file's name gives, else the job table."""
        given = self._first(name, given)
        if self._table is not None and given.null_count:
            said = self._table.column(name, self._lines)
            given = given if said is None else pc.coalesce(given, said)
        return given

    def _text(self, name: str, given: Any) -> pa.Array:
        return self._fill(name, values.column_of(given, self._n))

    def _annotator(self, role: pa.Array) -> pa.Array:
        """Who placed each record, of a `role` each (N,).

        What the job table says of an image, and the side file of all, is who did the
        delivery's own work: the gold in one of its files is somebody else's, and
        without a name of its own nobody's.
        """
        given = self._first(
            "annotator", values.column_of(self._rows.annotator, self._n)
        )
        default = self._context.delivery.annotator
        if (self._table is None and default is None) or not given.null_count:
            return given
        own = pc.equal(role, self._context.delivery.role)
        if self._table is not None and "annotator" in self._table.table.column_names:
            said = self._table.column("annotator", self._lines)
            of = self._table.column("role", self._lines)
            if self._table.key == "image":
                about = own if of is None else pc.fill_null(pc.equal(role, of), own)
                said = pc.if_else(about, said, pa.scalar(None, pa.string()))
            given = pc.coalesce(given, said)
        usual = (pa.scalar(name, pa.string()) for name in (default, None))
        return pc.coalesce(given, pc.if_else(own, *usual))

    def _size(self, name: str, given: Any) -> pa.Array:
        return self._fill(name, values.typed(given, self._n, pa.int32()))

    def _compare(self, width: pa.Array, height: pa.Array) -> None:
        """Repairs where the job table has an image's sides the other way round."""
        if self._table is None:
            return
        known = [self._table.column(n, self._lines) for n in ("width", "height")]
        if known[0] is None or known[1] is None:
            return
        turned = pc.and_(pc.equal(width, known[1]), pc.equal(height, known[0]))
        turned = pc.and_(turned, pc.not_equal(width, height)).fill_null(False)
        self._rows.remarks.repair(
            turned.to_numpy(zero_copy_only=False), f"{self._name}.other-size"
        )

    def _times(self) -> pa.Array:
        given = self._rows.annotated_at
        named = self._named.pop("annotated_at", None)
        if named is not None:
            given = values.firsts(given or [None] * self._n, named.to_pylist())
        if given is None:
            return pa.nulls(self._n, pa.timestamp("us", tz="UTC"))
        column, bad, assumed = times(given)
        self._rows.remarks.repair(bad, f"{self._name}.time-unreadable")
        self._rows.remarks.repair(assumed, f"{self._name}.time-zone-assumed")
        return column

    def _roles(self) -> pa.Array:
        given = self._rows.role
        if given is not None and not values.empty(given):
            given = [role.strip().lower() if role else None for role in given]
            unknown = [role is not None and role not in _ROLES for role in given]
            said = given
            self._rows.remarks.refuse(
                np.array(unknown, np.bool_),
                f"{self._name}.role",
                lambda i: f"role {said[i]!r} is none of {', '.join(Role)}",
            )
        own = self._fill("role", values.column_of(given, self._n))
        if own.null_count == self._n:
            return self._defaults()
        return pc.coalesce(own, self._defaults()) if own.null_count else own

    def _defaults(self) -> pa.Array:
        """(N,) by `roles` of delivery.toml, else a model's are prelabels."""
        role, model = self._context.role, self._rows.model
        given = self._by_place(role)
        if model is None or not model.any():
            return given
        predicted = self._by_place(lambda place: role(place, Role.PRELABEL.value))
        return pc.if_else(pa.array(model), predicted, given)

    def _by_place(self, said: Callable[[str], str]) -> pa.Array:
        """(N,) what is said of each row's source, asked once for each."""
        if isinstance(self._rows.source, str | None):
            one = said(self._source[0].as_py())
            return pa.repeat(pa.scalar(one, pa.string()), self._n)
        names = self._source.dictionary_encode()
        each = [said(place) for place in names.dictionary.to_pylist()]
        return pa.array(each, pa.string()).take(names.indices)

    def _attributes(self) -> pa.Array:
        """The attributes as a map of texts; the record's win over the job table's."""
        given = self._rows.attributes
        columns: dict[str, pa.Array | str] = {
            name: column for name, column in self._named.items() if name not in GROUPS
        }
        if self._table is not None:
            for name in self._table.attributes:
                columns[name] = self._table.column(name, self._lines)
        for name, own in self._rows.more.items():
            column = own if isinstance(own, str) else maps.column(own, self._n)
            if isinstance(column, str) or column.null_count < self._n:
                columns[name] = column
        if given is None or values.empty(given):
            return maps.mapped(columns, self._n)
        if not columns and (quick := _plain(given, self._rows.taken)) is not None:
            return quick
        lists = {
            name: maps.column(each, self._n).to_pylist()
            for name, each in columns.items()
        }
        names: list[str] = []
        texts: list[str] = []
        ends = [0]
        for i, attributes in enumerate(given):
            pairs = {name: column[i] for name, column in lists.items()}
            for name, value in (attributes or {}).items():
                text = value if type(value) is str else values.scalar(value)
                if text and name not in self._rows.taken:
                    pairs[name] = text
            for name, text in pairs.items():
                if text is not None:
                    names.append(name)
                    texts.append(text)
            ends.append(len(names))
        return maps.pairs(names, texts, ends)


def _plain(
    given: Sequence[Mapping[str, Any] | None], taken: frozenset[str]
) -> pa.Array | None:
    """The map at once, if every record has one of nothing but texts."""
    if not all(given):
        return None
    each: Sequence[dict[str, Any]] = given  # type: ignore[assignment]
    names = list(chain.from_iterable(each))
    said = list(chain.from_iterable(map(dict.values, each)))
    if set(map(type, said)) != {str} or not taken.isdisjoint(names):
        return None
    return maps.pairs(names, said, np.cumsum([0, *map(len, each)]))
