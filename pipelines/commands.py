"""What the sub-commands' parsers have in common."""

import argparse
from collections.abc import Callable
from typing import TypeAlias

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"
"""Where sub-commands are added."""

Action = Callable[[], int]
"""What a command does once its call is found right; gives the exit code."""


def command(
    commands: Commands, name: str, help: str, description: str, epilog: str
) -> argparse.ArgumentParser:
    """A sub-command's parser: its epilog as it is written, no abbreviated options."""
    return commands.add_parser(
        name,
        help=help,
        description=description,
        epilog=epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
