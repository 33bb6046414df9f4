"""The keypoints of a CVAT export: by its skeletons' labels, else by its points."""

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress

from posegate.transforms.formats.files import File
from posegate.transforms.formats.names import Names
from posegate.transforms.formats.streams import DamagedStream
from posegate.transforms.formats.xml_records import Node, Records

_LOOKED_AT = 200
"""Images or tracks that are looked at where no label says what a skeleton has."""

_EDGE = re.compile(r'data-node-from="(\d+)"[^>]*data-node-to="(\d+)"')
_CIRCLE = re.compile(r"<circle[^>]*>")
_ID = re.compile(r'data-node-id="(\d+)"')
_LABEL = re.compile(r'data-label-name="([^"]*)"')


def names(file: File) -> list[Names]:
    """Its skeletons; else the names of its points, or how many an image has."""
    shapes: list[Node] = []
    with suppress(DamagedStream):
        for event in Records(file.chunks(), ("annotations",), "image"):
            if not isinstance(event, Node):
                continue
            if event.tag == "meta":
                if found := _of_labels(event):
                    return found
                continue
            shapes.append(event)
            if len(shapes) >= _LOOKED_AT:
                break
    return _of_shapes(shapes)


def _of_labels(meta: Node) -> list[Names]:
    """Skeletons by their parts, with limbs where the drawing tells them."""
    labels = [node for each in _named(meta, "labels") for node in each.children]
    parts: dict[str, list[str]] = {}
    drawn = {node.says("name"): node.says("svg") or "" for node in labels}
    for node in labels:
        name, parent = node.says("name"), node.says("parent")
        if name and parent:
            parts.setdefault(parent, []).append(name)
    return [
        Names(parent, tuple(own), _limbs(drawn.get(parent, ""), own))
        for parent, own in parts.items()
    ]


def _named(node: Node, tag: str) -> Iterator[Node]:
    for child in node.children:
        if child.tag == tag:
            yield child
        else:
            yield from _named(child, tag)


def _limbs(svg: str, own: list[str]) -> tuple[tuple[int, int], ...]:
    """Edges are between ids of the drawing's circles, which say their label."""
    places = {}
    for circle in _CIRCLE.findall(svg):
        id, label = _ID.search(circle), _LABEL.search(circle)
        if id and label and label[1] in own:
            places[id[1]] = own.index(label[1])
    ends = ((places.get(a), places.get(b)) for a, b in _EDGE.findall(svg))
    return tuple((a, b) for a, b in ends if a is not None and b is not None and a != b)


def _of_shapes(nodes: list[Node]) -> list[Names]:
    found: dict[str, dict[str, None]] = {}
    single: Counter[str] = Counter()
    for node in nodes:
        here: Counter[str] = Counter()
        for each in (node, *node.children):
            label = each.attrs.get("label", "")
            if each.tag == "skeleton":
                own = [child.attrs.get("label", "") for child in each.children]
                owner = label or node.attrs.get("label", "")
                found.setdefault(owner, {}).update(dict.fromkeys(own))
            elif each.tag == "points":
                here[label] += len(each.attrs.get("points", "").split(";"))
        single |= here
    if found:
        return [Names(label, tuple(own), partial=True) for label, own in found.items()]
    if len(single) > 1:
        return [Names("points", tuple(single), partial=True)]
    return [Names(label, count=count) for label, count in single.items()]
