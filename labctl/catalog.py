"""Finds labs: the shipped course, a checkout's, or a folder of one's own."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from labctl import guide
from labctl.errors import LabInvalid, UsageError
from labctl.lab_problems import docstrings_of, examine
from labctl.manifest import FALLBACK, CourseFile, LabFile, MessagesFile, Step
from labctl.manifest_problems import load
from labctl.source import Problem, Unreadable, inside, read_all
from labctl.suggest import did_you_mean
from labctl.texts import Texts

NUMBERED: Final = re.compile(r"^\d+-")
INVALID_HINT: Final = "Correct the files, then run this again; docs/lab-format.md has the format."


@dataclass(frozen=True, slots=True)
class Lab:
    """A lab whose files have been examined."""

    folder: Path
    file: LabFile
    messages: Mapping[str, MessagesFile]

    @property
    def id(self) -> str:
        """The lab's id."""
        return self.file.id

    @property
    def namespace(self) -> str:
        """Where the learner works."""
        return self.file.namespace

    def step(self, name: str) -> Step:
        """The step by its id; UsageError with a suggestion where there is none."""
        for step in self.file.steps:
            if step.id == name:
                return step
        known = [step.id for step in self.file.steps]
        raise UsageError(
            f"Lab '{self.id}' has no step '{name}'{did_you_mean(name, known) or '.'}",
            hint=f"Its steps: {', '.join(known)}",
        )

    def texts(self, language: str) -> Texts:
        """What its learner reads."""
        return Texts(self.messages, language)

    def guide(self, language: str) -> str:
        """The guide in that language, or in English, without the headings' anchors."""
        return "\n".join(line for line, _ in guide.lines(self._guide(language))) + "\n"

    def guide_step(self, language: str, step: str) -> str:
        """The part of the guide from a step's heading to the next heading with an anchor."""
        return guide.section(self._guide(language), step)

    def debrief(self) -> str:
        """What to read after success; a sentence where the author wrote none."""
        path = self.folder / "debrief.md"
        return path.read_text(encoding="utf-8") if path.is_file() else "This lab has no debrief.\n"

    def check_titles(self, texts: Texts) -> dict[str, str]:
        """Every check's title, from the catalogue or the docstring. No lab code is run."""
        docstrings = docstrings_of(self.check_files())
        return {name: texts.check_title(name, title) for name, title in docstrings.items()}

    def scene(self) -> list[dict[str, Any]]:
        """The manifests of the starting state, in the order of the files' names."""
        return [one for path in sorted(self.folder.glob("scene/*.yaml")) for one in manifests(path)]

    def check_files(self) -> tuple[Path, ...]:
        """The files that hold checks."""
        return tuple(sorted(self.folder.glob("checks/check_*.py")))

    def solutions(self) -> tuple[str, ...]:
        """The names of the solutions."""
        return tuple(sorted(one.name for one in self.folder.glob("solutions/*") if one.is_dir()))

    def _guide(self, language: str) -> str:
        path = self.folder / f"README.{language}.md"
        if language == FALLBACK or not path.is_file():
            path = self.folder / "README.md"
        return path.read_text(encoding="utf-8")


class Catalog:
    """A folder of labs with its course.yaml."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def course(self) -> CourseFile:
        """The course; LabInvalid with every problem of its file."""
        course, problems = load(self.folder / "course.yaml", CourseFile, self._name("course.yaml"))
        if course is None:
            raise invalid(problems)
        return course

    def ids(self) -> tuple[str, ...]:
        """The labs' ids in the course's order."""
        return tuple(lab.id for lab in self.course().labs)

    def get(self, lab_id: str | None = None) -> Lab:
        """A lab by its id; the course's first without one.

        Raises:
            UsageError: there is no such lab; with a suggestion.
            LabInvalid: its files are wrong; with every problem.
        """
        course = self.course()
        known = [lab.id for lab in course.labs]
        lab_id = known[0] if lab_id is None else lab_id
        if lab_id not in known:
            raise UsageError(
                f"There is no lab '{lab_id}'{did_you_mean(lab_id, known) or '.'}",
                hint="See them all with: labctl list",
            )
        return self._load(lab_id, course)

    def _load(self, lab_id: str, course: CourseFile) -> Lab:
        folder = self._folder(lab_id)
        prefix = self._name(folder.name)
        file, problems = load(folder / "lab.yaml", LabFile, f"{prefix}/lab.yaml")
        messages: dict[str, MessagesFile] = {}
        for language in course.languages:
            name = f"messages.{language}.yaml"
            text, wrong = load(folder / name, MessagesFile, f"{prefix}/{name}")
            problems += wrong
            if text:
                messages[language] = text
        if file:
            if file.id != lab_id:
                problems.append(Problem(f"{prefix}/lab.yaml", 0, f"id must be '{lab_id}'"))
            problems += examine(folder, prefix, file, messages)
        if problems or file is None:
            raise invalid(problems)
        return Lab(folder, file, messages)

    def _folder(self, lab_id: str) -> Path:
        for folder in sorted(self.folder.iterdir()):
            if folder.is_dir() and NUMBERED.sub("", folder.name) == lab_id:
                if not inside(self.folder, folder):
                    break
                return folder
        raise invalid([Problem(self._name("course.yaml"), 0, f"lab '{lab_id}' has no folder")])

    def _name(self, path: str) -> str:
        return f"{self.folder.name}/{path}"


def labs_folder(chosen: Path | None) -> Path:
    """The folder of labs: the chosen one, the installed package's, or the checkout's."""
    if chosen is not None:
        return chosen
    here = Path(__file__).parent
    shipped = here / "_labs"
    return shipped if shipped.is_dir() else here.parent / "labs"


def manifests(path: Path) -> list[dict[str, Any]]:
    """The Kubernetes manifests in a file; LabInvalid where they can't be read."""
    try:
        return [document.data for document in read_all(path)]
    except Unreadable as err:
        raise invalid([Problem(str(path), err.line, err.text)]) from err


def invalid(problems: list[Problem]) -> LabInvalid:
    """One error for all problems."""
    ordered = sorted(set(problems))
    files = len({problem.file for problem in ordered})
    count = f"{len(ordered)} problem{'s' if len(ordered) != 1 else ''}"
    return LabInvalid(
        f"The lab can't be used: {count} in {files} file{'s' if files != 1 else ''}.",
        details=[str(problem) for problem in ordered],
        hint=INVALID_HINT,
    )
