"""What goes wrong in COCO files, by code, and what is done about it."""

TRAPS: dict[str, str] = {}
