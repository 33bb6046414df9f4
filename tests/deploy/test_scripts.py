"""The scripts of deploy/ on machines that lack what they need, or call them wrongly."""

import shutil
import subprocess
from pathlib import Path

import pytest

DEPLOY = Path(__file__).parents[2] / "deploy"
SCRIPTS = ["prism/setup", "flink/setup", "flink/cluster", "flink/jobserver"]
USUAL = ("bash", "cat", "cksum", "dirname", "env", "grep", "mkdir", "sh")


def call(script: str, *arguments: str, path: Path | None = None) -> tuple[int, str]:
    """-> exit code, and what it said on standard error."""
    done = subprocess.run(
        [DEPLOY / script, *arguments],
        capture_output=True,
        text=True,
        timeout=30,
        env=None if path is None else {"PATH": str(path)},
    )
    return done.returncode, done.stderr


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """A PATH with the usual tools, and neither Go, Java nor Maven."""
    for name in USUAL:
        found = shutil.which(name)
        assert found is not None, name
        (tmp_path / name).symlink_to(found)
    return tmp_path


@pytest.mark.parametrize("script", SCRIPTS)
def test_help_is_not_an_error(script: str) -> None:
    assert call(script, "--help") == (0, "")


@pytest.mark.parametrize(
    ("script", "says"),
    [
        (
            "prism/setup",
            "deploy/prism/setup: no 'go' on PATH; install Go 1.26 or later",
        ),
        (
            "flink/setup",
            "deploy/flink/setup: no 'java' on PATH; install Java 11 or 17 "
            "(a runtime is enough)",
        ),
        (
            "flink/cluster start",
            "deploy/flink/cluster: no 'java' on PATH; install Java 11 or 17",
        ),
        (
            "flink/jobserver start [local]",
            "deploy/flink/jobserver: no 'java' on PATH; install Java 11 or 17",
        ),
    ],
)
def test_a_missing_tool_is_named_in_one_line(
    bare: Path, script: str, says: str
) -> None:
    name, *arguments = script.split()
    assert call(name, *arguments, path=bare) == (3, says + "\n")


def test_maven_is_missed_where_java_is_there(bare: Path) -> None:
    (bare / "java").symlink_to(bare / "env")
    says = "deploy/flink/setup: no 'mvn' on PATH; install Maven 3.6 or later\n"
    assert call("flink/setup", path=bare) == (3, says)


@pytest.mark.parametrize(
    ("call_", "says"),
    [
        ("prism/setup now", "unknown argument 'now'; it takes none"),
        ("flink/setup --pyton x", "unknown argument '--pyton'; see --help"),
        ("flink/setup --python", "--python needs the path of a Python"),
        ("flink/cluster start --slots two", "--slots needs a whole number, got 'two'"),
        ("flink/cluster start --tm 2", "unknown argument '--tm'; see --help"),
        ("flink/cluster status --state", "--state needs a folder"),
        ("flink/cluster kill-taskmanager", "needs a whole number, got ''"),
        ("flink/jobserver start", "start needs a Flink master, [local] or HOST:PORT"),
        ("flink/jobserver start local", "[local] or HOST:PORT, got 'local'"),
        ("flink/jobserver start [local] --port x", "--port needs a port, got 'x'"),
    ],
)
def test_a_wrong_call_exits_2_and_says_what_would_do(call_: str, says: str) -> None:
    name, *arguments = call_.split()
    code, said = call(name, *arguments)
    assert code == 2
    assert says in said
    assert said.count("\n") == 1


@pytest.mark.parametrize("script", ["flink/cluster", "flink/jobserver"])
def test_what_does_not_run_has_status_1_and_can_be_stopped(
    script: str, tmp_path: Path
) -> None:
    state = ("--state", str(tmp_path / "nothing"))
    assert call(script, "status", *state)[0] == 1
    assert call(script, "stop", *state)[0] == 0


def test_a_process_number_that_is_another_program_now_is_left_alone(
    tmp_path: Path,
) -> None:
    with subprocess.Popen(["sleep", "60"]) as other:
        (tmp_path / "jobserver.pid").write_text(f"{other.pid}\n")
        state = ("--state", str(tmp_path))
        assert call("flink/jobserver", "status", *state)[0] == 1
        assert call("flink/jobserver", "stop", *state) == (0, "")
        assert other.poll() is None
        other.kill()
