"""`cwrangler sync` beside its peers, in the same run: no-op, warm after a change, cold.

    build/deps/uv/bin/uv run --no-project tests/bench/sync.py [--rounds N]

Peers: plain `uv pip install --target` with the same interpreter (it keeps no lock, and says nothing
when there is nothing to do but resolves all the same), and pywrangler where it is on PATH and can
start. An absolute figure here varies with the machine: compare the rows.
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


def change(folder: Path, number: int) -> None:
    """An edit that makes every tool look again, and asks for nothing else."""
    (folder / "pyproject.toml").write_text(PROJECT + f"# {number}\n")


def peers() -> dict[str, list[str]]:
    found = {
        "cwrangler sync": [str(BUILD / "bin" / "cwrangler"), "sync"],
        "uv pip install --target": [
            UV, "pip", "install", "--quiet", "--python", str(PYTHON), "--target", "python_modules",
            "--only-binary", ":all:", "-r", "pyproject.toml",
        ],
    }
    if program := shutil.which("pywrangler"):
        found["pywrangler sync"] = [program, "sync"]
    return found


def measure(command: list[str], scratch: Path, rounds: int) -> dict[str, list[float]]:
    """Seconds of each kind. Cold: no cache of uv's and no python_modules."""
    environment = {
        **os.environ,
        "UV_CACHE_DIR": str(scratch / "cache"),
        "XDG_CACHE_HOME": str(scratch / "xdg"),
        "UV_PYTHON_DOWNLOADS": "never",
        "CWRANGLER_UV": UV,
    }
    folder = make_project(scratch / "project")
    times: dict[str, list[float]] = {"cold": [seconds(command, folder, environment)]}
    times["no-op"] = [seconds(command, folder, environment) for _ in range(rounds)]
    times["warm"] = []
    for number in range(rounds):
        change(folder, number)
        shutil.rmtree(folder / "python_modules")
        times["warm"].append(seconds(command, folder, environment))
    return times


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    print("| FastAPI + httpx + pydantic, ms (median) | cold | warm, after a change | no-op |")
    print("|---|---|---|---|")
    for name, command in peers().items():
        with tempfile.TemporaryDirectory() as folder:
            try:
                times = measure(command, Path(folder), options.rounds)
            except subprocess.CalledProcessError as failed:
                reason = failed.stderr.decode(errors="replace").strip().splitlines()[:1]
                print(f"| {name} | cannot run here: {''.join(reason)} | | |")
                continue
        row = [statistics.median(times[kind]) * 1000 for kind in ("cold", "warm", "no-op")]
        print(f"| {name} | " + " | ".join(f"{figure:.0f}" for figure in row) + " |", flush=True)


if __name__ == "__main__":
    main()
