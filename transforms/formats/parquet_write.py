"""Canonical Parquet: everything, for programs; it is written and not read back."""

import pyarrow as pa
import pyarrow.parquet as pq

from posegate.transforms.formats.write import Keeps, Outgoing
from posegate.transforms.model.schema import instances

NAME = "parquet"
SUFFIXES = (".parquet",)
KEEPS = Keeps(
    fields=frozenset(instances(1).names),
    visibility=(0, 1, 2, 3),
    origin=(0, 1, 2, 3),
    stale=True,
)
FILE = "annotations.parquet"


def write(given: Outgoing) -> dict[str, int]:
    """One file with the canonical columns; its metadata name the skeleton."""
    skeleton = given.skeleton
    said = {"skeleton": skeleton.name, "keypoints": ",".join(skeleton.keypoints)}
    schema = instances(len(skeleton.keypoints)).with_metadata(said)
    with (
        given.open(FILE) as file,
        pq.ParquetWriter(file, schema, compression="zstd") as table,
    ):
        for batch in given.rows:
            table.write_table(pa.Table.from_batches([batch]).cast(schema))
    return {}
