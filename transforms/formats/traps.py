"""What goes wrong in deliveries whatever their format, and what is done about it."""

from functools import cache
from types import ModuleType

from posegate.transforms.formats import formats, xml_stream

COMMON = {
    "coordinate": "A position is not a number, or beyond a million: quarantined.",
    "duplicate-id": "An id stands twice for one image and annotator: the first counts, "
    "later ones are quarantined.",
    "other-size": "Width and height are the other way round than the job table's, as "
    "where a camera's orientation (EXIF) is applied: the record's count.",
    "role": "A role is none of production, gold, review, prelabel: quarantined.",
    "time-unreadable": "A time is none between 1970 and 2100: dropped.",
    "time-zone-assumed": "A time has no zone: UTC is assumed.",
}
"""By the code without the format's name."""

FILES = {
    "file.gzip": "The gzip stream is damaged or cut off: what comes before is read.",
    "file.hdf5": "An HDF5 file is damaged, claims more than it holds, leads to other "
    "files, or kills the process that reads it: what comes before is read.",
    "file.inflates": "A compressed file inflates beyond reason: reading stops.",
    "file.too-large": "A file that must be read whole is too large: not read.",
    "file.unrecognised": "A file with the ending of annotations is no format known, or "
    "a tool's that is not read (VIA, Encord, OpenLABEL, ...): said of the file.",
    "archive.nested": "An archive lies in an archive: not read, said of the file.",
    "archive.damaged": "An archive is damaged: what comes before is read.",
    "archive.unsafe-name": "A name in an archive leads out of it: left alone.",
    "names.no-match": "Records in files whose names `names.pattern` does not match.",
    "json.empty": "A JSON file is empty: said of the file.",
    "json.encoding": "A JSON file is not UTF-8: said of the file.",
    "json.malformed": "A record is not JSON: quarantined, its neighbours are read.",
    "json.not-json": "A file that should be JSON is none: said of the file.",
    "json.stray": "Something stands between records and is none: quarantined.",
    "json.too-deep": "A record is nested too deeply: quarantined.",
    "json.too-long": "A record is longer than any real one: quarantined.",
    "json.truncated": "A JSON file is cut off: what comes before is read.",
    "json.unbalanced": "A record lacks a bracket or a quote: quarantined, its "
    "neighbours are read.",
    **xml_stream.TRAPS,
    "jobs.no-line": "Records for which the job table has no line.",
}
"""By the whole code: what concerns files, archives and the job table."""


def traps(module: ModuleType) -> dict[str, str]:
    """Every code that a format's records can carry, with what it means."""
    common = {f"{module.NAME}.{code}": said for code, said in COMMON.items()}
    return {**module.TRAPS, **common, **FILES}


@cache
def documented() -> dict[str, str]:
    """Every code of every format that there is, with what it means."""
    return {
        code: said
        for module in formats().values()
        for code, said in traps(module).items()
    }
