"""uv's question about the interpreter: answered by Python itself once, from then on at once."""

import json
import subprocess
from pathlib import Path
from textwrap import dedent

import pytest

from dev_process import BUILD, own_cache

VERSIONS = {"3.12": ("pyodide", 2024), "3.13": ("pyodide", 2025), "3.14": ("pyemscripten", 2026)}


@pytest.fixture
def environment(scratch_environment, share) -> dict[str, str]:
    """Nothing is known of any interpreter yet."""
    (share / "interpreter").unlink(missing_ok=True)
    return own_cache({**scratch_environment, "CWRANGLER_SHARE": str(share)})


def interpreter(version: str) -> Path:
    return BUILD / "lib" / "cwrangler" / "python" / version / "bin" / f"python{version}"


def ask(version: str, environment: dict[str, str], uv_cache: Path) -> None:
    """Has uv, which knows nothing yet, find the interpreter."""
    found = subprocess.run(
        [environment["CWRANGLER_UV"], "--cache-dir", uv_cache, "python", "find", interpreter(version)],
        env={**environment, "UV_PYTHON_DOWNLOADS": "never"}, capture_output=True, text=True,
        check=True,
    )
    assert found.stdout.strip() == str(interpreter(version))


@pytest.mark.parametrize("version", VERSIONS)
def test_the_answer_is_pythons_own_and_kept(version, environment, tmp_path):
    folder = tmp_path / "cache" / "cwrangler" / "interpreter"
    ask(version, environment, tmp_path / "uv-first")
    (kept,) = folder.iterdir()
    text = kept.read_text()
    answer = json.loads(text)
    system, major = VERSIONS[version]
    assert answer["result"] == "success"
    assert answer["markers"]["python_version"] == version
    assert (answer["os"]["name"], answer["os"]["major"]) == (system, major)
    # From a snapshot or from a start of Python: the same answer.
    kept.unlink()
    ask(version, {**environment, "CWRANGLER_SNAPSHOTS": "0"}, tmp_path / "uv-second")
    assert kept.read_text() == text
    # What is kept is what is printed: uv would refuse this.
    kept.write_text("{}\n")
    with pytest.raises(subprocess.CalledProcessError):
        ask(version, environment, tmp_path / "uv-third")
    assert list(folder.iterdir()) == [kept]


def test_the_install_tree_can_have_the_answer(environment, share, tmp_path):
    """Another interpreter's answer will do: only the path is its own."""
    folder = tmp_path / "cache" / "cwrangler" / "interpreter"
    ask("3.14", environment, tmp_path / "uv-first")
    folder.rename(share / "interpreter")
    for name in ("one", "other"):
        linked = tmp_path / name / "bin" / "python3.14"
        linked.parent.mkdir(parents=True)
        linked.symlink_to(interpreter("3.14"))
        found = subprocess.run(
            [environment["CWRANGLER_UV"], "--cache-dir", tmp_path / name, "python", "find", linked],
            env={**environment, "UV_PYTHON_DOWNLOADS": "never"}, capture_output=True, text=True,
            check=True,
        )
        assert found.stdout.strip() == str(linked)
    assert not folder.exists()


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("snapshots", ["0", "1"])
def test_a_command_from_a_snapshot_is_a_command(version, snapshots, environment, tmp_path):
    def run(code: str) -> tuple[int, str, str]:
        ended = subprocess.run(
            [interpreter(version), "-I", "-B", "-c", code], cwd=tmp_path, capture_output=True,
            text=True, check=False,
            env={**environment, "CWRANGLER_SNAPSHOTS": snapshots, "SEEN": "from outside"},
        )
        return ended.returncode, ended.stdout, ended.stderr

    (tmp_path / "file").write_text("read")
    code = dedent("""
        import os, sys, sysconfig
        print(sys.argv, sys.orig_argv[1:4], sys.executable, __name__, os.getcwd(), sys.flags.isolated)
        print(os.environ["SEEN"], open("file").read())
        print(sysconfig.get_config_var("projectbase"), "importlib" in globals(), sys.path)
        print("to stderr", file=sys.stderr)
        sys.exit(7)
    """)
    path = f"python{version.replace('.', '')}.zip"
    status, out, err = run(code)
    assert (status, err) == (7, "to stderr\n")
    first, second, third = out.splitlines()
    assert first == (f"['-c'] ['-I', '-B', '-c'] {interpreter(version)} __main__ {tmp_path} 1")
    assert second == "from outside read"
    assert third.startswith(f"{interpreter(version).parent} False ['/lib/{path}', ")
    assert run("raise SystemExit('why')") == (1, "", "why\n")
    status, out, err = run("def inner():\n  1 / 0\ninner()")
    assert status == 1
    assert err.splitlines()[0] == "Traceback (most recent call last):"
    assert err.splitlines()[1].startswith('  File "<string>", line 3, in <module>')
    assert err.endswith("ZeroDivisionError: division by zero\n")
    status, out, err = run("1 +")
    assert status == 1 and "SyntaxError" in err and 'File "<string>", line 1' in err
    # Nobody else's start is in it.
    drawn = [run("import random; print(random.random())")[1] for _ in range(2)]
    assert drawn[0] != drawn[1]


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
