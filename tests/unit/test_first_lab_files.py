"""The first lab's files agree with one another, beyond what every lab is examined for."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from labctl.catalog import Catalog, Lab
from labctl.manifest_checks import MistakeFile
from labctl.manifest_problems import load

LABS = Path(__file__).parents[2] / "labs"
STEP_OF = {"deployment.yaml": "deploy", "service.yaml": "one-service"}


@pytest.fixture(scope="module")
def lab() -> Lab:
    return Catalog(LABS).get("serve-a-model")


def flat(value: Any, path: str = "") -> dict[str, Any]:
    """Every leaf of a document by its dotted path."""
    if isinstance(value, dict):
        pairs = [(f"{path}.{key}", item) for key, item in value.items()]
    elif isinstance(value, list):
        pairs = [(f"{path}.{place}", item) for place, item in enumerate(value)]
    else:
        return {path: value}
    return {leaf: found for one, item in pairs for leaf, found in flat(item, one).items()}


@pytest.mark.parametrize("name", STEP_OF)
def test_the_starter_becomes_the_solution_by_filling_its_todos_and_nothing_else(
    lab: Lab, name: str
) -> None:
    text = (lab.folder / "starter" / name).read_text(encoding="utf-8")
    starter = flat(yaml.safe_load(text))
    solved = lab.folder / "solutions" / "default" / f"{STEP_OF[name]}.yaml"
    solution = flat(yaml.safe_load(solved.read_text(encoding="utf-8")))

    assert starter.keys() == solution.keys()
    blanks = [key for key in starter if starter[key] != solution[key]]
    marked = [line for line in text.splitlines() if re.search(r"# TODO \d", line)]
    assert len(blanks) == len(marked) > 0
    for key, line in zip(blanks, marked, strict=True):
        assert re.search(rf"{key.rpartition('.')[2]}: \S*{re.escape(str(starter[key]))} #", line)


def test_every_manifest_says_the_labs_namespace_so_a_plain_apply_is_right(lab: Lab) -> None:
    found = [*lab.folder.glob("starter/*.yaml"), *lab.folder.glob("*/*/[!e]*.yaml")]
    assert len(found) > 8
    for path in found:
        manifest = yaml.safe_load(path.read_text(encoding="utf-8"))
        assert manifest["metadata"]["namespace"] == lab.namespace, path


def test_every_step_that_can_go_wrong_has_a_known_mistake(lab: Lab) -> None:
    expected = [
        load(path, MistakeFile, path.name)[0] for path in lab.folder.glob("mistakes/*/expect.yaml")
    ]
    steps = {one.step for one in expected if one is not None}
    assert steps == {"run-with-docker", "deploy", "one-service", "same-digest"}


def test_a_mistake_brings_a_file_for_the_step_that_it_spoils(lab: Lab) -> None:
    for path in lab.folder.glob("mistakes/*/expect.yaml"):
        mistake = load(path, MistakeFile, path.name)[0]
        assert mistake is not None
        spoiled = [one.stem for one in path.parent.iterdir() if one.name != "expect.yaml"]
        assert spoiled == [mistake.step], path


def test_each_failure_and_step_has_two_or_three_hints(lab: Lab) -> None:
    messages = lab.messages["en"]
    groups = [text.hints for text in messages.codes.values()]
    groups += [text.hints for text in messages.steps.values()]
    for hints in groups:
        assert 2 <= len(hints) <= 3, hints


def test_every_container_that_the_lab_starts_can_be_found_by_its_label(lab: Lab) -> None:
    texts = [lab.folder / "README.md", *lab.folder.glob("*/*/*.sh")]
    runs = [
        command
        for path in texts
        for command in re.findall(r"docker run(?:.*\\\n)*.*", path.read_text(encoding="utf-8"))
    ]
    assert len(runs) >= 4
    for command in runs:
        assert f"--label dev.labctl.lab={lab.id}" in command


def test_the_guide_reads_well_in_eighty_columns(lab: Lab) -> None:
    for name in ("README.md", "debrief.md"):
        for line in (lab.folder / name).read_text(encoding="utf-8").splitlines():
            assert len(line) <= 80, line
