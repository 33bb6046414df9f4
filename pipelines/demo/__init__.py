"""Deliveries with known faults, and how many of them a gate found."""

from posegate.pipelines.demo.make import Made, make
from posegate.pipelines.demo.spec import Spec

__all__ = ["Made", "Spec", "make"]
