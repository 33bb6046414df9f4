"""The house keeps its shape: who may import whom, and how long a module may be."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
HOUSE = ("transforms", "expectations", "pipelines")
"""From the ground up: each may import itself and what stands before it."""

SHELVES = ("model", "kernels", "formats", "dashboard")
"""The folders of `transforms`, from the ground up too; none of them imports Beam."""

LONGEST = 400
MACHINE_PATH = re.compile(r"(?<![\w.:/<])/(work|root|home|Users)/\w+")


def files(*suffixes: str) -> list[str]:
    """Every file of the house, its tests and its deployment, from the root."""
    return sorted(
        str(path.relative_to(ROOT))
        for top in (*HOUSE, "tests", "deploy")
        for path in ROOT.joinpath(top).rglob("*")
        if path.suffix in suffixes and path.is_file()
    )


MODULES = files(".py")
TEXTS = files(
    ".py", ".sh", ".md", ".toml", ".json", ".html", ".css", ".yaml", ".tf", ""
)


def imports(source: str) -> Iterator[str]:
    """The full name of every module, or member of one, that the source imports."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            package = "." * node.level + (node.module or "")
            yield from (f"{package}.{alias.name}" for alias in node.names)


def complaints(path: str, source: str) -> list[str]:
    """The imports in a file of the house that its place forbids."""
    place = path.split("/")
    return [name for name in imports(source) if forbidden(name, place)]


def forbidden(name: str, place: list[str]) -> bool:
    first, *rest = name.split(".")
    if first in ("", *HOUSE):
        return True
    if place[0] not in HOUSE or first not in ("posegate", "apache_beam"):
        return False
    shelf = place[1] if place[1] in SHELVES else None
    if first == "apache_beam":
        return shelf is not None
    if rest[0] != place[0]:
        return HOUSE.index(rest[0]) > HOUSE.index(place[0])
    return shelf is not None and rest[1] not in SHELVES[: SHELVES.index(shelf) + 1]


@pytest.mark.parametrize("path", MODULES)
def test_imports_go_one_way(path: str) -> None:
    assert complaints(path, ROOT.joinpath(path).read_text()) == []


@pytest.mark.parametrize("path", MODULES)
def test_a_module_is_at_most_400_lines(path: str) -> None:
    lines = ROOT.joinpath(path).read_text().count("\n")
    assert lines <= LONGEST


@pytest.mark.parametrize("path", TEXTS)
def test_no_file_knows_the_machine_it_was_written_on(path: str) -> None:
    assert MACHINE_PATH.findall(ROOT.joinpath(path).read_text()) == []


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("transforms/kernels/oks.py", "import apache_beam as beam"),
        ("transforms/model/poses.py", "from apache_beam.io import x"),
        ("transforms/kernels/oks.py", "from posegate.transforms.formats import coco"),
        ("transforms/kernels/oks.py", "from posegate.transforms import ingest"),
        ("transforms/agree.py", "import posegate.expectations.rules"),
        ("expectations/rules/anatomy.py", "from posegate.pipelines import project"),
        ("pipelines/gate.py", "from transforms.model import schema"),
        ("pipelines/gate.py", "from .project import Project"),
        ("tests/test_x.py", "def f():\n    from transforms import model"),
    ],
)
def test_a_forbidden_import_is_found(path: str, source: str) -> None:
    assert len(complaints(path, source)) == 1


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("transforms/agree.py", "import apache_beam as beam"),
        ("transforms/agree.py", "from posegate.transforms.kernels.oks import oks"),
        ("transforms/formats/coco.py", "from posegate.transforms.model import schema"),
        ("expectations/rules/anatomy.py", "import posegate.transforms.model.rule"),
        ("pipelines/gate.py", "from posegate.expectations import rules"),
        ("tests/test_x.py", "from posegate.pipelines import gate"),
    ],
)
def test_an_allowed_import_is_not(path: str, source: str) -> None:
    assert complaints(path, source) == []
