"""What console.log() shows of Python's objects. Of JavaScript's: tests/unit/runtime/web/js/console.js."""

from __future__ import annotations

import pytest
from runtime_process import Runtime, running, worker_config

PYTHONS = ["3.12", "3.13", "3.14"]

ENTRY = '''
from dataclasses import dataclass

import js
from pyodide.ffi import create_proxy, to_js
from workers import Response, WorkerEntrypoint, import_from_javascript


@dataclass
class Point:
    x: int
    y: int


class Broken:
    def __repr__(self):
        raise ValueError("no repr")


def function():
    pass


values = {
    "list": [1, "x", None], "dict": {"has": 1, "get": [2]}, "tuple": (1, 2), "set": {1}, "bytes": b"x",
    "range": range(10), "object": Point(1, 2), "class": Point, "error": LookupError("none"),
    "long": ["x" * 20_000], "broken": Broken(),
}


class Default(WorkerEntrypoint):
    async def fetch(self, request):
        name = request.url.rsplit("/", 1)[1]
        await getattr(self, name)()
        return Response("logged")

    async def kinds(self):
        log = import_from_javascript("./log.mjs").log
        for value in values.values():
            log(create_proxy(value))

    async def functions(self):
        js.console.log(create_proxy(function))

    async def nested(self):
        js.console.log(Point(1, 2), [Point(3, 4)])
        js.console.log(to_js({"a": Point(1, 2)}, dict_converter=js.Object.fromEntries))
        js.console.log("%s and %o", create_proxy(Point(1, 2)), create_proxy([1]))

    async def destroyed(self):
        proxy = create_proxy([1])
        proxy.destroy()
        import_from_javascript("./log.mjs").log(proxy)

    async def scope(self):
        js.console.log(repr(js))


js.console.log(create_proxy([1]))
'''


@pytest.fixture(scope="module", params=PYTHONS)
def worker(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Runtime:
    source = tmp_path_factory.mktemp("worker")
    (source / "entry.py").write_text(ENTRY)
    log = source / "log.mjs"
    log.write_text("export const log = (value) => console.log(value);\n")
    config = {**worker_config(source), "python_version": request.param}
    config["modules"].append({"name": "log.mjs", "type": "esm", "path": str(log)})
    with running() as runtime:
        runtime.load(config)
        assert runtime.wait_for("console")["text"] == "[1]"  # at the top level
        runtime.wait_for("loaded")
        yield runtime


def logged(worker: Runtime, name: str, count: int) -> list[str]:
    status, body = worker.get(f"/{name}")
    assert status == 200, body
    return [worker.wait_for("console")["text"] for _ in range(count)]


def test_a_proxy_shows_as_its_repr(worker: Runtime) -> None:
    *lines, long, broken = logged(worker, "kinds", 11)
    assert lines == [
        "[1, 'x', None]", "{'has': 1, 'get': [2]}", "(1, 2)", "{1}", "b'x'", "range(0, 10)",
        "Point(x=1, y=2)", "<class 'entry.Point'>", "LookupError('none')",
    ]
    assert long == "['" + "x" * 9_998 + "... 10004 more characters"
    assert broken == "<Broken object whose repr() failed>"


def test_a_proxy_that_can_be_called(worker: Runtime) -> None:
    [line] = logged(worker, "functions", 1)
    assert line.startswith("<function function at 0x")


def test_proxies_inside_of_values_and_formats(worker: Runtime) -> None:
    assert logged(worker, "nested", 3) == [
        "Point(x=1, y=2) [Point(x=3, y=4)]", "{ a: Point(x=1, y=2) }", "Point(x=1, y=2) and [1]"]


def test_a_proxy_that_was_destroyed(worker: Runtime) -> None:
    assert logged(worker, "destroyed", 1) == ["[PyProxy, destroyed]"]


def test_the_global_scope(worker: Runtime) -> None:
    assert logged(worker, "scope", 1) == ["[object ServiceWorkerGlobalScope]"]
