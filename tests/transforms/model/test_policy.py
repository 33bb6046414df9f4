"""Policies: what no number can mean stops before anything runs."""

from typing import Any

import pytest
from pydantic import ValidationError

from posegate.transforms.model.policy import (
    Calibration,
    Drift,
    Fractions,
    Sampling,
    Slices,
)

DRIFT = {
    "error_px": 8,
    "lambda": 0.2,
    "q": 0.1,
    "watch": 0.2,
    "baseline_weeks": 8,
    "quarantine_weeks": 6,
    "windows": [2, 4, 8],
    "margin": 0.1,
    "oldest_years": 10,
    "grace_days": 1,
}


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("error_px", 0),
        ("lambda", 0),
        ("q", 1),
        ("baseline_weeks", 0),
        ("quarantine_weeks", 0),
        ("quarantine_weeks", 1.5),
        ("oldest_years", 0),
        ("grace_days", -1),
        ("lamda", 0.2),
    ],
)
def test_a_section_refuses_what_means_nothing(key: str, value: Any) -> None:
    assert Drift.model_validate(DRIFT).lambda_ == 0.2
    with pytest.raises(ValidationError, match=key):
        Drift.model_validate(DRIFT | {key: value})


@pytest.mark.parametrize(
    ("section", "key"), [(Sampling, "floor"), (Slices, "least"), (Calibration, "pairs")]
)
def test_a_number_past_every_delivery_is_refused(section: Any, key: str) -> None:
    with pytest.raises(ValidationError, match="less than or equal to 1000000000"):
        section(**{key: 10**24})


@pytest.mark.parametrize(
    ("said", "text"),
    [
        ({"train": 0.8}, "add up to 0.8, not to 1"),
        ({"train": 0.8, "val": 0.3}, "add up to 1.1, not to 1"),
        ({"train": 1.2, "val": -0.2}, "less than or equal to 1"),
        ({"train": float("nan")}, "train"),
    ],
)
def test_fractions_add_up_to_one(said: dict[str, float], text: str) -> None:
    with pytest.raises(ValidationError, match=text):
        Fractions(**said)


def test_thirds_add_up_although_binary_has_none() -> None:
    assert Fractions(train=1 / 3, val=1 / 3, test=1 / 3).test == 1 / 3
    assert Fractions(train=0.7, val=0.2, test=0.1).train == 0.7


def test_what_a_section_does_not_say_has_a_default() -> None:
    sampling = Sampling(rate=0.2)
    assert sampling.strata == ("annotator",)
    assert sampling.extra is None
