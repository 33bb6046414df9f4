"""The commands: `posegate run`, `posegate demo`."""

import argparse
import logging
import sys
import warnings
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path

EPILOG = """\
exit codes: 0 accepted, 1 the gate said no (reject or hold), 2 a mistake in the call or
in project.toml, 3 the run broke. Results are written before a 1.
"""

RUN_EPILOG = (
    """\
DELIVERY is a folder, a gs:// prefix, or one file. What it may hold:
  *.json, *.json.gz   COCO keypoints, any number of shards
  delivery.toml       optional: who, when, and what the export does not say
The least project.toml:
  project  = "bowling"
  skeleton = "coco_17"       # or the path of a TOML
  policy   = "general"       # or "sports", or the path of a TOML
  output   = "quality"       # or gs://bucket/quality
Options after -- go to Beam, e.g. -- --runner=FlinkRunner --flink_master=HOST:PORT

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
    run = commands.add_parser(
        "run",
        help="judge one delivery",
        description="Judges one delivery and writes what follows from it.",
        epilog=RUN_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    run.add_argument(
        "delivery", metavar="DELIVERY", help="folder, gs:// prefix or file"
    )
    run.add_argument("--project", required=True, metavar="TOML", help="project.toml")
    run.add_argument(
        "--output", help="where results go, instead of the project's output"
    )
    run.add_argument(
        "--dry-run", action="store_true", help="check everything, run nothing"
    )
    run.add_argument("--debug", action="store_true", help="show tracebacks")
    add_demo(commands)
    return top


def add_demo(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """`posegate demo` and its generator."""
    demo = commands.add_parser(
        "demo",
        help="make deliveries with known faults and judge them",
        description="Makes weekly deliveries with known faults, runs the gate on each "
        "as a schedule would, and says how many of the faults were found.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
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
    demo.add_argument("--debug", action="store_true", help="show tracebacks")


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command and returns its exit code; one line, no traceback, if it fails."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    beam: list[str] = []
    if "--" in given:
        cut = given.index("--")
        given, beam = given[:cut], given[cut + 1 :]
    parsed = parser().parse_args(given)
    quiet()
    try:
        if parsed.command == "run":
            return run(parsed, beam)
        return demo(parsed)
    except KeyboardInterrupt:
        print("posegate: stopped; nothing of this run counts", file=sys.stderr)
        return 130
    except (ValueError, FileNotFoundError) as error:
        return fail(error, 2, parsed.debug)
    except Exception as error:  # the last line of defence: the process ends here
        return fail(error, 3, parsed.debug)


def fail(error: Exception, code: int, debug: bool) -> int:
    """Says what is wrong, in a line (or a traceback on request)."""
    if debug:
        raise error
    lines = [line for line in str(error).splitlines() if line.strip()]
    for line in lines if code == 2 else lines[:1]:
        print(f"posegate: {line}", file=sys.stderr)
    if not lines:
        print(f"posegate: {type(error).__name__}", file=sys.stderr)
    if code == 3:
        print("posegate: the run broke; --debug shows where", file=sys.stderr)
    return code


def quiet() -> None:
    """Progress goes to standard error; other libraries speak only of trouble."""
    logging.basicConfig(level=logging.WARNING, format="%(message)s", stream=sys.stderr)
    logging.getLogger("posegate").setLevel(logging.INFO)
    logging.getLogger("apache_beam").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore")


def run(parsed: argparse.Namespace, beam: Sequence[str]) -> int:
    """`posegate run`."""
    from posegate.pipelines import launch, plan, project

    launch.options(beam)
    settings = project.load(parsed.project, parsed.output)
    ready = plan.prepare(parsed.delivery, settings, launch.runtime(beam))
    if parsed.dry_run:
        print(launch.outlook(ready))
        return 0
    report = launch.run(ready, beam, sys.stderr)
    print(launch.summary(report, ready))
    return launch.exit_code(report)


def demo(parsed: argparse.Namespace) -> int:
    """`posegate demo`."""
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
        return 0
    from posegate.pipelines.demo.show import show

    return show(made, sys.stdout)


if __name__ == "__main__":
    sys.exit(main())
