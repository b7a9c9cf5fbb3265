"""A small API on D1, as an author's README drives it: a schema from a file, then a session with curl."""

from __future__ import annotations

import json
import subprocess

BOOKS = [
    ("Python実践レシピ", "機能とライブラリを網羅した、実践的なレシピ集です。"),
    ("Zażółć gęślą jaźń", "Ord på många språk, “quoted” and not"),
    ("😀", "one character"),
]


def test_the_session_of_the_readme(project, cwrangler, dev) -> None:
    directory = project("bookshelf")
    for _ in range(2):  # the second time it finds the table of the first
        made = cwrangler("d1", "execute", "bookshelf", "--local", "--file=./schema.sql", cwd=directory)
        assert made.returncode == 0, made.stderr

    with dev(directory) as session:
        def curl(*arguments: str) -> str:
            command = ["curl", "--silent", "--noproxy", "*", *arguments]
            return subprocess.run(command, check=True, capture_output=True, timeout=60).stdout.decode()

        url = session.url + "/"
        assert curl(url) == "[]"
        for title, description in BOOKS:
            body = f'{{"title": "{title}", "description": "{description}"}}'
            assert curl("-X", "POST", url, "-d", body) == "{'message': 'ok'}"
        assert curl(url) == json.dumps(
            [{"id": number, "title": title, "description": description}
             for number, (title, description) in enumerate(BOOKS, 1)],
            ensure_ascii=False, separators=(",", ":"))
        assert curl("-X", "POST", url, "-d", "no JSON") == "{'error': 'Invalid JSON'}"
        assert curl("-X", "POST", url, "-d", "{}") == "{'error': 'Title and description are required'}"
        assert session.get(method="PUT", body=b"").status == 405

    listed = cwrangler("d1", "execute", "bookshelf", "--local", "--json", "--command",
                       "SELECT count(*) AS books FROM books", cwd=directory)
    assert json.loads(listed.stdout)[0]["results"] == [{"books": len(BOOKS)}]
