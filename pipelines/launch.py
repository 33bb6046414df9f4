"""Starts a run, shows how it goes, and says what came of it."""

import difflib
import io
import platform
import resource
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import redirect_stderr
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any, TextIO

import apache_beam as beam
import msgspec
from apache_beam.options.pipeline_options import PipelineOptions, StandardOptions
from apache_beam.runners.runner import create_runner

from posegate.pipelines import skeleton
from posegate.pipelines.gate import Gate
from posegate.pipelines.history import committed
from posegate.pipelines.plan import Plan
from posegate.pipelines.speech import printable
from posegate.transforms import parts, storage
from posegate.transforms.dashboard.meanings import meaning
from posegate.transforms.dashboard.overview import index
from posegate.transforms.kernels import verdict

ACCEPTED, REFUSED, USAGE, FAILED = 0, 1, 2, 3
"""Exit codes: the gate's two answers, a mistake of the caller, a run that broke."""

IN_PROCESS = "FnApiRunner"
"""Beam's own default, DirectRunner, tries a download first."""


def options(arguments: Sequence[str]) -> PipelineOptions:
    """Beam's options; a misspelt one stops the run, where Beam would only warn.

    Raises:
      ValueError: naming the argument that Beam does not take.
    """
    given = list(arguments)
    for before, argument in pairwise(["", *given]):
        if argument[:2] != "--" and (before[:2] != "--" or "=" in before):
            raise ValueError(f"{argument}: not an option of Beam; write --name=value")
    if not any(a.startswith("--runner") for a in given):
        given.append(f"--runner={IN_PROCESS}")
    parsed = PipelineOptions(given)
    known = understood(parsed)
    for argument in given:
        name = argument.lstrip("-").partition("=")[0].replace("-", "_")
        plain = name.removeprefix("no_")
        if argument.startswith("--") and not {name, plain} & known.keys():
            near = difflib.get_close_matches(name, known, 1)
            hint = f"; did you mean --{near[0]}?" if near else ""
            raise ValueError(f"{argument}: Beam has no such option{hint}")
    create_runner(parsed.view_as(StandardOptions).runner)
    return parsed


def understood(parsed: PipelineOptions) -> Mapping[str, Any]:
    """Every option and its value; Beam would print its whole manual for a bad one."""
    said = io.StringIO()
    try:
        with redirect_stderr(said):
            return parsed.get_all_options(  # type: ignore[no-any-return]
                drop_default=False, retain_unknown_options=False
            )
    except SystemExit:
        *_, last = said.getvalue().strip().splitlines()
        raise ValueError(f"Beam: {last.partition('error: ')[2]}") from None


def run(plan: Plan, arguments: Sequence[str], say: TextIO | None) -> dict[str, Any]:
    """Runs the gate on a plan and returns the report; nothing is done twice.

    Raises:
      RuntimeError, OSError: the run broke; nothing of it is visible.
    """
    if not plan.done:
        start = time.monotonic()
        chosen = options(arguments)
        with beam.Pipeline(options=chosen) as pipeline:
            pipeline | "gate" >> Gate(plan)
        publish_index(plan.project.output)
        took = time.monotonic() - start
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        if say is not None:
            print(f"took {took:.1f} s, {peak:.0f} MiB at most", file=say)
    return read_report(plan)


def read_report(plan: Plan) -> dict[str, Any]:
    """The report of a run that is committed."""
    text = storage.read_bytes(storage.join(plan.folder, "report.json"))
    return msgspec.json.decode(text)  # type: ignore[no-any-return]


def publish_index(output: str) -> None:
    """Rewrites the page that lists all deliveries, from what is committed."""
    root = output.rstrip("/") + "/"
    reports = []
    for folder, _ in committed(output).values():
        text = storage.read_bytes(storage.join(folder, "report.json"))
        page = storage.join(folder.removeprefix(root), "dashboard.html")
        reports.append(msgspec.json.decode(text) | {"page": page})
    reports.sort(key=lambda r: (r["delivery"]["received"] or "", r["delivery"]["name"]))
    page = index(reports)
    storage.write_bytes(storage.join(output, "index.html"), page.encode())


def exit_code(report: Mapping[str, Any]) -> int:
    """0 where the delivery is accepted, or its reviews are handed in; 1 where the gate
    said no."""
    return ACCEPTED if report["verdict"] in ("accept", "handed-in") else REFUSED


def summary(report: Mapping[str, Any], plan: Plan) -> str:
    """The verdict, why, what became of everything, and where to look."""
    counts = report["counts"]
    lines = [
        f"{printable(plan.delivery.name)}: "
        + report["verdict"].upper().replace("-", " ")
        + ("  (this run was done before)" if plan.done else "")
    ]
    if plan.delivery.reviews is not None:
        lines.append(f"  {handed_in(plan, plan.delivery.reviews)}")
    marks = {"accept": "+", "hold": "?", "reject": "-"}
    lines += [
        f"  {marks[r['verdict']]} {printable(r['text'])}" for r in report["reasons"]
    ]
    lines.append(
        f"  {counts['records']:,} records: {counts['instances']:,} instances, "
        f"{counts['quarantined']:,} quarantined; of the instances "
        f"{counts['approved']:,} approved, {counts['rework']:,} rework, "
        f"{counts['held']:,} held, {counts['excluded']:,} excluded"
    )
    if counts["held"] and report["verdict"] == "accept":
        lines.append(f"  {held(report)}")
    for kind in ("quarantine", "notes"):
        lines += [
            f"  {kind.removesuffix('s')}: {meaning(code)} ({n:,})"
            for code, n in counts.get(kind, {}).items()
        ]
    lines += [f"  note: {printable(each)}" for each in report["remarks"]]
    if any(".other-skeleton " in reason["text"] for reason in report["reasons"]):
        told = skeleton.advice(plan.delivery.path, plan.delivery.format)
        lines.append(f"  skeleton   {printable(told)}")
    if plan.ignored:
        lines.append(
            f"  left alone: {printable(', '.join(plan.ignored[:5]))}"
            + (" …" if len(plan.ignored) > 5 else "")
        )
    if counts["approved"]:
        lines.append(f"  splits     {plan.release.folder}")
    lines.append(f"  dashboard  {storage.join(plan.folder, 'dashboard.html')}")
    return "\n".join(lines)


def handed_in(plan: Plan, of: str) -> str:
    """What becomes of a delivery of reviews, and how far it answers what is asked."""
    if plan.asked is None:
        known = ", ".join(map(printable, plan.judged)) or "none"
        return (
            f"reviews of {printable(of)}, which has not been judged (judged: {known}): "
            "is that its name? They count when it is"
        )
    if plan.run in plan.asked.counted:
        return f"reviews of {printable(of)}, which counts them already"
    asked = instances(plan.asked.queue, "draw")
    brought = instances(parts_of(plan.folder), "instance")
    settled = sum(min(n, brought[image]) for image, n in asked.items())
    return (
        f"reviews of {printable(of)}: {settled} of the {asked.total()} drawn instances "
        "that lacked one when it was judged lie in these frames; run the gate on it "
        "again, and they count"
    )


def parts_of(folder: str) -> list[str]:
    """A run's part files."""
    place = storage.join(folder, "annotations")
    return [file.path for file in storage.listing(place)]


def instances(paths: Sequence[str], known: str) -> Counter[str]:
    """How many rows some Parquet files have of each image, a column of them known."""
    found: Counter[str] = Counter()
    for path in paths:
        for batch in parts.read_columns(path, ["image", known]):
            found.update(batch.filter(batch[known].is_valid())["image"].to_pylist())
    return found


def held(report: Mapping[str, Any]) -> str:
    """Why instances of an accepted delivery wait: who is in alarm, on what."""
    alarms = [
        f"{s['annotator']} {s['keypoint']}"
        for s in report["drift"]["streams"]
        if s["alarm"] and s["alarm"][-1]
    ]
    if not alarms:
        return "held: instances that a rule wants reviewed (see review/)"
    more = f" and {len(alarms) - 4} more" if len(alarms) > 4 else ""
    who = printable(", ".join(alarms[:4]))
    return f"held: drift alarm on {who}{more}; and what a rule wants reviewed"


def warnings(plan: Plan) -> Iterator[str]:
    """What will make the verdict say less than one hopes."""
    skeleton = plan.skeleton
    if skeleton.sigmas is None and not skeleton.masked:
        yield (
            f"the skeleton {skeleton.name!r} has no sigmas, so there is no OKS and the "
            "verdict stays on hold; measure them with `posegate calibrate`"
        )
    if plan.press.setting.ahead:
        yield plan.press.setting.ahead
    if plan.bench.circular:
        yield verdict.CIRCULAR
    named = plan.delivery.reviews
    if named is not None:
        yield (
            f"these reviews count when {printable(named)} is judged again: run the "
            "gate on that delivery once this one is done"
        )


def outlook(plan: Plan) -> str:
    """What a run would read and write."""
    size = sum(shard.size for shard in plan.delivery.shards)
    return "\n".join(
        [
            f"{printable(plan.delivery.name)}: {len(plan.delivery.shards)} file(s), "
            f"{size:,} bytes",
            f"  skeleton   {plan.skeleton.name}, version {plan.skeleton.version}",
            f"  policy     {plan.project.policy}, {len(plan.rules)} rules",
            f"  history    {len(plan.bench.history)} earlier deliveries",
            f"  run        {plan.run}" + (" (done before)" if plan.done else ""),
            f"  would write {plan.folder}",
            *(f"  mind       {each}" for each in warnings(plan)),
        ]
    )


def runtime(arguments: Sequence[str]) -> dict[str, Any]:
    """What differs from run to run: it stands apart in the manifest."""
    return {
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "options": list(arguments),
    }
