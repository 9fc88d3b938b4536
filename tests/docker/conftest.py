"""The fixtures of tests/node_fixtures.py."""

from tests.node_fixtures import (  # noqa: F401
    containerd_store,
    engine,
    make_node,
    node,
    process,
)
