"""The Worker ``tests/workers/contract`` on each Python version, booted once for all who ask it.

``contract``  the running Worker: ``contract.check("handlers/last_call")`` is what that check returns
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from runtime_process import Runtime, running, worker_config

VERSIONS = ("3.12", "3.13", "3.14")

WORKER = Path(__file__).resolve().parent.parent / "workers" / "contract"

BINDINGS = [
    {"name": "GREETING", "type": "plain_text", "text": "hello"},
    {"name": "SETTINGS", "type": "json", "json": {"deep": [1, "two"]}},
    {"name": "SELF", "type": "service", "service": "test"},
    {
        "name": "NAMED",
        "type": "service",
        "service": "test",
        "entrypoint": "Named",
        "props": {"tier": "gold"},
    },
    {"name": "MISSING", "type": "service", "service": "test", "entrypoint": "Nowhere"},
    {"name": "OTHER", "type": "service", "service": "another"},
    {"name": "COUNTER", "type": "durable_object_namespace", "class_name": "Counter"},
    {"name": "FLOW", "type": "workflow", "workflow_name": "flow", "class_name": "Flow"},
    {"name": "CHROMIUM", "type": "browser"},
]

MODULE_TYPES = {".py": "python", ".mjs": "esm", ".txt": "text"}


class Contract(Runtime):
    """A runtime that serves the contract's Worker."""

    python: str

    def check(self, path: str) -> object:
        """What the check returned, by way of JSON."""
        status, body = self.get(f"/{path}")
        assert status == 200, body
        return json.loads(body)


def contract_config(version: str) -> dict[str, object]:
    config = worker_config(WORKER)
    config["modules"] = [
        {
            "name": path.relative_to(WORKER).as_posix(),
            "type": MODULE_TYPES[path.suffix],
            "path": str(path),
        }
        for path in sorted(WORKER.rglob("*"))
        if path.suffix in MODULE_TYPES
    ]
    return {
        **config,
        "compatibility_flags": ["python_workers", "service_binding_extra_handlers"],
        "python_version": version,
        "bindings": BINDINGS,
        "local_endpoints": True,
    }


@pytest.fixture(scope="session", params=VERSIONS)
def contract(request: pytest.FixtureRequest) -> Iterator[Contract]:
    with running(kind=Contract) as runtime:
        runtime.load(contract_config(request.param))
        runtime.wait_for("loaded")
        runtime.python = request.param
        yield runtime
