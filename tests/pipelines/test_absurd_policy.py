"""Numbers of a policy that mean nothing: refused with place, value and remedy."""

from pathlib import Path

import pytest

from delivered import PROJECT, project
from posegate.pipelines.project import load

ABSURD = (
    ("drift", "error_px = 0", "greater than 0 (got 0)"),
    ("drift", "error_px = inf", "finite number (got inf)"),
    ("drift", "error_px = nan", "(got nan)"),
    ("drift", "windows = []", "windows = []; give rising numbers of weeks"),
    ("drift", "windows = [8, 2]", "windows = [8, 2]; give rising numbers of weeks"),
    ("drift", "windows = [2, 2]", "windows = [2, 2]; give rising numbers of weeks"),
    ("drift", "windows = [0]", "greater than or equal to 1 (got 0)"),
    ("drift", "windows = [1000000]", "less than or equal to 520 (got 1000000)"),
    ("drift", "lambda = 0", "greater than 0 (got 0)"),
    ("drift", "lambda = 1.5", "less than or equal to 1 (got 1.5)"),
    ("drift", "q = 1", "less than 1 (got 1)"),
    ("drift", "q = 0.3", "give 0 < action <= watch < 1"),
    ("drift", "watch = nan", "(got nan)"),
    ("drift", "baseline_weeks = 1000000000", "less than or equal to 520"),
    ("drift", "baseline_weeks = 2.5", "(got 2.5)"),
    ("drift", "quarantine_weeks = 0", "greater than or equal to 1 (got 0)"),
    ("drift", "margin = -1", "greater than 0 (got -1)"),
    ("drift", "margin = inf", "finite number (got inf)"),
    ("agreement", "oks = 85", "less than or equal to 1 (got 85)"),
    ("agreement", "oks = nan", "(got nan)"),
    ("agreement", "kappa = -0.1", "greater than or equal to 0 (got -0.1)"),
    ("agreement", "ac1 = 2", "less than or equal to 1 (got 2)"),
    ("agreement", 'pck = "head"', "'torso', 'trunk' or 'box' (got 'head')"),
    ("agreement", "pck_fraction = 0", "greater than 0 (got 0)"),
    ("agreement", 'variants = "some"', "(got 'some')"),
    ("calibration", "pairs = 0", "greater than or equal to 1 (got 0)"),
    ("calibration", "people = 2", "greater than or equal to 3 (got 2)"),
    ("calibration", "enough = 10", "enough = 10 pairs is below pairs = 100"),
    ("slices", "q = 0", "greater than 0 (got 0)"),
    ("slices", "least = 0", "greater than or equal to 1 (got 0)"),
    ("slices", 'by = "size"', "tuple (got 'size')"),
    ("acceptance", "cap = 0", "greater than or equal to 1 (got 0)"),
    ("acceptance", "cap = 1000000000", "cap = 1,000,000,000; nobody makes more than"),
    ("acceptance", "oks = nan", "(got nan)"),
    ("acceptance", "alpha = 0", "greater than 0 (got 0)"),
    ("sampling", "rate = nan", "(got nan)"),
    ("sampling", "floor = -1", "greater than or equal to 0 (got -1)"),
    ("kinematics", "cutoff_hz = inf", "finite number (got inf)"),
)


@pytest.mark.parametrize(
    ("section", "line", "said"), ABSURD, ids=[f"{s}.{x}" for s, x, _ in ABSURD]
)
def test_an_absurd_value_is_refused_where_it_stands(
    section: str, line: str, said: str, tmp_path: Path
) -> None:
    place = project(tmp_path, f"{PROJECT}[{section}]\n{line}\n")
    with pytest.raises(ValueError, match=r"project\.toml: ") as refused:
        load(str(place))
    text = str(refused.value)
    assert said in text
    assert section in text
    assert "\n" not in text
