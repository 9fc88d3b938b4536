"""`labctl lab new`: what it makes is good as it stands, and what it can't make leaves nothing."""

import json
from pathlib import Path

import pytest

from labctl.catalog import Catalog, labs_folder
from labctl.errors import LabInvalid, ToolFailed, UsageError
from labctl.ops.new_lab import new_lab, write_schemas
from labctl.schemas import FILES, file_name, schema


def test_a_new_lab_has_no_problem_and_is_in_the_course(tmp_path: Path) -> None:
    folder = tmp_path / "labs"
    first, second = new_lab("shop", folder), new_lab("till", folder)
    assert (first.name, second.name) == ("010-shop", "020-till")
    catalog = Catalog(folder)
    assert catalog.ids() == ("shop", "till")
    assert catalog.get("till").file.images[0].tag == "till:v1"
    assert not list(folder.rglob("*.ko.*"))
    assert "LAB-ID" not in "".join(path.read_text() for path in folder.rglob("*") if path.is_file())


def test_it_speaks_every_language_of_the_course(tmp_path: Path) -> None:
    (tmp_path / "course.yaml").write_text(
        "format: labctl/course/v1\ntitle: {en: x}\nlanguages: [en, ko]\nlabs:\n  - {id: none}\n"
    )
    made = new_lab("shop", tmp_path)
    assert "두 레플리카" in (made / "README.ko.md").read_text()
    lab = Catalog(tmp_path).get("shop")
    assert lab.check_titles(lab.texts("ko"))["pods_ready"] == "두 파드가 모두 준비되었다"


def test_a_language_that_the_template_does_not_speak_gets_english(tmp_path: Path) -> None:
    (tmp_path / "course.yaml").write_text(
        "format: labctl/course/v1\ntitle: {en: x}\nlanguages: [en, ja]\nlabs:\n  - {id: none}\n"
    )
    made = new_lab("shop", tmp_path)
    lab = Catalog(tmp_path).get("shop")
    assert lab.title("ja") == lab.title("en")
    assert lab.check_titles(lab.texts("ja")) == lab.check_titles(lab.texts("en"))
    assert (made / "README.ja.md").read_text() == (made / "README.md").read_text()
    assert "ko:" not in (made / "lab.yaml").read_text()


@pytest.mark.parametrize("bad", ["", "Shop", "a--b", "-a", "a_b", "x" * 41, "../x"])
def test_a_bad_id_makes_nothing(tmp_path: Path, bad: str) -> None:
    with pytest.raises(UsageError):
        new_lab(bad, tmp_path / "labs")
    assert not (tmp_path / "labs").exists()


def test_a_taken_id_changes_nothing(tmp_path: Path) -> None:
    new_lab("shop", tmp_path)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    with pytest.raises(UsageError, match="already"):
        new_lab("shop", tmp_path)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_a_course_that_can_t_be_added_to_is_as_before(tmp_path: Path) -> None:
    new_lab("shop", tmp_path)
    course = tmp_path / "course.yaml"
    text = course.read_text() + "languages: [en]\n"
    course.write_text(text.replace("languages: [en]\n", "", 1))
    before = course.read_text()
    with pytest.raises(LabInvalid, match="could not be added at the end"):
        new_lab("till", tmp_path)
    assert course.read_text() == before
    assert not (tmp_path / "020-till").exists()


def test_a_folder_that_can_t_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "labs").write_text("a file")
    with pytest.raises(ToolFailed, match="Could not make the lab"):
        new_lab("shop", tmp_path / "labs")


def test_the_shipped_schemas_are_those_of_the_models(tmp_path: Path) -> None:
    write_schemas(tmp_path / "schema")
    for name in FILES:
        made = (tmp_path / "schema" / file_name(name)).read_text()
        assert made == (labs_folder(None) / "schema" / file_name(name)).read_text(), name


def test_a_schema_knows_the_format_and_refuses_unknown_keys() -> None:
    lab = schema("lab")
    assert lab["properties"]["format"] == {"const": "labctl/lab/v1"}
    assert lab["additionalProperties"] is False
    assert json.dumps(schema("messages")).count('"run"') >= 1
