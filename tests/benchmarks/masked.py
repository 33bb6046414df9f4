"""How often the rules of masks are right, and what gold sees: sections of MEASURED.md.

Real masks of people: those of 538 images of COCO val2017, crowds aside.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import people as sources
import pyarrow as pa
from general import general
from people import DATA, People
from plant_masks import Planted, against_gold, faults
from rates import per_thousand, rate

from posegate.expectations.policy import load_policy
from posegate.transforms import company, parts
from posegate.transforms.kernels.compare import How, compare
from posegate.transforms.kernels.score import score_of
from posegate.transforms.kernels.weeks import UNTOLD
from posegate.transforms.model.finding import check
from posegate.transforms.model.poses import Bools
from posegate.transforms.model.rule import Bound
from posegate.transforms.model.schema import FINDINGS
from posegate.transforms.model.skeleton import Skeleton, load

SEED = 20260725
WITH_POINTS, ALONE, GOLD = "masks of people", "masks alone", "masks against gold"
SKELETONS = {WITH_POINTS: "coco_17", ALONE: "mask"}


@dataclass(frozen=True)
class Masked:
    """People with their masks, as polygons or runs of COCO's JSON."""

    people: People
    masks: tuple[Any, ...]

    def __len__(self) -> int:
        return len(self.masks)

    def take(self, rows: np.ndarray) -> "Masked":
        """Some of them: (M,) positions or (N,) flags."""
        rows = np.arange(len(self))[rows]
        return Masked(self.people.take(rows), tuple(self.masks[i] for i in rows))


def masked(skeleton: Skeleton) -> Masked:
    """All of COCO's; with points, those who have any."""
    file = DATA / "coco_val2017_first538" / "person_keypoints_val2017.json"
    table = json.loads(file.read_text(encoding="utf-8"))
    own = [each for each in table["annotations"] if not each["iscrowd"]]
    if not skeleton.masked:
        own = [each for each in own if each["num_keypoints"]]
    listed = table | {"annotations": [each | {"num_keypoints": 1} for each in own]}
    people = sources.in_coco([listed])
    if skeleton.masked:
        nothing = np.zeros((len(people), 1), np.uint8)
        people = replace(people, xy=np.full((len(people), 1, 2), np.nan), flags=nothing)
    return Masked(people, tuple(each["segmentation"] for each in own))


def batch(some: Masked, skeleton: Skeleton) -> pa.RecordBatch:
    """As canonical rows."""
    rows = sources.batch(some.people, skeleton)
    texts = [None if m is None else json.dumps(m).encode() for m in some.masks]
    segment = pa.array(["segment"] * len(some), pa.string())
    for name, column in (
        ("segmentation", pa.array(texts, pa.binary())),
        ("area_source", segment),
    ):
        rows = rows.set_column(rows.schema.get_field_index(name), name, column)
    return rows


def rules(skeleton: Skeleton) -> tuple[Bound, ...]:
    """The general policy's about masks."""
    bound = general(skeleton)
    return tuple(each for each in bound if each.rule.id.startswith("mask."))


def found(some: Masked, skeleton: Skeleton) -> dict[str, Bools]:
    """(N,) which instances each rule finds."""
    bound, rows = rules(skeleton), batch(some, skeleton)
    alone = check(bound, rows, skeleton, 0, 0)
    together = beside(rows, bound, skeleton) if skeleton.masked else ()
    table = parts.concat([alone, *together], FINDINGS)
    row, rule = table["row"].to_numpy(), np.array(table["rule"].to_pylist(), object)
    hits = {}
    for each in bound:
        hits[each.rule.id] = np.zeros(len(some), bool)
        hits[each.rule.id][row[rule == each.rule.id]] = True
    return hits


def beside(
    rows: pa.RecordBatch, bound: tuple[Bound, ...], skeleton: Skeleton
) -> Iterator[pa.RecordBatch]:
    """The findings of rules that see masks beside others, made as the gate does."""
    for _, sketches in company.sketched(parts.located(rows, 0, 0), 1, masked=True):
        for _, met in company.met((0, [sketches]), company.near(bound)):
            wanted = met["row"].to_numpy()
            taken = parts.placed(rows.take(pa.array(wanted)), 0, wanted)
            near = taken.append_column("place", met["place"])
            for part, some in company.findings((0, [near]), bound, skeleton):
                yield from company.each_once((part, [some]))


def clean(some: Masked, skeleton: Skeleton) -> Iterator[str]:
    """The rows of clean masks: all rules of masks together first."""
    hits = found(some, skeleton)
    every = np.any(list(hits.values()), axis=0)
    yield f"| *all of masks that review* | {len(every)} | {per_thousand(every)} |"
    for id, each in hits.items():
        if each.any():
            yield f"| {id} (review) | {len(each)} | {per_thousand(each)} |"
    quiet = ", ".join(id for id, each in hits.items() if not each.any())
    none = per_thousand(np.zeros(len(every), bool))
    yield f"| each of {quiet} | {len(every)} | {none} |"


def row(name: str, strength: str, hits: Bools, best: str) -> str:
    """A line of a table of faults."""
    return f"| {name} | {strength} | {len(hits)} | {rate(hits)} | {best} |"


def of_rules(some: Masked, skeleton: Skeleton, planted: Planted, seed: int) -> str:
    """What the rules say of a fault; of two people's, whether of either."""
    changed = planted.plant(np.random.default_rng([SEED, seed]), some)
    hits = found(changed, skeleton)
    if planted.paired:
        hits = {id: each[::2] | each[1::2] for id, each in hits.items()}
    counts = Counter({id: int(each.sum()) for id, each in hits.items()})
    every = np.any(list(hits.values()), axis=0)
    best = ", ".join(
        f"{id} {100 * n / len(every):.0f}" for id, n in counts.most_common(3) if n
    )
    return row(planted.name, planted.strength, every, best)


def section(name: str) -> str:
    """A ground's tables."""
    skeleton = load(SKELETONS[name])
    some = masked(skeleton)
    lines = [
        f"\n## {name}, clean: {len(some)}\n",
        "| rule | instances | per 1,000 | 95 % |",
        "| --- | ---: | ---: | ---: |",
        *clean(some, skeleton),
        f"\n## {name}, faults\n",
        "| fault | strength | instances | found % | 95 % | rules, % |",
        "| --- | --- | ---: | ---: | ---: | --- |",
    ]
    lines += [
        of_rules(some, skeleton, each, number)
        for number, each in enumerate(faults(not skeleton.masked))
    ]
    return "\n".join(lines)


def to_gold(some: Masked, skeleton: Skeleton, planted: Planted, seed: int) -> str:
    """Which changed masks the pair with their original calls nonconforming."""
    rng = np.random.default_rng([SEED, seed])
    numbered = replace(some.people, image=tuple(f"{i}" for i in range(len(some))))
    known = replace(some, people=numbered)
    changed = planted.plant(rng, known)
    first = np.array([int(name) for name in changed.people.image])
    sides = []
    for role, side in (("production", changed), ("gold", known.take(first))):
        rows = batch(side, skeleton)
        n = len(side)
        kind = ["other" if planted.renamed and role == "production" else "person"] * n
        said = {
            "role": pa.array([role] * n, pa.string()),
            "annotator": pa.array([role] * n, pa.string()),
            "attributes": pa.array(
                [[("category", each)] for each in kind],
                rows.schema.field("attributes").type,
            ),
            "image": pa.array([str(i) for i in range(n)], pa.string()),
        }
        for column, values in said.items():
            at = rows.schema.get_field_index(column)
            rows = rows.set_column(at, rows.schema.field(at), values)
        sides.append(rows)
    both = pa.concat_batches(sides)
    low = load_policy("general")["acceptance"]["iou"]
    pairs = compare(
        parts.placed(both, 0, np.arange(both.num_rows)), skeleton, UNTOLD, How(low=low)
    ).pairs
    missed = np.ones(len(changed), bool)  # what overlaps nothing is no pair: missed
    bad = score_of(skeleton).bad(pairs, low)
    missed[pairs["row"].to_numpy()] = bad
    mean = np.nanmean(pairs["mask_iou"].to_numpy(zero_copy_only=False))
    edge = np.nanmean(pairs["boundary_iou"].to_numpy(zero_copy_only=False))
    said = f"mean IoU {mean:.2f} boundary IoU {edge:.2f}"
    return row(planted.name, planted.strength, missed, said)


def gold() -> str:
    """What is nonconforming beside its original, as gold."""
    skeleton = load("mask")
    some = masked(skeleton)
    lines = [
        f"\n## {GOLD}, faults\n",
        "| fault | strength | instances | bad % | 95 % | mean of the pairs |",
        "| --- | --- | ---: | ---: | ---: | --- |",
    ]
    lines += [
        to_gold(some, skeleton, each, 100 + number)
        for number, each in enumerate(against_gold())
    ]
    return "\n".join(lines)


SECTIONS: dict[str, Callable[[], str]] = {
    name: partial(section, name) for name in SKELETONS
} | {GOLD: gold}
