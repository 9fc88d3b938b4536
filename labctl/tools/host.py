"""The machine itself: kernel files, disks, names and addresses. No opinions."""

import os
import shutil
import socket
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path


class LocalHost:
    """The machine itself; `root` is another folder in tests."""

    def __init__(self, environ: Mapping[str, str], *, root: Path = Path("/")) -> None:
        self._environ = dict(environ)
        self._root = root

    def read(self, path: str) -> str:
        """A file's text, with what is no UTF-8 replaced; OSError when it can't be read."""
        return self._at(path).read_text(encoding="utf-8", errors="replace")

    def exists(self, path: str) -> bool:
        """Whether there is a file or folder."""
        return self._at(path).exists()

    def free(self, path: Path) -> tuple[Path, int]:
        """The nearest folder that exists, and the bytes that are free where it lies."""
        for folder in (path, *path.parents):
            # A folder that only root may enter can't be asked for; its file system can.
            try:
                return folder, shutil.disk_usage(self._at(str(folder))).free
            except OSError:
                continue
        raise OSError(f"no file system at {path}")

    def is_root(self) -> bool:
        """Whether labctl runs as root."""
        return os.geteuid() == 0

    def user(self) -> str:
        """Who asked for this: the one who called sudo, else an empty text."""
        return self._environ.get("SUDO_USER", "")

    def platform(self) -> tuple[str, str]:
        """The kernel's name and the architecture: `Linux`, `x86_64`."""
        return os.uname().sysname, os.uname().machine

    def kernel(self) -> str:
        """The running kernel's release."""
        return os.uname().release

    def resolve(self, name: str) -> str:
        """An address of a host name; OSError when it has none."""
        found = socket.getaddrinfo(name, 443, type=socket.SOCK_STREAM)
        return str(found[0][4][0])

    def status(self, url: str, timeout: float) -> int:
        """The HTTP status that a URL answers with, whichever; through the environment's proxies.

        Raises:
            OSError: no answer.
        """
        proxies = {
            scheme: proxy
            for scheme in ("http", "https")
            for name in (f"{scheme}_proxy", f"{scheme.upper()}_PROXY")
            if (proxy := self._environ.get(name))
        }
        opener = urllib.request.build_opener(urllib.request.ProxyHandler(proxies))
        request = urllib.request.Request(url, method="HEAD")  # noqa: S310 - http(s) by our callers
        try:
            with opener.open(request, timeout=timeout) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as err:
            return err.code
        except urllib.error.URLError as err:
            raise OSError(getattr(err.reason, "strerror", None) or str(err.reason)) from err

    def _at(self, path: str) -> Path:
        return self._root / path.lstrip("/")
