"""What a file is that is read as none of the formats, and what would do: a clause.

results.csv   has no column `image`, nor `frame`
seq.pkl       is a pickle, which can run programs when it is opened: it is not
a.xml         is XML of <annotation>, which is Pascal VOC's: it has boxes alone
"""

import re

from posegate.transforms.formats.points_csv_columns import meaning
from posegate.transforms.formats.streams import UTF16
from posegate.transforms.formats.text_table import cells, decoded, dialect_of

_TABLES = (".csv", ".tsv", ".txt")

_PICKLES = (
    "is a pickle, which can run programs when it is opened: it is not; write what it "
    "holds as a plain table (`posegate formats points-csv`), or, 3DPW's and others' "
    "poses of video, as an .npz like Human3.6M's (`posegate formats h36m`)"
)
_ENDINGS = {
    **dict.fromkeys((".pkl", ".pickle", ".p", ".pt", ".pth", ".joblib"), _PICKLES),
    **dict.fromkeys(
        (".xlsx", ".xls", ".ods"), "is a spreadsheet; save its table as CSV"
    ),
    **dict.fromkeys(
        (".bvh", ".fbx", ".amc", ".asf"),
        "has the angles of a moving skeleton, no points; export TRC, C3D or CSV",
    ),
    **dict.fromkeys(
        (".mot", ".sto"),
        "is OpenSim's table of angles or forces; export the markers as TRC",
    ),
    **dict.fromkeys(
        (".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff", ".webp"),
        "is an image; give the annotations that were exported",
    ),
    **dict.fromkeys(
        (".mp4", ".avi", ".mov", ".mkv", ".webm"),
        "is a video; give the annotations that were exported",
    ),
    **dict.fromkeys(
        (".rar", ".7z", ".bz2", ".xz", ".zst"),
        "is packed in a way that is not read; unpack it, or pack it as .zip or .tar.gz",
    ),
    ".npy": "is one array without names; save an .npz like Human3.6M's "
    "(`posegate formats h36m`), or a plain table",
    ".cdf": "is CDF, as Human3.6M comes; convert it to .h5 or .npz "
    "(`posegate formats h36m-h5`, `posegate formats h36m`)",
    ".npz": "has not Human3.6M's arrays; see `posegate formats h36m`",
    ".mat": "is a .mat without MPII's RELEASE; save a plain table "
    "(`posegate formats points-csv`)",
}
_ROOTS = {
    "annotation": "Pascal VOC's: it has boxes alone; export COCO keypoints",
    "annotations": "CVAT's, but it has neither its version nor an image or a track; "
    "export it again",
    "dataset": "imglab's, but it has no images with parts; export it again",
    "opensimdocument": "OpenSim's; export the markers as TRC",
    "qtm_capture": "Qualisys'; export TSV or C3D",
}
_ROOT = re.compile(r"<([A-Za-z_][\w.:-]*)")
_BINARY = re.compile(rb"[\x00-\x08\x0e-\x1f]")


def nearest(name: str, head: bytes) -> str:
    """Why a file that starts so is nothing that is read; for the end of its name."""
    lower = name.lower().removesuffix(".gz")
    ending = next((e for e in _ENDINGS if lower.endswith(e)), None)
    if ending is not None:
        return _ENDINGS[ending]
    if head.startswith(b"\x89HDF"):
        return "is HDF5 of neither DeepLabCut, SLEAP nor Human3.6M"
    if not head:
        return "is empty"
    if _BINARY.search(head[:4096]) and not head.startswith(UTF16):
        return f"begins {head[:16]!r}, which is no format known"
    text = decoded(head).lstrip()
    if lower.endswith(".xml") or text.startswith("<?xml"):
        return _xml(text)
    if lower.endswith(_TABLES) and len(text.split("\n", 1)[0]) < 100_000:
        return _table(text, lower.endswith(".txt"))
    return f"begins {text[:40]!r}, which is no format known"


def _xml(text: str) -> str:
    root = _ROOT.search(text)
    if root is None:
        return f"begins {text[:40]!r}, which is no XML"
    known = _ROOTS.get(root[1].lower(), "none that is known: CVAT's and imglab's are")
    return f"is XML of <{root[1]}>, which is {known}"


def _table(text: str, maybe: bool) -> str:
    """Of a table; `maybe` it is any text."""
    first, _, rest = text.partition("\n")
    dialect = dialect_of(first, rest.partition("\n")[0])
    header = cells(first, dialect)
    if maybe and dialect.delimiter == " ":
        return (
            f"begins {first[:40]!r}, which is no line of YOLO-pose, WFLW, OneHand10K "
            "or LaPa, nor a table of markers"
        )
    if dialect.delimiter == " " or len(header) < 3:
        return f"begins {first[:40]!r}, which is no header of a table of points"
    if not any(re.search(r"[^\W\d_]{2}|[xyXY]", cell) for cell in header):
        return (
            "has no header; say its columns under [csv] in delivery.toml "
            "(`posegate formats points-csv`)"
        )
    columns = meaning(header, loose=True)
    if isinstance(columns, str):
        return (
            f"{columns}, as a table of points needs (`posegate formats points-csv`); "
            f"its columns are {', '.join(header[:6])}{', …' if len(header) > 6 else ''}"
        )
    some = ", ".join([*columns.points][:3]) or "those it names"
    return (
        f"could be a plain table, of the points {some}: say so by --format points-csv "
        "or `format` in delivery.toml, with `unit` under [csv] where it is not px"
    )
