"""Who made a label of Labelbox, when, and what became of it."""

from typing import Any

from posegate.transforms.formats.labelbox_objects import said
from posegate.transforms.formats.labelbox_row import DataRow
from posegate.transforms.formats.rows import Record
from posegate.transforms.formats.values import Json, each, mapping, scalar


def who(label: Json) -> str | None:
    """The annotator; None where label details were not exported."""
    return scalar(mapping(label.get("label_details")).get("created_by"))


def skipped(label: Json) -> bool:
    """Whether the annotator passed the image over."""
    performance = mapping(label.get("performance_details"))
    return performance.get("skipped") is True or label.get("skipped") is True


def gold(label: Json, benchmarks: frozenset[str]) -> bool:
    """Whether others are measured by a label."""
    details = mapping(label.get("label_details"))
    marked = details.get("is_benchmark_reference") or details.get("is_benchmark")
    return marked is True or str(label.get("id")) in benchmarks


def common(data: DataRow, label: Json, frame: int | None) -> Record:
    """What holds for every instance of a label; `frame` counts from 0."""
    details = mapping(label.get("label_details"))
    seconds = mapping(label.get("performance_details")).get("seconds_to_create")
    return Record(
        position=0,
        image=data.image if frame is None else f"{data.image}#{frame}",
        width=data.width,
        height=data.height,
        video=None if frame is None else data.image,
        frame=frame,
        fps=data.fps,
        annotator=who(label) or scalar(label.get("model_name")),
        annotated_at=details.get("created_at") or details.get("updated_at"),
        lead_time_s=seconds if isinstance(seconds, int | float) else None,
    )


def attributes(row: Json, project: Json, label: Json) -> dict[str, Any]:
    """What divides the data: metadata, project, state, scores, answers."""
    found: dict[str, Any] = {}
    for field in each(row.get("metadata_fields")):
        if (name := scalar(field.get("schema_name"))) is not None:
            found[name] = field.get("value")
    found["project"] = project.get("name")
    details = mapping(project.get("project_details"))
    for key in ("workflow_status", "batch_name"):
        found[key] = details.get(key)
    selected = details.get("selected_label_id")
    if selected and len(each(project.get("labels"))) > 1:
        found["selected"] = selected == label.get("id")
    performance = mapping(label.get("performance_details"))
    for key in ("benchmark_score", "consensus_score", "seconds_to_review"):
        found[key] = performance.get(key)
    found |= _review(label)
    drawn = mapping(label.get("annotations"))
    for name, text in said(drawn.get("classifications")):
        found[name] = f"{found[name]}, {text}" if name in found else text
    return {key: value for key, value in found.items() if scalar(value) is not None}


def _review(label: Json) -> dict[str, Any]:
    """The last review, and whether the label was changed after it was made."""
    details = mapping(label.get("label_details"))
    reviews = each(details.get("reviews"))
    found: dict[str, Any] = {}
    if reviews:
        last = reviews[-1]
        found["review"] = last.get("label_decision") or last.get("score")
        found["reviewer"] = last.get("reviewed_by")
    if (changed := details.get("updated_by")) not in (None, details.get("created_by")):
        found["updated_by"] = changed
    return found
