"""`cwrangler sync` beside its peers, in the same run: cold, warm after a change, with nothing to do.

    build/deps/uv/bin/uv run --no-project tests/bench/sync.py [--rounds N]

Peers: plain `uv pip install --target` with the same interpreter (it keeps no lock, and says nothing
when there is nothing to do but resolves all the same), and pywrangler where it is on PATH and can
start. An absolute figure here varies with the machine: compare the rows. The last row is the first
one as a part of plain uv's.

Two changes are measured: an edit that asks for the same packages, and a package that is added and
taken out in turn. Peers start each time without python_modules, as they would leave in it what is no
longer asked for; cwrangler replaces the one that is there.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
BUILD = Path(os.environ.get("CWRANGLER_BUILD", ROOT / "build"))
UV = os.environ.get("CWRANGLER_UV", str(ROOT / "build" / "deps" / "uv" / "bin" / "uv"))
PYTHON = BUILD / "lib" / "cwrangler" / "python" / "3.14" / "bin" / "python3.14"
PROJECT = (
    '[project]\nname = "bench"\nversion = "1"\nrequires-python = ">=3.14"\n'
    'dependencies = ["fastapi", "httpx", "pydantic>=2"]\n'
)
ADDED = "itsdangerous"
KINDS = ("cold", "edited", "added", "no-op")
CONFIG = (
    '{"name": "bench", "main": "src/entry.py", "compatibility_date": "2026-10-01",'
    ' "compatibility_flags": ["python_workers"]}\n'
)


def make_project(folder: Path) -> Path:
    folder.mkdir()
    (folder / "pyproject.toml").write_text(PROJECT)
    (folder / "wrangler.jsonc").write_text(CONFIG)
    return folder


def seconds(command: list[str], folder: Path, environment: dict[str, str]) -> float:
    start = time.perf_counter()
    subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True)
    return time.perf_counter() - start


def edit(folder: Path, number: int) -> None:
    """Makes every tool look again, and asks for nothing else."""
    (folder / "pyproject.toml").write_text(PROJECT + f"# {number}\n")


def add_or_remove(folder: Path, number: int) -> None:
    """A package more, or one less."""
    text = PROJECT.replace('"fastapi"', f'"fastapi", "{ADDED}"') if number % 2 == 0 else PROJECT
    (folder / "pyproject.toml").write_text(text)


CWRANGLER = "cwrangler sync"
PLAIN_UV = "uv pip install --target"


def peers() -> dict[str, list[str]]:
    found = {
        CWRANGLER: [str(BUILD / "bin" / "cwrangler"), "sync"],
        PLAIN_UV: [
            UV, "pip", "install", "--quiet", "--python", str(PYTHON), "--target", "python_modules",
            "--only-binary", ":all:", "-r", "pyproject.toml",
        ],
    }
    if program := shutil.which("pywrangler"):
        found["pywrangler sync"] = [program, "sync"]
    return found


def measure(command: list[str], scratch: Path, rounds: int, replaces: bool) -> dict[str, float]:
    """Median milliseconds of each of KINDS. Cold: no cache of uv's and no python_modules.

    ``replaces``: whether the command gets a python_modules that it has to replace.
    """
    environment = {
        **os.environ,
        "UV_CACHE_DIR": str(scratch / "cache"),
        "CWRANGLER_CACHE_DIR": str(scratch / "cwrangler-cache"),
        "UV_PYTHON_DOWNLOADS": "never",
        "CWRANGLER_UV": UV,
    }
    folder = make_project(scratch / "project")
    times: dict[str, list[float]] = {"cold": [seconds(command, folder, environment)]}
    times["no-op"] = [seconds(command, folder, environment) for _ in range(rounds)]
    add_or_remove(folder, 0)
    seconds(command, folder, environment)  # from now on the cache has the added package
    for kind, change in (("edited", edit), ("added", add_or_remove)):
        times[kind] = []
        for number in range(rounds):
            change(folder, number)
            if not replaces:
                shutil.rmtree(folder / "python_modules")
            times[kind].append(seconds(command, folder, environment))
    return {kind: statistics.median(values) * 1000 for kind, values in times.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    print("| FastAPI + httpx + pydantic, ms (median) | " + " | ".join(KINDS) + " |")
    print("|---" * (1 + len(KINDS)) + "|")
    measured = {}
    for name, command in peers().items():
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            try:
                times = measure(command, Path(folder), options.rounds, name == CWRANGLER)
            except subprocess.CalledProcessError as failed:
                reason = failed.stderr.decode(errors="replace").strip().splitlines()[:1]
                print(f"| {name} | cannot run here: {''.join(reason)} |" + " |" * (len(KINDS) - 1))
                continue
        measured[name] = times
        print(f"| {name} | " + " | ".join(f"{times[kind]:.0f}" for kind in KINDS) + " |", flush=True)
    if len(measured) > 1 and PLAIN_UV in measured:
        parts = [measured[CWRANGLER][kind] / measured[PLAIN_UV][kind] for kind in KINDS]
        print("| as a part of plain uv | " + " | ".join(f"{part:.2f}" for part in parts) + " |")


if __name__ == "__main__":
    main()
