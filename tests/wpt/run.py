"""Runs the web platform tests (github.com/web-platform-tests/wpt) that apply to Workers.

    scripts/wpt                      the areas of AREAS
    scripts/wpt url streams/piping   areas, folders or files of the selection
    scripts/wpt ../wpt/dom/x.any.js  any file or folder of a checkout, in the selection or not
    scripts/wpt --update             writes the list of expected failures anew (reasons stay)
    scripts/wpt --table              writes the table of docs/web-platform.md anew

The tests are no part of the project. They are looked for in the folder that CWRANGLER_WPT names, else in
../shared/wpt; where there is none, that is said and the exit status is 77. A failure that is listed in
expected_failures.txt counts as expected; one that is not listed, or a listed test that passes now, fails the run.
A line with asterisks in it stands for every test of that pattern, of which one at least must fail. A reason that
begins with one of TAGS says that the test does not apply; it is run all the same.
"""

from __future__ import annotations

import argparse
import fnmatch
import json
import os
import re
import subprocess
import sys
import tempfile
import urllib.request
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
PROJECT = HERE.parent.parent
EXPECTED = HERE / "expected_failures.txt"
TABLE = PROJECT / "docs" / "web-platform.md"
SKIPPED = 77
#: How many files run at once.
JOBS = 2
#: Seconds for a file, and for one that says that it takes long.
PATIENCE, LONG_PATIENCE = 20, 90

AREAS = [
    "url", "encoding", "streams", "compression", "fetch/api/headers", "fetch/api/request",
    "fetch/api/response", "fetch/api/body", "fetch/api/abort", "fetch/api/basic", "FileAPI",
    "xhr/formdata", "WebCryptoAPI", "dom/abort", "dom/events", "html/webappapis", "console", "hr-time",
    "websockets",
]

#: Why a subtest does not apply, as the reason for its failure begins: the standard says something else by now than
#: when the test was written; Workers do it in a way of their own, which docs/web-platform.md tells.
TAGS = ("[overtaken] ", "[Workers differ] ")

#: Tests of what a Worker does not have, by a part of their path: the reason.
NOT_APPLICABLE = {
    r"idlharness": "compares whole interfaces with Web IDL, which needs tooling of the test server",
    r"/cors/|/credentials/|cookies|with-credentials": "the same-origin policy and cookies are a browser's",
    r"with-xhr|^xhr/(?!formdata)": "there is no XMLHttpRequest in Workers",
    r"FileReader|filereader|Blob-in-worker|Worker-read-file": "there is no FileReader in Workers",
    r"\.window\.js|^dom/nodes": "needs a document",
    r"sharedarraybuffer": "SharedArrayBuffer is not shared with anybody in a Worker",
    r"Send-data\.worker": "what Send-data.any.js is, with placeholders in imported scripts",
    r"on-worker-shutdown": "there are no Workers inside of a Worker",
    r"basic/referrer\.any|websockets/referrer": "there is no page that could be a referrer",
    r"sets-origin": "there is no page that has an origin",
    r"by-sync-xhr": "there is no XMLHttpRequest in Workers",
    r"/wasm/": "WebAssembly cannot be compiled from a response in Workers",
    r"compression-(stream|output-length)\.tentative": "reads a media file that a selection may lack",
    r"Create-Secure|Secure-|/security/": "needs a server with certificates of the tests' own",
    r"stream-tentative": "WebSocketStream is no standard",
    r"(unsupported|replacement)-encodings": "needs XMLHttpRequest",
}


@dataclass(frozen=True)
class Test:
    """One file, in one of its variants."""

    path: Path
    root: Path
    variant: str = ""

    @property
    def name(self) -> str:
        path = self.path
        return str(path.relative_to(self.root) if path.is_relative_to(self.root) else path) + self.variant


@dataclass
class Outcome:
    """What became of the subtests of a file."""

    count: int = 0
    failures: dict[str, str] = field(default_factory=dict)  #: names and what went wrong


def find_root() -> Path | None:
    named = os.environ.get("CWRANGLER_WPT")
    root = Path(named) if named else PROJECT.parent / "shared" / "wpt"
    return root.resolve() if (root / "resources" / "testharness.js").exists() else None


def root_of(path: Path, standard: Path) -> Path:
    """The checkout that a file is in."""
    for folder in path.parents:
        if (folder / "resources" / "testharness.js").exists():
            return folder
    return standard


def reason_left_out(test: Test) -> str | None:
    for pattern, reason in NOT_APPLICABLE.items():
        if re.search(pattern, test.name):
            return reason
    if re.search(r"^// META: global=window\s*$", test.path.read_text(errors="replace"), re.M):
        return "for windows only"
    return None


def select(names: list[str], root: Path) -> list[Test]:
    """The tests of areas, folders and files."""
    tests = []
    for name in names:
        at = root / name if (root / name).exists() else Path(name).resolve()
        if not at.exists():
            # An area that this selection lacks.
            print(f"{name}: not in {root}", file=sys.stderr)
            continue
        files = [at] if at.is_file() else sorted([*at.rglob("*.any.js"), *at.rglob("*.worker.js")])
        for file in files:
            variants = re.findall(r"^// META: variant=(\S*)\s*$", file.read_text(errors="replace"), re.M)
            tests += [Test(file, root_of(file, root), variant) for variant in variants or [""]]
    return tests


class Runner:
    """Runs files in wpt-shell, one process each."""

    def __init__(self, shell: str, http: int | None, scratch: Path) -> None:
        self._shell = shell
        self._server = f"http://localhost:{http}"
        self._scratch = scratch

    def run(self, test: Test) -> Outcome:
        source = test.path.read_text(errors="replace")
        seconds = LONG_PATIENCE if re.search(r"^// META: timeout=long", source, re.M) else PATIENCE
        names = re.findall(r"^// META: script=(.*)$", source, re.M)
        helpers = [test.root / name.strip()[1:] if name.startswith("/") else test.path.parent / name.strip()
                   for name in names]
        with tempfile.NamedTemporaryFile("w", suffix=".js", dir=self._scratch) as settings:
            folder = test.path.parent
            below = folder.relative_to(test.root) if folder.is_relative_to(test.root) else Path()
            settings.write("globalThis.wpt = " + json.dumps({
                "root": str(test.root), "search": test.variant,
                "base": f"{self._server}/{below}/{test.path.name}"}) + ";")
            settings.flush()
            scripts = [Path(settings.name), HERE / "begin.js", test.root / "resources/testharness.js",
                       HERE / "end.js", *map(self._filled_in, [*helpers, test.path])]
            if test.path.name.endswith(".any.js"):
                scripts.append(HERE / "done.js")  # other files say themselves when they have declared all
            return self._outcome(
                [self._shell, str(seconds), str(folder), *map(str, scripts)], seconds)

    def _outcome(self, command: list[str], seconds: int) -> Outcome:
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False,
                                  timeout=seconds + 30, errors="replace")
            result = json.loads(done.stdout)
        except subprocess.TimeoutExpired:
            return Outcome(1, {"(file)": "no result in time"})
        except ValueError:
            return Outcome(1, {"(file)": (done.stderr.strip().splitlines() or ["no result in time"])[0]})
        failures = {t["name"]: t["error"] for t in result["tests"] if t["error"] is not None}
        if result["harness"]:
            failures["(file)"] = result["harness"]
        return Outcome(len(result["tests"]) + bool(result["harness"]), failures)

    def _filled_in(self, script: Path) -> Path:
        """A script whose placeholders the server fills in, as it does so; named with "?pipe=sub" too."""
        if ".sub." not in script.name and "?" not in script.name:
            return script
        root = root_of(script, script.parent)
        with urllib.request.urlopen(f"{self._server}/{script.relative_to(root)}") as answer:
            content = answer.read()
        with tempfile.NamedTemporaryFile(suffix=".js", dir=self._scratch, delete=False) as file:
            file.write(content)
        return Path(file.name)


def read_expected() -> dict[str, str]:
    """"FILE | TEST" to the reason above it. Lines that start with "# " are reasons."""
    reason, expected = "", {}
    for line in EXPECTED.read_text().splitlines():
        if line.startswith("# "):
            reason = line[2:]
        elif line:
            expected[line] = reason
    return expected


def is_pattern(key: str) -> bool:
    return "*" in key.partition(" | ")[0]


def matching(key: str, patterns: Iterable[str]) -> list[str]:
    """The patterns, of those given, that a failure fits."""
    # Brackets are part of many names.
    return [pattern for pattern in patterns if fnmatch.fnmatchcase(key, pattern.replace("[", "[[]"))]


def matching_files(pattern: str, files: Iterable[str]) -> bool:
    return any(fnmatch.fnmatchcase(file, pattern.replace("[", "[[]")) for file in files)


def key_of(test: Test, name: str) -> str:
    """One line for a test, whatever its name contains."""
    return f"{test.name} | {json.dumps(name, ensure_ascii=True)[1:-1]}"


def write_expected(failures: dict[str, str], old: dict[str, str], ran: set[str]) -> None:
    """Keeps what is known of files that did not run, and patterns."""
    patterns = {key: reason for key, reason in old.items() if is_pattern(key)}
    kept = {key: reason for key, reason in old.items() if key.partition(" | ")[0] not in ran}
    single = {key: error for key, error in failures.items() if not matching(key, patterns)}
    groups: dict[str, list[str]] = {}
    for key in sorted({**kept, **single}):
        groups.setdefault(old.get(key) or f"Not examined: {failures[key][:80]}", []).append(key)
    EXPECTED.write_text("\n".join(
        f"# {reason}\n" + "\n".join(keys) + "\n" for reason, keys in sorted(groups.items())))


def tag_of(key: str, expected: dict[str, str]) -> str | None:
    """Why a failed test does not apply, if it does not."""
    fits = matching(key, filter(is_pattern, expected))
    reason = expected.get(key) or (expected[fits[0]] if fits else "")
    return next((tag for tag in TAGS if reason.startswith(tag)), None)


def table(outcomes: dict[Test, Outcome], left_out: dict[str, str], expected: dict[str, str]) -> str:
    """Lines of Markdown: one for each area."""
    lines = ["| area | files | subtests | overtaken | Workers differ | of the others, passed | failed | files that do "
             "not apply |", "|---|---:|---:|---:|---:|---:|---:|---:|"]
    sums = [0] * 7
    for area in AREAS:
        here = {test: outcome for test, outcome in outcomes.items() if test.name.startswith(f"{area}/")}
        if not here:
            continue  # an area that this checkout lacks, or has as pages only
        tags = Counter(tag_of(key_of(test, name), expected)
                       for test, outcome in here.items() for name in outcome.failures)
        count = sum(outcome.count for outcome in here.values())
        row = [len(here), count, *(tags[tag] for tag in TAGS), count - tags.total(), tags[None],
               sum(name.startswith(f"{area}/") for name in left_out)]
        sums = [a + b for a, b in zip(sums, row)]
        lines.append(_line(area, row))
    return "\n".join([*lines, _line("**all**", sums)])


def _line(area: str, row: list[int]) -> str:
    *_, passed, failed, _ = row
    cells = [str(figure) for figure in row]
    cells[4] += f" ({100 * passed / max(passed + failed, 1):.1f} %)"
    return "| " + " | ".join([area, *cells]) + " |"


def write_table(text: str) -> None:
    begin, end = "<!-- table -->\n", "<!-- end of table -->"
    page = TABLE.read_text()
    head, rest = page.split(begin)
    TABLE.write_text(head + begin + text + "\n" + end + rest.split(end)[1])


def report(failures: dict[str, str], expected: dict[str, str]) -> bool:
    """Whether all is as it was expected."""
    patterns = [key for key in expected if is_pattern(key)]
    fitting = {key: matching(key, patterns) for key in failures}
    new = sorted(key for key in failures if key not in expected and not fitting[key])
    needed = {pattern for fits in fitting.values() for pattern in fits}
    mended = sorted(set(expected) - set(failures) - needed)
    for key in new:
        print(f"FAILED {key}\n       {failures[key][:200]}")
    for key in mended:
        print(f"PASSES NOW {key}")
    return not new and not mended


def main() -> int:
    parser = argparse.ArgumentParser(description="Runs the web platform tests that apply to Workers.")
    parser.add_argument("--shell", default=str(PROJECT / "build/bin/wpt-shell"))
    parser.add_argument("--update", action="store_true", help="write the expected failures anew")
    parser.add_argument("--table", action="store_true", help="write the table of the documentation anew")
    parser.add_argument("paths", nargs="*")
    options = parser.parse_args()
    root = find_root()
    if root is None:
        print("web platform tests: skipped, they are neither in ../shared/wpt nor where CWRANGLER_WPT says")
        return SKIPPED
    from server import serving  # its packages are only there with the tests'

    tests = select(options.paths or AREAS, root)
    named = {str(Path(path).resolve()) for path in options.paths}
    left_out = {test.name: reason for test in tests
                if str(test.path) not in named and (reason := reason_left_out(test))}
    chosen = [test for test in tests if test.name not in left_out]
    with tempfile.TemporaryDirectory() as scratch, serving(root) as ports:
        runner = Runner(options.shell, ports.http, Path(scratch))
        with ThreadPoolExecutor(JOBS) as pool:
            outcomes = {test.name: outcome
                        for test, outcome in zip(chosen, pool.map(runner.run, chosen))}
    failures = {key_of(test, name): reason.replace("\n", " ")
                for test in chosen for name, reason in outcomes[test.name].failures.items()}
    expected = read_expected()
    if options.update:
        write_expected(failures, expected, set(outcomes))
        expected = read_expected()
    if options.table:
        write_table(table({test: outcomes[test.name] for test in chosen}, left_out, expected))
    ok = report(failures, {key: reason for key, reason in expected.items()
                           if matching_files(key.partition(" | ")[0], outcomes)})
    total = sum(outcome.count for outcome in outcomes.values())
    print(f"web platform tests: {total} in {len(outcomes)} files, {total - len(failures)} passed, "
          f"{len(failures)} failed; {len(left_out)} files do not apply")
    return 0 if ok else 1


if __name__ == "__main__":
    sys.exit(main())
