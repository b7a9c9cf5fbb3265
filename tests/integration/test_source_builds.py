"""Packages that have only a source: who builds them, where that is allowed, and what comes out."""

import json

import pytest

from test_package_commands import PYPROJECT, vendored  # noqa: F401  a fixture
from wheels import make_sdist

# A build backend of the package's own, which works on this machine only, and needs nothing.
BACKEND = """
import sys, zipfile

def build_wheel(folder, config_settings=None, metadata_directory=None):
    if sys.platform == "emscripten":
        raise SystemExit("this does not build inside of a Worker's interpreter")
    files = {FILES,
             "hosted-1.0.dist-info/METADATA": "Metadata-Version: 2.1\\nName: hosted\\nVersion: 1.0\\n",
             "hosted-1.0.dist-info/WHEEL": "Wheel-Version: 1.0\\nGenerator: x\\nRoot-Is-Purelib: true\\n"
             "Tag: py3-none-any\\n"}
    with zipfile.ZipFile(folder + "/hosted-1.0-py3-none-any.whl", "w") as wheel:
        for name, text in files.items():
            wheel.writestr(name, text)
        wheel.writestr("hosted-1.0.dist-info/RECORD", "".join(f"{name},,\\n" for name in files))
    return "hosted-1.0-py3-none-any.whl"
"""


@pytest.fixture
def hosted(vendored):  # noqa: F811
    """``hosted(settings, files)``: a project that needs a package which only this machine's Python
    builds, with ``files`` in it."""

    def make(settings="", files='"hosted.py": "x = 1"'):
        make_sdist(vendored / "wheels", "hosted", "1.0", {
            "pyproject.toml": '[build-system]\nrequires = []\nbuild-backend = "backend"\n'
            'backend-path = ["."]\n[project]\nname = "hosted"\nversion = "1.0"\n',
            "backend.py": BACKEND.replace("FILES", files),
        })
        # No other index is asked: the answer would be the same, some seconds later.
        tables = settings if "[tool.cwrangler]" in settings else settings + "[tool.cwrangler]\n"
        (vendored / "pyproject.toml").write_text(
            PYPROJECT.replace("alpha", "hosted") + tables + "pyodide-index = false\n")
        return vendored

    return make


@pytest.mark.parametrize(
    ("flags", "settings"),
    [
        (["--allow-build"], ""),
        ([], "[tool.pywrangler]\nallow-build = true\n"),
        ([], "[tool.cwrangler]\nallow-build = true\n"),
        ([], '[tool.cwrangler]\nallow-build = ["Hosted"]\n'),
    ],
)
def test_a_build_by_this_machines_python_is_allowed_in_four_ways(hosted, cwrangler, flags, settings):
    directory = hosted(settings)
    result = cwrangler("sync", "--python", "3.14", "--json", *flags, cwd=directory)
    assert result.returncode == 0, result.stderr
    built = {entry["name"]: entry["from"] for entry in json.loads(result.stdout)["packages"]}
    assert built["hosted"] == "source"
    assert (directory / "python_modules" / "hosted.py").read_text() == "x = 1"


@pytest.mark.parametrize(
    "settings", ["", '[tool.cwrangler]\nallow-build = ["other"]\n',
                 "[tool.pywrangler]\nallow-build = false\n"],
)
def test_a_build_by_this_machines_python_is_not_made_unasked(hosted, cwrangler, settings):
    directory = hosted(settings)
    refused = cwrangler("sync", "--python", "3.14", cwd=directory)
    assert refused.returncode == 1
    assert "hosted 1.0 cannot be installed" in refused.stderr
    assert "`cwrangler sync --allow-build` tries it with this machine's Python" in refused.stderr
    assert not (directory / "python_modules").exists()


def test_an_allowed_build_must_not_bring_compiled_code(hosted, cwrangler):
    directory = hosted(files='"hosted/__init__.py": "", "hosted/fast.so": "x"')
    refused = cwrangler("sync", "--python", "3.14", "--allow-build", cwd=directory)
    assert refused.returncode == 1
    assert "hosted 1.0 cannot be installed" in refused.stderr
    assert not (directory / "python_modules").exists()


BACKENDS = {
    "setuptools": ("setuptools", "setuptools.build_meta"),
    "hatchling": ("hatchling", "hatchling.build"),
    "flit": ("flit_core", "flit_core.buildapi"),
    "poetry": ("poetry-core", "poetry.core.masonry.api"),
    "uv": ("uv_build", "uv_build"),
}


@pytest.mark.network
@pytest.mark.parametrize("backend", BACKENDS)
def test_a_source_is_built_inside_of_the_workers_interpreter(project, cwrangler, backend):
    """A package with only a source archive, by each of the common build backends."""
    directory = project("hello")
    requires, module = BACKENDS[backend]
    metadata = '[project]\nname = "plain"\nversion = "1.0"\ndescription = "x"\n'
    make_sdist(
        directory / "wheels",
        "plain",
        "1.0",
        {
            "pyproject.toml": f'[build-system]\nrequires = ["{requires}"]\n'
            f'build-backend = "{module}"\n{metadata}',
            "src/plain/__init__.py": "answer = 42\n",
        },
    )
    (directory / "pyproject.toml").write_text(
        PYPROJECT.replace("alpha", "plain") + '[tool.uv]\nfind-links = ["wheels"]\n'
    )
    result = cwrangler("sync", "--python", "3.14", "--json", cwd=directory)
    assert result.returncode == 0, result.stderr
    assert "Building plain 1.0 from its source" in result.stderr
    built = {entry["name"]: entry["from"] for entry in json.loads(result.stdout)["packages"]}
    assert built["plain"] == "source"
    assert (directory / "python_modules" / "plain" / "__init__.py").exists()
    again = cwrangler("sync", "--force", "--python", "3.14", cwd=directory)
    assert "Building" not in again.stderr
