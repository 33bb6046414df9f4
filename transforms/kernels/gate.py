"""What one gate of the verdict says."""

from typing import NamedTuple

from posegate.transforms.kernels.acceptance import Verdict


class Gate(NamedTuple):
    """What one gate says, in a sentence with its numbers."""

    gate: str
    verdict: Verdict
    text: str
    value: float | None = None
    limit: float | None = None

    @property
    def passed(self) -> bool:
        """Whether it stands in nobody's way."""
        return self.verdict == "accept"
