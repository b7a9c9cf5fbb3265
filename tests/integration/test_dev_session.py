"""The dev session around the Worker: reloads, crashes, signals. What Workers do is tested elsewhere."""

import os
import re
import select
import signal
import socket
import subprocess
import time
from pathlib import Path

import pytest

from dev_process import CWRANGLER, READY, fetch, free_port

WORKER = """\
from workers import Response, WorkerEntrypoint


class Default(WorkerEntrypoint):
    async def fetch(self, request):
        return Response("{answer}")
"""

UPDATED = r"^⎔ Local server updated and ready$"


def write_worker(project: Path, answer: str) -> None:
    (project / "src" / "entry.py").write_text(WORKER.format(answer=answer))


def is_running(pid: int) -> bool:
    """Whether a process runs; one that has ended but was not collected does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def wait_until_ended(pid: int) -> None:
    """Waits for a process that is not our child."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    with os.fdopen(descriptor) as handle:
        ended, _, _ = select.select([handle], [], [], 10)
        assert ended, f"process {pid} is still there"


def test_the_request_is_answered_and_logged(project, dev):
    with dev(project("hello")) as session:
        assert session.get("/some/path?x=1").status == 200
        session.wait_for_line(r"^\[wrangler:info\] GET /some/path 200 OK \(\d+ms\)$")
        assert session.stop() == 0


def test_localhost_means_both_address_families(project, dev):
    with dev(project("hello")) as session:
        port = int(session.url.rsplit(":", 1)[1])
        assert fetch(f"http://127.0.0.1:{port}/").status == 200
        if socket.has_ipv6 and Path("/proc/net/if_inet6").exists():
            assert fetch(f"http://[::1]:{port}/").status == 200


def test_without_a_port_the_next_free_one_is_taken(project, scratch_environment):
    directory = project("hello")
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            taken.bind(("127.0.0.1", 8787))
            taken.listen()
        except OSError:
            pass  # taken by something else: as good
        process = subprocess.Popen(
            [CWRANGLER, "dev"], cwd=directory, env=scratch_environment, stdout=subprocess.PIPE, text=True
        )
        try:
            ready = next(found for line in process.stdout if (found := READY.match(line.rstrip())))
            assert not ready["url"].endswith(":8787")
            assert fetch(ready["url"].replace("localhost", "127.0.0.1")).status == 200
        finally:
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=10)


def test_a_taken_port_is_refused_in_wranglers_words(project, cwrangler):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        result = cwrangler("dev", "--port", str(port), cwd=project("hello"))
    assert result.returncode == 1
    assert (
        f"Address already in use (127.0.0.1:{port}). Please check that you are not already running"
        in result.stderr
    )


def test_edits_additions_and_deletions_reload(project, dev):
    directory = project("hello")
    with dev(directory) as session:
        write_worker(directory, "second")
        session.wait_for_line(r"^⎔ Reloading local server\.\.\.$")
        session.wait_for_line(UPDATED)
        assert session.get().text == "second"
        # As editors save: a file beside, renamed over the old one.
        beside = directory / "src" / ".entry.py.swp"
        beside.write_text(WORKER.format(answer="third"))
        beside.rename(directory / "src" / "entry.py")
        session.wait_for_line(UPDATED)
        assert session.get().text == "third"
        added = directory / "src" / "added.py"
        added.write_text("x = 1\n")
        session.wait_for_line(UPDATED)
        added.unlink()
        session.wait_for_line(UPDATED)


def test_a_change_of_local_secrets_reloads(project, dev):
    directory = project("hello")
    with dev(directory) as session:
        (directory / ".dev.vars").write_text("TOKEN=not-for-the-terminal\n")
        session.wait_for_line(UPDATED)
        assert 'env.TOKEN ("(hidden)")' in session.output
        assert "not-for-the-terminal" not in session.output


def test_a_broken_worker_keeps_the_session_and_recovers(project, dev):
    directory = project("hello")
    with dev(directory) as session:
        (directory / "src" / "entry.py").write_text("def broken(:\n")
        session.wait_for_line(r"entry\.py")
        session.wait_for_line(r"Waiting for a change")
        write_worker(directory, "mended")
        session.wait_for_line(UPDATED)
        assert session.get().text == "mended"


def test_tracebacks_name_the_projects_files(project, dev):
    directory = project("hello")
    entry = directory / "src" / "entry.py"
    entry.write_text(WORKER.replace("return Response(", "import helper\n        return Response("))
    (directory / "src" / "helper.py").write_text("import json\n\njson.loads('{')\n")
    with dev(directory) as session:
        answer = session.get()
        assert answer.status == 500
        # The Worker itself knows its files by the names that they have in production.
        assert 'File "/session/metadata/entry.py", line 6, in fetch' in answer.text
        session.wait_for_line(r'^  File "src/entry\.py", line 6, in fetch$')
        session.wait_for_line(r'^  File "src/helper\.py", line 3, in <module>$')
        session.wait_for_line(r'^  File "/lib/python.*/json/__init__\.py", line \d+, in loads$')
        entry.write_text("import helper\n")
        session.wait_for_line(r'^  File "src/entry\.py", line 1, in <module>$')
        session.wait_for_line(r'^  File "src/helper\.py", line 3, in <module>$')


def test_a_worker_broken_from_the_start_answers_with_its_error_and_recovers(project, dev):
    directory = project("hello")
    (directory / "src" / "entry.py").write_text("raise ValueError('at the top level')\n")
    with dev(directory, wait_for=r"Waiting for a change") as session:
        assert "at the top level" in session.output
        assert session.get().status == 500
        write_worker(directory, "mended")
        session.wait_for_line(READY)
        assert session.get().text == "mended"


def test_a_broken_configuration_keeps_the_old_code(project, dev):
    directory = project("hello")
    config = directory / "wrangler.jsonc"
    good = config.read_text()
    with dev(directory) as session:
        config.write_text("{ oops")
        session.wait_for_line(r"✘ \[ERROR\]")
        session.wait_for_line(r"wrangler\.jsonc:1:3")
        assert session.get().status == 200
        config.write_text(good.replace("{", '{ "vars": { "ADDED": "yes" },', 1))
        session.wait_for_line(UPDATED)
        assert 'env.ADDED ("yes")' in session.output


def test_a_runtime_that_dies_is_replaced_behind_the_same_socket(project, dev):
    with dev(project("hello")) as session:
        pid = session.runtime_pid()
        os.kill(pid, signal.SIGABRT)
        wait_until_ended(pid)
        # Asked before there is another: the request waits in the socket's queue for it.
        assert session.get().status == 200
        session.wait_for_line(r"runtime ended unexpectedly: signal 6 \(Aborted\)")
        session.wait_for_line(UPDATED)
        assert session.runtime_pid() != pid


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_in_time_and_leaves_nothing_behind(project, dev, number):
    with dev(project("hello")) as session:
        runtime = session.runtime_pid()
        start = time.monotonic()
        assert session.stop(number) == 0
        assert time.monotonic() - start < 2.0
        assert not is_running(runtime)


def test_a_hung_runtime_does_not_keep_it_from_ending(project, dev):
    with dev(project("hello")) as session:
        runtime = session.runtime_pid()
        os.kill(runtime, signal.SIGSTOP)
        start = time.monotonic()
        assert session.stop() == 0
        assert time.monotonic() - start < 2.0
        assert not is_running(runtime)


def test_the_runtime_does_not_outlive_a_killed_session(project, dev):
    with dev(project("hello")) as session:
        runtime = session.runtime_pid()
        session.process.kill()
        session.process.wait()
        wait_until_ended(runtime)


def test_output_that_nobody_reads_does_not_keep_it_from_ending(project, scratch_environment):
    directory = project("hello")
    (directory / "src" / "entry.py").write_text(
        "import sys\nfrom workers import Response, WorkerEntrypoint\n\n"
        "class Default(WorkerEntrypoint):\n    async def fetch(self, request):\n"
        "        for _ in range(20_000):\n            print('x' * 500)\n"
        "        return Response('done')\n"
    )
    port = free_port()
    process = subprocess.Popen(
        [CWRANGLER, "dev", "--port", str(port)],
        cwd=directory,
        env=scratch_environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    try:
        while not READY.match(process.stdout.readline().decode().rstrip()):
            assert process.poll() is None
        with socket.create_connection(("127.0.0.1", port)) as client:
            client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            # Once the first of ten megabytes is here, the rest waits behind a full pipe.
            assert process.stdout.read(1000)
            start = time.monotonic()
            process.send_signal(signal.SIGINT)
            assert process.wait(10) == 0
            assert time.monotonic() - start < 2.5
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def test_an_interruption_before_it_is_ready_is_reported_as_one(project, dev):
    directory = project("hello")
    (directory / "src" / "entry.py").write_text("while True:\n    pass\n")
    with dev(directory, wait_for=r"Starting local server") as session:
        assert session.stop() == 130


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (None, r"wrangler\.(toml|json)"),
        ('{"name": "x", "compatibility_flags": ["python_workers"]}', "entry-point"),
        ('{"name": "x", "main": "src/entry.py", "compatibility_date": "2026-11-01"}', "python_workers"),
    ],
)
def test_a_project_that_cannot_start_says_why(project, cwrangler, config, message):
    directory = project("hello")
    path = directory / "wrangler.jsonc"
    if config is None:
        path.unlink()
    else:
        path.write_text(config)
    result = cwrangler("dev", cwd=directory)
    assert result.returncode == 1
    assert re.search(message, result.stderr), result.stderr
