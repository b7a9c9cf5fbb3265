"""`cwrangler deploy` as a person at a terminal of 80 columns sees it: sizes, what is under way, questions."""

import gzip
import re
import shutil
import unicodedata

import pytest
from dev_process import CWRANGLER
from recorded_api import RECORDINGS, RecordedApi
from screen import Screen

COLUMNS = 80
CLEAR = "\r\x1b[2K"


@pytest.fixture
def deploying(scratch_environment, tmp_path):
    """``deploying(case, project, *arguments)``: a terminal with the deployment of a recording, and the API."""
    ends = []

    def start(case, name, *arguments, change=None):
        project = shutil.copytree(RECORDINGS / "projects" / name, tmp_path / name)
        api = RecordedApi(case).__enter__()
        ends.append(lambda: api.__exit__(None, None, None))
        if change:
            change(api.exchanges)
        environment = {name: value for name, value in scratch_environment.items() if name not in ("CI", "NO_COLOR")}
        screen = Screen(project, {**environment, **api.environment, "TERM": "xterm"}, COLUMNS,
                        [CWRANGLER, "deploy", *arguments])
        ends.append(screen.close)
        return screen, api

    yield start
    for end in ends:
        end()


def width_of(line):
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line)


def lines_on(screen):
    """The lines as they stand there at the end: without colours, and without what was cleared."""
    lines = [line.rsplit(CLEAR, 1)[-1] for line in screen.transcript.split("\n")]
    return [re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", line) for line in lines]


def kibibytes(size):
    return f"{size / 1024:.2f} KiB"


def test_sizes_of_modules_and_of_the_upload(deploying):
    screen, api = deploying("deploy-vendored", "vendored")
    modules = RECORDINGS / "projects" / "vendored"
    assert screen.wait_for_end() == 0, screen.transcript
    lines = lines_on(screen)
    assert max(map(width_of, lines)) <= COLUMNS
    rows = {cells[1].strip(): cells[3].strip() for line in lines if len(cells := line.split("│")) == 5}
    source, vendored = modules / "src", modules / "python_modules"
    for name in ("helper.py", "sub/mod.py", "m.wasm", "note.txt"):
        assert rows[name] == kibibytes((source / name).stat().st_size), name

    upload = next(request for request in api.received if request.method in ("PUT", "POST") and "multipart" in request.body)
    parts = [part for part in upload.body["multipart"] if part["name"] != "metadata"]
    contents = [part["text"].encode("utf-8", "surrogateescape") for part in parts]
    assert rows["Vendored Modules"] == kibibytes(sum(
        len(content) for part, content in zip(parts, contents) if (vendored.parent / part["name"]).is_file()
        and part["name"].startswith("python_modules/")))
    assert rows[f"Total ({len(parts) - 1} modules)"] == kibibytes(sum(map(len, contents[1:])))
    compressed = len(gzip.compress(b"".join(contents), 6))
    assert f"Total Upload: {kibibytes(sum(map(len, contents)))} / gzip: {kibibytes(compressed)}" in lines


def test_what_is_under_way_is_shown_and_leaves_no_trace(deploying):
    screen, _ = deploying("deploy-big-first", "big")
    screen.wait_for(r"Found 2 new or modified static assets to upload")
    screen.wait_for(r"Uploaded 2 of 2 assets")
    # The line that moves is on the terminal while the Worker goes up, and taken away afterwards.
    screen.wait_for(r"\r\x1b\[2K. Uploading big…")
    screen.wait_for(r"\r\x1b\[2K[^\n]*\n")
    assert screen.wait_for_end() == 0, screen.transcript
    lines = lines_on(screen)
    assert not [line for line in lines if "Uploading big" in line]
    bindings = [line for line in lines if line.startswith("env.")]
    assert bindings and max(map(width_of, bindings)) <= COLUMNS
    assert "+ /css/style.css" in lines and "+ /index.html" in lines
    assert any(line.startswith("Uploaded big (") for line in lines)


def made_in_the_dashboard(exchanges):
    exchanges[0]["answer"]["result"]["default_environment"]["script"]["last_deployed_from"] = "dash"


@pytest.mark.parametrize("answer", ["y", "n"])
def test_with_strict_a_person_decides(deploying, answer):
    screen, api = deploying("deploy-hello-second", "hello", "--strict", change=made_in_the_dashboard)
    screen.wait_for("Edits that have been made via the dashboard")
    screen.wait_for(r"\? Would you like to continue\?")
    assert all(request.method == "GET" for request in api.received)
    screen.press(answer + "\n")
    assert screen.wait_for_end() == 0, screen.transcript
    deployed = [request for request in api.received if request.method == "POST" and request.path.endswith("/versions")]
    assert len(deployed) == (1 if answer == "y" else 0)
    assert ("Current Version ID: " in screen.transcript) == (answer == "y")
