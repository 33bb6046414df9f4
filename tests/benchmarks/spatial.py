"""How often each rule of 3-D poses is right: the sections of bodies in MEASURED.md."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

import bodies_3d
import numpy as np
from bodies_3d import Trial
from general import general
from plant_3d import PIECE, Fault, faults
from rates import per_thousand, rate

from posegate.transforms import motion, parts
from posegate.transforms.model.finding import check
from posegate.transforms.model.rule import Bound
from posegate.transforms.model.schema import FINDINGS
from posegate.transforms.model.skeleton import Skeleton, load

SEED = 20261121
PIECES = 160
"""Pieces that each fault is tried on, with each strength."""

GROUNDS: dict[str, tuple[Callable[[], list[Trial]], Callable[[], Skeleton]]] = {
    "walk, 3-D": (bodies_3d.walking, bodies_3d.whole),
    "stand, 3-D": (bodies_3d.standing, bodies_3d.whole),
    "lift, 3-D": (bodies_3d.lifting, bodies_3d.arm),
    "made, 3-D": (bodies_3d.made, partial(load, "coco_17")),
}
"""Trials of each ground, and their skeleton."""


@dataclass(frozen=True)
class Ground:
    """A ground's trials, and the rules that judge them."""

    name: str
    trials: list[Trial]
    skeleton: Skeleton
    rules: tuple[Bound, ...]


def ground(name: str) -> Ground:
    """A ground with all rules but those of pairs, at the general policy's limits."""
    made, of = GROUNDS[name]
    skeleton = of()
    bound = general(skeleton)
    return Ground(name, made(), skeleton, tuple(b for b in bound if not b.rule.beside))


def judged(
    some: Sequence[Trial], on: Ground
) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Which of the rows of trials have a finding: by rule; and to reject or review."""
    batch = bodies_3d.rows(list(some), on.skeleton)
    windows: dict[int, list[object]] = {}
    for key, rows in motion.tracked(batch, 1, motion.WINDOW, motion.LEAD):
        windows.setdefault(key, []).append(rows)
    found = [check(on.rules, batch, on.skeleton, part=0, first_row=0)]
    for item in sorted(windows.items()):
        found += motion.findings(item, on.rules, on.skeleton, motion.WINDOW)
    every = parts.concat(found, FINDINGS)
    row, n = every["row"].to_numpy(), batch.num_rows
    rule, severity = (
        every[c].to_numpy(zero_copy_only=False) for c in ("rule", "severity")
    )
    hits = {b.rule.id: np.isin(range(n), row[rule == b.rule.id]) for b in on.rules}
    return hits, np.isin(range(n), row[severity != "note"])


def clean(on: Ground) -> Iterator[str]:
    """The rows of a ground's trials as they are."""
    hits, asked = judged(on.trials, on)
    yield f"| *all that review* | {len(asked)} | {per_thousand(asked)} |"
    for bound in on.rules:
        some = hits[bound.rule.id]
        if some.any():
            name = f"{bound.rule.id} ({bound.severity})"
            yield f"| {name} | {len(some)} | {per_thousand(some)} |"
    quiet = [b.rule.id for b in on.rules if b.rule.space and not hits[b.rule.id].any()]
    none = per_thousand(np.zeros(len(asked), bool))
    yield f"| each of {', '.join(quiet)} | {len(asked)} | {none} |"


def pieces(on: Ground, rng: np.random.Generator) -> Iterator[Trial]:
    """Pieces of trials, each a video of its own."""
    for number in range(PIECES):
        one = on.trials[int(rng.integers(len(on.trials)))]
        start = int(rng.integers(max(len(one) - PIECE, 0) + 1))
        yield replace(one.cut(start, start + PIECE), name=str(number))


def planted(on: Ground, fault: Fault, number: int) -> str | None:
    """The row of a fault, or None where it cannot be planted in 30 pieces."""
    rng = np.random.default_rng([SEED, number])
    made, spans, first = [], [], 0
    for piece in pieces(on, rng):
        row = int(rng.integers(5, len(piece) - 5))
        at = slice(None) if fault.whole else row
        changed = fault.plant(rng, piece, at, on.skeleton)
        if changed is not None:
            made.append(changed)
            own = (0, len(piece)) if fault.whole else (row, row + 1)
            spans.append((first + own[0], first + own[1]))
            first += len(piece)
    if len(made) < 30:
        return None
    hits, asked = judged(made, on)
    found = np.array([asked[a:b].any() for a, b in spans])
    counts = Counter(
        {id: sum(rows[a:b].any() for a, b in spans) for id, rows in hits.items()}
    )
    best = ", ".join(
        f"{id} {100 * n / len(spans):.0f}" for id, n in counts.most_common(3) if n
    )
    return (
        f"| {fault.name} | {fault.strength} | {len(spans)} | {rate(found)} | {best} |"
    )


def section(name: str) -> str:
    """A ground's tables."""
    on = ground(name)
    lines = [
        f"\n## {name}, clean: {sum(map(len, on.trials))}\n",
        "| rule | instances | per 1,000 | 95 % |",
        "| --- | ---: | ---: | ---: |",
        *clean(on),
        f"\n## {name}, faults\n",
        "| fault | strength | pieces | found % | 95 % | rules, % |",
        "| --- | --- | ---: | ---: | ---: | --- |",
    ]
    for number, fault in enumerate(faults()):
        if row := planted(on, fault, number):
            lines.append(row)
    return "\n".join(lines)


SECTIONS: dict[str, Callable[[], str]] = {
    name: partial(section, name) for name in GROUNDS
}
