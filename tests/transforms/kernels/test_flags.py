"""The gate of visibility flags."""

import numpy as np
import pytest

from posegate.expectations.policy import load_policy
from posegate.transforms.kernels.flags import flags_gate
from posegate.transforms.kernels.sums import Key
from posegate.transforms.model.policy import Policy

Sums = dict[Key, np.ndarray]
POLICY = Policy.model_validate(
    {k: v for k, v in load_policy("general").items() if k in Policy.model_fields}
)


def flags(alike: int, other: int) -> Sums:
    table = np.zeros((4, 4), np.int64)
    table[1, 1] = table[2, 2] = table[3, 3] = alike
    table[1, 2] = table[3, 1] = other
    table[0, :] = table[:, 0] = 10**6  # keypoints that only one of them labelled
    return {("flags-pair", "", "", ""): table}


@pytest.mark.parametrize(
    ("sums", "said", "text"),
    [
        (flags(300, 5), "accept", "over 910 keypoints (98.9% alike, 33.5% occluded); "),
        (flags(300, 5), "accept", "of 0.75, as contracts ask, is met (0.975)."),
        (flags(300, 200), "reject", "Visibility flags agree with kappa"),
        (flags(10, 1), "accept", "not judged: 32 keypoints are fewer than 500."),
        ({}, "accept", "Visibility flags are not judged"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_visibility_flags(sums: Sums, said: str, text: str) -> None:
    gate = flags_gate(sums, POLICY)
    assert (gate.gate, gate.verdict) == ("visibility", said)
    assert text in gate.text
