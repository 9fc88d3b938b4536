"""The environment, read once. Nothing else in labctl looks at it."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from platformdirs import user_data_path, user_state_path


@dataclass(frozen=True, slots=True)
class Settings:
    """What the environment says."""

    home: Path
    """State that can't be asked of the engine: progress, kubeconfigs, logs, locks."""
    environ: Mapping[str, str]
    """The whole environment, handed on to tools that we start."""
    no_color: bool
    language: str
    labs: Path | None
    """LABCTL_LABS: a folder of labs other than the shipped course."""
    learner: Path
    """The learner's progress, a file that can be carried to another machine."""
    cluster: str | None = None
    """LABCTL_CLUSTER: the running lab that is meant where --name is not given."""
    lab: str | None = None
    """LABCTL_LAB: the lab that is meant on a cluster that any lab may use."""
    step_summary: Path | None = None
    """GITHUB_STEP_SUMMARY: a file to which a CI job appends Markdown."""

    @classmethod
    def read(cls, environ: Mapping[str, str] | None = None) -> "Settings":
        """Read LABCTL_*, LANG, NO_COLOR and GITHUB_STEP_SUMMARY."""
        env = dict(os.environ if environ is None else environ)
        home = env.get("LABCTL_HOME")
        summary = env.get("GITHUB_STEP_SUMMARY")
        labs = env.get("LABCTL_LABS")
        language = env.get("LABCTL_LANG") or env.get("LANG", "")
        return cls(
            home=Path(home).expanduser().absolute() if home else user_state_path("labctl"),
            environ=env,
            no_color=bool(env.get("NO_COLOR")),
            language=_language(language),
            labs=Path(labs).expanduser().absolute() if labs else None,
            learner=(Path(home).expanduser().absolute() if home else user_data_path("labctl"))
            / "progress.json",
            cluster=env.get("LABCTL_CLUSTER") or None,
            lab=env.get("LABCTL_LAB") or None,
            step_summary=Path(summary) if summary else None,
        )


def _language(locale: str) -> str:
    """`ko` of `ko_KR.UTF-8`; English where the locale names no language."""
    code = locale.split("_", maxsplit=1)[0].split(".", maxsplit=1)[0].lower()
    return "en" if code in ("", "c", "posix") else code
