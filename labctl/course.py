"""How far the learner is in a course, and what comes next and why. Pure."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from labctl.catalog import Lab
from labctl.lab_digest import lab_digest
from labctl.manifest import CourseEntry
from labctl.model import Cluster
from labctl.texts import spell


class Learner(Protocol):
    """The learner's progress, as labctl.learner.Learner keeps it."""

    def first_passed(self, lab_id: str) -> Mapping[str, datetime]: ...  # noqa: D102
    def done(self, lab_id: str) -> datetime | None: ...  # noqa: D102
    def digest(self, lab_id: str) -> str: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Standing:
    """One lab as this learner stands in it."""

    lab: Lab
    needs: tuple[str, ...]
    waits_for: tuple[str, ...]
    """Those of `needs` that are not done."""
    passed: Mapping[str, datetime]
    """When each step first passed."""
    done: datetime | None
    changed: bool
    """Whether the lab's files are others than those with which it was done."""
    running: str = ""
    """The cluster that runs it, by its name."""
    passes: tuple[str, ...] = ()
    """Steps that passed in that cluster when last looked at."""

    @property
    def steps(self) -> tuple[str, ...]:
        """The lab's steps."""
        return tuple(step.id for step in self.lab.file.steps)

    @property
    def state(self) -> str:
        """`done`, `begun`, `open`, or `later`: it needs labs that are not done."""
        if self.done:
            return "done"
        if self.passed:
            return "begun"
        return "later" if self.waits_for else "open"


@dataclass(frozen=True, slots=True)
class Reason:
    """A sentence with places for values, so that it can be said in another language."""

    text: str
    values: tuple[object, ...] = ()

    def __str__(self) -> str:
        """In English."""
        return self.text.format(*self.values)


@dataclass(frozen=True, slots=True)
class Next:
    """What to do next. `step` is empty where a lab has to be started first."""

    lab: str
    step: str
    why: Reason
    command: str


def standings(
    entries: Iterable[CourseEntry],
    get: Callable[[str], Lab],
    learner: Learner,
    running: Sequence[Cluster],
    passes: Callable[[str], Sequence[str]],
) -> tuple[Standing, ...]:
    """Each lab of a course, in its order.

    Args:
        entries: the course's labs.
        get: a lab by its id.
        learner: the progress.
        running: the clusters that run here.
        passes: by a cluster's name, the steps that passed in it when last looked at.
    """
    clusters = {cluster.lab: cluster.name for cluster in reversed(running)}
    found = []
    for entry in entries:
        lab, done = get(entry.id), learner.done(entry.id)
        first = learner.first_passed(entry.id)
        name = clusters.get(entry.id, "")
        found.append(
            Standing(
                lab=lab,
                needs=entry.needs,
                waits_for=tuple(need for need in entry.needs if not learner.done(need)),
                passed={step.id: first[step.id] for step in lab.file.steps if step.id in first},
                done=done,
                changed=bool(done) and learner.digest(lab.id) != lab_digest(lab.folder),
                running=name,
                passes=tuple(passes(name)) if name else (),
            )
        )
    return tuple(found)


def next_of(labs: Sequence[Standing]) -> Next | None:
    """The running lab's next step, else the lab that was begun, else the first that is open.

    None where all is done.
    """
    for lab in labs:
        if lab.running and not lab.done:
            return _in_running(lab)
    for state in ("begun", "open"):
        for lab in labs:
            if lab.state == state:
                return Next(lab.lab.id, "", _why(lab), f"labctl up {lab.lab.id}")
    return None


def _in_running(lab: Standing) -> Next:
    name = "" if lab.running == lab.lab.id else f" --name {lab.running}"
    missing = [step for step in lab.steps if step not in lab.passes]
    if not missing:
        why = Reason("Each of its steps has passed alone; it is done when all pass in one check.")
        return Next(lab.lab.id, "", why, f"labctl check{name}")
    passing = len(lab.steps) - len(missing)
    if passing:
        text = "The lab is running, and {} of its {} steps passed."
        why = Reason(text, (passing, len(lab.steps)))
    else:
        why = Reason("The lab is running, and this is its first step.")
    return Next(lab.lab.id, missing[0], why, f"labctl show {lab.lab.id} --step {missing[0]}")


def _why(lab: Standing) -> Reason:
    if lab.passed:
        values = (len(lab.passed), len(lab.steps))
        return Reason("You began it: {} of its {} steps passed.", values)
    if lab.needs:
        verb = "is" if len(lab.needs) == 1 else "are"
        return Reason(f"It needs {{}}, which {verb} done.", (spell(list(lab.needs)),))
    return Reason("It is the first in the course's order that is not done, and it needs no other.")
