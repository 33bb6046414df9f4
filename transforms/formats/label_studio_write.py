"""Writing tasks for Label Studio: annotations, a model's rows as predictions.

    tasks.json          a task an image; an annotation for each person and moment
    label_config.xml    the controls that the tasks' results belong to

Points are nested under their instance's box. What Label Studio has no place for is a
choice for the region (`visibility`) or a text for it (attributes, `track`).
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import groupby
from math import isfinite
from typing import Any
from xml.sax.saxutils import quoteattr

import msgspec
import numpy as np

from posegate.transforms.formats import label_studio_brush as brush
from posegate.transforms.formats.write import Keeps, Outgoing
from posegate.transforms.kernels.masks import decode, is_polygon
from posegate.transforms.model.poses import Floats
from posegate.transforms.model.schema import Origin, Role, Visibility
from posegate.transforms.model.skeleton import Skeleton

KEEPS = Keeps(
    fields=frozenset(
        {
            *("id", "image", "width", "height", "video", "frame", "fps", "track"),
            *("annotator", "annotated_at", "lead_time_s", "bbox", "attributes"),
        }
    ),
    visibility=(0, 1, 2, 3),
    origin=(Origin.PLACED, Origin.CORRECTED, Origin.PREDICTED, Origin.PREDICTED),
    step=1e-9,
)
FILE, CONFIG = "tasks.json", "label_config.xml"
TRACK = "track"
"""The text for a region that holds its track."""

UNSIZED = "left out: the image's width and height are not known, places are percent"
EMPTY = "left out: instances that have neither points nor box nor area"

_ORIGIN = {
    Origin.PLACED: "manual",
    Origin.CORRECTED: "prediction-changed",
    Origin.INTERPOLATED: "prediction",
    Origin.PREDICTED: "prediction",
}
_STATE = {Visibility.OCCLUDED: "occluded", Visibility.CERTAIN: "certain"}
_NEVER = datetime.min.replace(tzinfo=UTC)
_DOT = 0.5  # per cent: how large a point is shown

Row = dict[str, Any]
Json = dict[str, Any]


def write(given: Outgoing) -> dict[str, int]:
    """The tasks, and the configuration that shows them."""
    texts: set[str] = set()
    classes = {given.skeleton.category}
    unsized = empty = tasks = 0
    with given.open(FILE) as file:
        file.write(b"[")
        for batch in given.rows:
            rows = batch.to_pylist()
            sized = [row for row in rows if row["width"] and row["height"]]
            good = [row for row in sized if _regions(row, given.skeleton)]
            unsized += len(rows) - len(sized)
            empty += len(sized) - len(good)
            for _, some in groupby(good, key=lambda row: row["image"]):
                own = list(some)
                for row in own:
                    said = dict(row["attributes"] or ())
                    texts |= {*said, *([TRACK] if row["track"] else [])}
                    classes.add(said.get("category", given.skeleton.category))
                tasks += 1
                file.write(b",\n" if tasks > 1 else b"\n")
                file.write(msgspec.json.encode(_task(tasks, own, given.skeleton)))
        file.write(b"\n]\n")
    with given.open(CONFIG) as file:
        file.write(_config(given.skeleton, sorted(classes), sorted(texts)).encode())
    told = {UNSIZED: unsized, EMPTY: empty}
    return {said: times for said, times in told.items() if times}


def _task(number: int, rows: list[Row], skeleton: Skeleton) -> Json:
    """All that was said of an image."""
    data = {key: rows[0][key] for key in ("image", "video", "frame", "fps")}
    made: list[Json] = []
    guessed: list[Json] = []
    for key, some in groupby(rows, key=_by):
        own = list(some)
        results = [part for row in own for part in _results(row, skeleton)]
        if own[0]["role"] == Role.PRELABEL:
            guess = {"model_version": own[0]["annotator"], "created_at": _time(key[1])}
            guessed.append({**_given(guess), "result": results})
        else:
            made.append({**_annotation(own[0]), "result": results})
    task: Json = {"id": number, "data": _given(data), "annotations": made}
    return task | ({"predictions": guessed} if guessed else {})


def _by(row: Row) -> tuple[str, datetime, float, str, str]:
    """What rows of one annotation have in common."""
    when = row["annotated_at"] or _NEVER
    lead = -1.0 if row["lead_time_s"] is None else row["lead_time_s"]
    alone = "" if _rooted(row) else str(row["id"] or row["instance"])
    return row["annotator"] or "", when, lead, row["role"], alone


def _annotation(row: Row) -> Json:
    who = row["annotator"]
    number = int(who) if who and who.isascii() and who.isdigit() else None
    person = number if who == str(number) else {"email": who}
    return _given(
        {
            "completed_by": person if who else None,
            "created_at": _time(row["annotated_at"]),
            "lead_time": row["lead_time_s"],
            "ground_truth": row["role"] == Role.GOLD,
            "was_cancelled": False,
        }
    )


def _time(moment: datetime | None) -> str | None:
    return None if moment in (None, _NEVER) else moment.isoformat()


def _given(said: Json) -> Json:
    return {key: value for key, value in said.items() if value is not None}


def _results(row: Row, skeleton: Skeleton) -> Iterator[Json]:
    """The regions of an instance, and what is said of them.

    The first, its box if it has one, has the instance's id; the others are nested.
    """
    root = row["id"] or row["instance"]
    size = {"original_width": row["width"], "original_height": row["height"]}
    common = {"to_name": "image", "image_rotation": 0, **size}
    regions = _regions(row, skeleton)
    for n, (region, state) in enumerate(regions):
        nested = {"id": f"{root}.{n}", "parentID": root} if n else {"id": root}
        yield {**nested, **common, **region}
        if state is not None:
            place = {key: region["value"][key] for key in ("x", "y", "width")}
            chosen = {"from_name": "visibility", "value": {**place, "choices": [state]}}
            yield {**nested, **common, "type": "choices", **chosen}
    about = root if _rooted(row) else f"{root}.said"
    texts = dict(row["attributes"] or ())
    for key, text in {
        **texts,
        **({TRACK: row["track"]} if row["track"] else {}),
    }.items():
        said = {"type": "textarea", "from_name": key, "value": {"text": [text]}}
        yield {"id": about, "to_name": "image", **said}


def _regions(row: Row, skeleton: Skeleton) -> list[tuple[Json, str | None]]:
    """Box, area and points; a point with the word for its visibility."""
    kind = dict(row["attributes"] or ()).get("category", skeleton.category)
    size = np.array([row["width"], row["height"]]) / 100
    found = [_box(row, kind, size), _area(row, kind, size)]
    regions: list[tuple[Json, str | None]] = [(r, None) for r in found if r is not None]
    places = np.reshape(row["xy"], (-1, 2)) / size
    for k, name in enumerate(skeleton.keypoints):
        seen = Visibility(row["visibility"][k])
        if seen == Visibility.UNLABELLED:
            continue
        x, y = places[k].tolist()
        value = {"x": x, "y": y, "width": _DOT, "keypointlabels": [name]}
        kinds = {"type": "keypointlabels", "from_name": "points"}
        origin = {"origin": _ORIGIN[Origin(row["origin"][k])]}
        regions.append(({**kinds, **origin, "value": value}, _STATE.get(seen)))
    return regions


def _rooted(row: Row) -> bool:
    """Whether an instance's first region is a box or an area."""
    return all(map(isfinite, row["bbox"])) or row["segmentation"] is not None


def _box(row: Row, kind: str, size: Floats) -> Json | None:
    if not all(map(isfinite, row["bbox"])):
        return None
    x, y, w, h = (np.array(row["bbox"]) / np.tile(size, 2)).tolist()
    sides = {"x": x, "y": y, "width": w, "height": h, "rotation": 0}
    labels = {"type": "rectanglelabels", "from_name": "box", "origin": "manual"}
    return {**labels, "value": {**sides, "rectanglelabels": [kind]}}


def _area(row: Row, kind: str, size: Floats) -> Json | None:
    """A polygon as it is, anything else as a brush."""
    if row["segmentation"] is None:
        return None
    shape = msgspec.json.decode(row["segmentation"])
    if isinstance(shape, list) and len(shape) == 1 and is_polygon(shape[0]):
        points = (np.reshape(shape[0], (-1, 2)) / size).tolist()
        value = {"points": points, "closed": True, "polygonlabels": [kind]}
        return {"type": "polygonlabels", "from_name": "area", "value": value}
    mask = decode(row["segmentation"], row["width"], row["height"])
    if mask is None:
        return None
    value = {"format": "rle", "rle": list(brush.encode(mask)), "brushlabels": [kind]}
    return {"type": "brushlabels", "from_name": "brush", "value": value}


def _config(skeleton: Skeleton, classes: list[str], texts: list[str]) -> str:
    """The labelling configuration that the results belong to."""

    def labels(tag: str, name: str, values: Iterable[str]) -> str:
        inner = "".join(f"    <Label value={quoteattr(v)}/>\n" for v in values)
        return f'  <{tag} name="{name}" toName="image">\n{inner}  </{tag}>\n'

    states = "".join(f'    <Choice value="{state}"/>\n' for state in _STATE.values())
    return (
        '<View>\n  <Image name="image" value="$image"/>\n'
        + labels("KeyPointLabels", "points", skeleton.keypoints)
        + labels("RectangleLabels", "box", classes)
        + labels("PolygonLabels", "area", classes)
        + labels("BrushLabels", "brush", classes)
        + '  <Choices name="visibility" toName="image" perRegion="true">\n'
        + f"{states}  </Choices>\n"
        + "".join(
            f'  <TextArea name={quoteattr(text)} toName="image" perRegion="true"/>\n'
            for text in texts
        )
        + "</View>\n"
    )
