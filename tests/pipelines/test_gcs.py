"""The whole gate in Cloud Storage: the same files as on a disk, whatever goes wrong."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from delivered import call, coco, deliver, files, person, project, run_of
from posegate.pipelines import launch
from posegate.pipelines.plan import prepare
from posegate.pipelines.project import load
from posegate.transforms import commit, storage
from servers.gcs_edge import Edge

WEEK = "2026-W10"


def upload(folder: Path, to: str) -> None:
    """Everything below a local folder, into a bucket."""
    for name, path in files(folder).items():
        storage.write_bytes(f"{to}/{name}", path.read_bytes())


def stored(folder: str) -> dict[str, bytes]:
    """Everything below a prefix, by its relative name."""
    return {
        file.name: storage.read_bytes(file.path) for file in storage.listing(folder)
    }


def comparable(files: dict[str, bytes], place: str) -> dict[str, bytes]:
    """Without what says where and when: paths, checksums of inputs, run time."""
    plain = {
        name: content.replace(place.encode(), b"HERE")
        for name, content in files.items()
        if name not in ("manifest.json", "report.json", "dashboard.html")
    }
    manifest = json.loads(files["manifest.json"].replace(place.encode(), b"HERE"))
    report = json.loads(files["report.json"].replace(place.encode(), b"HERE"))
    for told in (manifest, report):
        told.pop("run")
    report["delivery"].pop("path")  # in a report only where it is in storage
    manifest.pop("runtime")
    if manifest["splits"]:
        manifest["splits"] = "made"
    for shard in manifest["inputs"]:
        del shard["checksum"], shard["generation"]
    manifest["files"] = [f["name"] for f in manifest["files"]]
    plain["manifest.json"] = json.dumps(manifest, sort_keys=True).encode()
    plain["report.json"] = json.dumps(report, sort_keys=True).encode()
    return plain


def current(output: str) -> str:
    """The folder of the committed run."""
    found = commit.current(f"{output}/deliveries/{WEEK}/current.json")
    assert found is not None
    return f"{output}/deliveries/{WEEK}/runs/{json.loads(found[0])['run']}"


def judge(root: str) -> Any:
    """The week through the gate, everything below one prefix."""
    return call("run", f"{root}/deliveries/{WEEK}", "--project", f"{root}/project.toml")


@pytest.fixture
def week(made: Path, tmp_path: Path) -> Path:
    """A project with one generated week."""
    folder = tmp_path / "project"
    shutil.copytree(made / "deliveries" / WEEK, folder / "deliveries" / WEEK)
    shutil.copy(made / "project.toml", folder)
    return folder


def test_a_bucket_holds_what_a_disk_would(week: Path, gcs: str) -> None:
    upload(week, f"{gcs}/lab")
    here, there = judge(str(week)), judge(f"{gcs}/lab")
    assert (here.code, there.code) == (0, 0), there
    local = run_of(week / "quality", WEEK)
    left = comparable(stored(str(local)), str(week))
    right = comparable(stored(current(f"{gcs}/lab/quality")), f"{gcs}/lab")
    assert left == right
    [version] = storage.folders(f"{gcs}/lab/quality/splits")
    [same] = (week / "quality" / "splits").iterdir()
    for name in ("train.json", "test.parquet", "groups.parquet", "README.md"):
        remote = storage.read_bytes(f"{gcs}/lab/quality/splits/{version}/{name}")
        assert remote == (same / name).read_bytes(), name
    assert "(this run was done before)" in judge(f"{gcs}/lab").out


@pytest.mark.parametrize(
    "fault",
    [("503", r"GET .*alt=media"), ("429", "POST /upload"), ("503", "GET .*prefix=")],
)
def test_a_server_that_falters_delays_and_changes_nothing(
    fault: tuple[str, str], week: Path, gcs: str, gcs_edge: Edge
) -> None:
    upload(week, f"{gcs}/lab")
    gcs_edge.inject(*fault, times=2)
    outcome = judge(f"{gcs}/lab")
    assert outcome.code == 0, outcome
    assert gcs_edge.fired
    assert judge(str(week)).code == 0
    local = comparable(stored(str(run_of(week / "quality", WEEK))), str(week))
    assert local == comparable(stored(current(f"{gcs}/lab/quality")), f"{gcs}/lab")


def test_of_two_different_runs_at_once_the_later_is_told(week: Path, gcs: str) -> None:
    upload(week, f"{gcs}/lab")
    settings = load(f"{gcs}/lab/project.toml")
    ready = prepare(f"{gcs}/lab/deliveries/{WEEK}", settings)
    pointer = f"{gcs}/lab/quality/deliveries/{WEEK}/current.json"
    winner = b'{"run": "0123456789abcdef", "verdict": "hold"}'
    commit.switch(pointer, winner, None)
    with pytest.raises(RuntimeError, match=r"another run switched it first.*run again"):
        launch.run(ready, [], None)
    assert storage.read_bytes(pointer) == winner
    assert "index.html" not in stored(f"{gcs}/lab/quality")


def test_a_bucket_that_is_not_there_is_named(gcs: str, tmp_path: Path) -> None:
    place = project(tmp_path)
    missing = call("run", "gs://no-such-bucket/w1", "--project", place)
    assert (missing.code, missing.out) == (2, "")
    assert "gs://no-such-bucket/w1" in missing.err
    delivery = deliver(tmp_path / "w1", {"a.json": coco([person(1)])})
    outcome = call("run", delivery, "--project", f"{gcs}/project.toml")
    assert outcome.code == 2
    assert f"{gcs}/project.toml: there is no such file" in outcome.err
