#include "runtime/engine/module_map.h"

#include <map>

#include "tests/unit/runtime/engine/fixture.h"

using namespace cwrangler::engine;
using cwrangler::engine::testing::Process;
using cwrangler::engine::testing::run;

TEST_CASE("ES modules import each other, built-in ones, and give clear errors") {
  auto& process = Process::get();
  Isolate isolate(process.platform, process.snapshot);
  const std::map<std::string, std::string> files{
      {"a/one.mjs",
       "import {two} from './two.mjs'; import env from 'host:env';"
       "export const sum = two + env; export const url = import.meta.url;"},
      {"a/two.mjs", "export const two = await Promise.resolve(2);"},
      {"bad.mjs", "export const = 1;"},
      {"lost.mjs", "import '../nowhere.mjs';"},
      {"note.txt", "a \"note\""},
      {"bytes.bin", std::string("\0\xff", 2)},
      {"values.json", R"({"a": [1, 2]})"},
      {"bad.json", "{"},
      {"content.mjs",
       "import text from './note.txt'; import bytes from './bytes.bin';"
       "import values from './values.json';"
       "export default [text, new Uint8Array(bytes).join(), values.a.length].join(' ');"},
  };
  isolate.modules().set_loader([&](const std::string& name) -> std::optional<ModuleMap::Source> {
    using Kind = ModuleMap::Source::Kind;
    const auto found = files.find(name);
    if (found == files.end()) return std::nullopt;
    const Kind kind = name.ends_with(".txt")    ? Kind::text
                      : name.ends_with(".bin")  ? Kind::bytes
                      : name.ends_with(".json") ? Kind::json
                                                : Kind::script;
    return ModuleMap::Source{kind, found->second};
  });
  {
    ScriptScope scope(isolate);
    const auto exports = v8::Object::New(scope.v8());
    set(scope.context(), exports, "default", v8::Number::New(scope.v8(), 40));
    isolate.modules().define("host:env", exports);
  }
  CHECK(run(isolate, "import('./a/one.mjs').then(m => m.sum + ' ' + m.url)") ==
        "42 file:///a/one.mjs");
  CHECK(run(isolate, "import('a/one.mjs').then(m => m.sum)") == "42");
  CHECK(run(isolate, "import('./content.mjs').then(m => m.default)") == "a \"note\" 0,255 2");
  CHECK(run(isolate, "import('./bad.json')").starts_with("throws: SyntaxError"));
  CHECK(run(isolate, "import('./bad.mjs')").starts_with("throws: SyntaxError"));
  CHECK(run(isolate, "import('./lost.mjs')") == "throws: Error: No such module \"nowhere.mjs\".");
  CHECK(run(isolate, "import('host:other')") == "throws: Error: No such module \"host:other\".");
}
