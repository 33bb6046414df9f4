"""The last stage: the run's documents, and the pointer that makes them count."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import apache_beam as beam
from apache_beam.pvalue import AsIter, AsSingleton

from posegate.transforms import commit, parts
from posegate.transforms.dashboard import build, page
from posegate.transforms.dashboard.build import Evidence, Setting
from posegate.transforms.dashboard.build_retraining import document as as_csv
from posegate.transforms.judge import Judgement, Weeks
from posegate.transforms.kernels import strata, stream_tables
from posegate.transforms.kernels.buckets import Ints
from posegate.transforms.kernels.mask_streams import outlined
from posegate.transforms.kernels.sums import SPOKEN, Key
from posegate.transforms.kernels.worst import Ranked
from posegate.transforms.model.rule import Bound, idle
from posegate.transforms.parts import Written


@dataclass(frozen=True)
class Record:
    """What the manifest says of a run beside its files: inputs, versions, settings."""

    facts: Mapping[str, Any]
    runtime: Mapping[str, Any]


@dataclass(frozen=True)
class Place:
    """Where a run is written, and the pointer that it switches at the end.

    `before` is what the pointer held when the run began, None if nothing; `splits` the
    name of the version of the splits that an accepted delivery makes, and `number` its
    number.
    """

    folder: str
    pointer: str
    before: commit.Token | None
    splits: str
    number: int


@dataclass(frozen=True)
class Press:
    """What every document of a run is made with; `skipped` are rules that the skeleton
    or the policy leaves out, `rules` the others."""

    setting: Setting
    place: Place
    record: Record
    manuals: Mapping[str, str]
    skipped: Mapping[str, str]
    rules: tuple[Bound, ...]


@dataclass
class Publish(beam.PTransform):  # type: ignore[misc]
    """The sums of everything -> report, dashboard, manifest; then the commit."""

    press: Press
    early: beam.PCollection[dict[Key, Ints]]
    weeks: beam.PCollection[Weeks]
    judgement: beam.PCollection[Judgement]
    files: beam.PCollection[Written]
    splits: beam.PCollection[Written]
    worst: beam.PCollection[list[Ranked]]
    queue: beam.PCollection[list[Ranked]]

    def expand(self, sums: beam.PCollection[dict[Key, Ints]]) -> beam.PCollection[str]:
        return sums | "publish" >> beam.Map(
            publish,
            AsSingleton(self.early),
            AsSingleton(self.weeks),
            AsSingleton(self.judgement),
            AsIter(self.files),
            AsIter(self.splits),
            AsIter(self.worst),
            AsIter(self.queue),
            self.press,
        )


def spoken(sums: Mapping[Key, Ints]) -> dict[str, int]:
    """How many instances have what some rules need, by `SPOKEN`'s names."""
    return {name: int(sums.get((name, "", "", ""), [0])[0]) for name in SPOKEN}


def publish(
    late: dict[Key, Ints],
    early: dict[Key, Ints],
    weeks: Weeks,
    judgement: Judgement,
    files: Iterable[Written],
    splits: Iterable[Written],
    worst: Iterable[list[Ranked]],
    queue: Iterable[list[Ranked]],
    to: Press,
) -> str:
    """Writes the documents, checks the books, switches the pointer: the run id."""
    folder, setting, watched = to.place.folder, to.setting, weeks.watched
    sums = early | late
    decided = sum(int(n[0]) for key, n in late.items() if key[0] == "verdict")
    if decided != judgement.records.rows:
        raise RuntimeError(
            f"{judgement.records.rows} instances, but {decided} decisions; "
            "the run does not add up"
        )
    rows = {"rows": judgement.records.rows, **spoken(early)}
    evidence = Evidence(
        sums=sums,
        records=judgement.records,
        verdict=judgement.verdict,
        gates=judgement.gates,
        watched=watched,
        expectations=judgement.expectations,
        worst=[json.loads(text) for _, _, text in in_order(worst)],
        manuals=to.manuals,
        skipped={**to.skipped, **idle(to.rules, rows)},
        queue=[json.loads(text) for some in queue for _, _, text in sorted(some)],
    )
    report = build.build(evidence, setting)
    keypoints = outlined(setting.skeleton, watched.history.keypoints).keypoints
    limit = setting.policy.drift.error_px
    judged = stream_tables.judged(watched, keypoints, limit)
    written = [
        *files,
        parts.write_table(folder, "statistics/weekly.parquet", weeks.weekly),
        parts.write_table(folder, "statistics/work.parquet", weeks.work),
        parts.write_table(
            folder, "statistics/people.parquet", stream_tables.persons(watched)
        ),
        parts.write_table(folder, "statistics/streams.parquet", judged),
        parts.write_table(folder, "statistics/strata.parquet", strata.to_table(sums)),
        parts.write_bytes(folder, "retraining.csv", as_csv(report["retraining"])),
        parts.write_bytes(folder, "report.json", document(report)),
        parts.write_bytes(
            folder, "validation_results.json", document(judgement.expectations)
        ),
        parts.write_bytes(folder, "dashboard.html", page.page(report).encode()),
    ]
    listed = sorted((vars(file) for file in written), key=lambda file: file["name"])
    version = [vars(file) for file in splits]
    manifest = {
        **to.record.facts,
        "verdict": judgement.verdict,
        "counts": report["counts"],
        "shards": [
            {"source": setting.delivery.shards[part].name, **vars(tally)}
            for part, tally in judgement.tallies
        ],
        "files": listed,
        "splits": splits_of(to.place, version[0]) if version else None,
        "runtime": to.record.runtime,
    }
    parts.write_bytes(folder, "manifest.json", document(manifest))
    pointer = {"run": setting.run, "verdict": judgement.verdict}
    commit.switch(to.place.pointer, document(pointer), to.place.before)
    return setting.run


def splits_of(place: Place, manifest: dict[str, Any]) -> dict[str, Any]:
    """Which version of the splits a run made, and its manifest."""
    return {"version": place.splits, "number": place.number, **manifest}


def in_order(worst: Iterable[list[Ranked]]) -> list[Ranked]:
    """All that is to be drawn: pairs before findings, each the worst first."""
    drawn = sorted(each for some in worst for each in some)
    return [e for e in drawn if paired(e)] + [e for e in drawn if not paired(e)]


def paired(drawn: Ranked) -> bool:
    """Whether it is drawn with a reference."""
    return json.loads(drawn[2])["reference_xy"] is not None


def document(value: Any) -> bytes:
    """JSON for people: indented, in order, without NaN."""
    text = json.dumps(value, indent=1, sort_keys=True, allow_nan=False)
    return text.encode() + b"\n"
