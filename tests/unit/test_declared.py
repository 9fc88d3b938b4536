"""Checks in their short form: the same outcomes as from Python, in the same child process."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from labctl.catalog import Catalog
from labctl.checks.api import Mismatch, Missing, NotYet, spec_of
from labctl.checks.declared import differences, functions
from labctl.checks.views import KubeView, Recorder
from labctl.errors import LabInvalid
from tests.kube_fake import FakeKube
from tests.lab_factory import CHECKS, LAB, MESSAGES, labs

FILE = """
format: labctl/checks/v1
checks:
  - name: shop_exists
    title: The shop is there
    object: {apiVersion: apps/v1, kind: Deployment, name: shop}
    missing: absent
  - name: two_wanted
    title: It asks for two
    needs: [shop_exists]
    within: 3
    stable: 1
    object: {apiVersion: apps/v1, kind: Deployment, name: shop}
    match: {spec: {replicas: 2, template: {spec: {containers: [{image: "shop:{{tag}}"}]}}}}
    code: absent
    waiting: WAITING
"""
SHOP: dict[str, Any] = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "shop"},
    "spec": {"replicas": 1, "template": {"spec": {"containers": [{"image": "shop:v1"}]}}},
}


def made(folder: Path, waiting: str = "false") -> dict[str, Callable[..., Any]]:
    path = folder / "some.yaml"
    path.write_text(FILE.replace("WAITING", waiting), encoding="utf-8")
    return functions(path, {"tag": "v1"}, "a_module")


def view(*objects: dict[str, Any]) -> KubeView:
    kube = FakeKube()
    kube.apply(objects, namespace="tiny")
    return KubeView(kube, "tiny", Recorder())


def test_a_declared_check_is_a_check(tmp_path: Path) -> None:
    checks = made(tmp_path)
    spec = spec_of(checks["two_wanted"])
    assert spec is not None
    assert (spec.title, spec.needs, spec.within, spec.stable) == (
        "It asks for two",
        ("shop_exists",),
        3,
        1,
    )
    assert checks["two_wanted"].__module__ == "a_module"


def test_it_misses_differs_waits_or_passes(tmp_path: Path) -> None:
    checks = made(tmp_path)
    with pytest.raises(Missing) as missing:
        checks["shop_exists"](view())
    assert missing.value.code == "absent"
    assert checks["shop_exists"](view(SHOP)).name == "shop"
    with pytest.raises(Mismatch) as differs:
        checks["two_wanted"](view(SHOP))
    assert (differs.value.expected, differs.value.actual) == (
        {"spec.replicas": 2},
        {"spec.replicas": 1},
    )
    assert [one.name for one in differs.value.about] == ["shop"]
    two = {**SHOP, "spec": {**SHOP["spec"], "replicas": 2}}
    assert checks["two_wanted"](view(two))
    with pytest.raises(NotYet):
        made(tmp_path, "true")["two_wanted"](view(SHOP))


def test_a_partial_object_matches_what_has_more() -> None:
    found = {"a": 1, "b": {"c": [1, {"d": 2, "e": 3}]}, "f": None}
    assert list(differences({"b": {"c": [1, {"d": 2}]}}, found)) == []
    assert list(differences({"b": {"c": [1, {"d": 4}]}}, found)) == [("b.c[1].d", 4, 2)]
    assert list(differences({"b": {"c": [1]}}, found)) == [("b.c", [1], found["b"]["c"])]  # type: ignore[index]
    assert list(differences({"g": 1}, found)) == [("g", 1, None)]
    assert list(differences({"a": {"x": 1}}, found)) == [("a", {"x": 1}, 1)]


def test_its_problems_are_those_of_the_lab(tmp_path: Path) -> None:
    wrong = FILE.replace("    code: absent\n", "").replace("WAITING", "false")
    files: dict[str, str | None] = {"010-tiny/checks/some.yaml": wrong}
    with pytest.raises(LabInvalid) as caught:
        Catalog(labs(tmp_path, **files)).get("tiny")
    said = "\n".join(caught.value.details)
    assert "checks/some.yaml" in said
    assert "code: what 'match' is told by" in said


def test_a_lab_may_have_both_forms(tmp_path: Path) -> None:
    lab = LAB.replace("checks: [two]", "checks: [two, shop_exists, two_wanted]")
    files: dict[str, str | None] = {
        "010-tiny/checks/some.yaml": FILE.replace("WAITING", "false"),
        "010-tiny/lab.yaml": lab + "params: {tag: {pick: [v1]}}\n",
        "010-tiny/checks/check_all.py": CHECKS,
        "010-tiny/messages.en.yaml": MESSAGES,
    }
    found = Catalog(labs(tmp_path, **files)).get("tiny")
    titles = found.check_titles(found.texts("en"))
    assert titles["two_wanted"] == "It asks for two"
    assert set(titles) == {"one", "two", "shop_exists", "two_wanted"}
