"""Rows -> canonical batches: what is the same whatever the format.

Names of instances, the job table, roles, areas, refusals and the tally.
"""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from posegate.transforms.formats import shaped, values
from posegate.transforms.formats.context import Context, Tally
from posegate.transforms.formats.files import File
from posegate.transforms.formats.instance_names import Keys, named
from posegate.transforms.formats.joined import fits, joined, weight
from posegate.transforms.formats.rows import Record, Rows, gathered
from posegate.transforms.formats.said import Said
from posegate.transforms.formats.streams import DamagedStream
from posegate.transforms.kernels.geometry import both
from posegate.transforms.model.poses import Bools, Floats
from posegate.transforms.model.schema import QUARANTINE, instances

FARTHEST = 1e6
"""px or mm: COCO's own are below 640; this is beyond any image or room there is."""

RAW = 64 << 10
"""Bytes of a record that quarantine keeps."""

_ROWS, _BYTES = 1024, 8 << 20  # of a quarantine batch, and of rows that are held

Refusal = tuple[str, int, str, str, bytes]
"""A row of quarantine: source, position, code, sentence, bytes."""


class Build:
    """One shard's batches in the making.

    A reader calls `add` with what it reads, `refuse` for a record that is none, `say`
    for anything else that is wrong, and yields what `ready` and at last `rest` give.
    Codes begin with `name`, the format's.
    """

    def __init__(self, context: Context, tally: Tally, name: str) -> None:
        self._context, self._tally, self._name = context, tally, name
        self._pending: list[pa.RecordBatch] = []
        self._count = 0
        self._refused: list[Refusal] = []
        self._bytes = 0
        self._held: list[tuple[Rows, int]] = []  # each after so many refusals
        self._held_rows = self._held_bytes = 0
        self._seen: list[Keys] = []  # sorted, each more than twice the next
        self._drafts: list[Record] = []

    def files(self) -> Iterator[File]:
        """The shard's files; says what is damaged of an archive."""
        for file in self._context.files():
            if isinstance(file, DamagedStream):
                self.damaged(self._context.shard.name, file)
            else:
                yield file

    def damaged(self, source: str, damage: DamagedStream | None) -> bool:
        """Says that a file is damaged, if it is; whether it is."""
        if damage is not None:
            self.say(source, damage.reason, damage.detail)
        return damage is not None

    def add(self, rows: Rows) -> None:
        """Takes records in: good ones become rows, the others quarantine rows.

        They may be held until there are enough for a batch, so that nothing of `rows`
        may change behind this.
        """
        if not len(rows):
            return
        self._tally.records += len(rows)
        if self._held and not fits(self._held[0][0], rows):
            self._join()
        self._held.append((rows, len(self._refused)))
        self._held_rows += len(rows)
        self._held_bytes += weight(rows)
        enough = min(_ROWS, self._context.batch // 2 + 1)
        if self._held_rows >= enough or self._held_bytes > _BYTES:
            self._join()

    def put(self, record: Record) -> None:
        """`add`, for formats that are read record by record."""
        self._drafts.append(record)
        if len(self._drafts) >= self._context.batch:
            self._gather()

    def refuse(
        self, source: str, position: int, reason: str, detail: str, raw: bytes = b""
    ) -> None:
        """Counts a record that cannot become a row; `reason` is as for `say`."""
        self._gather()  # what was put before stands before it
        self._tally.records += 1
        self._tally.quarantined += 1
        self._quarantine(source, position, self._code(reason), detail, raw)

    def say(
        self,
        source: str,
        reason: str,
        detail: str,
        raw: bytes = b"",
        position: int = -1,
    ) -> None:
        """Quarantines what is not a record; position -1 is the file, and rejects it.

        `reason` is a code of this format without its name, or one with a dot.
        """
        self._gather()
        self._tally.others += 1
        self._quarantine(source, position, self._code(reason), detail, raw)

    def note(self, reason: str, count: int = 1) -> None:
        """Reports a fact about the delivery that is no single record's."""
        if count:
            code = self._code(reason)
            self._tally.notes[code] = self._tally.notes.get(code, 0) + count

    def images(self, count: int = 1) -> None:
        """Counts images that were read, annotated or not."""
        self._tally.images += count

    def ready(self) -> Iterator[pa.RecordBatch]:
        """The batches that are full."""
        if 2 * self._count > self._context.batch:  # less what was refused
            yield self._flush()
        if len(self._refused) >= _ROWS or self._bytes >= _BYTES:
            self._join()
            yield self._flush_quarantine()

    def rest(self) -> Iterator[pa.RecordBatch]:
        """The batches that are left at the end."""
        self._gather()
        self._join()
        if self._count:
            yield self._flush()
        if self._refused:
            yield self._flush_quarantine()

    def _code(self, reason: str) -> str:
        return reason if "." in reason else f"{self._name}.{reason}"

    def _gather(self) -> None:
        if self._drafts:
            k = len(self._context.skeleton.keypoints)
            drafts, self._drafts = self._drafts, []
            self.add(gathered(drafts, k))

    def _join(self) -> None:
        """Makes a batch of all rows that are held."""
        held, self._held, self._held_rows, self._held_bytes = self._held, [], 0, 0
        if not held:
            return
        rows = joined([some for some, _ in held])
        batch = self._batch(rows)
        self._tally.quarantined += len(rows.remarks.reasons)
        if rows.remarks.reasons:
            self._settle(held, _refusals(rows, batch["source"]))
            batch = batch.filter(pa.array(rows.remarks.good))
        self._tally.rows += len(batch)
        if len(batch):
            self._pending.append(batch)
            self._count += len(batch)

    def _settle(
        self, held: Sequence[tuple[Rows, int]], found: Mapping[int, Refusal]
    ) -> None:
        """Puts refusals of held rows, by their place, before those that came later."""
        before, self._refused = self._refused, []
        start = done = 0
        for rows, at in held:
            end = start + len(rows)
            self._refused += before[done:at]
            self._refused += [found[i] for i in range(start, end) if i in found]
            start, done = end, at
        self._refused += before[done:]
        self._bytes += sum(len(each[-1]) for each in found.values())

    def _flush(self) -> pa.RecordBatch:
        pending, self._pending, self._count = self._pending, [], 0
        return pending[0] if len(pending) == 1 else pa.concat_batches(pending)

    def _quarantine(
        self, source: str, position: int, reason: str, detail: str, raw: bytes
    ) -> None:
        self._refused.append((source, position, reason, detail, raw[:RAW]))
        self._bytes += len(raw[:RAW])

    def _flush_quarantine(self) -> pa.RecordBatch:
        columns = list(zip(*self._refused, strict=True))
        self._refused, self._bytes = [], 0
        arrays = [
            pa.array(column, field.type)
            for column, field in zip(columns, QUARANTINE, strict=True)
        ]
        return pa.RecordBatch.from_arrays(arrays, schema=QUARANTINE)

    def _batch(self, rows: Rows) -> pa.RecordBatch:
        """The canonical rows of all records, of the refused ones too."""
        n, k = len(rows), len(self._context.skeleton.keypoints)
        self._check(rows)
        source = values.column_of(rows.source, n)
        source = values.filled(source, self._context.shard.name)
        image = values.column_of(rows.image, n)
        said = Said(self._context, self._name, rows, image, source)
        columns = said.columns()
        self._tally.notes.update(
            {key: self._tally.notes.get(key, 0) + m for key, m in said.notes.items()}
        )
        area, area_source = shaped.areas(rows)
        columns |= {
            "id": values.column_of(rows.id, n),
            "image": values.filled(image, ""),
            "frame": values.typed(rows.frame, n, pa.int64()),
            "fps": values.typed(rows.fps, n, pa.float64()),
            "xy": shaped.lists(rows.xy, 2 * k),
            "z": shaped.depths(rows),
            "unit": pa.repeat(rows.unit, n) if rows.unit else pa.nulls(n, pa.string()),
            "visibility": shaped.lists(rows.visibility, k),
            "origin": shaped.lists(shaped.origins(rows, columns["role"]), k),
            "bbox": shaped.lists(shaped.boxes(rows), 4),
            "area": pa.array(area, mask=np.isnan(area)),
            "area_source": area_source,
            "segmentation": shaped.outlines(rows),
            "source": source,
            "position": pa.array(rows.position),
            "format": pa.repeat(self._name, n),
        }
        columns["instance"] = self._instances(columns, rows)
        columns["repairs"] = rows.remarks.codes()
        schema = instances(k)
        arrays = [columns[name] for name in schema.names]
        return pa.RecordBatch.from_arrays(arrays, schema=schema)

    def _check(self, rows: Rows) -> None:
        """Refuses positions that cannot be; what has no flag may have none."""
        if rows.xy.size and rows.xy.min() >= -FARTHEST and rows.xy.max() <= FARTHEST:
            return  # no NaN either
        near = np.abs(rows.xy) <= FARTHEST
        given = (rows.visibility > 0) | ~both(np.isnan(rows.xy))
        bad = given & ~both(near)
        rows.remarks.refuse(
            np.asarray(bad.any(axis=1)),
            f"{self._name}.coordinate",
            lambda i: _far(rows.xy[i], bad[i], self._context.skeleton.keypoints),
        )

    def _instances(self, columns: dict[str, pa.Array], rows: Rows) -> pa.Array:
        """Names of instances (N,); refuses those that an earlier record has."""
        ids = columns["id"]
        if ids.null_count:
            places = self._places(columns["source"], rows)
            ids = places if ids.null_count == len(ids) else pc.coalesce(ids, places)
        annotator = values.filled(columns["annotator"], "")
        name, key = named(columns["image"], ids, annotator, columns["role"])
        rows.remarks.refuse(
            self._again(key, rows.remarks.good),
            f"{self._name}.duplicate-id",
            lambda i: (
                f"id {ids[i]} is there twice for this image and annotator; "
                "give each annotation its own"
            ),
        )
        return name

    def _places(self, source: pa.Array, rows: Rows) -> pa.Array:
        """(N,) stand-ins for ids: the place in the file, of several its name too."""
        position = pa.array(rows.position).cast(pa.string())
        whole = self._context.shard.name
        if isinstance(rows.source, str | None):
            file = "" if (rows.source or whole) == whole else rows.source
        else:
            file = pc.if_else(pc.equal(source, whole), "", source)
        return pc.binary_join_element_wise(file, position, "#")

    def _again(self, digest: Keys, good: Bools) -> Bools:
        """(N,): an earlier good record has the same name."""
        new, first = np.sort(digest[good]), good
        if (new[1:] == new[:-1]).any() or any(
            _in(run, new).any() for run in self._seen
        ):
            first = self._first(digest, good)
            new = np.sort(digest[first])
        while self._seen and len(self._seen[-1]) <= 2 * len(new):
            new = np.concatenate([self._seen.pop(), new])
            new.sort(kind="stable")  # of two sorted runs: linear
        self._seen += [new] if len(new) else []
        return good & ~first

    def _first(self, digest: Keys, good: Bools) -> Bools:
        """(N,): good, and no earlier good record has the same name."""
        first = np.zeros(len(digest), np.bool_)
        rows = np.flatnonzero(good)
        first[rows[np.unique(digest[rows], return_index=True)[1]]] = True
        for run in self._seen:
            first &= ~_in(run, digest)
        return first


def _in(run: Keys, keys: Keys) -> Bools:
    """(N,): is in a sorted run."""
    return run[np.minimum(np.searchsorted(run, keys), len(run) - 1)] == keys


def _refusals(rows: Rows, source: pa.Array) -> dict[int, Refusal]:
    """What is refused of rows, by their place."""
    section, out = rows.section, {}
    for i, (code, detail) in sorted(rows.remarks.reasons.items()):
        position = int(rows.position[i])
        where = f"record {position} of {section}: " if section else ""
        out[i] = (source[i].as_py(), position, code, where + detail, rows.raw(i)[:RAW])
    return out


def _far(xy: Floats, far: Bools, names: Sequence[str]) -> str:
    k = int(far.argmax())
    x, y = xy[k]
    return (
        f"keypoint {k} ({names[k]}) is at ({x:g}, {y:g}), which is no position within "
        f"{FARTHEST:g}; place it again"
    )
