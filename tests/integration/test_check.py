"""`cwrangler check`: what it finds, where it says that it is, and in which forms."""

import json
import re

import pytest

# As an editor's problem matcher reads a line.
MATCHER = re.compile(r"^(?P<file>[^\s:][^:]*):(?P<line>\d+):(?P<column>\d+): (?P<severity>error|warning): (?P<message>.+)$")


def problems_of(output):
    """What a problem matcher makes of the output."""
    return [tuple(found.groups()) for line in output.splitlines() if (found := MATCHER.match(line))]


def test_a_new_project_has_no_problems(project, cwrangler):
    result = cwrangler("check", cwd=project("hello"))
    assert result.returncode == 0, result.stdout + result.stderr
    # A machine under load may be told that starting takes long.
    assert [found for found in problems_of(result.stdout) if "part of the start" not in found[4]] == []
    assert re.search(r"^1 module, .* compressed .* of 3\.0 MiB \(Workers Free\)$", result.stdout, re.M)
    assert re.search(r"^Python 3\.14, started in \d+ ms$", result.stdout, re.M)
    assert re.search(r"^No problems found|^0 errors, 1 warning$", result.stdout, re.M)


def test_the_configuration_is_told_line_by_line(project, cwrangler):
    directory = project("hello")
    (directory / "wrangler.jsonc").write_text(
        '{\n  "name": "Bad Name",\n  "compatability_date": "2026-11-01",\n  "main": 5\n}\n'
    )
    result = cwrangler("check", cwd=directory)
    assert result.returncode == 1
    assert problems_of(result.stdout) == [
        ("wrangler.jsonc", "2", "11", "error",
         'Expected "name" to be of type string, alphanumeric and lowercase with dashes only but got '
         '"Bad Name".'),
        ("wrangler.jsonc", "4", "11", "error", 'Expected "main" to be of type string but got 5.'),
        ("wrangler.jsonc", "3", "3", "warning",
         'Unexpected fields found in top-level field: "compatability_date"'),
    ]
    assert '    Did you mean "compatibility_date"?' in result.stdout
    assert "2 errors, 1 warning" in result.stdout


def test_a_file_that_is_no_json_has_a_place_too(project, cwrangler):
    directory = project("hello")
    (directory / "wrangler.jsonc").write_text("{ oops }")
    result = cwrangler("check", cwd=directory)
    assert result.returncode == 1
    ((file, line, column, severity, _),) = problems_of(result.stdout)
    assert (file, line, column, severity) == ("wrangler.jsonc", "1", "3", "error")


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("src/entry.py", "src/entri.py", ("3", '"src/entri.py" was not found')),
        ('["python_workers"]', '["python_wrokers"]', ("6", "No such compatibility flag: python_wrokers")),
        ('["python_workers"]', "[]", ("6", "`python_workers` compatibility flag is required")),
    ],
)
def test_entry_point_and_flags(project, cwrangler, old, new, expected):
    directory = project("hello")
    config = directory / "wrangler.jsonc"
    config.write_text(config.read_text().replace(old, new))
    line = next(n for n, text in enumerate(config.read_text().splitlines(), 1) if new in text)
    result = cwrangler("check", cwd=directory)
    assert result.returncode == 1
    ((file, found_line, _, severity, message),) = problems_of(result.stdout)
    assert (file, found_line, severity) == ("wrangler.jsonc", str(line), "error")
    assert expected[1] in message


def test_syntax_and_imports_are_looked_at_without_running_them(project, cwrangler):
    directory = project("hello")
    (directory / "src" / "syntax.py").write_text("x = 1\ndef broken(:\n")
    (directory / "src" / "sub").mkdir()
    (directory / "src" / "sub" / "code.py").write_text(
        "import json, js, workers, sub\n"
        "import tkinter\n"
        "try:\n    import ujson\nexcept ImportError:\n    ujson = None\n"
        "from typing import TYPE_CHECKING\n"
        "if TYPE_CHECKING:\n    import only_for_checkers\n"
        "def later():\n    é = 1; import nowhere.at_all\n"
        "raise SystemExit('was run')\n"
    )
    result = cwrangler("check", cwd=directory)
    assert result.returncode == 1
    assert problems_of(result.stdout) == [
        ("src/sub/code.py", "2", "1", "error",
         "A Worker's Python has no tkinter: this part of the standard library is left out"),
        ("src/sub/code.py", "11", "12", "error", "No module named 'nowhere'"),
        ("src/syntax.py", "2", "12", "error", "SyntaxError: invalid syntax"),
    ]
    # The top level is not run where it is known to fail.
    assert "started in" not in result.stdout and "was run" not in result.stdout


def test_packages_that_are_asked_for_and_not_there(project, cwrangler):
    directory = project("hello")
    pyproject = directory / "pyproject.toml"
    pyproject.write_text(
        pyproject.read_text().replace("dependencies = []", 'dependencies = ["idna", "torch"]')
    )
    entry = directory / "src" / "entry.py"
    entry.write_text(entry.read_text() + "\nimport idna\n")
    result = cwrangler("check", cwd=directory)
    assert result.returncode == 1
    found = problems_of(result.stdout)
    assert [(file, severity) for file, _, _, severity, _ in found] == [
        ("pyproject.toml", "warning"), ("pyproject.toml", "warning"), ("src/entry.py", "error"),
    ]
    assert "torch has no known wheel" in found[0][4]
    assert "python_modules does not hold what pyproject.toml asks for" in found[1][4]
    assert "pyproject.toml asks for it: `cwrangler sync` installs it." in result.stdout


def test_a_top_level_that_raises_is_told_at_the_line_that_raises(project, cwrangler):
    directory = project("hello")
    entry = directory / "src" / "entry.py"
    entry.write_text("import helper\n" + entry.read_text())
    (directory / "src" / "helper.py").write_text("limit = 3\nraise ValueError('at the top')\n")
    result = cwrangler("check", cwd=directory)
    assert result.returncode == 1
    assert problems_of(result.stdout) == [
        ("src/helper.py", "2", "1", "error", "The Worker does not start: ValueError: at the top")
    ]
    assert '      File "src/entry.py", line 1, in <module>' in result.stdout
    assert cwrangler("check", "--no-start", cwd=directory).returncode == 0


def test_a_top_level_that_computes_for_too_long_is_told(project, cwrangler):
    directory = project("hello")
    entry = directory / "src" / "entry.py"
    entry.write_text(
        "import time\n\nend = time.monotonic() + 5\nwhile time.monotonic() < end:\n    pass\n\n" + entry.read_text()
    )
    result = cwrangler("check", cwd=directory)
    assert result.returncode == 0  # it is a warning: this machine is not production's
    (found,) = problems_of(result.stdout)
    assert found[:4] == ("src/entry.py", "1", "1", "warning")
    took = re.fullmatch(
        r"The Worker's own part of the start took (\d+) ms here; production ends a start that computes for "
        r"more than 1000 ms", found[4])
    assert took and int(took[1]) > 1000
    assert "Import large packages where they are used instead of at the top level." in result.stdout


def test_size_against_the_plans(project, cwrangler):
    directory = project("hello")
    blob = directory / "src" / "noise.bin"
    with open("/dev/urandom", "rb") as noise:
        blob.write_bytes(noise.read(4 << 20))
    result = cwrangler("check", "--no-start", cwd=directory)
    assert result.returncode == 0
    ((file, _, _, severity, message),) = problems_of(result.stdout)
    assert (file, severity) == ("wrangler.jsonc", "warning")
    assert "Workers Free takes 3.0 MiB" in message
    assert cwrangler("check", "--no-start", "--strict", cwd=directory).returncode == 1
    with open("/dev/urandom", "rb") as noise:
        blob.write_bytes(noise.read(11 << 20))
    result = cwrangler("check", "--no-start", cwd=directory)
    assert result.returncode == 1
    assert "no plan takes more than 10.0 MiB" in result.stdout


def test_as_json_and_as_annotations(project, cwrangler):
    directory = project("hello")
    (directory / "src" / "bad.py").write_text("import nowhere\n")
    result = cwrangler("check", "--json", cwd=directory)
    assert result.returncode == 1
    report = json.loads(result.stdout)
    assert report["ok"] is False and report["python"] == "3.14"
    assert report["size"]["modules"] == 2 and report["limits"][0]["plan"] == "Workers Free"
    assert report["problems"] == [
        {"severity": "error", "check": "import", "file": "src/bad.py", "line": 1, "column": 1,
         "message": "No module named 'nowhere'",
         "hint": "`cwrangler add nowhere` adds a package of this name to the project."}
    ]
    result = cwrangler("check", "--format", "github", cwd=directory)
    assert result.stdout.startswith(
        "::error file=src/bad.py,line=1,col=1::No module named 'nowhere'%0A"
    )


def test_a_folder_without_a_project(tmp_path, cwrangler):
    result = cwrangler("check", cwd=tmp_path)
    assert result.returncode == 1
    assert "error: No wrangler config found" in result.stdout
