#include "runtime/engine/coroutine.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using cwrangler::engine::Coroutine;

namespace {

/// AddressSanitizer and ThreadSanitizer do not understand a change of stacks that they are not told
/// of.
std::vector<Coroutine::Kind> kinds() {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  return {Coroutine::Kind::thread};
#else
  return {Coroutine::Kind::fiber, Coroutine::Kind::thread};
#endif
}

}  // namespace

TEST_CASE("control passes back and forth, also from one coroutine into another") {
  for (const auto kind : kinds()) {
    std::string trace;
    const auto inner = Coroutine::create(kind, 1 << 20, [&](Coroutine& self) {
      trace += "b";
      self.switch_out();
      trace += "e";
    });
    const auto outer = Coroutine::create(kind, 1 << 20, [&](Coroutine& self) {
      trace += "a";
      inner->switch_in();
      trace += "c";
      self.switch_out();
      trace += "g";
    });
    outer->switch_in();
    trace += "d";
    inner->switch_in();
    trace += "f";
    outer->switch_in();
    CHECK(trace == "abcdefg");
  }
}

TEST_CASE("a coroutine that never ran can be dropped") {
  for (const auto kind : kinds()) {
    bool ran = false;
    {
      const auto coroutine = Coroutine::create(kind, 1 << 20, [&](Coroutine&) { ran = true; });
    }
    CHECK_FALSE(ran);
  }
}

TEST_CASE("the stack has the size that was asked for") {
  for (const auto kind : kinds()) {
    constexpr size_t kSize = 4 << 20;
    size_t below = 0;
    const auto coroutine = Coroutine::create(kind, kSize, [&](Coroutine& self) {
      const char here = 0;
      below = reinterpret_cast<uintptr_t>(&here) - self.stack_bottom();
    });
    coroutine->switch_in();
    CHECK(below > kSize - (64 << 10));
    CHECK(below <= kSize);
  }
}
