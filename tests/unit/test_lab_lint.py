"""What lint finds in a lab's files: each with its file, its line and what may have been meant."""

import os
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from labctl.catalog import Catalog
from labctl.errors import LabInvalid, UsageError
from labctl.lab_folder import LabFolder
from labctl.ops.lint import lint
from labctl.source import Document, parse, read_text
from labctl.texts import Texts
from tests.lab_factory import CHECKS, COURSE, GUIDE, LAB, MESSAGES, labs
from tests.two_languages import KOREAN_MESSAGES

DECLARED = """
format: labctl/checks/v1
checks:
  - name: one
    title: One is there
    needs: [two]
    object: {apiVersion: v1, kind: ConfigMap, name: solved}
    missing: absent
"""
THREE = "- {id: first, checks: [one, three]}"


def problems(folder: Path, **changed: str | None) -> list[str]:
    """All that lint says of the tiny lab, without the folder's name."""
    files = {f"010-tiny/{name}": text for name, text in changed.items() if name != "course.yaml"}
    if "course.yaml" in changed:
        files["course.yaml"] = changed["course.yaml"]
    found = lint(Catalog(labs(folder / "labs", **files)))
    return [one.removeprefix("labs/").removeprefix("010-tiny/") for one in found.problems]


def needing(needs: str, *, before: str = "") -> str:
    """The checks, of which `two` needs something."""
    return CHECKS.replace("@check\ndef two", f"{before}@check(needs={needs})\ndef two")


@pytest.mark.parametrize("needs", ['"onee"', '["onee"]', "onee", "(one, 'onee')"])
def test_a_check_that_needs_an_unknown_one_is_told_at_its_line(tmp_path: Path, needs: str) -> None:
    assert problems(tmp_path, **{"checks/check_all.py": needing(needs)}) == [
        "checks/check_all.py:9: check 'two' needs 'onee', and there is no such check,"
        " did you mean 'one'?"
    ]


def test_names_of_needs_are_followed_to_a_constant(tmp_path: Path) -> None:
    before = "NEEDS = [one, 'absent']\n\n"
    [said] = problems(tmp_path, **{"checks/check_all.py": needing("NEEDS", before=before)})
    assert said == "checks/check_all.py:11: check 'two' needs 'absent', and there is no such check"


@pytest.mark.parametrize("needs", ["one", '"one"', "[one]"])
def test_a_check_may_need_an_earlier_one(tmp_path: Path, needs: str) -> None:
    assert problems(tmp_path, **{"checks/check_all.py": needing(needs)}) == []


def test_a_declared_check_s_needs_are_read_too(tmp_path: Path) -> None:
    files = {
        "checks/check_all.py": CHECKS.replace("def one", "def three"),
        "checks/a.yaml": DECLARED.replace("[two]", "[tree]"),
        "lab.yaml": LAB.replace("- {id: first, checks: [one]}", THREE),
    }
    assert problems(tmp_path, **files) == [
        "checks/a.yaml:6: check 'one' needs 'tree', and there is no such check,"
        " did you mean 'three'?"
    ]


def test_checks_that_wait_for_one_another_are_told_once(tmp_path: Path) -> None:
    checks = needing("one").replace("@check\ndef one", '@check(needs="two")\ndef one')
    assert problems(tmp_path, **{"checks/check_all.py": checks}) == [
        "checks/check_all.py:4: check 'one' waits for itself: one needs two needs one"
    ]


def test_a_check_that_needs_itself_is_told(tmp_path: Path) -> None:
    assert problems(tmp_path, **{"checks/check_all.py": needing("'two'")}) == [
        "checks/check_all.py:9: check 'two' waits for itself: two needs two"
    ]


def test_a_check_can_t_need_one_of_a_step_that_comes_after(tmp_path: Path) -> None:
    checks = CHECKS.replace("@check\ndef one", "@check(needs='two')\ndef one")
    assert problems(tmp_path, **{"checks/check_all.py": checks}) == [
        "checks/check_all.py:4: check 'one' waits for itself: one needs two needs one"
    ]


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        (
            "lab.yaml",
            LAB.replace("[two]", "[tow]"),
            "lab.yaml:9: check 'tow' is in no checks/check_*.py or *.yaml, did you mean 'two'?",
        ),
        (
            "lab.yaml",
            LAB + "images:\n  - {build: ap, tag: a:1}\n",
            "lab.yaml:11: images: 'ap' has no Dockerfile, did you mean 'app'?",
        ),
        (
            "lab.yaml",
            LAB.replace("id: tiny", "id: tinny"),
            "lab.yaml:3: id must be 'tiny', not 'tinny'",
        ),
        (
            "lab.yaml",
            LAB.replace("[first]", "[frist]"),
            "lab.yaml:9: steps: 'second' needs 'frist', which is not before it,"
            " did you mean 'first'?",
        ),
        (
            "lab.yaml",
            LAB.replace("[two]", "[one]"),
            "lab.yaml:9: steps: check 'one' is there twice",
        ),
        (
            "lab.yaml",
            LAB.replace("namespace: tiny", "namespace: default"),
            "lab.yaml:6: namespace: 'default' belongs to Kubernetes, take another",
        ),
        (
            "messages.en.yaml",
            MESSAGES.replace("  second", "  secund"),
            "messages.en.yaml:10: steps: there is no step 'secund', did you mean 'second'?",
        ),
        (
            "messages.en.yaml",
            MESSAGES.replace("  second: {title: The second step}", ""),
            "messages.en.yaml:8: steps: step 'second' has no text",
        ),
        (
            "messages.en.yaml",
            MESSAGES + "checks:\n  won: One\n",
            "messages.en.yaml:12: checks: there is no check 'won', did you mean 'two'?",
        ),
        (
            "README.md",
            GUIDE.replace("{#first}", "{#frist}"),
            "README.md:5: has no heading for step 'first': ## Title {#first},"
            " did you mean 'frist'?",
        ),
        (
            "mistakes/bad/expect.yaml",
            "format: labctl/mistake/v1\nstep: frist\ncheck: ones\ncode: absend\n",
            "mistakes/bad/expect.yaml:2: step: there is no step 'frist', did you mean 'first'?",
        ),
        (
            "mistakes/bad/expect.yaml",
            "format: labctl/mistake/v1\nsolution: defalt\nstep: first\ncheck: ones\ncode: absent\n",
            "mistakes/bad/expect.yaml:2: solution: there is no solution 'defalt',"
            " did you mean 'default'?",
        ),
    ],
)
def test_a_problem_has_its_line_and_what_may_have_been_meant(
    tmp_path: Path, file: str, text: str, said: str
) -> None:
    found = problems(tmp_path, **{file: text, "app/Dockerfile": "FROM scratch\n"})
    assert said in found


def test_an_error_in_lab_yaml_does_not_hide_the_others(tmp_path: Path) -> None:
    found = problems(
        tmp_path,
        **{
            "lab.yaml": LAB.replace("minutes: 5", "minuts: 5").replace("[two]", "[tow]"),
            "checks/check_all.py": CHECKS.replace("absent", "absend"),
            "README.md": GUIDE.replace("{#first}", "{#frist}"),
        },
    )
    assert [one.partition(": ")[2][:28] for one in found] == [
        "has no heading for step 'fir",
        "code 'absend' has no text in",
        "check 'two' belongs to no st",
        "minutes: is missing",
        "minuts: unknown key, did you",
        "check 'tow' is in no checks/",
    ]


def test_what_can_t_be_read_makes_no_problems_of_others(tmp_path: Path) -> None:
    [said] = problems(tmp_path, **{"lab.yaml": LAB.replace("checks: [two]", "chekcs: [two]")})[1:]
    assert said == "lab.yaml:9: steps[1].chekcs: unknown key, did you mean 'checks'?"
    [said] = problems(tmp_path / "b", **{"checks/check_all.py": "def ("})
    assert "is not valid Python" in said


def test_a_folder_that_the_course_does_not_name_is_told(tmp_path: Path) -> None:
    folder = labs(tmp_path / "labs")
    (folder / "020-stray").mkdir()
    (folder / "schema").mkdir()
    assert lint(Catalog(folder)).problems == (
        "labs/020-stray: is in no course: labs/course.yaml has no 'stray'",
    )
    with pytest.raises(UsageError) as caught:
        Catalog(folder).get("stray")
    assert caught.value.hint == "Add it to labs/course.yaml: - {id: stray}"


def test_a_lab_without_a_folder_is_told_at_its_line(tmp_path: Path) -> None:
    folder = labs(tmp_path / "labs")
    (folder / "010-tiny").rename(folder / "010-tinny")
    assert lint(Catalog(folder)).problems == (
        "labs/010-tinny: is in no course: labs/course.yaml has no 'tinny', did you mean 'tiny'?",
        "labs/course.yaml:6: lab 'tiny' has no folder <number>-tiny, did you mean 'tinny'?",
    )


def test_two_folders_of_one_id_are_told_and_neither_is_taken(tmp_path: Path) -> None:
    folder = labs(tmp_path / "labs")
    (folder / "020-tiny").mkdir()
    said = "labs/020-tiny: is a lab 'tiny' too, like 010-tiny: each id is there once"
    assert lint(Catalog(folder)).problems == (said,)
    with pytest.raises(LabInvalid) as caught:
        Catalog(folder).get("tiny")
    assert caught.value.details == (said,)


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ("scene/b.yml", ", did you mean 'b.yaml'?"),
        ("scene/more/b.yaml", ": only files in scene/ itself are, not in folders below"),
        ("checks/b.yml", ", did you mean 'b.yaml'?"),
        ("checks/chk.py", ", did you mean 'check_chk.py'?"),
        ("checks/checks.py", ", did you mean 'check_all.py'?"),
        ("checks/more/check_b.py", ": only files in checks/ itself are, not in folders below"),
        ("solutions/default/first.yml", ", did you mean 'first.yaml'?"),
        ("solutions/first.sh", ": put it into a folder, solutions/default/first.sh"),
        ("mistakes/x/first.yml", ", did you mean 'first.yaml'?"),
        ("messages.en.yml", ", did you mean 'messages.en.yaml'?"),
        ("README.en.md", ": the English one is README.md"),
        ("README.ko.md", ": course.yaml has no language 'ko'"),
    ],
)
def test_a_file_that_nothing_reads_is_told(tmp_path: Path, file: str, said: str) -> None:
    expect = "format: labctl/mistake/v1\nstep: first\ncheck: one\ncode: absent\n"
    more = {"mistakes/x/expect.yaml": expect} if file.startswith("mistakes/x") else {}
    assert problems(tmp_path, **{file: "a: 1\n", **more}) == [f"{file}: is read by nothing{said}"]


def test_a_folder_with_a_misspelt_name_is_told_and_others_are_not(tmp_path: Path) -> None:
    found = problems(tmp_path, **{"solution/a.sh": "true\n", "data/a.yml": "a: 1\n"})
    assert found == ["solution: is read by nothing, did you mean 'solutions'?"]


def test_files_that_scripts_use_may_be_called_anything(tmp_path: Path) -> None:
    files = ("solutions/default/functions", "scene/data.json", "checks/__pycache__/a.pyc")
    assert problems(tmp_path, **dict.fromkeys(files, "x")) == []


@pytest.mark.parametrize(
    ("file", "text", "line"),
    [
        ("debrief.md", "# After\n\n```sh run\ntrue\n```\n", 3),
        ("README.md", "```sh run\ntrue\n```\n" + GUIDE, 1),
        ("README.md", GUIDE + "\n## More {#more}\n\n```sh run\ntrue\n```\n", 19),
    ],
)
def test_a_marked_block_that_nothing_runs_is_told(
    tmp_path: Path, file: str, text: str, line: int
) -> None:
    [said] = problems(tmp_path, **{file: text})
    assert said.startswith(f"{file}:{line}: this block is marked 'run', and nothing runs ")


BLOCK = "\n```sh run\necho one  # the first\n```\n"


def korean(**changed: str) -> dict[str, str | None]:
    """The tiny lab in two languages."""
    files: dict[str, str | None] = {
        "course.yaml": COURSE.replace("[en]", "[en, ko]"),
        "lab.yaml": LAB.replace("{en: A tiny lab}", "{en: A tiny lab, ko: 작은 실습}"),
        "messages.ko.yaml": KOREAN_MESSAGES,
        "README.ko.md": GUIDE,
    }
    return {**files, **changed}


@pytest.mark.parametrize(
    ("english", "other", "said"),
    [
        (BLOCK, BLOCK.replace("the first", "첫째"), None),
        (BLOCK, "", "README.ko.md:13: step 'second': the block of README.md:17 is not marked"),
        ("", BLOCK, "README.ko.md:17: step 'second': this block is marked 'run', and in"),
        (BLOCK, BLOCK.replace("one", "two"), "README.ko.md:17: step 'second': the commands are"),
    ],
)
def test_languages_run_the_same_commands(
    tmp_path: Path, english: str, other: str, said: str | None
) -> None:
    files = korean(**{"README.md": GUIDE + english, "README.ko.md": GUIDE + other})
    found = problems(tmp_path, **files)
    assert [one[: len(said or "")] for one in found] == ([said] if said else [])


@pytest.mark.parametrize(
    ("hints", "said"),
    [
        ("[찾아보세요.]", "messages.ko.yaml:7: codes.absent: 1 hint here, 2 in English"),
        (
            "[찾아보세요., {text: 만드세요., run: ls}]",
            "messages.ko.yaml:7: codes.absent.hints[1]: 'run' is not the command of English",
        ),
    ],
)
def test_languages_give_the_same_hints(tmp_path: Path, hints: str, said: str) -> None:
    messages = KOREAN_MESSAGES.replace("[찾아보세요., 만드세요.]", hints)
    assert problems(tmp_path, **korean(**{"messages.ko.yaml": messages})) == [said]


@pytest.mark.parametrize("large", [1 << 20, (1 << 20) + 1, 100 << 20])
def test_a_starter_file_has_at_most_one_mebibyte(tmp_path: Path, large: int) -> None:
    folder = labs(tmp_path / "labs")
    path = folder / "010-tiny/starter/deployment.yaml"
    path.touch()
    os.truncate(path, large)
    found = lint(Catalog(folder)).problems
    said = "labs/010-tiny/starter/deployment.yaml: is larger than 1 MiB"
    assert list(found) == [said] * (large > 1 << 20)


def test_a_large_file_does_not_hide_other_problems(tmp_path: Path) -> None:
    folder = labs(tmp_path / "labs", **{"010-tiny/scene/b.yml": ""})
    os.truncate(folder / "010-tiny/starter/sub/file.txt", 2 << 20)
    assert len(lint(Catalog(folder)).problems) == 2


def test_all_starter_files_have_at_most_ten(tmp_path: Path) -> None:
    folder = labs(tmp_path / "labs")
    for number in range(11):
        path = folder / f"010-tiny/starter/{number}.bin"
        path.touch()
        os.truncate(path, 1 << 20)
    with pytest.raises(LabInvalid) as caught:
        Catalog(folder).get("tiny")
    [said] = caught.value.details
    assert said == "labs/010-tiny/starter: has 11 MiB of files, at most 10 are copied"


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("README.md", GUIDE.replace("Do one.", "Ask {{prt}}.")),
        ("debrief.md", "\n\n\n\n\n\nAsk {{prt}}.\n"),
        ("starter/a/b.txt", "\n\n\n\n\n\nport={{prt}}\n"),
        ("checks/a.yaml", DECLARED.lstrip().replace("[two]", "[]").replace("solved", '"{{prt}}"')),
        ("messages.en.yaml", MESSAGES.replace("Make it.", '"Ask {{prt}}."')),
    ],
)
@pytest.mark.parametrize("params", ["", "params: {port: {range: [1, 2]}}\n"])
def test_a_parameter_that_is_none_is_told(
    tmp_path: Path, file: str, text: str, params: str
) -> None:
    near = ", did you mean 'port'?" if params else ": lab.yaml has no 'params'"
    found = problems(tmp_path, **{file: text, "lab.yaml": LAB + params})
    assert [one for one in found if "twice" not in one] == [
        f"{file}:{6 if file.startswith('checks') else 7}: there is no parameter 'prt'{near}"
    ]


def test_other_programs_braces_are_no_parameters(tmp_path: Path) -> None:
    text = GUIDE + "{{.State.Pid}} {{range .items}}{{.name}}{{end}} {{ job }} ${{ x }}\n"
    assert problems(tmp_path, **{"README.md": text, "starter/a.bin": "\0{{"}) == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "{actual}",
            "{actul}",
            "5: codes.absent.rationale: there is no {actul}, did you mean 'actual'?",
        ),
        (
            "{expected}",
            "{expectd}",
            "5: codes.absent.rationale: there is no {expectd}, did you mean 'expected'?",
        ),
        (
            "{actual}",
            "{pods}",
            "5: codes.absent.rationale: there is no {pods}, known: expected, actual, about",
        ),
        (
            "Make it.",
            "'Make {actul}.'",
            "6: codes.absent.hints: there is no {actul}, did you mean 'actual'?",
        ),
        ("{actual}", "\\{actul} ${HOME} {{.Id}} {about}", ""),
        ("Make it.", "'awk {print}'", ""),
    ],
)
def test_a_value_that_is_none_is_told(tmp_path: Path, old: str, new: str, said: str) -> None:
    found = problems(tmp_path, **{"messages.en.yaml": MESSAGES.lstrip().replace(old, new)})
    assert found == ([f"messages.en.yaml:{said}"] if said else [])


def test_an_escaped_brace_is_shown_as_it_is() -> None:
    texts = Texts({})
    assert texts._fill("\\{actual} is {actual}", {"actual": "{about}", "about": 1}) == (
        "{actual} is {about}"
    )


def test_every_file_is_read_and_parsed_once(tmp_path: Path) -> None:
    reads: Counter[Path] = Counter()
    parses: Counter[str] = Counter()

    def reading(path: Path) -> str:
        reads[path] += 1
        return read_text(path)

    def parsing(text: str) -> list[Document]:
        parses[text] += 1
        return parse(text)

    def opened(path: Path, name: str) -> LabFolder:
        return LabFolder(path, name, read=reading, parse_text=parsing)

    expect = "format: labctl/mistake/v1\nstep: first\ncheck: one\ncode: absent\n"
    files = {"course.yaml": COURSE, "010-tiny/mistakes/x/expect.yaml": expect}
    folder = labs(tmp_path, **files, **{"010-tiny/starter/a.yaml": "port: '{{x}}'\n"})
    with pytest.raises(LabInvalid):
        Catalog(folder, open_lab=opened).get("tiny")
    assert len(reads) > 7
    assert len(parses) > 4
    assert {*reads.values(), *parses.values()} == {1}


READERS: list[Callable[[Catalog], object]] = [
    lint,
    Catalog.ids,
    lambda catalog: catalog.get("tiny").title("en"),
    lambda catalog: catalog.get("tiny").texts("en").step_title("first"),
    lambda catalog: catalog.get("tiny").guide("en"),
]


@pytest.mark.parametrize("read", READERS)
def test_reading_a_lab_with_parameters_draws_no_seed(
    tmp_path: Path, read: Callable[[Catalog], object]
) -> None:
    def seed() -> int:
        raise AssertionError("no value was looked at")

    lab = LAB + "params: {port: {range: [30080, 30180]}}\n"
    read(Catalog(labs(tmp_path, **{"010-tiny/lab.yaml": lab}), seed=seed))
