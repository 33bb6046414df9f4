"""The table of kinematics: its rows, its windows, and what it says where."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from posegate.transforms import parts
from posegate.transforms.kernels.kinematics import NO_RATE, UNSEEN
from posegate.transforms.kinematics import write
from posegate.transforms.model import schema
from posegate.transforms.model.skeleton import load
from posegate.transforms.motion import tracked

PEOPLE = load("coco_17")


def swinging(frames: int, **said: Any) -> pa.RecordBatch:
    """A track in metres, all points on a circle of 10 cm, once in two seconds."""
    random = np.random.default_rng(0)
    xyz = random.normal(0, 0.5, (1, 17, 3)) + np.zeros((frames, 1, 1))
    turned = np.pi * np.arange(frames) / 50
    xyz[..., 0] += 0.1 * np.cos(turned)[:, None]
    xyz[..., 2] += 0.1 * np.sin(turned)[:, None]
    xyz[3, 0] = np.nan
    rows = [
        {
            "instance": str(i),
            "image": f"{i}",
            "video": "v",
            "track": "a",
            "frame": i,
            "fps": 50.0,
            "role": "production",
            "xy": pose[:, :2].ravel().tolist(),
            "z": pose[:, 2].tolist(),
            "unit": "m",
            "visibility": np.where(np.isfinite(pose[:, 0]), 2, 0).tolist(),
            "origin": [0] * 17,
            "bbox": [np.nan] * 4,
            "source": "s",
            "position": i,
            "format": "x",
        }
        | said
        for i, pose in enumerate(xyz)
    ]
    made = pa.RecordBatch.from_pylist(rows, schema=schema.instances(17))
    return parts.located(made, 0, 0)


def table(batch: pa.RecordBatch, folder: Path, window: int = 4096) -> pa.Table:
    """What all windows write, by row."""
    windows: dict[int, list[pa.RecordBatch]] = {}
    for key, rows in tracked(batch, 1, window, 256):
        windows.setdefault(key, []).append(rows)
    written = [
        file
        for item in windows.items()
        for file in write(item, PEOPLE, str(folder), 6.0, window)
    ]
    tables = [pq.ParquetFile(folder / file.name).read() for file in written]
    assert [t.num_rows for t in tables] == [file.rows for file in written]
    return pa.concat_tables(tables).sort_by([("row", "ascending")])


def test_there_is_a_row_for_each_joint_of_each_instance(tmp_path: Path) -> None:
    made = table(swinging(120), tmp_path)
    assert made.schema.equals(schema.KINEMATICS)
    assert made["joint"][:19].to_pylist() == [*PEOPLE.keypoints, "trunk", "neck"]
    assert made.num_rows == 120 * 19
    wrist = made.filter(pa.compute.equal(made["joint"], "left_wrist")).to_pylist()
    assert [row["frame"] for row in wrist] == list(range(120))
    assert wrist[50]["time_s"] == 1.0
    assert wrist[50]["speed"] == pytest.approx(0.1 * np.pi, rel=5e-3)
    assert wrist[50]["vz"] == pytest.approx(-0.1 * np.pi, rel=5e-3)
    assert wrist[50]["acceleration"] == pytest.approx(0.1 * np.pi**2, rel=2e-2)
    assert (wrist[50]["unit"], wrist[50]["cutoff_hz"]) == ("m", 6)
    assert wrist[50]["scale"] == "the unit of the positions"
    assert wrist[50]["reason"] is None


def test_joints_that_are_no_points_have_angles_only(tmp_path: Path) -> None:
    made = table(swinging(60), tmp_path).to_pylist()
    trunk = next(r for r in made if (r["joint"], r["frame"]) == ("trunk", 30))
    assert trunk["rotation"] is not None
    assert trunk["rotation_velocity"] == pytest.approx(0, abs=1e-3)
    assert trunk["speed"] is None
    knee = next(r for r in made if (r["joint"], r["frame"]) == ("left_knee", 30))
    assert knee["flexion"] is not None
    assert knee["elevation"] is None


def test_what_is_missing_says_why(tmp_path: Path) -> None:
    nose = [
        r for r in table(swinging(60), tmp_path).to_pylist() if r["joint"] == "nose"
    ]
    assert [r["frame"] for r in nose[1:-1] if r["reason"] == UNSEEN] == [2, 3, 4]
    slow = table(swinging(60, fps=None), tmp_path / "slow")
    assert set(slow["reason"].to_pylist()) == {NO_RATE, None}
    assert slow["speed"].null_count == slow.num_rows
    assert slow["flexion"].null_count < slow.num_rows


def test_windows_say_what_the_whole_track_does(tmp_path: Path) -> None:
    rows = swinging(1500)
    whole, cut = table(rows, tmp_path / "a"), table(rows, tmp_path / "b", 512)
    assert len(list((tmp_path / "b").rglob("*.parquet"))) == 3
    for name in schema.KINEMATICS.names:
        one, other = (t[name].combine_chunks() for t in (whole, cut))
        if pa.types.is_floating(one.type):
            a, b = (c.to_numpy(zero_copy_only=False) for c in (one, other))
            assert np.allclose(a, b, rtol=1e-4, atol=1e-5, equal_nan=True), name
        else:
            assert one.equals(other), name


def test_what_is_no_track_is_not_written(tmp_path: Path) -> None:
    assert list(tracked(swinging(20, track=None), 1, 512, 256)) == []
