#include "runtime/python/leading_imports.h"

#include <doctest/doctest.h>

#include <memory>

namespace cwrangler::python {
namespace {

using Imports = std::vector<Import>;

Module own(const char* name, const char* source) {
  return {name, ModuleType::python, "", std::make_shared<const std::string>(source)};
}

LeadingImports leading(const std::vector<Module>& modules) {
  return leading_imports("entry.py", modules);
}

/// The modules of a Worker that is one file.
Imports imports_of(const char* source) {
  return leading({own("entry.py", source)}).imports;
}

TEST_CASE("a file's beginning is read as Python reads it") {
  const auto all = [](std::string_view source, const Imports& expected) {
    CAPTURE(source);
    const FileBeginning beginning = beginning_of(source);
    CHECK(beginning.imports == expected);
    CHECK(beginning.complete);
  };
  all("", {});
  all("# only a comment", {});
  all("import a", {{"a", {}}});
  all("import a.b as c, d\r\nimport e # why\r\n", {{"a.b", {}}, {"d", {}}, {"e", {}}});
  all("\xEF\xBB\xBF"
      "from a import (b as x,  # one\n  c,\n)\n",
      {{"a", {"b", "c"}}});
  all("from a . b import *; import c;\n", {{"a.b", {"*"}}, {"c", {}}});
  all("from a import \\\n  b, c\n", {{"a", {"b", "c"}}});
  all("from . import a\nfrom ..b.c import(d)\nfrom... import e\n",
      {{".", {"a"}}, {"..b.c", {"d"}}, {"...", {"e"}}});
  all("#!/usr/bin/python\n'''What\nit \\''' is'''\n\"a\"; r'b'\nfrom __future__ import "
      "annotations\n"
      "  # indented\n\nimport a\n",
      {{"a", {}}});
  all("import _a9", {{"_a9", {}}});
}

TEST_CASE("the first other statement ends a file's beginning") {
  const auto stops = [](std::string_view source, const Imports& expected = {{"a", {}}}) {
    CAPTURE(source);
    const FileBeginning beginning = beginning_of(source);
    CHECK(beginning.imports == expected);
    CHECK_FALSE(beginning.complete);
  };
  stops("import a\nx = 1\nimport b\n");
  stops("import a\nif True:\n  import b\n");
  stops("import a\n import b\n");
  stops("import a\ntry:\n  import b\nexcept ImportError: pass\n");
  stops("import a\nimporting = 1\n");
  stops("import a\nimport.b\n");
  stops("import a\n'text' + f()\n");
  stops("import a\nf'{print(1)}'\n");
  stops("import a\nb'bytes'\n");
  stops("import a\n'''never ends\n");
  stops("import a\n'never ends\n'\n");
  stops("import a\nimport b = 1\n");
  stops("import a\nimport b, \n");
  stops("import a\nimport caf\xC3\xA9\n");
  stops("import a\nfrom b import (c\n");
  stops("import a\nfrom b import ()\n");
  stops("import a\nfrom b import c.d\n");
  stops("import a\nfrom import b\n");
  stops("import a\nfrom b\n");
  stops("import a\nimport b as\n");
  stops("import a; x\n");
  stops("import a\n\\\n");
  stops(std::string_view("\0import a", 9), {});
  stops("\"\\", {});
}

TEST_CASE("the Worker's own modules are looked into where they are imported") {
  const std::vector<Module> modules{
      own("entry.py", "import json\nfrom app.web import app\nimport late\n"),
      own("app/__init__.py", "'''Docs.'''\nimport first\n"),
      own("app/web.py",
          "from fastapi import FastAPI\nfrom . import models\nfrom .models import X\n"),
      own("app/models.py", "import pydantic\nfrom json import loads\n"),
  };
  SUBCASE("as long as nothing else is executed") {
    const LeadingImports found = leading(modules);
    CHECK(found.imports == Imports{{"json", {}}, {"first", {}}, {"fastapi", {"FastAPI"}}});
    CHECK(found.own == std::vector<std::string>{"app"});
  }
  SUBCASE("also when a name of an empty package is a module") {
    std::vector<Module> others = modules;
    others[1] = own("app/__init__.py", "");
    CHECK(leading(others).imports == Imports{{"json", {}},
                                             {"fastapi", {"FastAPI"}},
                                             {"pydantic", {}},
                                             {"json", {"loads"}},
                                             {"late", {}}});
  }
  SUBCASE("and a folder is a package without an __init__.py") {
    std::vector<Module> others = modules;
    others.erase(others.begin() + 1);
    CHECK(leading(others).imports.back() == Import{"late", {}});
  }
}

TEST_CASE("packages go before the Worker's own modules") {
  const std::vector<Module> modules{
      own("entry.py", "import shared\nimport legacy\nimport mine\n"),
      own("shared.py", "import never\n"),
      own("legacy.py", "import never\n"),
      own("mine.py", "import other\nmade = 1\n"),
      own("python_modules/shared/__init__.py", "import hidden\n"),
      own("vendor/legacy.py", ""),
  };
  const LeadingImports found = leading(modules);
  CHECK(found.imports == Imports{{"shared", {}}, {"legacy", {}}, {"other", {}}});
  CHECK(found.own == std::vector<std::string>{"mine"});
}

TEST_CASE("what is not plain ends the list") {
  CHECK(imports_of("import a\nfrom . import b\n") == Imports{{"a", {}}});
  CHECK(leading({own("entry.py", "import a\nfrom b import *\nimport c\n"), own("b.py", "")})
            .imports == Imports{{"a", {}}});
  // One that imports itself in a circle is executed once.
  CHECK(
      leading({own("entry.py", "import b\nimport c\n"), own("b.py", "import entry, b\nimport d\n")})
          .imports == Imports{{"d", {}}, {"c", {}}});
  // A file that went away.
  CHECK(leading({own("entry.py", "import a\nimport b\n"),
                 {"b.py", ModuleType::python, "/there/is/no/such/file.py"}})
            .imports == Imports{{"a", {}}});
}

}  // namespace
}  // namespace cwrangler::python
