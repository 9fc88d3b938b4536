"""JSON Schemas of the YAML files that authors write, for editors."""

from collections.abc import Mapping
from typing import Any, Final

from labctl.manifest import CourseFile, LabFile
from labctl.manifest_checks import ChecksFile, MistakeFile
from labctl.manifest_texts import MessagesFile
from labctl.manifest_types import Model

FILES: Final[Mapping[str, type[Model]]] = {
    "course": CourseFile,
    "lab": LabFile,
    "messages": MessagesFile,
    "checks": ChecksFile,
    "mistake": MistakeFile,
}


def schema(name: str) -> dict[str, Any]:
    """The schema of one kind of file, by the word in its `format`."""
    made = FILES[name].model_json_schema()
    made["properties"]["format"] = {"const": f"labctl/{name}/v1"}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **made}


def file_name(name: str) -> str:
    """What the schema's file is called beside the labs."""
    return f"{name}.v1.json"
