"""Generated deliveries, made once and kept."""

import hashlib
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from measure import process

GENERATOR = Path(__file__).parents[2] / "pipelines" / "demo"
SHARD = 20_000


@dataclass(frozen=True)
class Input:
    """A delivery of one week and its project, in a folder of the cache."""

    folder: Path

    @property
    def project(self) -> Path:
        """Its project.toml."""
        return self.folder / "project.toml"

    @property
    def delivery(self) -> Path:
        """The folder of its only delivery."""
        (only,) = (self.folder / "deliveries").iterdir()
        return only

    @property
    def shard(self) -> Path:
        """Its largest file."""
        files = (f for f in self.delivery.iterdir() if ".json" in f.name)
        return max(files, key=lambda f: f.stat().st_size)


def delivery(
    data: Path,
    instances: int,
    shard: int = SHARD,
    gzip: bool = False,
    clean: bool = False,
) -> Input:
    """A delivery of so many people, `shard` in a file; made anew by a new generator."""
    flags = [*(["--gzip"] if gzip else []), *(["--clean"] if clean else [])]
    name = "".join([f"{instances}-by-{shard}", *(f[1:] for f in flags)])
    name = f"{name}-{version()}"
    folder = data / name
    if not folder.exists():
        print(f"  making {instances:,} instances in {folder}", file=sys.stderr)
        unfinished = data / f"{name}.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        words = ["--instances", instances, "--shard", shard, "--weeks", 1]
        words += ["--make", unfinished, *flags]
        command = [sys.executable, "-P", "-m", "posegate.pipelines", "demo"]
        process([*command, *map(str, words)])
        unfinished.rename(folder)
    return Input(folder)


def version() -> str:
    """Eight digits that change with the generator."""
    sources = sorted(GENERATOR.glob("*.py"))
    return hashlib.sha256(b"".join(f.read_bytes() for f in sources)).hexdigest()[:8]
