#include "runtime/python/module_tree.h"

#include <doctest/doctest.h>

#include "base/error.h"

namespace cwrangler::python {
namespace {

Module module(const char* name, ModuleType type = ModuleType::python) {
  return {name, type, std::string("/host/") + name};
}

TEST_CASE("modules are found by the folders of their names") {
  const Module modules[] = {module("entry.py"), module("pkg/a.py"), module("pkg/sub/b.txt")};
  const ModuleTree tree(modules);
  const auto entry = tree.find(ModuleTree::kRoot, "entry.py");
  REQUIRE(entry != 0);
  CHECK(tree.node(entry).path == "/host/entry.py");
  CHECK_FALSE(tree.node(entry).is_folder());
  const auto package = tree.find(ModuleTree::kRoot, "pkg");
  REQUIRE(package != 0);
  CHECK(tree.node(package).is_folder());
  CHECK(tree.node(package).children.size() == 2);
  const auto text = tree.find(tree.find(package, "sub"), "b.txt");
  REQUIRE(text != 0);
  CHECK(tree.node(text).path == "/host/pkg/sub/b.txt");
}

TEST_CASE("a module may have its content in memory, even none") {
  Module made = module("made.py");
  made.path.clear();
  made.content = std::make_shared<const std::string>();
  const ModuleTree tree(std::span(&made, 1));
  const auto id = tree.find(ModuleTree::kRoot, "made.py");
  REQUIRE(id != 0);
  CHECK_FALSE(tree.node(id).is_folder());
  CHECK(tree.node(id).content == made.content);
}

TEST_CASE("what is not there is not found") {
  const Module modules[] = {module("pkg/a.py")};
  const ModuleTree tree(modules);
  CHECK(tree.find(ModuleTree::kRoot, "a.py") == 0);
  CHECK(tree.find(ModuleTree::kRoot, "pkg/a.py") == 0);
  CHECK(tree.find(ModuleTree::kRoot, "") == 0);
  CHECK(tree.find(ModuleTree::kRoot, "..") == 0);
  CHECK(tree.find(12345, "a.py") == 0);
  CHECK_THROWS_AS(tree.node(12345), std::out_of_range);
}

TEST_CASE("Python does not see code of other languages") {
  const Module modules[] = {module("a.mjs", ModuleType::esm), module("b.js", ModuleType::commonjs),
                            module("c.wasm", ModuleType::wasm), module("d.json", ModuleType::json),
                            module("e.bin", ModuleType::data)};
  const ModuleTree tree(modules);
  CHECK(tree.node(ModuleTree::kRoot).children.size() == 2);
  CHECK(tree.find(ModuleTree::kRoot, "d.json") != 0);
  CHECK(tree.find(ModuleTree::kRoot, "e.bin") != 0);
}

TEST_CASE("names that are no relative paths are refused") {
  for (const char* name : {"", "/etc/passwd", "a//b.py", "../a.py", "a/../b.py", "./a.py", "a/"}) {
    CAPTURE(name);
    const Module modules[] = {module(name)};
    CHECK_THROWS_AS(ModuleTree{modules}, Error);
  }
  const Module nul[] = {{std::string("a\0b.py", 6), ModuleType::python, "/host/a"}};
  CHECK_THROWS_AS(ModuleTree{nul}, Error);
}

TEST_CASE("a name cannot be a file and a folder") {
  const Module file_first[] = {module("a"), module("a/b.py")};
  CHECK_THROWS_AS(ModuleTree{file_first}, Error);
  const Module folder_first[] = {module("a/b.py"), module("a")};
  CHECK_THROWS_AS(ModuleTree{folder_first}, Error);
}

}  // namespace
}  // namespace cwrangler::python
