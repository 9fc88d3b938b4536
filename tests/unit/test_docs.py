"""The project's pages agree with the code and with each other."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from packaging.requirements import Requirement

from labctl.cli import COMMANDS, cli
from labctl.errors import ExitCode
from tests.docs import commands, contexts

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    path for folder in (".", "docs", "labs") for path in (ROOT / folder).glob("*.md")
) + sorted((ROOT / "labs").rglob("*.md"))
LINK = re.compile(r"\]\(([^)\s]+)\)")
FENCED = re.compile(r"^```\w*\n(.*?)^```", re.DOTALL | re.MULTILINE)
INDENTED = re.compile(r"(?<=\n\n)(?: {4,}.*\n)+")
VERBS = {context.command_path for context in contexts(click.Context(cli, info_name="labctl"))}


def _text(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def _anchors(text: str) -> set[str]:
    """The headings' anchors as they are made of them, and those of a guide's steps."""
    titles = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    plain = (re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles)
    return {*plain, *re.findall(r"\{#([a-z0-9-]+)\}$", text, re.MULTILINE)}


def _broken(page: Path, text: str) -> Iterator[str]:
    for link in LINK.findall(text):
        name, _, anchor = link.partition("#")
        if re.match(r"[a-z]+:", name):
            continue
        target = page.parent / name if name else page
        there = target.exists()
        if not there or (anchor and anchor not in _anchors(target.read_text(encoding="utf-8"))):
            yield link


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    assert not list(_broken(page, page.read_text(encoding="utf-8")))


@pytest.mark.parametrize("link", ["docs/no-such-page.md", "docs/setup.md#no-such-part"])
def test_a_broken_link_is_found(link: str) -> None:
    assert list(_broken(ROOT / "README.md", f"[text]({link})")) == [link]


def test_exit_codes_are_those_of_the_code() -> None:
    rows = re.findall(r"^\| (\d+) \|", _text("docs/exit-codes.md"), re.MULTILINE)
    assert [int(code) for code in rows] == sorted(ExitCode)


def _called(text: str, program: str) -> set[str]:
    """The first words after a program's name, where a line or a span of code begins with it."""
    blocks = "".join([*FENCED.findall(text), *INDENTED.findall(text)])
    spans = re.findall(r"`([^`\n]+)`", INDENTED.sub("", FENCED.sub("", text)))
    code = "\n".join([*re.sub(r" && ", "\n", blocks).splitlines(), *spans])
    start = r"^\s*(?:\$ )?(?:sudo |time )?(?:\.venv/bin/)?"
    return set(re.findall(rf"{start}{program} ([a-z][a-z-]*)", code, re.MULTILINE))


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", "docs/ci.md", "docs/setup.md"])
def test_commands_that_a_page_names_are_there(page: str) -> None:
    text = _text(page)
    verbs = {f"labctl {word}" for word in _called(text, "labctl")}
    assert verbs
    assert verbs <= VERBS
    targets = set(re.findall(r"^([a-z-]+):", _text("Makefile"), re.MULTILINE))
    assert _called(text, "make") <= targets


def test_the_changelog_names_commands_that_are_there() -> None:
    verbs = {f"labctl {word}" for word in _called(_text("CHANGELOG.md"), "labctl")}
    assert {"labctl up", "labctl check"} <= verbs <= VERBS


def test_each_dependency_has_its_reason_and_no_other_has_one() -> None:
    project = tomllib.loads(_text("pyproject.toml"))["project"]
    runtime, _, development = _text("docs/dependencies.md").partition(
        "\n## Where labctl is changed"
    )
    for page, wanted in (
        (runtime, project["dependencies"]),
        (development, project["optional-dependencies"]["dev"]),
    ):
        named = re.findall(r"^\| `([\w.-]+)` \|", page, re.MULTILINE)
        assert sorted(name.lower() for name in named) == sorted(
            Requirement(one).name.lower() for one in wanted
        )


def test_the_help_of_every_command_is_on_the_page_in_the_order_of_the_help() -> None:
    verbs = [f"labctl {verb}" for names in COMMANDS.values() for verb in names]
    titles = [line[3:] for line in commands().splitlines() if line.startswith("## ")]
    assert [title for title in titles if title.count(" ") == 1] == verbs
    assert {f"labctl node-image {verb}" for verb in ("build", "export", "import", "list")} <= set(
        titles
    )


def test_the_page_does_not_depend_on_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    before = commands()
    monkeypatch.setenv("COLUMNS", "60")
    assert commands() == before
    assert all(len(line) <= 80 for line in before.splitlines())


def test_layers_on_the_page_are_those_that_are_checked() -> None:
    contract = tomllib.loads(_text("pyproject.toml"))["tool"]["importlinter"]["contracts"][0]
    layers = [layer.replace("labctl.", "") for layer in contract["layers"]]
    diagram = _text("docs/architecture.md").split("```text\n")[1].split("```")[0]
    assert [re.split(r" {2,}", line)[0] for line in diagram.splitlines()] == layers
