"""What a sync leaves behind when the world is against it: always the packages of before, whole.

The index is a real HTTP server of the test's own, which can break off, lie, or be gone.
"""

import os
import random
import resource
import shutil
import signal
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from dev_process import CWRANGLER, own_cache
from test_sync import scratch_files, snapshot
from wheels import PackageIndex, make_sdist, make_wheel

KILLS = 50


class Project:
    """A project that has version 1 of its packages, and could have version 2."""

    def __init__(self, directory: Path, index: PackageIndex, environment: dict[str, str]) -> None:
        self.directory = directory
        self.index = index
        self.environment = environment
        self.modules = directory / "python_modules"

    def sync(self, *flags: str, **options: object) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [CWRANGLER, "sync", *flags], cwd=self.directory, env=self.environment,
            capture_output=True, text=True, timeout=120, check=False, **options,  # type: ignore[call-overload]
        )

    def offer_version_2(self) -> None:
        # Does not compress to nothing: half of the file is half of its content.
        content = "x = 2\n# " + random.Random(2).randbytes(150_000).hex() + "\n"
        make_wheel(self.index.folder, "alpha", "2.0", content=content, requires=("beta",))
        make_wheel(self.index.folder, "beta", "2.0", content=content)


@pytest.fixture
def before(project, scratch_environment, tmp_path) -> Iterator[Project]:
    directory = project("hello")
    wheels = tmp_path / "index"
    make_wheel(wheels, "alpha", "1.0", requires=("beta",))
    make_wheel(wheels, "beta", "1.0")
    make_wheel(wheels, "workers_runtime_sdk", "1.0")
    with PackageIndex(wheels) as index:
        (directory / "pyproject.toml").write_text(
            '[project]\nname = "x"\nversion = "1"\nrequires-python = ">=3.12"\n'
            'dependencies = ["alpha"]\n'
            "[tool.cwrangler]\npyodide-index = false\n"
            f'[[tool.uv.index]]\nname = "ours"\nurl = "{index.url}"\ndefault = true\n'
        )
        environment = {**own_cache(scratch_environment), "UV_CACHE_DIR": str(tmp_path / "uv-cache"),
                       "UV_HTTP_RETRIES": "0", "NO_PROXY": "127.0.0.1"}
        result = Project(directory, index, environment)
        first = result.sync()
        assert first.returncode == 0, first.stderr
        yield result


def refused(project: Project, *flags: str, **options: object) -> str:
    """Runs a sync that must fail, and checks that it changed nothing; returns what it said."""
    modules = snapshot(project.modules)
    lock = (project.directory / "pylock.toml").read_bytes()
    failed = project.sync(*flags, **options)
    assert failed.returncode != 0, failed.stdout
    assert snapshot(project.modules) == modules
    assert (project.directory / "pylock.toml").read_bytes() == lock
    leftovers = {path.name for path in project.directory.iterdir() if "cwrangler" in path.name}
    assert not leftovers
    return failed.stderr


def test_the_index_is_down(before):
    before.offer_version_2()
    before.index.down = True
    shutil.rmtree(before.environment["UV_CACHE_DIR"])
    said = refused(before, "--upgrade")
    assert "the package index cannot be reached" in said
    assert "What python_modules holds was left as it is" in said
    before.index.down = False
    assert before.sync("--upgrade").returncode == 0
    assert (before.modules / "alpha.py").read_text().startswith("x = 2")


def test_a_connection_is_cut_in_the_middle_of_a_wheel(before):
    before.offer_version_2()
    before.index.cut = {"beta-2.0-py3-none-any.whl"}
    assert "beta" in refused(before, "--upgrade")
    before.index.cut = set()
    assert before.sync("--upgrade").returncode == 0
    assert (before.modules / "beta.py").read_text().startswith("x = 2")


def test_a_file_is_not_the_one_that_the_index_promises(before, tmp_path):
    before.offer_version_2()
    other = make_wheel(tmp_path / "other", "beta", "2.0", content="x = 'not the one'\n")
    before.index.replaced = {other.name: other.read_bytes()}
    said = refused(before, "--upgrade")
    assert "beta" in said and "is not the one" in said


def test_a_certificate_that_nobody_vouches_for(before, tmp_path):
    certificate = tmp_path / "own.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", certificate, "-out",
         tmp_path / "cert.pem", "-subj", "/CN=localhost", "-days", "2"],
        check=True, capture_output=True,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "cert.pem", certificate)
    with PackageIndex(before.index.folder) as secure:
        server = secure._server
        server.socket = context.wrap_socket(server.socket, server_side=True)
        pyproject = before.directory / "pyproject.toml"
        pyproject.write_text(
            pyproject.read_text().replace(before.index.url, secure.url.replace("http:", "https:"))
        )
        said = refused(before)
    assert "is not trusted" in said and "UV_SYSTEM_CERTS" in said


def test_no_room_for_the_files(before):
    """A file system that takes no file longer than 64 KiB stands in for a full one: the same call
    fails in the same places, whoever runs the test."""
    before.offer_version_2()

    def no_room() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (65536, 65536))

    refused(before, "--upgrade", preexec_fn=no_room)
    assert before.sync("--upgrade").returncode == 0


def test_a_full_disk(before, tmp_path):
    """A tmpfs of two megabytes, where the machine allows one."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", disk],
                             capture_output=True, check=False)
    if mounted.returncode != 0:
        pytest.skip("no tmpfs can be mounted here")
    try:
        directory = disk / "project"
        shutil.copytree(before.directory, directory)
        before.directory = directory
        before.modules = directory / "python_modules"
        before.offer_version_2()
        (disk / "ballast").write_bytes(b"x" * 1_700_000)
        said = refused(before, "--upgrade")
        assert "full" in said or "No space left" in said
        (disk / "ballast").unlink()
        assert before.sync("--upgrade").returncode == 0
    finally:
        subprocess.run(["umount", disk], check=True)


def test_killed_at_random_points_nothing_is_ever_half_written(before):
    """SIGKILL after a random part of the time that a whole sync takes, again and again. What is
    there afterwards is all of version 1 or all of version 2, and the next run succeeds."""
    before.offer_version_2()
    pyproject = before.directory / "pyproject.toml"
    text = pyproject.read_text()
    first = text.replace('"alpha"', '"alpha<2", "beta<2"')
    second = text.replace('"alpha"', '"alpha>=2", "beta>=2"')

    def content() -> dict[str, bytes]:
        return {name: data for name, data in snapshot(before.modules).items()
                if name != ".cwrangler-sync.json"}

    one = content()
    pyproject.write_text(second)
    started = time.monotonic()
    assert before.sync().returncode == 0
    whole = time.monotonic() - started
    two = content()
    assert one != two

    rng = random.Random(7)
    for number in range(KILLS):
        pyproject.write_text(first if number % 2 else second)
        process = subprocess.Popen([CWRANGLER, "sync", "--force"], cwd=before.directory,
                                   env=before.environment, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)
        killer = threading.Timer(rng.uniform(0, whole), process.kill)
        killer.start()
        process.wait()
        killer.cancel()
        assert content() in (one, two), f"half-written after kill {number}"
    pyproject.write_text(second)
    last = before.sync()
    assert last.returncode == 0, last.stderr
    assert content() == two
    assert not [*before.directory.glob("*.cwrangler*"), *before.directory.glob(".tmp*")]
    assert scratch_files(before.directory) == {"sync.lock"}


def test_what_a_killed_sync_has_left_goes_with_the_next_one(before):
    left = [before.directory / name
            for name in ("pylock.cwrangler.toml", "pylock.cwrangler-wheels.toml",
                         "pylock.cwrangler.toml.a1B2c3", "uv.cwrangler.toml", ".tmpa1B2c3")]
    for file in left:
        file.write_text("lock-version = ")
    own = before.directory / ".tmpmine12"
    own.write_text("kept")
    old = before.directory / ".wrangler" / "tmp" / "removed-abcdef" / "python_modules"
    old.mkdir(parents=True)
    (old / "alpha.py").write_text("x = 0")
    assert before.sync().stdout == "python_modules is up to date\n"
    assert not any(file.exists() for file in left)
    assert own.exists()
    assert scratch_files(before.directory) == {"sync.lock"}


def test_offline_with_a_warm_cache(before):
    before.index.down = True
    shutil.rmtree(before.modules)
    asked = len(before.index.requests)
    result = before.sync("--offline")
    assert result.returncode == 0, result.stderr
    assert (before.modules / "alpha.py").exists()
    assert len(before.index.requests) == asked


def test_offline_with_a_cold_cache_says_why(before):
    shutil.rmtree(before.environment["UV_CACHE_DIR"])
    said = refused(before, "--offline", "--force")
    assert "the network is not to be used" in said


# Pyodide's own index: asked when the default one does not suffice, done without when it is away.


def with_pyodide_index(project: Project, url: str) -> None:
    pyproject = project.directory / "pyproject.toml"
    text = pyproject.read_text().replace("pyodide-index = false", f'pyodide-index = "{url}"')
    pyproject.write_text(text.replace('dependencies = ["alpha"]', 'dependencies = ["alpha", "native"]'))


@pytest.fixture
def native(before) -> Project:
    """The project also wants a package whose index has only its source, which needs a compiler."""
    make_sdist(before.index.folder, "native", "1.5", {
        "setup.py": "import sys\nfrom setuptools import setup\nsys.exit('a compiler is needed')\n",
    })
    return before


def test_what_the_default_index_has_no_wheel_of_comes_from_pyodides(native, tmp_path):
    make_wheel(tmp_path / "pyodide", "native", "1.4", tag="cp314-cp314-pyemscripten_2026_0_wasm32")
    with PackageIndex(tmp_path / "pyodide") as pyodide:
        with_pyodide_index(native, pyodide.url)
        native.sync("--python", "3.14")
        result = native.sync("--python", "3.14")
        assert result.returncode == 0, result.stderr
        lock = (native.directory / "pylock.toml").read_text()
        assert 'name = "native"\nversion = "1.4"' in lock
        assert "pyodide-index = true" in lock
        # The lock keeps it, although the default index has a newer source.
        assert native.sync("--force", "--frozen", "--python", "3.14").returncode == 0


def test_an_unreachable_pyodide_index_is_named_when_it_would_have_been_needed(native):
    with_pyodide_index(native, "http://127.0.0.1:9/simple")
    started = time.monotonic()
    said = refused(native, "--python", "3.14")
    assert "native 1.5 cannot be installed" in said
    assert "http://127.0.0.1:9/simple cannot be reached" in said
    assert time.monotonic() - started < 100
    # An index that was not there a moment ago is not waited for again.
    marks = Path(native.environment["CWRANGLER_CACHE_DIR"]) / "unreachable"
    assert list(marks.iterdir())


def test_an_unreachable_pyodide_index_does_not_matter_otherwise(before):
    pyproject = before.directory / "pyproject.toml"
    pyproject.write_text(pyproject.read_text().replace(
        "pyodide-index = false", 'pyodide-index = "http://127.0.0.1:9/simple"'))
    before.offer_version_2()
    result = before.sync("--upgrade", "--python", "3.14")
    assert result.returncode == 0, result.stderr
    # For 3.13 it is asked from the start; that it is away is a warning.
    result = before.sync("--upgrade", "--python", "3.13")
    assert result.returncode == 0, result.stderr
    assert "Pyodide's own index cannot be reached" in result.stderr


def test_an_unreachable_index_of_the_users_own_is_a_warning_too(before):
    pyproject = before.directory / "pyproject.toml"
    text = pyproject.read_text() + '[[tool.uv.index]]\nname = "extra"\nurl = "http://127.0.0.1:9/simple"\n'
    pyproject.write_text(text)
    before.offer_version_2()
    result = before.sync("--upgrade")
    assert result.returncode == 0, result.stderr
    assert "The index cannot be reached: http://127.0.0.1:9/simple" in result.stderr
    assert (before.modules / "alpha.py").read_text().startswith("x = 2")
    # Part of the explanation when it would have been needed.
    pyproject.write_text(text.replace('["alpha"]', '["alpha", "only-there"]'))
    said = refused(before)
    assert "The index cannot be reached: http://127.0.0.1:9/simple" in said
    assert "only-there was not found" in said


def test_an_older_dependent_is_taken_rather_than_none_and_that_is_said(native):
    """`web` 1.1 needs the compiled package, `web` 1.0 does not."""
    make_wheel(native.index.folder, "native", "1.5", tag="cp314-cp314-manylinux_2_17_x86_64")
    make_wheel(native.index.folder, "web", "1.0")
    make_wheel(native.index.folder, "web", "1.1", requires=("native",))
    pyproject = native.directory / "pyproject.toml"
    pyproject.write_text(pyproject.read_text().replace('["alpha"]', '["web"]'))
    result = native.sync("--python", "3.14")
    assert result.returncode == 0, result.stderr
    assert "Older versions were taken, which do not need native" in result.stderr
    assert "web 1.0 instead of 1.1" in result.stderr
    # Another major version of what the project asks for is no substitute.
    (native.directory / "pylock.toml").unlink()
    make_wheel(native.index.folder, "web", "2.0", requires=("native",))
    said = native.sync("--python", "3.14", "--force").stderr
    assert "native 1.5 cannot be installed" in said and "Required by: web → native" in said


def test_an_unsupported_package_is_explained_with_who_wants_it(native):
    make_wheel(native.index.folder, "native", "1.5", tag="cp314-cp314-manylinux_2_17_x86_64")
    make_wheel(native.index.folder, "web", "1.0", requires=("middle",))
    make_wheel(native.index.folder, "middle", "1.0", requires=("native",))
    make_wheel(native.index.folder, "native", "1.2", tag="cp313-cp313-pyodide_2025_0_wasm32")
    pyproject = native.directory / "pyproject.toml"
    pyproject.write_text(pyproject.read_text().replace('["alpha"]', '[\n  "web",\n]'))
    said = refused(native, "--python", "3.14")
    assert "native 1.5 cannot be installed" in said
    assert "Required by: web → middle → native" in said
    assert "pyproject.toml:6:3" in said
    assert "Python 3.13 has a wheel of version 1.2" in said
    assert "pyodide-index = false" in said


def test_optional_compiled_packages_are_left_out_with_a_note(native):
    """`langsmith` names orjson and falls back to json: known_packages.toml says so."""
    make_wheel(native.index.folder, "orjson", "3.0", tag="cp314-cp314-manylinux_2_17_x86_64")
    make_sdist(native.index.folder, "orjson", "3.0", {"setup.py": "raise SystemExit(1)\n"})
    make_wheel(native.index.folder, "langsmith", "1.0", requires=("orjson>=2",))
    pyproject = native.directory / "pyproject.toml"
    text = pyproject.read_text()
    pyproject.write_text(text.replace('["alpha"]', '["langsmith"]'))
    result = native.sync("--python", "3.14")
    assert result.returncode == 0, result.stderr
    assert "Left out: orjson" in result.stderr and "library's json" in result.stderr
    assert "left-out = [ 'orjson' ]" in (native.directory / "pylock.toml").read_text()
    assert native.sync("--force", "--frozen", "--python", "3.14").returncode == 0
    # Not when the project itself asks for it…
    pyproject.write_text(text.replace('["alpha"]', '["langsmith", "orjson"]'))
    assert "orjson 3.0 cannot be installed" in refused(native, "--python", "3.14")
    # …and not when somebody needs it who is not known to do without.
    make_wheel(native.index.folder, "strict", "1.0", requires=("orjson",))
    pyproject.write_text(text.replace('["alpha"]', '["langsmith", "strict"]'))
    assert "strict needs it" in refused(native, "--python", "3.14")
