"""All that a run must know before it starts: inputs, settings, history, its id."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import cache
from importlib import metadata, resources
from pathlib import Path
from typing import Any

import pyarrow as pa

from posegate.expectations.contract import examine
from posegate.expectations.rules import RULES
from posegate.pipelines import project as projects
from posegate.pipelines.history import (
    Asked,
    Past,
    earlier,
    hand_ins,
    latest,
    others,
    pointed,
    runs,
)
from posegate.pipelines.intake import inspect
from posegate.pipelines.project import Project
from posegate.transforms import parts, storage
from posegate.transforms.agree import CONTESTED, DISPUTED, REPEATED
from posegate.transforms.dashboard.build import Setting
from posegate.transforms.judge import Bench
from posegate.transforms.kernels import strata
from posegate.transforms.kernels.left_out import ahead
from posegate.transforms.kernels.streams import parameters
from posegate.transforms.kernels.weeks import Clock, clock_of
from posegate.transforms.model import columns
from posegate.transforms.model.delivery import Delivery
from posegate.transforms.model.policy import Policy
from posegate.transforms.model.rule import Bound, bind, skipped
from posegate.transforms.model.skeleton import Skeleton
from posegate.transforms.publish import Place, Press, Record
from posegate.transforms.split import Release, Source

BUCKET = 64 << 20
"""Bytes of input for which there is one bucket of frames."""

BUCKETS = 256

BRANCH_MANUALS = {
    REPEATED: "An id stands twice in the same frame, by the same annotator.",
    CONTESTED: "Gold contradicts other gold of the same object; neither counts.",
    DISPUTED: "Its reviews contradict each other; that of the latest hand-in counts.",
}
"""What the rules say that no function is: they need rows that meet."""

CODE = (".py", ".toml", ".json", ".html", ".css", ".npz")

PACKAGES = ("apache-beam", "numpy", "pyarrow", "scipy", "great-expectations", "msgspec")


@dataclass(frozen=True)
class Plan:
    """A run, ready to start; `done` is set where it has been done before.

    `judged` names the deliveries that have been; `asked` is what the one asks for that
    this one brings reviews of.
    """

    project: Project
    delivery: Delivery
    ignored: tuple[str, ...]
    skeleton: Skeleton
    rules: tuple[Bound, ...]
    policy: Policy
    folder: str
    clock: Clock
    buckets: int
    repeated: str
    spread: Mapping[str, float]
    hand_ins: tuple[tuple[str, ...], ...]
    judged: tuple[str, ...]
    asked: Asked | None
    bench: Bench
    press: Press
    release: Release
    run: str
    done: bool


def prepare(
    path: str,
    project: Project,
    runtime: Mapping[str, Any] | None = None,
    format: str | None = None,
) -> Plan:
    """Lists and checks everything; writes nothing.

    Raises:
      ValueError: the project, a side file or a job table is wrong, or nothing can be
        written to the output.
      OSError: the delivery or the output cannot be read.
    """
    skeleton = project.load_skeleton()
    settings = project.settings()
    rules = bind(RULES, settings, skeleton, project.place)
    for name in (
        *project.sampling.strata,
        *project.splits.stratify,
        *project.slices.by,
    ):
        columns.check(name, project.place)
    for name in project.splits.group:
        columns.check(name, project.place)
    check_locked(project)
    delivery, ignored = inspect(path, project, format)
    storage.check_writable(project.output)
    root = storage.join(project.output, "deliveries", storage.safe_name(delivery.name))
    known = runs(project.output, skeleton)
    past, ledger = earlier(known, delivery), hand_ins(known, delivery)
    run = run_id(delivery, project, skeleton, rules, (*past, *ledger))
    pointer = storage.join(root, "current.json")
    current = pointed(pointer)
    folder = storage.join(root, "runs", run)
    policy = Policy.model_validate(
        {name: getattr(project, name) for name in Policy.model_fields}
    )
    parameters(policy.drift, skeleton.sigmas)  # refuses what watches nothing
    weekly = tuple(p.weekly for p in past)
    bench = Bench(
        policy,
        skeleton,
        weekly,
        examine,
        followed(policy, skeleton, weekly),
        circular(delivery, skeleton),
        delivery.reviews,
        delivery.vendor,
    )
    today, grace = datetime.now(UTC).date(), policy.drift.grace_days
    release = follow(project, known, skeleton, delivery, run, folder)
    version = release.folder.rpartition("/")[2]
    press = Press(
        setting=Setting(
            version=code_version(),
            run=run,
            project=project.project,
            policy_name=project.policy,
            policy=policy,
            delivery=delivery,
            skeleton=skeleton,
            hand_ins=tuple(p.delivery for p in ledger),
            ahead=ahead(delivery.received, today, grace),
            named=projects.own_attributes(project),
        ),
        place=Place(folder, pointer, current and current[1], version, release.number),
        record=Record(
            facts(delivery, ignored, project, skeleton, run, past)
            | {"hand_ins": [{"delivery": p.delivery, "run": p.run} for p in ledger]},
            runtime or {},
        ),
        manuals={id: rule.manual for id, rule in RULES.items()} | BRANCH_MANUALS,
        skipped=skipped(RULES, settings, skeleton),
        rules=rules,
    )
    return Plan(
        project=project,
        delivery=delivery,
        ignored=ignored,
        skeleton=skeleton,
        rules=rules,
        policy=policy,
        folder=folder,
        clock=clock_of(delivery.received, today, policy.drift.oldest_years, grace),
        buckets=min(BUCKETS, 1 + sum(s.size for s in delivery.shards) // BUCKET),
        repeated="reject",
        hand_ins=tuple(p.reviewed for p in ledger),
        judged=tuple(sorted({p.delivery for p in known})),
        asked=next((p.asked for p in known if p.delivery == delivery.reviews), None),
        spread=strata.spread([parts.read_table(p.strata) for p in past if p.strata]),
        bench=bench,
        press=press,
        release=release,
        run=run,
        done=current is not None and current[0] == run,
    )


def circular(delivery: Delivery, skeleton: Skeleton) -> bool:
    """Whether the skeleton's sigmas were measured on this delivery, or a file of it."""
    if skeleton.measured is None:
        return False
    own = {shard.checksum for shard in delivery.shards}
    named = delivery.name in skeleton.measured.deliveries
    return named or not own.isdisjoint(skeleton.measured.inputs)


def followed(
    policy: Policy, skeleton: Skeleton, weekly: Sequence[str]
) -> tuple[str, ...]:
    """The keypoints that the policy's second quota is for."""
    extra = policy.sampling.extra
    if extra is None:
        return ()
    tables = [parts.read_table(path) for path in weekly]
    return strata.most_varying(tables, skeleton.keypoints, extra.keypoints)


def check_locked(project: Project) -> None:
    """Raises ValueError unless the table of the groups of a fixed test set is one."""
    if project.splits.test is None:
        return
    path = projects.resolve(project.folder, project.splits.test)
    place = f"{project.place}: splits.test: {path}"
    try:
        parts.read_table(path, ["group"])
    except FileNotFoundError:
        raise ValueError(f"{place}: there is no such file") from None
    except (pa.ArrowException, KeyError) as error:
        raise ValueError(
            f"{place}: not a Parquet file with a column `group`: {error}"
        ) from None


def run_id(
    delivery: Delivery,
    project: Project,
    skeleton: Skeleton,
    rules: Sequence[Bound],
    past: Sequence[Past],
) -> str:
    """Sixteen hex digits that change with whatever could change a result."""
    said = {
        "inputs": [(s.name, s.checksum, s.format) for s in delivery.shards],
        "jobs": delivery.jobs and delivery.jobs.checksum,
        "side": delivery.side_file,
        "name": delivery.name,
        "project": settings_of(project),
        "skeleton": skeleton.version,
        "rules": [(b.rule.id, b.severity, sorted(b.parameters.items())) for b in rules],
        "past": [(p.delivery, p.run) for p in past],
        "code": code_version(),
    }
    text = json.dumps(said, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


@cache
def code_version() -> str:
    """The version, and twelve hex digits of the installed code and its data files."""
    digest = hashlib.sha256()
    for package in ("expectations", "pipelines", "transforms"):
        root = Path(str(resources.files(f"posegate.{package}")))
        for path in sorted(root.rglob("*")):
            if path.suffix in CODE:
                digest.update(path.relative_to(root).as_posix().encode())
                digest.update(path.read_bytes())
    return f"{metadata.version('posegate')}+{digest.hexdigest()[:12]}"


def settings_of(project: Project) -> dict[str, Any]:
    """What the project says, without the places of files."""
    return project.model_dump(mode="json", exclude={"place", "output"}, by_alias=True)


def follow(
    project: Project,
    past: Sequence[Past],
    skeleton: Skeleton,
    delivery: Delivery,
    run: str,
    folder: str,
) -> Release:
    """The version of the splits that this run adds to those of accepted deliveries."""
    accepted = [p for p in others(past, delivery) if p.splits is not None]
    before = latest(past)
    version = f"{storage.safe_name(delivery.name)}-{run[:8]}"
    locked = project.splits.test
    return Release(
        folder=storage.join(project.output, "splits", version),
        sources=tuple(Source(p.delivery, p.folder, p.parts) for p in accepted),
        groups=tuple(storage.join(p.splits or "", "groups.parquet") for p in before),
        number=1 + max((p.number for p in before), default=0),
        locked=locked and projects.resolve(project.folder, locked),
        settings=project.splits,
        skeleton=skeleton,
        delivery=delivery.name,
        run=folder,
    )


def facts(
    delivery: Delivery,
    ignored: Sequence[str],
    project: Project,
    skeleton: Skeleton,
    run: str,
    past: Sequence[Past],
) -> dict[str, Any]:
    """What the manifest says of a run: enough to say why an instance was approved."""
    return {
        "run": run,
        "delivery": delivery.name,
        "vendor": delivery.vendor,
        "received": delivery.received and delivery.received.isoformat(),
        "replaces": delivery.replaces,
        "reviews": delivery.reviews,
        "inputs": [
            {k: v for k, v in asdict(s).items() if k != "path"}
            for s in (*delivery.shards, *((delivery.jobs,) if delivery.jobs else ()))
        ],
        "ignored": list(ignored),
        "project": settings_of(project),
        "skeleton": {
            "name": skeleton.name,
            "version": skeleton.version,
            "keypoints": skeleton.keypoints,
            "limbs": skeleton.limbs,
            "sigmas": skeleton.sigmas,
        },
        "history": [{"delivery": p.delivery, "run": p.run} for p in past],
        "versions": {"posegate": code_version()}
        | {name: metadata.version(name) for name in PACKAGES},
    }
