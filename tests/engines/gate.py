"""The gate as a user calls it, on an engine; its output as a tree to compare."""

import hashlib
import json
from pathlib import Path

from processes import python, run
from trees import tree

GATE = python("-P", "-m", "posegate.pipelines")

# Decides on the few reviews of a small delivery, and takes it with its faults: only an
# accepted one has splits to compare.
LENIENT = """
[acceptance]
p1 = 0.4

[defects]
quarantined = 0.1
rejected = 0.1
"""


def make_delivery(folder: Path) -> Path:
    """A delivery of four shards and gold, with planted faults -> its folder."""
    size = ("--instances", "600", "--shard", "150", "--weeks", "1", "--seed", "3")
    run([*GATE, "demo", "--make", str(folder), *size], folder / "make.log", seconds=60)
    with (folder / "project.toml").open("a") as project:
        project.write(LENIENT)
    (delivery,) = (folder / "deliveries").iterdir()
    return delivery


def judge(delivery: Path, engine, output: Path, seconds: float) -> dict[str, str]:
    """Run the gate -> what it left behind, as `comparable`."""
    project = delivery.parents[1] / "project.toml"
    command = [*GATE, "run", str(delivery), "--project", str(project), "--debug"]
    places = ["--output", str(output), "--", *engine.options]
    run([*command, *places], engine.logs / "gate.log", seconds)
    return comparable(output)


def comparable(output: Path) -> dict[str, str]:
    """The tree of an output folder, but for what a manifest says of its run time."""
    found = tree(output)
    for path in output.rglob("manifest.json"):
        manifest = json.loads(path.read_text())
        manifest.pop("runtime", None)
        text = json.dumps(manifest, sort_keys=True).encode()
        name = path.relative_to(output).as_posix()
        found[name] = hashlib.sha256(text).hexdigest()
    return found
