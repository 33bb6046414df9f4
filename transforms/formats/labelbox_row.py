"""A data row of Labelbox: the image or video, and where its labels are."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from posegate.transforms.formats.uris import file_of
from posegate.transforms.formats.values import Json, each, mapping


@dataclass
class DataRow:
    """What labels are of.

    `benchmarks` are the ids of labels that others are measured by; `repeated` counts
    labels that are there a second time, in a model run; `turned` says that the image's
    camera was.
    """

    image: str
    width: int | None = None
    height: int | None = None
    fps: float | None = None
    turned: bool = False
    benchmarks: frozenset[str] = frozenset()
    repeated: int = 0
    _projects: list[Json] = field(default_factory=list)
    _labels: list[tuple[Json, Json]] = field(default_factory=list)
    _predictions: list[Json] = field(default_factory=list)

    @classmethod
    def of(cls, row: Json) -> "DataRow":
        """The data row of a record."""
        media = mapping(row.get("media_attributes"))
        fps = media.get("frame_rate")
        found = cls(
            image_of(mapping(row.get("data_row"))),
            _side(media.get("width")),
            _side(media.get("height")),
            float(fps) if isinstance(fps, int | float) and 0 < fps < 1e9 else None,
            str(media.get("exif_rotation") or 1) not in ("0", "1"),
        )
        for project in mapping(row.get("projects")).values():
            labels = each(mapping(project).get("labels"))
            found._labels += [(mapping(project), label) for label in labels]
        for experiment in mapping(row.get("experiments")).values():
            for run in mapping(mapping(experiment).get("runs")).values():
                found._predictions += each(mapping(run).get("predictions"))
                labels = each(mapping(run).get("labels"))
                if found._labels:
                    found.repeated += len(labels)
                else:
                    found._labels += [(mapping(experiment), one) for one in labels]
        details = [mapping(one.get("performance_details")) for _, one in found._labels]
        marked = {str(d.get("benchmark_reference_label")) for d in details}
        found.benchmarks = frozenset(marked - {"None"})
        return found

    def labels(self) -> Iterator[tuple[Json, Json]]:
        """Each label with its project."""
        yield from self._labels

    def predictions(self) -> Iterator[Json]:
        """What a model run predicted, in the form of labels."""
        yield from self._predictions


def image_of(data: Json) -> str:
    """The name of a data row's file: the first key that has an ending, else any."""
    texts = [data.get(key) for key in ("external_id", "global_key", "globalKey")]
    address = data.get("row_data")
    texts.append(file_of(address) if isinstance(address, str) else None)
    names = [text for text in texts if isinstance(text, str) and text]
    for name in names:
        if "." in name.rpartition("/")[2][-6:]:
            return name
    return names[0] if names else str(data.get("id") or "")


def _side(given: object) -> int | None:
    good = isinstance(given, int | float) and 0 < given < 1e6
    return int(given) if good else None  # type: ignore[call-overload]
