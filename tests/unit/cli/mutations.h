// Every small harm that a text can come to, for the tests of parsers.

#pragma once

#include <functional>
#include <random>
#include <string>
#include <string_view>

namespace cwrangler::test {

/// Calls `check` with `text` cut at every byte, with every byte removed, doubled, and replaced by
/// each of a set of bytes that mean something to parsers.
inline void for_each_mutation(const std::string& text,
                              const std::function<void(const std::string&)>& check) {
  using namespace std::string_view_literals;
  constexpr std::string_view kReplacements = "\0\n\r\t\"'\\/*#[]{}=,:$ 0x\x80\xff\xf4\x1b"sv;
  for (size_t at = 0; at < text.size(); ++at) {
    check(text.substr(0, at));
    check(text.substr(at));
    check(text.substr(0, at) + text.substr(at + 1));
    check(text.substr(0, at + 1) + text.substr(at));
    for (const char replacement : kReplacements) {
      std::string mutated = text;
      mutated[at] = replacement;
      check(mutated);
    }
    for (int bit = 0; bit < 8; ++bit) {
      std::string mutated = text;
      mutated[at] = static_cast<char>(mutated[at] ^ (1 << bit));
      check(mutated);
    }
  }
}

/// Calls `check` with `count` texts that several edits at once have made of `text`: bytes replaced,
/// pieces cut out or put in again elsewhere. The same ones at each run.
inline void for_some_mutations(const std::string& text, int count,
                               const std::function<void(const std::string&)>& check) {
  using namespace std::string_view_literals;
  constexpr std::string_view kReplacements =
      "\0\n\r\t\"'\\/*#[]{}=,:$ 0x_+-.eEtT\x80\xff\xf4\x1b"sv;
  std::minstd_rand random(1);
  const auto below = [&random](size_t limit) { return limit == 0 ? 0 : random() % limit; };
  for (int i = 0; i < count; ++i) {
    std::string mutated = text;
    for (size_t edits = 1 + below(8); edits > 0 && !mutated.empty(); --edits) {
      const size_t at = below(mutated.size());
      const size_t length = below(12);
      switch (below(3)) {
        case 0:
          mutated[at] = kReplacements[below(kReplacements.size())];
          break;
        case 1:
          mutated.erase(at, length);
          break;
        default:
          mutated.insert(below(mutated.size()), mutated.substr(at, length));
      }
    }
    check(mutated);
  }
}

}  // namespace cwrangler::test
