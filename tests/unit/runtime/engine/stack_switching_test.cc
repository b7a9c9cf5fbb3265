// Behaviour checked here was compared with an engine that has the real proposal (V8 14.6).

#include "runtime/engine/stack_switching.h"

#include "tests/unit/runtime/engine/fixture.h"

using namespace cwrangler::engine;
using cwrangler::engine::testing::Process;
using cwrangler::engine::testing::run;

namespace {

// (module
//   (import "m" "f" (func $f (param i32) (result i32)))
//   (func (export "g") (param i32) (result i32) (i32.add (call $f (local.get 0)) (i32.const 1)))
//   (func $deep (export "deep") (param i32) (result i32)
//     (if (result i32) (local.get 0)
//       (then (i32.add (call $deep (i32.sub (local.get 0) (i32.const 1))) (i32.const 1)))
//       (else (call $f (i32.const 0))))))
constexpr std::string_view kPrelude = R"(
  globalThis.bytes = new Uint8Array([
    0, 97, 115, 109, 1, 0, 0, 0,
    1, 6, 1, 96, 1, 127, 1, 127,
    2, 7, 1, 1, 109, 1, 102, 0, 0,
    3, 3, 2, 0, 0,
    7, 12, 2, 1, 103, 0, 1, 4, 100, 101, 101, 112, 0, 2,
    10, 34, 2,
    9, 0, 32, 0, 16, 0, 65, 1, 106, 11,
    22, 0, 32, 0, 4, 127, 32, 0, 65, 1, 107, 16, 2, 65, 1, 106, 5, 65, 0, 16, 0, 11, 11]);
  globalThis.make = (f) => new WebAssembly.Instance(new WebAssembly.Module(bytes),
      {m: {f: new WebAssembly.Suspending(f)}}).exports;
)";

struct Fixture {
  Isolate isolate{Process::get().platform, Process::get().snapshot};
  Fixture() { REQUIRE(run(isolate, std::string(kPrelude) + "0") == "0"); }
  std::string operator()(std::string_view script) { return run(isolate, script); }
};

}  // namespace

TEST_CASE("a suspending import waits for its promise inside a promising call") {
  Fixture js;
  CHECK(js("WebAssembly.promising(make(async (x) => x * 2).g)(20)") == "41");
  CHECK(js("WebAssembly.promising(make((x) => x).g)(1)") == "2");  // plain values suspend as well
  CHECK(js("WebAssembly.instantiate(bytes, {m: {f: new WebAssembly.Suspending(async x => x)}})"
           ".then(r => WebAssembly.promising(r.instance.exports.g)(5))") == "6");
}

TEST_CASE("a rejection is thrown into wasm and rejects the call") {
  Fixture js;
  CHECK(js("WebAssembly.promising(make(async () => { throw new RangeError('no'); }).g)(1)") ==
        "throws: RangeError: no");
}

TEST_CASE("outside of a promising call suspending is refused before the import is called") {
  Fixture js;
  CHECK(js("let called = 0; try { make(() => { called++; }).g(1) } catch (e) {"
           " e.name + ' ' + (e instanceof WebAssembly.SuspendError) + ' ' + called }") ==
        "SuspendError true 0");
}

TEST_CASE("only wasm exports can be promising, only functions suspending") {
  Fixture js;
  CHECK(js("WebAssembly.promising(() => 1)").starts_with("throws: TypeError"));
  CHECK(js("new WebAssembly.Suspending(1)").starts_with("throws: TypeError"));
}

TEST_CASE("many calls are suspended at once and settle in any order") {
  Fixture js;
  CHECK(js(R"(
    const settle = [];
    const g = WebAssembly.promising(make((x) => new Promise(r => settle.push(() => r(x)))).g);
    const calls = Array.from({length: 500}, (_, i) => g(i));
    for (let i = 499; i >= 0; i -= 2) settle[i]();
    for (let i = 0; i < 500; i += 2) settle[i]();
    Promise.all(calls).then(all => all.every((v, i) => v === i + 1)))") == "true");
}

TEST_CASE("a promising call made inside another one, both suspended") {
  Fixture js;
  CHECK(js(R"(
    const inner = WebAssembly.promising(make(async (x) => x + 100).g);
    const outer = WebAssembly.promising(make((x) => inner(x)).g);
    Promise.all([outer(1), outer(2), inner(3)]).then(String))") == "103,104,104");
}

TEST_CASE("deep stacks survive a suspension with garbage collection in between") {
  Fixture js;
  CHECK(js(R"(
    const deep = WebAssembly.promising(make(async (x) => {
      for (let i = 0; i < 200000; i++) globalThis.garbage = {i};
      return x; }).deep);
    Promise.all([deep(20000), deep(15000)]).then(String))") == "20000,15000");
}

TEST_CASE("running out of stack is a RangeError and the stack can be used again") {
  Fixture js;
  CHECK(js("globalThis.p = WebAssembly.promising(make(x => x).deep); p(100000000)")
            .starts_with("throws: RangeError"));
  CHECK(js("p(10)") == "10");
}

TEST_CASE("an isolate goes away with calls still suspended") {
  Fixture js;
  js("WebAssembly.promising(make(() => new Promise(() => 0)).g)(1); 0");
  CHECK(js.isolate.stacks().suspended() == 1);
}

TEST_CASE("user code that replaces Promise.prototype.then is not called") {
  Fixture js;
  CHECK(js("let seen = 0; const then = Promise.prototype.then;"
           "const p = WebAssembly.promising(make(async x => x).g)(1);"
           "Promise.prototype.then = function (...a) { seen++; return then.apply(this, a) };"
           "const q = WebAssembly.promising(make(async x => x).g)(1);"
           "Promise.prototype.then = then; q.then(v => v + ' ' + seen)") == "2 0");
}
