"""Labs from outside: their checks and scripts are code, so they are asked for once."""

import json
from collections.abc import Callable
from typing import Final

from labctl.catalog import Lab
from labctl.errors import PrerequisiteMissing
from labctl.lab_digest import lab_digest
from labctl.store import Store

FORMAT: Final = "labctl/trust/v1"


def require_trust(
    lab: Lab, store: Store, *, given: bool, ask: Callable[[str], bool] | None
) -> None:
    """Return when the lab as it is now was trusted, here or before.

    Args:
        lab: one that did not come with labctl.
        store: where trust is remembered, by the digest of the lab's files.
        given: whether the command line says so.
        ask: puts the question to a person; None where there is none.

    Raises:
        PrerequisiteMissing: nobody trusts it.
    """
    digest = lab_digest(lab.folder)
    known = _known(store)
    if digest in known:
        return
    question = (
        f"Lab '{lab.id}' in {lab.folder} did not come with labctl. Its checks, scripts and images"
        " are programs, and run with your rights. Do you trust them?"
    )
    if not given and (ask is None or not ask(question)):
        raise PrerequisiteMissing(
            f"Lab '{lab.id}' did not come with labctl, and is not trusted: its checks, scripts and"
            " images are programs that run with your rights.",
            hint=f"Read {lab.folder}, then add --trust. Until its files change, once is enough.",
        )
    document = {"format": FORMAT, "labs": {**known, digest: lab.id}}
    store.write(store.trust, json.dumps(document, indent=1) + "\n")


def _known(store: Store) -> dict[str, str]:
    """Lab ids by digest; a file that is not there or damaged trusts nothing."""
    try:
        document = json.loads(store.trust.read_text(encoding="utf-8"))
        return {str(key): str(value) for key, value in document["labs"].items()}
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return {}
