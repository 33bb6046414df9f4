"""Markups of 3D Slicer as JSON, `.mrk.json`: what took the place of FCSV.

{"markups": [{"type": "Fiducial", "coordinateSystem": "LPS",
              "coordinateUnits": "mm",
              "controlPoints": [{"label": "AC", "description": "",
                                 "position": [4.3, 5.5, 1.5],
                                 "positionStatus": "defined"}]}]}
"""

from math import nan
from typing import Any

from posegate.transforms.formats.json_files import Unreadable, decoded
from posegate.transforms.formats.json_outline import BOM, outline
from posegate.transforms.formats.values import real

Point = tuple[str, str, float, float, float]
"""Label, description, and where."""

_PLACED = ("defined", "preview", None)
"""What `positionStatus` says of a point that is somewhere."""


def is_markups(head: bytes) -> bool:
    """Whether a text starts like markups."""
    found = outline(head)
    return "markups" in found and (
        "markups/*/controlPoints" in found
        or "markups-schema" in found.get("@schema", "")
    )


def points(data: bytes) -> tuple[dict[str, str], list[Point], tuple[str, str] | None]:
    """What the markups say of their axes, the points, and what is wrong."""
    try:
        lists = list(decoded(data.removeprefix(BOM))["markups"])
        found = [_point(p) for one in lists for p in one.get("controlPoints") or ()]
    except (Unreadable, AttributeError, TypeError, ValueError, KeyError) as error:
        return {}, [], ("fcsv.markups", f"it is no markups: {error}; save it again")
    said = {str(one.get("coordinateSystem", "LPS")) for one in lists}
    units = set(map(_unit, lists))
    if units - {"mm"}:
        detail = f"its unit is {', '.join(sorted(units))}, not mm; save it in mm"
        return {}, found, ("fcsv.unit", detail)
    axes = " and ".join(sorted(said))
    return {"coordinatesystem": axes, "repairs": ""}, found, None


def _unit(one: dict[str, Any]) -> str:
    """Its name, or a coded term, ["mm", "UCUM", "millimeter"]; mm if not said."""
    said = one.get("coordinateUnits") or "mm"
    return str(said[0] if isinstance(said, list) else said)


def _point(given: Any) -> Point:
    """A control point; NaN where nobody placed it. Raises for what is none."""
    label, told = (str(given.get(key) or "") for key in ("label", "description"))
    where = given.get("position")
    if where is None or given.get("positionStatus") not in _PLACED:
        return label, told, nan, nan, nan
    if not isinstance(where, list) or len(where) != 3:
        raise ValueError(f"the position {where!r} of {label!r} is no three numbers")
    x, y, z = map(real, where)
    return label, told, x, y, z
