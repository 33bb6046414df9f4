"""Who is compared with whom, and who would say nothing of whom."""

from typing import Any

import pytest

from canonical import TRIANGLE, batch, moved, placed, row
from posegate.transforms.kernels import couples
from posegate.transforms.kernels.compare import compare
from posegate.transforms.kernels.weeks import UNTOLD


def pairs(*rows: dict[str, Any]) -> list[dict[str, Any]]:
    return compare(placed(batch(*rows)), TRIANGLE, UNTOLD).pairs.to_pylist()


@pytest.mark.parametrize("role", ["gold", "review"])
def test_a_reference_for_ones_own_work_says_nothing(role: str) -> None:
    again = row(2, role=role, annotator="ann")
    rows = placed(batch(row(1), again, row(3, image="b.jpg")))
    found = compare(rows, TRIANGLE, UNTOLD)
    assert found.pairs.num_rows == 0
    assert [(key, n.tolist()) for key, n in found.refused] == [
        (("refused", f"own-{role}", "", ""), [1])
    ]
    unnamed = {"annotator": None}
    assert len(pairs(row(1, **unnamed), row(2, role=role, **unnamed))) == 1


def test_an_experts_gold_judges_the_others_and_somebody_elses_the_expert() -> None:
    gold = row(3, annotator="ann", role="gold", xy=moved(1, 0))
    rows = [row(1), row(2, annotator="bo"), gold]
    judged = [p for p in pairs(*rows) if p["kind"] == "gold"]
    assert [(p["annotator"], p["reference_annotator"]) for p in judged] == [
        ("bo", "ann")
    ]
    checked = pairs(*rows, row(4, annotator="bo", role="review"))
    kinds = {(p["annotator"], p["kind"]) for p in checked}
    assert kinds == {
        ("ann", "second"),
        ("bo", "second"),
        ("bo", "gold"),
        ("ann", "review"),
    }


def test_a_frame_that_holds_too_many_is_not_paired(monkeypatch: Any) -> None:
    monkeypatch.setattr(couples, "MOST", 3)
    two = [row(n, xy=moved(200 * n, 0), bbox=None) for n in range(2)]
    gold = [row(9 + n, xy=moved(200 * n, 1), bbox=None, role="gold") for n in range(2)]
    pair = [row(5, image="b.jpg"), row(6, image="b.jpg", role="gold")]
    rows = placed(batch(*two, *gold, *pair))
    found = compare(rows, TRIANGLE, UNTOLD)
    assert found.pairs["image"].to_pylist() == ["b.jpg"]
    assert [key[1] for key, _ in found.refused] == ["crowded-frame"]
