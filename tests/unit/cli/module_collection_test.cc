#include "cli/project/module_collection.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <chrono>
#include <map>

#include "base/error.h"
#include "cli/project/glob.h"
#include "temporary_folder.h"

namespace cwrangler::cli {
namespace {

namespace fs = std::filesystem;
using test::TemporaryFolder;

/// Collects with a configuration of `keys` beside the always needed main.
ModuleCollection collect(const TemporaryFolder& folder, const std::string& keys = "",
                         const std::string& main = "src/entry.py") {
  return collect_modules(
      parse_config(folder.path() / "wrangler.toml", "main = \"" + main + "\"\n" + keys, ""));
}

std::map<std::string, ModuleType> types(const ModuleCollection& collection) {
  std::map<std::string, ModuleType> result;
  for (const Module& module : collection.modules) result[module.name] = module.type;
  return result;
}

TEST_CASE("globs are wrangler's") {
  CHECK(Glob("**/*.py").matches("a.py"));
  CHECK(Glob("**/*.py").matches("a/b/c.py"));
  CHECK_FALSE(Glob("**/*.py").matches("a.pyc"));
  CHECK(Glob("*.py").matches(".py"));
  CHECK_FALSE(Glob("*.py").matches("a/b.py"));
  CHECK(Glob("a/**/b/**/*.x").matches("a/q/b/r/b/s/t.x"));
  CHECK(Glob("a/**/b").matches("a/b"));
  CHECK(Glob("a/**").matches("a/b/c"));
  CHECK_FALSE(Glob("a/**").matches("b/a/c"));
  CHECK(Glob("**/*.wasm?module").matches("x/y.wasm?module"));
  CHECK_FALSE(Glob("a?c").matches("abc"));
  CHECK_FALSE(Glob("[ab]").matches("a"));
  CHECK(Glob("*a*b*").matches("xxaxxbxx"));
  CHECK(Glob("a**").matches("abc"));
  CHECK_FALSE(Glob("a**").matches("abc/d"));
  // Hostile patterns cost no more than others.
  std::string pattern;
  for (int i = 0; i < 200; ++i) pattern += "**/*a*/";
  CHECK_FALSE(Glob(pattern + "b").matches(std::string(4000, 'a')));
}

TEST_CASE("files of the module root are modules by the rules") {
  TemporaryFolder folder;
  for (const char* name :
       {"src/entry.py", "src/a/b.py", "src/page.html", "src/q.sql", "src/n.txt", "src/d.bin",
        "src/m.wasm", "src/data.json", "src/readme.md", "src/x.js", "src/.hidden.py", "other.py",
        "src/.wrangler/x.py", "src/.venv/lib/x.py", "src/.venv-workers/x.py", "src/.git/x.txt",
        "src/node_modules/x.py", "src/__pycache__/x.py", "src/a/__pycache__/y.py"}) {
    folder.write(name, "");
  }
  const ModuleCollection collection = collect(folder);
  CHECK(collection.main_module == "entry.py");
  CHECK(collection.modules.front().name == "entry.py");
  CHECK(collection.modules.front().path == (folder.path() / "src/entry.py").string());
  CHECK(types(collection) == std::map<std::string, ModuleType>{{"entry.py", ModuleType::python},
                                                               {".hidden.py", ModuleType::python},
                                                               {"a/b.py", ModuleType::python},
                                                               {"page.html", ModuleType::text},
                                                               {"q.sql", ModuleType::text},
                                                               {"n.txt", ModuleType::text},
                                                               {"d.bin", ModuleType::data},
                                                               {"m.wasm", ModuleType::wasm}});
  CHECK(collection.folders ==
        std::vector<fs::path>{folder.path() / "src", folder.path() / "src/a"});
  CHECK(collection.warnings.empty());
}

TEST_CASE("the user's rules come first and end their type") {
  TemporaryFolder folder;
  for (const char* name : {"src/entry.py", "src/x.py", "src/a.json", "src/a.txt", "src/m.js"}) {
    folder.write(name, "");
  }
  const auto with = [&folder](const std::string& rules) {
    return types(collect(folder, "rules = [" + rules + "]"));
  };
  CHECK(with("{type = \"Text\", globs = [\"**/*.json\"]}") ==
        std::map<std::string, ModuleType>{{"entry.py", ModuleType::python},
                                          {"x.py", ModuleType::python},
                                          {"a.json", ModuleType::text}});
  CHECK(with("{type = \"Text\", globs = [\"**/*.json\"], fallthrough = true}").contains("a.txt"));
  CHECK(with("{type = \"ESModule\", globs = [\"*.js\"]}")["m.js"] == ModuleType::esm);
  CHECK(with("{type = \"Data\", globs = [\"x.py\"]}")["x.py"] == ModuleType::data);
  CHECK_FALSE(with("{type = \"PythonModule\", globs = [\"none\"]}").contains("x.py"));

  const ModuleCollection shadowed = collect(folder,
                                            "rules = [{type = \"Text\", globs = [\"*.json\"]}, "
                                            "{type = \"Text\", globs = [\"*.js\"]}]");
  REQUIRE(shadowed.warnings.size() == 1);
  CHECK(shadowed.warnings[0].find("wrangler.toml:2:") != std::string::npos);
  CHECK_THROWS_WITH_AS(with("{type = \"Txt\", globs = []}"),
                       doctest::Contains("Did you mean \"Text\"?"), Error);
}

TEST_CASE("python_modules is data, from the project root, less what is excluded") {
  TemporaryFolder folder;
  for (const char* name :
       {"src/entry.py", "python_modules/pkg/__init__.py", "python_modules/pkg/x.so",
        "python_modules/pkg/x.pyc", "python_modules/.cwrangler-sync.json",
        "python_modules/pkg-1.dist-info/METADATA", "python_modules/pyvenv.cfg",
        "python_modules/workers/w.js", "python_modules/workers/a/w.mjs",
        "python_modules/workers/w.py", "python_modules/other/w.js"}) {
    folder.write(name, "");
  }
  const auto modules = types(collect(folder));
  CHECK(modules.size() == 9);
  CHECK(modules.at("python_modules/pkg/__init__.py") == ModuleType::data);
  CHECK(modules.at("python_modules/workers/w.js") == ModuleType::esm);
  CHECK(modules.at("python_modules/workers/a/w.mjs") == ModuleType::esm);
  CHECK(modules.at("python_modules/other/w.js") == ModuleType::data);
  CHECK_FALSE(modules.contains("python_modules/pkg/x.pyc"));

  const auto excluded = types(collect(folder, "python_modules.exclude = [\"pkg*/**\"]"));
  CHECK(excluded.size() == 6);
  CHECK_FALSE(excluded.contains("python_modules/pkg/x.so"));
}

TEST_CASE("with the entry point in the project root, python_modules is there and counts once") {
  TemporaryFolder folder;
  for (const char* name : {"entry.py", "python_modules/p/a.py", "notes.txt", "wrangler.toml"}) {
    folder.write(name, "");
  }
  const ModuleCollection collection =
      collect(folder, "rules = [{type = \"Data\", globs = [\"*.toml\"]}]", "entry.py");
  CHECK(types(collection) ==
        std::map<std::string, ModuleType>{{"entry.py", ModuleType::python},
                                          {"notes.txt", ModuleType::text},
                                          {"python_modules/p/a.py", ModuleType::data}});
}

TEST_CASE("python_modules inside another module root is an error") {
  TemporaryFolder folder;
  folder.write("src/entry.py", "");
  folder.write("src/python_modules/x.py", "");
  CHECK_THROWS_WITH_AS(
      collect(folder),
      doctest::Contains("The 'python_modules' directory cannot exist in your module root."), Error);
}

TEST_CASE("base_dir is the module root, and the entry point keeps its bare name") {
  TemporaryFolder folder;
  folder.write("lib/util.py", "");
  folder.write("lib/app/entry.py", "");
  const ModuleCollection collection = collect(folder, "base_dir = \"lib/\"", "lib/app/entry.py");
  CHECK(collection.main_module == "entry.py");
  CHECK(types(collection) == std::map<std::string, ModuleType>{{"entry.py", ModuleType::python},
                                                               {"util.py", ModuleType::python}});
  folder.write("lib/entry.py", "");
  const ModuleCollection twice = collect(folder, "base_dir = \"lib\"", "lib/app/entry.py");
  CHECK(twice.modules.size() == 2);
  CHECK(twice.warnings.at(0).find("Ignoring duplicate module: entry.py") == 0);
}

TEST_CASE("a package called like the entry point is an error") {
  for (const char* name : {"entry.py", "entry/__init__.py", "entry.so"}) {
    TemporaryFolder folder;
    folder.write("src/entry.py", "");
    folder.write(std::string("python_modules/") + name, "");
    CHECK_THROWS_WITH_AS(collect(folder),
                         doctest::Contains(("Python module python_modules/" + std::string(name) +
                                            " clashes with main module")
                                               .c_str()),
                         Error);
  }
}

TEST_CASE("links to files count, links to folders and special files do not, loops end") {
  TemporaryFolder folder;
  folder.write("src/entry.py", "");
  folder.write("real.py", "");
  fs::create_symlink(folder.path() / "real.py", folder.path() / "src/link.py");
  fs::create_symlink("nowhere", folder.path() / "src/dangling.py");
  fs::create_directory_symlink(folder.path(), folder.path() / "src/loop");
  REQUIRE(::mkfifo((folder.path() / "src/pipe.py").c_str(), 0600) == 0);
  folder.write("src/bad\xff.py", "");
  const ModuleCollection collection = collect(folder);
  CHECK(types(collection) == std::map<std::string, ModuleType>{{"entry.py", ModuleType::python},
                                                               {"link.py", ModuleType::python}});
  CHECK(collection.warnings.size() == 1);
}

TEST_CASE("five thousand vendored files are collected in an eyeblink") {
  TemporaryFolder folder;
  folder.write("src/entry.py", "");
  for (int package = 0; package < 100; ++package) {
    const std::string base = "python_modules/package" + std::to_string(package) + "/";
    for (int file = 0; file < 50; ++file) {
      folder.write(base + "module" + std::to_string(file) + ".py", "");
    }
  }
  const auto start = std::chrono::steady_clock::now();
  const ModuleCollection collection = collect(folder);
  const auto took = std::chrono::steady_clock::now() - start;
  CHECK(collection.modules.size() == 5001);
  const auto milliseconds = std::chrono::duration<double, std::milli>(took).count();
  INFO("collected in " << milliseconds << " ms");
  // 30 ms is the aim; the bound leaves room for a loaded machine and for sanitizers.
  CHECK(milliseconds < 300);
}

}  // namespace
}  // namespace cwrangler::cli
