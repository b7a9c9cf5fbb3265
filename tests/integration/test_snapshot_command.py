"""`cwrangler snapshot`: makes a Worker's snapshot, or says which line of its code prevents one."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest

HEAD = "import js\nfrom workers import Response, WorkerEntrypoint\n"
TAIL = """

class Default(WorkerEntrypoint):
    async def fetch(self, request):
        return Response("hello")
"""


@pytest.fixture
def worker(project: Callable[..., Path]) -> Callable[..., Path]:
    """``worker("CODE", helpers="…")``: a project whose main module has ``CODE`` at its top level, from
    line 3 on, and modules beside it."""

    def make(code: str = "", **modules: str) -> Path:
        directory = project("hello")
        (directory / "src" / "entry.py").write_text(HEAD + dedent(code) + TAIL)
        for name, text in modules.items():
            (directory / "src" / f"{name}.py").write_text(dedent(text))
        return directory

    return make


def test_a_snapshot_is_made_and_used(worker, cwrangler, dev, scratch_environment, tmp_path):
    directory = worker("print('top level')")
    package = directory / "python_modules" / "greeting"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    entry = directory / "src" / "entry.py"
    entry.write_text("import greeting\n" + entry.read_text())
    cache = tmp_path / "snapshot-cache"
    environment = {"CWRANGLER_CACHE_DIR": str(cache)}
    made = cwrangler("snapshot", "--json", cwd=directory, env=environment)
    assert made.returncode == 0, made.stdout + made.stderr
    report = json.loads(made.stdout)
    assert report["ok"] and report["problems"] == []
    assert (report["python"], report["layer"], report["packages"]) == (
        "3.14", "worker", ["greeting", "workers"])
    size = report["size"]
    assert size["bytes"] == size["pages"] * 4096
    assert 0 < size["bytes"] < size["memory"]
    assert 0 < report["restore_ms"] < report["ms"]
    file = Path(report["file"])
    assert file.parent == cache / "snapshots" and file.stat().st_size > size["memory"]
    # A dev session goes on from it: its top level does not run again.
    before = file.stat().st_ino
    with dev(directory, env=environment) as session:
        assert session.get("/").text == "hello"
    assert "top level" not in session.output
    assert file.stat().st_ino == before
    assert [path for path in file.parent.iterdir() if path.suffix == ".worker"] == [file]


def test_a_check_keeps_nothing(worker, cwrangler, tmp_path):
    cache = tmp_path / "check-cache"
    checked = cwrangler(
        "snapshot", "--check", cwd=worker(), env={"CWRANGLER_CACHE_DIR": str(cache)}
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert "Python 3.14, worker layer" in checked.stdout
    assert "not kept" in checked.stdout
    assert not list(cache.glob("snapshots/*"))


@pytest.mark.parametrize(
    ("code", "place", "name", "words"),
    [
        pytest.param("HELD = js.Object.new()", ("src/entry.py", 3), "HELD", "the class Object",
                     id="variable"),
        pytest.param("class State:\n    def __init__(self):\n        self.cache = {'a': [js.Map.new()]}\n"
                     "\nSTATE = State()", ("src/entry.py", 7), "STATE.cache['a'][0]", "the class Map",
                     id="in an object"),
        pytest.param("class State:\n    promise = js.Promise.new(lambda a, b: None)",
                     ("src/entry.py", 4), "State.promise", "the class Promise", id="class attribute"),
        pytest.param("def make():\n    url = js.URL.new('https://example.com')\n"
                     "    return lambda: url\nGET = make()",
                     ("src/entry.py", 6), "GET().url", "the class URL", id="closure"),
        pytest.param("import helpers\nfrom helpers import KEPT", ("src/helpers.py", 2), "KEPT",
                     "the class Set", id="other module"),
        pytest.param("with open('/tmp/written', 'w') as file:\n    file.write('x')",
                     ("src/entry.py", 3), None, "/tmp/written was written during the import", id="file"),
        pytest.param("import os\nos.makedirs('/tmp/a/b')", ("src/entry.py", 4), None,
                     "/tmp/a was written during the import", id="folder"),
        pytest.param("LOG = open('/tmp/log', 'w')", ("src/entry.py", 3), None, "/tmp/log",
                     id="open file"),
        pytest.param("import random\nrandom._inst.random()", ("src/entry.py", 1), None,
                     "random seed in bad state", id="chance"),
        pytest.param("raise ValueError('broken')", ("src/entry.py", 3), None, "ValueError: broken",
                     id="exception"),
    ],
)
def test_what_prevents_one_is_told_with_its_place(worker, cwrangler, code, place, name, words):
    directory = worker(code, helpers="import js\nKEPT = js.Set.new()\n")
    result = cwrangler("snapshot", "--check", "--json", cwd=directory)
    assert result.returncode == 1, result.stdout + result.stderr
    report = json.loads(result.stdout)
    assert not report["ok"]
    (problem,) = report["problems"]
    assert (problem["file"], problem.get("line") or 1) == place
    assert words in problem["message"]
    if name is not None:
        assert f"Can't serialize top-level variable `{name}`" in problem["message"]


def test_each_obstacle_is_told(worker, cwrangler, tmp_path):
    directory = worker("FIRST = js.Object.new()\nSECOND = js.Map.new()")
    cache = tmp_path / "prevented-cache"
    result = cwrangler("snapshot", cwd=directory, env={"CWRANGLER_CACHE_DIR": str(cache)})
    assert result.returncode == 1
    lines = [line for line in result.stdout.splitlines() if line.startswith("src/")]
    assert [line.partition(" error: ")[0] for line in lines] == ["src/entry.py:3:1:", "src/entry.py:4:1:"]
    assert list(cache.glob("snapshots/*.worker")) == []


def test_without_a_place_to_keep_it_there_is_none(worker, cwrangler):
    directory = worker()
    result = cwrangler("snapshot", cwd=directory, env={"CWRANGLER_SNAPSHOTS": "0"})
    assert result.returncode == 1
    assert "turned off" in result.stderr
    checked = cwrangler("snapshot", "--check", cwd=directory, env={"CWRANGLER_SNAPSHOTS": "0"})
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_no_configuration_is_an_error(cwrangler, tmp_path):
    (tmp_path / "empty").mkdir()
    result = cwrangler("snapshot", cwd=tmp_path / "empty")
    assert result.returncode == 1 and "✘ [ERROR]" in result.stderr
