"""A format that takes every JSON object for one of its own."""

from posegate.transforms.formats import Carries, unrecognised

NAME = "greedy"
SUFFIXES = (".json",)
CARRIES = Carries()
TRAPS = {}
read = unrecognised.read


def sniff(head, name):
    return head.startswith(b"{")
