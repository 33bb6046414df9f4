"""The script that starts everything, on machines that lack one thing or another.

What is set up in the quick tests is a small house: the real script, a package of two
lines, and no requirement but setuptools, taken from this environment. The slow tests
install everything, from the registry that this machine is configured for.
"""

import os
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass, field
from importlib.metadata import distribution
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TREE = ("run", "pyproject.toml", "setup.py", "constraints.txt", "README.md")
HOUSE = ("pipelines", "transforms", "expectations")
TOOLS = ("cat", "cksum", "dirname", "env", "mkdir", "readlink", "rm", "rmdir", "sleep")
TOOLS += ("sh", "tail")

SMALL = """
[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"
[project]
name = "posegate"
version = "0"
[project.optional-dependencies]
test = []
"""
SETUP = """
from setuptools import setup
setup(packages=["posegate.pipelines"], package_dir={"posegate.pipelines": "pipelines"})
"""
MAIN = """
import os, sys
print(os.getcwd(), sys.argv[1:])
"""
WITHOUT = 'case "$2" in {modules}) echo "No module named $2" >&2; exit 1;; esac\n'


@dataclass
class Machine:
    """A PATH of its own, with the usual tools, and a checkout somewhere."""

    path: Path
    checkout: Path
    environment: dict[str, str] = field(default_factory=dict)

    def program(self, name: str, script: str) -> None:
        self.path.joinpath(name).write_text(f"#!/bin/sh\n{script}\n")
        self.path.joinpath(name).chmod(0o755)

    def python(self, executable: str = sys.executable, without: str = "") -> None:
        """Puts python3 on PATH, perhaps without some modules: "venv|virtualenv"."""
        missing = WITHOUT.format(modules=without) if without else ""
        self.program("python3", f'{missing}exec "{executable}" "$@"')

    def start(
        self, *words: str, script: Path | None = None, cwd: Path | None = None
    ) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [script or self.checkout / "run", *words],
            env={"PATH": str(self.path), **self.environment},
            cwd=cwd or self.path,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(
        self, *words: str, script: Path | None = None, cwd: Path | None = None
    ) -> tuple[int, str, str]:
        """Exit code, standard output and standard error of ./run."""
        process = self.start(*words, script=script, cwd=cwd)
        out, err = process.communicate()
        return process.returncode, out, err

    def made(self) -> bool:
        return self.checkout.joinpath(".venv").exists()


def base_python() -> str:
    """The Python that this environment was made from."""
    return str(Path(sys.base_prefix, "bin", f"python3.{sys.version_info[1]}"))


def bare_machine(folder: Path) -> Machine:
    folder.joinpath("bin").mkdir()
    for tool in TOOLS:
        if found := shutil.which(tool):
            folder.joinpath("bin", tool).symlink_to(found)
    folder.joinpath("check out").mkdir()
    return Machine(folder / "bin", folder / "check out")


def small_machine(folder: Path) -> Machine:
    """One with a Python and the small house, which installs without a network."""
    machine = bare_machine(folder)
    house = machine.checkout
    shutil.copy(ROOT / "run", house)
    house.joinpath("pipelines").mkdir()
    house.joinpath("pipelines/__init__.py").touch()
    house.joinpath("pipelines/__main__.py").write_text(MAIN)
    house.joinpath("pyproject.toml").write_text(SMALL)
    house.joinpath("setup.py").write_text(SETUP)
    folder.joinpath("wheels").mkdir()
    version = repack("setuptools", folder / "wheels")
    house.joinpath("constraints.txt").write_text(f"setuptools=={version}\n")
    machine.environment = {
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(folder / "wheels"),
    }
    machine.python(base_python())
    return machine


def repack(name: str, folder: Path) -> str:
    """Puts the wheel that an installed distribution came from there -> its version."""
    installed = distribution(name)
    wheel = folder / f"{name}-{installed.version}-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for file in installed.files or []:
            if ".." not in file.parts and file.suffix != ".pyc":
                archive.write(str(file.locate()), str(file))
    return installed.version


def full_machine(folder: Path, executable: str) -> Machine:
    """One with this checkout's own files, and the registry of the real machine."""
    machine = bare_machine(folder)
    for name in HOUSE:
        shutil.copytree(ROOT / name, machine.checkout / name)
    for name in TREE:
        if ROOT.joinpath(name).exists():
            shutil.copy(ROOT / name, machine.checkout)
    machine.environment = {
        name: value for name, value in os.environ.items() if name != "PATH"
    }
    machine.python(executable)
    return machine


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return small_machine(tmp_path)


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Machine:
    """A small house, set up."""
    machine = small_machine(tmp_path_factory.mktemp("ready"))
    code, _, err = machine.run("set-up")
    assert code == 0, err
    assert "setting up .venv with Python 3" in err
    return machine


def test_help_needs_no_set_up(machine: Machine) -> None:
    for words in [(), ("help",), ("--help",)]:
        code, out, err = machine.run(*words)
        assert (code, err) == (0, "")
        assert "./run demo" in out
    assert not machine.made()


def test_without_a_python_it_says_which_one_to_install(tmp_path: Path) -> None:
    machine = bare_machine(tmp_path)
    shutil.copy(ROOT / "run", machine.checkout)
    for name in ("pyproject.toml", "setup.py", "constraints.txt"):
        machine.checkout.joinpath(name).touch()
    machine.program("python3", "exit 1")  # as a version manager's empty name does
    code, out, err = machine.run("demo")
    assert (code, out) == (3, "")
    assert err == (
        "run: no Python 3.11, 3.12 or 3.13 on PATH: "
        "install one, for example: apt install python3 python3-venv\n"
    )


def test_a_python_that_can_make_no_environment_is_named(machine: Machine) -> None:
    machine.python(base_python(), without="venv|virtualenv|pip")
    code, _, err = machine.run("demo")
    assert code == 3
    assert "can make no environment" in err
    assert err.endswith("install uv, or: apt install python3-venv\n")
    assert not machine.made()


def test_packages_that_cannot_be_had_end_with_what_pip_said(machine: Machine) -> None:
    machine.environment["PIP_FIND_LINKS"] = str(machine.path)
    code, _, err = machine.run("demo")
    assert code == 3
    assert "ERROR: " in err
    assert "setuptools" in err
    assert f"all of it: {machine.checkout}/.venv.log" in err


def test_the_second_call_starts_at_once(ready: Machine) -> None:
    made = ready.checkout.joinpath(".venv/made-from").stat().st_mtime_ns
    code, _, err = ready.run("demo")
    assert (code, err) == (0, "")
    assert ready.checkout.joinpath(".venv/made-from").stat().st_mtime_ns == made
    assert sorted(ready.checkout.glob(".venv*")) == [ready.checkout / ".venv"]


def test_words_and_folder_reach_the_command_as_given(
    ready: Machine, tmp_path: Path
) -> None:
    words = ("run", "a delivery", "", "--project", "*.toml")
    assert ready.run(*words, cwd=tmp_path)[1] == f"{tmp_path} {list(words)}\n"


def test_it_works_through_links(ready: Machine, tmp_path: Path) -> None:
    tmp_path.joinpath("over there").mkdir()
    link = tmp_path / "over there/posegate"
    link.symlink_to(ready.checkout / "run")
    tmp_path.joinpath("again").symlink_to("over there/posegate")
    for script in (link, tmp_path / "again"):
        assert ready.run("demo", script=script) == (0, f"{ready.path} ['demo']\n", "")


def test_an_edit_acts_without_another_set_up(ready: Machine) -> None:
    main = ready.checkout / "pipelines/__main__.py"
    main.write_text("import posegate.pipelines.later")
    main.with_name("later.py").write_text("print('edited')")
    assert ready.run("demo") == (0, "edited\n", "")
    main.write_text(MAIN)


def test_the_exit_code_is_the_command_s(ready: Machine) -> None:
    main = ready.checkout / "pipelines/__main__.py"
    main.write_text("raise SystemExit(1)")
    assert ready.run("run") == (1, "", "")
    main.write_text(MAIN)


def test_benchmarks_start_from_their_folder(ready: Machine) -> None:
    folder = ready.checkout / "tests/benchmarks"
    folder.mkdir(parents=True)
    folder.joinpath("__main__.py").write_text(MAIN)
    assert ready.run("bench", "oks")[1] == f"{ready.path} ['oks']\n"


@pytest.mark.parametrize(
    "shell",
    [
        pytest.param("dash", marks=pytest.mark.needs("dash")),
        pytest.param("busybox", marks=pytest.mark.needs("busybox")),
    ],
)
def test_it_is_plain_sh(ready: Machine, shell: str) -> None:
    applet = ["sh"] if shell == "busybox" else []
    out = subprocess.check_output(
        [shutil.which(shell), *applet, ready.checkout / "run", "demo"],
        env={"PATH": str(ready.path)},
        cwd=ready.path,
        text=True,
    )
    assert out == f"{ready.path} ['demo']\n"


def test_a_half_made_environment_is_made_again_and_a_dead_lock_broken(
    machine: Machine,
) -> None:
    machine.checkout.joinpath(".venv/bin").mkdir(parents=True)
    machine.checkout.joinpath(".venv/bin/python").symlink_to("/nowhere")
    dead = subprocess.Popen(["true"])
    dead.wait()
    machine.checkout.joinpath(".venv.lock").write_text(f"{dead.pid}\n")
    assert machine.run("demo")[:2] == (0, f"{machine.path} ['demo']\n")
    assert sorted(machine.checkout.glob(".venv*")) == [machine.checkout / ".venv"]


@pytest.mark.slow
def test_where_uv_finds_no_registry_pip_may(machine: Machine) -> None:
    machine.program("uv", "echo no registry >&2; exit 2")
    assert machine.run("demo")[:2] == (0, f"{machine.path} ['demo']\n")


@pytest.mark.slow
def test_of_many_first_calls_one_sets_up(machine: Machine) -> None:
    calls = [machine.start("demo") for _ in range(4)]
    said = [call.communicate() for call in calls]
    assert [call.returncode for call in calls] == [0] * 4
    assert {out for out, _ in said} == {f"{machine.path} ['demo']\n"}
    assert sum(err.startswith("run: setting up") for _, err in said) == 1
    assert sum("is setting up .venv; waiting" in err for _, err in said) == 3


@pytest.mark.slow
@pytest.mark.parametrize("file", ["pyproject.toml", "setup.py", "constraints.txt"])
def test_other_requirements_make_it_again(machine: Machine, file: str) -> None:
    assert machine.run("set-up")[0] == 0
    with machine.checkout.joinpath(file).open("a") as out:
        out.write("\n# changed\n")
    assert "setting up" in machine.run("demo")[2]


@pytest.mark.slow
def test_a_moved_checkout_makes_it_again(machine: Machine) -> None:
    assert machine.run("set-up")[0] == 0
    machine.checkout = machine.checkout.rename(machine.checkout.with_name("moved"))
    code, out, err = machine.run("demo")
    assert (code, out) == (0, f"{machine.path} ['demo']\n")
    assert "setting up" in err


def pythons(version: str) -> str:
    """The executable of a version, as it says itself: a name on PATH may be a shim."""
    command = [f"python{version}", "-c", "import sys; print(sys.executable)"]
    try:
        return subprocess.check_output(
            command, text=True, stderr=subprocess.DEVNULL
        ).strip()
    except (OSError, subprocess.CalledProcessError):
        pytest.skip(f"no Python {version} here")


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("version", ["3.11", "3.12", "3.13"])
@pytest.mark.parametrize("uv", [False, True], ids=["pip", "uv"])
def test_everything_installs(version: str, uv: bool, tmp_path: Path) -> None:
    machine = full_machine(tmp_path, pythons(version))
    if uv:
        tools = tmp_path / "tools"
        subprocess.run(
            [sys.executable, "-m", "venv", tools], check=True, capture_output=True
        )
        subprocess.run([tools / "bin/pip", "install", "-q", "uv"], check=True)
        machine.path.joinpath("uv").symlink_to(tools / "bin/uv")
    code, _, err = machine.run("test", "--version")
    assert code == 0, err
    assert f"setting up .venv with Python {version}" in err
    installed = machine.checkout / ".venv/lib" / f"python{version}" / "site-packages"
    assert installed.joinpath("pip").exists() != uv
    check = "import apache_beam, posegate.transforms.model.schema as s; print(s)"
    python = machine.checkout / ".venv/bin/python"
    said = subprocess.check_output([python, "-W", "error", "-c", check], text=True)
    assert str(machine.checkout) in said


def managed_python() -> str:
    """A Python whose pip refuses to install outside an environment (PEP 668)."""
    ask = "import sysconfig; print(sysconfig.get_path('stdlib'))"
    executable = shutil.which("python3", path="/usr/bin")
    if executable:
        stdlib = subprocess.check_output([executable, "-c", ask], text=True).strip()
        if Path(stdlib, "EXTERNALLY-MANAGED").exists():
            return executable
    pytest.skip("no Python here whose pip is externally managed")


@pytest.mark.slow
@pytest.mark.parametrize("without", ["", "venv"])
def test_a_pip_that_refuses_is_no_obstacle(without: str, tmp_path: Path) -> None:
    machine = small_machine(tmp_path)
    machine.environment = {
        name: value for name, value in os.environ.items() if name != "PATH"
    }
    machine.python(managed_python(), without=without)
    code, out, err = machine.run("demo")
    assert (code, out) == (0, f"{machine.path} ['demo']\n"), err
