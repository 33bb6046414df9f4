"""The verdict on the delivery: all that was counted, and the history of its people."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import apache_beam as beam
import numpy as np
import pyarrow as pa
from apache_beam.pvalue import AsIter, AsSingleton

from posegate.transforms import parts
from posegate.transforms.formats import Tally
from posegate.transforms.kernels import streams, verdict
from posegate.transforms.kernels.buckets import Ints
from posegate.transforms.kernels.decisions import Alarm
from posegate.transforms.kernels.gate import Gate
from posegate.transforms.kernels.lot import TRUSTED
from posegate.transforms.kernels.mask_streams import known, outlined
from posegate.transforms.kernels.people import HABITS, HOLDING
from posegate.transforms.kernels.score import score_of
from posegate.transforms.kernels.streams import Watched
from posegate.transforms.kernels.sums import Key
from posegate.transforms.kernels.verdict import Ending, Records
from posegate.transforms.model.policy import Policy
from posegate.transforms.model.skeleton import Skeleton

Examine = Callable[[str, Sequence[str], Mapping[str, Any]], list[dict[str, Any]]]
"""Runs the acceptance suites: (run folder, part files, metrics) -> results."""


@dataclass(frozen=True)
class Judgement:
    """What the run says of the delivery as a whole.

    `wanted` is the last place of the order of review that is asked for.
    """

    verdict: Ending
    gates: tuple[Gate, ...]
    alarms: tuple[Alarm, ...]
    records: Records
    tallies: tuple[tuple[int, Tally], ...]
    expectations: tuple[dict[str, Any], ...]
    wanted: int = 0


@dataclass(frozen=True)
class Bench:
    """What a judge goes by: the same for every delivery of a project.

    `partial` are the keypoints that a second, larger quota is looked at for; `circular`
    says that the sigmas were measured on this delivery; `reviews` names the delivery
    that it brings reviews of.
    """

    policy: Policy
    skeleton: Skeleton
    history: tuple[str, ...]
    examine: Examine
    partial: tuple[str, ...] = ()
    circular: bool = False
    reviews: str | None = None
    vendor: str | None = None


@dataclass(frozen=True)
class Weeks:
    """A delivery's weekly sums, as the tables that later runs refold, and what they
    show with all earlier ones."""

    weekly: pa.Table
    work: pa.Table
    watched: Watched


@dataclass
class Judge(beam.PTransform):  # type: ignore[misc]
    """All sums of a delivery -> one `Judgement`; `weeks` have the streams."""

    bench: Bench
    folder: str
    tallies: beam.PCollection[tuple[int, Tally]]
    weeks: beam.PCollection[Weeks]

    def expand(
        self, sums: beam.PCollection[dict[Key, Ints]]
    ) -> beam.PCollection[Judgement]:
        return sums | "judge" >> beam.Map(
            judge,
            AsIter(self.tallies),
            AsSingleton(self.weeks),
            self.bench,
            self.folder,
        )


@dataclass
class Refold(beam.PTransform):  # type: ignore[misc]
    """All sums of a delivery -> `Weeks`: its own, and with all earlier ones judged.

    Once: the verdict, the tables and the dashboard say the same of every stream.
    """

    bench: Bench

    def expand(
        self, sums: beam.PCollection[dict[Key, Ints]]
    ) -> beam.PCollection[Weeks]:
        return sums | "refold" >> beam.Map(watch, self.bench)


def judge(
    sums: dict[Key, Ints],
    tallies: Iterable[tuple[int, Tally]],
    weeks: Weeks,
    bench: Bench,
    folder: str,
) -> Judgement:
    """The verdict, and the streams in alarm."""
    counted = sorted(tallies, key=lambda tally: tally[0])
    records = total(counted, sums)
    names = [
        parts.annotations(bench.skeleton.name, part)
        for part, tally in counted
        if tally.rows
    ]
    found = bench.examine(folder, names, metrics(sums, records))
    score = score_of(bench.skeleton)
    said = verdict.gates(sums, records, bench.policy, score, bench.reviews)
    gates = [*said, contract(found)]
    if bench.circular:
        gates = [warned(gate) for gate in gates]
    return Judgement(
        verdict=verdict.overall(gates),
        gates=tuple(gates),
        alarms=alarms(weeks.watched, bench.skeleton.masked),
        records=records,
        tallies=tuple(counted),
        expectations=tuple(found),
        wanted=verdict.wanted(sums, bench.policy),
    )


def warned(gate: Gate) -> Gate:
    """The gate of agreement with a word on sigmas that prove nothing."""
    if gate.gate != "agreement":
        return gate
    return gate._replace(text=f"{gate.text} {verdict.CIRCULAR}")


def total(tallies: Sequence[tuple[int, Tally]], sums: Mapping[Key, Ints]) -> Records:
    """All shards' tallies; raises RuntimeError where records were lost or made up."""
    for part, tally in tallies:
        if not tally.adds_up:
            raise RuntimeError(
                f"shard {part}: {tally.records} records read, but {tally.rows} rows "
                f"and {tally.quarantined} quarantined; the run does not add up"
            )
    bad = sum(tally.quarantined + tally.others for _, tally in tallies)
    put = sum(int(n[0]) for key, n in sums.items() if key[0] == "quarantine")
    if bad != put:
        raise RuntimeError(
            f"{bad} records refused, but {put} rows of quarantine written; "
            "the run does not add up"
        )
    rows = sum(tally.rows for _, tally in tallies)
    counted = sum(int(n[0]) for key, n in sums.items() if key[0] == "role")
    if rows != counted:
        raise RuntimeError(
            f"{rows} rows written, but {counted} seen by the branches; "
            "the run does not add up"
        )
    return Records(
        records=sum(tally.records for _, tally in tallies),
        rows=rows,
        quarantined=sum(tally.quarantined for _, tally in tallies),
        unreadable=tuple(sorted(key[1] for key in sums if key[0] == "unreadable")),
        images=sum(tally.images for _, tally in tallies),
        notes=noted(tally for _, tally in tallies),
    )


def noted(tallies: Iterable[Tally]) -> dict[str, int]:
    """The facts of the delivery that readers noted, counted by code."""
    notes: Counter[str] = Counter()
    for tally in tallies:
        notes.update(tally.notes)
    return dict(sorted(notes.items()))


def metrics(sums: Mapping[Key, Ints], records: Records) -> dict[str, float | None]:
    """The delivery as one row, for the acceptance suite; None where unknown."""
    n, oks, _ = verdict.measure(sums, "oks", TRUSTED)
    masks, iou, _ = verdict.measure(sums, "mask_iou", TRUSTED)
    made = verdict.role(sums, "production")
    rejected = sum(int(c[0]) for key, c in sums.items() if key[0] == "rejected")
    return {
        "records": records.records,
        "instances": records.rows,
        "production": made,
        "quarantined_share": records.quarantined / max(records.records, 1),
        "unreadable_files": len(records.unreadable),
        "rejected_share": rejected / max(made, 1),
        "pairs": max(n, masks),
        "mean_oks": oks / n if n else None,
        "mean_iou": iou / masks if masks else None,
    }


def contract(results: Sequence[Mapping[str, Any]]) -> Gate:
    """Critical expectations that failed block the splits."""
    failed = [r for r in results if r["critical"] and not r["success"]]
    if not failed:
        return Gate("contract", "accept", f"All {len(results)} expectations were met.")
    what = "; ".join(
        f"{r['subject']}: {r['expectation']}, found {r['observed']}" for r in failed[:3]
    )
    more = f" and {len(failed) - 3} more" if len(failed) > 3 else ""
    return Gate("contract", "reject", f"Critical expectations failed: {what}{more}.")


def watch(sums: Mapping[Key, Ints], bench: Bench) -> Weeks:
    """This delivery's weekly sums with those of all earlier ones, judged."""
    own = streams.to_table(sums, bench.skeleton.keypoints)
    tables = [own, *(parts.read_table(path) for path in bench.history)]
    masked = bench.skeleton.masked
    shape = outlined(bench.skeleton, known(tables) if masked else ())
    paths = (path.replace(WEEKLY_FILE, WORK_FILE) for path in bench.history)
    worked = [parts.read_table(path) for path in paths if parts.storage.exists(path)]
    settings = streams.parameters(bench.policy.drift, shape.sigmas)
    work = streams.to_work(sums, bench.vendor, bench.skeleton.keypoints)
    watched = streams.watch_all(tables, shape.keypoints, [work, *worked], settings)
    return Weeks(own, work, watched)


WEEKLY_FILE, WORK_FILE = "weekly.parquet", "work.parquet"


def alarms(watched: Watched, masked: bool = False) -> tuple[Alarm, ...]:
    """The streams in alarm in the last week that is known; all of a person's, if all
    their errors grew or they slip more. Where they are `masked`, those of a class."""
    history, seen, found = watched.history, watched.seen, watched.people
    if seen is None or found is None:
        return ()
    since = seen.alarms.since[:, -1].copy()  # (A, K)
    for habit in HOLDING:
        own = found.alarms.since[:, -1, HABITS.index(habit)][:, None]
        earlier = (own >= 0) & ((since < 0) | (own < since))
        since = np.where(earlier, own, since)
    return tuple(
        Alarm(
            history.annotators[a],
            int(k),
            history.weeks[int(since[a, k])],
            history.keypoints[k] if masked else None,
        )
        for a, k in np.argwhere(since >= 0).tolist()
    )
