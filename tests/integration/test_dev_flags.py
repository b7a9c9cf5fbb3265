"""wrangler's flags of `dev`: those that stand in place of the configuration, and those of a bundler."""

import json
from pathlib import Path

import pytest
from browser import CHROMIUM, browsing

WORKER = """\
import sys

from workers import Response, WorkerEntrypoint

PAGE = "<!doctype html><title>Shop</title><p>WORD</p>"


class Default(WorkerEntrypoint):
    async def fetch(self, request):
        if request.url.endswith("/page"):
            return Response(PAGE, headers={"Content-Type": "text/html; charset=utf-8"})
        if request.url.endswith("/bytes"):
            return Response(PAGE.encode(), headers={"Content-Type": "text/html", "Content-Length": "51"})
        if request.url.endswith("/text"):
            return Response(PAGE, headers={"Content-Type": "text/plain"})
        if request.url.endswith("/stream"):
            return Response(Response(PAGE).js_object.body, headers={"Content-Type": "text/html"})
        return Response.json({"python": sys.version_info[:2], "url": request.url, "word": "WORD"})
"""


@pytest.fixture
def directory(project) -> Path:
    made: Path = project("hello")
    (made / "src" / "entry.py").write_text(WORKER.replace("WORD", "first"))
    (made / "src" / "other.py").write_text(WORKER.replace("WORD", "other"))
    (made / "wrangler.toml").unlink(missing_ok=True)
    configuration = {
        "name": "flags",
        "main": "src/entry.py",
        "compatibility_date": "2026-10-01",
        "compatibility_flags": ["python_workers"],
        "vars": {"WORD": "first"},
    }
    (made / "wrangler.jsonc").write_text(json.dumps(configuration))
    return made


def answer(session, path: str = "/") -> dict:
    return json.loads(session.get(path).text)


def test_flags_take_the_place_of_the_configuration(directory, dev):
    (directory / "public").mkdir()
    (directory / "public" / "hello.txt").write_text("an asset")
    arguments = ["src/other.py", "--name", "shop", "--compatibility-date", "2025-06-01",
                 "--compatibility-flags", "python_workers", "--compatibility-flag",
                 "python_workers_20250116", "--assets", "public", "--route", "shop.example.com/*"]
    with dev(directory, *arguments) as session:
        assert answer(session) == {
            "python": [3, 13], "word": "other", "url": "http://shop.example.com/"}
        assert session.get("/hello.txt").text == "an asset"


def test_latest_is_the_compatibility_date_of_today(directory, dev):
    settings = json.loads((directory / "wrangler.jsonc").read_text())
    del settings["compatibility_date"]
    (directory / "wrangler.jsonc").write_text(json.dumps(settings))
    with dev(directory, "--latest", "--local-upstream", "shop.example.com") as session:
        assert answer(session) == {
            "python": [3, 14], "word": "first", "url": "http://shop.example.com/"}
        assert "No compatibility_date" not in session.output


def test_what_a_bundler_would_do_is_accepted_and_told(directory, dev):
    arguments = ["--no-bundle", "--minify", "--define", "A:1", "--define", "B:2", "--tsconfig", "x.json",
                 "--local", "--inspector-port", "9229", "--remote=false"]
    with dev(directory, *arguments) as session:
        assert answer(session)["word"] == "first"
        assert "without effect is --define, --tsconfig, --minify." in session.output
        assert "There is no inspector to listen" in session.output


def test_models_of_the_account_are_not_used_with_local(directory, dev, monkeypatch):
    settings = json.loads((directory / "wrangler.jsonc").read_text())
    (directory / "wrangler.jsonc").write_text(json.dumps({**settings, "ai": {"binding": "AI"}}))
    monkeypatch.setenv("CLOUDFLARE_API_TOKEN", "a-token-of-nobody")
    monkeypatch.setenv("CLOUDFLARE_ACCOUNT_ID", "an-account")
    source = (directory / "src" / "entry.py").read_text()
    asking = source.replace('"url": request.url', '"url": await asked(self.env)')
    asking += """

async def asked(env):
    try:
        await env.AI.run("@cf/meta/llama", {"prompt": "hi"})
    except Exception as error:
        return str(error)
"""
    (directory / "src" / "entry.py").write_text(asking)
    with dev(directory, "--local") as session:
        assert "The binding AI has no models to run" in answer(session)["url"]
        assert "not available" in session.output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--remote"], "--remote runs the Worker at Cloudflare, which cwrangler dev does not"),
        (["--tunnel"], "cwrangler dev opens no tunnel"),
        (["--compatibility-date", "2025-6-1"],
         '"--compatibility-date" should be a date in YYYY-MM-DD format but got "2025-6-1".'),
        (["--name", "My Worker"], 'Expected "--name" to be of type string, alphanumeric and lowercase'),
    ],
)
def test_flags_that_cannot_be_followed_are_refused(directory, cwrangler, arguments, message):
    done = cwrangler("dev", *arguments, cwd=directory)
    assert done.returncode == 2
    assert message in done.stderr


def test_errors_in_flags_point_at_the_flag(directory, cwrangler):
    done = cwrangler("dev", "--compatibility-flags", "python_workerz", cwd=directory)
    assert done.returncode == 1
    assert "No such compatibility flag: python_workerz" in done.stderr
    assert "    --compatibility-flags\n" in done.stderr
    assert 'Did you mean "python_workers"?' in done.stderr
    done = cwrangler("dev", "src/entyr.py", cwd=directory)
    assert done.returncode == 1
    assert 'The entry-point file at "src/entyr.py" was not found.' in done.stderr
    assert "wrangler.jsonc" not in done.stderr


def test_types_are_kept_up_to_date(directory, dev):
    stub = directory / "typings" / "js" / "__init__.pyi"
    with dev(directory, "--types") as session:
        assert 'WORD: Literal["first"]' in stub.read_text()
        settings = json.loads((directory / "wrangler.jsonc").read_text())
        settings["vars"]["PRICE"] = "3"
        (directory / "wrangler.jsonc").write_text(json.dumps(settings))
        session.wait_for_line(r"^⎔ Local server updated and ready$")
        assert 'PRICE: Literal["3"]' in stub.read_text()


def test_live_reload_adds_to_pages_and_to_nothing_else(directory, dev):
    page = WORKER.split('"')[1].replace("WORD", "first")
    with dev(directory, "--live-reload") as session:
        for path in ("/page", "/bytes", "/stream"):
            text = session.get(path).text
            assert text.startswith(page + "<script data-version="), path
            assert text.endswith("</script>\n"), path
        assert session.get("/text").text == page
        assert answer(session)["word"] == "first"
    with dev(directory) as session:
        assert session.get("/page").text == page


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed")
def test_a_page_follows_the_code(directory, dev, tmp_path):
    with dev(directory, "--live-reload") as session, browsing(tmp_path / "profile") as browser:
        browser.open(session.url + "/page")
        assert browser.text() == "first"
        (directory / "src" / "entry.py").write_text(WORKER.replace("WORD", "second"))
        browser.wait_for_load()
        assert browser.text() == "second"
