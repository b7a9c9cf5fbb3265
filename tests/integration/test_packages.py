"""Popular packages do their hello world in the runtime, and what they take for granted is there.

All of them are in one Worker, ``tests/workers/packages``; the path chooses which one answers.
"""

import http.client
import json
import threading
from collections.abc import Iterator

import pytest
from websockets.sync.client import connect

from dev_process import Answer, Session
from multipart import multipart

WORKER = "packages"

pytestmark = pytest.mark.network

PAGE = "<p>A page of the bundle for {{ name }}, with ünïcode.</p>\n"
MEGABYTES = bytes(3_000_000)


@pytest.fixture
def worker(shared_worker: Session) -> Session:
    return shared_worker


def ask_at_once(worker: Session, *paths: str) -> list[Answer]:
    """Asks for all paths at the same time; the answers are in the order of the paths."""
    answers: list[Answer | None] = [None] * len(paths)

    def ask(index: int) -> None:
        answers[index] = worker.get(paths[index])

    threads = [threading.Thread(target=ask, args=(index,)) for index in range(len(paths))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [answer for answer in answers if answer is not None]


@pytest.mark.parametrize(
    ("package", "answer"),
    [
        ("aiohttp", {"url": "http://example.org/hello"}),
        ("beautifulsoup4", {"items": ["two"]}),
        ("httpx", {"url": "http://example.org/a%20b?q=%C3%BC", "answer": {"at": "/there"}}),
        ("jinja2", {"page": PAGE.replace("{{ name }}", "&lt;you&gt;").rstrip("\n")}),
        ("requests", {"url": "http://example.org/?q=a+b"}),
        ("sqlalchemy", {"names": ["Grace", "Ada"]}),
    ],
)
def test_hello_world_of(worker, package, answer):
    assert json.loads(worker.get(f"/{package}").text) == answer


def test_pygments_marks_a_keyword(worker):
    assert '<span class="k">def</span>' in json.loads(worker.get("/pygments").text)["html"]


# FastAPI, over ASGI.


def test_fastapi_runs_sync_routes_and_dependencies_without_threads(worker):
    assert json.loads(worker.get("/fastapi/sync").text) == {"value": "from a dependency"}


def test_fastapi_validates_bodies(worker):
    headers = {"content-type": "application/json"}
    good = worker.get("/fastapi/orders", method="POST", body=b'{"item": "tea"}', headers=headers)
    assert json.loads(good.text) == {"item": "tea", "count": 1}
    bad = worker.get("/fastapi/orders", method="POST", body=b'{"count": 1}', headers=headers)
    assert bad.status == 422 and '"missing"' in bad.text


def test_fastapi_has_the_environment_and_what_its_lifespan_made(worker):
    answer = json.loads(worker.get("/fastapi/env").text)
    assert answer == {"message": "from the configuration", "started": True}


def test_fastapi_answers_with_the_status_that_was_raised(worker):
    answer = worker.get("/fastapi/missing")
    assert (answer.status, answer.text) == (404, '{"detail":"there is no such thing"}')


def test_fastapi_reads_uploaded_files(worker):
    body, headers = multipart(note="grüße", file=MEGABYTES)
    answer = worker.get("/fastapi/upload", method="POST", body=body, headers=headers)
    expected = {"note": "grüße", "name": "file.bin", "size": len(MEGABYTES)}
    assert json.loads(answer.text) == expected


def test_fastapi_reads_a_body_in_pieces(worker):
    answer = json.loads(worker.get("/fastapi/length", method="POST", body=MEGABYTES).text)
    assert answer["total"] == len(MEGABYTES)
    assert answer["chunks"] > 1


@pytest.mark.parametrize("path", ["/fastapi/stream", "/fastapi/sync-stream", "/litestar/stream",
                                  "/flask/stream"])
def test_a_body_that_is_made_piece_by_piece(worker, path):
    answer = worker.get(path)
    assert (answer.status, answer.text) == (200, "0\n1\n2\n")


def test_fastapi_streams_more_than_the_buffers_hold(worker):
    answer = worker.get("/fastapi/large")
    assert len(answer.body) == 16 << 20 and not any(answer.body)


def test_server_sent_events_arrive_as_they_are_sent(worker):
    """The Worker sends the second event only after another request, made after the first event."""
    host = worker.url.removeprefix("http://")
    connection = http.client.HTTPConnection(host, timeout=60)
    connection.request("GET", "/fastapi/events")
    with connection.getresponse() as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        assert response.read1() == b"data: first\n\n"
        assert worker.get("/fastapi/release").text == "released"
        assert response.read() == b"data: second\n\n"
    connection.close()


def test_fastapi_runs_background_tasks_and_lifespans(worker):
    assert json.loads(worker.get("/fastapi/background").text) == {"state": "answered"}
    happened = json.loads(worker.get("/fastapi/happened").text)
    assert happened[0] == "startup"
    # The lifespans of other requests may end in between.
    assert [event for event in happened if event.endswith("task")] == ["sync task", "task"]
    assert "shutdown" in happened[happened.index("task") :]


@pytest.mark.parametrize("path", ["/fastapi/file", "/fastapi/static/page.html", "/flask/file",
                                  "/flask/static/page.html"])
def test_files_of_the_bundle_are_served(worker, path):
    answer = worker.get(path)
    assert (answer.status, answer.text) == (200, PAGE)
    headers = {name.lower(): value for name, value in answer.headers.items()}
    assert headers["content-type"] == "text/html; charset=utf-8"


def test_fastapi_requests_have_contexts_of_their_own(worker):
    answers = ask_at_once(worker, "/fastapi/who/a", "/fastapi/who/b")
    assert [json.loads(answer.text) for answer in answers] == [
        {"before": "nobody", "after": "a"},
        {"before": "nobody", "after": "b"},
    ]


def test_fastapi_routes_may_block(worker):
    assert json.loads(worker.get("/fastapi/block").text)["seconds"] >= 0.05


# Litestar, over ASGI.


def test_litestar(worker):
    assert json.loads(worker.get("/litestar/hello/you").text) == {"message": "Hello, you!"}
    assert worker.get("/litestar/sync").text == "sync"
    assert worker.get("/litestar/thread").text == "in place of a thread"
    answer = worker.get("/litestar/orders", method="POST", body=b'{"item": "tea", "count": 3}',
                        headers={"content-type": "application/json"})
    assert (answer.status, json.loads(answer.text)) == (201, {"item": "tea", "count": 3})


def test_litestar_talks_over_websockets(worker):
    address = worker.url.replace("http", "ws", 1) + "/litestar/chat/lobby"
    with connect(address, open_timeout=60, proxy=None) as socket:
        for number in range(3):
            socket.send(json.dumps({"number": number}))
            assert json.loads(socket.recv(60)) == {"room": "lobby", "got": {"number": number}}
        socket.close(1000)
    worker.wait_for_line("left lobby with 1000")


# Flask, over WSGI.


def test_flask_renders_templates(worker):
    assert worker.get("/flask/hello/%3Cyou%3E").text == PAGE.replace(
        "{{ name }}", "&lt;you&gt;").rstrip("\n")


def test_flask_has_the_environment(worker):
    assert worker.get("/flask/env").text == "from the configuration"


def test_flask_reads_json_and_queries(worker):
    answer = worker.get("/flask/orders?q=%C3%BC", method="POST", body=b'{"item": "tea"}',
                        headers={"content-type": "application/json"})
    assert json.loads(answer.text) == {"order": {"item": "tea"}, "query": "ü"}


def test_flask_reads_uploaded_files(worker):
    body, headers = multipart(note="grüße", file=MEGABYTES)
    answer = worker.get("/flask/upload", method="POST", body=body, headers=headers)
    expected = {"note": "grüße", "name": "file.bin", "size": len(MEGABYTES)}
    assert json.loads(answer.text) == expected


def test_flask_reads_a_body_while_it_arrives(worker):
    """The length is not known at the beginning, and the handler reads as if it could block."""

    def pieces() -> Iterator[bytes]:
        for _ in range(48):
            yield bytes(64 << 10)

    host = worker.url.removeprefix("http://")
    connection = http.client.HTTPConnection(host, timeout=60)
    connection.request("POST", "/flask/length", body=MEGABYTES)
    with connection.getresponse() as response:
        assert json.load(response) == {"total": len(MEGABYTES)}
    connection.request("POST", "/fastapi/length", body=pieces(), encode_chunked=True,
                       headers={"Transfer-Encoding": "chunked"})
    with connection.getresponse() as response:
        assert json.load(response)["total"] == 48 * (64 << 10)
    connection.close()


def test_flask_is_told_when_a_stream_has_ended(worker):
    assert worker.get("/flask/stream").text == "0\n1\n2\n"
    assert "stream" in json.loads(worker.get("/flask/closed").text)


def test_flask_sets_two_cookies(worker):
    host = worker.url.removeprefix("http://")
    connection = http.client.HTTPConnection(host, timeout=60)
    connection.request("GET", "/flask/cookies")
    with connection.getresponse() as response:
        assert response.headers.get_all("set-cookie") == ["a=1; Path=/", "b=2; Path=/"]
    connection.close()


def test_flask_logs_what_a_view_raised(worker):
    assert worker.get("/flask/fails").status == 500
    worker.wait_for_line(r"ValueError: as asked")


# What packages take for granted.


def test_files_of_the_bundle_and_scratch_files(worker):
    files = json.loads(worker.get("/files").text)
    assert files["beside"] == files["resource"] == PAGE
    assert files["written"] == "scratch" and files["temporary"].startswith("/tmp/")
    assert files["refused"] in ("PermissionError", "OSError")


def test_the_metadata_of_installed_packages(worker):
    metadata = json.loads(worker.get("/metadata").text)
    assert metadata["installed"] == ["flask", "jinja2", "markupsafe"]
    assert metadata["version"].count(".") == 2


def test_the_process_environment_is_pythons_own(worker):
    """The Worker's variables are in `env` and not in `os.environ`; what is set stays set."""
    environ = json.loads(worker.get("/environ").text)
    assert environ["home"] == "/session"
    assert environ["variable"] is False
    assert environ["added"] == "yes"


def test_sleep_sleeps(worker):
    assert json.loads(worker.get("/sleep").text)["seconds"] >= 0.05


def test_asyncio_run_inside_a_handler(worker):
    assert json.loads(worker.get("/asyncio-run").text) == {"sum": 3}


@pytest.mark.parametrize("path", ["/awaits", "/blocks"])
def test_requests_that_wait_do_so_together_and_apart(worker, path):
    """Each is inside before any has left, and sees only the context variable that it set."""
    count = 8
    answers = ask_at_once(worker, *[f"{path}?{count}&{number}" for number in range(count)])
    assert [json.loads(answer.text) for answer in answers] == [
        {"before": "nobody", "kept": True, "together": count}
    ] * count
