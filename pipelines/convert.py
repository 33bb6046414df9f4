"""`posegate convert`: a delivery in another format, and what that loses."""

import argparse

from posegate.pipelines import speech
from posegate.pipelines.commands import Action, Commands, command

EPILOG = """\
IN is a delivery as for `run`. OUT is a folder that is new or empty, a gs:// prefix, or
a file with the target's ending. What the target cannot hold is listed before anything
is written; what was written is read again and compared. Both stand in OUT.loss.txt.

exit codes: 0 converted, 1 something changed that the target should have kept, or no
row was written, 2 a mistake in the call, 3 it broke
"""


def add(commands: Commands) -> None:
    """`posegate convert` and what can be said to it."""
    parser = command(
        commands,
        "convert",
        help="write a delivery in another format",
        description="Writes a delivery in another format, and says what is lost.",
        epilog=EPILOG,
    )
    parser.add_argument("delivery", metavar="IN", help="folder, gs:// prefix or file")
    parser.add_argument("out", metavar="OUT", help="folder, gs:// prefix or file")
    parser.add_argument(
        "--to",
        required=True,
        metavar="FORMAT",
        help="coco, yolo-pose, parquet, cvat-images, ...",
    )
    which = parser.add_mutually_exclusive_group()
    which.add_argument(
        "--skeleton",
        help="a shipped skeleton, or the path of a TOML; else by IN's own names",
    )
    which.add_argument("--project", metavar="TOML", help="project.toml, which names it")
    parser.add_argument(
        "--format", metavar="NAME", help="what IN's files are, if they do not show it"
    )
    parser.add_argument(
        "--category", metavar="NAME", help="whose keypoints, of IN's own names"
    )


def act(parsed: argparse.Namespace) -> Action:
    """Checks all of the call and writes nothing yet."""
    from posegate.pipelines.conversion import prepare, run

    ready = prepare(
        parsed.delivery,
        parsed.out,
        parsed.to,
        skeleton=parsed.skeleton,
        settings=parsed.project,
        format=parsed.format,
        category=parsed.category,
    )

    def convert() -> int:
        report = run(ready)
        speech.tell(report.text(ready))
        return report.code(ready)

    return convert
