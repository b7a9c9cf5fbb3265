"""``add``, ``remove``, ``lock``, ``tree`` and the flags of ``sync``, with packages made here."""

import fcntl
import json
import os
import shutil
import statistics
import subprocess
import time

import pytest

from dev_process import CWRANGLER
from wheels import make_wheel


@pytest.fixture
def vendored(project):
    """A project whose index is its folder ``wheels``: alpha → beta; beta has an extra."""
    directory = project("hello")
    wheels = directory / "wheels"
    make_wheel(wheels, "alpha", "1.0", requires=("beta[fast] ; python_version >= '3'",))
    make_wheel(
        wheels,
        "beta",
        "1.0",
        requires=("gamma>=1 ; extra == 'fast'", "winonly ; sys_platform == 'win32'"),
    )
    make_wheel(wheels, "gamma", "1.0", content="x = 1\n" * 1000)
    make_wheel(wheels, "workers_runtime_sdk", "1.0")
    (directory / "uv.toml").write_text('no-index = true\nfind-links = ["wheels"]\n')
    return directory


PYPROJECT = """[project]
name = "sample"
version = "1"
requires-python = ">=3.12"
# what it needs
dependencies = [
  "alpha",  # the first
]
"""


def test_add_and_remove_keep_the_rest_of_pyproject(vendored, cwrangler):
    pyproject = vendored / "pyproject.toml"
    pyproject.write_text(PYPROJECT)
    added = cwrangler("add", "gamma>=1", cwd=vendored)
    assert added.returncode == 0, added.stderr
    assert added.stdout.startswith("Added gamma 1.0 to pyproject.toml\nInstalled 4 packages")
    assert '"gamma>=1"' in pyproject.read_text()
    assert "# what it needs" in pyproject.read_text() and "# the first" in pyproject.read_text()
    removed = cwrangler("remove", "Alpha", cwd=vendored)
    assert removed.returncode == 0, removed.stderr
    assert removed.stdout.startswith("Removed Alpha from pyproject.toml\nInstalled 2 packages")
    assert "alpha" not in pyproject.read_text()
    assert not (vendored / "python_modules" / "alpha.py").exists()


def test_add_and_remove_in_requirements_txt(vendored, cwrangler):
    (vendored / "pyproject.toml").unlink()
    requirements = vendored / "requirements.txt"
    requirements.write_text("# mine\nalpha==1.0\n")
    assert cwrangler("add", "gamma", "alpha", cwd=vendored).returncode == 0
    assert requirements.read_text() == "# mine\nalpha\ngamma\n"
    assert cwrangler("remove", "alpha", cwd=vendored).returncode == 0
    assert requirements.read_text() == "# mine\ngamma\n"


def test_add_makes_a_pyproject_when_there_is_none(vendored, cwrangler):
    (vendored / "pyproject.toml").unlink()
    assert cwrangler("add", "gamma", cwd=vendored).returncode == 0
    assert '"gamma"' in (vendored / "pyproject.toml").read_text()
    assert (vendored / "python_modules" / "gamma.py").exists()


def test_what_cannot_be_added_is_not_added(vendored, cwrangler):
    pyproject = vendored / "pyproject.toml"
    pyproject.write_text(PYPROJECT)
    failed = cwrangler("add", "not-there", cwd=vendored)
    assert failed.returncode == 1
    assert "not-there was not found" in failed.stderr
    assert "pyproject.toml was left as it was" in failed.stderr
    assert pyproject.read_text() == PYPROJECT
    wrong = cwrangler("add", ">=3", cwd=vendored)
    assert wrong.returncode == 2 and "not a requirement" in wrong.stderr
    unknown = cwrangler("remove", "alpah", cwd=vendored)
    assert unknown.returncode == 1
    assert 'Did you mean "alpha"?' in unknown.stderr


def test_lock_makes_the_lock_and_nothing_else(vendored, cwrangler):
    (vendored / "pyproject.toml").write_text(PYPROJECT)
    locked = cwrangler("lock", cwd=vendored)
    assert locked.returncode == 0, locked.stderr
    assert locked.stdout.startswith("Locked 4 packages in pylock.toml")
    assert (vendored / "pylock.toml").exists()
    assert not (vendored / "python_modules").exists()


def test_frozen_installs_what_is_locked_and_refuses_a_change(vendored, cwrangler):
    pyproject = vendored / "pyproject.toml"
    pyproject.write_text(PYPROJECT)
    missing = cwrangler("sync", "--frozen", cwd=vendored)
    assert missing.returncode == 1 and "there is no pylock.toml" in missing.stderr
    assert not (vendored / "pylock.toml").exists()

    assert cwrangler("lock", cwd=vendored).returncode == 0
    lock = (vendored / "pylock.toml").read_bytes()
    make_wheel(vendored / "wheels", "alpha", "2.0")
    assert cwrangler("sync", "--frozen", cwd=vendored).returncode == 0
    assert 'version = "1.0"' in (vendored / "python_modules" / "alpha.py").read_text()

    pyproject.write_text(PYPROJECT.replace('"alpha"', '"alpha>=2"'))
    changed = cwrangler("sync", "--frozen", cwd=vendored)
    assert changed.returncode == 1
    assert "alpha 1.0 would become 2.0" in changed.stderr
    assert "beta 1.0 is no longer needed" in changed.stderr
    assert (vendored / "pylock.toml").read_bytes() == lock
    assert 'version = "1.0"' in (vendored / "python_modules" / "alpha.py").read_text()


def test_json_for_scripts(vendored, cwrangler):
    (vendored / "pyproject.toml").write_text(PYPROJECT)
    report = json.loads(cwrangler("sync", "--json", cwd=vendored).stdout)
    assert report["outcome"] == "installed"
    assert {entry["name"] for entry in report["packages"]} == {
        "alpha", "beta", "gamma", "workers-runtime-sdk",
    }
    assert all(entry["from"] == "wheel" for entry in report["packages"])
    assert json.loads(cwrangler("sync", "--json", cwd=vendored).stdout)["outcome"] == "up-to-date"


def test_tree_shows_who_requires_whom_and_what_it_costs(vendored, cwrangler):
    (vendored / "pyproject.toml").write_text(PYPROJECT)
    nothing = cwrangler("tree", cwd=vendored)
    assert nothing.returncode == 1 and "cwrangler sync" in nothing.stderr
    assert cwrangler("sync", cwd=vendored).returncode == 0
    shown = cwrangler("tree", cwd=vendored).stdout.splitlines()
    assert shown[1:] == [
        "├── alpha 1.0",
        "│   └── beta 1.0",
        "│       └── gamma 1.0",
        "└── workers-runtime-sdk 1.0",
    ]
    sizes = cwrangler("tree", "--size", cwd=vendored).stdout
    assert "Packages together:" in sizes and "Workers Free: 3.0 MiB compressed (0 %)" in sizes
    packages = json.loads(cwrangler("tree", "--size", "--json", cwd=vendored).stdout)
    by_name = {entry["name"]: entry for entry in packages["packages"]}
    assert by_name["alpha"]["dependencies"] == ["beta"]
    assert by_name["gamma"]["bytes"] > 6000 > 1000 > by_name["gamma"]["compressed"]
    assert packages["bytes"] == sum(entry["bytes"] for entry in packages["packages"])
    assert [limit["over"] for limit in packages["limits"]] == [False, False]


def test_sizes_leave_out_what_is_not_uploaded(vendored, cwrangler):
    config = vendored / "wrangler.jsonc"
    text = config.read_text()
    config.write_text(text.replace("{", '{"python_modules": {"exclude": ["gamma.py"]},', 1))
    (vendored / "pyproject.toml").write_text(PYPROJECT)
    assert cwrangler("sync", cwd=vendored).returncode == 0
    packages = json.loads(cwrangler("tree", "--size", "--json", cwd=vendored).stdout)["packages"]
    assert next(entry for entry in packages if entry["name"] == "gamma")["bytes"] < 1000


def test_nothing_to_do_takes_no_time(vendored, cwrangler, scratch_environment):
    """Under 20 ms by design; here with room for a loaded machine, and relative to --version."""
    (vendored / "pyproject.toml").write_text(PYPROJECT)
    assert cwrangler("sync", cwd=vendored).returncode == 0

    def milliseconds(*arguments: str) -> float:
        times = []
        for _ in range(15):
            start = time.perf_counter()
            subprocess.run([CWRANGLER, *arguments], cwd=vendored, env=scratch_environment,
                           check=True, capture_output=True)
            times.append((time.perf_counter() - start) * 1000)
        return statistics.median(times)

    assert milliseconds("sync") < milliseconds("--version") + 20


def test_content_decides_and_not_the_time(vendored, cwrangler):
    pyproject = vendored / "pyproject.toml"
    pyproject.write_text(PYPROJECT)
    assert cwrangler("sync", cwd=vendored).returncode == 0
    os.utime(pyproject)
    os.utime(vendored / "pylock.toml")
    unchanged = cwrangler("sync", cwd=vendored, env={"CWRANGLER_UV": "/bin/false"})
    assert unchanged.stdout == "python_modules is up to date\n"
    times = pyproject.stat()
    pyproject.write_text(PYPROJECT.replace("alpha", "gamma"))
    os.utime(pyproject, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert cwrangler("sync", cwd=vendored).stdout.startswith("Installed 2 packages")


@pytest.mark.parametrize(
    ("version", "said"), [("uv 0.4.30 (abc)", "is uv 0.4.30"), ("hello", "is not uv")]
)
def test_a_uv_that_is_too_old_is_told_with_the_version_that_is_needed(
    vendored, tmp_path, scratch_environment, version, said
):
    (vendored / "pyproject.toml").write_text(PYPROJECT)
    old = tmp_path / "uv"
    old.write_text(f'#!/bin/sh\necho "{version}"\n')
    old.chmod(0o755)
    alone = shutil.copy(CWRANGLER, tmp_path / "cwrangler")
    environment = {**scratch_environment, "CWRANGLER_UV": "", "PATH": str(tmp_path)}
    failed = subprocess.run([alone, "sync"], cwd=vendored, env=environment, capture_output=True,
                            text=True, check=False)
    assert failed.returncode == 1
    assert "uv 0.12.3 or newer is needed" in failed.stderr and said in failed.stderr
    assert "uv self update" in failed.stderr


def test_two_syncs_wait_for_each_other_and_say_so(vendored, scratch_environment):
    (vendored / "pyproject.toml").write_text(PYPROJECT)
    folder = vendored / ".wrangler" / "tmp"
    folder.mkdir(parents=True)
    with (folder / "sync.lock").open("w") as lock:
        lock.write(str(os.getpid()))
        lock.flush()
        fcntl.flock(lock, fcntl.LOCK_EX)
        waiting = subprocess.Popen([CWRANGLER, "sync"], cwd=vendored, env=scratch_environment,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        line = waiting.stderr.readline()
        assert f"Waiting for another `cwrangler sync` of this project (process {os.getpid()})" in line
    out, err = waiting.communicate(timeout=120)
    assert waiting.returncode == 0, err
    assert out.startswith("Installed 4 packages")


def test_many_at_once_end_with_one_whole_result(vendored, scratch_environment):
    (vendored / "pyproject.toml").write_text(PYPROJECT)
    running = [
        subprocess.Popen([CWRANGLER, "sync", *flags], cwd=vendored, env=scratch_environment,
                         stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for flags in ([], ["--force"], [], ["--upgrade"], [], ["--force"])
    ]
    for process in running:
        _, err = process.communicate(timeout=200)
        assert process.returncode == 0, err
    names = {path.name for path in (vendored / "python_modules").glob("*.py")}
    assert names == {"alpha.py", "beta.py", "gamma.py", "workers_runtime_sdk.py"}


def test_the_same_lock_gives_the_same_bytes_anywhere(vendored, cwrangler, tmp_path):
    (vendored / "pyproject.toml").write_text(PYPROJECT)
    program = {
        "tool/__init__.py": "",
        "tool-1.0.data/scripts/tool": "#!python\nprint(1)\n",
        "tool-1.0.dist-info/entry_points.txt": "[console_scripts]\ntool-cli = tool:main\n",
        "tool/old.pyc": "bytecode",
    }
    make_wheel(vendored / "wheels", "tool", "1.0", files=program)
    assert cwrangler("add", "tool", cwd=vendored).returncode == 0
    elsewhere = tmp_path / "a" / "deeper" / "place"
    shutil.copytree(vendored, elsewhere, ignore=shutil.ignore_patterns("python_modules", ".wrangler"))
    assert cwrangler("sync", "--frozen", cwd=elsewhere).returncode == 0

    def contents(directory):
        modules = directory / "python_modules"
        return {
            str(path.relative_to(modules)): path.read_bytes()
            for path in modules.rglob("*")
            if path.is_file() and path.name != ".cwrangler-sync.json"
        }

    first = contents(vendored)
    assert contents(elsewhere) == first
    assert "alpha-1.0.dist-info/METADATA" in first
    assert not any(name.startswith("bin/") or name.endswith(".pyc") for name in first)
    assert b"bin/" not in first["tool-1.0.dist-info/RECORD"]
    assert not any(str(vendored).encode() in data for data in first.values())


def test_both_files_and_the_key_that_chooses(vendored, cwrangler):
    pyproject = vendored / "pyproject.toml"
    pyproject.write_text(PYPROJECT)
    (vendored / "requirements.txt").write_text("gamma\n")
    failed = cwrangler("sync", cwd=vendored)
    assert failed.returncode == 1
    assert "both pyproject.toml and requirements.txt name dependencies" in failed.stderr
    assert "dependencies-from" in failed.stderr and "pyproject.toml wins" in failed.stderr
    for chosen, module in (("pyproject.toml", "alpha.py"), ("requirements.txt", "gamma.py")):
        pyproject.write_text(PYPROJECT + f'[tool.cwrangler]\ndependencies-from = "{chosen}"\n')
        assert cwrangler("sync", cwd=vendored).returncode == 0
        assert (vendored / "python_modules" / module).exists()
    assert not (vendored / "python_modules" / "alpha.py").exists()


def test_settings_of_cwrangler_are_checked(vendored, cwrangler):
    (vendored / "pyproject.toml").write_text(PYPROJECT + "[tool.cwrangler]\nexlude = []\n")
    failed = cwrangler("sync", cwd=vendored)
    assert failed.returncode == 1
    assert "unknown key: tool.cwrangler.exlude" in failed.stderr
    assert 'Did you mean "exclude"?' in failed.stderr and "pyproject.toml:10" in failed.stderr


def test_extras_groups_and_excluded_packages(vendored, cwrangler):
    (vendored / "pyproject.toml").write_text(
        PYPROJECT.replace('"alpha",  # the first', "")
        + '[project.optional-dependencies]\nmore = ["beta[fast]"]\n'
        + '[dependency-groups]\nworker = ["alpha"]\ndev = ["not-there"]\n'
        + '[tool.cwrangler]\nextras = ["more"]\ngroups = ["worker"]\nexclude = ["gamma"]\n'
    )
    result = cwrangler("sync", cwd=vendored)
    assert result.returncode == 0, result.stderr
    modules = {path.name for path in (vendored / "python_modules").glob("*.py")}
    assert modules == {"alpha.py", "beta.py", "workers_runtime_sdk.py"}


def test_settings_of_uv_are_honoured(vendored, cwrangler):
    wheels = vendored / "wheels"
    make_wheel(wheels, "gamma", "2.0")
    make_wheel(wheels, "gamma", "3.0")
    local = vendored / "local"
    local.mkdir()
    make_wheel(local, "beta", "9.0")
    (vendored / "uv.toml").unlink()
    (vendored / "pyproject.toml").write_text(
        PYPROJECT.replace('"alpha",  # the first', '"beta",\n  "gamma",\n  "delta ; sys_platform != \'emscripten\'",')
        + '[tool.uv]\nno-index = true\nfind-links = ["wheels"]\nconstraint-dependencies = ["gamma<3"]\n'
        + '[tool.uv.sources]\nbeta = { path = "local/beta-9.0-py3-none-any.whl" }\n'
    )
    result = cwrangler("sync", cwd=vendored)
    assert result.returncode == 0, result.stderr
    lock = (vendored / "pylock.toml").read_text()
    assert 'name = "gamma"\nversion = "2.0"' in lock and "delta" not in lock
    assert 'version = "9.0"' in (vendored / "python_modules" / "beta.py").read_text()


def test_hashes_of_requirements_are_checked(vendored, cwrangler):
    import hashlib

    (vendored / "pyproject.toml").unlink()
    wheel = vendored / "wheels" / "gamma-1.0-py3-none-any.whl"
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    requirements = vendored / "requirements.txt"
    requirements.write_text(f"gamma==1.0 \\\n    --hash=sha256:{digest}\n")
    result = cwrangler("sync", cwd=vendored)
    assert result.returncode == 0, result.stderr
    requirements.write_text(f"gamma==1.0 \\\n    --hash=sha256:{'0' * 64}\n")
    refused = cwrangler("sync", cwd=vendored)
    assert refused.returncode == 1
    assert "the file of gamma 1.0 is not one that the project allows" in refused.stderr
    assert "requirements.txt:1:1" in refused.stderr


def test_progress_is_plain_lines_where_no_terminal_is(vendored, cwrangler):
    (vendored / "pyproject.toml").write_text(PYPROJECT)
    result = cwrangler("sync", cwd=vendored)
    assert result.stderr.splitlines() == ["Resolving the project's packages…", "Installing 4 packages…"]


def test_progress_on_a_terminal_is_a_line_that_goes_away(vendored, scratch_environment):
    import pty

    (vendored / "pyproject.toml").write_text(PYPROJECT)
    environment = {**scratch_environment, "TERM": "xterm"}
    environment.pop("CI", None)
    ours, theirs = pty.openpty()
    process = subprocess.Popen([CWRANGLER, "sync"], cwd=vendored, env=environment, stderr=theirs,
                               stdout=subprocess.PIPE, text=True)
    os.close(theirs)
    shown = b""
    while True:
        try:
            chunk = os.read(ours, 65536)
        except OSError:  # the terminal's other side is closed
            break
        if not chunk:
            break
        shown += chunk
    os.close(ours)
    out, _ = process.communicate()
    assert process.returncode == 0 and out.startswith("Installed 4 packages")
    text = shown.decode()
    assert "Resolving the project's packages…" in text
    assert text.endswith("\r\x1b[2K")


def test_dev_syncs_first_when_the_content_of_an_input_has_changed(vendored, cwrangler, dev):
    """Content, not time: a file that was only touched is no change, and one that was put back to
    its time is."""
    pyproject = vendored / "pyproject.toml"
    pyproject.write_text(PYPROJECT)
    assert cwrangler("sync", cwd=vendored).returncode == 0
    for file in ("pyproject.toml", "pylock.toml", "uv.toml"):
        os.utime(vendored / file)
    # A uv that fails shows that it is not even started.
    with dev(vendored, env={"CWRANGLER_UV": "/bin/false"}) as session:
        assert "packages" not in session.output, session.output
    times = pyproject.stat()
    pyproject.write_text(PYPROJECT.replace('"alpha"', '"gamma"'))
    os.utime(pyproject, ns=(times.st_atime_ns, times.st_mtime_ns))
    with dev(vendored, wait_for=r"^Installed 2 packages") as session:
        session.wait_for_line(r"^\[wrangler:info\] Ready")
        assert not (vendored / "python_modules" / "alpha.py").exists()


def test_dev_follows_what_requirements_include(vendored, dev):
    (vendored / "pyproject.toml").unlink()
    (vendored / "requirements.txt").write_text("-r more.txt\n-c limits.txt\n")
    (vendored / "more.txt").write_text("gamma\n")
    (vendored / "limits.txt").write_text("gamma<2\n")
    with dev(vendored, wait_for=r"^Installed 2 packages") as session:
        session.wait_for_line(r"^\[wrangler:info\] Ready")
        (vendored / "more.txt").write_text("alpha\n")
        session.wait_for_line(r"^Installed 4 packages")
        make_wheel(vendored / "wheels", "gamma", "0.5")
        (vendored / "limits.txt").write_text("gamma<1\n")
        session.wait_for_line(r"no set of versions satisfies")
