"""The sample Workers of tests/workers answer, each in the way its shape is meant to show."""

import json

import pytest
from resident_memory import assert_work_leaves_memory


def test_a_worker_from_before_classes(project, dev) -> None:
    with dev(project("legacy")) as session:
        assert session.get("/").text == "Hello from on_fetch"
        redirect = session.get("/old")
        assert (redirect.status, redirect.headers["Location"]) == (307, session.url + "/")
        pairs = session.get("/pairs")
        assert (pairs.status, pairs.text) == (201, '{"ok":true}')
        lower = {name.lower(): value for name, value in pairs.headers.items()}
        assert (lower["content-type"], lower["x-a"]) == ("application/json", "1")
        echo = session.get("/echo", method="POST", body="grüße".encode())
        assert echo.text == "grüße"
        assert session.get("/log").text == "logged"
        session.wait_for_line(r"\{ a: \[ 1, 2 \] \}")


def test_variables_and_secrets(project, dev) -> None:
    with dev(project("vars")) as session:
        assert session.get("/").text == "Hello 3 not-for-logs"
        session.wait_for_line(r"GET / 200")
        assert "not-for-logs" not in session.output


def test_a_kv_namespace(project, dev) -> None:
    with dev(project("kv")) as session:
        assert session.get("/a").status == 404
        assert session.get("/a", method="PUT", body=b"one").status == 201
        assert session.get("/b", method="PUT", body="zwei €".encode()).status == 201
        assert session.get("/a").text == "one"
        assert session.get("/b").text == "zwei €"
        assert session.get("/").text == "a\nb"
        assert session.get("/a", method="DELETE").status == 204
        assert session.get("/a").status == 404


def test_a_handler_without_parameters(project, dev) -> None:
    with dev(project("cron")) as session:
        assert session.get("/").text == "Hello from a Worker with a schedule"


@pytest.mark.network
def test_fastapi_with_a_template_engine_on_an_older_date(project, dev) -> None:
    """The date chooses Python 3.13; its wasm wheels are not on the index, so 3.14 is asked for."""
    folder = project("jinja")
    config = json.loads((folder / "wrangler.jsonc").read_text())
    config["compatibility_date"] = "2025-11-02"
    (folder / "wrangler.jsonc").write_text(json.dumps(config))
    with dev(folder, env={"CWRANGLER_PYTHON": "3.14"}, timeout=240) as session:
        assert "production" in session.output, "no warning about another Python version"
        assert json.loads(session.get("/hi/you").text) == {"message": "Hello, you!"}
        assert json.loads(session.get("/hi/%3Cb%3E").text) == {"message": "Hello, &lt;b&gt;!"}
        assert json.loads(session.get("/env").text) == {"message": "from the configuration"}
        order = {"item": "tea", "count": 2}
        headers = {"content-type": "application/json"}
        answer = session.get("/orders", method="POST", body=json.dumps(order).encode(),
                             headers=headers)
        assert json.loads(answer.text) == order
        assert session.get("/orders", method="POST", body=b"{}", headers=headers).status == 422


def test_many_requests_at_once_leave_the_memory_as_it_is(project, dev) -> None:
    """Thousands of requests over 32 connections: no error, and memory comes to rest."""
    import http.client
    import threading

    with dev(project("hello")) as session:
        host, port = session.url.removeprefix("http://").split(":")
        failures: list[str] = []

        def ask(count: int) -> None:
            connection = http.client.HTTPConnection(host, int(port), timeout=60)
            for _ in range(count):
                connection.request("GET", "/")
                response = connection.getresponse()
                if (response.status, response.read()) != (200, b"Hello World!"):
                    failures.append(f"status {response.status}")

        def load() -> None:
            threads = [threading.Thread(target=ask, args=(5_000 // 32,)) for _ in range(32)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()

        assert_work_leaves_memory(session.runtime_pid(), load)
        assert not failures
