"""Real requirement sets: each is installed from a warm cache and imported in the runtime on 3.14,
or refused with the right explanation.

Every set has a Worker of its own that imports what the set's users import first, and does a little
with it.
"""

import json
import subprocess
from dataclasses import dataclass

import pytest

from dev_process import CWRANGLER, make_environment, run_dev

pytestmark = pytest.mark.network

ENTRY = """from workers import Response, WorkerEntrypoint

{code}


class Default(WorkerEntrypoint):
    async def fetch(self, request):
        return Response(str(answer))
"""

CONFIG = """{
  "name": "matrix", "main": "src/entry.py", "compatibility_date": "2026-10-01",
  "compatibility_flags": ["python_workers"]
}
"""


@dataclass(frozen=True)
class Case:
    """Requirements, code that leaves ``answer``, and what that is."""

    requirements: tuple[str, ...]
    code: str
    answer: str


WORKS = {
    "fastapi": Case(
        ("fastapi", "httpx", "pydantic"),
        "import httpx\nfrom fastapi import FastAPI\nfrom pydantic import BaseModel\n"
        "class Item(BaseModel):\n    n: int\n"
        "app = FastAPI()\nanswer = Item.model_validate_json('{\"n\": \"3\"}').n",
        "3",
    ),
    "django": Case(
        ("django",),
        "from django.conf import settings\nsettings.configure()\n"
        "from django.template import Context, Engine\n"
        "answer = Engine().from_string('{{ x|upper }}').render(Context({'x': 'a'}))",
        "A",
    ),
    "flask-jinja2": Case(
        ("flask", "jinja2"),
        "from flask import Flask\nfrom jinja2 import Template\n"
        "app = Flask('x')\nanswer = Template('{{ 1 + 1 }}').render()",
        "2",
    ),
    "litestar": Case(
        ("litestar",),
        "from litestar import Litestar, get\n@get('/')\nasync def index() -> str:\n    return ''\n"
        "answer = len(Litestar([index], logging_config=None).routes) > 0",
        "True",
    ),
    "pygments": Case(
        ("pygments",),
        "from pygments import highlight\nfrom pygments.formatters import NullFormatter\n"
        "from pygments.lexers import PythonLexer\n"
        "answer = highlight('x = 1', PythonLexer(), NullFormatter()).strip()",
        "x = 1",
    ),
    "beautifulsoup4": Case(
        ("beautifulsoup4",),
        "from bs4 import BeautifulSoup\n"
        "answer = BeautifulSoup('<p>hi</p>', 'html.parser').p.text",
        "hi",
    ),
    "sqlalchemy": Case(
        ("sqlalchemy",),
        "from sqlalchemy import create_engine, text\n"
        "with create_engine('sqlite://').connect() as db:\n"
        "    answer = db.execute(text('select 40 + 2')).scalar()",
        "42",
    ),
    "pydantic-settings": Case(
        ("pydantic-settings",),
        "from pydantic_settings import BaseSettings\n"
        "class S(BaseSettings):\n    level: int = 5\nanswer = S().level",
        "5",
    ),
    "httpx": Case(
        ("httpx",), "import httpx\nanswer = httpx.URL('http://a/b?c=1').params['c']", "1"
    ),
    "aiohttp": Case(
        ("aiohttp",), "import aiohttp\nanswer = aiohttp.ClientTimeout(total=3).total", "3"
    ),
    "langchain-core": Case(
        ("langchain-core",),
        "from langchain_core.prompts import PromptTemplate\n"
        "answer = PromptTemplate.from_template('say {x}').format(x='hi')",
        "say hi",
    ),
}

REFUSED = {
    # The releases of this major version need cryptography and rpds-py.
    "mcp": (("mcp",), ("cannot be installed", "Required by: mcp →")),
    "pillow": (("pillow",), ("pillow", "cannot be installed", "the Images binding")),
    "numpy": (("numpy",), ("numpy", "cannot be installed", "Pyodide's own index has version")),
}


def sync(directory, requirements, environment):
    (directory / "src").mkdir(parents=True)
    (directory / "wrangler.jsonc").write_text(CONFIG)
    names = ", ".join(f'"{name}"' for name in requirements)
    (directory / "pyproject.toml").write_text(
        f'[project]\nname = "matrix"\nversion = "1"\ndependencies = [{names}]\n'
        # The same on every machine, whichever indexes it reaches.
        "[tool.cwrangler]\npyodide-index = false\n"
    )
    return subprocess.run([CWRANGLER, "sync", "--json"], cwd=directory, env=environment,
                          capture_output=True, text=True, timeout=280, check=False)


@pytest.mark.parametrize("name", WORKS)
def test_synced_and_imported(name, tmp_path):
    case = WORKS[name]
    environment = make_environment(tmp_path)
    result = sync(tmp_path / "worker", case.requirements, environment)
    assert result.returncode == 0, result.stderr
    report = json.loads(result.stdout)
    assert report["outcome"] == "installed" and report["python"] == "3.14"
    (tmp_path / "worker" / "src" / "entry.py").write_text(ENTRY.format(code=case.code))
    with run_dev(tmp_path / "worker", environment=environment, timeout=200) as session:
        answer = session.get(timeout=200)
        assert (answer.status, answer.text) == (200, case.answer), session.output


def test_langchain_is_not_moved_years_back(tmp_path):
    """orjson and zstandard have no wheel; old releases that did not name them are no substitute."""
    result = sync(tmp_path / "worker", ("langchain-core",), make_environment(tmp_path))
    report = json.loads(result.stdout)
    version = next(p["version"] for p in report["packages"] if p["name"] == "langchain-core")
    assert int(version.split(".")[0]) >= 1
    assert set(report["left_out"]) >= {"orjson", "zstandard"}
    assert "Left out: orjson" in result.stderr


@pytest.mark.parametrize("name", REFUSED)
def test_refused_with_the_right_explanation(name, tmp_path):
    requirements, words = REFUSED[name]
    result = sync(tmp_path / "worker", requirements, make_environment(tmp_path))
    assert result.returncode == 1, result.stdout
    for word in words:
        assert word in result.stderr
    assert "pyproject.toml:4:" in result.stderr
    assert not (tmp_path / "worker" / "python_modules").exists()
