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
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from dev_process import Answer, Session
from stand_in import StandIn

pytestmark = pytest.mark.network

FOLDERS = {"cloudflare": ("cloudflare", "cf"), "ryu22e": ("ryu22e", "ryu")}

# Pages of the outside world, which stand-ins serve: (content type, body) by path, by host.
HTML = b"<html><head><title>Example Domain</title></head><body><h1>Example Domain</h1></body></html>"
BLOG = HTML.replace(
    b"<title>", b'<meta property="og:title" content="of the original"><title>')
WORKERS_AI_OUTPUT = [{"type": "message", "content": [{"type": "output_text", "text": "A phrase."}]}]
OUTSIDE = {
    "api.cloudflare.com": {
        "/client/v4/accounts/account/ai/run/@cf/openai/gpt-oss-120b": (
            "application/json",
            json.dumps({"success": True, "result": {"output": WORKERS_AI_OUTPUT}}).encode(),
        ),
        "/client/v4/accounts/account/ai/run/@cf/meta/llama-3.3-70b-instruct-fp8-fast": (
            "application/json",
            json.dumps({"success": True, "result": {"response": "Every lamp lit."}}).encode(),
        ),
    },
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
    added: dict[str, str] = field(default_factory=dict)
    hosts: tuple[str, ...] = ()
    before: tuple[tuple[str, ...], ...] = ()
    """Commands of cwrangler that its README has run first."""
    environment: dict[str, str] = field(default_factory=dict)


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


def check_d1(session: Session) -> None:
    assert json.loads(session.get().text)["author"] in (
        "Wikipedia", "Dominik Picheta", "Hood Chatham")


def check_assets(session: Session) -> None:
    for path, type_ in (
        ("/", "text/html; charset=utf-8"),
        ("/image.svg", "image/svg+xml"),
        ("/style.css", "text/css; charset=utf-8"),
        ("/script.js", "text/javascript; charset=utf-8"),
        ("/favicon.ico", "image/vnd.microsoft.icon"),
        ("/painting.jpg", "image/jpeg"),
    ):
        answer = session.get(path)
        assert (answer.status, content_type(answer)) == (200, type_)


def check_todo(session: Session) -> None:
    def ask(method: str, path: str, body: object = None) -> tuple[int, dict]:
        answer = session.get(path, method=method, headers={"content-type": "application/json"},
                             body=None if body is None else json.dumps(body).encode())
        return answer.status, json.loads(answer.text) if answer.text else {}

    assert ask("GET", "/api/health/") == (200, {"status": "ok"})
    page = session.get()
    assert "Django TODO + D1" in page.text and content_type(page).startswith("text/html")
    assert "javascript" in content_type(session.get("/app.js"))
    assert "text/css" in content_type(session.get("/style.css"))

    status, created = ask("POST", "/api/todos/", {"title": "Write Django TODO example"})
    assert status == 201
    todo = created["todo"]
    assert (todo["title"], todo["completed"]) == ("Write Django TODO example", False)
    assert todo["created_at"].endswith("+00:00")
    one = f"/api/todos/{todo['id']}/"
    assert todo["id"] in {item["id"] for item in ask("GET", "/api/todos/")[1]["todos"]}
    assert ask("GET", one)[1]["todo"]["title"] == "Write Django TODO example"
    assert ask("POST", "/api/todos/", {"title": "   "}) == (
        400, {"error": "The 'title' field cannot be blank."})
    assert ask("PATCH", one, {"completed": "yes"}) == (
        400, {"error": "The 'completed' field must be a boolean."})
    status, patched = ask("PATCH", one, {"title": "Ship Django TODO example", "completed": True})
    assert (status, patched["todo"]["completed"]) == (200, True)
    assert ask("DELETE", one) == (204, {})
    assert ask("GET", one) == (404, {"error": "TODO not found."})


BOOKS = [
    ("Python実践レシピ",
     "Pythonでプログラムを作成するときに役立つ機能とライブラリを網羅した、実践的なレシピ集です。"),
    ("最短距離でゼロからしっかり学ぶ Python入門 必修編",
     "プログラミング環境の用意，基本的なプログラムの書き方に始まり，リスト，辞書，クラス，関数といった"
     "基礎的な知識からエラー処理，テストコードの書き方までを演習問題を交えながら，わかりやすく解説します。"),
    ("最短距離でゼロからしっかり学ぶ Python入門 実践編",
     "「エイリアン侵略ゲーム」「データの可視化」「Webアプリケーション」という3つのプロジェクトにチャレンジします。"),
]


def check_simple_api(session: Session) -> None:
    """The session with curl of the README, word for word, and the errors that it describes."""

    def curl(*arguments: str) -> str:
        command = ["curl", "--silent", "--noproxy", "*", *arguments]
        return subprocess.run(command, check=True, capture_output=True, timeout=60).stdout.decode()

    url = session.url + "/"
    for title, description in BOOKS:
        body = f'{{"title": "{title}", "description": "{description}"}}'
        assert curl("-X", "POST", url, "-d", body) == "{'message': 'ok'}"
    assert curl(url) == json.dumps(
        [{"id": i, "title": title, "description": description}
         for i, (title, description) in enumerate(BOOKS, 1)],
        ensure_ascii=False, separators=(",", ":"))
    assert curl("-X", "POST", url, "-d", "no JSON") == "{'error': 'Invalid JSON'}"
    assert curl("-X", "POST", url, "-d", "{}") == (
        "{'error': 'Title and description are required'}")
    assert session.get(method="PUT", body=b"").status == 405


def check_ai(session: Session) -> None:
    """The answer's `output`, from a stand-in for the account's API."""
    assert json.loads(session.get().text) == WORKERS_AI_OUTPUT


def check_langchain(session: Session) -> None:
    """The answer's text, through LangChain's chain of prompt, model and parser."""
    answer = session.get()
    assert (answer.status, json.loads(answer.text)) == (200, {"result": "Every lamp lit."})


# What the account's API, or the stand-in for it, is asked with.
ACCOUNT = {"CLOUDFLARE_API_TOKEN": "token", "CLOUDFLARE_ACCOUNT_ID": "account"}

# What `d1 create` has the reader add to simple-api's configuration, under the binding its code uses.
BOOKSHELF = """
[[d1_databases]]
binding = "DB"
database_name = "bookshelf"
database_id = "6f1a3f2e-0d5c-4a57-9b1c-3f9f8c2b7a11"
"""


EXAMPLES = [
    Example("cloudflare/01-hello", check_hello),
    Example("cloudflare/02-binding", check_binding),
    Example("cloudflare/04-query-d1", check_d1,
            before=(("d1", "execute", "quotes", "--local", "--file", "db_init.sql"),)),
    Example("cloudflare/06-assets", check_assets),
    Example("cloudflare/05-langchain", check_langchain, python="3.14",
            hosts=("api.cloudflare.com",), environment=ACCOUNT),
    Example("cloudflare/09-workers-ai", check_ai, hosts=("api.cloudflare.com",),
            environment=ACCOUNT),
    Example("cloudflare/19-django-todo-d1", check_todo, python="3.14",
            before=(("d1", "migrations", "apply", "django-todo-d1", "--local"),)),
    Example("ryu22e/simple-api", check_simple_api, added={"wrangler.toml": BOOKSHELF},
            before=(("d1", "execute", "bookshelf", "--local", "--file=./schema.sql"),)),
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
    "cloudflare/07-durable-objects": "Durable Objects",
    "cloudflare/10-workflows": "Workflows",
    "cloudflare/12-image-gen": "a wheel of pillow",
    "cloudflare/13-js-api-pygments/ts": "a JavaScript Worker",
    "cloudflare/14-websocket-stream-consumer": "Durable Objects",
    "cloudflare/15-chatroom": "Durable Objects",
    "ryu22e/built-in-sample": "wheels of regex and tiktoken, which langchain_openai depends on",
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
def test_it_answers_as_its_readme_says(example, dev, cwrangler, tmp_path):
    collection, _, name = example.name.partition("/")
    directory = tmp_path / "example"
    shutil.copytree(collections()[collection] / name, directory)
    for path, content in example.files.items():
        (directory / path).write_text(content)
    for path, content in example.added.items():
        (directory / path).write_text((directory / path).read_text() + content)
    for command in example.before:
        done = cwrangler(*command, cwd=directory)
        assert done.returncode == 0, done.stderr
    environment = dict(example.environment)
    if example.python:
        environment["CWRANGLER_PYTHON"] = example.python
    with contextlib.ExitStack() as stack:
        options: list[str] = []
        for host in example.hosts:
            stand_in = stack.enter_context(StandIn(OUTSIDE[host]))
            options += ["--outbound-map", f"{host}={stand_in.url}"]
        session = stack.enter_context(dev(directory, *options, env=environment, timeout=240))
        example.check(session)


@pytest.mark.parametrize(
    ("name", "package"),
    [("cloudflare/12-image-gen", "pillow"), ("ryu22e/built-in-sample", "regex")],
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
