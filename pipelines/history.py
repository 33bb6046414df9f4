"""Earlier deliveries of a project, as their committed runs left them."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from posegate.transforms import commit, storage
from posegate.transforms.model.delivery import Delivery
from posegate.transforms.model.skeleton import Skeleton

STRATA = "statistics/strata.parquet"


@dataclass(frozen=True)
class Asked:
    """What a run asks to be reviewed: the files of its queue, and which runs of
    hand-ins it has counted."""

    queue: tuple[str, ...]
    counted: tuple[str, ...]


@dataclass(frozen=True)
class Past:
    """A committed run: where its tables are, and its splits if it was accepted.

    `reviews` is the delivery that it brings reviews of, `reviewed` the files of them.
    `number` counts the versions of the splits, 0 if it made none.
    """

    delivery: str
    run: str
    received: str
    folder: str
    weekly: str
    strata: str | None
    parts: tuple[int, ...]
    splits: str | None
    number: int
    replaces: str | None
    reviews: str | None
    reviewed: tuple[str, ...]
    asked: Asked


def pointed(pointer: str) -> tuple[str, commit.Token] | None:
    """The run that a delivery's pointer names, and the token of that; None without one.

    Raises:
      ValueError: the file is no pointer.
    """
    current = commit.current(pointer)
    if current is None:
        return None
    try:
        return str(json.loads(current[0])["run"]), current[1]
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(
            f"{pointer}: names no run ({current[0][:40]!r}); remove it and run again"
        ) from error


def committed(output: str) -> dict[str, tuple[str, dict[str, Any]]]:
    """Every delivery with a committed run: its name -> (run folder, manifest)."""
    root = storage.join(output, "deliveries")
    found: dict[str, tuple[str, dict[str, Any]]] = {}
    for name in storage.folders(root):
        current = pointed(storage.join(root, name, "current.json"))
        if current is None:
            continue
        folder = storage.join(root, name, "runs", current[0])
        manifest = json.loads(storage.read_bytes(storage.join(folder, "manifest.json")))
        found[manifest["delivery"]] = (folder, manifest)
    return found


def runs(output: str, skeleton: Skeleton) -> tuple[Past, ...]:
    """All committed runs with this skeleton, by date of receipt, then by name."""
    past = [
        as_past(folder, manifest, output)
        for folder, manifest in committed(output).values()
        if manifest["skeleton"]["version"] == skeleton.version
    ]
    return tuple(sorted(past, key=lambda p: (p.received, p.delivery)))


def others(past: Sequence[Past], delivery: Delivery) -> tuple[Past, ...]:
    """The runs of other deliveries that neither this one nor another one replaces.

    One that says it replaces itself, as a second hand-over of it does, stays.
    """
    replaced = {p.replaces for p in past if p.replaces != p.delivery}
    gone = {delivery.name, delivery.replaces} | replaced
    return tuple(p for p in past if p.delivery not in gone)


def earlier(past: Sequence[Past], delivery: Delivery) -> tuple[Past, ...]:
    """The runs that came before a delivery, by date of receipt, then by name.

    So a run repeated later sees the history that it saw at first. A hand-in of reviews
    sees none: it is not judged, and what it reviews is judged again because of it.
    """
    if delivery.reviews is not None and "production" not in delivery.roles.values():
        return ()
    own = (delivery.received.isoformat() if delivery.received else "", delivery.name)
    before = [p for p in past if (p.received, p.delivery) < own]
    return others(before, delivery)


def hand_ins(past: Sequence[Past], delivery: Delivery) -> tuple[Past, ...]:
    """The deliveries of reviews of this one, whenever they came."""
    own = [p for p in past if p.reviews == delivery.name != p.delivery]
    replaced = {p.replaces for p in own if p.replaces != p.delivery}
    return tuple(p for p in own if p.delivery not in replaced)


def latest(past: Sequence[Past]) -> tuple[Past, ...]:
    """The runs that made the last version of the splits: one, or those that ended at
    the same time; whatever the dates of their deliveries."""
    last = max((p.number for p in past), default=0)
    return tuple(p for p in past if last and p.number == last)


def as_past(folder: str, manifest: dict[str, Any], output: str) -> Past:
    """What later runs need to know of one, wherever its output lies by now."""
    names = [file["name"] for file in manifest["files"]]
    splits = manifest["splits"]
    return Past(
        delivery=manifest["delivery"],
        run=manifest["run"],
        received=manifest["received"] or "",
        folder=folder,
        weekly=storage.join(folder, "statistics/weekly.parquet"),
        strata=storage.join(folder, STRATA) if STRATA in names else None,
        parts=tuple(
            int(name.rpartition("-")[2].removesuffix(".parquet"))
            for name in names
            if name.startswith("annotations/")
        ),
        splits=splits and storage.join(output, "splits", splits["version"]),
        number=splits["number"] if splits else 0,
        replaces=manifest["replaces"],
        reviews=manifest.get("reviews"),
        reviewed=tuple(
            storage.join(folder, *name.split("/"))
            for name in names
            if name.startswith("annotations/")
        ),
        asked=Asked(
            queue=tuple(
                storage.join(folder, *name.split("/"))
                for name in names
                if name.startswith("review/") and name.endswith(".parquet")
            ),
            counted=tuple(each["run"] for each in manifest.get("hand_ins", ())),
        ),
    )
