#include "runtime/web/html_rewriter.h"

#include <stdexcept>
#include <utility>

#include "runtime/engine/stack_switching.h"
#include "runtime/engine/values.h"
#include "runtime/web/rust/html_rewriter.h"

namespace cwrangler::web {
namespace {

/// The engine does not recurse; most of this is never touched.
constexpr size_t kStackSize = 256 << 10;

CwString view(std::string_view text) {
  return {text.data(), text.size()};
}

CwSink append_to(std::string& text) {
  return {[](void* target, const char* data, size_t size) {
            static_cast<std::string*>(target)->append(data, size);
          },
          &text};
}

}  // namespace

HtmlRewriter::HtmlRewriter(const std::string& encoding, const std::vector<Handler>& handlers) {
  std::vector<CwHandler> list;
  for (const Handler& handler : handlers) {
    list.push_back({view(handler.selector), handler.kinds, static_cast<uint32_t>(list.size())});
  }
  rewriter_ = cw_rewriter_new(view(encoding), list.data(), list.size(),
                              {this, &HtmlRewriter::on_token, &HtmlRewriter::on_output});
  if (rewriter_ == nullptr) {
    throw engine::TypeErrorException("HTMLRewriter: documents in the encoding \"" + encoding +
                                     "\" cannot be rewritten.");
  }
  try {
    stack_ = engine::Coroutine::create(engine::StackSwitching::preferred_kind(), kStackSize,
                                       [this](engine::Coroutine& stack) { work(stack); });
  } catch (...) {
    cw_rewriter_free(rewriter_);
    throw;
  }
}

HtmlRewriter::~HtmlRewriter() {
  // The engine's stack cannot be dropped while the engine is on it: it is told to fail.
  abandoned_ = true;
  order_ = Order::quit;
  while (!finished_) stack_->switch_in();
  cw_rewriter_free(rewriter_);
}

std::optional<RewriterStop> HtmlRewriter::write(std::span<const uint8_t> bytes) {
  input_.assign(bytes.begin(), bytes.end());
  return run(Order::write);
}

std::optional<RewriterStop> HtmlRewriter::end() {
  return run(Order::end);
}

std::optional<RewriterStop> HtmlRewriter::next() {
  return run(Order::none);
}

std::optional<RewriterStop> HtmlRewriter::run(Order order) {
  // An order is for an engine that has nothing to do, the others for one that waits at a token.
  if ((order == Order::none) != (token_ != nullptr) || failed_) {
    throw std::logic_error("the rewriter is not where it was thought to be");
  }
  order_ = order;
  token_ = nullptr;
  stack_->switch_in();
  if (token_ != nullptr) return stop_;
  if (failed_) throw std::runtime_error("HTMLRewriter: " + error_);
  return std::nullopt;
}

/// What runs on the stack: one order after the other.
void HtmlRewriter::work(engine::Coroutine& stack) {
  inside_ = &stack;
  while (order_ != Order::quit) {
    const bool well = order_ == Order::write
                          ? cw_rewriter_write(rewriter_, view(input_), append_to(error_))
                          : cw_rewriter_end(rewriter_, append_to(error_));
    failed_ = !well;
    token_ = nullptr;
    if (abandoned_) break;
    stack.switch_out();
  }
  finished_ = true;
}

bool HtmlRewriter::on_token(void* self, uint32_t kind, uint32_t number, void* token) {
  HtmlRewriter& rewriter = *static_cast<HtmlRewriter*>(self);
  if (rewriter.abandoned_) return false;
  rewriter.token_ = token;
  rewriter.stop_ = {kind, number, ++rewriter.tokens_};
  rewriter.inside_->switch_out();
  return !rewriter.abandoned_;
}

void HtmlRewriter::on_output(void* self, const uint8_t* data, size_t size) {
  std::vector<uint8_t>& output = static_cast<HtmlRewriter*>(self)->output_;
  output.insert(output.end(), data, data + size);
}

std::vector<uint8_t> HtmlRewriter::take_output() {
  return std::exchange(output_, {});
}

void* HtmlRewriter::token(uint64_t number) const {
  if (token_ == nullptr || number != tokens_) {
    throw engine::TypeErrorException(
        "This content token is no longer valid. Content tokens are only valid during the execution "
        "of the relevant content handler.");
  }
  return token_;
}

void check_selector(std::string_view selector) {
  std::string error;
  if (!cw_selector_check(view(selector), append_to(error))) {
    throw engine::TypeErrorException("Parser error: " + error);
  }
}

}  // namespace cwrangler::web
