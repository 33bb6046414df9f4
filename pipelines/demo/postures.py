"""Joint angles of ordinary actions, smooth in time and within the range of motion."""

from dataclasses import dataclass

import numpy as np

from posegate.pipelines.demo.plan import Ints
from posegate.transforms.model.poses import Floats

# Degrees. Flexion is forwards, abduction away from the body, elbow and knee fold.
# Limits: AAOS/AMA tables as in Norkin & White; spine and neck are the whole column.
LIMITS = {
    "lean": (-20.0, 70.0),
    "side": (-30.0, 30.0),
    "twist": (-40.0, 40.0),
    "look": (-65.0, 65.0),
    "nod": (-30.0, 45.0),
    "shoulder": (-55.0, 175.0),
    "abduct": (-5.0, 170.0),
    "rotate": (-85.0, 70.0),
    "elbow": (2.0, 145.0),
    "hip": (-15.0, 120.0),
    "splay": (-8.0, 45.0),
    "toe": (-15.0, 35.0),
    "knee": (1.0, 132.0),
}
AXIAL = ("lean", "side", "twist", "look", "nod")
PAIRED = tuple(name for name in LIMITS if name not in AXIAL)
ANGLES = (
    AXIAL + tuple(f"left {n}" for n in PAIRED) + tuple(f"right {n}" for n in PAIRED)
)

# mean, spread between people, swing of the cycle, phase of the swing (degrees)
Course = tuple[float, float, float, float]
REST: dict[str, Course] = {
    "lean": (4, 5, 0, 0),
    "side": (0, 3, 0, 0),
    "twist": (0, 6, 0, 0),
    "look": (0, 22, 0, 0),
    "nod": (8, 9, 0, 0),
    "shoulder": (6, 14, 0, 0),
    "abduct": (10, 7, 0, 0),
    "rotate": (10, 20, 0, 0),
    "elbow": (25, 20, 0, 0),
    "hip": (3, 5, 0, 0),
    "splay": (4, 3, 0, 0),
    "toe": (6, 6, 0, 0),
    "knee": (6, 5, 0, 0),
}
"""Standing; an action says what it does otherwise, of one side or of both."""

ACTIONS: dict[str, dict[str, Course]] = {
    "standing": {},
    "walking": {
        "left shoulder": (5, 6, 24, 180),
        "right shoulder": (5, 6, 24, 0),
        "elbow": (28, 12, 8, 0),
        "left hip": (8, 4, 24, 0),
        "right hip": (8, 4, 24, 180),
        "left knee": (26, 6, 22, 60),
        "right knee": (26, 6, 22, 240),
        "twist": (0, 4, 8, 180),
    },
    "bowling": {
        "lean": (16, 9, 8, 90),
        "side": (-8, 7, 6, 0),
        "twist": (0, 8, 24, 0),
        "right shoulder": (75, 15, 95, 0),
        "left shoulder": (70, 18, 75, 130),
        "right elbow": (10, 6, 0, 0),
        "left elbow": (35, 15, 15, 0),
        "abduct": (14, 9, 0, 0),
        "left hip": (25, 8, 28, 20),
        "right hip": (8, 8, 22, 200),
        "left knee": (30, 9, 22, 70),
        "right knee": (35, 9, 25, 250),
    },
    "throwing": {
        "lean": (10, 8, 8, 60),
        "twist": (0, 8, 24, 90),
        "right abduct": (82, 12, 8, 0),
        "right shoulder": (8, 10, 22, 60),
        "right rotate": (-30, 12, 45, 0),
        "right elbow": (80, 14, 30, 90),
        "left shoulder": (48, 22, 15, 200),
        "left abduct": (25, 14, 0, 0),
        "left hip": (22, 9, 8, 0),
        "splay": (12, 5, 0, 0),
        "knee": (18, 9, 6, 90),
    },
    "sitting": {
        "lean": (6, 9, 0, 0),
        "shoulder": (32, 15, 0, 0),
        "elbow": (58, 24, 0, 0),
        "rotate": (25, 18, 0, 0),
        "hip": (84, 8, 0, 0),
        "splay": (9, 6, 0, 0),
        "knee": (84, 12, 0, 0),
    },
    "crouching": {
        "lean": (30, 10, 0, 0),
        "nod": (-8, 9, 0, 0),
        "shoulder": (48, 20, 0, 0),
        "elbow": (45, 22, 0, 0),
        "rotate": (20, 18, 0, 0),
        "hip": (98, 10, 0, 0),
        "splay": (14, 7, 0, 0),
        "knee": (112, 9, 0, 0),
    },
}
SHARES = (0.36, 0.22, 0.12, 0.10, 0.13, 0.07)
PACE = (0.0, 0.9, 0.8, 0.7, 0.0, 0.0)  # cycles per second
SPEED = (0.0, 1.3, 2.5, 0.5, 0.0, 0.0)  # m/s along the way the person faces


def course(action: str, angle: str) -> Course:
    """What an action does with an angle, by its own name, its pair's, or at rest."""
    told, pair = ACTIONS[action], angle.split()[-1]
    return told.get(angle) or told.get(pair) or REST[pair]


TABLE = np.array([[course(a, n) for n in ANGLES] for a in ACTIONS])  # (A, angles, 4)
RANGE = np.array([LIMITS[name.split()[-1]] for name in ANGLES])  # (angles, 2)


@dataclass(frozen=True)
class Habitus:
    """How T people hold and move themselves: `action` (T,), the rest (T, angles)."""

    action: Ints
    offset: Floats
    start: Floats
    sway: Floats
    drift: Floats


def habitus(rng: np.random.Generator, people: int) -> Habitus:
    """Random people; `sway` is a slow wandering of every angle, at `drift` Hz."""
    action = rng.choice(len(ACTIONS), people, p=SHARES)
    shape = (people, len(ANGLES))
    normal = np.clip(rng.standard_normal(shape), -2.5, 2.5)
    start = rng.uniform(0, 2 * np.pi, (people, 1))
    sway = rng.uniform(0, 2 * np.pi, shape)
    return Habitus(action, normal, start, sway, rng.uniform(0.1, 0.5, shape))


def angles(who: Habitus, track: Ints, time: Floats) -> Floats:
    """(N,) people at (N,) seconds -> (N, angles) [radians], clipped to `LIMITS`."""
    mean, spread, swing, phase = np.moveaxis(TABLE[who.action], 2, 0)  # (T, angles)
    rate = np.asarray(PACE)[who.action][:, None]
    cycle = who.start + np.radians(phase)
    turn = 2 * np.pi * time[:, None]
    held = mean + spread * who.offset
    moving = swing[track] * np.sin(turn * rate[track] + cycle[track])
    wander = np.sin(turn * who.drift[track] + who.sway[track])
    value = held[track] + moving + 0.4 * spread[track] * wander
    return np.radians(np.clip(value, RANGE[:, 0], RANGE[:, 1]))
