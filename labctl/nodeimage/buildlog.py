"""What a BuildKit build prints, made fit for people."""

import re
from collections import deque
from typing import Final

KEPT: Final = 15

# `#12 34.56 text` is output of step 12.
_OUTPUT: Final = re.compile(r"#\d+ \d+\.\d+ (?P<text>.*)")
_STEP: Final = re.compile(r"#\d+ \[(?P<stage>\S+) .*\] (?P<text>.*)")
_NOISE: Final = ("go: downloading ", "debconf: ")


class BuildLog:
    """Takes a build's lines: the last ones of the programs that it ran explain a failure."""

    def __init__(self) -> None:
        self._last: deque[str] = deque(maxlen=KEPT)

    @property
    def last(self) -> tuple[str, ...]:
        """The last lines that programs in the build printed."""
        return tuple(self._last)

    def take(self, line: str) -> str:
        """Remember a line; answers what a progress line may show of it, often nothing."""
        output = _OUTPUT.fullmatch(line)
        if output is None:
            step = _STEP.fullmatch(line)
            return step["text"][:80] if step else ""
        text = output["text"].strip()
        if text and not text.startswith(_NOISE):
            self._last.append(text)
        return text[:80]


# Pattern in the output -> what to do about it.
_HINTS: Final = (
    ("no space left on device", "Free disk space: docker system df shows what the engine uses."),
    (
        "x509:",
        "A proxy with its own certificate authority? Point SSL_CERT_FILE to a bundle with it.",
    ),
    (
        "unknown revision|module version is not available|404 Not Found",
        "Is that version released? A pinned one is built with --kubernetes and its minor alone.",
    ),
    (
        "dial tcp|Temporary failure|Could not resolve|connection refused|i/o timeout",
        "Is the network there? GOPROXY, HTTP_PROXY and HTTPS_PROXY are passed on when set.",
    ),
    ("signal: killed|cannot allocate memory", "The machine ran out of memory: 4 GiB are needed."),
)


def hint(lines: tuple[str, ...]) -> str:
    """What to do about a failure with these last lines."""
    text = "\n".join(lines)
    for pattern, advice in _HINTS:
        if re.search(pattern, text):
            return advice
    return "What is built already is kept: run the same again to go on from there."
