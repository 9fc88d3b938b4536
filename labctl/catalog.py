"""Finds labs: the shipped course, a checkout's, or a folder of one's own."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final

from labctl import course_folders, guide, lab_checks
from labctl.errors import LabInvalid, UsageError
from labctl.lab_folder import LabFolder
from labctl.lab_problems import examine
from labctl.manifest import CourseFile, LabFile, Step
from labctl.manifest_problems import Loaded, load_with
from labctl.manifest_texts import MessagesFile
from labctl.manifest_types import FALLBACK
from labctl.params import Drawn, Values, fill, fill_text
from labctl.source import Problem, Unreadable, inside, read, read_all
from labctl.suggest import did_you_mean
from labctl.texts import Texts

INVALID_HINT: Final = "Correct the files, then run this again; docs/lab-format.md has the format."


@dataclass(frozen=True, slots=True)
class Lab:
    """A lab whose files have been examined."""

    folder: Path
    file: LabFile
    messages: Mapping[str, MessagesFile]
    values: Values = field(default_factory=dict)
    """The learner's own values of the lab's parameters; drawn when one is first looked at."""

    @property
    def params(self) -> dict[str, str | int]:
        """The values, drawn."""
        return dict(self.values)

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
        return Texts(self.messages, language, self.values)

    def title(self, language: str) -> str:
        """The lab's title in that language, or in English."""
        return self.file.title.get(language) or self.file.title[FALLBACK]

    def guide(self, language: str) -> str:
        """The guide in that language, or in English, without the headings' anchors."""
        return "\n".join(line for line, _ in guide.lines(self.guide_source(language))) + "\n"

    def guide_step(self, language: str, step: str) -> str:
        """The part of the guide from a step's heading to the next heading with an anchor."""
        return guide.section(self.guide_source(language), step)

    def debrief(self, language: str = FALLBACK) -> str:
        """What to read after success; a sentence where the author wrote none."""
        path = self._in_language("debrief", language)
        return self._text(path) if path.is_file() else "This lab has no debrief.\n"

    def check_titles(self, texts: Texts) -> dict[str, str]:
        """Every check's title, from the catalogue or the docstring. No lab code is run."""
        found = lab_checks.read_checks(LabFolder(self.folder, "")).files.values()
        titles = {name: title for one in found for name, title in one.titles.items()}
        return {name: texts.check_title(name, title) for name, title in titles.items()}

    def manifests(self, path: Path) -> list[dict[str, Any]]:
        """The Kubernetes manifests in one of its files; LabInvalid where they can't be read."""
        try:
            return [fill(document.data, self.values) for document in read_all(path)]
        except Unreadable as err:
            raise invalid([Problem(str(path), err.line, err.text)]) from err

    def scene(self) -> list[dict[str, Any]]:
        """The manifests of the starting state, in the order of the files' names."""
        files = sorted(self.folder.glob("scene/*.yaml"))
        return [one for path in files for one in self.manifests(path)]

    def scene_scripts(self) -> tuple[Path, ...]:
        """The scripts of the starting state, in the order of the files' names."""
        return tuple(sorted(self.folder.glob("scene/*.sh")))

    def starter(self) -> dict[str, bytes]:
        """The starter files: path inside the learner's folder -> content."""
        folder = self.folder / "starter"
        files = (path for path in sorted(folder.rglob("*")) if path.is_file())
        return {str(path.relative_to(folder)): self._starter(path) for path in files}

    def check_files(self) -> tuple[Path, ...]:
        """The Python files that hold checks."""
        return lab_checks.check_files(self.folder)

    def declared_files(self) -> tuple[Path, ...]:
        """The files of checks in their short form."""
        return lab_checks.declared_files(self.folder)

    def solutions(self) -> tuple[str, ...]:
        """The names of the solutions."""
        return tuple(sorted(one.name for one in self.folder.glob("solutions/*") if one.is_dir()))

    def guide_source(self, language: str) -> str:
        """The guide with the headings' anchors."""
        return self._text(self._in_language("README", language))

    def _in_language(self, stem: str, language: str) -> Path:
        path = self.folder / f"{stem}.{language}.md"
        return path if path.is_file() else self.folder / f"{stem}.md"

    def _text(self, path: Path) -> str:
        return fill_text(path.read_text(encoding="utf-8"), self.values)

    def _starter(self, path: Path) -> bytes:
        content = path.read_bytes()
        if not self.values:
            return content
        try:
            return fill_text(content.decode(), self.values).encode()
        except UnicodeDecodeError:
            return content


class Catalog:
    """A folder of labs with its course.yaml.

    Args:
        folder: the folder of labs.
        seed: asked for when a value of a lab's parameter is first looked at.
        open_lab: what a lab's folder is read through, by its path and its name in messages.
    """

    def __init__(
        self,
        folder: Path,
        *,
        seed: Callable[[], int] = lambda: 0,
        open_lab: Callable[[Path, str], LabFolder] = LabFolder,
    ) -> None:
        self.folder = folder
        self._seed = seed
        self._open = open_lab
        self._course: Loaded[CourseFile] | None = None

    def course(self) -> CourseFile:
        """The course, read once; LabInvalid with every problem of its file."""
        if self._course is None:
            reader = partial(read, self.folder / "course.yaml")
            self._course = load_with(reader, CourseFile, self._name("course.yaml"))
        if self._course.model is None:
            raise invalid(self._course.problems)
        return self._course.model

    def ids(self) -> tuple[str, ...]:
        """The labs' ids in the course's order."""
        return tuple(lab.id for lab in self.course().labs)

    def strays(self) -> list[Problem]:
        """The folders of labs that no course.yaml names, or that have one id."""
        return course_folders.strays(self.folder, self.ids(), self.folder.name)

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
            there = course_folders.folders_of(self.folder, lab_id)
            add = f"Add it to {self._name('course.yaml')}: - {{id: {lab_id}}}"
            raise UsageError(
                f"There is no lab '{lab_id}'{did_you_mean(lab_id, known) or '.'}",
                hint=add if there else "See them all with: labctl list",
            )
        return self._load(lab_id, course)

    def _load(self, lab_id: str, course: CourseFile) -> Lab:
        path = self._folder(lab_id)
        folder = self._open(path, self._name(path.name))
        loaded = folder.load("lab.yaml", LabFile)
        texts = {
            language: folder.load(f"messages.{language}.yaml", MessagesFile)
            for language in course.languages
        }
        problems = examine(folder, loaded, texts)
        file = loaded.model
        if file and file.id != lab_id:
            problems.append(loaded.problem(("id",), f"id must be '{lab_id}', not '{file.id}'"))
        if problems or file is None:
            raise invalid(problems)
        messages = {language: one.model for language, one in texts.items() if one.model}
        return Lab(path, file, messages, Drawn(file.params, file.id, self._seed))

    def _folder(self, lab_id: str) -> Path:
        found = [
            folder
            for folder in course_folders.folders_of(self.folder, lab_id)
            if inside(self.folder, folder)
        ]
        if not found and self._course:
            place = ("labs", self.ids().index(lab_id), "id")
            others = [one for one in course_folders.ids(self.folder) if one not in self.ids()]
            text = f"lab '{lab_id}' has no folder <number>-{lab_id}{did_you_mean(lab_id, others)}"
            raise invalid([self._course.problem(place, text)])
        if len(found) > 1:
            raise invalid(course_folders.same_id(found, lab_id, self.folder.name))
        return found[0]

    def _name(self, path: str) -> str:
        return f"{self.folder.name}/{path}"


def labs_folder(chosen: Path | None) -> Path:
    """The folder of labs: the chosen one, the installed package's, or the checkout's."""
    if chosen is not None:
        return chosen
    here = Path(__file__).parent
    shipped = here / "_labs"
    return shipped if shipped.is_dir() else here.parent / "labs"


def invalid(problems: Iterable[Problem]) -> LabInvalid:
    """One error for all problems."""
    ordered = sorted(set(problems))
    files = len({problem.file for problem in ordered})
    count = f"{len(ordered)} problem{'s' if len(ordered) != 1 else ''}"
    return LabInvalid(
        f"The lab can't be used: {count} in {files} file{'s' if files != 1 else ''}.",
        details=[str(problem) for problem in ordered],
        hint=INVALID_HINT,
    )
