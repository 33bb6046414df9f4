"""How the command line speaks: in lines, progress apart from results."""

import io
import logging
import os
import re
import sys
import warnings

STEP = re.compile(r" \[while running '([^']*)'\]$")
"""What Beam appends to an error that a step raised."""


def printable(text: str) -> str:
    """A text that may hold a vendor's names as one line that no terminal acts on."""
    return "".join(
        c if c.isprintable() else c.encode("unicode_escape").decode() for c in text
    )


def explain(error: Exception) -> list[str]:
    """An error's sentences; of the system's errors, the path before what is wrong."""
    if isinstance(error, OSError) and error.filename and error.strerror:
        return [f"{error.filename}: {error.strerror}"]
    lines = [line for line in str(error).splitlines() if line.strip()]
    return [STEP.sub(r" (in \1)", line) for line in lines] or [type(error).__name__]


def complain(error: Exception, code: int) -> None:
    """Says what is wrong; a mistake in a project.toml may be several, each a line."""
    lines = explain(error)
    for line in lines if code == 2 else lines[:1]:
        print(f"posegate: {printable(line)}", file=sys.stderr)
    if code == 3:
        print("posegate: the run broke; --debug shows where", file=sys.stderr)


def tell(text: str) -> None:
    """Prints a result; a reader who stopped listening takes nothing away from it."""
    try:
        print(text, flush=True)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def speak(debug: bool) -> None:
    """Progress goes to standard error; other libraries speak only of trouble.

    What the terminal's encoding cannot show is printed escaped.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    ours = logging.getLogger("posegate")
    ours.setLevel(logging.INFO)
    ours.handlers = [logging.StreamHandler(sys.stderr)]
    if not logging.getLogger().handlers:
        others = logging.StreamHandler(sys.stderr)
        # What Beam logs as an error, with its traceback, it raises as well.
        others.setLevel(logging.ERROR if debug else logging.CRITICAL)
        others.addFilter(lambda record: not record.name.startswith("posegate"))
        logging.getLogger().addHandler(others)
    warnings.filterwarnings("ignore")
