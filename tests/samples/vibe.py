"""Files of the vibe annotator in a few lines, and one for every trap."""

import json
from typing import Any

import numpy as np

from posegate.transforms.model.skeleton import Skeleton

VIEWS = tuple(str(view) for view in range(303, 334, 3))
SKELETON = Skeleton("nabirds", VIEWS, (), (), None, category="bird")
PLAIN = "json"
Json = dict[str, Any]


def mark(view: str = "303", x: float = 20, y: float = 30, **more: Any) -> Json:
    said = {"available": True, "visible": True, "timestamp": 1414736992000}
    return {**said, "x": x, "y": y, "rotation": 0, "view": view} | more


def annotation(*marks: Any, id: int = 1, image: str = "7") -> Json:
    answer = {"images": {image: [["Bird 0", *marks]]}, "taxon_id": 101}
    return {"answer": answer, "worker": "n14", "id": id}


def files(*annotations: Any, images: tuple[str, ...] = ("7",)) -> dict[str, bytes]:
    listed = {
        key: {"url": f"https://h/b/{key}.jpg", "original_name": key} for key in images
    }
    said = {"images": listed, "annotations": list(annotations)}
    return {"141.json": json.dumps(said).encode()}


def sample(n: int) -> dict[str, bytes]:
    """n birds of 11 marks, an image each."""
    random = np.random.default_rng(7)
    names = tuple(str(i) for i in range(n))
    some = []
    for name in names:
        places = random.uniform(0, 900, (len(VIEWS), 2)).tolist()
        marks = [mark(v, *xy) for v, xy in zip(VIEWS, places, strict=True)]
        some.append(annotation(*marks, id=int(name), image=name))
    return files(*some, images=names)


def invisible() -> dict[str, bytes]:
    return files(annotation(mark(), mark("306", -180, 70, visible=False)))


def never_clicked() -> dict[str, bytes]:
    return files(annotation(mark(), mark("306", timestamp=None)))


def unannotated() -> dict[str, bytes]:
    return files(annotation(mark()), images=("7", "8"))


def no_image() -> dict[str, bytes]:
    return files(annotation(mark(), image="9"))


def broken_mark() -> dict[str, bytes]:
    return files(annotation(mark(), mark("306", x=None)))  # type: ignore[arg-type]


def broken_annotation() -> dict[str, bytes]:
    return files(annotation(mark()), {"id": 2, "worker": "n14"})


def point_twice() -> dict[str, bytes]:
    return files(annotation(mark(), mark()))


def other_skeleton() -> dict[str, bytes]:
    return files(annotation(mark("900")))
