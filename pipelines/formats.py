"""`posegate formats`: what is read, what each format says, and its traps."""

import argparse
import inspect
import textwrap
from collections.abc import Sequence
from dataclasses import fields
from types import ModuleType

from posegate.pipelines import speech
from posegate.pipelines.commands import Action, Commands, command

EPILOG = """\
posegate formats                 every format, and what its files say
posegate formats COCO            one of them
posegate formats COCO --traps    what goes wrong in its files, and what is done about it
A format of your own is found through the entry point `posegate.formats`: see README.
"""

SAYS = ("annotator", "time", "review", "tracks", "visibility", "z", "masks")


def add(commands: Commands) -> None:
    """The sub-command's parser."""
    parser = command(
        commands,
        "formats",
        help="list the formats that are read, and their traps",
        description="Lists the formats that are read, and what each carries.",
        epilog=EPILOG,
    )
    parser.add_argument("name", nargs="?", metavar="FORMAT", help="only this one")
    parser.add_argument(
        "--traps", action="store_true", help="every code of a repair or a refusal"
    )


def act(parsed: argparse.Namespace) -> Action:
    """What the sub-command does; raises ValueError for a format that is none."""
    from posegate.transforms.formats import formats, named

    if parsed.name is None and not parsed.traps:
        text = overview(list(formats().values()))
    else:
        some = formats() if parsed.name is None else [parsed.name.lower()]
        modules = [named(name, "formats") for name in some]
        text = "\n\n".join(page(module, parsed.traps) for module in modules)

    def show() -> int:
        speech.tell(text)
        return 0

    return show


def overview(modules: Sequence[ModuleType]) -> str:
    """A table: a line a format, a column for each thing that it may say."""
    head = ("format", "endings", *SAYS, "written")
    rows = [head, *(line(module) for module in modules)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    table = "\n".join(
        "  ".join(
            cell.ljust(width) for cell, width in zip(row, widths, strict=True)
        ).rstrip()
        for row in rows
    )
    return f"{table}\n\n+ its files say it; `posegate formats NAME` tells where"


def line(module: ModuleType) -> tuple[str, ...]:
    """A format's line of the overview."""
    says = (getattr(module.CARRIES, name) for name in SAYS)
    return (
        str(module.NAME),
        " ".join(module.SUFFIXES),
        *("+" if said else "-" for said in says),
        "+" if hasattr(module, "write") else "-",
    )


def page(module: ModuleType, with_traps: bool) -> str:
    """All that there is to say of a format, as text."""
    from posegate.transforms.formats.traps import traps

    parts = [f"{module.NAME}: {inspect.cleandoc(module.__doc__ or 'no description')}"]
    table = [("endings", " ".join(module.SUFFIXES))]
    table += [
        (each.name, getattr(module.CARRIES, each.name) or "not in its files")
        for each in fields(module.CARRIES)
    ]
    if extra := getattr(module, "EXTRA", None):
        table.append(("needs", f"pip install 'posegate[{extra}]'"))
    parts.append("\n".join(wrapped(name, said) for name, said in table))
    if with_traps:
        said = traps(module)
        own, others = sorted(module.TRAPS), sorted(said.keys() - module.TRAPS.keys())
        for codes in (own, others):
            parts.append("\n".join(wrapped(code, said[code]) for code in codes))
    return "\n\n".join(part for part in parts if part)


def wrapped(name: str, said: str) -> str:
    """A name and its text, the text indented and wrapped."""
    if len(name) <= 12:
        return textwrap.fill(
            said, 88, initial_indent=f"  {name:12} ", subsequent_indent=" " * 15
        )
    text = textwrap.fill(said, 88, initial_indent=" " * 6, subsequent_indent=" " * 6)
    return f"  {name}\n{text}"
