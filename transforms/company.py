"""Instances against the rules that see them beside others.

    batch ── 33 bytes a row, by place ──> who has company ── (part, row) ──> part file
                                                                               │
    findings, each once <── by part <── check <── whole places, by bucket <── rows

Only rows that overlap another of their image, or have its shape, are read again.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import apache_beam as beam
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from posegate.transforms import parts, storage
from posegate.transforms.kernels import company
from posegate.transforms.kernels.buckets import scatter, stable_hash
from posegate.transforms.kernels.company import Company
from posegate.transforms.model.finding import check, human, judgeable
from posegate.transforms.model.poses import Poses
from posegate.transforms.model.rule import Bound
from posegate.transforms.model.schema import FINDINGS
from posegate.transforms.model.skeleton import Skeleton

COLUMNS = (
    *("instance", "annotator", "role", "image", "xy", "visibility", "origin"),
    *("bbox", "area", "width", "height", "attributes", "source", "position"),
    *("video", "track"),
)
"""What of a row is read again."""

Placed = tuple[int, pa.RecordBatch]


@dataclass
class Accompany(beam.PTransform):  # type: ignore[misc]
    """Canonical batches -> findings of the rules that read company, by part."""

    rules: tuple[Bound, ...]
    skeleton: Skeleton
    folder: str
    buckets: int

    def expand(
        self, batches: beam.PCollection[pa.RecordBatch]
    ) -> beam.PCollection[pa.RecordBatch]:
        return (
            batches
            | "sketch" >> beam.FlatMap(sketched, self.buckets, self.skeleton.masked)
            | "by place" >> beam.GroupByKey()
            | "meet" >> beam.FlatMap(met, near(self.rules))
            | "by part" >> beam.GroupByKey()
            | "fetch" >> beam.FlatMap(fetched, self.skeleton, self.folder, self.buckets)
            | "by bucket" >> beam.GroupByKey()
            | "check" >> beam.FlatMap(findings, self.rules, self.skeleton)
            | "by part again" >> beam.GroupByKey()
            | "each once" >> beam.FlatMap(each_once)
        )


def near(rules: tuple[Bound, ...]) -> float:
    """From which overlap on rows of an image are looked at, as far as rules ask."""
    asked = (bound.rule.meets for bound in rules)
    return min([company.NEAR, *(each for each in asked if each is not None)])


def sketched(
    batch: pa.RecordBatch, buckets: int, masked: bool = False
) -> Iterable[Placed]:
    """The batch's sketches by bucket of their place."""
    found = company.sketches(
        batch,
        human(Poses.of(batch)),
        stable_hash(batch["image"]),
        judgeable(batch),
        *parts.location(batch),
        masked,
    )
    yield from scatter(found, bucket_of(found, buckets))


def bucket_of(rows: pa.RecordBatch, buckets: int) -> np.ndarray:  # type: ignore[type-arg]
    """(N,) the bucket of each row's place."""
    return (rows["place"].to_numpy() % np.uint64(buckets)).astype(np.int64)


def met(
    sketches: tuple[int, Iterable[pa.RecordBatch]], near: float = company.NEAR
) -> Iterable[Placed]:
    """The rows of a bucket that have company, by part."""
    found = company.meeting(parts.concat(sketches[1], company.SKETCH), near)
    yield from scatter(found, found["part"].to_numpy().astype(np.int64))


def fetched(
    places: tuple[int, Iterable[pa.RecordBatch]],
    skeleton: Skeleton,
    folder: str,
    buckets: int,
) -> Iterable[Placed]:
    """The rows of a part that have company, once for each place, by its bucket."""
    part, some = places
    wanted = pa.concat_batches(list(some))
    row, place = wanted["row"].to_numpy(), wanted["place"].to_numpy()
    order = np.argsort(row, kind="stable")
    row, place = row[order], place[order]
    path = storage.join(folder, parts.annotations(skeleton.name, part))
    wanted_columns = (*COLUMNS, *["segmentation"] * skeleton.masked)
    for numbers, batch in parts.read_rows(path, np.unique(row), wanted_columns):
        start = np.searchsorted(row, numbers[0])
        stop = np.searchsorted(row, numbers[-1], side="right")
        here = np.searchsorted(numbers, row[start:stop])
        rows = parts.placed(batch.take(pa.array(here)), part, row[start:stop])
        rows = rows.append_column("place", pa.array(place[start:stop]))
        yield from scatter(rows, bucket_of(rows, buckets))


def findings(
    rows_of: tuple[int, Iterable[pa.RecordBatch]],
    rules: tuple[Bound, ...],
    skeleton: Skeleton,
) -> Iterable[Placed]:
    """What the rows of a bucket break, by part."""
    every = pa.concat_batches(list(rows_of[1]))
    order = [("place", "ascending"), ("part", "ascending"), ("row", "ascending")]
    rows = every.take(pc.sort_indices(every, sort_keys=order))
    poses = human(Poses.of(rows))
    part, row = (rows[name].to_numpy() for name in ("part", "row"))
    beside = Company.of(rows, poses)
    found = check(rules, rows, skeleton, part, row, company=beside)
    yield from scatter(found, found["part"].to_numpy().astype(np.int64))


def each_once(
    found: tuple[int, Iterable[pa.RecordBatch]],
) -> Iterator[pa.RecordBatch]:
    """A part's findings: of one rule, row and keypoint the first, for a row can be in
    three places, and the order of the values does not depend on them."""
    every = parts.concat(found[1], FINDINGS)
    names = ("row", "rule", "keypoint", "value")
    order = [(name, "ascending") for name in names]
    every = every.take(pc.sort_indices(every, sort_keys=order))
    new = np.zeros(every.num_rows, np.bool_)
    new[:1] = True
    for name in names[:3]:
        codes = pc.fill_null(every[name].dictionary_encode().indices, -1).to_numpy()
        new[1:] |= codes[1:] != codes[:-1]
    yield every.filter(pa.array(new))
