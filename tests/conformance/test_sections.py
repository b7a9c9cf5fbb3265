"""Runs the checks in the Worker: each is a test on each Python version, and fails with the traceback
that the check had there."""

from __future__ import annotations

import ast

import pytest
from conformance import WORKER
from runtime_process import Runtime

SECTIONS = (
    "host_modules",
    "environment",
    "javascript_modules",
    "files",
    "entrypoints",
    "rpc",
    "python_values",
    "interleaving",
    "top_level",
)


def checks_of(section: str) -> list[str]:
    """Names of a section's checks, in order. The module itself can only be imported in a Worker."""
    source = ast.parse((WORKER / f"{section}.py").read_text())
    return [
        node.name
        for node in source.body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("check_")
    ]


@pytest.mark.parametrize(
    "check", [f"{section}/{check}" for section in SECTIONS for check in checks_of(section)]
)
def test_check(worker: Runtime, check: str) -> None:
    status, body = worker.get(f"/{check}")
    assert status == 200, body
