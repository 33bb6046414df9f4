"""Approved instances as training sets, read again from their parts by reference."""

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace

import apache_beam as beam
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from apache_beam.pvalue import AsIter

from posegate.transforms import parts, storage
from posegate.transforms.formats import Tally
from posegate.transforms.formats.coco_write import Writer
from posegate.transforms.formats.write import class_of
from posegate.transforms.kernels import decisions, splitting
from posegate.transforms.kernels.buckets import Hashes, Ints, stable_hash
from posegate.transforms.kernels.splitting import SPLITS
from posegate.transforms.model.policy import Splits
from posegate.transforms.model.schema import instances
from posegate.transforms.model.skeleton import Skeleton
from posegate.transforms.parts import Written


@dataclass(frozen=True)
class Source:
    """One accepted delivery's run: its folder, and which parts have rows."""

    delivery: str
    folder: str
    parts: tuple[int, ...]


@dataclass(frozen=True)
class Release:
    """A version of the splits to be made: what it adds to, and where it goes.

    `groups` are the paths of the assignment that this version follows (several, if
    runs ended at the same time), `number` is one more than theirs, and `locked` the
    path of a table of groups which alone are the test set.
    """

    folder: str
    sources: tuple[Source, ...]
    groups: tuple[str, ...]
    number: int
    locked: str | None
    settings: Splits
    skeleton: Skeleton
    delivery: str
    run: str


@dataclass
class Split(beam.PTransform):  # type: ignore[misc]
    """Approved instances by group -> the files of a version; none are approved, none
    is made."""

    release: Release
    tallies: beam.PCollection[tuple[int, Tally]]

    def expand(
        self, groups: beam.PCollection[pa.RecordBatch]
    ) -> beam.PCollection[Written]:
        return (
            groups
            | "together" >> beam.Map(keyed)
            | "gather" >> beam.GroupByKey()
            | "write" >> beam.FlatMap(write, AsIter(self.tallies), self.release)
        )


def keyed(groups: pa.RecordBatch) -> tuple[int, pa.RecordBatch]:
    """All under one key: an assignment is made in one place."""
    return 0, groups


def write(
    groups: tuple[int, Iterable[pa.RecordBatch]],
    tallies: Iterable[tuple[int, Tally]],
    release: Release,
) -> Iterable[Written]:
    """Assigns the groups and writes every split as COCO JSON and as Parquet."""
    own = Source(
        release.delivery,
        release.run,
        tuple(sorted(part for part, tally in tallies if tally.rows)),
    )
    plan = assign(pa.Table.from_batches(groups[1]), release)
    chosen = Chosen.by(plan, (*release.sources, own), release)
    known, classes = looked_through(chosen)
    with ExitStack() as stack:
        sets = [stack.enter_context(opened(name, release, classes)) for name in SPLITS]
        chosen = chosen.whole(known)
        if len(chosen.images):
            known, _ = looked_through(chosen)
        catalogue(chosen, sets, known)
        annotate(chosen, sets)
    files = [parts.write_table(release.folder, "groups.parquet", plan)]
    files += [file for each in sets for file in (each.text.written, each.table.written)]
    counted = {
        name: each.coco.annotations for name, each in zip(SPLITS, sets, strict=True)
    }
    page = card(plan, counted, release).encode()
    files.append(parts.write_bytes(release.folder, "README.md", page))
    yield parts.write_bytes(
        release.folder, "manifest.json", manifest(files, counted, chosen.sources)
    )


def assign(counts: pa.Table, release: Release) -> pa.Table:
    """The split of every group (`splitting.ASSIGNED`): old ones keep theirs."""
    before = splitting.united(
        [parts.read_table(path).cast(splitting.ASSIGNED) for path in release.groups]
    )
    part = release.settings.fractions
    if release.locked is None:
        shares = (part.train, part.val, part.test)
        return splitting.plan(counts, shares, release.settings.seed, before)
    locked = parts.read_table(release.locked, ["group"])["group"]
    return splitting.plan_locked(
        counts, (part.train, part.val), release.settings.seed, before, locked
    )


@dataclass(frozen=True)
class Chosen:
    """The approved rows of several runs, and the split that each belongs to.

    `hashes` (G,) are those of the assigned groups, ascending; `split` (G,) the number
    of each one's split. An image whose rows name groups of different splits (a video
    that was left out once) stands in `images` (M,), ascending, and goes as a whole to
    `home` (M,).
    """

    sources: tuple[Source, ...]
    skeleton: Skeleton
    group: tuple[str, ...]
    hashes: Hashes
    split: Ints
    images: Hashes
    home: Ints

    @classmethod
    def by(
        cls, plan: pa.Table, sources: tuple[Source, ...], release: Release
    ) -> "Chosen":
        """As an assignment of groups says."""
        hashes = stable_hash(plan["group"].combine_chunks())
        order = np.argsort(hashes)
        number = pc.index_in(plan["split"], value_set=pa.array(SPLITS)).to_numpy()
        return cls(
            sources,
            release.skeleton,
            release.settings.group,
            hashes[order],
            number[order],
            np.empty(0, np.uint64),
            np.empty(0, np.int64),
        )

    def whole(self, known: Sequence[Hashes]) -> "Chosen":
        """The same, with every image in one split: in test before val before train.

        `known` are the sorted hashes of each split's images by their groups alone.
        """
        every = np.concatenate(known)
        images, counts = np.unique(every, return_counts=True)
        shared = images[counts > 1]
        within = [np.isin(shared, hashes) for hashes in known]  # (S, M)
        home = len(known) - 1 - np.argmax(within[::-1], axis=0)
        return replace(self, images=shared, home=home)

    def rows(self, columns: Sequence[str]) -> Iterator[tuple[pa.RecordBatch, int, str]]:
        """Batches of approved rows, each of one split of one delivery, in order."""
        wanted = [*columns, *(c for c in self._needed() if c not in columns)]
        for source in self.sources:
            for part in source.parts:
                for batch, split in self._part(source.folder, part, wanted):
                    yield batch.select(columns), split, source.delivery

    def _needed(self) -> list[str]:
        named = {name.partition(".")[0] for name in self.group}
        return sorted(named | {"image", "attributes"})

    def _part(
        self, folder: str, part: int, columns: Sequence[str]
    ) -> Iterator[tuple[pa.RecordBatch, int]]:
        decided = storage.join(folder, f"decisions/part-{part:05d}.parquet")
        verdicts = parts.read_table(decided, ["verdict"])["verdict"]
        approved = np.asarray(pc.equal(verdicts, decisions.APPROVED))
        name = parts.annotations(self.skeleton.name, part)
        first = 0
        for batch in parts.read_columns(storage.join(folder, name), columns):
            kept = approved[first : first + batch.num_rows]
            first += batch.num_rows
            yield from self._by_split(batch.filter(pa.array(kept)))

    def _by_split(self, batch: pa.RecordBatch) -> Iterator[tuple[pa.RecordBatch, int]]:
        split = self.split[self._places(decisions.group_of(batch, self.group))]
        if len(self.images):
            split = self._moved(stable_hash(batch["image"]), split)
        for number in range(len(SPLITS)):
            mine = split == number
            if mine.any():
                yield batch.filter(pa.array(mine)), number

    def _moved(self, image: Hashes, split: Ints) -> Ints:
        place = np.minimum(np.searchsorted(self.images, image), len(self.images) - 1)
        return np.where(self.images[place] == image, self.home[place], split)

    def _places(self, group: pa.Array) -> Ints:
        """(N,) where each group stands in `hashes`; every one must have a split."""
        hashes = stable_hash(group)
        place = np.searchsorted(self.hashes, hashes)
        known = place < len(self.hashes)
        known[known] = self.hashes[place[known]] == hashes[known]
        if not known.all():
            name = group[int(np.argmin(known))].as_py()
            raise RuntimeError(
                f"group {name!r} has no split: [splits] group = {list(self.group)} "
                "names other groups than the version that this one follows; set it "
                "back, or start anew in another output"
            )
        return place


@dataclass(frozen=True)
class Set:
    """The files of one split, being written."""

    text: parts.RawFile
    coco: Writer
    table: parts.PartFile


@contextmanager
def opened(name: str, release: Release, classes: Sequence[str]) -> Iterator[Set]:
    """A split's two files; the COCO one is begun here and ended with the block."""
    schema = with_delivery(instances(len(release.skeleton.keypoints)))
    with (
        parts.raw_file(release.folder, f"{name}.json") as text,
        parts.part_file(release.folder, f"{name}.parquet", schema) as table,
    ):
        coco = Writer(text)
        coco.begin(f"{release.delivery} and before: {name}", release.skeleton, classes)
        yield Set(text, coco, table)
        coco.end()


IMAGES = ("image", "width", "height", "video", "frame", "fps")


def catalogue(chosen: Chosen, sets: Sequence[Set], known: Sequence[Hashes]) -> None:
    """Writes each split's images once, numbered by the order of their hashes."""
    done = [np.zeros(len(hashes), bool) for hashes in known]
    for batch, split, _ in chosen.rows(IMAGES):
        rank = np.searchsorted(known[split], stable_hash(batch["image"]))
        rank, row = np.unique(rank, return_index=True)
        new = ~done[split][rank]
        done[split][rank] = True
        rows = batch.take(pa.array(row[new]))
        sets[split].coco.images(rows, (rank[new] + 1).tolist())
    for each, hashes in zip(sets, known, strict=True):
        each.coco.turn(hashes)


def looked_through(chosen: Chosen) -> tuple[list[Hashes], list[str]]:
    """Each split's images as sorted hashes: an image's id is its place among them; and
    the classes of all splits, which have the same numbers in each."""
    seen: list[list[Hashes]] = [[] for _ in SPLITS]
    classes: set[str] = set()
    for batch, split, _ in chosen.rows(["image", "attributes"]):
        seen[split].append(np.unique(stable_hash(batch["image"])))
        named = class_of(batch["attributes"], chosen.skeleton)
        classes.update(pc.unique(named).to_pylist())
    known = [
        np.unique(np.concatenate([np.empty(0, np.uint64), *some])) for some in seen
    ]
    return known, sorted(classes)


def annotate(chosen: Chosen, sets: Sequence[Set]) -> None:
    """Writes each split's instances, in the order of deliveries, parts and rows."""
    names = instances(len(chosen.skeleton.keypoints)).names
    for batch, split, delivery in chosen.rows(names):
        sets[split].coco.add(batch)
        column = pa.array([delivery] * batch.num_rows, pa.string())
        sets[split].table.write(batch.append_column("delivery", column))


def with_delivery(schema: pa.Schema) -> pa.Schema:
    """The canonical columns, and which delivery a row came with."""
    return schema.append(pa.field("delivery", pa.string()))


def manifest(
    files: Sequence[Written], counted: dict[str, int], sources: Sequence[Source]
) -> bytes:
    """What the version holds, and the runs that it was made from."""
    document = {
        "instances": counted,
        "from": [
            {"delivery": s.delivery, "run": s.folder.rpartition("/")[2]}
            for s in sources
        ],
        "files": [vars(file) for file in sorted(files, key=lambda file: file.name)],
    }
    return json.dumps(document, indent=1, sort_keys=True).encode() + b"\n"


def card(plan: pa.Table, counted: dict[str, int], release: Release) -> str:
    """The version's README: what it holds and how it was divided."""
    groups = {
        c["values"]: c["counts"] for c in pc.value_counts(plan["split"]).to_pylist()
    }
    rows = "\n".join(
        f"| {name} | {counted[name]:,} | {groups.get(name, 0):,} |" for name in SPLITS
    )
    by = ", ".join(release.settings.stratify) or "nothing"
    return f"""# Training splits after {release.delivery}

| split | instances | groups |
| --- | ---: | ---: |
{rows}

Skeleton {release.skeleton.name}, version {release.skeleton.version}. Only production
instances that were approved; gold, reviews and prelabels are in no split. No group
({", ".join(release.settings.group)}, else the image) is in two splits, and a group
keeps its split in every later version. Stratified by {by}.

Each split is one COCO keypoints file and one Parquet file with the canonical columns.
`groups.parquet` says where each group is, `manifest.json` which runs this is made from.
COCO knows no visibility flag 3 (certain despite partial occlusion): it is 2 there, and
3 in the Parquet file.
"""
