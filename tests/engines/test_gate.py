"""One delivery, one output, whatever it ran on: equal byte for byte.

Only its manifest knows when and how a run was started, under `runtime`, and the path of
the folder it wrote to.
"""

from pathlib import Path

import pytest
from gate import comparable, judge, make_delivery
from trees import differences


@pytest.fixture(scope="session")
def delivery(tmp_path_factory) -> Path:
    return make_delivery(tmp_path_factory.mktemp("delivery"))


@pytest.fixture(scope="session")
def expected(delivery, in_process, tmp_path_factory) -> dict[str, str]:
    """What the in-process run leaves behind; every kind of file is among it."""
    output = tmp_path_factory.mktemp("expected")
    found = judge(delivery, in_process, output, seconds=120)
    kinds = {part for name in found for part in Path(name).parts}
    tables = {"annotations", "findings", "agreement", "quarantine", "statistics"}
    pages = {"dashboard.html", "report.json", "manifest.json", "current.json"}
    splits = {"splits", "train.json"}
    assert kinds >= tables | pages | splits
    return found


@pytest.mark.timeout(400)
def test_prism_leaves_what_the_process_leaves(delivery, expected, prism, tmp_path):
    found = judge(delivery, prism, tmp_path / "output", seconds=150)
    assert differences(expected, found) == []


@pytest.mark.timeout(600)
def test_embedded_flink_leaves_what_the_process_leaves(
    delivery, expected, flink_embedded, tmp_path
):
    found = judge(delivery, flink_embedded, tmp_path / "output", seconds=300)
    assert differences(expected, found) == []


@pytest.mark.timeout(1200)
def test_two_task_managers_leave_what_the_process_leaves(
    delivery, expected, flink_cluster, tmp_path
):
    found = judge(delivery, flink_cluster, tmp_path / "output", seconds=800)
    assert differences(expected, found) == []


@pytest.mark.parametrize(
    ("manifest", "same"),
    [
        ('{"runtime": {"started": "later"}, "run": "a"}', True),
        ('{"runtime": {}, "run": "b"}', False),
    ],
)
def test_of_a_manifest_only_the_run_time_is_left_out(tmp_path, manifest, same):
    for name, text in [("one", '{"run": "a", "runtime": {}}'), ("two", manifest)]:
        (tmp_path / name).mkdir()
        (tmp_path / name / "manifest.json").write_text(text)
    one, two = comparable(tmp_path / "one"), comparable(tmp_path / "two")
    assert (differences(one, two) == []) is same
