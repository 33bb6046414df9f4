"""The command line: what can be said on it, and who answers."""

import argparse
import sys
import traceback
from collections.abc import Callable, Sequence
from importlib import metadata
from pathlib import Path

from posegate.pipelines import (
    calibrate,
    convert,
    explain,
    formats,
    rules,
    skeleton,
    speech,
)
from posegate.pipelines.commands import Action, Commands, command

EPILOG = """\
exit codes: 0 accepted, or reviews handed in; 1 the gate said no (reject or hold);
2 a mistake in the call or in project.toml; 3 the run broke. Results are written before
a 1.
"""

RUN_EPILOG = (
    """\
DELIVERY is a folder, a gs:// prefix, or one file. What it may hold:
  exports of any tool   see `posegate formats`; zipped, gzipped or plain
  delivery.toml         optional: who, when, and what the export does not say
The least project.toml:
  project  = "bowling"
  skeleton = "coco_17"       # or the path of a TOML
  policy   = "general"       # or "sports", or the path of a TOML
  output   = "quality"       # or gs://bucket/quality
Options after -- go to Beam, e.g. -- --runner=PortableRunner --job_endpoint=HOST:PORT
`[kinematics] write = true` in project.toml adds a table of joints' angles and speeds.

"""
    + EPILOG
)


def parser() -> argparse.ArgumentParser:
    """What can be said on the command line."""
    top = argparse.ArgumentParser(
        prog="posegate",
        description="Decides on deliveries of keypoint annotations: accept, reject, or "
        "hold until more are reviewed; and says why.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    version = f"posegate {metadata.version('posegate')}"
    top.add_argument("--version", action="version", version=version)
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    add_run(commands)
    add_demo(commands)
    calibrate.add(commands)
    formats.add(commands)
    convert.add(commands)
    skeleton.add(commands)
    rules.add(commands)
    explain.add(commands)
    for each in commands.choices.values():
        each.add_argument("--debug", action="store_true", help="show tracebacks")
    return top


def add_run(commands: Commands) -> None:
    """`posegate run`."""
    run = command(
        commands,
        "run",
        help="judge one delivery",
        description="Judges one delivery and writes what follows from it.",
        epilog=RUN_EPILOG,
    )
    run.add_argument(
        "delivery", metavar="DELIVERY", help="folder, gs:// prefix or file"
    )
    run.add_argument("--project", required=True, metavar="TOML", help="project.toml")
    run.add_argument(
        "--output", help="where results go, instead of the project's output"
    )
    run.add_argument(
        "--format", metavar="NAME", help="what the files are, if they do not show it"
    )
    run.add_argument(
        "--dry-run", action="store_true", help="check everything, run nothing"
    )


def add_demo(commands: Commands) -> None:
    """`posegate demo` and its generator."""
    demo = command(
        commands,
        "demo",
        help="make deliveries with known faults and judge them",
        description="Makes weekly deliveries with known faults, runs the gate on each "
        "as a schedule would, and says how many of the faults were found.",
        epilog=EPILOG,
    )
    demo.add_argument(
        "folder",
        nargs="?",
        default="demo",
        metavar="DIR",
        help="where deliveries and results go (default: demo)",
    )
    demo.add_argument("--make", metavar="DIR", help="only make the deliveries, in DIR")
    demo.add_argument(
        "--instances",
        type=int,
        default=20_000,
        metavar="N",
        help="people in all (default: %(default)s)",
    )
    demo.add_argument(
        "--seed",
        type=int,
        default=7,
        metavar="S",
        help="the same seed makes the same bytes (default: %(default)s)",
    )
    demo.add_argument(
        "--weeks",
        type=int,
        default=10,
        help="deliveries, one a week (default: %(default)s)",
    )
    demo.add_argument(
        "--annotators",
        type=int,
        default=12,
        help="how many people work on it (default: %(default)s)",
    )
    demo.add_argument(
        "--shard",
        type=int,
        default=20_000,
        metavar="N",
        help="people per file at most (default: %(default)s)",
    )
    demo.add_argument("--gzip", action="store_true", help="compress the files")
    demo.add_argument("--clean", action="store_true", help="plant no faults")


MISTAKES = (
    ValueError,
    FileNotFoundError,
    IsADirectoryError,
    NotADirectoryError,
    PermissionError,
)
"""What a mistake in the call or in project.toml raises, before anything runs."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command and returns its exit code; one line, no traceback, if it fails."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    beam: list[str] = []
    if "--" in given:
        cut = given.index("--")
        given, beam = given[:cut], given[cut + 1 :]
    parsed = parser().parse_args(given)
    speech.speak(parsed.debug)
    try:
        try:
            act = prepared(parsed, beam)
        except MISTAKES as error:
            return fail(error, 2, parsed.debug)
        return act()
    except KeyboardInterrupt:
        print("posegate: stopped; nothing of this run counts", file=sys.stderr)
        return 130
    except Exception as error:  # the last line of defence: the process ends here
        return fail(error, 3, parsed.debug)


def prepared(parsed: argparse.Namespace, beam: Sequence[str]) -> Action:
    """The command, once its call is found right."""
    if parsed.command == "run":
        return run(parsed, beam)
    if beam:
        raise ValueError(f"-- {beam[0]}: only `run` takes options for Beam")
    return COMMANDS[parsed.command](parsed)


def fail(error: Exception, code: int, debug: bool) -> int:
    """Says what is wrong, in a line (after the traceback on request)."""
    if debug:
        traceback.print_exception(error)
    speech.complain(error, code)
    return code


def run(parsed: argparse.Namespace, beam: Sequence[str]) -> Action:
    """`posegate run`: checks all of its call and writes nothing yet."""
    from posegate.pipelines import launch, plan, project

    launch.options(beam)
    settings = project.load(parsed.project, parsed.output)
    ready = plan.prepare(parsed.delivery, settings, launch.runtime(beam), parsed.format)

    def look() -> int:
        print(launch.outlook(ready))
        return 0

    def judge() -> int:
        report = launch.run(ready, beam, sys.stderr)
        speech.tell(launch.summary(report, ready))
        return launch.exit_code(report)

    return look if parsed.dry_run else judge


def demo(parsed: argparse.Namespace) -> Action:
    """`posegate demo`: makes the deliveries; what is left to do is to judge them."""
    from posegate.pipelines.demo import Spec, make

    spec = Spec(
        folder=Path(parsed.make or parsed.folder),
        instances=parsed.instances,
        seed=parsed.seed,
        weeks=parsed.weeks,
        annotators=parsed.annotators,
        shard=parsed.shard,
        gzip=parsed.gzip,
        clean=parsed.clean,
    )
    made = make(spec)
    records, faults = sum(made.records.values()), sum(made.faults.values())
    print(
        f"made {records:,} records with {faults:,} faults in {made.folder}/deliveries"
    )
    if parsed.make:
        return lambda: 0
    from posegate.pipelines.demo.show import show

    return lambda: show(made, sys.stdout)


COMMANDS: dict[str, Callable[[argparse.Namespace], Action]] = {
    "demo": demo,
    "calibrate": calibrate.act,
    "formats": formats.act,
    "convert": convert.act,
    "skeleton": skeleton.act,
    "rules": rules.act,
    "explain": explain.act,
}


if __name__ == "__main__":
    sys.exit(main())
