"""pyright and mypy, the real ones, find a Worker's packages and `workers`."""

import shutil
import subprocess

import pytest

from wheels import make_wheel

pytestmark = pytest.mark.network

PYRIGHT = "pyright@1.1.400"
MYPY = "mypy==1.15.0"

ENTRY = """import alpha
from workers import Response, WorkerEntrypoint

reveal_type(alpha.version)


class Default(WorkerEntrypoint):
    async def fetch(self, request):
        return Response(alpha.version)
"""


@pytest.fixture
def typed(project, cwrangler):
    """A project from the template with a package that has types, synced."""
    directory = project("hello")
    make_wheel(directory / "wheels", "alpha", "1.0",
               files={"alpha/__init__.py": 'version: str = "1.0"\n', "alpha/py.typed": ""})
    make_wheel(directory / "wheels", "workers_runtime_sdk", "1.0")
    (directory / "uv.toml").write_text('no-index = true\nfind-links = ["wheels"]\n')
    pyproject = directory / "pyproject.toml"
    pyproject.write_text(pyproject.read_text().replace("dependencies = []", 'dependencies = ["alpha"]'))
    (directory / "src" / "entry.py").write_text(ENTRY)
    return directory


def run(directory, command):
    return subprocess.run(command, cwd=directory, capture_output=True, text=True, check=False,
                          timeout=280)


def both_on(directory, environment, *options):
    """What pyright and mypy (with options) say of the project's sources, from registries by their
    clients."""
    if not shutil.which("npx"):
        pytest.skip("pyright needs Node")
    pyright = run(directory, ["npx", "--yes", PYRIGHT, "src"])
    if "npm error" in pyright.stderr:
        pytest.skip("pyright cannot be had: " + pyright.stderr.strip().splitlines()[0])
    mypy = run(directory, [environment["CWRANGLER_UV"], "tool", "run", "--from", MYPY, "mypy", *options,
                           "src"])
    if "Failed to fetch" in mypy.stderr:
        pytest.skip("mypy cannot be had: " + mypy.stderr.strip().splitlines()[0])
    return pyright.stdout, mypy.stdout


def check_both(directory, environment):
    pyright, mypy = both_on(directory, environment)
    assert "could not be resolved" not in pyright, pyright
    assert 'Type of "alpha.version" is "str"' in pyright, pyright
    assert 'Revealed type is "builtins.str"' in mypy and "Success" in mypy, mypy


TEMPLATES = ["hello", "fastapi", "django", "d1", "cron", "assets", "workflow", "durable-object"]


@pytest.mark.parametrize("name", TEMPLATES)
def test_every_template_is_strictly_typed(name, template, cwrangler, scratch_environment):
    """Straight from init (and sync, where there are packages): bindings have their types."""
    directory = template(name)
    synced = cwrangler("sync", cwd=directory)
    assert synced.returncode == 0, synced.stderr
    pyright, mypy = both_on(directory, scratch_environment, "--strict")
    assert "\n0 errors, 0 warnings" in "\n" + pyright, pyright
    assert "Success" in mypy, mypy


def test_a_wrong_use_of_a_binding_is_told(template, scratch_environment):
    directory = template("d1")
    entry = directory / "src" / "entry.py"
    entry.write_text(entry.read_text() + """

async def wrong(worker: Default) -> None:
    worker.env.DB.prepar("SELECT 1")
    worker.env.NOWHERE
""")
    pyright, mypy = both_on(directory, scratch_environment, "--strict")
    for output in (pyright, mypy):
        assert "prepar" in output and "NOWHERE" in output, output


ROOM = """

class Room(DurableObject):
    def names(self, first: int) -> list[str]:
        return ["tea"][first:]


async def use(worker: Default) -> None:
    room = worker.env.ROOMS.getByName("one")
    reveal_type(await room.names(0))
    reveal_type(await worker.env.COUNTERS.getByName("one").add(1))
    await room.names("one")
"""


def test_methods_of_a_durable_object_are_awaited_plain_ones_too(template, cwrangler, scratch_environment):
    directory = template("durable-object")
    config = directory / "wrangler.jsonc"
    config.write_text(config.read_text().replace(
        '"bindings": [', '"bindings": [{ "name": "ROOMS", "class_name": "Room" },', 1))
    entry = directory / "src" / "entry.py"
    entry.write_text(entry.read_text() + ROOM)
    assert cwrangler("types", cwd=directory).returncode == 0
    pyright, mypy = both_on(directory, scratch_environment, "--strict")
    assert 'Type of "await room.names(0)" is "list[str]"' in pyright, pyright
    assert 'add(1)" is "int"' in pyright and "\n1 error, 0 warnings" in pyright, pyright
    assert 'Revealed type is "builtins.list[builtins.str]"' in mypy, mypy
    assert 'Revealed type is "builtins.int"' in mypy and "Found 1 error" in mypy, mypy
    assert "arg-type" in mypy, mypy


@pytest.mark.parametrize("template", ["hello", "fastapi"])
def test_a_new_project_needs_no_further_step(template, project, cwrangler, scratch_environment):
    """What the template's own code imports is found: `workers`, and FastAPI in python_modules."""
    directory = project(template)
    synced = cwrangler("sync", cwd=directory)
    assert synced.returncode == 0, synced.stderr
    entry = directory / "src" / "entry.py"
    entry.write_text(entry.read_text() + "\n\nreveal_type(WorkerEntrypoint)\n")
    pyright, mypy = both_on(directory, scratch_environment)
    assert 'Type of "WorkerEntrypoint" is "type[WorkerEntrypoint]"' in pyright, pyright
    assert "\n0 errors, 0 warnings" in pyright, pyright
    assert "workers.entrypoints.WorkerEntrypoint" in mypy and "Success" in mypy, mypy
    # Code that is wrong is told: nothing of this was taken for "Any".
    entry.write_text(entry.read_text() + "\nWorkerEntrypoint(1, 2, 3, 4)\n")
    pyright, mypy = both_on(directory, scratch_environment)
    assert "\n1 error, 0 warnings" in pyright, pyright
    assert "Success" not in mypy, mypy


def test_a_new_projects_packages_have_their_types(typed, cwrangler, scratch_environment):
    result = cwrangler("sync", "--editor", cwd=typed)
    assert result.returncode == 0, result.stderr
    # The template has the settings: nothing is written, nothing asked for.
    assert "Wrote" not in result.stdout and "settings here" not in result.stdout
    check_both(typed, scratch_environment)


def test_settings_are_written_on_request_and_never_over_a_users_own(
    typed, cwrangler, scratch_environment
):
    pyproject = typed / "pyproject.toml"
    pyproject.write_text(pyproject.read_text().partition("# Where editors")[0])
    assert "Wrote" not in cwrangler("sync", cwd=typed).stdout
    assert not (typed / "pyrightconfig.json").exists()
    written = cwrangler("sync", "--editor", cwd=typed)
    assert "Wrote pyrightconfig.json\nWrote mypy.ini" in written.stdout
    check_both(typed, scratch_environment)

    own = '{"strict": ["src"]}\n'
    (typed / "pyrightconfig.json").write_text(own)
    (typed / "mypy.ini").unlink()
    (typed / "setup.cfg").write_text("[mypy]\nstrict = true\n")
    again = cwrangler("sync", "--editor", cwd=typed)
    assert "pyright has settings here: add" in again.stdout
    assert "mypy has settings here: add" in again.stdout
    assert (typed / "pyrightconfig.json").read_text() == own
    assert not (typed / "mypy.ini").exists()
