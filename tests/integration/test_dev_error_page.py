"""What a person sees in the browser when the Worker fails, and after it was mended.

With ``CWRANGLER_SCREENSHOTS=docs/images`` in the environment the page's picture in docs is made anew.
"""

import os
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from browser import CHROMIUM, browsing
from runtime_process import running, worker_config

BROKEN = '''\
"""Prices of a shop."""

from workers import Response, WorkerEntrypoint

PRICES = {"tea": 3, "coffee": 4}


def price_of(what: str) -> int:
    # Everything that is sold here.
    return PRICES[what]


class Default(WorkerEntrypoint):
    async def fetch(self, request):
        total = price_of("tea") + price_of("cake")
        return Response(f"{total} <euros>")
'''
MENDED = BROKEN.replace('"coffee": 4', '"coffee": 4, "cake": 5')
UPDATED = r"^⎔ Local server updated and ready$"
AS_BROWSER = {"Accept": "text/html,*/*;q=0.8"}

needs_browser = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed")


@pytest.fixture
def directory(project) -> Path:
    made: Path = project("hello")
    write(made, BROKEN)
    return made


def write(directory: Path, source: str) -> None:
    (directory / "src" / "entry.py").write_text(source)


@needs_browser
def test_a_browser_shows_the_code_and_loads_again_when_it_is_mended(directory, dev, tmp_path):
    with dev(directory) as session, browsing(tmp_path / "profile") as page:
        page.open(session.url + "/basket?size=2")
        text = page.text()
        assert page.evaluate("document.title") == "An error has occurred"
        assert "KeyError: 'cake'" in text
        assert "entry.py:15 in fetch" in text
        assert "entry.py:10 in price_of" in text
        assert "# Everything that is sold here." in text  # around the line, not in the traceback
        here = "[...document.querySelectorAll('.here')].map(line => line.textContent)"
        assert page.evaluate(here) == [
            '15        total = price_of("tea") + price_of("cake")',
            "10    return PRICES[what]",
        ]
        assert "Traceback (most recent call last)" in text
        assert session.url + "/basket?size=2" in text
        if folder := os.environ.get("CWRANGLER_SCREENSHOTS"):
            page.screenshot(Path(folder) / "error-page.png")
        background = "matchMedia('(prefers-color-scheme: dark)').matches"
        scheme = [{"name": "prefers-color-scheme", "value": "dark"}]
        page.call("Emulation.setEmulatedMedia", features=scheme)
        assert page.evaluate(background) is True
        write(directory, MENDED)
        page.wait_for_load()
        assert page.text() == "8 <euros>"


@needs_browser
def test_a_worker_that_does_not_start_is_watched_too(directory, dev, tmp_path):
    write(directory, BROKEN + "\ndef unfinished(:\n    pass\n")
    failed = "The Worker could not be started"
    with dev(directory, wait_for=failed) as session, browsing(tmp_path / "profile") as page:
        page.open(session.url)
        assert "SyntaxError" in page.text()
        assert page.evaluate("document.querySelector('.here').textContent") == "18def unfinished(:"
        write(directory, BROKEN + "\n1 / 0\n")  # broken in another way
        page.wait_for_load()
        assert "ZeroDivisionError" in page.text()
        write(directory, MENDED)
        page.wait_for_load()
        assert page.text() == "8 <euros>"


def test_credentials_are_not_on_the_page(directory, dev):
    with dev(directory) as session:
        headers = {**AS_BROWSER, "Authorization": "Bearer abc", "Cookie": "id=def", "X-Auth-Token": "ghi"}
        page = session.get("/", headers=headers)
        assert page.status == 500
        assert page.headers["Content-Type"] == "text/html; charset=utf-8"
        for secret in ("Bearer abc", "id=def", "ghi"):
            assert secret not in page.text
        for name in ("Authorization", "Cookie", "X-Auth-Token"):
            assert f"<th>{name.title()}</th><td>(not shown)</td>" in page.text


def test_a_syntax_error_leaves_the_code_before_serving(directory, dev):
    write(directory, MENDED)
    with dev(directory) as session:
        write(directory, MENDED + "def unfinished(:\n")
        session.wait_for_line("^⎔ The code before goes on serving. Waiting for a change in its files...$")
        assert session.get("/").text == "8 <euros>"


def test_programs_get_the_traceback_as_text(directory, dev):
    with dev(directory) as session:
        for headers in ({"Accept": "application/json"}, {"User-Agent": "curl/8.5.0", **AS_BROWSER}):
            answer = session.get("/", headers=headers)
            assert (answer.status, answer.headers["Content-Type"]) == (500, "text/plain; charset=utf-8")
            assert "Traceback (most recent call last):" in answer.text
            assert answer.text.rstrip().endswith("KeyError: 'cake'")
            assert "<" not in answer.text


def test_a_served_worker_shows_no_source(load_served):
    request = urllib.request.Request(load_served, headers=AS_BROWSER)
    with pytest.raises(urllib.error.HTTPError) as failure:
        urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request)
    page = failure.value.read().decode()
    assert "KeyError" in page
    assert "Everything that is sold here" not in page
    assert "<script" not in page


@pytest.fixture
def load_served(tmp_path):
    """The address of the Worker in a runtime that is no dev session."""
    (tmp_path / "entry.py").write_text(BROKEN)
    with running() as runtime:
        runtime.load(worker_config(tmp_path))
        runtime.wait_for("loaded")
        yield f"http://127.0.0.1:{runtime.port}/"
