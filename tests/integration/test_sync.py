"""``cwrangler sync`` with the real uv: what is installed, what is kept, and what is said when not.

Most tests have an index of their own, a folder of wheels made here; those that need the real one
are marked ``network``.
"""

import contextlib
import fcntl
import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from dev_process import CWRANGLER
from wheels import make_wheel

UPDATED = r"^⎔ Local server updated and ready$"

# A proxy where nobody listens: the network is gone for uv, and fails at once.
NO_NETWORK = {name: "http://127.0.0.1:9" for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")}


def snapshot(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, with its content."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def scratch_files(directory: Path) -> set[str]:
    """What syncs have left in a project's scratch folder, once processes that remove old packages
    are done: such a process holds the lock of the folder that it removes."""
    scratch = directory / ".wrangler" / "tmp"
    for folder in scratch.glob("removed-*"):
        with contextlib.suppress(FileNotFoundError):
            descriptor = os.open(folder, os.O_RDONLY)
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            os.close(descriptor)
    return {path.name for path in scratch.iterdir()}


@pytest.fixture
def vendored(project):
    """A project that depends on `alpha`, whose index is its folder `wheels`."""
    directory = project("hello")
    make_wheel(directory / "wheels", "alpha", "1.0")
    make_wheel(directory / "wheels", "workers_runtime_sdk", "1.0")
    (directory / "requirements.txt").write_text("--no-index\n--find-links wheels\nalpha\n")
    return directory


def test_packages_are_installed_once_and_then_not_looked_at_again(vendored, cwrangler):
    first = cwrangler("sync", cwd=vendored)
    assert first.returncode == 0, first.stderr
    assert first.stdout.startswith("Installed 2 packages in python_modules")
    modules = vendored / "python_modules"
    assert (modules / "alpha.py").read_text() == 'version = "1.0"\n'
    assert (modules / "workers_runtime_sdk.py").exists()
    assert 'name = "alpha"' in (vendored / "pylock.toml").read_text()
    assert not (modules / ".lock").exists()
    # A uv that fails shows that it is not even started.
    again = cwrangler("sync", cwd=vendored, env={"CWRANGLER_UV": "/bin/false"})
    assert (again.returncode, again.stdout) == (0, "python_modules is up to date\n")


def test_the_lock_keeps_versions_until_an_upgrade(vendored, cwrangler):
    version = vendored / "python_modules" / "alpha.py"
    assert cwrangler("sync", cwd=vendored).returncode == 0
    make_wheel(vendored / "wheels", "alpha", "2.0")
    assert cwrangler("sync", "--force", cwd=vendored).returncode == 0
    assert "1.0" in version.read_text()
    assert cwrangler("sync", "--upgrade", cwd=vendored).returncode == 0
    assert "2.0" in version.read_text()


def test_what_is_no_longer_asked_for_is_gone(vendored, cwrangler):
    assert cwrangler("sync", cwd=vendored).returncode == 0
    make_wheel(vendored / "wheels", "beta", "1.0")
    requirements = vendored / "requirements.txt"
    requirements.write_text(requirements.read_text().replace("alpha", "beta"))
    assert cwrangler("sync", cwd=vendored).returncode == 0
    modules = vendored / "python_modules"
    assert (modules / "beta.py").exists() and not (modules / "alpha.py").exists()
    requirements.unlink()
    assert cwrangler("sync", cwd=vendored).returncode == 0
    assert not modules.exists()


def test_a_failure_names_the_package_and_its_place_and_leaves_all_as_it_was(vendored, cwrangler):
    assert cwrangler("sync", cwd=vendored).returncode == 0
    before = snapshot(vendored / "python_modules")
    lock = (vendored / "pylock.toml").read_text()
    with (vendored / "requirements.txt").open("a") as file:
        file.write("fastapii\n")
    failed = cwrangler("sync", cwd=vendored)
    assert failed.returncode == 1
    assert "fastapii was not found in the package index" in failed.stderr
    assert "requirements.txt:4:1" in failed.stderr
    assert 'Did you mean "fastapi"?' in failed.stderr
    assert "we can conclude" not in failed.stderr
    assert snapshot(vendored / "python_modules") == before
    assert (vendored / "pylock.toml").read_text() == lock


def test_a_kill_in_the_middle_leaves_the_previous_packages_whole(
    vendored, cwrangler, scratch_environment, tmp_path
):
    assert cwrangler("sync", cwd=vendored).returncode == 0
    before = snapshot(vendored / "python_modules")
    make_wheel(vendored / "wheels", "alpha", "2.0")
    # A uv that installs and then never ends, after having said that it is there.
    reached = tmp_path / "reached"
    os.mkfifo(reached)
    slow = tmp_path / "uv"
    slow.write_text(
        f'#!/bin/sh\n"{scratch_environment["CWRANGLER_UV"]}" "$@" || exit\n'
        f'case "$*" in *"pip install"*) echo >"{reached}"; exec sleep 1000;; esac\n'
    )
    slow.chmod(0o755)
    killed = subprocess.Popen(
        [CWRANGLER, "sync", "--upgrade"],
        cwd=vendored,
        env={**scratch_environment, "CWRANGLER_UV": str(slow)},
    )
    reached.read_text()
    killed.kill()
    killed.wait()
    assert snapshot(vendored / "python_modules") == before
    assert cwrangler("sync", "--upgrade", cwd=vendored).returncode == 0
    assert "2.0" in (vendored / "python_modules" / "alpha.py").read_text()
    assert scratch_files(vendored) == {"sync.lock"}
    assert not (vendored / "pylock.cwrangler.toml").exists()


def test_two_files_with_dependencies_are_refused(vendored, cwrangler):
    (vendored / "pyproject.toml").write_text(
        '[project]\nname = "x"\nversion = "1"\ndependencies = ["httpx"]\n'
    )
    failed = cwrangler("sync", cwd=vendored)
    assert failed.returncode == 1
    assert "both pyproject.toml and requirements.txt name dependencies" in failed.stderr


def test_a_project_without_dependencies_needs_neither_uv_nor_network(project, cwrangler):
    directory = project("hello")
    result = cwrangler("sync", cwd=directory, env={"CWRANGLER_UV": "/nonexistent", **NO_NETWORK})
    assert result.returncode == 0, result.stderr
    assert not (directory / "python_modules").exists()


def test_without_uv_the_message_says_how_to_get_it(vendored, scratch_environment, tmp_path):
    # A copy of the program alone: an install tree has uv beside it.
    alone = shutil.copy(CWRANGLER, tmp_path / "cwrangler")
    environment = {**scratch_environment, "CWRANGLER_UV": "", "PATH": "/nonexistent"}
    failed = subprocess.run(
        [alone, "sync"], cwd=vendored, env=environment, capture_output=True, text=True, check=False
    )
    assert failed.returncode == 1
    assert "uv 0.12.3 or newer is needed" in failed.stderr and "pip install uv" in failed.stderr


@pytest.fixture
def sync_without_network(project, cwrangler, tmp_path):
    """Runs sync for some requirements where no index can be reached and nothing is cached."""

    def run(requirements):
        directory = project("hello")
        (directory / "requirements.txt").write_text(requirements)
        cache = {"UV_CACHE_DIR": str(tmp_path / "cold")}
        result = cwrangler("sync", cwd=directory, env={**NO_NETWORK, **cache})
        return result, directory / "python_modules"

    return run


def test_no_network_and_a_cold_cache_is_told_as_such(sync_without_network):
    failed, modules = sync_without_network("httpx\n")
    assert failed.returncode == 1
    assert "the package index cannot be reached" in failed.stderr
    assert not modules.exists()


def test_the_sdk_alone_does_without_a_network(sync_without_network):
    result, _ = sync_without_network("workers-runtime-sdk\n")
    assert result.returncode == 0
    assert "the workers-runtime-sdk that came with cwrangler" in result.stderr


def test_dev_installs_what_is_missing_and_follows_the_requirements(vendored, dev):
    with dev(vendored, wait_for=r"^Installed 2 packages") as session:
        session.wait_for_line(r"^⎔ Starting local server")
        make_wheel(vendored / "wheels", "beta", "1.0")
        with (vendored / "requirements.txt").open("a") as file:
            file.write("beta\n")
        session.wait_for_line(r"^Installed 3 packages")
        assert (vendored / "python_modules" / "beta.py").exists()


def test_dev_goes_on_with_the_packages_it_has_when_a_sync_fails(project, dev):
    directory = project("hello")
    with dev(directory) as session:
        (directory / "requirements.txt").write_text("--no-index\nnot-there\n")
        session.wait_for_line(r"not-there was not found in the package index")
        session.wait_for_line(r"could not be brought up to date")
        assert session.get().status == 200
        (directory / "requirements.txt").unlink()
        (directory / "src" / "added.py").write_text("x = 1\n")
        session.wait_for_line(UPDATED)


@pytest.mark.network
def test_fastapi_with_a_compiled_and_a_source_only_package(project, cwrangler):
    directory = project("jinja")
    result = cwrangler("sync", "--python", "3.14", cwd=directory)
    assert result.returncode == 0, result.stderr
    modules = directory / "python_modules"
    compiled = list((modules / "pydantic_core").glob("*.so"))
    assert compiled and compiled[0].read_bytes()[:4] == b"\0asm"
    assert (modules / "markupsafe" / "__init__.py").exists()
    assert not list((modules / "markupsafe").glob("*.so"))
    assert "Building markupsafe" in result.stderr
    # Once more, from the lock and the cache of built packages.
    before = snapshot(modules)
    again = cwrangler("sync", "--force", "--python", "3.14", cwd=directory)
    assert again.returncode == 0 and "Building" not in again.stderr
    assert snapshot(modules) == before
    # After a change that the lock has an answer to, no index is asked.
    with (directory / "pyproject.toml").open("a") as file:
        file.write("# edited\n")
    lock = (directory / "pylock.toml").read_bytes()
    edited = cwrangler("sync", "--python", "3.14", cwd=directory, env=NO_NETWORK)
    assert edited.stdout.startswith("Installed"), edited.stderr
    assert "cannot be reached" not in edited.stderr
    assert (directory / "pylock.toml").read_bytes() == lock
    # And without a network, from uv's cache.
    offline = cwrangler("sync", "--force", "--python", "3.14", cwd=directory, env=NO_NETWORK)
    assert offline.returncode == 0, offline.stderr
    assert "using the packages in uv's cache" in offline.stderr


@pytest.mark.network
@pytest.mark.parametrize("newer", [False, True])
def test_an_added_package_is_the_newest_although_the_cache_has_one(
    project, cwrangler, scratch_environment, tmp_path, newer
):
    """Only the added one is asked for; everything is, when the index has a newer one."""
    directory = project("hello")
    pyproject = directory / "pyproject.toml"
    text = pyproject.read_text()
    asked = tmp_path / "asked"
    uv = tmp_path / "uv"
    pretend = "echo h11==99; exit" if newer else ":"
    uv.write_text(
        f'#!/bin/sh\necho "$*" >>"{asked}"\ncase "$*" in *asked.in*) {pretend};; esac\n'
        f'exec "{scratch_environment["CWRANGLER_UV"]}" "$@"\n'
    )
    uv.chmod(0o755)
    for dependencies in ('"idna", "h11"', '"idna"', '"idna", "h11"'):
        asked.unlink(missing_ok=True)
        pyproject.write_text(text.replace("dependencies = []", f"dependencies = [{dependencies}]"))
        result = cwrangler("sync", "--python", "3.14", cwd=directory, env={"CWRANGLER_UV": str(uv)})
        assert result.returncode == 0, result.stderr
    assert (directory / "python_modules" / "h11").is_dir()
    calls = asked.read_text().splitlines()
    whole = [call for call in calls if "pip compile" in call and "pyproject.toml" in call]
    assert sum("asked.in" in call for call in calls) == 1
    assert ["--offline" in call for call in whole] == ([True, False] if newer else [True])


@pytest.mark.network
def test_a_package_that_needs_a_compiler_is_explained(project, cwrangler):
    directory = project("hello")
    (directory / "pyproject.toml").write_text(
        '[project]\nname = "x"\nversion = "1"\ndependencies = [\n  "orjson",\n]\n'
    )
    failed = cwrangler("sync", "--python", "3.14", cwd=directory)
    assert failed.returncode == 1
    assert "orjson" in failed.stderr and "compiler" in failed.stderr
    assert "pyproject.toml:5:3" in failed.stderr
    assert not (directory / "python_modules").exists()


def test_the_state_is_not_fooled_by_an_edit_during_a_sync(
    vendored, cwrangler, scratch_environment, tmp_path
):
    """What is written while uv runs counts as a change for the next sync."""
    slow = tmp_path / "uv"
    slow.write_text(
        f'#!/bin/sh\ncase "$*" in *"pip install"*) echo "# edited" >>requirements.txt;; esac\n'
        f'exec "{scratch_environment["CWRANGLER_UV"]}" "$@"\n'
    )
    slow.chmod(0o755)
    assert cwrangler("sync", cwd=vendored, env={"CWRANGLER_UV": str(slow)}).returncode == 0
    assert "# edited" in (vendored / "requirements.txt").read_text()
    again = cwrangler("sync", cwd=vendored)
    assert again.stdout.startswith("Installed")
    state = json.loads((vendored / "python_modules" / ".cwrangler-sync.json").read_text())
    assert set(state) == {"fingerprint", "version"}
