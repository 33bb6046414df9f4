"""Deliveries with known faults, and how many of them a gate found."""

from posegate.pipelines.demo.found import ALARMS, TALLY, found
from posegate.pipelines.demo.make import PLANTED, Made, make
from posegate.pipelines.demo.spec import Spec

__all__ = ["ALARMS", "PLANTED", "TALLY", "Made", "Spec", "found", "make"]
