"""Writing CVAT for images 1.1: a file of images, poses grouped with their boxes.

In CVAT a skeleton's label takes no other shapes, so a person's box and outline go by
`person-outline`: a project that they are brought into needs that label too.
"""

from collections.abc import Iterator
from itertools import groupby

import pyarrow as pa

from posegate.transforms.formats.cvat_write import (
    Labels,
    Row,
    Text,
    Told,
    box,
    elements,
    head,
    labels,
    own,
    segments,
    source,
)
from posegate.transforms.formats.write import Keeps, Outgoing
from posegate.transforms.model.schema import Origin

KEEPS = Keeps(
    fields=frozenset(
        {"image", "width", "height", "bbox", "segmentation", "attributes"}
    ),
    origin=(Origin.PLACED, Origin.CORRECTED, Origin.PREDICTED, Origin.PREDICTED),
)
_MACHINE = frozenset({Origin.INTERPOLATED, Origin.PREDICTED})
FILE = "annotations.xml"


def write(given: Outgoing) -> dict[str, int]:
    """One file, and what could not be written as it was."""
    told = Told()
    writing = _Writing(given, labels(given), told, Text(told))
    with given.open(FILE) as file:
        file.write(writing.head().encode())
        for batch in given.rows:
            file.write("".join(writing.images(batch)).encode())
        file.write(b"</annotations>\n")
    return told.counts


class _Writing:
    """One file being written."""

    def __init__(self, given: Outgoing, found: Labels, told: Told, text: Text) -> None:
        self._given, self._found, self._told, self._text = given, found, told, text
        self._count = self._group = 0

    def head(self) -> str:
        """What stands before the images."""
        return f"{head(self._given, self._found, self._text, 'annotation')}</meta>\n"

    def images(self, batch: pa.RecordBatch) -> Iterator[str]:
        """The images that a batch's rows are in."""
        for name, rows in groupby(batch.to_pylist(), lambda row: row["image"]):
            some = list(rows)
            sides = [
                f' {side}="{value}"'
                for side in ("width", "height")
                if (value := next((r[side] for r in some if r[side]), None))
            ]
            yield (
                f'  <image id="{self._count}" name={self._text.attribute(name)}'
                f"{''.join(sides)}>\n"
            )
            yield from map(self._shapes, some)
            yield "  </image>\n"
            self._count += 1

    def _shapes(self, row: Row) -> str:
        """A row's skeleton, box and segments."""
        skeleton, text = self._given.skeleton, self._text
        label, posed = self._found.label(row, any(row["visibility"]), skeleton.category)
        parts = segments(row, self._told)
        if (corners := box(row)) is not None:
            parts = [("box", corners), *parts]
        if parts:
            self._group += 1
        group = f' group_id="{self._group}"' if parts else ""
        attributes = own(row, skeleton, text)
        made, origin = [], source([row], _MACHINE)
        if posed:
            points = elements(row, skeleton, text, keyed=False)
            made.append(
                f"    <skeleton label={text.attribute(label)} "
                f'source="{origin}" z_order="0"{group}>\n{points}'
                f"{attributes}    </skeleton>\n"
            )
            label, attributes = f"{label}-outline", ""
        elif not parts:
            self._told("left out: rows without keypoints, box and segments")
        for tag, shape in parts:
            made.append(
                f"    <{tag} label={text.attribute(label)} "
                f'source="{origin}" occluded="0" {shape} z_order="0"{group}>'
                f"{attributes}</{tag}>\n"
            )
            attributes = ""
        return "".join(made)
