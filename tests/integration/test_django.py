"""Django's hello world and what is around it, over WSGI and over ASGI, in ``tests/workers/django``."""

import json

import pytest

from dev_process import Session
from multipart import multipart

WORKER = "django"

pytestmark = pytest.mark.network

both = pytest.mark.parametrize("interface", ["wsgi", "asgi"])


@pytest.fixture
def worker(shared_worker: Session) -> Session:
    return shared_worker


@both
def test_a_template_and_a_session(worker, interface):
    first = worker.get(f"/{interface}/hello/%3Cyou%3E")
    assert first.text == "<p>Hello, &lt;you&gt;! 1 visits.</p>\n"
    headers = {name.lower(): value for name, value in first.headers.items()}
    cookie = headers["set-cookie"].partition(";")[0]
    second = worker.get(f"/{interface}/hello/you", headers={"cookie": cookie})
    assert second.text == "<p>Hello, you! 2 visits.</p>\n"


@both
def test_the_environment(worker, interface):
    assert worker.get(f"/{interface}/env").text == "from the configuration"


@both
def test_an_uploaded_file(worker, interface):
    size = 3_000_000  # larger than what Django keeps in memory: it goes through /tmp
    body, headers = multipart(note="grüße", file=bytes(size))
    answer = worker.get(f"/{interface}/upload", method="POST", body=body, headers=headers)
    assert json.loads(answer.text) == {"note": "grüße", "name": "file.bin", "size": size}


@both
def test_a_form_without_a_token_is_refused(worker, interface):
    assert worker.get(f"/{interface}/form", method="POST", body=b"a=1").status == 403


@both
def test_a_stream(worker, interface):
    assert worker.get(f"/{interface}/stream").text == "0\n1\n2\n"


@both
def test_an_exception_becomes_a_page(worker, interface):
    answer = worker.get(f"/{interface}/fails")
    assert answer.status == 500 and "<h1>Server Error (500)</h1>" in answer.text


def test_an_asynchronous_view_calls_synchronous_code(worker):
    assert json.loads(worker.get("/asgi/async").text) == {"slept": True}


def test_an_asynchronous_stream(worker):
    assert worker.get("/asgi/async-stream").text == "0\n1\n2\n"


@both
def test_an_unknown_path(worker, interface):
    assert worker.get(f"/{interface}/nowhere").status == 404
