"""`labctl hint`: one more hint at each call, those for what was last seen to be wrong first."""

from dataclasses import dataclass

from labctl.catalog import Lab
from labctl.manifest_texts import HintText
from labctl.ops.learner_progress import LearnerProgress
from labctl.store import Store


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
    of_codes = [one for code in progress.codes.get(step, ()) for one in texts.hints(code)]
    ordered = list(dict.fromkeys(map(_spelled, (*of_codes, *texts.step_hints(step)))))
    shown = progress.shown.get(step, [])
    fresh = [one for one in ordered if one not in shown]
    now = ordered if everything or not fresh else fresh[:1]
    progress.shown[step] = [*shown, *(one for one in now if one not in shown)]
    progress.save(store, name)
    left = sum(1 for one in fresh if one not in now)
    return Hints(step, texts.step_title(step), tuple(now), left)


def _spelled(hint: HintText) -> str:
    """The text, and its command on a line of its own, so that it can be copied."""
    return f"{hint.text}\n  {hint.run}" if hint.run else hint.text
