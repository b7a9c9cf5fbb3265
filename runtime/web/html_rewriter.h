// The rewriting of one HTML document by the lol_html engine, which waits at each token that a
// handler wants to see: the engine runs on a stack of its own and is left in the middle of its
// work, for as long as the handler takes. No JavaScript runs on that stack.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/engine/coroutine.h"
#include "runtime/web/native_objects.h"

struct CwRewriter;

namespace cwrangler::web {

/// Where the engine waits: at a token.
struct RewriterStop {
  uint32_t kind;    ///< of the token, a bit of html_rewriter.rs
  uint32_t number;  ///< of the handler
  uint64_t token;   ///< for HtmlRewriter::token
};

class HtmlRewriter final : public NativeObject {
 public:
  struct Handler {
    std::string selector;  ///< empty: of the whole document
    uint32_t kinds;        ///< of tokens that it wants
  };

  /// A handler's number is its index. Throws TypeErrorException when documents in this encoding
  /// cannot be rewritten.
  HtmlRewriter(const std::string& encoding, const std::vector<Handler>& handlers);
  ~HtmlRewriter() override;

  /// Takes the next piece of the document; end() says that there is none. Both return where the
  /// engine waits, or nothing when it is through with the piece. Throw std::runtime_error when the
  /// document cannot be rewritten, after which nothing may be called.
  std::optional<RewriterStop> write(std::span<const uint8_t> bytes);
  std::optional<RewriterStop> end();
  /// Goes on after a stop.
  std::optional<RewriterStop> next();

  /// What has come out since this was last asked.
  std::vector<uint8_t> take_output();

  /// The token of a stop, for the cw_token_… functions. Throws TypeErrorException when the engine
  /// has gone on.
  void* token(uint64_t number) const;

 private:
  enum class Order { none, write, end, quit };

  std::optional<RewriterStop> run(Order order);
  void work(engine::Coroutine& stack);
  static bool on_token(void* self, uint32_t kind, uint32_t number, void* token);
  static void on_output(void* self, const uint8_t* data, size_t size);

  CwRewriter* rewriter_ = nullptr;
  std::unique_ptr<engine::Coroutine> stack_;
  engine::Coroutine* inside_ = nullptr;
  Order order_ = Order::none;
  std::string input_;
  std::string error_;
  bool failed_ = false;
  bool abandoned_ = false;  // what waits must end
  bool finished_ = false;   // the stack is not used any more
  std::vector<uint8_t> output_;
  void* token_ = nullptr;
  uint64_t tokens_ = 0;
  RewriterStop stop_{};
};

/// Throws TypeErrorException when a CSS selector cannot be used.
void check_selector(std::string_view selector);

}  // namespace cwrangler::web
