"""YOLO-pose: a text file an image, a line an object, every number a share of the image.

    class cx cy w h  x1 y1 v1  x2 y2 v2 ...        or without the v

The files are small and many: their lines are read together. Which keypoints they are
stands in `data.yaml` or nowhere; how large the image is, nowhere: see
`yolo_pose_images`.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from posegate.transforms.formats import values as values_of
from posegate.transforms.formats import yolo_pose_yaml
from posegate.transforms.formats.build import Build
from posegate.transforms.formats.carries import Carries
from posegate.transforms.formats.context import Context, Tally
from posegate.transforms.formats.files import File, is_archive
from posegate.transforms.formats.names import Names
from posegate.transforms.formats.rows import Rows
from posegate.transforms.formats.streams import DamagedStream
from posegate.transforms.formats.yolo_pose_images import Sized, Sizes, stem
from posegate.transforms.formats.yolo_pose_traps import TRAPS
from posegate.transforms.formats.yolo_pose_write import (
    BY,
    KEEPS,
    MARGIN,
    outside,
    write,
)
from posegate.transforms.formats.yolo_pose_yaml import Said
from posegate.transforms.kernels.geometry import both
from posegate.transforms.model.poses import Floats
from posegate.transforms.model.schema import Visibility

__all__ = [
    "BY",
    "CARRIES",
    "KEEPS",
    "NAME",
    "SUFFIXES",
    "TRAPS",
    "read",
    "sniff",
    "write",
]

NAME = "yolo-pose"
SUFFIXES = (".txt",)
PER_IMAGE = True
CARRIES = Carries(
    visibility="0 unlabelled, 1 occluded, 2 visible; without it, labelled is visible",
    convention="shares of the image's width and height; times these, COCO's px, the "
    "centre of the top-left pixel at (0, 0): Ultralytics divides COCO's numbers and "
    "adds nothing; COCO val2017 in both agrees to 0.0005 px",
)
FIRST = 32
"""Lines by which a file is recognised."""

FAR = 2.0
"""A share beyond this, or below minus one, is a pixel."""

_NUMBER = rb"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
_LINE = re.compile(rb"\d+(?:\.0*)?(?:[ \t]+" + _NUMBER + rb"){4,}[ \t]*\r?$")


def sniff(head: bytes, name: str) -> bool:
    """Whether one of a file's first lines is a class, a box in the image, and points.

    Not only its first: a box that is too wide costs its line and not the file.
    """
    lines = head.removeprefix(b"\xef\xbb\xbf").lstrip().split(b"\n", FIRST)[:FIRST]
    return any(map(_likely, lines))


def _likely(line: bytes) -> bool:
    if not _LINE.match(line):
        return False
    box = [float(word) for word in line.split()[1:5]]
    return all(1 - MARGIN <= v <= MARGIN for v in box) and len(line.split()) > 6


def names(file: File) -> list[Names]:
    """How many keypoints its rows have, with three numbers each if that divides."""
    cells = len(next(file.chunks(1 << 16), b"").partition(b"\n")[0].split()) - 5
    count = cells // 3 if cells > 0 and cells % 3 == 0 else max(cells, 0) // 2
    return [Names("person", count=count, fits=("coco_17",) if count == 17 else ())]


def read(context: Context, tally: Tally) -> Iterator[pa.RecordBatch]:
    """One row a line; the lines of many files are decoded at once."""
    build = Build(context, tally, NAME)
    labels = Labels(context, build)
    for file in build.files():
        if _is_label(file, context):
            labels.take(file)
        if len(labels.line) >= context.batch:
            labels.flush()
            yield from build.ready()
    labels.flush()
    labels.tell()
    yield from build.rest()


def _is_label(file: File, context: Context) -> bool:
    """Whether a file holds labels: of an archive, those whose name says so."""
    last = file.name.lower().rpartition("/")[2]
    if not is_archive(context.shard.name):
        return True
    listed = last in ("classes.txt", "train.txt", "val.txt", "test.txt", "readme.txt")
    roboflow = last.startswith("readme.") and last.endswith(".txt")
    return last.endswith((".txt", ".txt.gz")) and not (listed or roboflow)


@dataclass
class Labels:
    """The lines of several files, until they are rows."""

    context: Context
    build: Build
    line: list[bytes] = field(default_factory=list)
    source: list[str] = field(default_factory=list)
    ordinal: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._sizes = Sizes(self.context)
        self._said: dict[str, Said] = {}
        self._known: dict[str, Sized | None] = {}
        self._flags = np.zeros(4, np.int64)

    def take(self, file: File) -> None:
        """Takes a file's lines in; repeated ones are refused."""
        try:
            data = file.read().removeprefix(b"\xef\xbb\xbf")
        except DamagedStream as damage:
            self.build.damaged(file.name, damage)
            return
        if b"\0" in data or data[:2] in (b"\xff\xfe", b"\xfe\xff"):
            self.build.say(
                file.name, "encoding", "it is no plain text; save it as UTF-8", data
            )
            return
        self.build.images()
        lines = [line for line in data.splitlines() if line.strip()]
        first: dict[bytes, int] = {}
        for i, line in enumerate(lines):
            before = first.setdefault(line.strip(), i)
            if before != i:
                detail = f"line {i + 1} repeats line {before + 1}; keep one"
                self.build.refuse(file.name, i, "duplicate-row", detail, line)
                continue
            self.line.append(line)
            self.source.append(file.name)
            self.ordinal.append(i)
        self._said_of(file)

    def _said_of(self, file: File) -> None:
        """Reads the `data.yaml` of a folder once."""
        folder = file.name.rpartition("/")[0]
        if folder in self._said:
            return
        data = self.context.companion(file, *yolo_pose_yaml.NAMES)
        said = Said()
        if data is not None:
            points = self.context.delivery.points
            said = yolo_pose_yaml.parse(data, self.context.skeleton, points)
            for note in said.notes:
                self.build.note(note)
        if said.places is not None:
            self.build.note("left-out", int((said.places < 0).sum()))
        elif said.refusal is None:
            self.build.note("order-assumed")
        self._said[folder] = said

    def flush(self) -> None:
        """Gives the lines to the build, those of one layout together."""
        groups: dict[tuple[str, int], list[int]] = {}
        for i, (line, source) in enumerate(zip(self.line, self.source, strict=True)):
            key = source.rpartition("/")[0], len(line.split())
            groups.setdefault(key, []).append(i)
        for (folder, count), some in groups.items():
            self._add(some, count, self._said[folder])
        self.line, self.source, self.ordinal = [], [], []
        self._known = {}

    def tell(self) -> None:
        """Reports flags that are all alike: their tool does not say what is hidden."""
        _, occluded, *seen = self._flags.tolist()
        self.build.note("never-visible", 0 if any(seen) else occluded)
        self.build.note("never-occluded", 0 if occluded else sum(seen))

    def _add(self, some: Sequence[int], count: int, said: Said) -> None:
        k = len(self.context.skeleton.keypoints)
        places = said.places if said.places is not None else np.arange(k)
        layout = _layout(count, len(places), said.shape)
        if said.refusal is not None or layout is None:
            code = "other-skeleton" if said.refusal else "column-count"
            detail = said.refusal or _miscounted(count, len(places))
            self._refuse(some, code, detail)
            return
        good, values = self._numbers(some)
        if not good:
            return
        rows = self._rows(good, values, places, layout, said)
        self.build.add(rows)

    def _refuse(self, some: Sequence[int], code: str, detail: str) -> None:
        for i in some:
            where = f"line {self.ordinal[i] + 1}: {detail}"
            self.build.refuse(
                self.source[i], self.ordinal[i], code, where, self.line[i]
            )

    def _numbers(self, some: Sequence[int]) -> tuple[list[int], Floats]:
        """The lines that are numbers, and their values (N, columns)."""
        try:
            return list(some), decoded([self.line[i] for i in some])
        except pa.ArrowInvalid:
            good, values = [], []
        for i in some:
            try:
                values.append(decoded([self.line[i]]))
                good.append(i)
            except pa.ArrowInvalid:
                detail = f"{self.line[i][:60]!r} is not numbers alone; export it again"
                self._refuse([i], "number", detail)
        return good, np.concatenate(values) if values else np.empty((0, 0))

    def _image(self, source: str) -> Sized | None:
        if source not in self._known:
            self._known[source] = self._sizes.find(source)
        return self._known[source]

    def _rows(
        self,
        some: Sequence[int],
        values: Floats,
        places: npt.NDArray[np.intp],
        layout: tuple[int, bool],
        said: Said,
    ) -> Rows:
        n, k, m = len(some), len(self.context.skeleton.keypoints), len(places)
        dims, scored = layout
        source, lines = [self.source[i] for i in some], self.line
        found = [self._image(name) for name in source]
        size = np.array([(f.width, f.height) if f else (np.nan,) * 2 for f in found])
        table = np.full((n, k, 3), np.nan)
        table[:, :, 2] = 0
        given = values[:, 5 : 5 + m * dims].reshape(n, m, dims)
        kept = places >= 0
        table[:, places[kept], :dims] = given[:, kept]
        center, extent = values[:, 1:3] * size, values[:, 3:5] * size
        rows = Rows(
            position=np.array([self.ordinal[i] for i in some], np.int64),
            image=[
                f.image if f else stem(s) for f, s in zip(found, source, strict=True)
            ],
            source=source,
            raw=lambda i: lines[some[i]],
            xy=table[:, :, :2] * size[:, None, :],
            visibility=np.zeros((n, k), np.uint8),
            bbox=np.concatenate([center - extent / 2, extent], axis=1),
            width=[int(f.width) if f else None for f in found],
            height=[int(f.height) if f else None for f in found],
        )
        if len(said.classes) > 1:
            rows.more = {
                "category": [said.classes.get(c) for c in values[:, 0].tolist()]
            }
        self._judge(rows, values, table, dims, scored, said)
        turned = np.array([f is not None and f.turned for f in found])
        rows.remarks.repair(turned, f"{NAME}.exif-rotated")
        return rows

    def _judge(
        self,
        rows: Rows,
        values: Floats,
        table: Floats,
        dims: int,
        scored: bool,
        said: Said,
    ) -> None:
        """Settles each keypoint's flag, and says what is wrong or mended."""
        source = values_of.column_of(rows.source, len(rows)).to_pylist()
        flags(rows, table, dims, scored)
        remarks = rows.remarks
        if dims == 3 and rows.model is not None:
            told = rows.visibility[~rows.model]
            self._flags += np.bincount(told.reshape(-1), minlength=4)[:4]
        named = np.isin(values[:, 0], list(said.classes)) | (not said.classes)
        remarks.refuse(
            ~named,
            f"{NAME}.class-unknown",
            lambda i: f"class {values[i, 0]:g} is none that data.yaml names",
        )
        beyond = (values[:, 1:5] > FAR) | (values[:, 1:5] < -1)
        seen = rows.visibility > 0
        share = table[:, :, :2]
        far = seen & ~both((share <= FAR) & (share >= -1))
        remarks.refuse(
            np.asarray(beyond.any(axis=1) | far.any(axis=1)),
            f"{NAME}.not-normalised",
            lambda _: "it has pixels where shares of the image are meant; divide them",
        )
        left_out = (seen & outside(share)).any(axis=1)
        remarks.repair(np.asarray(left_out), f"{NAME}.outside")
        wrong = np.full(len(rows), said.shape is not None and said.shape[1] != dims)
        remarks.repair(wrong, f"{NAME}.kpt-shape")
        unsized = np.array([width is None for width in rows.width or ()])
        remarks.refuse(
            unsized,
            f"{NAME}.image-size",
            lambda i: (
                f"nothing says how large the image of {source[i]} is; deliver "
                "images/ beside labels/, or a job table with image, width, height"
            ),
        )


def flags(rows: Rows, table: Floats, dims: int, scored: bool) -> None:
    """Sets `rows.visibility` from shares and flags (N, K, 3); positions without one
    become NaN, but for those that a line gives all the same."""
    remarks, n = rows.remarks, len(rows)
    given = ~np.isnan(table[:, :, 0])
    zero = given & both(table[:, :, :2] == 0)
    if dims == 2:
        flag = np.where(given, float(Visibility.VISIBLE), 0.0)
        absent = given & ~both(table[:, :, :2] >= 0)
        remarks.repair(np.asarray(absent.any(axis=1)), f"{NAME}.negative-is-missing")
    else:
        flag = np.where(given, table[:, :, 2], 0.0)
        absent = np.zeros_like(given)
    score = np.asarray((flag != np.rint(flag)).any(axis=1))
    flag[score] = np.where(flag[score] > 0, Visibility.VISIBLE, 0.0)
    remarks.repair(score, f"{NAME}.score-as-visibility")
    remarks.repair(np.full(n, scored), f"{NAME}.confidence")
    rows.model = score | scored
    bad = ~np.isin(flag, (0, 1, 2))
    remarks.refuse(
        np.asarray(bad.any(axis=1)),
        f"{NAME}.visibility",
        lambda i: f"visibility {flag[i][bad[i]][0]:g} is none of 0, 1, 2",
    )
    missing = zero & (flag > 0)
    remarks.repair(np.asarray(missing.any(axis=1)), f"{NAME}.zero-is-missing")
    flag[bad | zero | absent] = 0
    stale = given & (flag == 0) & ~zero & ~absent
    remarks.repair(np.asarray(stale.any(axis=1)), f"{NAME}.unlabelled-with-position")
    rows.visibility = flag.astype(np.uint8)
    rows.xy[(flag == 0) & ~stale] = np.nan


def decoded(lines: Sequence[bytes]) -> Floats:
    """Lines of as many words each as numbers; raises ArrowInvalid for what is none."""
    words = pa.array(b"\n".join(lines).split(), pa.binary())
    numbers = words.cast(pa.string()).cast(pa.float64()).to_numpy()
    return np.asarray(numbers.reshape(len(lines), -1))


def _layout(
    count: int, k: int, shape: tuple[int, int] | None
) -> tuple[int, bool] | None:
    """(2 or 3, whether a confidence follows) of a line of so many numbers."""
    order = (2, 3) if shape is not None and shape[1] == 2 else (3, 2)
    for more in (0, 1):
        for dims in order:
            if count == 5 + dims * k + more:
                return dims, bool(more)
    return None


def _miscounted(count: int, k: int) -> str:
    return (
        f"it has {count} numbers, not 5 + {k} x 3 or 5 + {k} x 2; export poses of the "
        "project's skeleton"
    )
