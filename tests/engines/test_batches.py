from pathlib import Path

import pyarrow.parquet as pq
import pytest
from processes import python, run
from trees import differences, tree

BATCHES = Path(__file__).with_name("batches.py")


def outputs(engine, folder: Path, seconds: float = 120) -> dict[str, str]:
    command = python(str(BATCHES), str(folder), *engine.options)
    run(command, engine.logs / f"{folder.name}.log", seconds)
    return tree(folder)


@pytest.fixture(scope="session")
def expected(in_process, tmp_path_factory):
    folder = tmp_path_factory.mktemp("expected") / "out"
    found = outputs(in_process, folder)
    parts = folder.glob("*.parquet")
    assert sum(pq.read_metadata(part).num_rows for part in parts) == 2000
    assert (folder / "total.txt").read_text() == "2000\n"
    return found


@pytest.mark.timeout(180)
def test_prism(expected, prism, tmp_path):
    assert differences(expected, outputs(prism, tmp_path / "out")) == []


@pytest.mark.timeout(300)
def test_flink_embedded(expected, flink_embedded, tmp_path):
    assert differences(expected, outputs(flink_embedded, tmp_path / "out")) == []


@pytest.mark.timeout(400)
def test_flink_cluster(expected, flink_cluster, tmp_path):
    assert differences(expected, outputs(flink_cluster, tmp_path / "out")) == []
