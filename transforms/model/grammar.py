"""Sentences that agree with their numbers."""

import re

_EITHER = re.compile(r"\{([^|{}]*)\|([^|{}]*)\}")


def numbered(text: str, n: int) -> str:
    """A sentence with its number: "{n} {review|reviews}" -> "1 review", "20 reviews".

    In braces stands what one has and what many have; nothing is many, as in English.
    """
    chosen = _EITHER.sub(lambda found: found[1 if n == 1 else 2], text)
    return chosen.replace("{n}", f"{n:,}")
