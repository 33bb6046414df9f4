"""Whom to retrain on what: the alarms of every annotator, in one list."""

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from posegate.transforms.dashboard.build_drift import Watch, change
from posegate.transforms.dashboard.one_cause import causes, together
from posegate.transforms.kernels import sources
from posegate.transforms.kernels.body import pairs
from posegate.transforms.kernels.conventions import Reading
from posegate.transforms.kernels.people import HABITS, People, habit_names
from posegate.transforms.kernels.stream_sums import contract
from posegate.transforms.kernels.streams import History

COLUMNS = (
    *("annotator", "keypoint", "finding", "began", "since", "chance"),
    *("effect_px", "low_px", "high_px", "direction", "body", "factor", "contract"),
    *("against", "circle"),
)
"""Of `retraining.csv`. `keypoint` is empty where it is of the annotator at large, and
names two where left and right changed alike; `factor` is that of errors, slips or time,
or the difference of a share; `contract` whether the contract's own rule speaks of the
stream as well; `against` what the annotator was held against (`sources.KINDS`), empty
where against nothing; `circle` whom consensus is mostly shared with: a change of theirs
would show alike."""


def retraining(
    watches: Sequence[Watch],
    people: People | None,
    history: History,
    readings: Sequence[Reading] = (),
) -> list[dict[str, Any]]:
    """Everything that is in alarm now, by annotator, the annotator at large first, and
    the best source of evidence before the weaker ones.

    What a better source finds is not said again of a weaker one; nor of a person, on
    points that have a side, what a whole group reads another way.
    """
    rows = [] if people is None else [*at_large(people, history, readings)]
    rows += [group(each, history) for each in readings]
    said = excused(watches[0], readings) if watches else set()
    for watch in watches:
        source = {"against": watch.history.source}
        rows += [row | source for row in everybody(watch)]
        for a, some in causes(watch, said):
            rows.append(together([alarm(a, k, watch) for k in some]) | source)
        rows += [row | source for row in lasting(watch, said)]
    near = circles(watches)
    rows = [
        row | {"circle": near.get((row["against"], row["annotator"]))} for row in rows
    ]
    return sorted(rows, key=lambda row: (row["annotator"], row["keypoint"] or ""))


def circles(watches: Sequence[Watch]) -> dict[tuple[str, str], list[str]]:
    """With whom who is held against a consensus mostly shares frames."""
    return {
        (watch.history.source, name): near
        for watch in watches
        for a, name in enumerate(watch.names)
        if (near := watch.circle(a))
    }


def alarm(a: int, k: int, watch: Watch) -> dict[str, Any]:
    """One keypoint in alarm."""
    broken = contract(watch.history.sums[a, None, :, k, None], watch.limit_px)
    return stream(a, k, watch) | {"contract": bool(broken[0, -1, 0])}


def lasting(watch: Watch, said: set[tuple[str, int]]) -> list[dict[str, Any]]:
    """Offsets that were there from the beginning; what is in alarm is told as such.

    `said` are annotators and keypoints of which something was said, and is added to.
    """
    rows: list[dict[str, Any]] = []
    found = watch.standing
    if found is None:
        return rows
    calm = found.found & ~watch.seen.alarms.alarm[:, -1]
    for a, k in np.argwhere(calm).tolist():
        if (watch.names[a], k) in said:
            continue
        said.add((watch.names[a], k))
        dx, dy = found.offset[a, k].tolist()
        size, half = float(np.hypot(dx, dy)), 1.96 * float(found.error[a, k])
        rows.append(
            {
                **dict.fromkeys(COLUMNS),
                "annotator": watch.names[a],
                "keypoint": watch.skeleton.keypoints[k],
                "finding": "standing",
                "chance": 1 - float(found.adjusted[a, k]),
                "effect_px": size,
                "low_px": max(size - half, 0.0),
                "high_px": size + half,
                "direction": watch.direction(dx, dy),
                "contract": False,
            }
        )
    return rows


def everybody(watch: Watch) -> list[dict[str, Any]]:
    """Keypoints that moved with all annotators: a tool or an instruction, no person;
    against a model's predictions another version of it."""
    machine = watch.history.source == sources.PRELABEL
    seen, rows = watch.seen, []
    for k in np.flatnonzero(seen.shared[-1]).tolist():
        calm = np.flatnonzero(~seen.shared[:, k])
        since = int(calm[-1]) + 1 if len(calm) else 0
        dx, dy = seen.common[-1, k].tolist()
        rows.append(
            {
                **dict.fromkeys(COLUMNS),
                "annotator": MODEL if machine else EVERYBODY,
                "keypoint": watch.skeleton.keypoints[k],
                "finding": "bias",
                "since": watch.history.weeks[since],
                "effect_px": float(np.hypot(dx, dy)),
                "direction": watch.direction(dx, dy),
                "contract": False,
            }
        )
    return rows


EVERYBODY = "(everybody)"
"""In the place of an annotator, where all moved alike."""

MODEL = "(the model)"
"""In the place of an annotator, where all moved alike against what it predicts."""


MOVED = ("effect_px", "low_px", "high_px", "direction", "body")
"""What is said of a bias alone: how far points moved, and where to."""


def stream(a: int, k: int, watch: Watch) -> dict[str, Any]:
    """One keypoint of one annotator."""
    found = change(a, k, watch)
    if found["finding"] != "bias":  # nothing moved: points scatter, or slip more often
        found |= dict.fromkeys(MOVED)
    since = int(watch.seen.alarms.since[a, -1, k])
    return {
        **dict.fromkeys(COLUMNS),
        **{name: value for name, value in found.items() if name in COLUMNS},
        "annotator": watch.names[a],
        "keypoint": watch.skeleton.keypoints[k],
        "since": watch.history.weeks[since],
        "factor": found["noise"] if found["finding"] == "noise" else None,
    }


def group(found: Reading, history: History) -> dict[str, Any]:
    """A vendor, or all who are new, who take left for something else."""
    return {
        **dict.fromkeys(COLUMNS),
        "annotator": found.group,
        "finding": found.reading,
        "began": history.weeks[found.since],
        "factor": found.front,
        "contract": False,
        "against": sources.GOLD,
    }


def excused(watch: Watch, readings: Sequence[Reading]) -> set[tuple[str, int]]:
    """Annotators and keypoints that a group's reading explains."""
    who = [name for each in readings for name in named(watch, each)]
    sided = [k for pair in pairs(watch.skeleton) for k in pair]
    return {(name, k) for name in who for k in sided}


def named(watch: Watch, found: Reading) -> list[str]:
    """The members of a group."""
    return [watch.names[a] for a in np.flatnonzero(found.members).tolist()]


def at_large(
    people: People, history: History, readings: Sequence[Reading] = ()
) -> list[dict[str, Any]]:
    """Habits of annotators, whatever the keypoint; but those of a whole group. Flags
    also of one keypoint, where it is not all of them."""
    alarmed = people.alarms.alarm[:, -1].copy()  # (A, H)
    for each in readings:
        alarmed[each.members, HABITS.index("inverted")] = False
    flags = alarmed[:, len(HABITS) :]
    flags &= ~alarmed[:, HABITS.index("visible"), None]  # it is of all keypoints then
    rows = []
    for a, h in np.argwhere(alarmed).tolist():
        habit, _, keypoint = habit_names(history.keypoints)[h].partition(":")
        since = int(people.alarms.since[a, -1, h])
        factor, chance = people.change[a, since, h], people.alarms.adjusted[a, since, h]
        rows.append(
            {
                **dict.fromkeys(COLUMNS),
                "annotator": history.annotators[a] or "unknown",
                "keypoint": keypoint or None,
                "finding": habit,
                "began": history.weeks[
                    max(since + 1 - max(int(people.weeks[a, since, h]), 1), 0)
                ],
                "since": history.weeks[since],
                "chance": float(1 - chance) if np.isfinite(chance) else None,
                "factor": float(factor) if np.isfinite(factor) else None,
                "contract": False,
                "against": None if habit in ALONE else history.source,
            }
        )
    return rows


ALONE = ("visible", "labelled", "pace", "untouched")
"""Habits that are seen in the work alone, without a reference."""


def document(rows: Sequence[Mapping[str, Any]]) -> bytes:
    """The list as CSV, its head alone where nobody is in alarm."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({name: safe(row.get(name)) for name in COLUMNS})
    return text.getvalue().encode()


def safe(value: Any) -> Any:
    """A name that a spreadsheet takes for no formula; numbers in four digits; several
    names in one cell."""
    if isinstance(value, list):
        return safe(", ".join(value))
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, str) and value[:1] in "=+-@\t\r":
        return f"'{value}"
    return value
