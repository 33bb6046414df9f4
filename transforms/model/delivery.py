"""One hand-over of annotation files by a vendor, as listed before anything is read."""

from dataclasses import dataclass, field
from datetime import date


@dataclass(frozen=True)
class Shard:
    """One file of a delivery.

    `part` is its number in path order: it names the part file its rows are written to.
    `name` is the path inside the delivery, which is what rows call `source`.
    """

    part: int
    path: str
    name: str
    size: int
    checksum: str
    generation: int | None = None


@dataclass(frozen=True)
class Delivery:
    """A delivery's files and what its side file says of all of them."""

    name: str
    path: str
    shards: tuple[Shard, ...]
    vendor: str | None = None
    received: date | None = None
    role: str = "production"
    replaces: str | None = None
    annotator: str | None = None
    jobs: Shard | None = None
    side_file: str = ""
    roles: dict[str, str] = field(default_factory=dict)
