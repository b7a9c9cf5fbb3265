"""Fixtures that drive the real programs over real sockets.

``project``   makes a scratch project from a template or from ``tests/workers``
``template``  makes one from a template
``dev``       runs ``cwrangler dev`` on one until the end of the ``with`` block
``cwrangler`` runs a command to its end
``command_on`` runs commands that work on a sample Worker's data
``share``     the programs' assets, to be changed
``scratch_environment``  the environment of both: caches of the test's own
``shared_worker``  one running Worker for all tests of a module
``runtime``   cwrangler-runtime by itself with the Worker that a module's ``WORKER`` is
``certificate``  what servers that a Worker calls over TLS show
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import dedent

import pytest
from contract import contract  # noqa: F401  a fixture
from dev_process import BUILD, CWRANGLER, ROOT, Session, make_environment, own_cache, run_dev
from peers import Certificate, make_certificate
from runtime_process import Runtime, running, worker_config


# The newest of its major version; Debian 12's own Node, 18, is too old for it.
WRANGLER = "wrangler@4"
WRANGLER_FOR_NODE_18 = "wrangler@4.10"


@pytest.fixture
def share(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The assets of the programs that the test starts: a folder of links, which it may change."""
    share = tmp_path / "share"
    share.mkdir()
    for asset in (BUILD / "share" / "cwrangler").iterdir():
        (share / asset.name).symlink_to(asset)
    monkeypatch.setenv("CWRANGLER_SHARE", str(share))
    return share


@pytest.fixture
def scratch_environment(tmp_path: Path) -> dict[str, str]:
    """An environment of the test's own."""
    return make_environment(tmp_path)


@pytest.fixture
def cwrangler(
    scratch_environment: dict[str, str],
) -> Callable[..., subprocess.CompletedProcess[str]]:
    """``cwrangler(*arguments, cwd=…, env={…})``: runs a command to its end, output captured."""
    scratch_environment = own_cache(scratch_environment)

    def run(
        *arguments: str | Path, cwd: Path, env: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [CWRANGLER, *arguments],
            cwd=cwd,
            env={**scratch_environment, **(env or {})},
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=240,
            check=False,
        )

    return run


@pytest.fixture
def project(
    tmp_path: Path, cwrangler: Callable[..., subprocess.CompletedProcess[str]]
) -> Callable[..., Path]:
    """``project("hello")``: a copy of ``tests/workers/hello``, else of the template of that name."""

    def make(name: str = "hello") -> Path:
        target = tmp_path / f"{name}-project"
        sample = ROOT / "tests" / "workers" / name
        if sample.is_dir():
            shutil.copytree(sample, target)
            if (target / "dev.vars").exists():
                (target / "dev.vars").rename(target / ".dev.vars")
        else:
            created = cwrangler("init", target, "--template", name, cwd=tmp_path)
            assert created.returncode == 0, created.stderr
        return target

    return make


@pytest.fixture
def template(
    tmp_path: Path, cwrangler: Callable[..., subprocess.CompletedProcess[str]]
) -> Callable[..., Path]:
    """``template("d1")``: a new project from the template of that name."""

    def make(name: str) -> Path:
        target = tmp_path / f"{name}-project"
        created = cwrangler("init", target, "--template", name, cwd=tmp_path)
        assert created.returncode == 0, created.stderr
        return target

    return make


@pytest.fixture
def command_on(
    project: Callable[..., Path], cwrangler: Callable[..., subprocess.CompletedProcess[str]]
) -> Callable[..., Callable[..., subprocess.CompletedProcess[str]]]:
    """``command_on("d1")``: a function that runs ``cwrangler d1 …`` in a copy of ``tests/workers/d1``.

    It fails unless the command ends with ``status``. ``.directory`` is the copy.
    """

    def prepare(name: str) -> Callable[..., subprocess.CompletedProcess[str]]:
        directory = project(name)

        def run(*arguments: str, status: int = 0) -> subprocess.CompletedProcess[str]:
            done = cwrangler(name, *arguments, cwd=directory)
            assert done.returncode == status, done.stdout + done.stderr
            return done

        run.directory = directory
        return run

    return prepare


@pytest.fixture
def dev(scratch_environment: dict[str, str]) -> Callable[..., contextlib.AbstractContextManager]:
    """``with dev(project, *arguments, env={…}) as session``: ``run_dev`` in the test's environment."""

    def start(
        directory: Path, *arguments: str, env: dict[str, str] | None = None, **options: object
    ) -> contextlib.AbstractContextManager:
        environment = {**scratch_environment, **(env or {})}
        return run_dev(directory, *arguments, environment=environment, **options)  # type: ignore[arg-type]

    return start


@pytest.fixture
def checks(
    project: Callable[..., Path], dev: Callable[..., contextlib.AbstractContextManager]
) -> Callable[[str], contextlib.AbstractContextManager]:
    """``with checks("kv_checks") as check``: ``check("limits")`` is what that check of the running Worker
    returns; ``check.session`` is its session."""

    @contextlib.contextmanager
    def start(worker: str) -> Iterator[Callable[[str], object]]:
        with dev(project(worker)) as session:

            def check(name: str) -> object:
                answer = session.get(f"/{name}")
                assert answer.status == 200, answer.text
                return json.loads(answer.text)

            check.session = session  # type: ignore[attr-defined]
            yield check

    return start


@pytest.fixture(scope="module")
def shared_worker(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Session]:
    """The Worker of ``tests/workers`` that the module's ``WORKER`` names, booted once for all tests.

    It runs on Python 3.14. Its packages are installed first; without an index the tests are skipped.
    """
    if problem := request.getfixturevalue("index_problem"):
        pytest.skip(f"the package index cannot be reached: {problem}")
    scratch = tmp_path_factory.mktemp("shared")
    directory = scratch / request.module.WORKER
    shutil.copytree(ROOT / "tests" / "workers" / request.module.WORKER, directory)
    environment = {**make_environment(scratch), "CWRANGLER_PYTHON": "3.14"}
    synced = subprocess.run(
        [CWRANGLER, "sync"], cwd=directory, env=environment, capture_output=True, text=True,
        check=False,
    )
    assert synced.returncode == 0, synced.stderr
    with run_dev(directory, environment=environment) as session:
        yield session


@pytest.fixture(scope="session")
def wrangler(tmp_path_factory) -> Path:
    """Real wrangler's entry point, installed from npm once a run."""
    if shutil.which("npm") is None:
        pytest.skip("npm is not installed")
    folder = tmp_path_factory.mktemp("wrangler")
    node = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout
    package = WRANGLER_FOR_NODE_18 if node.startswith("v18.") else WRANGLER
    installed = subprocess.run(
        ["npm", "install", "--no-audit", "--no-fund", "--silent", package],
        cwd=folder, capture_output=True, text=True, timeout=280, check=False)
    assert installed.returncode == 0, installed.stdout + installed.stderr
    return folder / "node_modules" / "wrangler" / "bin" / "wrangler.js"


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    """What the servers that a Worker calls over TLS show."""
    return make_certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture(scope="module")
def runtime(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    certificate: Certificate,
) -> Iterator[Runtime]:
    """cwrangler-runtime with the test module's ``WORKER`` loaded; it trusts ``certificate``."""
    source = tmp_path_factory.mktemp("worker")
    (source / "entry.py").write_text(dedent(request.module.WORKER))
    with running(env={"SSL_CERT_FILE": str(certificate.certificate)}) as started:
        started.load(worker_config(source))
        started.wait_for("loaded")
        yield started


@pytest.fixture(scope="session")
def index_problem() -> str:
    """Why the package index cannot be reached; empty when it can. Asked once a run, if at all."""
    uv = os.environ.get("CWRANGLER_UV", str(ROOT / "build" / "deps" / "uv" / "bin" / "uv"))
    command = [uv, "pip", "compile", "--quiet", "--no-cache", "--no-deps", "-"]
    asked = subprocess.run(command, input="idna\n", capture_output=True, text=True, check=False)
    return "" if asked.returncode == 0 else asked.stderr.strip().splitlines()[0]


@pytest.fixture(autouse=True)
def _skip_without_index(request: pytest.FixtureRequest) -> None:
    """Tests marked ``network`` are skipped where there is no index."""
    if not request.node.get_closest_marker("network"):
        return
    problem = request.getfixturevalue("index_problem")
    if problem:
        pytest.skip(f"the package index cannot be reached: {problem}")
