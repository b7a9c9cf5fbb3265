"""What Python code finds in a Worker, on each Python version: boots `cwrangler-runtime` and asks."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import dedent

import pytest
from runtime_process import BUILD, RUNTIME, Runtime, running, worker_config

VERSIONS = ("3.12", "3.13", "3.14")

WORKER = """
    import json, os, random, sys, uuid
    import js
    from pyodide.ffi import run_sync
    from workers import Response, WorkerEntrypoint
    import sibling

    def attempt(call):
        try:
            return repr(call())
        except BaseException as error:
            return repr(error)

    TOP_LEVEL = {
        "random": attempt(random.random),
        "urandom": attempt(lambda: os.urandom(2)),
        "uuid4": attempt(uuid.uuid4),
        "Random": attempt(random.Random),
        "seeded": attempt(lambda: 0 <= random.Random(3).random() < 1),
        "timeout": attempt(lambda: js.setTimeout(lambda: None, 1)),
    }
    print("top level ran")

    class Default(WorkerEntrypoint):
        async def fetch(self, request):
            action = getattr(self, request.url.rsplit("/", 1)[1])
            return action()

        def version(self):
            return Response(f"{sys.version_info.major}.{sys.version_info.minor}")

        def path(self):
            return Response(json.dumps(sys.path))

        def top_level(self):
            return Response(json.dumps(TOP_LEVEL))

        def entropy(self):
            drawn = {random.random(), random.random(), uuid.uuid4(), os.urandom(8)}
            return Response(f"{len(drawn)} {type(random).__name__}")

        def binding(self):
            return Response(self.env.GREETING + " " + self.env.SETTINGS.deep[1])

        def files(self):
            folder = os.path.dirname(__file__)
            with open(f"{folder}/data/note.txt", "rb") as file:
                file.seek(-5, 2)
                tail = file.read()
            refused = []
            for call in (
                lambda: open(f"{folder}/new", "w"),
                lambda: os.mkdir(f"{folder}/new"),
                lambda: os.remove(f"{folder}/sibling.py"),
                lambda: os.rename(f"{folder}/sibling.py", f"{folder}/other.py"),
            ):
                try:
                    call()
                except OSError:
                    refused.append(True)
            with open("/tmp/scratch", "w") as file:
                file.write("writable")
            import mmap
            with open(f"{folder}/data/note.txt", "rb") as file:
                mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)[:4]
            return Response(json.dumps([
                sorted(os.listdir(folder)), tail.decode(), len(refused), mapped.decode(),
                os.path.exists(f"{folder}/nope"), sibling.VALUE,
            ]))

        def blocking(self):
            async def later():
                return await js.Promise.resolve("waited")
            return Response(run_sync(later()))

        def nothing(self):
            return None

        def mapping(self):
            return {"a": 1}

        def error(self):
            print("before the error", file=sys.stderr)
            return sibling.fail()

        def unfinished(self):
            print("no newline", end="", flush=True)
            return Response("")

        def exit(self):
            os._exit(3)
    """

SIBLING = """
    VALUE = 42

    def fail():
        raise ValueError("not today")
    """

BINDINGS = [
    {"name": "GREETING", "type": "plain_text", "text": "hello"},
    {"name": "SETTINGS", "type": "json", "json": {"deep": [1, "two"]}},
]


def write(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text))
    return folder


def configure(folder: Path, version: str = "3.14", **changes: object) -> dict:
    """The configuration of the Worker in a folder, all of whose files Python sees."""
    config = worker_config(folder)
    known = {module["name"] for module in config["modules"]}
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if path.is_file() and name not in known:
            config["modules"].append({"name": name, "type": "data", "path": str(path)})
    return {**config, "python_version": version, "bindings": BINDINGS, **changes}


@pytest.fixture(scope="module", params=VERSIONS)
def worker(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory):
    """A running Worker, once for each Python version."""
    folder = write(
        tmp_path_factory.mktemp("worker"),
        {"entry.py": WORKER, "sibling.py": SIBLING, "data/note.txt": "some text in a file\n"},
    )
    with running() as runtime:
        runtime.load(configure(folder, request.param))
        runtime.wait_for("loaded")
        runtime.python = request.param
        yield runtime


@pytest.fixture
def load(tmp_path: Path) -> Iterator[Callable[..., Runtime]]:
    """Starts a Worker of the test's own; does not wait for it."""
    with running() as runtime:

        def start(files: dict[str, str], **changes: object) -> Runtime:
            runtime.load(configure(write(tmp_path, files), **changes))
            return runtime

        yield start


def ask(runtime: Runtime, action: str) -> str:
    status, body = runtime.get(f"/{action}")
    assert status == 200, body
    return body


def test_the_configured_python_runs(worker: Runtime) -> None:
    assert ask(worker, "version") == worker.python


def test_search_path(worker: Runtime) -> None:
    path = json.loads(ask(worker, "path"))
    library = f"/lib/python{worker.python}"
    packages = path.index("/session/metadata/python_modules")
    assert path[packages:] == [
        "/session/metadata/python_modules",
        f"{library}/site-packages",
        "/session/metadata",
        f"/session{library}/site-packages",
    ]
    assert path[0] == f"/lib/python{worker.python.replace('.', '')}.zip"


def test_chance_is_refused_at_the_top_level(worker: Runtime) -> None:
    refused = "OSError(29, 'Cannot get entropy outside of request context')"
    results = json.loads(ask(worker, "top_level"))
    assert "Disallowed operation called within global scope" in results.pop("timeout")
    assert results == {
        "random": "RuntimeError('Cannot use random.random() outside of request context')",
        "urandom": refused,
        "uuid4": refused,
        "Random": refused,
        "seeded": "True",
    }


def test_chance_is_real_in_handlers(worker: Runtime) -> None:
    assert ask(worker, "entropy").startswith("4 ")


def test_variables(worker: Runtime) -> None:
    assert ask(worker, "binding") == "hello two"


def test_modules_are_files_that_cannot_be_changed(worker: Runtime) -> None:
    listing, tail, refused, mapped, found, value = json.loads(ask(worker, "files"))
    assert listing == ["data", "entry.py", "python_modules", "sibling.py"]
    assert (tail, refused, mapped, found, value) == ("file\n", 4, "some", False, 42)


def test_synchronous_code_can_wait(worker: Runtime) -> None:
    assert ask(worker, "blocking") == "waited"


@pytest.mark.parametrize(("action", "got"), [("nothing", "None"), ("mapping", "a dict")])
def test_what_is_no_response_is_named(worker: Runtime, action: str, got: str) -> None:
    status, body = worker.get(f"/{action}")
    assert status == 500
    assert "the Promise did not resolve to 'Response'" in body
    assert f"Default.fetch must return a Response; it returned {got}." in body


def test_an_exception_keeps_its_traceback(worker: Runtime) -> None:
    status, _ = worker.get("/error")
    assert status == 500
    worker.wait_for("console", level="error", text="before the error")
    stack = worker.wait_for("exception")["stack"]
    assert "introspection.py" not in stack
    assert 'File "/session/metadata/sibling.py", line 5, in fail' in stack
    assert 'raise ValueError("not today")' in stack
    assert stack.rstrip().endswith("ValueError: not today")


def test_output_without_a_newline_is_shown(worker: Runtime) -> None:
    ask(worker, "unfinished")
    worker.wait_for("console", level="log", text="no newline")


def test_an_exit_loses_the_instance_only(load) -> None:
    runtime = load({"entry.py": WORKER, "sibling.py": SIBLING, "data/note.txt": "x"})
    runtime.wait_for("loaded")
    status, body = runtime.get("/exit")
    assert status == 500
    assert "the Python interpreter exited with status 3" in body
    runtime.wait_for("restarted")
    assert ask(runtime, "version") == "3.14"


@pytest.mark.parametrize("version", VERSIONS)
def test_functions_as_handlers(load, version: str) -> None:
    runtime = load(
        {
            "entry.py": """
                from js import Response

                async def on_fetch(request, env):
                    return Response.new(f"{request.method} {env.GREETING}")

                def on_scheduled(controller, env, ctx):
                    print(f"{controller.cron} {env.GREETING} {ctx}")
            """
        },
        version=version,
        compatibility_date="2024-03-29",
        local_endpoints=True,
    )
    runtime.wait_for("loaded")
    assert runtime.get("/") == (200, "GET hello")
    assert runtime.get("/cdn-cgi/mf/scheduled?cron=x") == (200, "ok")
    runtime.wait_for("console", text="x hello [object ExecutionContext]")


def test_a_missing_function_is_named(load) -> None:
    runtime = load({"entry.py": "value = 1\n"}, compatibility_date="2024-03-29")
    runtime.wait_for("loaded")
    status, body = runtime.get("/")
    assert status == 500
    assert 'Python entrypoint "entry.py" does not export a handler named "on_fetch"' in body


def test_a_missing_class_is_named(load) -> None:
    runtime = load({"entry.py": "def on_fetch(request): pass\n"}, local_endpoints=True)
    runtime.wait_for("loaded")
    status, body = runtime.get("/")
    assert status == 500
    assert "Handler does not export a fetch() function." in body
    assert runtime.get("/cdn-cgi/local/scheduled") == (500, "exception")
    runtime.wait_for("exception", message="Handler does not export a fetch() function.")
    runtime.wait_for("exception", message="Handler does not export a scheduled() function.")


START_FAILURES = {
    "exception": ("x = 1\nx / 0\n", 'File "/session/metadata/entry.py", line 2', "ZeroDivisionError"),
    "syntax": ("def f(:\n    pass\n", 'entry.py", line 1\n    def f(:\n', "SyntaxError"),
    "import": ("import nothing_here\n", "line 1, in <module>", "ModuleNotFoundError"),
    "src": ("from src.other import f\n", "shouldn't include a 'src.' prefix", "No module named 'src'"),
}


@pytest.mark.parametrize("case", START_FAILURES)
def test_a_worker_that_does_not_start(load, case: str) -> None:
    source, *expected = START_FAILURES[case]
    failure = load({"entry.py": source}).wait_for("load_failed")
    assert failure["kind"] == "user"
    for text in expected:
        assert text in failure["stack"]
    assert "pyimport_impl" not in failure["stack"]


def test_a_hundred_megabytes_of_output(load) -> None:
    runtime = load(
        {
            "entry.py": """
                from workers import Response, WorkerEntrypoint

                class Default(WorkerEntrypoint):
                    async def fetch(self, request):
                        for _ in range(100):
                            print("x" * 999_999)
                        return Response("done")
            """
        }
    )
    runtime.wait_for("loaded")
    before = runtime.memory("VmRSS")
    connection = runtime.connect()
    connection.request("GET", "/")
    for _ in range(100):
        runtime.wait_for("console", level="log", text="x" * 999_999)
        runtime.forget_seen()
    assert connection.getresponse().read() == b"done"
    connection.close()
    assert runtime.memory("VmRSS") - before < 64 << 20


def test_a_task_may_outlive_its_response(load) -> None:
    runtime = load(
        {
            "entry.py": """
                import asyncio
                from workers import Response, WorkerEntrypoint, wait_until

                class Default(WorkerEntrypoint):
                    async def fetch(self, request):
                        async def say(text):
                            await asyncio.sleep(0.01)
                            print(text)

                        self.ctx.waitUntil(say("from a coroutine"))
                        wait_until(asyncio.ensure_future(say("from a task")))
                        return Response("sent")
            """
        }
    )
    runtime.wait_for("loaded")
    assert runtime.get("/") == (200, "sent")
    said = {runtime.wait_for("console", level="log")["text"] for _ in range(2)}
    assert said == {"from a coroutine", "from a task"}


def test_packages_come_before_the_users_modules(load) -> None:
    runtime = load(
        {
            "entry.py": """
                from workers import Response, WorkerEntrypoint
                import both, extra

                class Default(WorkerEntrypoint):
                    async def fetch(self, request):
                        return Response(f"{both.WHERE} {extra.WHERE}")
            """,
            "both.py": "WHERE = 'user'\n",
            "python_modules/both.py": "WHERE = 'package'\n",
            "python_modules/extra.pth": "hidden\n",
            "python_modules/hidden/extra.py": "WHERE = 'pth'\n",
        }
    )
    runtime.wait_for("loaded")
    assert runtime.get("/") == (200, "package pth")


def python(*arguments: str, stdin: str = "", **options) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [RUNTIME, "python", *arguments],
        input=stdin, capture_output=True, text=True, timeout=120, check=False, **options,
    )


@pytest.mark.parametrize("version", VERSIONS)
def test_command_line_tells_its_version(version: str) -> None:
    result = python("--release", version, "-V")
    assert result.returncode == 0
    assert result.stdout.startswith(f"Python {version}.")


def test_command_line_runs_code_from_everywhere(tmp_path: Path) -> None:
    result = python("-I", "-B", "-c", "import sys; print(sys.argv); sys.exit(7)", "a", "b")
    assert (result.returncode, result.stdout) == (7, "['-c', 'a', 'b']\n")
    script = tmp_path / "script.py"
    script.write_text("import sys, os\nprint(sys.argv[1:], sys.stdin.read(), os.getcwd())\n")
    result = python(str(script), "x", stdin="input", cwd=tmp_path)
    assert result.stdout == f"['x'] input {tmp_path}\n"
    assert python("-", stdin="print(6 * 7)\n").stdout == "42\n"
    assert python("-m", "json.tool", stdin='{"a":1}').stdout == '{\n    "a": 1\n}\n'
    failed = python("-c", "1 / 0")
    assert failed.returncode == 1
    assert failed.stderr.endswith("ZeroDivisionError: division by zero\n")


def test_command_line_works_on_the_hosts_files(tmp_path: Path) -> None:
    (tmp_path / "there.txt").write_text("from outside")
    code = """
        import os, pathlib, shutil
        here = pathlib.Path.cwd()
        print((here / "there.txt").read_text())
        (here / "a" / "b").mkdir(parents=True)
        (here / "a" / "file").write_text("one\\n")
        with open(here / "a" / "file", "a") as file:
            file.write("two\\n")
        os.replace(here / "a" / "file", here / "a" / "b" / "moved")
        os.symlink("moved", here / "a" / "b" / "link")
        print((here / "a" / "b" / "link").read_text(), os.readlink(here / "a" / "b" / "link"))
        os.chmod(here / "a" / "b" / "moved", 0o640)
        os.utime(here / "a" / "b" / "moved", (1_000_000_000, 1_500_000_000))
        shutil.copytree(here / "a", here / "copy", symlinks=True)
        shutil.rmtree(here / "a" / "b")
        try:
            (here / "nope").read_text()
        except FileNotFoundError as error:
            print(error.strerror)
    """
    result = python("-c", dedent(code), cwd=tmp_path)
    assert result.stderr == ""
    assert result.stdout == "from outside\none\ntwo\n moved\nNo such file or directory\n"
    copied = tmp_path / "copy" / "b" / "moved"
    assert copied.read_text() == "one\ntwo\n"
    assert copied.stat().st_mode & 0o777 == 0o640
    assert copied.stat().st_mtime == 1_500_000_000
    assert (tmp_path / "copy" / "b" / "link").is_symlink()
    assert list((tmp_path / "a").iterdir()) == []


def test_command_line_refuses_a_release_there_is_none_of() -> None:
    result = python("--release", "2.7", "-V")
    assert result.returncode == 2
    assert "there is no Python 2.7" in result.stderr


def test_assets_carry_their_notices() -> None:
    share = BUILD / "share" / "cwrangler"
    assert "Mozilla Public License 2.0" in (share / "pyodide" / "NOTICE").read_text()
    assert list((share / "sdk").glob("workers_runtime_sdk-*.dist-info/licenses/LICENSE"))


ANNOTATED = """
    from functools import wraps
    from typing import TYPE_CHECKING
    from workers import Response, WorkerEntrypoint
    if TYPE_CHECKING:
        from workers import Request

    def decorated(method):
        @wraps(method)
        async def wrapper(*args, **kwargs):
            return await method(*args, **kwargs)
        return wrapper

    class Default(WorkerEntrypoint):
        @decorated
        async def fetch(self, request: Request, *, text: str = "not evaluated"):
            return Response(text)
    """


def test_a_handlers_annotations_are_for_type_checkers(tmp_path: Path) -> None:
    (tmp_path / "entry.py").write_text(dedent(ANNOTATED))
    with running() as runtime:
        runtime.load(worker_config(tmp_path))
        runtime.wait_for("loaded")
        assert runtime.get("/") == (200, "not evaluated")
