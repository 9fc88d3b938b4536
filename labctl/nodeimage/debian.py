"""Where the machine gets its Debian packages from: the base image comes from there too."""

import re
from pathlib import Path
from typing import Final

DEFAULT_MIRROR: Final = "http://deb.debian.org/debian"

_DEB822: Final = re.compile(r"^URIs:\s*(\S+)", re.MULTILINE)
_ONE_LINE: Final = re.compile(r"^deb\s+(?:\[[^\]]*\]\s+)?(\S+)", re.MULTILINE)
# Not the security archive, nor somebody else's packages: https://download.docker.com/linux/debian.
_ARCHIVE: Final = re.compile(r"https?://[^/\s]+(/pub|/mirrors?)?/debian/?")


def mirror(root: Path = Path("/")) -> str:
    """The Debian mirror that the host uses, or Debian's own where the host is not Debian."""
    if "ID=debian" not in _read(root / "etc/os-release").split():
        return DEFAULT_MIRROR
    apt = root / "etc/apt"
    texts = [_read(apt / "sources.list")]
    texts += [_read(path) for path in sorted((apt / "sources.list.d").glob("*"))]
    for text in texts:
        for uri in _DEB822.findall(text) + _ONE_LINE.findall(text):
            if _ARCHIVE.fullmatch(uri):
                return str(uri).rstrip("/")
    return DEFAULT_MIRROR


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
