"""How often each rule is right: faults planted into real poses, and clean ones judged.

Writes `expectations/rules/MEASURED.md`, with the general policy.
"""

import argparse
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import masked
import moving
import numpy as np
import people as sources
import pyarrow as pa
import spatial
from general import general
from people import People
from plant import LIMBS, Fault, of_bodies, of_records, pasted, people_swapped, twice
from plant_parts import of_faces, of_hands
from rates import per_thousand, rate

from posegate.expectations.rules import RULES
from posegate.transforms import company, parts
from posegate.transforms.model.finding import check
from posegate.transforms.model.poses import Bools
from posegate.transforms.model.rule import Bound
from posegate.transforms.model.schema import FINDINGS
from posegate.transforms.model.skeleton import Skeleton, load

SEED = 20260721
TABLE = Path(__file__).parents[2] / "expectations" / "rules" / "MEASURED.md"

SKELETONS = {
    "coco": "coco_17",
    "coco, segments": "coco_17",
    "generated": "coco_17",
    "openpose": "openpose_body_25b",
    "300-W": "300w_68",
    "WFLW": "wflw_98",
    "hands": "coco_wholebody_hand_21",
}
"""The grounds of single frames, in the order of the file."""

PAIRED = ("person annotated twice", "pose copied")
SWAPPED = "people swapped"
"""Faults of two instances, which stand one after the other."""


@dataclass(frozen=True)
class Ground:
    """Clean instances, what is planted into them, and the rules that judge them."""

    name: str
    people: People
    skeleton: Skeleton
    faults: Sequence[Fault]

    @property
    def rules(self) -> tuple[Bound, ...]:
        """The general policy's, for this skeleton; those of single frames."""
        bound = general(self.skeleton)
        return tuple(each for each in bound if not each.rule.tracked)


@dataclass(frozen=True)
class Found:
    """Which of N instances have a finding, by rule and by severity: (N,) each."""

    by_rule: dict[str, Bools]
    by_severity: dict[str, Bools]

    @property
    def asked(self) -> Bools:
        """(N,): somebody would look at it."""
        return self.by_severity["reject"] | self.by_severity["review"]


def judged(people: People, ground: Ground, paired: bool = True) -> Found:
    """What the rules say of instances, if `paired` also of those beside others."""
    batch = sources.batch(people, ground.skeleton)
    alone = check(ground.rules, batch, ground.skeleton, part=0, first_row=0)
    together = beside(batch, ground) if paired else ()
    found = parts.concat([alone, *together], FINDINGS)
    row = found["row"].to_numpy()

    def rows(column: str, value: str) -> Bools:
        out = np.zeros(len(people), bool)
        out[row[found[column].to_numpy(zero_copy_only=False) == value]] = True
        return out

    return Found(
        {each.rule.id: rows("rule", each.rule.id) for each in ground.rules},
        {name: rows("severity", name) for name in ("reject", "review", "note")},
    )


def beside(batch: pa.RecordBatch, ground: Ground) -> Iterator[pa.RecordBatch]:
    """The findings of rules that see instances beside others, made as the gate does."""
    rows = {}
    for _, sketches in company.sketched(parts.located(batch, 0, 0), 1):
        for _, met in company.met((0, [sketches])):
            wanted = met["row"].to_numpy()
            taken = parts.placed(batch.take(pa.array(wanted)), 0, wanted)
            rows[0] = taken.append_column("place", met["place"])
    for bucket, some in rows.items():
        for part, found in company.findings(
            (bucket, [some]), ground.rules, ground.skeleton
        ):
            yield from company.each_once((part, [found]))


def ground(name: str) -> Ground:
    """What is measured on; the pose model has seen none of COCO's images here."""
    skeleton = load(SKELETONS[name])
    people = {
        "coco": sources.coco_yolo,
        "coco, segments": sources.coco_first,
        "generated": sources.generated,
        "openpose": sources.openpose,
        "300-W": sources.faces_300w,
        "WFLW": sources.faces_wflw,
        "hands": sources.hands,
    }[name]()
    if name in ("coco", "coco, segments"):
        people = people.take(sources.held_out(people))
    return Ground(name, people, skeleton, faults(name, skeleton))


def faults(name: str, skeleton: Skeleton) -> list[Fault]:
    """What is planted into a ground."""
    if name == "coco":
        return [*of_bodies(skeleton), *of_records(), *swaps(), *doubles(skeleton)]
    if name in ("generated", "openpose"):
        return of_bodies(skeleton)
    if name in ("300-W", "WFLW"):
        return of_faces(skeleton)
    return of_hands(skeleton) if name == "hands" else []


def swaps() -> list[Fault]:
    """People who exchange limbs."""
    return [
        Fault(
            f"{SWAPPED}: {name}",
            "",
            lambda r, p, j=j: people_swapped(j, r, p),
            False,
        )
        for name, j in LIMBS.items()
    ]


def doubles(skeleton: Skeleton) -> list[Fault]:
    """People and poses that are there twice."""
    return [
        *(
            Fault(
                "person annotated twice",
                f"{s} sigma",
                partial(twice, s, skeleton.sigma),
            )
            for s in (0.0, 0.5, 1.0)
        ),
        Fault("pose copied", "moved", partial(pasted, False)),
        Fault("pose copied", "moved, x .7 to 1.4", partial(pasted, True)),
    ]


def planted(on: Ground, fault: Fault, number: int) -> str | None:
    """The row of a fault, or None where it cannot be planted."""
    people = on.people.take(on.people.clear) if fault.clear else on.people
    changed = fault.plant(np.random.default_rng([SEED, number]), people)
    if not len(changed):
        return None
    paired = fault.name in PAIRED or fault.name.startswith(SWAPPED)
    found = judged(changed, on, paired)
    asked, rules = found.asked, found.by_rule
    if paired:
        asked = asked[::2] | asked[1::2]
        rules = {id: hits[::2] | hits[1::2] for id, hits in rules.items()}
    counts = Counter({id: int(hits.sum()) for id, hits in rules.items()})
    best = ", ".join(
        f"{id} {100 * n / len(asked):.0f}" for id, n in counts.most_common(3) if n
    )
    return (
        f"| {fault.name} | {fault.strength} | {len(asked)} | {rate(asked)} | {best} |"
    )


def clean(ground: Ground) -> Iterator[str]:
    """The rows of a ground's clean instances: severities first, then rules."""
    found = judged(ground.people, ground)
    clear = ground.people.clear
    for name in ("reject", "review"):
        hits = found.by_severity[name]
        yield f"| *all that {name}* | {len(hits)} | {per_thousand(hits)} |"
        if clear.any() and not clear.all():
            some = hits[clear]
            yield f"| *the same, clear people* | {len(some)} | {per_thousand(some)} |"
    for bound in ground.rules:
        hits, name = found.by_rule[bound.rule.id], bound.rule.id
        if hits.any():
            yield f"| {name} ({bound.severity}) | {len(hits)} | {per_thousand(hits)} |"
    quiet = [
        id for id, hits in found.by_rule.items() if not (RULES[id].space or hits.any())
    ]
    none = per_thousand(np.zeros(len(ground.people), bool))
    yield f"| each of {', '.join(quiet)} | {len(ground.people)} | {none} |"


HEAD = f"""\
# What each rule finds, and how often it is wrong

Written by `./run bench detection` (seed {SEED}), with the general policy. Do not edit.

*Clean* tables: findings per 1,000 instances that nothing was planted into, with exact
95 % intervals. Published annotations have mistakes, so these are upper bounds. *Fault*
tables: per cent of the instances with the fault that a finding rejects or sends to
review, whatever it says, with intervals; then the rules that found most, per cent.

A *clear* person has eight keypoints and more than 32 px of scale; faults of the body
are planted into clear people. `s` is the scale, the square root of the area. Where two
people are changed, their image counts as found if either is.

| ground | what |
| --- | --- |
| coco | COCO val2017, YOLO copy (area: .53 of the box), images no model was fitted to |
| coco, segments | such images among COCO's first 538, with segment areas |
| generated | the demo's people, drawn clean by honest annotators |
| openpose | BODY_25B, two people, two cameras: a machine, and nearly still |
| 300-W, WFLW | faces of 68, 98 points; WFLW: its lists of large poses and of make-up |
| hands | all there is: FreiHAND, OneHand10K, COCO-WholeBody in mmpose's samples |
| masks … | COCO's first 538, crowds aside: rules of masks only; `gold`: the originals |
| stand, walk, 3-D | one person's gait trial in metres, joints computed from markers |
| lift, 3-D | the arm of somebody who lifts a box, from markers |
| made, 3-D | the demo's people in space, points off by 1 cm with heavy tails |
| walk, lift | tracks: markers of a gait trial and of a lift, from eight sides |
| sway | tracks, made: people who sway |
| openpose tracks | the same people as tracks; what jumps is the machine's mistake |
| flies | two, 24 points, as SLEAP predicted them; frames a second are not known |

Of tracks a piece of 90 rows with the fault counts as found if anything is found within
two rows of it; H is the person's stature as the rules see it. Markers and made people
are clicked on: 1.5 px on an axis, of somebody 400 px tall, with heavy tails. Rates a
minute are of one track. `motion.surprise` is off in the policy, and measured anyway.

In 3-D a fault is planted into one frame of a piece of 60 (or all, where it says so);
it counts as found if anything is found there. What is wrong in one frame moves too fast
for a body: so rules of motion find it, too.

"""


def section(name: str) -> str:
    """A ground's tables."""
    on = ground(name)
    lines = [
        f"\n## {name}, clean: {len(on.people)}\n",
        "| rule | instances | per 1,000 | 95 % |",
        "| --- | ---: | ---: | ---: |",
        *clean(on),
    ]
    if on.faults:
        lines += [
            f"\n## {name}, faults\n",
            "| fault | strength | instances | found % | 95 % | rules, % |",
            "| --- | --- | ---: | ---: | ---: | --- |",
        ]
    for number, fault in enumerate(on.faults):
        if row := planted(on, fault, number):
            lines.append(row)
    return "\n".join(lines)


SECTIONS: dict[str, Callable[[], str]] = (
    {name: partial(section, name) for name in SKELETONS}
    | moving.SECTIONS
    | masked.SECTIONS
    | spatial.SECTIONS
)
"""What writes each ground's tables."""


def written() -> dict[str, str]:
    """The tables that the file has, by ground."""
    tables: dict[str, str] = {}
    for each in TABLE.read_text(encoding="utf-8").split("\n## ")[1:]:
        name = each.partition("\n")[0].rpartition(", ")[0]
        tables[name] = tables.get(name, "") + "\n## " + each
    return {name: text.rstrip("\n") for name, text in tables.items()}


def run(options: argparse.Namespace) -> str:
    """The tables; the file in the repository becomes them.

    With `--only` the grounds that are named; the other tables stay as they are.
    """
    if not sources.DATA.is_dir():
        return f"  no {sources.DATA.name} here, so nothing was measured\n"
    only = options.only or list(SECTIONS)
    if unknown := set(only) - set(SECTIONS):
        return f"  no ground {', '.join(unknown)}; one of {'; '.join(SECTIONS)}\n"
    measured = {}
    for name in only:
        measured[name] = SECTIONS[name]()
        tables = written() | measured
        every = [tables[name] for name in SECTIONS if name in tables]
        TABLE.write_text("\n".join([HEAD, *every]) + "\n", encoding="utf-8")
    return "\n".join(measured.values())
