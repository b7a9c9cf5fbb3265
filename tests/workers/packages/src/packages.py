"""What each package that is no framework does as its hello world."""

from collections.abc import Callable
from typing import Any

import aiohttp
import bs4
import httpx
import jinja2
import pygments
import pygments.formatters
import pygments.lexers
import requests
import sqlalchemy as sql
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column


def hello_aiohttp() -> dict[str, Any]:
    return {"url": str(aiohttp.client.URL("http://example.org") / "hello")}


def hello_beautifulsoup4() -> dict[str, Any]:
    page = bs4.BeautifulSoup("<ul><li>one<li class=x>two</ul>", "html.parser")
    return {"items": [item.get_text() for item in page.select("li.x")]}


def hello_httpx() -> dict[str, Any]:
    request = httpx.Request("POST", "http://example.org/a b", params={"q": "ü"}, json={"x": 1})
    transport = httpx.MockTransport(lambda asked: httpx.Response(200, json={"at": asked.url.path}))
    with httpx.Client(transport=transport) as client:
        answer = client.get("http://example.org/there").json()
    return {"url": str(request.url), "answer": answer}


def hello_jinja2() -> dict[str, Any]:
    environment = jinja2.Environment(autoescape=True, loader=jinja2.PackageLoader("site_files", ""))
    return {"page": environment.get_template("page.html").render(name="<you>")}


def hello_pygments() -> dict[str, Any]:
    lexer = pygments.lexers.get_lexer_by_name("python")
    formatter = pygments.formatters.HtmlFormatter()
    return {"html": pygments.highlight("def f(): pass", lexer, formatter)}


def hello_requests() -> dict[str, Any]:
    prepared = requests.Request("GET", "http://example.org/", params={"q": "a b"}).prepare()
    return {"url": prepared.url}


class _Base(DeclarativeBase):
    pass


class _Author(_Base):
    __tablename__ = "author"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


def hello_sqlalchemy() -> dict[str, Any]:
    engine = sql.create_engine("sqlite://", poolclass=sql.StaticPool)
    _Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all([_Author(name="Ada"), _Author(name="Grace")])
        session.commit()
        names = session.scalars(sql.select(_Author.name).order_by(_Author.name.desc())).all()
    return {"names": list(names)}


HELLOS: dict[str, Callable[[], dict[str, Any]]] = {
    name.removeprefix("hello_"): function
    for name, function in list(globals().items())
    if name.startswith("hello_")
}
