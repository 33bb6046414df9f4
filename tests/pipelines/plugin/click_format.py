"""One line a click: image,annotator,keypoint,x,y."""

from posegate.transforms.formats import Build, Carries, Record
from posegate.transforms.model.naming import Naming

NAME = "clicks"
SUFFIXES = (".clicks",)
CARRIES = Carries(annotator="the second column")
TRAPS = {"clicks.line": "A line is no click: quarantined."}


def sniff(head, name):
    return head.count(b",") >= 4


def read(context, tally):
    build, naming = Build(context, tally, NAME), Naming(context.skeleton)
    for file in build.files():
        for position, raw in enumerate(file.stream()):
            try:
                image, annotator, name, x, y = raw.decode().split(",")
                record = Record(position, image, source=file.name, annotator=annotator)
                record.place({naming.index(name): (float(x), float(y), 2)})
            except ValueError as error:
                build.refuse(file.name, position, "line", str(error), raw)
                continue
            build.put(record)
            yield from build.ready()
    yield from build.rest()
