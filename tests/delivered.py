"""Small deliveries for tests of the whole gate, and what a call of it leaves."""

import hashlib
import io
import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from posegate.pipelines.__main__ import main
from posegate.transforms.model.skeleton import load

PROJECT = """\
project = "test"
skeleton = "coco_17"
policy = "general"
output = "quality"
"""

STANDING = (
    *((50, 12), (53, 10), (47, 10), (56, 12), (44, 12)),  # nose, eyes, ears
    *((60, 28), (40, 28), (64, 44), (36, 44), (65, 58), (35, 58)),  # arms
    *((56, 58), (44, 58), (57, 77), (43, 77), (58, 96), (42, 96)),  # legs
)
"""A person of 100 px who faces the camera: COCO's seventeen points."""


WEEKS = ("2026-W10", "2026-W11", "2026-W12")
"""The generated deliveries that tests of the whole gate share."""

SPLITS = ("train", "val", "test")


class Outcome(NamedTuple):
    """What a call of the command line came to."""

    code: int
    out: str
    err: str


def call(*arguments: str | Path) -> Outcome:
    """The command line in this process."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        try:
            code = main([str(argument) for argument in arguments])
        except SystemExit as end:  # argparse's own way out
            code = int(end.code or 0)
    return Outcome(code, out.getvalue(), err.getvalue())


def judge(folder: Path, week: str, *more: str | Path) -> Outcome:
    """One week of a generated project."""
    place = folder / "project.toml"
    return call("run", folder / "deliveries" / week, "--project", place, *more)


def command(*arguments: str | Path) -> list[str]:
    """The command line as a process: its words."""
    words = [str(argument) for argument in arguments]
    return [sys.executable, "-m", "posegate.pipelines", *words]


def process(*arguments: str | Path, cwd: Path | None = None) -> Outcome:
    """The command line in a process of its own."""
    done = subprocess.run(
        command(*arguments), capture_output=True, text=True, cwd=cwd, timeout=300
    )
    return Outcome(done.returncode, done.stdout, done.stderr)


def person(number: int, image: int = 1, **other: Any) -> dict[str, Any]:
    """An annotation of somebody who stands, a little apart from the others."""
    left = 10 + 7 * (number % 40)
    flat = [v for x, y in STANDING for v in (x + left, y + 20, 2)]
    return {
        "id": number,
        "image_id": image,
        "category_id": 1,
        "keypoints": flat,
        "num_keypoints": 17,
        "bbox": [left + 30, 25, 40, 95],
        "area": 2000.0,
        "iscrowd": 0,
        "annotator": "ann",
        **other,
    }


def picture(number: int, **other: Any) -> dict[str, Any]:
    """An image record."""
    name = f"frame-{number:04d}.jpg"
    return {"id": number, "file_name": name, "width": 640, "height": 480, **other}


def coco(
    annotations: Sequence[Any], images: Sequence[Any] | None = None
) -> dict[str, Any]:
    """A COCO document with one category, that of the shipped skeleton."""
    skeleton = load("coco_17")
    category = {
        "id": 1,
        "name": "person",
        "keypoints": list(skeleton.keypoints),
        "skeleton": [[a + 1, b + 1] for a, b in skeleton.limbs],
    }
    pictures = [picture(1)] if images is None else list(images)
    return {
        "images": pictures,
        "annotations": list(annotations),
        "categories": [category],
    }


def deliver(folder: Path, files: Mapping[str, Any]) -> Path:
    """A delivery's folder: bytes and texts as they are, the rest as JSON."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            text = content if isinstance(content, str) else json.dumps(content)
            path.write_text(text, encoding="utf-8")
    return folder


def project(folder: Path, text: str = PROJECT) -> Path:
    """A project.toml in a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "project.toml"
    path.write_text(text, encoding="utf-8")
    return path


def run_of(output: Path, delivery: str) -> Path:
    """The folder of a delivery's committed run."""
    root = output / "deliveries" / delivery
    current = json.loads((root / "current.json").read_text())
    return root / "runs" / str(current["run"])


def document(run: Path, name: str) -> dict[str, Any]:
    """A JSON document of a run."""
    found: dict[str, Any] = json.loads((run / name).read_text())
    return found


def table(run: Path, kind: str) -> pa.Table:
    """All parts of one kind of a run's tables, in order; empty if there are none."""
    files = sorted((run / kind).rglob("*.parquet"))
    tables = [pq.ParquetFile(file).read() for file in files]
    return pa.concat_tables(tables) if tables else pa.table({})


def files(folder: Path) -> dict[str, Path]:
    """Every file below a folder, by its relative name."""
    return {
        path.relative_to(folder).as_posix(): path
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def digests(folder: Path) -> dict[str, str]:
    """The SHA-256 of every file below a folder."""
    return {
        name: hashlib.sha256(path.read_bytes()).hexdigest()
        for name, path in files(folder).items()
    }
