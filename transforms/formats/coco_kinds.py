"""Which of COCO's files of the same images has the records that a project is about.

annotations/person_keypoints_val.json   poses, with their outlines
annotations/instances_val.json          the same again, and what has no keypoints
annotations/captions_val.json           (stuff, panoptic, labels, image_info) neither

So COCO itself calls them, and Datumaro after it.
"""

import re

from posegate.transforms.formats.context import Context
from posegate.transforms.formats.files import File

_KIND = re.compile(
    r"(?P<kind>person_keypoints|instances|captions|stuff|panoptic|labels|image_info)_"
    r"(?P<split>.+\.json(\.gz)?)"
)


def beside_another(context: Context, file: File) -> bool:
    """Whether a file is of a kind that another beside it has for the project.

    That is the one of keypoints; of a project of masks the one of instances.
    """
    wanted = "instances" if context.skeleton.masked else "person_keypoints"
    found = _KIND.fullmatch(file.name.rpartition("/")[2])
    if found is None or found["kind"] == wanted:
        return False
    return any(True for _ in context.beside(file, f"{wanted}_{found['split']}"))
