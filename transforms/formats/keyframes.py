"""What `attributes.keyframe` says in the COCO and Datumaro JSON that CVAT writes."""

from collections.abc import Mapping
from typing import Any


def between(said: Mapping[str, Any], tracked: bool) -> bool:
    """Whether a tool placed an annotation, between two keyframes.

    CVAT asks of every skeleton whether any of its points is a keyframe, which no still
    has: it writes `keyframe` false beside `occluded`, and no track. A person placed
    those.

    Args:
      said: the annotation's attributes.
      tracked: whether it is of a track.
    """
    if said.get("keyframe") is not False:
        return False
    return tracked or not isinstance(said.get("occluded"), bool)
