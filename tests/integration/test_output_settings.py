"""What the environment says about output: events for CI, levels, log files."""

import json
import re
import stat
from pathlib import Path

UTC = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
READY = re.compile(r"Ready on (http://\S+)")


def events_of(file: Path) -> list[dict]:
    events = [json.loads(line) for line in file.read_text().splitlines()]
    for event in events:
        assert event["version"] == 1
        assert UTC.fullmatch(event["timestamp"])
    return events


def test_a_command_that_works_writes_its_session(cwrangler, tmp_path):
    file = tmp_path / "made" / "events.ndjson"
    done = cwrangler("--version", cwd=tmp_path, env={"WRANGLER_OUTPUT_FILE_PATH": str(file)})
    (session,) = events_of(file)
    assert session["type"] == "wrangler-session"
    assert session["command_line_args"] == ["--version"]
    assert session["wrangler_version"] in done.stdout
    cwrangler("complete", "bash", cwd=tmp_path, env={"WRANGLER_OUTPUT_FILE_PATH": str(file)})
    assert [event["type"] for event in events_of(file)] == ["wrangler-session"] * 2  # added to


def test_a_command_that_fails_says_why(cwrangler, tmp_path):
    folder = tmp_path / "events"
    environment = {"WRANGLER_OUTPUT_FILE_DIRECTORY": str(folder)}
    for _ in range(2):
        failed = cwrangler("dev", "--var", "KEY:hunter2", "--var=OTHER:hunter2", cwd=tmp_path, env=environment)
        assert failed.returncode == 1
    files = sorted(folder.iterdir())
    assert len(files) == 2
    for file in files:
        assert re.fullmatch(
            r"wrangler-output-\d{4}-\d\d-\d\d_\d\d-\d\d-\d\d_\d{3}-[0-9a-f]{6}\.json", file.name
        )
        session, failure = events_of(file)
        assert session["command_line_args"] == ["dev", "--var", "KEY:(hidden)", "--var=OTHER:(hidden)"]
        assert failure["type"] == "command-failed"
        assert failure["code"] == 1
        assert failure["message"].split("\n")[0] in failed.stderr


def test_a_file_that_cannot_be_written_is_an_error(cwrangler, tmp_path):
    (tmp_path / "taken").write_text("")
    for path in (tmp_path / "taken" / "file", tmp_path):
        failed = cwrangler("complete", "bash", cwd=tmp_path, env={"WRANGLER_OUTPUT_FILE_PATH": str(path)})
        assert failed.returncode == 1
        assert "the output file" in failed.stderr


def test_levels(project, dev, cwrangler, tmp_path):
    directory = project("hello")
    with dev(directory, env={"WRANGLER_LOG": "info"}) as session:
        assert session.get("/").status == 200
        session.wait_for_line("GET / 200 OK")
        assert "⎔" not in session.output
    with dev(directory, "--log-level", "warn", wait_for=None) as session:
        while True:  # nothing is said when it is ready
            try:
                assert session.get("/").status == 200
                break
            except OSError:
                assert session.process.poll() is None, session.output
        assert session.stop() == 0
        assert "GET /" not in session.output
        assert "⎔" not in session.output
    quiet = cwrangler("dev", cwd=tmp_path, env={"WRANGLER_LOG": "none"})
    assert (quiet.returncode, quiet.stdout, quiet.stderr) == (1, "", "")
    odd = cwrangler("--version", cwd=tmp_path, env={"WRANGLER_LOG": "loud"})
    assert odd.returncode == 0
    assert 'WRANGLER_LOG is "loud", which is none of none, error' in odd.stderr
    debug = cwrangler("check", cwd=directory, env={"WRANGLER_LOG": "debug"})
    assert re.search(r"^\d\d:\d\d:\d\d\.\d{3} cwrangler(-runtime)? debug: ", debug.stderr, re.M), debug.stderr


def test_a_log_file_has_everything(project, dev, cwrangler, tmp_path):
    directory = project("hello")
    file = tmp_path / "logs" / "one.log"
    with dev(directory, env={"WRANGLER_LOG_PATH": str(file)}) as session:
        assert session.get("/").status == 200
        session.wait_for_line("GET / 200 OK")
        assert session.stop() == 0
        assert " debug: " not in session.output
    log = file.read_text()
    assert "[info] [wrangler:info] GET / 200 OK" in log
    assert "debug: loading " in log
    assert "cwrangler-runtime" in log
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    failed = cwrangler(
        "dev", cwd=tmp_path, env={"WRANGLER_LOG_PATH": str(tmp_path / "many"), "WRANGLER_LOG": "none"}
    )
    assert failed.stderr == ""
    (one,) = (tmp_path / "many").iterdir()
    assert re.fullmatch(r"cwrangler-\d{4}-\d\d-\d\d_\d\d-\d\d-\d\d-\d+\.log", one.name)
    assert "[error] " in one.read_text()


def test_a_log_that_cannot_be_written_is_an_error(cwrangler, tmp_path):
    (tmp_path / "taken").write_text("")
    failed = cwrangler("--version", cwd=tmp_path, env={"WRANGLER_LOG_PATH": str(tmp_path / "taken" / "x.log")})
    assert failed.returncode == 1
    assert "writing the log file" in failed.stderr
