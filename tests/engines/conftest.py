"""The engines that the tests here run on: each a fixture that starts and stops one.

An engine that is not installed skips, with a reason that begins with "needs " and names
the script that installs it. Nothing here downloads anything.
"""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from shutil import which
from types import FrameType

import pytest

HERE = Path(__file__).parent
sys.path.append(str(HERE))  # importlib mode leaves test helpers off the path

from processes import first_line, group, python, run, tails  # noqa: E402

ROOT = HERE.parents[1]
FLINK = ROOT / "deploy" / "flink"
TOOLS = ROOT / ".tools"


@dataclass(frozen=True)
class Engine:
    """Where pipelines run: Beam's options for it, and the folder of its logs."""

    name: str
    options: tuple[str, ...]
    logs: Path


@pytest.fixture(scope="session", autouse=True)
def stopped_in_order() -> Iterator[None]:
    """SIGTERM ends the session with what fixtures have to stop, instead of at once."""

    def stop(signum: int, frame: FrameType | None) -> None:
        pytest.exit("terminated", returncode=128 + signum)

    before = signal.signal(signal.SIGTERM, stop)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.fixture(scope="session")
def in_process(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    """Beam's runner within the process: what the others are compared with."""
    logs = tmp_path_factory.mktemp("in-process")
    return Engine("in process", ("--runner=FnApiRunner",), logs)


@pytest.fixture(scope="session")
def prism(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    """Prism, started by Beam for each pipeline and ended with its process group."""
    binary = TOOLS / "bin" / "prism"
    if not binary.is_file():
        pytest.skip("needs Go and prism: deploy/prism/setup")
    options = (
        "--runner=PrismRunner",
        f"--prism_location={binary}",
        "--environment_type=LOOPBACK",
    )
    return Engine("prism", options, tmp_path_factory.mktemp("prism"))


@pytest.fixture(scope="session")
def flink_embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """Flink within Beam's job server; workers in the submitting process."""
    need_flink()
    logs = tmp_path_factory.mktemp("flink-embedded")
    with jobserver("[local]", logs) as endpoint:
        options = (*portable(endpoint), "--environment_type=LOOPBACK")
        yield Engine("embedded Flink", options, logs)


@pytest.fixture(scope="session")
def flink_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """A JobManager, two TaskManagers, and one pool of workers for both of them."""
    need_flink()
    logs = tmp_path_factory.mktemp("flink-cluster")
    with (
        cluster(logs / "cluster") as master,
        jobserver(master, logs / "jobserver") as endpoint,
        pool(logs / "pool.log") as workers,
    ):
        external = ("--environment_type=EXTERNAL", f"--environment_config={workers}")
        yield Engine("Flink cluster", (*portable(endpoint), *external), logs)


def need_flink() -> None:
    if which("java") is None or not (TOOLS / "flink" / "lib" / ".stamp").is_file():
        pytest.skip("needs Java, Maven and Flink: deploy/flink/setup")


def portable(endpoint: str) -> tuple[str, ...]:
    return ("--runner=PortableRunner", f"--job_endpoint={endpoint}", "--parallelism=2")


@contextmanager
def cluster(state: Path) -> Iterator[str]:
    """A cluster of two TaskManagers -> its REST address."""
    with daemon("cluster", state, "start", "--taskmanagers", "2") as address:
        yield address


@contextmanager
def jobserver(master: str, state: Path) -> Iterator[str]:
    """A job server for a Flink master -> its address."""
    with daemon("jobserver", state, "start", master) as address:
        yield address


@contextmanager
def daemon(script: str, state: Path, *start: str) -> Iterator[str]:
    """What a script of deploy/flink starts, and stops for certain -> its address."""
    program = [str(FLINK / script)]
    where = ["--state", str(state)]
    state.mkdir(parents=True, exist_ok=True)
    try:
        started = subprocess.run(
            [*program, *start, *where], capture_output=True, text=True, timeout=150
        )
        assert started.returncode == 0, f"{started.stderr}\n{tails(state)}"
        yield started.stdout.strip()
    finally:
        run([*program, "stop", *where], state / "stop.log", seconds=60)


@contextmanager
def pool(log: Path) -> Iterator[str]:
    """Workers for TaskManagers of this machine -> the pool's address."""
    command = python("-P", "-m", "posegate.pipelines.pool")
    with group(command, log, stdout=subprocess.PIPE) as process:
        yield first_line(process, log)
