"""The gate's first stages as one would write them in Beam from its guide: with dicts.

It does somewhat less than the gate: one repair, and no side tables. Records are parsed
line by line, because the generator writes one a line; so one bad record costs one
record here too, without a splitter.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

import apache_beam as beam
import children.dict_rules as rules
from apache_beam.io.parquetio import WriteToParquet

from posegate.pipelines import launch, plan, project
from posegate.transforms.model.schema import instances
from posegate.transforms.model.skeleton import Skeleton

Row = dict[str, Any]


def run(delivery: str, toml: str, output: str) -> dict[str, Any]:
    """Reads a delivery, writes its rows, checks them."""
    settings = project.load(toml, output)
    skeleton = settings.load_skeleton()
    found, _ = plan.inspect(delivery, settings)
    shards = [(s.path, s.name, found.roles.get("gold*.json")) for s in found.shards]
    schema = instances(len(skeleton.keypoints))
    pipeline = beam.Pipeline(options=launch.options([]))
    records = pipeline | beam.Create(shards) | beam.Reshuffle() | beam.ParDo(Read())
    rows = records | beam.ParDo(Canonical(skeleton)).with_outputs("bad", main="rows")
    rows.rows | "write" >> WriteToParquet(
        f"{output}/instances", schema, codec="zstd", file_name_suffix=".parquet"
    )
    rows.bad | "write bad" >> beam.io.WriteToText(f"{output}/bad")
    rows.rows | "count" >> beam.ParDo(Count("rows"))
    checked = rows.rows | "check" >> beam.FlatMap(rules.check, skeleton)
    checked | "count findings" >> beam.ParDo(Count("findings"))
    result = pipeline.run()
    result.wait_until_finish()
    counters = result.metrics().query()["counters"]
    return {
        c.key.metric.name: c.committed
        for c in counters
        if c.key.metric.namespace == "bench"
    }


class Count(beam.DoFn):  # type: ignore[misc]
    """Counts elements."""

    def __init__(self, name: str) -> None:
        self._counter = beam.metrics.Metrics.counter("bench", name)

    def process(self, element: Row) -> Iterable[None]:
        """Counts one."""
        self._counter.inc()
        return ()


class Read(beam.DoFn):  # type: ignore[misc]
    """A shard -> each annotation's text with its image."""

    def process(self, shard: tuple[str, str, str | None]) -> Iterator[Row]:
        """Reads images first, as the generator writes them."""
        path, name, role = shard
        images: dict[int, Row] = {}
        annotations = False
        position = 0
        with open(path, encoding="utf-8") as file:
            next(file)
            for text in file:
                if text.startswith("]"):
                    annotations = True
                elif annotations:
                    yield {
                        "text": text.rstrip(",\n"),
                        "images": images,
                        "source": name,
                        "position": position,
                        "role": role if name.startswith("gold") else None,
                    }
                    position += 1
                else:
                    image = json.loads(text.rstrip(",\n"))
                    images[image["id"]] = image


class Canonical(beam.DoFn):  # type: ignore[misc]
    """An annotation's text -> its canonical row, or by tag `bad` the text."""

    def __init__(self, skeleton: Skeleton) -> None:
        self._skeleton = skeleton

    def process(self, found: Row) -> Iterator[Any]:
        """Parses and maps one."""
        try:
            yield row(found, len(self._skeleton.keypoints))
        except (KeyError, TypeError, ValueError) as error:
            yield beam.pvalue.TaggedOutput("bad", f"{error!r}: {found['text']}")


def row(found: Row, k: int) -> Row:
    """The canonical row of an annotation."""
    record = json.loads(found["text"])
    image = found["images"][record["image_id"]]
    keypoints = [float(v) for v in record["keypoints"]]
    if len(keypoints) != 3 * k or record["category_id"] != 1:
        raise ValueError("not of this skeleton")
    if not all(abs(v) <= 1e6 for v in keypoints):
        raise ValueError("no place")
    id, annotator = int(record["id"]), record.get("annotator")
    role = found["role"] or "production"
    name = "\x1f".join([image["file_name"], str(id), annotator or "", role])
    xy: list[float] = []
    flags: list[int] = []
    repairs: list[str] = []
    for x, y, flag in zip(*[iter(keypoints)] * 3, strict=True):
        if flag == 0 and x == y == 0:
            x = y = float("nan")
        elif flag == 0:
            repairs = ["coco.unlabelled-with-position"]
        xy += (x, y)
        flags.append(int(flag))
    when = record.get("annotated_at")
    return {
        "instance": hashlib.sha256(name.encode()).hexdigest()[:24],
        "id": str(id),
        "image": image["file_name"],
        "width": image["width"],
        "height": image["height"],
        "video": image.get("video"),
        "frame": image.get("frame"),
        "fps": image.get("fps"),
        "track": str(record["track_id"]) if "track_id" in record else None,
        "annotator": annotator,
        "annotated_at": datetime.fromisoformat(when) if when else None,
        "lead_time_s": record.get("lead_time"),
        "role": role,
        "xy": xy,
        "z": None,
        "unit": None,
        "visibility": flags,
        "origin": [0] * k,
        "bbox": record.get("bbox"),
        "area": record.get("area"),
        "area_source": "segment",
        "segmentation": None,
        "attributes": list(record.get("attributes", {}).items()),
        "repairs": repairs,
        "source": found["source"],
        "position": found["position"],
        "format": "coco",
    }
