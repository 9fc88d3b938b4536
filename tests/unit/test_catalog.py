"""Labs are found, and everything that is wrong with one is told at once."""

from pathlib import Path

import pytest

from labctl.catalog import Catalog, labs_folder
from labctl.errors import LabInvalid, UsageError
from tests.lab_factory import CHECKS, COURSE, LAB, MESSAGES, labs


def problems(folder: Path, **changed: str | None) -> list[str]:
    with pytest.raises(LabInvalid) as caught:
        Catalog(labs(folder / "labs", **changed)).get("tiny")
    return list(caught.value.details)


def test_a_good_lab_has_its_parts(tmp_path: Path) -> None:
    lab = Catalog(labs(tmp_path)).get()
    assert (lab.id, lab.namespace) == ("tiny", "tiny")
    assert [one["metadata"]["name"] for one in lab.scene()] == ["start"]
    assert lab.check_titles(lab.texts("en")) == {"one": "One is there", "two": "Two is there"}


def test_the_guide_shows_no_anchors_and_a_step_ends_at_the_next_one(tmp_path: Path) -> None:
    lab = Catalog(labs(tmp_path)).get("tiny")
    assert "{#first}" not in lab.guide("en")
    step = lab.guide_step("ko", "first")
    assert step.startswith("## The first step\n")
    assert "# no heading {#second}" in step
    assert "Do two." not in step
    assert lab.guide_step("en", "second") == "## The second step\n\nDo two.\n"


def test_a_wrong_name_gets_a_suggestion(tmp_path: Path) -> None:
    catalog = Catalog(labs(tmp_path))
    with pytest.raises(UsageError, match="no lab 'tinny', did you mean 'tiny'"):
        catalog.get("tinny")
    with pytest.raises(UsageError, match="no step 'frist', did you mean 'first'"):
        catalog.get("tiny").step("frist")


def test_every_problem_is_told_with_file_line_and_suggestion(tmp_path: Path) -> None:
    lab = LAB.replace("minutes: 5", "minuts: five").replace("checks: [two]", "chekcs: [two]")
    assert problems(tmp_path, **{"010-tiny/lab.yaml": lab, "010-tiny/messages.en.yaml": "[]"}) == [
        "labs/010-tiny/lab.yaml:2: minutes: is missing",
        "labs/010-tiny/lab.yaml:5: minuts: unknown key, did you mean 'minutes'?",
        "labs/010-tiny/lab.yaml:9: steps[1].checks: is missing",
        "labs/010-tiny/lab.yaml:9: steps[1].chekcs: unknown key, did you mean 'checks'?",
        "labs/010-tiny/messages.en.yaml:1: must be keys and values that begin with"
        " 'format: labctl/messages/v1'",
    ]


def test_a_later_format_is_one_message_not_many(tmp_path: Path) -> None:
    lab = "format: labctl/lab/v2\nnew: thing\n"
    assert problems(tmp_path, **{"010-tiny/lab.yaml": lab}) == [
        "labs/010-tiny/lab.yaml:1: Update labctl: this one reads 'labctl/lab/v1', and the format is"
        " 'labctl/lab/v2'"
    ]


@pytest.mark.parametrize(
    ("file", "wanted"),
    [("course.yaml", "labctl/course/v1"), ("010-tiny/messages.en.yaml", "labctl/messages/v1")],
)
@pytest.mark.parametrize("number", ["v2", "v10", "v0", "v1.1", "banana", "w2"])
def test_only_a_higher_number_asks_for_a_later_labctl(
    tmp_path: Path, file: str, wanted: str, number: str
) -> None:
    found = f"{wanted[:-2]}{number}"
    [said] = problems(tmp_path, **{file: f"format: {found}\nnew: thing\n"})
    assert ("Update labctl" in said) is (number in ("v2", "v10"))
    assert found in said
    assert wanted in said


@pytest.mark.parametrize(
    ("file", "text", "problem"),
    [
        (
            "lab.yaml",
            LAB.replace("[two]", "[tow]"),
            "check 'tow' is in no checks/check_*.py or *.yaml, did",
        ),
        ("lab.yaml", LAB.replace("[two]", "[one]"), "check 'one' is there twice"),
        ("lab.yaml", LAB.replace("[first]", "[third]"), "'second' needs 'third', which is not"),
        ("lab.yaml", LAB.replace("namespace: tiny", "namespace: default"), "belongs to Kubernetes"),
        ("lab.yaml", LAB + "images: [{build: ../x, tag: a:1}]", "must be a path inside"),
        ("lab.yaml", LAB + "images: [{build: app, tag: a:1}]", "'app' has no Dockerfile"),
        ("lab.yaml", LAB + "requires: {kubernetes: new}", "must be versions such as"),
        ("lab.yaml", LAB + "id: tiny\n", "key 'id' is there twice"),
        ("lab.yaml", LAB.replace("en: A tiny lab", "ko: A"), "has no text in 'en'"),
        ("lab.yaml", "format: [", "is not valid YAML"),
        ("lab.yaml", None, "can't be read: No such file"),
        ("README.md", None, "README.md: is missing"),
        ("README.md", "# Guide\n## One {#first}\n", "has no heading for step 'second'"),
        ("checks/check_all.py", "def (", "check_all.py:1: is not valid Python"),
        ("checks/check_all.py", CHECKS + "@check\ndef three(): ...", "belongs to no step"),
        ("checks/check_all.py", CHECKS.replace("absent", "absend"), "code 'absend' has no text"),
        ("messages.en.yaml", MESSAGES.replace("  second", "  secund"), "there is no step 'secund'"),
        ("scene/a.yaml", "a: 1", "is no manifest"),
        ("solutions/default/frist.yaml", "kind: X\napiVersion: v1", "belongs to no step, did you"),
        ("mistakes/bad/note.txt", "", "expect.yaml: can't be read"),
        (
            "mistakes/bad/expect.yaml",
            "format: labctl/mistake/v1\nstep: first\ncheck: one\ncode: absend\n",
            "no check raises 'absend', did you mean 'absent'?",
        ),
    ],
)
def test_a_problem_between_files_is_found(
    tmp_path: Path, file: str, text: str | None, problem: str
) -> None:
    assert problem in "\n".join(problems(tmp_path, **{f"010-tiny/{file}": text}))


def test_a_course_without_english_or_out_of_order_is_refused(tmp_path: Path) -> None:
    course = COURSE.replace("[en]", "[ko]")
    assert "'en' must be among them" in problems(tmp_path, **{"course.yaml": course})[0]


def test_a_link_out_of_the_lab_is_refused(tmp_path: Path) -> None:
    folder = labs(tmp_path / "labs")
    (folder / "010-tiny/scene/b.yaml").symlink_to("/etc/passwd")
    with pytest.raises(LabInvalid) as caught:
        Catalog(folder).get("tiny")
    assert "leads out of the lab's folder" in "".join(caught.value.details)


@pytest.mark.parametrize(
    "text",
    [
        "\n".join(
            [
                "format: labctl/lab/v1",
                "a0: &a0 [x, x, x, x, x, x, x, x, x]",
                *(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 9)),
            ]
        ),
        "a: &a [*a]",
        "[" * 5000,
        "x: " + "y" * (1 << 20),
        "a: !!python/object/apply:os.system [true]",
    ],
    ids=["bomb", "circle", "deep", "large", "object"],
)
def test_hostile_yaml_is_refused_in_no_time(tmp_path: Path, text: str) -> None:
    assert len(problems(tmp_path, **{"010-tiny/lab.yaml": text})) == 1


def test_the_shipped_labs_are_found_and_good() -> None:
    catalog = Catalog(labs_folder(None))
    assert [catalog.get(lab_id).id for lab_id in catalog.ids()]
