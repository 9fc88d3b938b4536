"""One request to an API server: the `kubernetes` client's transport, and our errors."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

import yaml

from labctl.errors import ApiUnreachable, KubeNotFound, PrerequisiteMissing, ToolFailed

if TYPE_CHECKING:
    from kubernetes.client import ApiClient
    from urllib3 import BaseHTTPResponse

CONNECT: Final = 3.0
"""Seconds to wait for a connection: the API server is on this machine."""
READ: Final = 30.0

# Threads would wait for each other's imports for ever, and write the same certificates twice, of
# which one would never be removed.
_LOADING: Final = Lock()


class ApiRefused(ToolFailed):
    """The API server answered, and said no. `status` is the HTTP status."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


class Stream:
    """The lines of an answer, as they come. It ends when the server does, or with silence."""

    def __init__(self, response: "BaseHTTPResponse") -> None:
        self._response = response

    def __iter__(self) -> Iterator[bytes]:
        from urllib3.exceptions import HTTPError  # noqa: PLC0415

        rest = b""
        # Whatever ends it, a new stream is asked for: nothing is lost between two of them.
        with suppress(HTTPError, OSError, ValueError):
            for chunk in self._response.stream():
                *lines, rest = (rest + chunk).split(b"\n")
                yield from filter(None, lines)

    def cut(self) -> None:
        """End it, from another thread."""
        with suppress(OSError, ValueError, RuntimeError):  # it has ended, or not yet begun
            self._response.shutdown()


def _client(kubeconfig: Path) -> "ApiClient":
    # Loaded here because the import takes a third of a second.
    from kubernetes.client import ApiClient, Configuration  # noqa: PLC0415
    from kubernetes.config import ConfigException, load_kube_config  # noqa: PLC0415

    configuration = Configuration()
    try:
        load_kube_config(  # type: ignore[no-untyped-call]
            config_file=str(kubeconfig),
            client_configuration=configuration,
            persist_config=False,
            # Beside it, so that they go with it even where this process is killed.
            temp_file_path=str(kubeconfig.parent / "tls"),
        )
    except (ConfigException, yaml.YAMLError, OSError) as err:
        raise ToolFailed(f"The kubeconfig '{kubeconfig}' can't be used: {err}.") from err
    configuration.proxy = None
    configuration.retries = False
    return ApiClient(configuration)


class Rest:
    """Requests with a kubeconfig's address and credentials. Proxies are not used: it is local."""

    def __init__(self, kubeconfig: Path) -> None:
        if not kubeconfig.is_file():
            raise PrerequisiteMissing(
                f"There is no kubeconfig at '{kubeconfig}'.", hint="Start a lab with: labctl up"
            )
        with _LOADING:
            self._client = _client(kubeconfig)
        self._host: str = self._client.configuration.host
        self._silent = False
        """Whether the last request had no answer: the next one need not wait for as long."""

    def request(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Any = None,
        content_type: str = "application/json",
        timeout: float = READ,
    ) -> bytes:
        """The answer's body. `path` begins with a slash; `body` becomes JSON.

        Raises:
            ApiUnreachable: no answer at all.
            KubeNotFound: 404.
            ApiRefused: any other status that is not 2xx.
        """
        from kubernetes.client.exceptions import ApiException  # noqa: PLC0415
        from urllib3.exceptions import HTTPError  # noqa: PLC0415

        data = json.dumps(body) if content_type.endswith("yaml") else body
        timeout, self._silent = min(timeout, CONNECT) if self._silent else timeout, True
        try:
            response = self._client.rest_client.request(  # type: ignore[no-untyped-call]
                method,
                self._url(path, query),
                headers=self._headers(method, path, content_type),
                body=data,
                _request_timeout=(CONNECT, timeout),
            )
            response.read()
        except ApiException as err:  # older clients raise on a status, newer ones for TLS alone
            self._silent = not err.status
            if err.status:
                raise _refused(err.status, str(err.body or err.reason), path) from None
            raise self._unreachable(str(err.reason)) from None
        except (HTTPError, OSError) as err:
            raise self._unreachable(str(err)) from None
        self._silent = False
        content = bytes(response.data or b"")
        if not 200 <= response.status < 300:
            raise _refused(response.status, content.decode(errors="replace"), path)
        return content

    def json(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Any = None,
        content_type: str = "application/json",
    ) -> dict[str, Any]:
        """The answer's JSON document; the errors of `request`."""
        answer = self.request(method, path, query=query, body=body, content_type=content_type)
        document: dict[str, Any] = json.loads(answer)
        return document

    @contextmanager
    def stream(
        self, path: str, *, query: Mapping[str, str], timeout: float = READ
    ) -> Iterator[Stream]:
        """An answer that does not end by itself, to be read in the block; errors as in `request`.

        It is over after `timeout` seconds of silence.
        """
        from urllib3 import Timeout  # noqa: PLC0415
        from urllib3.exceptions import HTTPError  # noqa: PLC0415

        try:
            # Past the client: its `request` reads to the end, in one way or another in each version.
            response = self._client.rest_client.pool_manager.request(
                "GET",
                self._url(path, query),
                headers=self._headers("GET", path, "application/json"),
                preload_content=False,
                retries=False,
                timeout=Timeout(connect=CONNECT, read=timeout),
            )
        except (HTTPError, OSError) as err:
            raise self._unreachable(str(err)) from None
        try:
            if response.status != 200:
                raise _refused(response.status, _text(response), path)
            yield Stream(response)
        finally:
            response.close()

    def _url(self, path: str, query: Mapping[str, str] | None) -> str:
        return self._host + path + (f"?{urlencode(query)}" if query else "")

    def _headers(self, method: str, path: str, content_type: str) -> dict[str, str]:
        headers = {"Accept": "application/json, */*", "Content-Type": content_type}
        self._client.update_params_for_auth(headers, [], ["BearerToken"], path, method, None)
        return headers

    def _unreachable(self, reason: str) -> ApiUnreachable:
        return ApiUnreachable(
            f"The cluster's API server at {self._host} does not answer: {reason.splitlines()[0]}"
            if reason
            else f"The cluster's API server at {self._host} does not answer.",
            hint="See what runs with 'labctl status'; 'labctl up' repairs a lab.",
        )


def _text(response: "BaseHTTPResponse") -> str:
    from urllib3.exceptions import HTTPError  # noqa: PLC0415

    try:
        return response.read().decode(errors="replace")
    except (HTTPError, OSError):
        return ""


def _refused(status: int, text: str, path: str) -> ToolFailed:
    try:
        reason = str(json.loads(text)["message"])
    except (ValueError, KeyError, TypeError):
        reason = text.strip()[:300] or f"HTTP status {status}"
    if status == 404:
        return KubeNotFound(f"The API server has no '{path}': {reason}")
    return ApiRefused(f"The API server refused '{path}' ({status}): {reason}", status)
