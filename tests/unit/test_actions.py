"""The GitHub actions: what can be seen of them without GitHub, and their scripts run for real."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
ACTIONS = {"labs": ROOT / "action.yml", "grade": ROOT / "grade/action.yml"}
SCRIPTS = sorted((ROOT / "action").glob("*.sh"))
EXPRESSION = re.compile(r"\$\{\{\s*([\w.-]+)\s*\}\}")
OURS = ("actions/setup-python", "actions/cache", "actions/upload-artifact")
LABCTL = """#!/usr/bin/env bash
{ printf '%s ' "$(basename "$0")" "$@"; echo "labs=${LABCTL_LABS-}"; } >>"$SAID"
if [ "$*" = "node-image list" ]; then printf 'KUBERNETES  RUNTIME\\n1.36.3  cri-o  1 GB\\n'; fi
if [[ $* = *" export "* ]]; then touch "${@: -1}"; fi
exit "${LABCTL_CODE-0}"
"""
PYTHON = """#!/usr/bin/env bash
# python -m venv FOLDER
mkdir -p "$3/bin" && cp "$(dirname "$0")/labctl" "$3/bin/pip" && cp "$3/bin/pip" "$3/bin/labctl"
"""


def action(name: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(ACTIONS[name].read_text(encoding="utf-8"))
    return found


def steps(name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = action(name)["runs"]["steps"]
    return found


@dataclass
class Runner:
    """What GitHub gives a composite action, as far as our scripts see it."""

    folder: Path
    name: str

    def run(
        self, step: Mapping[str, Any], inputs: Mapping[str, str], code: int = 0
    ) -> tuple[int, list[str]]:
        """The exit code of a step's script, and what it called, a line for each call."""
        said = self.folder / "said"
        said.write_text("")
        environ = {
            "PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}",
            "SAID": str(said),
            "LABCTL_CODE": str(code),
            "RUNNER_TEMP": str(self.folder / "temp dir"),
            "GITHUB_ACTION_PATH": str(ACTIONS[self.name].parent),
            "GITHUB_OUTPUT": str(self.folder / "output"),
            "GITHUB_PATH": str(self.folder / "path"),
            **{key: filled(value, inputs) for key, value in step.get("env", {}).items()},
        }
        ran = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
            env=environ,
            cwd=self.folder / "repository",
            capture_output=True,
            text=True,
            check=False,
        )
        assert "unbound" not in ran.stderr
        return ran.returncode, said.read_text().splitlines()

    def script(self, word: str) -> dict[str, Any]:
        """The step whose script has this word."""
        return next(step for step in steps(self.name) if word in step.get("run", ""))

    def inputs(self, **given: str) -> dict[str, str]:
        """All inputs, with the action's defaults."""
        defaults = {key: one["default"] for key, one in action(self.name)["inputs"].items()}
        return {**defaults, **given}


def filled(text: str, inputs: Mapping[str, str]) -> str:
    """An expression's value; only inputs are there in an `env`."""
    return EXPRESSION.sub(lambda found: inputs[found[1].removeprefix("inputs.")], text)


def runner_in(folder: Path, name: str) -> Runner:
    for name_of_folder in ("bin", "temp dir", "repository"):
        (folder / name_of_folder).mkdir()
    for program, text in (("labctl", LABCTL), ("sudo", LABCTL), ("python", PYTHON)):
        file = folder / "bin" / program
        file.write_text(text)
        file.chmod(0o755)
    return Runner(folder, name)


@pytest.fixture
def labs(tmp_path: Path) -> Runner:
    return runner_in(tmp_path, "labs")


@pytest.fixture
def grade(tmp_path: Path) -> Runner:
    return runner_in(tmp_path, "grade")


@pytest.mark.parametrize("name", ACTIONS)
def test_an_action_is_composite_and_says_what_it_takes(name: str) -> None:
    found = action(name)
    assert found["runs"]["using"] == "composite"
    assert found["name"]
    assert found["description"]
    for one in found["inputs"].values():
        assert set(one) == {"description", "default"}
        assert isinstance(one["default"], str)
    for step in found["runs"]["steps"]:
        assert ("uses" in step) != ("run" in step)
        assert "run" not in step or step["shell"] == "bash"


@pytest.mark.parametrize("name", ACTIONS)
def test_only_github_s_own_actions_are_used_each_by_its_version(name: str) -> None:
    used = [step["uses"] for step in steps(name) if "uses" in step]
    assert {one.partition("@")[0] for one in used} == set(OURS)
    assert all(re.fullmatch(r"[\w/-]+@v\d+\.\d+\.\d+", one) for one in used)


@pytest.mark.parametrize("name", ACTIONS)
def test_inputs_are_all_used_and_never_become_a_script(name: str) -> None:
    """GitHub writes an expression into the script before bash reads it: a quote would end there."""
    assert not [step["run"] for step in steps(name) if "${{" in step.get("run", "")]
    used = {
        expression.removeprefix("inputs.")
        for step in steps(name)
        for where in ("env", "with")
        for value in step.get(where, {}).values()
        for expression in EXPRESSION.findall(str(value))
        if expression.startswith("inputs.")
    }
    assert used == set(action(name)["inputs"])


@pytest.mark.parametrize("name", ACTIONS)
def test_outputs_and_conditions_name_steps_that_are_there(name: str) -> None:
    ids = {step["id"] for step in steps(name) if "id" in step}
    text = ACTIONS[name].read_text(encoding="utf-8")
    assert set(re.findall(r"steps\.(\w+)\.outputs", text)) == ids


def shellchecked(text: str) -> str:
    """What shellcheck says of a script; bash alone where it is not installed."""
    shellcheck = shutil.which("shellcheck", path=str(Path(sys.executable).parent))
    argv = [shellcheck, "--shell=bash", "-"] if shellcheck else ["bash", "-n"]
    return subprocess.run(argv, input=text, capture_output=True, text=True, check=False).stdout


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_scripts_are_clean(script: Path) -> None:
    assert shellchecked(script.read_text(encoding="utf-8")) == ""
    assert script.stat().st_mode & 0o111


@pytest.mark.parametrize("name", ACTIONS)
def test_steps_are_clean(name: str) -> None:
    for step in steps(name):
        assert shellchecked(step.get("run", "true")) == "", step


def test_shellcheck_is_really_asked() -> None:
    if not (Path(sys.executable).parent / "shellcheck").exists():
        pytest.skip("shellcheck is not installed")
    assert "SC2086" in shellchecked("rm $1")


def test_labctl_is_installed_with_checksums_and_put_on_the_path(labs: Runner) -> None:
    code, said = labs.run(labs.script("install.sh"), labs.inputs())
    assert code == 0
    assert re.match(r"pip install --quiet --require-hashes -r \S+/requirements.lock ", said[0])
    assert "--no-deps --no-build-isolation" in said[1]
    assert said[2].startswith(f"sudo {labs.folder}/temp dir/labctl/bin/labctl setup ")
    assert (labs.folder / "path").read_text() == f"{labs.folder}/temp dir/labctl/bin\n"
    assert re.fullmatch(r"recipe=[0-9a-f]{16}\n", (labs.folder / "output").read_text())


def test_labs_are_linted_and_tested(labs: Runner) -> None:
    inputs = labs.inputs(labs="my labs")
    assert labs.run(labs.script("lab lint"), inputs) == (0, ["labctl lab lint labs=my labs"])
    junit = f"{labs.folder}/temp dir/labctl-labs.xml"
    code, said = labs.run(labs.script("lab test"), inputs)
    assert (code, said) == (0, [f"labctl lab test --all --trust --junit {junit} labs=my labs"])
    assert (labs.folder / "output").read_text() == f"junit={junit}\n"
    inputs = labs.inputs(kubernetes="1.36", runtime="containerd,cri-o")
    _, [said_once] = labs.run(labs.script("lab test"), inputs)
    assert "--kubernetes 1.36 --runtime containerd,cri-o labs=labs" in said_once


def test_a_broken_lab_ends_the_job(labs: Runner) -> None:
    assert labs.run(labs.script("lab lint"), labs.inputs(), code=3)[0] == 3
    assert labs.run(labs.script("lab test"), labs.inputs(), code=1)[0] == 1


@pytest.mark.parametrize("name", ACTIONS)
@pytest.mark.parametrize("evil", ['"; touch evil; "', "$(touch evil)", "`touch evil`"])
def test_an_input_is_never_run(tmp_path: Path, name: str, evil: str) -> None:
    runner = runner_in(tmp_path, name)
    for step in steps(name):
        if "env" in step and "run" in step:
            runner.run(step, dict.fromkeys(runner.inputs(), evil))
    assert not list(tmp_path.rglob("evil"))


def test_node_images_are_kept_from_run_to_run(labs: Runner) -> None:
    save, load = labs.script('images.sh" save'), labs.script('images.sh" load')
    code, said = labs.run(save, labs.inputs())
    bundle = f"{labs.folder}/temp dir/labctl-images/1.36.3-cri-o.tar.zst"
    export = f"node-image export --kubernetes 1.36.3 --runtime cri-o {bundle}"
    assert (code, said[1:]) == (0, [f"labctl {export} labs="])
    assert labs.run(save, labs.inputs())[1] == ["labctl node-image list labs="]
    assert labs.run(load, labs.inputs()) == (0, [f"labctl node-image import {bundle} labs="])


def test_images_that_can_t_be_kept_fail_nothing(labs: Runner) -> None:
    save, load = labs.script('images.sh" save'), labs.script('images.sh" load')
    assert labs.run(save, labs.inputs(), code=5)[0] == 0
    assert not list((labs.folder / "temp dir/labctl-images").iterdir())
    labs.run(save, labs.inputs())
    assert labs.run(load, labs.inputs(), code=5)[0] == 0
    assert not list((labs.folder / "temp dir/labctl-images").iterdir())


def test_receipts_are_graded(grade: Runner) -> None:
    for name in ("a.json", "b.json"):
        (grade.folder / "repository" / name).touch()
    step = grade.script("labctl grade")
    code, [said] = grade.run(step, grade.inputs())
    temp = f"{grade.folder}/temp dir/labctl-grades"
    options = f"--trust --junit {temp}.xml --csv {temp}.csv --trust-work"
    assert (code, said) == (0, f"labctl grade {options} -- receipt.json labs=")
    inputs = grade.inputs(
        **{
            "receipt": "*.json\n",
            "work": "my work",
            "labs": "teacher",
            "trust-work": "false",
            "classroom": "result.json",
        }
    )
    _, [said] = grade.run(step, inputs)
    options = f"--trust --junit {temp}.xml --csv {temp}.csv --work my work --classroom result.json"
    assert said == f"labctl grade {options} -- a.json b.json labs=teacher"
    assert grade.run(step, grade.inputs(), code=1)[0] == 1
