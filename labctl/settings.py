"""The environment, read once. Nothing else in labctl looks at it."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from platformdirs import user_state_path


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

    @classmethod
    def read(cls, environ: Mapping[str, str] | None = None) -> "Settings":
        """Read LABCTL_HOME, LABCTL_LABS, LABCTL_LANG, LANG and NO_COLOR."""
        env = dict(os.environ if environ is None else environ)
        home = env.get("LABCTL_HOME")
        labs = env.get("LABCTL_LABS")
        language = env.get("LABCTL_LANG") or env.get("LANG", "")
        return cls(
            home=Path(home).expanduser().absolute() if home else user_state_path("labctl"),
            environ=env,
            no_color=bool(env.get("NO_COLOR")),
            language=_language(language),
            labs=Path(labs).expanduser().absolute() if labs else None,
        )


def _language(locale: str) -> str:
    """`ko` of `ko_KR.UTF-8`; English where the locale names no language."""
    code = locale.split("_", maxsplit=1)[0].split(".", maxsplit=1)[0].lower()
    return "en" if code in ("", "c", "posix") else code
