"""Every trap of every format: the smallest delivery that shows it.

`cases/<format>.toml` has a skeleton and `[[case]]` tables:

    code      what must be among the repairs, the reasons or the notes
    files     name -> text; or
    maker     a function of tests/samples/<format>.py that gives name -> bytes
    rows      how many rows come out (optional)
    jobs      a job table as CSV (optional)
    side      the text of delivery.toml (optional)
"""

import tomllib
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from posegate.transforms.formats import formats
from posegate.transforms.model import jobs
from posegate.transforms.model.skeleton import Skeleton, load
from samples.reading import Reading

FOLDER = Path(__file__).parent / "cases"


def cases() -> list[Any]:
    found = []
    for path in sorted(FOLDER.glob("*.toml")):
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        for i, case in enumerate(table["case"]):
            case = {"skeleton": table.get("skeleton"), **case, "format": path.stem}
            found.append(pytest.param(case, id=f"{case['code']}-{i}"))
    return found


def skeleton_of(said: Any) -> Skeleton:
    """One that is shipped, by name, or one of these keypoints."""
    return (
        load(said) if isinstance(said, str) else Skeleton("s", (*said,), (), (), None)
    )


@pytest.mark.parametrize("case", cases())
def test_a_trap_is_reported(case: dict[str, Any]) -> None:
    if "maker" in case:
        samples = import_module(f"samples.{case['format'].replace('-', '_')}")
        files = getattr(samples, case["maker"])()
    else:
        files = {name: text.encode() for name, text in case["files"].items()}
    table = jobs.parse(case["jobs"].encode(), "jobs.csv") if "jobs" in case else None
    got = Reading(
        files, skeleton_of(case["skeleton"]), jobs=table, side=case.get("side", "")
    )
    assert case["code"] in got.codes
    assert not got.undocumented()
    if "rows" in case:
        assert len(got.rows) == case["rows"]


@pytest.mark.parametrize("name", sorted(formats()))
def test_every_trap_has_a_case_and_a_sentence(name: str) -> None:
    module = formats()[name]
    told = {
        case.values[0]["code"] for case in cases() if case.values[0]["format"] == name
    }
    assert set(module.TRAPS) - told == set()
    for code, said in module.TRAPS.items():
        assert code.startswith(f"{name}.")
        assert said.endswith(".")
