"""What is found in a JSON file: runs of records, and what is broken."""

from dataclasses import dataclass

from posegate.transforms.kernels.json_scan import Ints

RAW = 64 << 10  # how much of a broken record is kept


@dataclass(frozen=True)
class Run:
    """Neighbouring records of one section: `data[starts[i]:stops[i]]`, each (n,).

    `first` is the ordinal in its section of record 0.
    """

    section: str
    data: bytes
    starts: Ints
    stops: Ints
    first: int

    def raw(self, i: int) -> bytes:
        """The bytes of a record."""
        return self.data[self.starts[i] : self.stops[i]]


@dataclass(frozen=True)
class Broken:
    """A record that is none, or with ordinal -1 what is wrong with the file itself."""

    section: str
    ordinal: int
    reason: str
    detail: str
    raw: bytes
