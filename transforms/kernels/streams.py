"""Weekly sums of all deliveries: as tables, and as arrays to judge drift on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from posegate.transforms.kernels import mask_streams, partners, sources
from posegate.transforms.kernels.buckets import Ints
from posegate.transforms.kernels.conventions import Reading, readings
from posegate.transforms.kernels.difficulty import Shown
from posegate.transforms.kernels.drift import (
    Parameters,
    Streams,
    fleet,
    moved_together,
)
from posegate.transforms.kernels.partners import Met, Partners
from posegate.transforms.kernels.people import People, people
from posegate.transforms.kernels.standing import Standing, standing
from posegate.transforms.kernels.stream_sums import STATISTICS, UNIT
from posegate.transforms.kernels.sums import FLAG, ONE, SHIFTING, WORK, Key
from posegate.transforms.kernels.weeks import timeline
from posegate.transforms.model.policy import Drift

MOMENTS = ("n", "total", "squares")

WEEKLY = pa.schema(
    [
        pa.field("annotator", pa.string(), nullable=False),
        pa.field("week", pa.string(), nullable=False),
        pa.field("kind", pa.string(), nullable=False),
        pa.field("keypoint", pa.string(), nullable=False),
        *(pa.field(name, pa.int64(), nullable=False) for name in STATISTICS),
    ]
)
"""One row an annotator, ISO week, kind of reference and keypoint: immutable sums in
fixed point (`stream_sums.UNIT` = 1.0), refolded over all deliveries."""


def to_table(sums: Mapping[Key, Ints], keypoints: Sequence[str]) -> pa.Table:
    """The ("weekly", …) sums of a delivery as `WEEKLY` rows, in order of key; those of
    masks (`mask_streams`) with a class in the place of a keypoint."""
    outlines = [key for key in sums if key[0] == mask_streams.KIND]
    if outlines:
        return pa.concat_tables(
            outline_table(key, sums[key]) for key in sorted(outlines)
        )
    keys = sorted(key for key in sums if key[0] == "weekly")
    if not keys:
        return WEEKLY.empty_table()
    k = len(keypoints)
    cells = np.concatenate([sums[key] for key in keys])  # (groups * K, S)
    columns = [[key[i] for key in keys for _ in range(k)] for i in (1, 2, 3)]
    return pa.table(
        [
            *(pa.array(column, pa.string()) for column in columns),
            pa.array(list(keypoints) * len(keys), pa.string()),
            *(pa.array(column) for column in cells.T),
        ],
        schema=WEEKLY,
    )


def outline_table(key: Key, cells: Ints) -> pa.Table:
    """The sums of one annotator's masks of a class in a week, as a `WEEKLY` row."""
    kind, _, name = key[3].partition(mask_streams.IN)
    row = [key[1], key[2], kind, name, *cells[0].tolist()]
    return pa.table([[each] for each in row], schema=WEEKLY)


WORKED = pa.schema(
    [
        pa.field("annotator", pa.string(), nullable=False),
        pa.field("week", pa.string(), nullable=False),
        pa.field("habit", pa.string(), nullable=False),
        *(pa.field(name, pa.int64(), nullable=False) for name in MOMENTS),
        pa.field("vendor", pa.string()),
        pa.field("crowd", pa.int64()),
    ]
)
"""One row an annotator, ISO week and habit (`sums.WORK`, `sums.FLAG` with a keypoint,
and `partners.MET` with a partner) of all production: immutable sums in fixed point, as
`WEEKLY`. `crowd` (`clusters.crowd`) is null where instances are taken to be
independent."""


def to_work(
    sums: Mapping[Key, Ints], vendor: str | None = None, keypoints: Sequence[str] = ()
) -> pa.Table:
    """The ("work", …) and ("crowd", …) sums of a vendor's delivery as `WORKED` rows, in
    order of key; then the ("flags", …) sums of each of the keypoints; and ("met", …).
    """
    met = [[*row, None, None] for row in partners.rows(sums)]
    own = habit_table(sums, vendor)
    return pa.concat_tables([own, to_flags(sums, keypoints), of_rows(met)])


def of_rows(rows: Sequence[Sequence[object]]) -> pa.Table:
    """Rows as a `WORKED` table."""
    if not rows:
        return WORKED.empty_table()
    return pa.table([list(each) for each in zip(*rows, strict=True)], schema=WORKED)


def to_flags(sums: Mapping[Key, Ints], keypoints: Sequence[str]) -> pa.Table:
    """How often each keypoint is marked as visible, where it is labelled: `WORKED` rows
    by annotator and week, their habits `FLAG` and the keypoint.

    As crowded as the annotator's instances of that week.
    """
    keys = sorted(key for key in sums if key[0] == "flags" and key[2] and keypoints)
    rows: list[list[object]] = []
    for key in keys:
        n, crowd = crowded(sums, key)
        for name, counts in zip(keypoints, sums[key].tolist(), strict=True):
            labelled, visible = sum(counts[1:]), sum(counts[2:])
            if labelled:
                moments = labelled * ONE, visible * ONE, visible * ONE
                own = labelled * ONE * crowd // n
                rows.append([key[1], key[2], FLAG + name, *moments, None, own])
    return of_rows(rows)


def crowded(sums: Mapping[Key, Ints], key: Key) -> tuple[int, int]:
    """Instances of an annotator's week, at least one, and their crowd."""
    worked = sums.get(("work", *key[1:]))
    n = int(worked[0, 0]) // ONE if worked is not None else 0
    crowd = sums.get(("crowd", *key[1:]))
    return (n, int(crowd[0])) if n and crowd is not None else (1, 1)


def habit_table(sums: Mapping[Key, Ints], vendor: str | None) -> pa.Table:
    """The rows of `sums.WORK`."""
    keys = sorted(key for key in sums if key[0] == "work")
    if not keys:
        return WORKED.empty_table()
    cells = np.concatenate([sums[key] for key in keys])
    columns = [[key[i] for key in keys for _ in WORK] for i in (1, 2)]
    return pa.table(
        [
            *(pa.array(column, pa.string()) for column in columns),
            pa.array(list(WORK) * len(keys), pa.string()),
            *(pa.array(column) for column in cells.T),
            pa.array([vendor] * len(cells), pa.string()),
            pa.array([each for key in keys for each in crowds(sums, key)], pa.int64()),
        ],
        schema=WORKED,
    )


def crowds(sums: Mapping[Key, Ints], key: Key) -> list[int | None]:
    """The crowd of every habit of a ("work", …) key, fixed point; None if unknown."""
    found = sums.get(("crowd", *key[1:]))
    known = [None] * len(SHIFTING) if found is None else (found * ONE).tolist()
    return known + [None] * (len(WORK) - len(SHIFTING))


@dataclass(frozen=True)
class History:
    """(A, W, K, S) sums of A annotators in W weeks, and their names; (A, W, H, 4) of
    their work: n, total, squares and crowd. `vendors` are theirs, "" where unknown.
    `aside` counts pairs of weeks that no clock can have meant; `source` is what they
    were held against (`sources.KINDS`), `flags` (A, W, K, 4) how often each of the
    `keypoints` is marked as visible, as of work, `raw` the sums against a model before
    what all people show was taken off, `met` with whom consensus is shared, and
    `since_gold` is the first week of gold where reviews stood before, else ""."""

    annotators: tuple[str, ...]
    weeks: tuple[str, ...]
    sums: Ints
    work: Ints
    aside: int = 0
    source: str = sources.GOLD
    raw: Ints | None = None
    vendors: tuple[str, ...] = ()
    keypoints: tuple[str, ...] = ()
    flags: Ints | None = None
    met: Met | None = None
    since_gold: str = ""


def refold(
    tables: Sequence[pa.Table],
    keypoints: Sequence[str],
    work: Sequence[pa.Table] = (),
    source: str | None = None,
) -> History:
    """All deliveries' weekly sums, added up: any order, any split into deliveries.

    Only those against one source: by default the best that there is anywhere.
    """
    table = pa.concat_tables([WEEKLY.empty_table(), *tables])
    table = only(table, among(table["keypoint"], keypoints))
    if source is None:
        source = next(iter(sources.available(table["kind"])), sources.GOLD)
    table = only(table, pc.equal(sources.source_of(table["kind"]), source))
    worked = pa.concat_tables(
        [WORKED.empty_table(), *work], promote_options="default"
    ).combine_chunks()
    alone = pc.coalesce(worked["crowd"], worked["n"])
    worked = worked.drop_columns(["crowd"]).append_column("crowd", alone)
    flagged = [FLAG + name for name in keypoints]
    habits, flags = (only(worked, among(worked["habit"], n)) for n in (WORK, flagged))
    pairs, made = per_week(table), per_week(habits)
    kept = timeline([*pairs, *made], [*pairs.values(), *made.values()])
    aside = sum(n for week, n in pairs.items() if week not in set(kept))
    table, habits, flags = (
        only(each, among(each["week"], kept)) for each in (table, habits, flags)
    )
    names = {
        name
        for each in (table, habits, flags)
        for name in pc.unique(each["annotator"]).to_pylist()
    }
    of_review = per_week(only(table, pc.equal(table["kind"], "review")))
    turn = sources.from_reviews(
        *(
            np.array([n.get(week, 0) // UNIT for week in kept])
            for n in (of_review, pairs)
        )
    )
    people = {"annotator": sorted(names), "week": kept}
    places = people | {"keypoint": list(keypoints)}
    total = added(table, places, STATISTICS)
    history = History(
        tuple(people["annotator"]),
        tuple(kept),
        total,
        added(habits, people | {"habit": list(WORK)}, (*MOMENTS, "crowd")),
        aside // UNIT,
        source,
        vendors=vendors_of(habits, people["annotator"]),
        keypoints=tuple(keypoints),
        flags=added(flags, people | {"habit": flagged}, (*MOMENTS, "crowd")),
        since_gold="" if turn is None else kept[turn],
    )
    if source == sources.CONSENSUS:
        return replace(history, met=partners.folded(worked, *people.values()))
    if source != sources.PRELABEL:
        return history
    models = pc.unique(table["kind"]).to_pylist()
    each = [table.filter(pc.equal(table["kind"], model)) for model in sorted(models)]
    own = [sources.less_model(added(some, places, STATISTICS)) for some in each]
    return replace(history, sums=np.sum(own, axis=0), raw=total)


def vendors_of(worked: pa.Table, annotators: Sequence[str]) -> tuple[str, ...]:
    """The vendor of each annotator's latest week; "" where nobody said."""
    named = worked.filter(pc.is_valid(worked["vendor"])).sort_by("week")
    last = named.group_by("annotator", use_threads=False)
    found = last.aggregate([("vendor", "last")])
    who, whose = found["annotator"].to_pylist(), found["vendor_last"].to_pylist()
    known = dict(zip(who, whose, strict=True))
    return tuple(known.get(name, "") for name in annotators)


def per_week(table: pa.Table) -> dict[str, int]:
    """How much each week counts: its rows' `n` together."""
    found = table.group_by("week").aggregate([("n", "sum")])
    return dict(zip(found["week"].to_pylist(), found["n_sum"].to_pylist(), strict=True))


def only(table: pa.Table, kept: pa.ChunkedArray) -> pa.Table:
    """The rows that are kept; the same table where all are, for a year of a fleet is
    larger than what a filter should copy in vain."""
    kept = pc.fill_null(kept, False)
    return table if pc.all(kept).as_py() else table.filter(kept)


def among(column: pa.ChunkedArray, names: Sequence[str]) -> pa.ChunkedArray:
    """Whether each value is one of the names."""
    return pc.is_in(column, value_set=pa.array(list(names), pa.string()))


def added(
    table: pa.Table, places: Mapping[str, Sequence[str]], numbers: Sequence[str]
) -> Ints:
    """The numbers of all rows, added up by where they belong: (…, numbers)."""
    shape = (*(len(names) for names in places.values()), len(numbers))
    total = np.zeros(shape, np.int64)
    if table.num_rows:
        index = tuple(
            np.asarray(pc.index_in(table[name], value_set=pa.array(list(names))))
            for name, names in places.items()
        )
        place = np.ravel_multi_index(index, shape[:-1])
        flat = total.reshape(-1, len(numbers))
        for column, name in enumerate(numbers):
            np.add.at(flat[:, column], place, table[name].to_numpy())
    return total


@dataclass(frozen=True)
class Watched:
    """All weeks of all annotators, and what every stream showed; `seen` is None where
    there is no stream. `beside` are the same against weaker sources; `readings` the
    groups that take left for something else than the skeleton does; `partners` those
    whose consensus people are held against."""

    history: History
    seen: Streams | None
    people: People | None
    standing: Standing | None = None
    beside: tuple["Watched", ...] = ()
    readings: tuple[Reading, ...] = ()
    partners: Partners = partners.NOBODY

    @property
    def all(self) -> "tuple[Watched, ...]":
        """This, and what is weaker."""
        return (self, *self.beside)


def watch(history: History, settings: Parameters) -> Watched:
    """Judges a history, if there is any: people even where no keypoint has a sigma."""
    if not history.weeks:
        return Watched(history, None, None)
    machine = history.raw is not None  # its noise is not people's
    shown = Shown.of(history.sums)
    own = np.zeros_like(history.sums) if machine else shown
    met = history.met
    near = partners.NOBODY if met is None else Partners.of(met, settings.windows)
    found = people(own, history.work, settings, history.flags, near)
    if not settings.sigma or not history.sums.any():
        return Watched(history, None, found)
    model = None if history.raw is None else moved_together(history.raw, settings)
    seen = fleet(shown, settings, found.careless, model, near)
    always = standing(shown, settings, near)
    return Watched(history, seen, found, always, partners=near)


def watch_all(
    tables: Sequence[pa.Table],
    keypoints: Sequence[str],
    work: Sequence[pa.Table],
    settings: Parameters,
) -> Watched:
    """All deliveries' weeks, against every source there is."""
    kinds = [table["kind"] for table in (WEEKLY.empty_table(), *tables)]
    found = sources.available(
        pa.chunked_array(
            [chunk for kind in kinds for chunk in kind.chunks], pa.string()
        )
    )
    best = watch(refold(tables, keypoints, work, next(iter(found), None)), settings)
    met = [only(each, pc.starts_with(each["habit"], partners.MET)) for each in work]
    weaker = (refold(tables, keypoints, met, source) for source in found[1:])
    past = best.history
    return replace(
        best,
        beside=tuple(watch(each, settings) for each in weaker),
        readings=readings(past.work, past.vendors, settings.baseline),
    )


def parameters(settings: Drift, sigmas: tuple[float, ...] | None) -> Parameters:
    """The drift section of a policy, as the kernel takes it."""
    return Parameters(
        sigma=sigmas or (),
        windows=settings.windows,
        decay=settings.lambda_,
        baseline=settings.baseline_weeks,
        action=settings.q,
        watch=settings.watch,
        quarantine=settings.quarantine_weeks,
        margin=settings.margin,
    )
