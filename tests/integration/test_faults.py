"""Workers that misbehave: each gives a message that says what happened, and the session goes on."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def faults(project, dev, request: pytest.FixtureRequest) -> Iterator[object]:
    """The sample Worker `faults` under `cwrangler dev`; a parameter is its limit on computing."""
    folder: Path = project("faults")
    if hasattr(request, "param"):
        config = json.loads((folder / "wrangler.jsonc").read_text())
        config["limits"] = {"cpu_ms": request.param}
        (folder / "wrangler.jsonc").write_text(json.dumps(config))
    with dev(folder) as session:
        yield session
        assert session.get("/").status == 200, "the session does not answer any more"


def test_what_a_handler_does_wrong_is_told_and_costs_one_request_only(faults) -> None:
    answer = faults.get("/throw")
    assert answer.status == 500
    assert "ValueError: this Worker always fails, it says 'sesame'" in answer.text
    assert re.search(r'entry\.py", line \d+, in throw\n', answer.text)
    faults.wait_for_line(r"ValueError: this Worker always fails")

    answer = faults.get("/throw_javascript")
    assert answer.status == 500
    assert "SyntaxError" in answer.text

    for fault, kind in (("none", "None"), ("wrong_type", "int")):
        answer = faults.get(f"/{fault}")
        assert answer.status == 500
        assert "Response" in answer.text, answer.text
        assert kind in answer.text or "null" in answer.text, answer.text

    answer = faults.get("/deep_recursion")
    assert answer.status == 500
    assert "RecursionError" in answer.text

    answer = faults.get("/no_such_fault")
    assert answer.status == 500
    assert "AttributeError" in answer.text


def test_a_browser_gets_a_page_without_markup_of_the_workers(faults) -> None:
    answer = faults.get("/throw", headers={"accept": "text/html", "x-evil": "<script>alert(1)"})
    assert answer.status == 500
    assert answer.headers["Content-Type"].startswith("text/html")
    assert "ValueError" in answer.text
    assert "<script>alert" not in answer.text


def test_output_reaches_the_terminal_whole(faults) -> None:
    assert faults.get("/stderr").status == 200
    faults.wait_for_line(r"^to stdout$")
    faults.wait_for_line(r"to stderr")
    assert faults.get("/background").text == "answered"
    faults.wait_for_line(r"RuntimeError: failed in the background")


def test_a_hundred_megabytes_of_output_pass(faults) -> None:
    assert faults.get("/print_flood", timeout=120).text == "printed"
    faults.wait_for_line(r"GET /print_flood 200")
    assert sum(line == "x" * 99 for line in faults.lines) == 1_000_000


@pytest.mark.parametrize("faults", [1500], indirect=True)
def test_an_endless_loop_is_ended(faults) -> None:
    answer = faults.get("/loop_forever")
    assert answer.status == 500
    assert "CPU" in answer.text
    faults.wait_for_line(r"CPU")


@pytest.mark.parametrize("fault", ["exit", "system_exit"])
def test_leaving_the_interpreter_is_told_and_mended(faults, fault: str) -> None:
    answer = faults.get(f"/{fault}")
    assert answer.status == 500
    assert "exit" in answer.text.lower()


def test_too_little_memory_for_python_is_a_memory_error(faults) -> None:
    answer = faults.get("/out_of_memory", timeout=120)
    assert answer.status == 500
    assert "MemoryError" in answer.text


def test_too_little_memory_for_javascript_ends_the_instance_only(faults) -> None:
    # The connection may be lost with the process; what counts is that the next request is answered.
    try:
        answer = faults.get("/out_of_javascript_memory", timeout=120)
        assert answer.status == 500
    except OSError:
        pass
    faults.wait_for_line(r"memory")
