"""uv's question about the interpreter: answered by Python itself once, from then on at once."""

import json
import statistics
import subprocess
import time
from pathlib import Path

import pytest

from dev_process import BUILD, own_cache

VERSIONS = {"3.12": ("pyodide", 2024), "3.13": ("pyodide", 2025), "3.14": ("pyemscripten", 2026)}


@pytest.fixture
def environment(scratch_environment) -> dict[str, str]:
    """Nothing is known of any interpreter yet."""
    return own_cache(scratch_environment)


def interpreter(version: str) -> Path:
    return BUILD / "lib" / "cwrangler" / "python" / version / "bin" / f"python{version}"


def ask(version: str, environment: dict[str, str], uv_cache: Path) -> float:
    """Has uv, which knows nothing yet, find the interpreter; returns the seconds that it took."""
    start = time.perf_counter()
    found = subprocess.run(
        [environment["CWRANGLER_UV"], "--cache-dir", uv_cache, "python", "find", interpreter(version)],
        env={**environment, "UV_PYTHON_DOWNLOADS": "never"}, capture_output=True, text=True,
        check=True,
    )
    seconds = time.perf_counter() - start
    assert found.stdout.strip() == str(interpreter(version))
    return seconds


@pytest.mark.parametrize("version", VERSIONS)
def test_the_answer_is_pythons_own_and_kept(version, environment, tmp_path):
    first = ask(version, environment, tmp_path / "uv-first")
    (kept,) = (tmp_path / "cache" / "cwrangler" / "interpreter").iterdir()
    answer = json.loads(kept.read_text())
    system, major = VERSIONS[version]
    assert answer["result"] == "success"
    assert answer["markers"]["python_version"] == version
    assert (answer["os"]["name"], answer["os"]["major"]) == (system, major)
    assert answer["sys_executable"] == str(interpreter(version))
    # What is kept is what is printed.
    kept.write_text(json.dumps({**answer, "standalone": True}) + "\n")
    times = [ask(version, environment, tmp_path / f"uv-{n}") for n in range(5)]
    assert statistics.median(times) < first / 3
    assert len(list(kept.parent.iterdir())) == 1


def test_other_questions_are_not_answered_from_the_cache(environment, tmp_path):
    program = [interpreter("3.14"), "-I", "-B", "-c"]
    for code in ("print(1)", "print(2)"):
        said = subprocess.run([*program, code], env=environment, capture_output=True,
                              text=True, check=True).stdout
        assert said == code[6] + "\n"
    assert not (tmp_path / "cache" / "cwrangler" / "interpreter").exists()


def test_a_virtual_environment_finds_the_runtime(environment, tmp_path):
    """uv makes one for each build: a link to the interpreter, with an answer of its own."""
    made = subprocess.run(
        [environment["CWRANGLER_UV"], "venv", "--python", interpreter("3.14"), tmp_path / "venv"],
        env={**environment, "UV_PYTHON_DOWNLOADS": "never"}, capture_output=True, text=True,
        check=False,
    )
    assert made.returncode == 0, made.stderr
    said = subprocess.run(
        [tmp_path / "venv" / "bin" / "python", "-c", "import sys; print(sys.prefix)"],
        env=environment, capture_output=True, text=True, check=True,
    ).stdout
    assert said.strip() == str(tmp_path / "venv")
