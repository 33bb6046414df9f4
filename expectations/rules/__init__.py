"""What an instance may not look like: one small function per rule."""

from itertools import chain

from posegate.expectations.rules import (
    anatomy,
    anatomy_3d,
    company,
    face,
    hand,
    masks,
    motion,
    plausibility,
    structure,
    visibility,
)

FAMILIES = (structure, visibility, anatomy, anatomy_3d, plausibility, face, hand, masks)
"""The modules of rules that look at one instance."""

RULES = {
    rule.id: rule
    for rule in chain(
        *(f.RULES for f in FAMILIES), company.RULES, motion.RULES, anatomy_3d.OF_TRACKS
    )
}
"""Every rule that ships, by id; findings of one row come in this order."""
