"""Work -> COCO image and annotation records."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

import numpy as np

from posegate.pipelines.demo.annotators import Team, Work
from posegate.pipelines.demo.camera import LIGHTING
from posegate.pipelines.demo.plan import Ints, Plan
from posegate.pipelines.demo.postures import ACTIONS
from posegate.pipelines.demo.views import TONES, View
from posegate.transforms.model.poses import Bytes, Floats

SECONDS_PER_POINT = 2.1
OCCLUSION = ("none", "partial", "heavy")


@dataclass(frozen=True)
class Shift:
    """When a block is worked on: `start` (S,) [s from Monday 0:00 UTC], by scene."""

    monday: date
    start: Floats


def shift(rng: np.random.Generator, monday: date, scenes: int) -> Shift:
    """Five days from 8 to 16 o'clock."""
    day, hour = rng.integers(0, 5, scenes), rng.uniform(8, 16, scenes)
    return Shift(monday, 86_400 * day + 3600 * hour)


def lead_times(rng: np.random.Generator, flags: Bytes) -> Floats:
    """(N, K) -> (N,) [s]: a few seconds for every labelled point."""
    points = 1 + (flags > 0).sum(axis=1)
    spread = np.exp(0.3 * rng.standard_normal(len(flags)))
    return np.round(SECONDS_PER_POINT * points * spread, 1)


def times(when: Shift, scene: Ints, lead: Floats, later: float) -> list[str]:
    """ISO times (N,): one after the other within a scene; `scene` (N,) is sorted."""
    elapsed = np.cumsum(lead)
    first = np.searchsorted(scene, scene)
    within = elapsed - elapsed[first]
    seconds = (when.start[scene] + within + later).astype("m8[s]")
    return np.datetime_as_string(
        np.datetime64(when.monday, "s") + seconds, timezone="UTC"
    ).tolist()


@cache
def attributes(action: int, lighting: int, tone: int, hidden: int) -> dict[str, str]:
    """What a record says of its instance; shared between records, never changed."""
    return {
        "action": list(ACTIONS)[action],
        "lighting": LIGHTING[lighting],
        "skin_tone": TONES[tone],
        "occlusion": OCCLUSION[hidden],
    }


def occlusion(visibility: Bytes) -> Ints:
    """(N, K) -> (N,): an index into `OCCLUSION`, from the share that is not seen."""
    return np.digitize((visibility < 2).mean(axis=1), [0.15, 0.5])


def triplets(xy: Floats, flags: Bytes) -> list[list[float]]:
    """(N, K, 2), (N, K) -> N lists x, y, v, …; v stays an integer in the file."""
    n, k = flags.shape
    numbers = np.concatenate([xy, np.zeros((n, k, 1))], axis=2)
    rows: list[list[float]] = numbers.reshape(n, 3 * k).tolist()
    for row, marks in zip(rows, flags.tolist(), strict=True):
        row[2::3] = marks
    return rows


def file_names(plan: Plan, delivery: str) -> list[str]:
    """(F,): unique over all deliveries."""
    return [
        f"clip-{delivery}-{scene + 1:06d}/{moment:06d}.jpg"
        if frames > 1
        else f"still-{delivery}-{scene + 1:06d}.jpg"
        for scene, moment, frames in zip(
            (plan.scene + plan.scene0).tolist(),
            plan.moment.tolist(),
            plan.frames[plan.scene].tolist(),
            strict=True,
        )
    ]


def images(plan: Plan, truth: View, names: Sequence[str]) -> list[dict[str, Any]]:
    """An image record per frame; a still has no video, frame number or rate."""
    scene = plan.scene
    records = []
    for number, name, (width, height), moment, rate in zip(
        range(plan.frame0 + 1, plan.frame0 + 1 + len(names)),
        names,
        truth.size[scene].astype(int).tolist(),
        plan.moment.tolist(),
        truth.rate[scene].tolist(),
        strict=True,
    ):
        record = {"id": number, "file_name": name, "width": width, "height": height}
        if "/" in name:
            record |= {"video": name.split("/")[0], "frame": moment, "fps": rate}
        records.append(record)
    return records


def annotations(
    plan: Plan,
    truth: View,
    people: Team,
    work: Work,
    ids: Ints,
    lead: Floats,
    when: Sequence[str],
) -> list[dict[str, Any]]:
    """An annotation record per row of the work."""
    frame, track = plan.frame[work.row], plan.track[work.row]
    scene = plan.scene[frame]
    first = np.cumsum(plan.people) - plan.people
    seat = np.where(plan.frames[scene] > 1, track - first[scene] + 1, 0)
    about = zip(
        truth.action[track].tolist(),
        truth.lighting[scene].tolist(),
        truth.tone[track].tolist(),
        occlusion(truth.visibility[work.row]).tolist(),
        strict=True,
    )
    columns = (
        ids.tolist(),
        (frame + plan.frame0 + 1).tolist(),
        triplets(work.xy, work.flags),
        (work.flags > 0).sum(axis=1).tolist(),
        np.round(work.box, 2).tolist(),
        np.round(truth.area[work.row], 2).tolist(),
        [people.names[i] for i in work.annotator.tolist()],
        when,
        lead.tolist(),
        seat.tolist(),
        [attributes(*one) for one in about],
    )
    records = []
    for i, image, points, count, box, area, who, at, took, person, more in zip(
        *columns, strict=True
    ):
        record = {
            "id": i,
            "image_id": image,
            "category_id": 1,
            "keypoints": points,
            "num_keypoints": count,
            "bbox": box,
            "area": area,
            "iscrowd": 0,
            "annotator": who,
            "annotated_at": at,
            "lead_time": took,
            "attributes": more,
        }
        if person:
            record["track_id"] = person
        records.append(record)
    return records
