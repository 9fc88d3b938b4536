"""The fixtures of tests/lab_fixtures.py."""

from tests.lab_fixtures import cli, lab, name, session_cli  # noqa: F401
