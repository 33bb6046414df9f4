"""`posegate calibrate`: a skeleton's sigmas from frames that two people annotated."""

import argparse
import os
import tempfile
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from posegate.pipelines import speech
from posegate.pipelines.commands import Action, Commands, command

if TYPE_CHECKING:
    import pyarrow as pa

    from posegate.pipelines.project import Project
    from posegate.transforms.kernels.calibration import Sigma
    from posegate.transforms.model.delivery import Delivery
    from posegate.transforms.model.policy import Calibration
    from posegate.transforms.model.skeleton import Skeleton


LEGEND = """\
  sigma      how far two careful people differ, as a share of the object's size (the
             square root of its area), click noise taken out, gross errors held down
  interval   95 % confidence, people taken as what varies (a jackknife over them)
  pairs      of points that both placed; people, by how many different ones
  moment     the plain root mean square: well above sigma where there are gross errors
  click px   what one person's click adds to each axis, however large the object"""

EPILOG = f"""\
Give it deliveries whose frames two people annotated each, in rotating pairs of ten
people or more, who are known to work well. Never the delivery to be judged: sigmas
measured on it give OKS .889 to any team, good or bad.

  posegate calibrate calibration/ --project project.toml --to bowling.toml

It prints, of each keypoint (left and right together),
{LEGEND}

Then name the file as `skeleton` in project.toml. exit codes: 0 written, 1 too few pairs
or people, 2 a mistake in the call or in project.toml, 3 it broke.
"""


def add(commands: Commands) -> None:
    """The sub-command's parser."""
    parser = command(
        commands,
        "calibrate",
        help="measure a skeleton's sigmas on double annotations",
        description="Measures how far careful people differ at each keypoint, and "
        "writes a skeleton that says so.",
        epilog=EPILOG,
    )
    parser.add_argument(
        "deliveries", nargs="+", metavar="DELIVERY", help="folder, gs:// prefix or file"
    )
    parser.add_argument("--project", required=True, metavar="TOML", help="project.toml")
    parser.add_argument(
        "--to", required=True, metavar="TOML", help="the skeleton to write"
    )


def act(parsed: argparse.Namespace) -> Action:
    """What the sub-command does, once its call is found right."""
    from posegate.pipelines import project
    from posegate.pipelines.intake import inspect
    from posegate.transforms import storage

    if not parsed.to.endswith(".toml"):
        raise ValueError(f"--to {parsed.to}: a skeleton is a .toml")
    storage.check_writable(os.path.dirname(parsed.to))
    settings = project.load(parsed.project)
    skeleton = settings.load_skeleton()
    found = [inspect(path, settings)[0] for path in parsed.deliveries]
    return lambda: measure(found, settings, skeleton, parsed.to)


def measure(
    deliveries: Sequence["Delivery"], settings: "Project", skeleton: "Skeleton", to: str
) -> int:
    """Reads, measures and writes; 1 where there is too little to go by."""
    from posegate.transforms import storage
    from posegate.transforms.kernels.calibration import calibrate, doubles

    pairs = doubles(agreement(deliveries, settings, skeleton), len(skeleton.keypoints))
    sigmas = calibrate(pairs, skeleton)
    speech.tell("\n".join([*table(skeleton, sigmas), LEGEND]))
    lacking = list(too_few(skeleton, sigmas, settings.calibration))
    if lacking:
        speech.tell("\n".join(["nothing was written:", *lacking]))
        return 1
    for warning in doubtful(skeleton, sigmas, settings.calibration):
        speech.tell(f"warning: {warning}")
    text = document(skeleton, sigmas, deliveries)
    storage.write_bytes(to, text.encode())
    speech.tell(f"wrote {to}; name it as `skeleton` in project.toml")
    return 0


def agreement(
    deliveries: Sequence["Delivery"], settings: "Project", skeleton: "Skeleton"
) -> "pa.Table":
    """The pairs of all deliveries (`schema.agreement`), each read on its own."""
    import apache_beam as beam
    import pyarrow as pa

    from posegate.pipelines.launch import options
    from posegate.transforms import coders, parts, storage
    from posegate.transforms.agree import Agree
    from posegate.transforms.ingest import Ingest
    from posegate.transforms.kernels.compare import How
    from posegate.transforms.kernels.weeks import UNTOLD
    from posegate.transforms.model import schema

    coders.register()
    tables = [schema.agreement(len(skeleton.keypoints)).empty_table()]
    how = How(strata=settings.sampling.strata)
    for delivery in deliveries:
        with tempfile.TemporaryDirectory() as folder:
            with beam.Pipeline(options=options([])) as pipeline:
                read = pipeline | "ingest" >> Ingest(delivery, skeleton, folder)
                read.batches | "agree" >> Agree(
                    skeleton, folder, 16, UNTOLD, "note", how
                )
            files = storage.listing(folder)
            tables += [
                parts.read_table(file.path)
                for file in files
                if file.name.startswith("agreement/")
            ]
    return pa.concat_tables(tables)


LEAST = 1e-4
"""COCO's smallest sigma is .025: what is below this is no person's error."""

WIDEST = 4.0
"""An interval that reaches beyond so many times its sigma says nothing."""


def table(skeleton: "Skeleton", sigmas: Sequence["Sigma"]) -> Iterator[str]:
    """Every keypoint's sigma, with what it rests on."""
    yield (
        f"{'keypoint':24}{'sigma':>8}{'95 % interval':>22}{'pairs':>8}{'people':>8}"
        f"{'moment':>9}{'click px':>10}"
    )
    for name, s in zip(skeleton.keypoints, sigmas, strict=True):
        interval = f"{s.low:.4f} to {s.high:.4f}" if s.sigma >= LEAST else "none"
        yield (
            f"{name[:23]:24}{s.sigma:8.4f}{interval:>22}"
            f"{s.pairs:8,}{s.people:8}{s.moment:9.4f}{s.floor_px:10.2f}"
        )


def too_few(
    skeleton: "Skeleton", sigmas: Sequence["Sigma"], least: "Calibration"
) -> Iterator[str]:
    """What a keypoint lacks to have a sigma."""
    for name, s in zip(skeleton.keypoints, sigmas, strict=True):
        if s.pairs < least.pairs or s.people < least.people:
            yield (
                f"  {name}: {s.pairs} pairs of {s.people} people; at least "
                f"{least.pairs} pairs of {least.people} people are needed "
                "(left and right together; see [calibration] of the policy)"
            )
        elif not s.sigma > LEAST:
            yield (
                f"  {name}: nothing is left of its errors beside {s.floor_px:.2f} px "
                "of click noise: copies, or people of one size only; give pairs of "
                "people of several sizes, each annotated twice"
            )
        elif not s.high < WIDEST * s.sigma:
            yield (
                f"  {name}: its sigma {s.sigma:.4f} may be up to {s.high:.4f}; give "
                "more pairs, of people of several sizes"
            )


def doubtful(
    skeleton: "Skeleton", sigmas: Sequence["Sigma"], least: "Calibration"
) -> Iterator[str]:
    """What to know of the sigmas before using them."""
    named = list(zip(skeleton.keypoints, sigmas, strict=True))
    few = [name for name, s in named if s.pairs < least.enough]
    if few:
        yield f"fewer than {least.enough} pairs, so imprecise: {', '.join(few)}"
    gross = [name for name, s in named if s.gross]
    if gross:
        yield f"gross errors among the pairs, held down: {', '.join(gross)}"


def document(
    skeleton: "Skeleton", sigmas: Sequence["Sigma"], deliveries: Sequence["Delivery"]
) -> str:
    """The skeleton as TOML, with its sigmas and what they were measured on."""
    from dataclasses import replace

    from posegate.transforms.model.skeleton_text import listed, quoted, toml

    values = tuple(round(s.sigma, 6) for s in sigmas)
    made = replace(skeleton, sigmas=values)
    text = toml(
        skeleton.keypoints,
        skeleton.limbs,
        skeleton.flip_pairs,
        name=skeleton.name,
        source=skeleton.source,
        category=skeleton.category,
        sigmas=values,
        aliases=skeleton.aliases,
        says=["Written by posegate calibrate. A sigma is that of a pair of people."],
    )
    checksums = (shard.checksum for each in deliveries for shard in each.shards)
    lines = [
        "[calibration]",
        f"version = {quoted(made.version)}",
        *listed("deliveries", (quoted(each.name) for each in deliveries)),
        *listed("inputs", map(quoted, checksums)),
        'convention = "pair"',
    ]
    for name, s in zip(skeleton.keypoints, sigmas, strict=True):
        lines += ["", "[[calibration.keypoints]]", f"name = {quoted(name)}"]
        lines += [f"{key} = {number(value)}" for key, value in s._asdict().items()]
    return "\n".join([text, *lines, ""])


def number(value: float) -> str:
    """A number as TOML writes it."""
    return f"{value}" if isinstance(value, int) else f"{value:.6f}"
