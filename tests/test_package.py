"""What is installed is all that is needed: packages, data files, pinned versions."""

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tomllib
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
HOUSE = ("pipelines", "transforms", "expectations")
BUILT_FROM = ("setup.py", "pyproject.toml", "README.md")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel of the tree as it stands, built from a copy so that nothing is left."""
    copy = tmp_path_factory.mktemp("tree")
    for name in HOUSE:
        shutil.copytree(ROOT / name, copy / name)
    for name in BUILT_FROM:
        if ROOT.joinpath(name).exists():
            shutil.copy(ROOT / name, copy)
    build = "from setuptools import build_meta; build_meta.build_wheel('dist')"
    subprocess.run([sys.executable, "-c", build], cwd=copy, check=True)
    [built] = copy.joinpath("dist").glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    zipfile.ZipFile(wheel).extractall(folder)
    return folder


def shipped() -> set[str]:
    """Every file of the house, as it is to be named inside."""
    return {
        f"posegate/{path.relative_to(ROOT)}"
        for top in HOUSE
        for path in ROOT.joinpath(top).rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }


def test_the_wheel_holds_every_file(wheel: Path) -> None:
    assert shipped() - set(zipfile.ZipFile(wheel).namelist()) == set()


def test_the_wheel_holds_nothing_else(wheel: Path) -> None:
    strangers = {
        name
        for name in zipfile.ZipFile(wheel).namelist()
        if not re.match(r"posegate/|posegate-[\d.]+\.dist-info/", name)
    }
    assert strangers == set()


@pytest.mark.slow
def test_every_module_imports_from_the_installed_wheel(installed: Path) -> None:
    names = sorted(
        name.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        for name in shipped()
        if name.endswith(".py") and not name.endswith("__main__.py")
    )
    code = (
        "import importlib\n"
        f"for name in {names!r}:\n"
        "    print(importlib.import_module(name).__file__)"
    )
    said = from_wheel(installed, code)
    assert len(said.splitlines()) == len(names)
    assert all(line.startswith(str(installed)) for line in said.splitlines())


@pytest.mark.slow
def test_the_command_starts_from_the_installed_wheel(installed: Path) -> None:
    code = "import sys; sys.argv = ['posegate', '--help']\n"
    code += "from posegate.pipelines.__main__ import main; main()"
    assert "posegate" in from_wheel(installed, code)


def from_wheel(installed: Path, code: str) -> str:
    """What such a program prints, in a Python that does not see the checkout.

    `-S` keeps away the .pth file by which the editable install names the checkout.
    """
    packages = sysconfig.get_path("purelib")
    path = os.pathsep.join([str(installed), packages])
    run = subprocess.run(
        [sys.executable, "-S", "-P", "-W", "error", "-c", code],
        env={**os.environ, "PYTHONPATH": path},
        cwd=installed,
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stderr
    return run.stdout


def constraints() -> list[Requirement]:
    lines = ROOT.joinpath("constraints.txt").read_text().splitlines()
    return [Requirement(line) for line in lines if not line.startswith("#")]


def test_every_requirement_has_an_exact_version_and_satisfies_the_package() -> None:
    project = tomllib.loads(ROOT.joinpath("pyproject.toml").read_text())["project"]
    asked = [*project["dependencies"], *project["optional-dependencies"]["test"]]
    versions = {canonicalize_name(pin.name): pin for pin in constraints()}
    for text in asked:
        requirement = Requirement(text)
        [exact] = versions[canonicalize_name(requirement.name)].specifier
        assert requirement.specifier.contains(exact.version), text


def test_constraints_are_exact_and_name_no_registry() -> None:
    for pin in constraints():
        assert [exact.operator for exact in pin.specifier] == ["=="], pin
        assert pin.url is None
    assert "://" not in ROOT.joinpath("constraints.txt").read_text()


@pytest.mark.parametrize("file", ["requirements.txt", "uv.lock", "poetry.lock"])
def test_there_is_one_list_of_versions(file: str) -> None:
    assert not ROOT.joinpath(file).exists()
