"""Sentences agree with their numbers."""

import pytest

from posegate.transforms.model.grammar import numbered


@pytest.mark.parametrize(
    ("n", "said"),
    [(0, "0 reviews do."), (1, "1 review does."), (2000, "2,000 reviews do.")],
)
def test_one_is_one_and_everything_else_is_many(n: int, said: str) -> None:
    assert numbered("{n} {review|reviews} {does|do}.", n) == said


def test_either_side_may_be_empty() -> None:
    assert numbered("{n} more, if {|all are }good", 1) == "1 more, if good"
