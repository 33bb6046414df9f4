"""The words of a keypoint's name, however vendors write them.

left_eye  LEye  L_Eye  eyeL  Eye_Left  ──> left eye
"""

import re

_TOKEN = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[^\W\d_]+|\d+")
_SIDES = {"l": "left", "left": "left", "r": "right", "right": "right"}


def tokens(name: str) -> list[str]:
    """The words and numbers of a name: LEye, eye-l2 give l, eye and eye, l, 2."""
    return [token.casefold() for token in _TOKEN.findall(name)]


def sided(name: str) -> list[str]:
    """The same, with the side in front and in full."""
    words = tokens(name)
    sides = [_SIDES[word] for word in words if word in _SIDES]
    return [*sides, *(word for word in words if word not in _SIDES)]
