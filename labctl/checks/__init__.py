"""What labs import: `from labctl.checks import check, Mismatch, Missing, NotYet`."""

from labctl.checks.api import Mismatch, Missing, NotYet, check

__all__ = ["Mismatch", "Missing", "NotYet", "check"]
