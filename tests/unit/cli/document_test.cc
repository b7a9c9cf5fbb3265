#include "cli/config/document.h"

#include <doctest/doctest.h>

#include "mutations.h"

namespace cwrangler::cli {
namespace {

constexpr const char* kJson = R"(// a Worker
{
  "name": "a", /* two */ "n": -12, "x": 1.5e3,
  "list": [true, null, {"ä": "ö", "y": [[]]},],
  "vars": {"U": "\u00e4\ud83d\ude00", },
}
)";

constexpr const char* kToml = R"(# a Worker
name = "a"
n = -12
x = 1.5e3
list = [true, {y = [[]]}]
day = 2026-01-02
[vars]
"ä" = 'ö' # more
[[kv_namespaces]]
binding = """
KV"""
)";

/// The Error of parsing, or an empty one.
Error failure(const std::string& name, const std::string& source) {
  try {
    parse_document(name, source);
  } catch (const Error& error) {
    return error;
  }
  return Error("");
}

void check_spot(const Node* node, int line, int column) {
  REQUIRE(node != nullptr);
  CHECK(node->spot.line == line);
  CHECK(node->spot.column == column);
}

TEST_CASE("JSONC values know their places") {
  const Document document = parse_document("w.jsonc", kJson);
  const Node& root = document.root;
  check_spot(&root, 2, 1);
  check_spot(root.find("name"), 3, 11);
  check_spot(root.find("n"), 3, 31);
  CHECK(root.find("n")->integer == -12);
  check_spot(root.find("x"), 3, 41);
  CHECK(root.find("x")->number == 1500);
  CHECK(root.find_member("x")->spot.column == 36);
  const Node* list = root.find("list");
  REQUIRE(list->items.size() == 3);
  check_spot(&list->items[0], 4, 12);
  check_spot(&list->items[1], 4, 18);
  check_spot(list->items[2].find("ä"), 4, 30);
  check_spot(&list->items[2].find("y")->items[0], 4, 41);
  CHECK(root.find("vars")->find("U")->text == "ä😀");
  check_spot(root.find("vars"), 5, 11);
  CHECK(document.line(5) == R"(  "vars": {"U": "\u00e4\ud83d\ude00", },)");
}

TEST_CASE("TOML values know their places and keep the file's order") {
  const Document document = parse_document("w.toml", kToml);
  const Node& root = document.root;
  check_spot(root.find("name"), 2, 8);
  check_spot(root.find("list"), 5, 8);
  CHECK(root.find("list")->items[1].find("y")->items[0].is(Node::Kind::array));
  CHECK(root.find("day")->is(Node::Kind::date));
  CHECK(root.find("day")->text == "2026-01-02");
  check_spot(root.find("vars")->find("ä"), 8, 7);
  CHECK(root.find("kv_namespaces")->items[0].find("binding")->text == "KV");
  CHECK(root.members.front().key == "name");
  CHECK(root.members.back().key == "kv_namespaces");
}

TEST_CASE("a broken JSONC file is shown with its line and a place in it") {
  const Error error = failure("wrangler.jsonc", "{\n  \"name\": \"a\",\n  \"main\": ,\n}\n");
  CHECK(error.problem() == "Invalid value.");
  CHECK(error.activity() == "Invalid JSON document");
  CHECK(error.position().to_string() == "wrangler.jsonc:3:11");
  CHECK(error.source_line() == "  \"main\": ,");

  CHECK(failure("w.json", "").problem() == "The file is empty.");
  CHECK(failure("w.json", "[1]").problem() == "the file must hold an object: { … }");
  CHECK(failure("w.json", "{} x").position().to_string() == "w.json:1:4");
  CHECK(failure("w.json", std::string("{}\0{}", 5)).problem() == "a zero byte");
  CHECK(failure("w.json", "{\"a\": \"\xff\"}").position().line == 1);
  CHECK(failure("w.json", "{\"a\":" + std::string(1000000, '[')).problem() == "nested too deeply");
}

TEST_CASE("a broken TOML file is shown with its line and a place in it") {
  const Error error = failure("wrangler.toml", "name = \"a\"\nmain = \n");
  CHECK(error.activity() == "Invalid TOML document");
  CHECK(error.position().line == 2);
  CHECK(error.position().column > 0);
  CHECK(error.source_line() == "main = ");
  CHECK(failure("w.toml", "a = 1\na = 2\n").position().line == 2);
  CHECK(failure("w.toml", "a = " + std::string(100000, '[')).problem() != "");
  CHECK(failure("w.toml", "a = '\xff'").problem() != "");
}

TEST_CASE("letters beyond ASCII in a TOML key want quotes") {
  for (const char* key : {"\u00e4", "bio\u03dd", "\u0442\u0438\u043f"}) {
    CAPTURE(key);
    CHECK(failure("w.toml", std::string(key) + " = 1\n").position().line == 1);
    CHECK_NOTHROW(parse_document("w.toml", "\"" + std::string(key) + "\" = 1\n"));
  }
}

TEST_CASE("a byte order mark and Windows line ends are no part of the text") {
  for (const char* name : {"w.jsonc", "w.json"}) {
    const Document document = parse_document(name, "\xef\xbb\xbf{\r\n\"a\": 1}\r\n");
    check_spot(document.root.find("a"), 2, 6);
    CHECK(document.line(1) == "{");
  }
  const Document document = parse_document("w.toml",
                                           "\xef\xbb\xbf"
                                           "a = 1\r\nb = 2\r\n");
  check_spot(document.root.find("b"), 2, 5);
}

TEST_CASE("the last of two equal JSON keys counts") {
  const Document document = parse_document("w.json", R"({"a": 1, "b": 2, "a": [3]})");
  REQUIRE(document.root.members.size() == 2);
  CHECK(document.root.find("a")->items[0].integer == 3);
}

TEST_CASE("half a surrogate pair becomes the replacement character") {
  const Document document = parse_document("w.json", R"({"a\udc00": "\udfffb"})");
  REQUIRE(document.root.members.size() == 1);
  CHECK(document.root.members[0].key == "a\ufffd");
  CHECK(document.root.members[0].value.text == "\ufffdb");
}

TEST_CASE("values are shortened for messages without breaking a character") {
  Node node;
  node.kind = Node::Kind::string;
  for (int i = 0; i < 100; ++i) node.text += "ä";
  CHECK(shortened(node).size() < 90);
  CHECK(to_json(parse_document("w.json", kJson).root)["list"][0] == true);
}

/// Whatever happens to the text, the parser answers with a tree or with an Error.
void check_survives(const std::string& name, const std::string& text) {
  const auto check = [&name](const std::string& mutated) {
    try {
      const Document document = parse_document(name, mutated);
      to_json(document.root).dump();
    } catch (const Error& error) {
      CHECK_FALSE(error.problem().empty());
    }
  };
  test::for_each_mutation(text, check);
  test::for_some_mutations(text, 20'000, check);
}

TEST_CASE("cut, flipped and doubled text never harms the parsers") {
  check_survives("w.jsonc", kJson);
  check_survives("w.toml", kToml);
}

}  // namespace
}  // namespace cwrangler::cli
