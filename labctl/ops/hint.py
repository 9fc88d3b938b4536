"""`labctl hint`: one more hint at each call, those for what was last seen to be wrong first."""

from dataclasses import dataclass

from labctl.catalog import Lab
from labctl.manifest_texts import HintText
from labctl.ops.learner_progress import LearnerProgress
from labctl.store import Store
from labctl.texts import Texts


@dataclass(frozen=True, slots=True)
class Hints:
    """Hints of one step. `left` counts those that are still to come."""

    step: str
    title: str
    texts: tuple[str, ...]
    left: int


def hint(
    lab: Lab, step: str, store: Store, name: str, *, language: str, everything: bool = False
) -> Hints:
    """The next hint of a step, or all; when all were shown, all again.

    Raises:
        UsageError: there is no such step.
    """
    step = lab.step(step).id
    texts = lab.texts(language)
    progress = LearnerProgress.load(store, name)
    ordered = _spelled_by_source(progress, texts, step)
    shown = progress.shown.get(step, [])
    fresh = [one for one in ordered if one not in shown]
    now = list(ordered) if everything or not fresh else fresh[:1]
    progress.shown[step] = [*shown, *(one for one in now if one not in shown)]
    progress.save(store, name)
    left = sum(1 for one in fresh if one not in now)
    return Hints(step, texts.step_title(step), tuple(ordered[one] for one in now), left)


def _spelled_by_source(progress: LearnerProgress, texts: Texts, step: str) -> dict[str, str]:
    """The hints as they are shown, by what the author wrote: a hint is the same with other values."""
    found: dict[str, str] = {}
    for code in progress.codes.get(step, ()):
        filled = texts.hints(code, progress.values.get(code, {}))
        for source, one in zip(texts.hints(code), filled, strict=True):
            found.setdefault(_spelled(source), _spelled(one))
    for one in texts.step_hints(step):
        found.setdefault(_spelled(one), _spelled(one))
    return found


def _spelled(hint: HintText) -> str:
    """The text, and its command on a line of its own, so that it can be copied."""
    return f"{hint.text}\n  {hint.run}" if hint.run else hint.text
