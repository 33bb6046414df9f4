"""What is known to go wrong in the field is said by a code, found by a rule, or stated.

That each code of a format has a case that shows it, `test_traps` sees to.
"""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from posegate.expectations.rules import RULES
from posegate.pipelines.plan import BRANCH_MANUALS
from posegate.transforms.formats import formats
from posegate.transforms.formats.traps import traps

TRAPS: list[dict[str, Any]] = tomllib.loads(
    Path(__file__).with_name("field.toml").read_text("utf-8")
)["trap"]


@pytest.mark.parametrize(
    "trap", TRAPS, ids=lambda trap: f"{trap['of']}: {trap['what']}"
)
def test_a_trap_of_the_field_is_told(trap: dict[str, Any]) -> None:
    assert {"said", "rules", "stated"} & trap.keys()
    for code in trap.get("said", ()):
        assert code in traps(formats()[code.partition(".")[0]])
    assert set(trap.get("rules", ())) <= {*RULES, *BRANCH_MANUALS}
    if "stated" in trap:
        name, place, words = trap["stated"].split(": ", 2)
        assert words in getattr(formats()[name].CARRIES, place)
