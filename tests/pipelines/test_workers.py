"""Several workers, each a process of Beam's, with HDF5 to read."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from delivered import call, deliver, digests, process, project, run_of, table
from posegate.transforms.model.skeleton import Skeleton

pytest.importorskip("h5py", reason="needs h5py: pip install 'posegate[hdf5]'")
from samples import dlc, dlc_h5, sleap

WORKERS = ("--direct_running_mode=multi_processing", "--direct_num_workers=2")
SHARDS, FRAMES = 5, 12


def films() -> Mapping[str, bytes]:
    """Projects of SLEAP, of two flies in each frame."""
    points = [(float(10 + k), float(20 + 3 * k), True) for k in range(13)]
    flies = [(frame, 0, track, points) for frame in range(FRAMES) for track in (0, 1)]
    return {
        f"{i}.slp": sleap.project(sleap.NODES, flies, videos=[f"clips/{i}.mp4"])
        for i in range(SHARDS)
    }


def tables() -> Mapping[str, bytes]:
    """Tables of DeepLabCut, of a mouse in each image."""
    names = dlc_h5.columns(dlc.PARTS)
    rows = [[10.0 + i + c for c in range(len(names))] for i in range(FRAMES)]
    found = {}
    for video in range(SHARDS):
        folder = f"labeled-data/m{video}"
        paths = [f"{folder}/img{i:04d}.png" for i in range(FRAMES)]
        found[f"{folder}/CollectedData_Ann.h5"] = dlc_h5.fixed(paths, rows, names)
    return found


@pytest.mark.slow
@pytest.mark.parametrize(
    ("files", "skeleton", "each"),
    [(films, sleap.SKELETON, 2 * FRAMES), (tables, dlc.SKELETON, FRAMES)],
    ids=["sleap", "dlc-h5"],
)
def test_workers_read_hdf5_as_one_process_does_and_lose_one_damaged_file(
    files: Callable[[], Mapping[str, bytes]],
    skeleton: Skeleton,
    each: int,
    tmp_path: Path,
) -> None:
    given = dict(files())
    last = max(given)
    given[last] = given[last][: len(given[last]) // 2]
    delivery = deliver(tmp_path / "week", given)
    names = ", ".join(f'"{name}"' for name in skeleton.keypoints)
    (tmp_path / "body.toml").write_text(f"keypoints = [{names}]\n")
    place = project(
        tmp_path, 'project = "test"\nskeleton = "body.toml"\npolicy = "animal"\n'
        'output = "alone"\n'
    )  # fmt: skip
    alone = call("run", delivery, "--project", place)
    shared = tmp_path / "shared"
    together = process(
        *("run", delivery, "--project", place, "--output", shared, "--", *WORKERS)
    )
    assert (alone.code, together.code) == (1, 1), (alone, together)
    one, several = (run_of(tmp_path / name, "week") for name in ("alone", "shared"))
    assert table(several, "annotations").num_rows == each * (SHARDS - 1)
    for kind in ("annotations", "quarantine"):
        assert digests(several / kind) == digests(one / kind)
    assert set(table(several, "quarantine")["reason"].to_pylist()) == {"file.hdf5"}
