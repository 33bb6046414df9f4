"""What the type checker says: strictly of the plain Python, plainly of the Beam layer.

The folders at the top install under `posegate` by a mapping that type checkers do not
follow, so they are shown a folder in which the same names are links.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CACHE = ROOT / ".mypy_cache"
STRICT = ["--strict", "--no-warn-return-any"]
PLAIN_PYTHON = [
    "posegate.transforms.model",
    "posegate.transforms.kernels",
    "posegate.transforms.formats",
    "posegate.expectations.rules",
]
EVERYTHING = ["posegate.transforms", "posegate.expectations", "posegate.pipelines"]


@pytest.fixture(scope="module")
def house() -> Path:
    """A folder with posegate/transforms and the others; kept, for mypy's cache."""
    house = CACHE / "house"
    house.joinpath("posegate").mkdir(parents=True, exist_ok=True)
    for name in EVERYTHING:
        link = house / name.replace(".", "/")
        if not link.is_symlink():
            link.symlink_to(ROOT / link.name, target_is_directory=True)
    return house


def mypy(house: Path, options: list[str], packages: list[str]) -> tuple[int, str]:
    """Its exit code, and all that it says."""
    chosen = [word for name in packages for word in ("-p", name)]
    config = f"--config-file={ROOT / 'pyproject.toml'}"
    cache = f"--cache-dir={CACHE / ('strict' if options else 'plain')}"
    run = subprocess.run(
        [sys.executable, "-m", "mypy", config, cache, *options, *chosen],
        cwd=house,
        env={**os.environ, "MYPYPATH": str(house)},
        capture_output=True,
        text=True,
    )
    return run.returncode, run.stdout + run.stderr


def test_the_plain_python_is_typed_strictly(house: Path) -> None:
    code, said = mypy(house, STRICT, PLAIN_PYTHON)
    assert code == 0, said


def test_the_beam_layer_is_typed(house: Path) -> None:
    code, said = mypy(house, [], EVERYTHING)
    assert code == 0, said
