"""Parameters: the same from the same seed, and put in wherever a text or a manifest names one."""

from pathlib import Path

import pytest

from labctl.catalog import Catalog, Lab
from labctl.errors import LabInvalid
from labctl.manifest import Param
from labctl.params import chosen, fill, fill_text
from tests.lab_factory import GUIDE, LAB, MESSAGES, labs

PARAMS = {"word": Param(pick=("amber", "cobalt")), "port": Param(range=(30080, 30180))}


def test_a_seed_says_it_all() -> None:
    first = chosen(PARAMS, "traffic", 7)
    assert first == chosen(PARAMS, "traffic", 7)
    many = [chosen(PARAMS, "traffic", seed) for seed in range(60)]
    assert {one["word"] for one in many} == {"amber", "cobalt"}
    ports = {one["port"] for one in many}
    assert len(ports) > 20
    assert all(isinstance(port, int) and 30080 <= port <= 30180 for port in ports)
    assert [chosen({"n": Param(range=(1, 2))}, "x", seed)["n"] for seed in range(20)].count(2) > 2


def test_a_place_is_filled_and_other_braces_stay() -> None:
    values: dict[str, str | int] = {"port": 30090, "word": "amber"}
    assert fill_text("{{word}}:{{port}} {{.State.Pid}} {{other}}", values) == (
        "amber:30090 {{.State.Pid}} {{other}}"
    )
    document = {"{{word}}": ["{{port}}", {"url": "http://x:{{port}}"}, 3, None]}
    assert fill(document, values) == {"amber": [30090, {"url": "http://x:30090"}, 3, None]}


def parametrised(folder: Path, guide: str = "Ask port {{port}}.") -> Path:
    return labs(
        folder,
        **{
            "010-tiny/lab.yaml": LAB + "params: {port: {range: [30080, 30180]}}\n",
            "010-tiny/README.md": GUIDE.replace("Do one.", guide),
            "010-tiny/messages.en.yaml": MESSAGES.replace("Look for it.", '"At {{port}}."'),
            "010-tiny/starter/sub/file.txt": "port={{port}}\n",
            "010-tiny/scene/a.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: start}\n"
            'data: {port: "{{port}}"}\n',
        },
    )


def test_every_part_of_a_lab_has_the_learner_s_own_value(tmp_path: Path) -> None:
    lab: Lab = Catalog(parametrised(tmp_path), seed=lambda: 7).get("tiny")
    port = lab.params["port"]
    assert f"Ask port {port}." in lab.guide("en")
    assert lab.texts("en").hints("absent")[0].text == f"At {port}."
    assert lab.starter() == {"sub/file.txt": f"port={port}\n".encode()}
    assert lab.scene()[0]["data"] == {"port": port}


def test_an_unknown_parameter_is_told_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(LabInvalid) as caught:
        Catalog(parametrised(tmp_path, "Ask {{prot}}.")).get("tiny")
    [said] = caught.value.details
    assert said.endswith("README.md:7: there is no parameter 'prot', did you mean 'port'?")


def test_a_lab_without_parameters_needs_no_seed(tmp_path: Path) -> None:
    def none() -> int:
        raise AssertionError("no seed is needed")

    assert Catalog(labs(tmp_path), seed=none).get("tiny").params == {}


@pytest.mark.parametrize("text", ["{}", "{pick: [a], range: [1, 2]}", "{range: [2, 1]}"])
def test_a_parameter_is_words_or_a_range(tmp_path: Path, text: str) -> None:
    folder = labs(tmp_path, **{"010-tiny/lab.yaml": LAB + f"params: {{port: {text}}}\n"})
    with pytest.raises(LabInvalid, match="1 problem"):
        Catalog(folder).get("tiny")
