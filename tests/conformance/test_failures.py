"""Section 4.7: what the client and the log see of an exception, and where it says it came from."""

from __future__ import annotations

import contextlib
import http.client
from collections.abc import Iterator
from pathlib import Path

import pytest
from conformance import VERSIONS, configuration
from runtime_process import Runtime, running

FAILURES = Path(__file__).resolve().parent / "failures"

IN_ENTRY = 'File "/session/metadata/entry.py", line '
IN_HELPERS = 'File "/session/metadata/helpers.py", line 9, in fail\n    raise LookupError(text)'
CAUSE = "The above exception was the direct cause of the following exception:"
CONTEXT = "During handling of the above exception, another exception occurred:"


@pytest.fixture(scope="module", params=VERSIONS)
def failures(request: pytest.FixtureRequest) -> Iterator[Runtime]:
    """The Worker of `failures/`, on each Python version in turn."""
    bindings = [
        {"name": name.upper(), "type": "service", "service": "test", "entrypoint": name}
        for name in ("Broken", "Exiting")
    ]
    with running() as runtime:
        runtime.load(configuration(FAILURES, request.param, bindings=bindings))
        runtime.wait_for("loaded")
        yield runtime


# The path, what the log calls it, and what its stack has, in this order.
CASES = {
    "chained": ("ValueError: second", IN_HELPERS, "LookupError: first", CAUSE, "in chained",
                "raise ValueError(\"second\") from error", "ValueError: second"),
    "during": ("ValueError: second", IN_HELPERS, CONTEXT, "ValueError: second"),
    "suppressed": ("ValueError: second", "in suppressed", "ValueError: second"),
    "group": ("ExceptionGroup: two (2 sub-exceptions)", "Exception Group Traceback", "in group",
              "ExceptionGroup: two (2 sub-exceptions)", "ValueError: a",
              "ExceptionGroup: deep (1 sub-exception)", "KeyError: 'b'"),
    "task_group": ("ExceptionGroup: unhandled errors in a TaskGroup (1 sub-exception)", "in task_group",
                   "in failing_task", "in fail", "LookupError: in a task"),
    "noted": ("ValueError: noted", "in noted", "ValueError: noted", "a note of the Worker"),
    "many_lines": ("ValueError: first line", "ValueError: first line\nsecond line: not a name"),
    "own_class": ("helpers.OwnError: of its own class", "in own_class", "helpers.OwnError: of its own"),
    "syntax": ("SyntaxError: invalid syntax", 'File "made_up.py", line 1\n    def f(:\n          ^\n',
               "SyntaxError: invalid syntax"),
    "javascript": ("pyodide.ffi.JsException: RangeError: on purpose", "in javascript\n",
                   'File "javascript/failing.mjs", line 8, in ',
                   'File "javascript/failing.mjs", line 4, in inner',
                   "JsException: RangeError: on purpose"),
    "javascript_of_python": ("LookupError: within", "in javascript_of_python", "in <lambda>", IN_HELPERS,
                             "LookupError: within"),
    "javascript_value": ("pyodide.ffi.JsException", "in javascript_value", "only a text"),
    "rejected": ("pyodide.ffi.JsException: RangeError: later", "in rejected\n", "RangeError: later"),
    "deep": ("RecursionError: maximum recursion depth exceeded", "in deep", "RecursionError"),
    "exits": ("RuntimeError: sys.exit(3) was called", "SystemExit: 3", CAUSE, "sys.exit(3) was called"),
    "exiting": ("pyodide.ffi.JsException: PythonError", "in exiting", "SystemExit: 5",
                "sys.exit(5) was called"),
    "interrupted": ("RuntimeError: KeyboardInterrupt was raised", "in interrupted", "KeyboardInterrupt",
                    CAUSE, "RuntimeError: KeyboardInterrupt was raised"),
}


@pytest.mark.parametrize("case", CASES)
def test_an_exception_in_a_handler(failures: Runtime, case: str) -> None:
    name, *parts = CASES[case]
    status, text = failures.get(f"/{case}")
    assert status == 500
    logged = failures.wait_for("exception")
    assert logged["message"].startswith(name), logged["message"]
    for seen in (text, logged["stack"]):
        position = 0
        for part in parts:
            position = seen.find(part, position)
            assert position >= 0, f"{part!r} is not there, or not in its place:\n{seen}"
            position += len(part)
        # Where the Worker's own code begins, and nothing of ours.
        assert IN_ENTRY in seen
        for internal in ("introspection.py", "wasm", "pyodide.asm"):
            assert internal not in seen, seen
    assert failures.get("/fine") == (200, "fine")


def test_a_cause_that_is_not_to_be_shown(failures: Runtime) -> None:
    _, text = failures.get("/suppressed")
    failures.wait_for("exception")
    assert "LookupError" not in text


def test_an_exception_that_cannot_be_shown(failures: Runtime) -> None:
    status, text = failures.get("/unprintable")
    assert status == 500
    assert "Unprintable: <exception str() failed>" in text
    failures.wait_for("exception")


def test_an_exception_while_an_entry_point_is_made(failures: Runtime) -> None:
    status, text = failures.get("/init")
    assert status == 500
    assert "in __init__" in text
    stack = failures.wait_for("exception")["stack"]
    assert "ValueError: in __init__" in stack
    assert IN_ENTRY in stack


def test_an_exception_after_the_response(failures: Runtime) -> None:
    assert failures.get("/background") == (200, "answered")
    for _ in range(2):
        logged = failures.wait_for("exception")
        assert logged["message"] == "LookupError: in the background"
        assert IN_HELPERS in logged["stack"]


def test_an_exception_in_a_task_that_nobody_waits_for(failures: Runtime) -> None:
    assert failures.get("/forgotten") == (200, "answered")
    # It is told when the task is collected.
    while failures.wait_for("console", level="error")["text"] != "LookupError: forgotten":
        pass


def test_an_exception_in_a_body(failures: Runtime) -> None:
    with contextlib.closing(failures.connect()) as connection:
        connection.request("GET", "/stream")
        response = connection.getresponse()
        assert response.status == 200
        with pytest.raises(http.client.IncompleteRead) as problem:
            response.read()
        assert problem.value.partial == b"begun"
    logged = failures.wait_for("exception")
    assert logged["message"] == "LookupError: in the body"
    assert IN_HELPERS in logged["stack"]
    assert failures.get("/fine") == (200, "fine")


STARTS = {
    "chained": (
        "try:\n    import nothing_here\nexcept ImportError as error:\n    raise ValueError('no') from error\n",
        "ValueError: no", 'entry.py", line 2', "ModuleNotFoundError: No module named 'nothing_here'",
        CAUSE, 'entry.py", line 4', "ValueError: no"),
    "group": (
        "raise ExceptionGroup('two', [ValueError('a'), KeyError('b')])\n",
        "ExceptionGroup: two (2 sub-exceptions)", "ValueError: a", "KeyError: 'b'"),
    "syntax of another module": (
        "import other\n",
        "SyntaxError: '(' was never closed", 'entry.py", line 1, in <module>',
        'other.py", line 2\n    x = (\n        ^\n', "SyntaxError: '(' was never closed"),
    "indentation": (
        "def f():\npass\n",
        "IndentationError: expected an indented block after function definition on line 1",
        'entry.py", line 2\n    pass\n    ^^^^\n', "IndentationError"),
    "exit": (
        "import sys\nsys.exit(4)\n",
        "RuntimeError: sys.exit(4) was called at the top level of the Worker: it cannot exit",
        'entry.py", line 2', "SystemExit: 4", CAUSE),
    "entropy": (
        "import random\nrandom.random()\n",
        "RuntimeError: Cannot use random.random() outside of request context", 'entry.py", line 2'),
    "no class of the sdk": (
        "from workers import Nothing\n",
        "ImportError: cannot import name 'Nothing' from 'workers' "
        "(/session/metadata/python_modules/workers/__init__.py)", 'entry.py", line 1'),
}


@pytest.fixture(scope="module")
def starting() -> Iterator[Runtime]:
    with running() as runtime:
        yield runtime


@pytest.mark.parametrize("case", STARTS)
def test_an_exception_at_the_top_level(starting: Runtime, tmp_path: Path, case: str) -> None:
    source, name, *parts = STARTS[case]
    (tmp_path / "entry.py").write_text(source)
    (tmp_path / "other.py").write_text("y = 1\nx = (\n")
    starting.load(configuration(tmp_path, "3.14"))
    failure = starting.wait_for("load_failed")
    assert (failure["kind"], failure["message"]) == ("user", name)
    position = 0
    for part in parts:
        position = failure["stack"].find(part, position)
        assert position >= 0, f"{part!r} is not there, or not in its place:\n{failure['stack']}"
        position += len(part)
    assert "pyimport_impl" not in failure["stack"]
