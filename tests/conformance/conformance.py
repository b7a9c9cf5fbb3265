"""The Worker of this folder on each Python version, booted once for all checks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from runtime_process import Runtime, running, worker_config

VERSIONS = ("3.12", "3.13", "3.14")

WORKER = Path(__file__).resolve().parent / "worker"

MODULE_TYPES = {".py": "python", ".mjs": "esm", ".txt": "text", ".json": "json", ".bin": "data"}

ENTRY_POINTS = {
    "SELF": "Default",
    "NAMED": "Named",
    "INHERITED": "Inherited",
    "MISNAMED": "Misnamed",
    "HIDDEN": "_Hidden",
    "WAITING": "Waiting",
    "RECURSIVE": "Recursive",
    "CALLER": "Caller",
}

BINDINGS = [
    {"name": "GREETING", "type": "plain_text", "text": "hello"},
    {"name": "SETTINGS", "type": "json", "json": {"deep": [1, {"x": None}]}},
    {"name": "LIST", "type": "json", "json": [1, {"a": 1}]},
    {"name": "NUMBER", "type": "json", "json": 4.5},
    {"name": "FLAG", "type": "json", "json": True},
    {"name": "NOTHING", "type": "json", "json": None},
    *(
        {"name": name, "type": "service", "service": "test", "entrypoint": entrypoint,
         "props": {"tier": "gold", "limits": [1, {"none": None}]}}
        for name, entrypoint in ENTRY_POINTS.items()
    ),
]


def modules_of(folder: Path) -> list[dict[str, str]]:
    """A folder's files as modules, of the types that the command line gives them."""
    return [
        {
            "name": (name := path.relative_to(folder).as_posix()),
            "type": "data" if name.startswith("python_modules/") else MODULE_TYPES[path.suffix],
            "path": str(path),
        }
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix != ".pyc"
    ]


def configuration(folder: Path, version: str, **changes: object) -> dict[str, object]:
    """The runtime's configuration of the Worker in a folder."""
    return {
        **worker_config(folder),
        "modules": modules_of(folder),
        "python_version": version,
        "bindings": BINDINGS,
        **changes,
    }


@pytest.fixture(scope="session", params=VERSIONS)
def worker(request: pytest.FixtureRequest) -> Iterator[Runtime]:
    """The running Worker, on each Python version in turn."""
    with running() as runtime:
        runtime.load(configuration(WORKER, request.param))
        runtime.wait_for("loaded")
        runtime.python = request.param
        yield runtime
