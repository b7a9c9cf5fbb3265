"""The public collections of example Workers run unmodified.

``CWRANGLER_EXAMPLES`` names a folder with checkouts of cloudflare/python-workers-examples (as
``cloudflare`` or ``cf``) and ryu22e/python-workers-examples (as ``ryu22e`` or ``ryu``). Without it
these tests are skipped: the examples are not part of this project. Each runs in a copy.

What their tests and READMEs say is what is expected. Where production would take an older Python, for
which the example's wheels are not on the index, ``CWRANGLER_PYTHON`` asks for 3.14.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from conftest import Answer, Session
from stand_in import StandIn

pytestmark = pytest.mark.network

FOLDERS = {"cloudflare": ("cloudflare", "cf"), "ryu22e": ("ryu22e", "ryu")}

# Pages of the outside world, which stand-ins serve: (content type, body) by path, by host.
HTML = b"<html><head><title>Example Domain</title></head><body><h1>Example Domain</h1></body></html>"
BLOG = HTML.replace(
    b"<title>", b'<meta property="og:title" content="of the original"><title>')
OUTSIDE = {
    "example.com": {"/": ("text/html", HTML), "/blog/a-first-post": ("text/html", BLOG)},
    "httpbin.org": {"/ip": ("application/json", b'{"origin": "192.0.2.1"}')},
}


@dataclass
class Example:
    """An example, and the check of what it answers."""

    name: str
    check: Callable[[Session], None]
    python: str = ""
    files: dict[str, str] = field(default_factory=dict)
    hosts: tuple[str, ...] = ()


def content_type(answer: Answer) -> str:
    return {name.lower(): value for name, value in answer.headers.items()}["content-type"]


def expect(answer: Answer, text: str, type_: str = "text/plain;charset=UTF-8") -> None:
    assert (answer.status, answer.text, content_type(answer)) == (200, text, type_)


def check_hello(session: Session) -> None:
    expect(session.get(), "Hello world!")


def check_binding(session: Session) -> None:
    expect(session.get(), "baz")


def check_fastapi(session: Session) -> None:
    root = "This is an example of FastAPI with Jinja2 - go to /hi/<name> to see a template rendered"
    expect(session.get(), json.dumps({"message": root}, separators=(",", ":")), "application/json")
    expect(session.get("/hi/Dominik"), '{"message":"Hello, Dominik!"}', "application/json")
    variable = "Here is an example of getting an environment variable: My env var"
    expect(session.get("/env"), f'{{"message":"{variable}"}}', "application/json")


def check_cron(session: Session) -> None:
    answer = session.get()
    assert "Hello from Cron Worker" in answer.text
    assert content_type(answer) == "text/plain;charset=UTF-8"
    assert session.get("/cdn-cgi/handler/scheduled?cron=*+*+*+*+*").status == 200
    session.wait_for_line("Scheduled task has been executed.")


def check_pygments(session: Session) -> None:
    expect(session.get(), "Python RPC server is running. Use RPC to call methods.")


def check_sync_clients(session: Session) -> None:
    assert "requests" in json.loads(session.get().text)["clients"]
    results = json.loads(session.get("/sync").text)["results"]
    assert [result["client"] for result in results] == ["requests", "urllib3", "httpx.Client"]
    for result in results:
        assert (result["status_code"], result["saw_expected_text"]) == (200, True)


def check_opengraph(session: Session) -> None:
    answer = session.get("/blog/a-first-post")
    assert (answer.status, content_type(answer)) == (200, "text/html")
    head = answer.text[:answer.text.index("<title>")]
    assert '<meta property="og:title" content="Blog Post: A First Post" />' in head
    assert '<meta name="twitter:card" content="summary_large_image" />' in head
    assert "of the original" not in answer.text
    assert answer.text.endswith("<h1>Example Domain</h1></body></html>")


def check_dynamic(session: Session) -> None:
    for _ in range(2):
        expect(session.get(), "Hello from a dynamically-loaded Python Worker!")


def check_django(session: Session) -> None:
    text = '{"message": "Hello from Django on Cloudflare Workers!"}'
    expect(session.get(), text, "application/json")


def check_variables(session: Session) -> None:
    expect(session.get(), "My name is Ryuji Tsutsui.\nSECRET_KEY: local_value")


def check_js(session: Session) -> None:
    redirect = session.get("/old")
    assert (redirect.status, redirect.headers["Location"]) == (307, session.url + "/")
    answer = session.get()
    assert json.loads(answer.text) == {"origin": "192.0.2.1"}
    assert content_type(answer) == "application/json; charset=utf-8"


EXAMPLES = [
    Example("cloudflare/01-hello", check_hello),
    Example("cloudflare/02-binding", check_binding),
    Example("cloudflare/03-fastapi", check_fastapi, python="3.14"),
    Example("cloudflare/08-cron", check_cron),
    Example("cloudflare/11-opengraph", check_opengraph, hosts=("example.com",)),
    Example("cloudflare/13-js-api-pygments/py", check_pygments),
    Example("cloudflare/16-sync-http-clients", check_sync_clients, python="3.14",
            hosts=("example.com",)),
    Example("cloudflare/17-dynamic-py-py", check_dynamic),
    Example("cloudflare/18-django", check_django),
    Example("ryu22e/environment-variables", check_variables,
            files={".dev.vars": 'SECRET_KEY="local_value"\n'}),
    Example("ryu22e/js-sample", check_js, hosts=("httpbin.org",)),
]

# What the others need that is not there. A wheel is missing when the index has none for WebAssembly
# and the package cannot be built without a compiler.
WAITING = {
    "cloudflare/04-query-d1": "D1",
    "cloudflare/05-langchain": "Workers AI and a wheel of orjson",
    "cloudflare/06-assets": "static assets",
    "cloudflare/07-durable-objects": "Durable Objects",
    "cloudflare/09-workers-ai": "Workers AI",
    "cloudflare/10-workflows": "Workflows",
    "cloudflare/12-image-gen": "a wheel of pillow",
    "cloudflare/13-js-api-pygments/ts": "a JavaScript Worker",
    "cloudflare/14-websocket-stream-consumer": "Durable Objects",
    "cloudflare/15-chatroom": "Durable Objects",
    "cloudflare/19-django-todo-d1": "D1 and static assets",
    "ryu22e/built-in-sample": "a wheel of orjson, and of others that langchain_openai depends on",
    "ryu22e/simple-api": "D1",
}


def collections() -> dict[str, Path]:
    """The folders of the collections; skips where they are not named, fails where one is missing."""
    if not (root := os.environ.get("CWRANGLER_EXAMPLES")):
        pytest.skip("CWRANGLER_EXAMPLES does not name a folder with the example collections")
    found = {
        collection: path
        for collection, names in FOLDERS.items()
        for path in (Path(root) / name for name in reversed(names))
        if path.is_dir()
    }
    assert set(found) == set(FOLDERS), f"{root} (CWRANGLER_EXAMPLES) lacks a collection: {FOLDERS}"
    return found


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_it_answers_as_its_readme_says(example, dev, tmp_path):
    collection, _, name = example.name.partition("/")
    directory = tmp_path / "example"
    shutil.copytree(collections()[collection] / name, directory)
    for path, content in example.files.items():
        (directory / path).write_text(content)
    environment = {"CWRANGLER_PYTHON": example.python} if example.python else {}
    with contextlib.ExitStack() as stack:
        options: list[str] = []
        for host in example.hosts:
            stand_in = stack.enter_context(StandIn(OUTSIDE[host]))
            options += ["--outbound-map", f"{host}={stand_in.url}"]
        session = stack.enter_context(dev(directory, *options, env=environment, timeout=240))
        example.check(session)


@pytest.mark.parametrize(
    ("name", "package"),
    [("cloudflare/12-image-gen", "pillow"), ("ryu22e/built-in-sample", "orjson")],
)
def test_what_cannot_be_installed_is_explained(name, package, cwrangler, tmp_path):
    collection, _, folder = name.partition("/")
    directory = tmp_path / "example"
    shutil.copytree(collections()[collection] / folder, directory)
    failed = cwrangler("sync", "--python", "3.14", cwd=directory)
    assert failed.returncode == 1
    assert package in failed.stderr and "there is no wheel of it" in failed.stderr


@pytest.mark.parametrize(
    ("name", "path", "message"),
    [
        ("07-durable-objects", "/list/show", "LISTS leads to Durable Objects of the class List"),
        ("10-workflows", "/start", "MY_WORKFLOW leads to the Workflow DAGWorkflow"),
        ("14-websocket-stream-consumer", "/",
         "BLUESKY_FIREHOSE leads to Durable Objects of the class BlueskyFirehoseConsumer"),
        ("15-chatroom", "/room/one", "CHATROOM leads to Durable Objects of the class Chatroom"),
    ],
)
def test_classes_that_do_not_run_here_are_known_and_say_so_when_used(
    name, path, message, dev, tmp_path
):
    directory = tmp_path / "example"
    shutil.copytree(collections()["cloudflare"] / name, directory)
    with dev(directory, timeout=240) as session:
        answer = session.get(path)
        assert answer.status == 500
        assert message in answer.text and "this runtime does not run" in answer.text


def test_every_example_is_either_run_or_named_with_what_it_waits_for():
    listed = {example.name for example in EXAMPLES} | set(WAITING)
    there = {
        f"{collection}/{path.parent.relative_to(root)}"
        for collection, root in collections().items()
        for path in [*root.glob("*/wrangler.*"), *root.glob("*/*/wrangler.*")]
    }
    assert there == listed
