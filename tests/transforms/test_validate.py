"""Validating in a pipeline finds what the rules find, however rows are batched."""

import apache_beam as beam
import pytest

from beamed import added, located, run, together
from canonical import TRIANGLE, batch, moved, row
from posegate.expectations.policy import load_policy
from posegate.expectations.rules import RULES
from posegate.transforms.kernels import sums
from posegate.transforms.model.finding import check
from posegate.transforms.model.rule import Setting, bind
from posegate.transforms.validate import Reject, Validate

POLICY = load_policy("general")["rules"]
SETTINGS = {
    id: Setting(given.pop("severity", None), given) for id, given in POLICY.items()
}
BOUND = bind(RULES, SETTINGS, TRIANGLE)
ROWS = batch(
    row(0),
    row(1, xy=moved(-50, 0), annotator=None),
    row(2, xy=[20.0, 10] * 3),
    row(3, xy=[20.0, 10] * 3, role="gold"),
    row(4, xy=moved(700, 0), role="prelabel"),
    row(5),
)


@pytest.mark.parametrize("sizes", [[6], [1] * 6, [2, 3, 1]], ids=str)
def test_findings_do_not_depend_on_batches(sizes: list[int]) -> None:
    expected = check(BOUND, ROWS, TRIANGLE, part=7, first_row=0)
    assert expected.num_rows

    def graph(rows: beam.PCollection) -> dict[str, beam.PCollection]:
        found = rows | "validate" >> Validate(BOUND, TRIANGLE)
        twice = (found, found | "again" >> beam.Filter(bool)) | beam.Flatten()
        return {
            "findings": found,
            "sums": found | "count" >> beam.FlatMap(sums.of_findings),
            "rejected": twice | "reject" >> Reject(),
        }

    made = run(located(ROWS, sizes, part=7), graph)
    order = ("row", "rule", "keypoint")
    assert together(made["findings"], *order) == together([expected], *order)
    assert added(made["sums"]) == added(list(sums.of_findings(expected)))
    rejecting = [r for r in expected.to_pylist() if r["severity"] == "reject"]
    rows = {r["row"] for r in rejecting if r["role"] == "production"}
    assert {2, 3} == {r["row"] for r in rejecting}
    assert sum(n for [n] in added(made["rejected"]).values()) == len(rows)


def test_clean_rows_have_no_findings() -> None:
    clean = located(batch(row()), [1])
    found = run(clean, lambda rows: {"none": rows | Validate(BOUND, TRIANGLE)})
    assert found["none"] == []
