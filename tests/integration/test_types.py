"""`cwrangler types`: the stub of `env`, without npm, network or a runtime. What the type checkers make
of it is in test_editor_support.py."""

import os


def test_the_stub_is_made_from_the_configuration(template, cwrangler):
    directory = template("d1")
    (directory / ".dev.vars").write_text("TOKEN=not-in-the-stub\n")
    stub = directory / "typings" / "js" / "__init__.pyi"
    made_by_init = stub.read_text()
    assert "    DB: D1Database\n" in made_by_init
    # Without a PATH there is neither npm nor uv.
    result = cwrangler("types", cwd=directory, env={"PATH": os.devnull})
    assert result.returncode == 0, result.stderr
    assert result.stdout == "Wrote typings/js/__init__.pyi\n"
    assert "    TOKEN: str\n" in stub.read_text() and "not-in-the-stub" not in stub.read_text()
    assert cwrangler("types", cwd=directory).stdout == "Up to date: typings/js/__init__.pyi\n"


def test_check_is_for_ci(template, cwrangler):
    directory = template("hello")
    assert cwrangler("types", "--check", cwd=directory).returncode == 0
    config = directory / "wrangler.jsonc"
    config.write_text(config.read_text().replace("{", '{ "vars": { "ADDED": "yes" },', 1))
    stale = cwrangler("types", "--check", cwd=directory)
    assert stale.returncode == 1 and "is out of date" in stale.stderr
    assert cwrangler("types", cwd=directory).returncode == 0
    assert cwrangler("types", "--check", cwd=directory).returncode == 0
    (directory / "typings" / "js" / "__init__.pyi").unlink()
    assert "is not there" in cwrangler("types", "--check", cwd=directory).stderr


def test_another_file_and_loose_variables(template, cwrangler):
    directory = template("hello")
    config = directory / "wrangler.jsonc"
    config.write_text(config.read_text().replace("{", '{ "vars": { "ADDED": "yes" },', 1))
    assert cwrangler("types", "out/js.pyi", "--strict-vars", "false", cwd=directory).returncode == 0
    assert "    ADDED: str\n" in (directory / "out" / "js.pyi").read_text()
    assert cwrangler("types", "out/js.d.ts", cwd=directory).returncode == 2
