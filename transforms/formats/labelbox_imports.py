"""The rows that Labelbox's import takes: an object a row, named by its data row.

{"uuid": …, "dataRow": {"id": …}, "name": "nose", "point": {"x", "y"}}
{…, "name": "nose", "segments": [{"keyframes": [{"frame": 13, "point": …}]}]}
{…, "relationship": {"source": uuid, "target": uuid}}
"""

from typing import Any

from posegate.transforms.formats.build import RAW, Build
from posegate.transforms.formats.context import Context
from posegate.transforms.formats.grouping import Group, Shape
from posegate.transforms.formats.instances import Instances
from posegate.transforms.formats.labelbox_objects import Objects, links, said
from posegate.transforms.formats.labelbox_row import image_of
from posegate.transforms.formats.rows import Record
from posegate.transforms.formats.values import Json, each, mapping


class Imports:
    """Gathers the rows of an image, which stand one after another, to instances."""

    def __init__(self, context: Context, build: Build, instances: Instances) -> None:
        self._context, self._build, self._instances = context, build, instances
        self._image: str | None = None
        self._rows: list[Json] = []
        self._raw = b""

    def take(self, raw: bytes, row: Json) -> None:
        """Takes in a row; one of another image ends what came before."""
        image = image_of(mapping(row.get("dataRow")))
        if image != self._image:
            self.flush()
        self._image = image
        self._rows.append(row)
        self._raw += raw[: max(0, RAW - len(self._raw))]

    def flush(self) -> None:
        """Makes the instances of the image in hand."""
        rows, raw = self._rows, self._raw
        self._rows, self._raw = [], b""
        if not rows:
            return
        self._build.images()
        objects = Objects()
        ties = links(rows)
        frames: dict[int | None, list[Shape]] = {}
        answers: dict[str, Any] = {}
        for row in rows:
            if "answer" in row:
                answers |= dict(said([row]))
            elif "segments" in row:
                for number, thing in _keyframes(row):
                    frames.setdefault(number, []).extend(objects.shapes([thing]))
            elif "relationship" not in row:
                frames.setdefault(None, []).extend(objects.shapes([row]))
        model = any("confidence" in row for row in rows)
        for number, shapes in frames.items():
            self._put(shapes, ties, answers, number, model, raw)
        for code, times in objects.notes.items():
            self._build.note(code, times)

    def _put(
        self,
        shapes: list[Shape],
        ties: list[tuple[str, str]],
        answers: dict[str, Any],
        number: int | None,
        model: bool,
        raw: bytes,
    ) -> None:
        image = str(self._image)
        frame = None if number is None else number - 1

        def make(group: Group) -> Record:
            return Record(
                position=0,
                image=image if frame is None else f"{image}#{frame}",
                id=group.id,
                video=None if frame is None else image,
                frame=frame,
                track=None if frame is None else group.id,
                model=model,
                attributes=dict(answers),
            )

        self._instances.put(shapes, ties, make, raw)


def _keyframes(row: Json) -> list[tuple[int | None, Json]]:
    """Each keyframe's number, from 1, with the row's object as it is there."""
    same = {key: value for key, value in row.items() if key != "segments"}
    return [
        (frame["frame"] if isinstance(frame.get("frame"), int) else None, same | frame)
        for segment in each(row.get("segments"))
        for frame in each(segment.get("keyframes"))
    ]
