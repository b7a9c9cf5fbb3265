"""Section 1: compatibility dates and flags, as a running Worker and who starts it see them."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from conformance import configuration
from dev_process import CWRANGLER, make_environment, run_dev
from runtime_process import Runtime, running

# Each flag about Python: the day from which a Worker with `python_workers` has it ("": only when it is
# listed), and the name that turns it off.
FLAGS = {
    "python_workers": ("0000-00-00", ""),
    "python_workers_20250116": ("2025-09-29", "no_python_workers_20250116"),
    "python_workers_314": ("2026-09-08", "no_python_workers_314"),
    "python_workers_20260610": ("", "no_python_workers_20260610"),
    "python_no_global_handlers": ("2025-08-14", "disable_python_no_global_handlers"),
    "python_workers_force_new_vendor_path": ("2025-08-11", ""),
    "python_workflows": ("2025-09-20", "disable_python_workflows"),
    "python_dedicated_snapshot": ("2025-10-16", "disable_python_dedicated_snapshot"),
    "python_check_rng_state": ("2025-12-16", "disable_python_check_rng_state"),
    "python_request_headers_preserve_commas": (
        "2026-02-17", "disable_python_request_headers_preserve_commas"),
    "python_workflows_implicit_dependencies": (
        "2026-02-25", "no_python_workflows_implicit_dependencies"),
    "enable_python_external_sdk": ("2026-04-21", "disable_python_external_sdk"),
    "python_process_pth_files": ("2026-05-26", "disable_python_process_pth_files"),
    "python_external_packages": ("", ""),
    "python_workers_development": ("", ""),
}
PYTHON = {"3.12": "0000-00-00", "3.13": "2025-09-29", "3.14": "2026-09-08"}

WORKER = f"""
import json
import sys

import _cloudflare_compat_flags
from workers import Response, WorkerEntrypoint

try:
    from hidden_module import VALUE
except ImportError:
    VALUE = None

SEEN = {{
    "python": f"{{sys.version_info.major}}.{{sys.version_info.minor}}",
    "flags": {{name: getattr(_cloudflare_compat_flags, name) for name in {list(FLAGS)!r}}},
    "vendor": "/session/metadata/vendor" in sys.path,
    "pth": VALUE == "found",
}}


class Default(WorkerEntrypoint):
    async def fetch(self, request):
        cookies = Response("", headers=[("set-cookie", "a=1"), ("set-cookie", "b=2, c")])
        return Response.json(SEEN | {{"cookies": cookies.headers.get_all("set-cookie")}})

    on_fetch = fetch
"""

ENABLE = [name for name in FLAGS if name != "python_workers_development"]
DISABLE = ["python_workers", *(disable for _, disable in FLAGS.values() if disable)]
DATES = {
    "the first": ("2024-03-29", ["python_workers"]),
    "before Python 3.13": ("2025-09-28", ["python_workers"]),
    "Python 3.13": ("2025-09-29", ["python_workers"]),
    "before Python 3.14": ("2026-09-07", ["python_workers"]),
    "Python 3.14": ("2026-09-08", ["python_workers"]),
    "all flags, early": ("2024-03-29", ENABLE),
    "no flags, late": ("2026-10-01", DISABLE),
    "under development": ("2024-03-29", ["python_workers_development"]),
}


@pytest.fixture(scope="module")
def worker(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a Worker that says what it finds."""
    folder = tmp_path_factory.mktemp("compatibility")
    (folder / "entry.py").write_text(WORKER)
    packages = folder / "python_modules"
    (packages / "hidden").mkdir(parents=True)
    (packages / "hidden.pth").write_text("hidden\n")
    (packages / "hidden" / "hidden_module.py").write_text("VALUE = 'found'\n")
    return folder


@pytest.fixture(scope="module")
def runtime() -> Iterator[Runtime]:
    with running() as started:
        yield started


def expected(date: str, listed: list[str]) -> dict[str, bool]:
    """Which of the flags are on."""
    found = {
        name: name in listed or (bool(since) and date >= since and disable not in listed)
        for name, (since, disable) in FLAGS.items()
    }
    if "python_workers_20250116" not in listed and not found["python_workers_20250116"]:
        # It is this one that implies it.
        found["python_dedicated_snapshot"] = "python_dedicated_snapshot" in listed
    return found


@pytest.mark.parametrize("case", DATES)
def test_what_a_worker_finds_at_a_date(runtime: Runtime, worker: Path, case: str) -> None:
    date, listed = DATES[case]
    runtime.load(configuration(
        worker, "", bindings=[], compatibility_date=date, compatibility_flags=listed))
    runtime.wait_for("loaded")
    status, body = runtime.get("/")
    assert status == 200, body
    seen = json.loads(body)
    flags = expected(date, listed)
    assert seen["flags"] == flags
    newest = flags["python_workers_314"] or flags["python_workers_20260610"]
    if newest or flags["python_workers_development"]:
        assert seen["python"] == "3.14"
    else:
        assert seen["python"] == ("3.13" if flags["python_workers_20250116"] else "3.12")
    # What the flags are about is as they say.
    assert seen["vendor"] is not flags["python_workers_force_new_vendor_path"]
    assert seen["pth"] is flags["python_process_pth_files"]
    assert seen["cookies"] == ["a=1", "b=2, c"]


def write_project(folder: Path, date: str, flags: list[str]) -> None:
    (folder / "entry.py").write_text(WORKER)
    config = {"name": "dates", "main": "entry.py", "compatibility_flags": flags}
    if date:
        config["compatibility_date"] = date
    (folder / "wrangler.json").write_text(json.dumps(config, indent=2))


def environment_of(folder: Path, **variables: str) -> dict[str, str]:
    return {**make_environment(folder / "caches"), **variables}


@pytest.mark.parametrize("version", PYTHON)
def test_dev_runs_the_python_of_the_date(tmp_path: Path, version: str) -> None:
    write_project(tmp_path, max(PYTHON[version], "2024-03-29"), ["python_workers"])
    with run_dev(tmp_path, "--no-sync", environment=environment_of(tmp_path)) as session:
        assert json.loads(session.get().text)["python"] == version
        assert "WARNING" not in session.output


OTHER = (
    "▲ [WARNING] Running Python {wanted}, as {source} says; production will use Python {production} "
    "(compatibility_date {date})."
)
LATEST = "    With a compatibility_date from 2026-09-08 on, production uses Python 3.14."


@pytest.mark.parametrize(("date", "production", "wanted"), [("2026-09-07", "3.13", "3.14"),
                                                            ("2026-09-08", "3.14", "3.12")])
@pytest.mark.parametrize("source", ["--python", "CWRANGLER_PYTHON"])
def test_another_python_is_asked_for(
    tmp_path: Path, source: str, date: str, production: str, wanted: str
) -> None:
    write_project(tmp_path, date, ["python_workers"])
    option = source.startswith("--")
    with run_dev(
        tmp_path, "--no-sync", *([source, wanted] if option else []),
        environment=environment_of(tmp_path, **({} if option else {source: wanted})),
    ) as session:
        assert json.loads(session.get().text)["python"] == wanted
        warning = OTHER.format(wanted=wanted, source=source, production=production, date=date)
        lines = session.output.splitlines()
        assert warning in lines
        # Whom a later date would help is told so.
        assert (LATEST in lines) is (wanted == "3.14")


def test_the_option_counts_more_than_the_variable(tmp_path: Path) -> None:
    write_project(tmp_path, "2026-09-08", ["python_workers"])
    environment = environment_of(tmp_path, CWRANGLER_PYTHON="3.12")
    with run_dev(tmp_path, "--no-sync", "--python", "3.14", environment=environment) as session:
        assert json.loads(session.get().text)["python"] == "3.14"
        assert "WARNING" not in session.output


def test_a_flag_that_the_date_brings_is_only_worth_a_warning(tmp_path: Path) -> None:
    write_project(tmp_path, "2026-06-01", ["python_workers", "python_no_global_handlers"])
    with run_dev(tmp_path, "--no-sync", environment=environment_of(tmp_path)) as session:
        assert session.get().status == 200
        assert (
            "▲ [WARNING] The compatibility flag python_no_global_handlers became the default as of "
            "2025-08-14 so does not need to be specified anymore."
        ) in session.output.splitlines()


def refused(folder: Path, *options: str, **variables: str) -> list[str]:
    """What `cwrangler dev` says and does not start for."""
    result = subprocess.run(
        [CWRANGLER, "dev", "--no-sync", "--port", "0", *options],
        cwd=folder, env=environment_of(folder, **variables), capture_output=True, text=True,
        stdin=subprocess.DEVNULL, timeout=60, check=False,
    )
    assert result.returncode != 0
    assert "Ready on" not in result.stdout
    return result.stderr.splitlines()


REFUSALS = {
    "unknown": (["python_workers", "python_worker"],
                "No such compatibility flag: python_worker", 'Did you mean "python_workers"?', "6:5"),
    "twice": (["python_workers", "python_workers"],
              "Compatibility flag specified multiple times: python_workers",
              "Correct `compatibility_flags` in the Worker's configuration.", "4:"),
    "both": (["python_workers", "no_python_workers_314", "python_workers_314"],
             "Compatibility flags are mutually contradictory: python_workers_314 vs "
             "no_python_workers_314",
             "Correct `compatibility_flags` in the Worker's configuration.", "4:"),
    "no Python": ([], "The `python_workers` compatibility flag is required to use Python.",
                  'Add "python_workers" to compatibility_flags.', "4:"),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_flags_that_cannot_be(tmp_path: Path, case: str) -> None:
    flags, problem, advice, place = REFUSALS[case]
    write_project(tmp_path, "2026-06-01", flags)
    said = refused(tmp_path)
    assert said[0] == f"✘ [ERROR] {problem}"
    # The user's file and line are shown, and what to do.
    assert any(f"wrangler.json:{place}" in line for line in said), said
    assert any(advice in line for line in said), said


def test_a_python_that_there_is_none_of(tmp_path: Path) -> None:
    write_project(tmp_path, "2026-06-01", ["python_workers"])
    for said, source in (
        (refused(tmp_path, "--python", "3.11"), "--python"),
        (refused(tmp_path, CWRANGLER_PYTHON="3.11"), "CWRANGLER_PYTHON"),
    ):
        assert said[0] == f"✘ [ERROR] {source} names an unknown Python version: 3.11"
        assert any("The versions are: 3.12, 3.13, 3.14." in line for line in said), said


def test_a_project_without_a_configuration(tmp_path: Path) -> None:
    said = refused(tmp_path)
    assert said[0] == (
        "✘ [ERROR] No wrangler config found: there is no wrangler.json, wrangler.jsonc or "
        f"wrangler.toml in {os.path.realpath(tmp_path)} or a folder above it."
    )
    assert any("`cwrangler init NAME` makes a new project" in line for line in said), said


def test_a_project_without_a_date(tmp_path: Path) -> None:
    write_project(tmp_path, "", ["python_workers"])
    with run_dev(tmp_path, "--no-sync", environment=environment_of(tmp_path)) as session:
        assert session.get().status == 200
        assert "▲ [WARNING] No compatibility_date was specified. Using today's date: 2" in session.output


# What the runtime says by itself, of a configuration that nobody has looked at before.
@pytest.mark.parametrize(("changes", "problem"), [
    ({"compatibility_flags": []},
     "The python_workers compatibility flag is required to use Python."),
    ({"compatibility_flags": ["python_workers", "x"]}, "No such compatibility flag: x"),
    ({"compatibility_date": "2026-13-01"}, "Invalid compatibility date: 2026-13-01"),
    ({"python_version": "3.11"}, "there is no Python 3.11"),
    ({"main_module": "entry.mjs"}, "Main module needs to end with a .py file extension: entry.mjs"),
])
def test_the_runtime_refuses(
    runtime: Runtime, worker: Path, changes: dict[str, object], problem: str
) -> None:
    runtime.load(configuration(worker, "3.14", bindings=[], **changes))
    failure = runtime.wait_for("load_failed", kind="config")
    assert problem in failure["message"]
