"""Making deliveries with known faults: weeks of blocks, written as they are made."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from posegate.pipelines.demo.annotators import Team, Work, annotate, team
from posegate.pipelines.demo.broken import broken, ordinals
from posegate.pipelines.demo.faults import SHARES, Fault, plant
from posegate.pipelines.demo.plan import Ints, Plan, plans
from posegate.pipelines.demo.records import (
    annotations,
    file_names,
    images,
    lead_times,
    shift,
    times,
)
from posegate.pipelines.demo.spec import Purpose, Spec, stream
from posegate.pipelines.demo.views import View, view
from posegate.pipelines.demo.write import Shards, opening
from posegate.transforms.model.poses import Bools
from posegate.transforms.model.skeleton import Skeleton, load

PLANTED = pa.schema(
    [
        pa.field("delivery", pa.string(), nullable=False),
        pa.field("fault", pa.string(), nullable=False),
        pa.field("image", pa.string()),
        pa.field("id", pa.string()),
        pa.field("annotator", pa.string()),
        pa.field("keypoint", pa.string()),
        pa.field("strength", pa.float64()),
        pa.field("detail", pa.string(), nullable=False),
        pa.field("source", pa.string()),
        pa.field("position", pa.int64()),
    ]
)
"""One planted fault. Those of an annotator have no image, id, source or position."""

PRIMARY, SECOND, GOLD = range(3)
PURPOSE_OF_TIME = (Purpose.TIME, Purpose.SECOND_TIME, Purpose.GOLD_TIME)
NEXT_DAY = 20 * 3600.0  # when a frame is annotated again

PROJECT = """\
project = "demo"
skeleton = "coco_17"
policy = "general"
output = "quality"

[drift]
baseline_weeks = 4
"""
SIDE_FILE = """\
delivery = "{name}"
vendor = "acme-annotation"
received = {received}

[roles]
"{gold}" = "gold"
"""


@dataclass(frozen=True)
class Made:
    """What `make` made: records by delivery, planted faults by kind, and where."""

    folder: Path
    project: Path
    planted: Path
    records: dict[str, int]
    faults: dict[str, int]

    @property
    def deliveries(self) -> tuple[Path, ...]:
        """The folders of the deliveries, in the order of their weeks."""
        return tuple(self.folder / "deliveries" / name for name in self.records)


@dataclass
class Week:
    """What the blocks of one delivery share while they are written."""

    spec: Spec
    number: int
    skeleton: Skeleton
    team: Team
    shards: Shards
    gold: Shards
    broken: dict[int, str]
    faults: list[dict[str, Any]] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The delivery's name."""
        return self.spec.delivery(self.number)


@dataclass(frozen=True)
class Block:
    """One block's plan, its truth, and what of its records is known beforehand."""

    plan: Plan
    truth: View
    names: list[str]
    images: list[dict[str, Any]]


def rates(spec: Spec, week: int) -> dict[str, float]:
    """Share of the instances by kind of fault; the bad week has a burst of two."""
    plain = {kind: share * spec.fault_rate for kind, share in SHARES.items()}
    if week != spec.bad_week:
        return plain
    return plain | {"swap-body": spec.burst, "collapsed": spec.burst}


def hand_in(
    week: Week, block: Block, row: Ints, annotator: Ints, purpose: Purpose
) -> Work:
    """The honest work of annotators (N,) on the block's instances `row` (N,)."""
    spec, plan = week.spec, block.plan
    rng = stream(spec.seed, week.number, plan.block, purpose)
    size = block.truth.size[plan.scene[plan.frame[row]]]
    return annotate(
        rng, week.team, week.skeleton, week.number, block.truth, row, annotator, size
    )


def assigned(week: Week, plan: Plan) -> Ints:
    """(S,): the annotator to whom a scene is given first."""
    rng = stream(week.spec.seed, week.number, plan.block, Purpose.ASSIGN)
    return rng.integers(0, week.team.production, len(plan.people))


def spoil(week: Week, block: Block, work: Work, free: Bools) -> list[Fault]:
    """Plants faults in the work, in rows that are `free` (N,)."""
    plan = block.plan
    rng = stream(week.spec.seed, week.number, plan.block, Purpose.FAULT)
    size = block.truth.size[plan.scene[plan.frame]]
    at = rates(week.spec, week.number)
    return plant(rng, work, week.skeleton, plan, size, at, free)


def identifiers(week: Week, block: Block, row: Ints, kind: int) -> Ints:
    """(N,): annotation ids, unique in the delivery: the first work, seconds, gold."""
    return row + block.plan.row0 + 1 + kind * week.spec.quota(week.number)


def recorded(week: Week, block: Block, work: Work, kind: int) -> list[Any]:
    """The work as records, with the time that it took."""
    spec, plan = week.spec, block.plan
    rng = stream(spec.seed, week.number, plan.block, PURPOSE_OF_TIME[kind])
    when = shift(rng, spec.monday(week.number), len(plan.people))
    lead = lead_times(rng, work.flags)
    scene = plan.scene[plan.frame[work.row]]
    moments = times(when, scene, lead, NEXT_DAY if kind else 0.0)
    ids = identifiers(week, block, work.row, kind)
    return annotations(plan, block.truth, week.team, work, ids, lead, moments)


def listed(
    week: Week,
    block: Block,
    work: Work,
    faults: list[Fault],
    places: tuple[list[str], Ints],
) -> list[dict[str, Any]]:
    """Rows of the planted table; `places` are the sources and positions of the work."""
    ids = identifiers(week, block, work.row, PRIMARY)
    sources, positions = places
    return [
        {
            "delivery": week.name,
            "fault": fault.kind,
            "image": block.names[block.plan.frame[fault.row]],
            "id": str(ids[fault.row]),
            "annotator": week.team.names[work.annotator[fault.row]],
            "keypoint": fault.keypoint,
            "strength": fault.strength,
            "detail": fault.detail
            if fault.other is None
            else f"{fault.detail}, of annotation {ids[fault.other]}",
            "source": sources[fault.row],
            "position": int(positions[fault.row]),
        }
        for fault in faults
    ]


def primary(week: Week, block: Block) -> None:
    """Writes every instance once, with the faults planted in it."""
    spec, plan = week.spec, block.plan
    row = np.arange(len(plan.frame))
    annotator = assigned(week, plan)[plan.scene[plan.frame]]
    work = hand_in(week, block, row, annotator, Purpose.PRIMARY)
    lost = {
        i - plan.row0: kind
        for i, kind in week.broken.items()
        if plan.row0 <= i < plan.row0 + len(row)
    }
    faults = [] if spec.clean else spoil(week, block, work, ~np.isin(row, list(lost)))
    records = recorded(week, block, work, PRIMARY)
    for i, kind in lost.items():
        records[i] = broken(records[i], kind)
        faults.append(Fault("broken", i, 1.0, kind))
    seats = plan.people[plan.scene]
    places = week.shards.write(block.images, records, seats)
    week.faults += listed(week, block, work, faults, places)


def again(week: Week, block: Block, kind: int) -> None:
    """Writes the frames that gold, or a second annotator, annotates too."""
    plan = block.plan
    chosen = np.flatnonzero(plan.doubled == (1 if kind == GOLD else 2))
    if not len(chosen):
        return
    rng = stream(week.spec.seed, week.number, plan.block, Purpose.AGAIN)
    all_of_them, golds = week.team.production, len(week.team.names)
    other = assigned(week, plan) + rng.integers(1, all_of_them, len(plan.people))
    gold = rng.integers(all_of_them, golds, len(plan.people))
    who = gold if kind == GOLD else other % all_of_them
    row = np.flatnonzero(np.isin(plan.frame, chosen))
    purpose = Purpose.GOLD if kind == GOLD else Purpose.SECOND
    work = hand_in(week, block, row, who[plan.scene[plan.frame[row]]], purpose)
    records = recorded(week, block, work, kind)
    seats = plan.people[plan.scene[chosen]]
    shown = [block.images[i] for i in chosen]
    shards = week.gold if kind == GOLD else week.shards
    shards.write(shown, records, seats, again=kind == SECOND)


def begin(spec: Spec, number: int, skeleton: Skeleton, people: Team) -> Week:
    """The folder and side file of a delivery, and its files ready to be written."""
    name = spec.delivery(number)
    folder = spec.folder / "deliveries" / name
    folder.mkdir(parents=True, exist_ok=True)
    end = ".json.gz" if spec.gzip else ".json"
    side = SIDE_FILE.format(
        name=name, received=spec.sunday(number).isoformat(), gold=f"gold*{end}"
    )
    (folder / "delivery.toml").write_text(side, encoding="utf-8")
    head = opening(skeleton, f"made by posegate demo, seed {spec.seed}, {name}")

    def shards(name: Callable[[int], str]) -> Shards:
        return Shards(folder, name, spec.shard, head, spec.gzip)

    production = shards(lambda i: f"shard-{i:05d}{end}")
    gold = shards(lambda i: f"gold{f'-{i:05d}' if i else ''}{end}")
    where, kinds = ordinals(spec, number)
    lost = dict(zip(where.tolist(), kinds, strict=True))
    return Week(spec, number, skeleton, people, production, gold, lost)


def delivery(spec: Spec, number: int, skeleton: Skeleton, people: Team) -> Week:
    """Writes one week's delivery."""
    week = begin(spec, number, skeleton, people)
    for plan in plans(spec, number):
        names = file_names(plan, week.name)
        truth = view(spec.seed, plan)
        block = Block(plan, truth, names, images(plan, truth, names))
        primary(week, block)
        again(week, block, SECOND)
        again(week, block, GOLD)
    week.shards.close()
    week.gold.close()
    week.faults += habits(week)
    return week


def habits(week: Week) -> list[dict[str, Any]]:
    """Rows for what is planted in annotators from this week on."""
    return [
        {
            "delivery": week.name,
            "fault": habit.fault,
            "annotator": week.team.names[habit.annotator],
            "keypoint": keypoint,
            "strength": habit.strength,
            "detail": f"since {week.name}, {habit.way}",
        }
        for habit in week.team.habits
        if habit.since == week.number
        for keypoint in habit.keypoints or (None,)
    ]


def make(spec: Spec) -> Made:
    """Writes the project, its deliveries, and the table of what was planted.

    A folder that already has deliveries is refused: old shards would stay among new.
    """
    if (spec.folder / "deliveries").exists():
        raise ValueError(
            f"{spec.folder}: already has deliveries; name a new folder, or delete it"
        )
    spec.folder.mkdir(parents=True, exist_ok=True)
    project, planted = spec.folder / "project.toml", spec.folder / "planted.parquet"
    project.write_text(PROJECT, encoding="utf-8")
    skeleton = load("coco_17")
    people = team(spec, skeleton)
    records, faults = {}, Counter[str]()
    with pq.ParquetWriter(planted, PLANTED) as table:
        for number in range(spec.weeks):
            week = delivery(spec, number, skeleton, people)
            table.write_table(pa.Table.from_pylist(week.faults, PLANTED))
            faults.update(fault["fault"] for fault in week.faults)
            records[week.name] = week.shards.written + week.gold.written
    return Made(spec.folder, project, planted, records, dict(faults))
