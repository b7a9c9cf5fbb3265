"""The packages that a Worker begins with are imported once, however often its own code is edited."""

from __future__ import annotations

import time
from pathlib import Path
from textwrap import dedent

import pytest
from runtime_process import Runtime, running, worker_config

PACKAGE = """
    print("slow was imported")
    ANSWER = 42
"""

WORKER = """
    import json
    from slow import ANSWER
    from workers import Response, WorkerEntrypoint

    VALUE = "first"

    class Default(WorkerEntrypoint):
        async def fetch(self, request):
            return Response(f"{VALUE} {ANSWER}")
"""

PATIENCE = 60.0


class Project:
    """A Worker's files, and a process that serves each edit of them."""

    def __init__(self, folder: Path) -> None:
        self.source = folder / "source"
        self.cache = folder / "cache"
        self.write("python_modules/slow/__init__.py", PACKAGE)
        self.write("entry.py", WORKER)

    def write(self, name: str, content: str) -> None:
        path = self.source / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(content))

    def edit(self, old: str, new: str) -> None:
        path = self.source / "entry.py"
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new, 1))

    def running(self):
        return running(env={"CWRANGLER_CACHE_DIR": str(self.cache)})

    def answer(self, runtime: Runtime) -> tuple[str, list[str]]:
        """Of the Worker as its files are now, and what its start has printed."""
        runtime.drop_messages()
        runtime.load(worker_config(self.source))
        runtime.wait_for("loaded")
        printed = [message["text"] for message in runtime.messages if message["type"] == "console"]
        status, text = runtime.get("/")
        assert status == 200, text
        return text, printed

    def snapshots(self, layer: str) -> list[Path]:
        return sorted((self.cache / "snapshots").glob(f"*.{layer}"))

    def wait_for_snapshots(self, layer: str, count: int) -> None:
        began = time.monotonic()
        while len(self.snapshots(layer)) < count:
            assert time.monotonic() - began < PATIENCE, f"no {layer} snapshot was made"
            time.sleep(0.05)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def test_an_edit_does_not_import_the_packages_again(project: Project) -> None:
    with project.running() as runtime:
        assert project.answer(runtime) == ("first 42", ["slow was imported"])
        project.edit('"first"', '"second"')
        assert project.answer(runtime) == ("second 42", [])
    project.edit('"second"', '"third"')
    with project.running() as runtime:
        assert project.answer(runtime) == ("third 42", [])
    assert len(project.snapshots("packages")) == 1


def test_a_changed_package_is_imported_again(project: Project) -> None:
    with project.running() as runtime:
        project.answer(runtime)
        project.write("python_modules/slow/__init__.py", PACKAGE.replace("42", "43"))
        assert project.answer(runtime) == ("first 43", ["slow was imported"])


def test_other_imports_are_another_layer(project: Project) -> None:
    with project.running() as runtime:
        project.answer(runtime)
        project.edit("import json", "import csv")
        assert project.answer(runtime) == ("first 42", ["slow was imported"])
        project.edit("import csv", "import json")
        assert project.answer(runtime) == ("first 42", [])


def test_code_before_an_import_runs_before_it(project: Project) -> None:
    """What a package sees of the Worker while it is imported is never older than the Worker."""
    project.write("python_modules/slow/__init__.py", "import os\nANSWER = os.environ['ASKED']\n")
    project.edit("from slow", "import os\nos.environ['ASKED'] = 'one'\nfrom slow")
    with project.running() as runtime:
        assert project.answer(runtime)[0] == "first one"
        project.edit("'one'", "'two'")
        assert project.answer(runtime)[0] == "first two"


def test_a_package_that_imports_the_workers_own_code_is_imported_again(project: Project) -> None:
    project.write("python_modules/slow/__init__.py", "from settings import ANSWER\n")
    project.write("settings.py", "ANSWER = 1\n")
    with project.running() as runtime:
        assert project.answer(runtime)[0] == "first 1"
        project.write("settings.py", "ANSWER = 2\n")
        assert project.answer(runtime)[0] == "first 2"
    assert project.snapshots("packages") == []


def test_a_module_of_the_workers_own_that_a_package_looks_for_is_found(project: Project) -> None:
    project.write(
        "python_modules/slow/__init__.py",
        """
        try:
            from settings import ANSWER
        except ImportError:
            ANSWER = 0
        """,
    )
    with project.running() as runtime:
        assert project.answer(runtime)[0] == "first 0"
        project.write("settings.py", "ANSWER = 1\n")
        assert project.answer(runtime)[0] == "first 1"


def test_the_standard_library_hides_a_module_of_the_workers_own(project: Project) -> None:
    project.write("json.py", "import slow\nraise RuntimeError('never imported')\n")
    with project.running() as runtime:
        assert project.answer(runtime) == ("first 42", ["slow was imported"])
        project.edit('"first"', '"second"')
        assert project.answer(runtime)[0] == "second 42"


def test_an_import_that_fails_is_reported_where_it_is(project: Project) -> None:
    project.edit("import json", "import json\nimport there_is_no_such_module")
    with project.running() as runtime:
        runtime.load(worker_config(project.source))
        failed = runtime.wait_for("load_failed")
        assert "No module named 'there_is_no_such_module'" in failed["message"]
        assert '"/session/metadata/entry.py", line 3' in failed["stack"]
        project.edit("import there_is_no_such_module", "")
        assert project.answer(runtime)[0] == "first 42"


def test_the_snapshot_of_an_edited_worker_is_made_when_the_edits_are_over(project: Project) -> None:
    project.edit("VALUE =", "print('the top level ran')\nVALUE =")
    with project.running() as runtime:
        assert project.answer(runtime)[1] == ["slow was imported", "the top level ran"]
        for value in ("second", "third"):
            project.edit("VALUE =", f"VALUE = '{value}' or")
            assert project.answer(runtime)[1] == ["the top level ran"]
        runtime.drop_messages()
        project.wait_for_snapshots("worker", 2)
        assert runtime.get("/") == (200, "third 42")
        # Nothing is heard of the instance that was started for it.
        assert [m for m in runtime.messages if m["type"] in ("console", "loaded")] == []
    with project.running() as runtime:
        assert project.answer(runtime) == ("third 42", [])
