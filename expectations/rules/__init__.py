"""What an instance may not look like: one small function per rule."""

from posegate.expectations.rules import anatomy, motion, structure, visibility

RULES = {
    rule.id: rule
    for rule in (
        *structure.RULES,
        *visibility.RULES,
        *anatomy.RULES,
        *motion.RULES,
    )
}
"""Every rule that ships, by id; findings of one row come in this order."""
