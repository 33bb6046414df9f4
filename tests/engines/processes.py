"""Commands with a time limit, whose failure shows what they and their engine said."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

TAIL = 4000


@contextmanager
def group(
    command: Sequence[str],
    log: Path,
    stdout: int | IO[bytes] | None = None,
) -> Iterator[subprocess.Popen[bytes]]:
    """A process and all that it starts; none of them outlives the block."""
    with log.open("ab") as errors:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=stdout or errors,
            stderr=errors,
            start_new_session=True,
        )
        try:
            yield process
        finally:
            kill_group(process.pid)
            process.wait()
            if process.stdout:
                process.stdout.close()


def kill_group(leader: int) -> None:
    try:
        os.killpg(leader, signal.SIGKILL)
    except ProcessLookupError:
        return


def run(
    command: Sequence[str],
    log: Path,
    seconds: float,
    expect: Sequence[int] = (0,),
) -> int:
    """Run to the end and return the exit code, one of those expected.

    Raises:
        AssertionError: another exit code, or not done in time; shows the ends of the
            command's log and of every log beside it.
    """
    with group(command, log) as process:
        try:
            code = process.wait(seconds)
        except subprocess.TimeoutExpired:
            code = None
    if code in expect:
        return code
    said = f"not done after {seconds:.0f} s" if code is None else f"exit {code}"
    raise AssertionError(f"{said}: {' '.join(command)}\n{tails(log.parent)}")


def tails(folder: Path) -> str:
    """The ends of all logs under a folder."""
    return "\n".join(
        f"--- {log}\n{log.read_text(errors='replace')[-TAIL:]}"
        for log in sorted(folder.rglob("*.log"))
    )


def first_line(process: subprocess.Popen[bytes], log: Path) -> str:
    """What a server prints when it is ready; it must not end without a word."""
    assert process.stdout is not None
    line = process.stdout.readline().decode().strip()
    if not line:
        raise AssertionError(f"{process.args!r} ended early\n{tails(log.parent)}")
    return line


def python(*arguments: str) -> list[str]:
    """A command for the Python of these tests."""
    return [sys.executable, *arguments]
