"""`posegate explain`: all that is known of one instance, and a drawing of it."""

import argparse
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from posegate.pipelines import speech
from posegate.pipelines.commands import Action, Commands, command

if TYPE_CHECKING:
    from posegate.transforms.model.skeleton import Skeleton


EPILOG = """\
INSTANCE is the name that reports, queues and splits give it (32 hex digits; the first
eight will do if no other begins with them), or the id that the delivery gives it.

  posegate explain 3f9a01c2 --output quality
  posegate explain 4711 --output gs://bucket/quality --delivery 2026-W30 --svg 4711.svg
"""

LEAST = 8
"""Hex digits from which on a beginning is looked for."""

HEX = re.compile(r"[0-9a-f]+")

LOOKS = """\
.limb{stroke-width:2.2;stroke-linecap:round}
.limb.reference{stroke:#9ca3af}.joint.reference{fill:#9ca3af;stroke:#9ca3af}
.limb.delivered{stroke:#2563eb}.limb.broken{stroke:#c81e1e}
.joint.delivered{fill:#2563eb;stroke:#2563eb;stroke-width:1.3}
.joint.occluded{fill:#fff}.joint.broken{fill:#c81e1e;stroke:#c81e1e}
.ring{fill:none;stroke:#c81e1e;stroke-width:1.5}
.outline{stroke-width:1.6;stroke-linejoin:round;fill-opacity:.16}
.outline.delivered{fill:#2563eb;stroke:#2563eb}
.outline.reference{fill:none;stroke:#6b7280;stroke-dasharray:4 3}
.outline.faint{stroke-width:.7;fill-opacity:.06}
.box{fill:none;stroke:#6b7280;stroke-width:.7}
"""
"""The page has these in its style sheet; a drawing of its own needs them inside."""


@dataclass(frozen=True)
class Known:
    """A row where it was found: its run, its cells, its decision and its findings."""

    delivery: str
    folder: str
    manifest: dict[str, Any]
    skeleton: "Skeleton"
    row: dict[str, Any]
    decision: dict[str, Any]
    findings: list[dict[str, Any]]


def add(commands: Commands) -> None:
    """The sub-command's parser."""
    parser = command(
        commands,
        "explain",
        help="say what was found of one instance, and draw it",
        description="Prints every finding of an instance with its value, limit, the "
        "rule's text and where it was read, and draws the skeleton with what is wrong "
        "marked, or the outline of the mask.",
        epilog=EPILOG,
    )
    parser.add_argument(
        "instance", metavar="INSTANCE", help="its name, source id, or image"
    )
    parser.add_argument("--output", required=True, metavar="DIR",
                        help="where results are: the project's output")  # fmt: skip
    parser.add_argument("--delivery", metavar="NAME", help="look only here")
    parser.add_argument("--svg", metavar="FILE", help="the drawing (default: "
                        "INSTANCE.svg here)")  # fmt: skip


def act(parsed: argparse.Namespace) -> Action:
    """What the sub-command does; raises ValueError for a call that is wrong."""
    found = list(search(parsed.output, parsed.instance, parsed.delivery))
    if not found:
        where = f"delivery {parsed.delivery!r}" if parsed.delivery else "any delivery"
        raise ValueError(
            f"no instance {parsed.instance!r} in {where} of {parsed.output}; "
            "dashboards and review queues name instances"
        )
    names = sorted({known.row["instance"] for known in found})
    if len(names) > 1:
        raise ValueError(
            f"{parsed.instance!r} is {len(names)} instances: {', '.join(names[:6])}"
            f"{' …' if len(names) > 6 else ''}; give the name of one"
        )
    file = Path(parsed.svg or f"{names[0][:16]}.svg")

    def tell() -> int:
        for known in found:
            speech.tell("\n".join(lines(known)))
        other = beside(found[-1])
        picture = svg(found[-1], other)
        if picture:
            file.write_text(picture, encoding="utf-8")
            speech.tell(
                f"drawn in {file}" + (f", in grey {other.what}" if other else "")
            )
        else:
            speech.tell("not drawn: it has neither point nor mask nor box")
        return 0

    return tell


def search(output: str, name: str, delivery: str | None) -> Iterator[Known]:
    """The instance wherever it is: every delivery's run that counts, by name."""
    from posegate.pipelines.history import committed

    runs = committed(output)
    if delivery is not None and delivery not in runs:
        known = ", ".join(sorted(runs)) or "none"
        raise ValueError(f"{output}: no delivery {delivery!r}; there is {known}")
    for each, (folder, manifest) in sorted(runs.items()):
        if delivery in (None, each):
            yield from in_run(each, folder, manifest, name)


def in_run(
    delivery: str, folder: str, manifest: dict[str, Any], name: str
) -> Iterator[Known]:
    """The rows of a run that have this name."""
    import numpy as np
    import pyarrow as pa

    from posegate.transforms import parts, storage
    from posegate.transforms.model.schema import instances

    files = {file["name"] for file in manifest["files"]}
    for annotations in sorted(f for f in files if f.startswith("annotations/")):
        path = storage.join(folder, annotations)
        first = 0
        for batch in parts.read_columns(path, ["instance", "id", "image"]):
            rows = first + np.flatnonzero(named(batch, name))
            first += batch.num_rows
            for row in rows.tolist():
                one = parts.read_rows(path, np.array([row]), instances(1).names)
                [(_, batch_of_one)] = list(one)
                cells = pa.Table.from_batches([batch_of_one]).to_pylist()[0]
                yield known_of(delivery, folder, manifest, cells)


def named(batch: Any, name: str) -> Any:
    """(N,) whether a row's instance is, or begins with, the name; or its id or image
    is."""
    import pyarrow.compute as pc

    hit = pc.equal(batch["instance"], name)
    if len(name) >= LEAST and HEX.fullmatch(name):
        hit = pc.or_(hit, pc.starts_with(batch["instance"], name))
    for column in ("id", "image"):
        hit = pc.or_(hit, pc.fill_null(pc.equal(batch[column], name), False))
    return hit.to_numpy(zero_copy_only=False)


def known_of(
    delivery: str, folder: str, manifest: dict[str, Any], row: dict[str, Any]
) -> Known:
    """The row with what its run says of it."""
    return Known(
        delivery=delivery,
        folder=folder,
        manifest=manifest,
        skeleton=skeleton_of(manifest),
        row=row,
        decision=next(rows_of(folder, manifest, "decisions/", row["instance"]), {}),
        findings=list(rows_of(folder, manifest, "findings/", row["instance"])),
    )


def skeleton_of(manifest: dict[str, Any]) -> "Skeleton":
    """The skeleton of a run, with what it takes to draw it."""
    from posegate.transforms.model.skeleton import Skeleton

    said = manifest["skeleton"]
    limbs = tuple((int(a), int(b)) for a, b in said["limbs"])
    return Skeleton(said["name"], tuple(said["keypoints"]), limbs, (), None)


def rows_of(
    folder: str, manifest: dict[str, Any], prefix: str, instance: str
) -> Iterator[dict[str, Any]]:
    """The rows of an instance in a run's tables of one kind."""
    import pyarrow.compute as pc

    from posegate.transforms import parts, storage

    names = (file["name"] for file in manifest["files"])
    for name in sorted(each for each in names if each.startswith(prefix)):
        table = parts.read_table(storage.join(folder, name))
        yield from table.filter(pc.equal(table["instance"], instance)).to_pylist()


def lines(known: Known) -> Iterator[str]:
    """What there is to say."""
    from posegate.expectations.rules import RULES

    row = known.row
    size = f" ({row['width']} x {row['height']})" if row["width"] else ""
    yield f"instance   {row['instance']}, id {row['id']}, delivery {known.delivery}"
    yield f"image      {row['image']}{size}"
    yield f"read from  {row['source']}, record {row['position']}, as {row['format']}"
    when = f", {row['annotated_at']:%Y-%m-%d %H:%M}" if row["annotated_at"] else ""
    yield f"placed by  {row['annotator'] or 'somebody unnamed'}, {row['role']}{when}"
    if off := aside(known):
        yield f"time       {off}"
    yield f"keypoints  {evidence(known)}"
    if row["segmentation"] is not None:
        yield f"mask       {notation(row['segmentation'])}"
    if row["repairs"]:
        yield f"mended     {', '.join(row['repairs'])}"
    if known.decision:
        why = "; ".join(known.decision["reasons"])
        yield f"verdict    {known.decision['verdict']}" + (f": {why}" if why else "")
    yield from beside_references(known)
    yield f"findings   {len(known.findings) or 'none'}"
    by_rule: dict[str, list[dict[str, Any]]] = {}
    for finding in known.findings:
        by_rule.setdefault(finding["rule"], []).append(finding)
    for id, some in by_rule.items():
        yield ""
        yield f"  {id} ({some[0]['severity']})"
        yield from (f"    {line}" for line in measured(some, id))
        if id in RULES:
            yield from (f"    {line}".rstrip() for line in RULES[id].manual.split("\n"))
    yield ""


def beside_references(known: Known) -> Iterator[str]:
    """What it was drawn for, and what came of its references."""
    from posegate.pipelines import references

    place = known.folder, known.manifest
    name, keypoints = known.row["instance"], known.skeleton.keypoints
    limits = known.manifest["project"]["acceptance"]
    pairs = rows_of(*place, "agreement/", name)
    yield from references.drawn(rows_of(*place, "sample/", name))
    yield from references.compared(pairs, keypoints, limits)


def aside(known: Known) -> str:
    """Why the instance is in no week of drift; "" where it is in one."""
    import pyarrow as pa

    from posegate.transforms.kernels.weeks import LATE, clock_of, jumps, week_names
    from posegate.transforms.model.schema import instances

    manifest, settings = known.manifest, known.manifest["project"]["drift"]
    received = manifest["received"] and date.fromisoformat(manifest["received"])
    ran = datetime.fromisoformat(manifest["runtime"]["started"]).date()
    years, grace = settings["oldest_years"], settings["grace_days"]
    clock = clock_of(received, ran, years, grace)
    kind = instances(1).field("annotated_at").type
    time = pa.array([known.row["annotated_at"]], kind)
    last = f"the delivery was received ({received})" if received else f"the run ({ran})"
    if jump := int(jumps(time, clock)[0]):
        when = f"after {last}" if jump == LATE else f"over {years} years before {last}"
        return f"{when}: a clock that jumped, so it is in no week of drift"
    if not week_names(time, clock)[0].as_py():
        return "not known, nor when the delivery was received: in no week of drift"
    return ""


def notation(segmentation: bytes) -> str:
    """How a mask is written, and how much of it there is."""
    from posegate.transforms.kernels.mask_shapes import parsed

    shape = parsed(segmentation)
    if isinstance(shape, list):
        corners = sum(len(each) // 2 for each in shape if isinstance(each, list))
        return f"{corners} corners, polygons: {len(shape)}"
    return "runs of pixels" if isinstance(shape, dict) else "cannot be read"


def evidence(known: Known) -> str:
    """How many points there are, and who placed them: nobody is blamed for others."""
    from posegate.transforms.model.schema import Origin

    flags, origin = known.row["visibility"], known.row["origin"]
    labelled = [o for v, o in zip(flags, origin, strict=True) if v]
    by = {
        word: sum(o in kinds for o in labelled)
        for word, kinds in (
            ("placed or corrected by a person", (Origin.PLACED, Origin.CORRECTED)),
            ("interpolated", (Origin.INTERPOLATED,)),
            ("predicted", (Origin.PREDICTED,)),
        )
    }
    said = ", ".join(f"{n} {word}" for word, n in by.items() if n)
    tail = "; rules judge only what a person placed" if len(labelled) else ""
    return f"{len(labelled)} of {len(flags)} labelled: {said or 'none'}{tail}"


def measured(findings: Sequence[dict[str, Any]], id: str) -> Iterator[str]:
    """The values of a rule beside its limit, and where: equal ones in one line."""
    from posegate.expectations.rules import RULES

    side = "below" if id in RULES and RULES[id].below else "above"
    places: dict[str, list[str]] = {}
    for each in findings:
        value = ""
        if each["value"] is not None:
            value = f": {each['value']:.4g}, {side} the limit {each['limit']:g}"
        places.setdefault(value, []).append(each["keypoint"] or "the whole instance")
    yield from (f"{', '.join(where)}{value}" for value, where in places.items())


@dataclass(frozen=True)
class Other:
    """Beside what an instance is drawn: which it is, its row, what is wrong of it."""

    what: str
    row: dict[str, Any]
    findings: list[dict[str, Any]]


def beside(known: Known) -> Other | None:
    """The row of the track before, or the other of a pair; None if no rule sees it."""
    from posegate.pipelines.beside import companion

    rules = {each["rule"] for each in known.findings}
    found = companion(known.folder, known.manifest, known.row, rules)
    if found is None:
        return None
    what, row = found
    all_of = rows_of(known.folder, known.manifest, "findings/", row["instance"])
    return Other(
        f"{what}, {row['instance']}", row, [f for f in all_of if f["rule"] in rules]
    )


def points(row: dict[str, Any]) -> list[tuple[float, float] | None]:
    """Where the labelled keypoints are."""
    xy = zip(row["xy"][::2], row["xy"][1::2], strict=True)
    flags = row["visibility"]
    return [at if flag else None for at, flag in zip(xy, flags, strict=True)]


def wrong(findings: Sequence[dict[str, Any]], keypoints: Sequence[str]) -> list[str]:
    """The keypoints that findings name; all of them where only the whole is wrong."""
    named = {each["keypoint"] for each in findings if each["keypoint"]}
    return sorted(named) if named or not findings else [*keypoints]


def svg(known: Known, other: Other | None = None) -> str:
    """The drawing as a file of its own, "" if it is empty: the skeleton with its broken
    parts marked, the outline of the mask."""
    from posegate.transforms.dashboard.figures import figure
    from posegate.transforms.kernels.contours import outline

    names = known.skeleton.keypoints
    each = {
        "instance": known.row["instance"],
        "xy": points(known.row),
        "visibility": known.row["visibility"],
        "keypoints": wrong(known.findings, names),
        "outline": outline(known.row["segmentation"]),
        "bbox": known.row["bbox"],
    }
    if other:
        each |= {
            "reference_xy": points(other.row),
            "reference_keypoints": wrong(other.findings, names),
            "reference_outline": outline(other.row.get("segmentation")),
            "over": other.what,
        }
    skeleton = {"keypoints": names, "limbs": known.skeleton.limbs}
    drawn = str(figure(each, skeleton).picture)
    start = '<svg xmlns="http://www.w3.org/2000/svg"'
    return drawn.replace("<svg", start, 1).replace(
        "</title>", f"</title><style>{LOOKS}</style>", 1
    ) + ("\n" if drawn else "")
