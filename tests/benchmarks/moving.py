"""How often each rule of motion is right: the sections of tracks in MEASURED.md."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

import films
import numpy as np
from films import Film
from general import general
from plant_motion import PIECE, Fault, Planted, faults
from rates import per_thousand, rate

from posegate.expectations.rules import RULES
from posegate.transforms import motion, parts
from posegate.transforms.kernels.tracks import Tracks, ordered
from posegate.transforms.model.finding import human
from posegate.transforms.model.poses import Poses
from posegate.transforms.model.rule import Bound
from posegate.transforms.model.schema import FINDINGS
from posegate.transforms.model.skeleton import Skeleton, load

SEED = 20260724
PIECES = 120
"""Pieces that each fault is tried on, with each strength."""

EDGE = 2
"""Rows beside a fault at which what is found still is of it: differences see three."""

BODY_25B = "openpose_body_25b"

GROUNDS: dict[str, tuple[Callable[[], list[Film]], Callable[[], Skeleton]]] = {
    "walk at 60 fps": (partial(films.walking, 60), partial(load, "coco_17")),
    "walk at 30 fps": (partial(films.walking, 30), partial(load, "coco_17")),
    "lift at 50 fps": (partial(films.lifting, 50), films.lifted),
    "lift at 25 fps": (partial(films.lifting, 25), films.lifted),
    "sway at 10 fps": (partial(films.swaying, 10, 8, 60.0), partial(load, "coco_17")),
    "sway at 25 fps": (partial(films.swaying, 25), partial(load, "coco_17")),
    "sway at 120 fps": (partial(films.swaying, 120, 4), partial(load, "coco_17")),
    "openpose tracks": (films.openpose, partial(load, BODY_25B)),
    "flies": (films.flies, films.flying),
}
"""Films of each ground, and their skeleton."""


@dataclass(frozen=True)
class Ground:
    """A ground's films, and the rules that judge them."""

    name: str
    films: list[Film]
    skeleton: Skeleton
    rules: tuple[Bound, ...]


def ground(name: str) -> Ground:
    """A ground with the rules of tracks, at the general policy's limits.

    Also with those that the policy switches off, by their own severity.
    """
    made, of = GROUNDS[name]
    skeleton = of()
    bound = general(skeleton, off=True)
    return Ground(name, made(), skeleton, tuple(b for b in bound if b.rule.tracked))


def judged(
    some: Sequence[Film], on: Ground
) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Which of the rows of films have a finding: by rule; and to reject or review."""
    batch = films.rows(some, on.skeleton)
    windows: dict[int, list[object]] = {}
    for key, rows in motion.tracked(batch, 1, motion.WINDOW, motion.LEAD):
        windows.setdefault(key, []).append(rows)
    found = parts.concat(
        [
            piece
            for item in sorted(windows.items())
            for piece in motion.findings(item, on.rules, on.skeleton, motion.WINDOW)
        ],
        FINDINGS,
    )
    n, row = batch.num_rows, found["row"].to_numpy()
    rule = found["rule"].to_numpy(zero_copy_only=False)
    asked = found["severity"].to_numpy(zero_copy_only=False) != "note"
    hits = {b.rule.id: marked(row[rule == b.rule.id], n) for b in on.rules}
    return hits, marked(row[asked], n)


def marked(rows: np.ndarray, n: int) -> np.ndarray:
    """(n,): which rows are there."""
    out = np.zeros(n, bool)
    out[rows] = True
    return out


def tall(some: Sequence[Film], skeleton: Skeleton) -> float:
    """The stature of somebody in films, as the rules see it [px]."""
    batch = films.rows(some, skeleton)
    rows, track = ordered(parts.placed(batch, 0, np.arange(batch.num_rows)))
    found = Tracks.of(rows, track, human(Poses.of(rows)), skeleton)
    return float(np.nanmedian(found.height))


def clean(on: Ground) -> Iterator[str]:
    """The rows of a ground's films as they are."""
    hits, asked = judged(on.films, on)
    minutes = sum(len(f) / (f.fps or 30.0) for f in on.films) / 60
    yield row_of("*all that review*", asked, minutes)
    quiet = [id for id, some in hits.items() if not (RULES[id].space or some.any())]
    for bound in on.rules:
        some = hits[bound.rule.id]
        if some.any():
            yield row_of(f"{bound.rule.id} ({bound.severity})", some, minutes)
    yield row_of(f"each of {', '.join(quiet)}", np.zeros(len(asked), bool), minutes)


def row_of(name: str, hits: np.ndarray, minutes: float) -> str:
    """A row of the table of clean films."""
    a_minute = hits.sum() / minutes
    return f"| {name} | {len(hits)} | {per_thousand(hits)} | {a_minute:.2f} |"


def pieces(on: Ground, rng: np.random.Generator) -> Iterator[Film]:
    """Pieces of films, each a video of its own."""
    for number in range(PIECES):
        one = on.films[int(rng.integers(len(on.films)))]
        start = int(rng.integers(max(len(one) - PIECE, 0) + 1))
        cut = one.cut(start, start + PIECE)
        yield replace(cut, video=f"{number}", track="a")


def planted(on: Ground, fault: Fault, number: int, height: float) -> str | None:
    """The row of a fault, or None where it cannot be planted in 30 pieces."""
    rng = np.random.default_rng([SEED, number])
    made: list[Planted] = [fault.plant(rng, p, height) for p in pieces(on, rng)]
    some = [each for each in made if each]
    if len(some) < 30:
        return None
    hits, asked = judged([film for each in some for film in each[0]], on)
    spans = list(places(some))
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


def places(
    some: Sequence[tuple[list[Film], tuple[int, int]]],
) -> Iterator[tuple[int, int]]:
    """Where among all rows the first film of each is wrong: from, to."""
    start = 0
    for several, (first, last) in some:
        n = len(several[0])
        yield start + max(first - EDGE, 0), start + min(last + EDGE + 1, n)
        start += sum(map(len, several))


def section(name: str) -> str:
    """A ground's tables."""
    on = ground(name)
    height = tall(on.films, on.skeleton)
    frames = sum(map(len, on.films))
    lines = [
        f"\n## {name}, clean: {frames}\n",
        "| rule | frames | per 1,000 | 95 % | a track-minute |",
        "| --- | ---: | ---: | ---: | ---: |",
        *clean(on),
        f"\n## {name}, faults\n",
        "| fault | strength | pieces | found % | 95 % | rules, % |",
        "| --- | --- | ---: | ---: | ---: | --- |",
    ]
    for number, fault in enumerate(faults(on.skeleton.flip_pairs)):
        if row := planted(on, fault, number, height):
            lines.append(row)
    return "\n".join(lines)


SECTIONS: dict[str, Callable[[], str]] = {
    name: partial(section, name) for name in GROUNDS
}
