"""A trace as one table for 80 columns, and as the document labctl/trace/v1."""

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

from labctl.counting import count
from labctl.trace import InEngine, OnNode, Running, Started, Stored, Trace, short

FORMAT: Final = "labctl/trace/v1"
COLUMNS: Final = ("where", "image id", "what")

Row = tuple[str, str, str]


def rows(trace: Trace, kind_name: str) -> Iterator[Row]:
    """The table's rows: engine, then each node's store with its containers below it.

    Nodes are named without their cluster's name, `kind_name`.
    """
    reference = trace.reference
    yield from _row("engine", trace.engine.stored, _engine_facts(trace.engine))
    for node in trace.nodes:
        where = node.node.removeprefix(f"{kind_name}-")
        yield from _row(where, node.stored, _node_facts(node, reference))
        for one in node.running:
            facts = (one.pod, f"container {one.name}", *_started_facts(one.started))
            yield from _lines("  runs as", short(one.config_digest), facts)


def _row(where: str, stored: Stored | None, facts: Sequence[str]) -> Iterator[Row]:
    return _lines(where, short(stored.config_digest) if stored else "not there", facts)


def _lines(where: str, image: str, facts: Sequence[str]) -> Iterator[Row]:
    first, *rest = facts
    yield where, image, first
    for fact in rest:
        yield "", "", fact


def _engine_facts(engine: InEngine) -> tuple[str, ...]:
    return (f"Docker Engine {engine.version}", *_stored_facts(engine.stored, None))


def _node_facts(node: OnNode, reference: Stored | None) -> tuple[str, ...]:
    cri = f"{node.cri.name} {node.cri.version}"
    return (cri, node.cri.socket, *_stored_facts(node.stored, reference))


def _stored_facts(stored: Stored | None, reference: Stored | None) -> Iterator[str]:
    if stored is None:
        return
    layers = count(len(stored.diff_ids), "layer")
    if reference:
        layers += ", equal" if stored.diff_ids == reference.diff_ids else ", others"
    manifest = short(stored.manifest_digest)
    yield f"{layers}; manifest {manifest}" if manifest else f"{layers}; keeps no manifest"
    yield f"unpacked by {stored.unpacked_by}" if stored.unpacked_by else "not unpacked yet"


def _started_facts(started: Started | None) -> Iterator[str]:
    if started is None:
        yield "ended while it was looked at"
        return
    runtime = f"{started.oci_runtime} {started.oci_version} ({started.oci_path})"
    yield f"{runtime if started.oci_runtime else 'OCI runtime unknown'}, PID {started.pid}"
    yield f"watched by {started.parent}"
    own = [kind for kind in started.namespaces if kind not in started.shared]
    yield f"own namespaces: {' '.join(own) or 'none'}"
    yield f"cgroup .../{_last(started.cgroup)}"


def _last(cgroup: str) -> str:
    """The end of a cgroup's path, with ids as short as people know them."""
    parts = cgroup.strip("/").split("/")
    # crun puts containers one level below the scope that systemd made.
    named = next((part for part in reversed(parts) if re.search(r"[0-9a-f]{64}", part)), parts[-1])
    return re.sub(r"([0-9a-f]{12})[0-9a-f]{52}", r"\1", named)


def document(trace: Trace) -> dict[str, Any]:
    """The trace for programs; docs/trace.md describes it."""
    return {
        "format": FORMAT,
        "image": trace.name,
        "identical": trace.identical,
        "sentence": trace.sentence,
        "differences": list(trace.differences),
        "engine": {"version": trace.engine.version, "stored": _stored(trace.engine.stored)},
        "nodes": [
            {
                "node": node.node,
                "cri": {
                    "name": node.cri.name,
                    "version": node.cri.version,
                    "socket": node.cri.socket,
                },
                "stored": _stored(node.stored),
                "containers": [_container(one) for one in node.running],
            }
            for node in trace.nodes
        ],
    }


def _stored(stored: Stored | None) -> dict[str, Any] | None:
    if stored is None:
        return None
    return {
        "config_digest": stored.config_digest,
        "manifest_digest": stored.manifest_digest or None,
        "diff_ids": list(stored.diff_ids),
        "unpacked_by": stored.unpacked_by or None,
    }


def _container(one: Running) -> dict[str, Any]:
    started = one.started
    return {
        "id": one.id,
        "name": one.name,
        "pod": one.pod,
        "config_digest": one.config_digest,
        "process": None
        if started is None
        else {
            "pid": started.pid,
            "parent": started.parent,
            "oci_runtime": {
                "name": started.oci_runtime or None,
                "path": started.oci_path or None,
                "version": started.oci_version or None,
            },
            "namespaces": dict(started.namespaces),
            "shared_with_node": list(started.shared),
            "cgroup": started.cgroup,
            "rootfs": started.rootfs,
        },
    }
