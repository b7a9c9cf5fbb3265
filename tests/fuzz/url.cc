// URLs as `new URL(text, base)` and its setters read them: base, text and a value, a line each, and
// search parameters behind them.

#include <ada.h>

#include "tests/fuzz/fuzz.h"

namespace {

using cwrangler::fuzz::demand;

void set_all(ada::url_aggregator url, std::string_view value) {
  url.set_protocol(value);
  url.set_username(value);
  url.set_password(value);
  url.set_host(value);
  url.set_hostname(value);
  url.set_port(value);
  url.set_pathname(value);
  url.set_search(value);
  url.set_hash(value);
  demand(url.validate());
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, size_t size) {
  std::string_view rest = cwrangler::fuzz::text_of(data, size);
  const std::string_view base_text = cwrangler::fuzz::take_until(rest, '\n');
  const std::string_view text = cwrangler::fuzz::take_until(rest, '\n');
  const std::string_view value = cwrangler::fuzz::take_until(rest, '\n');
  const auto base = ada::parse<ada::url_aggregator>(base_text);
  if (const auto url = ada::parse<ada::url_aggregator>(text, base ? &*base : nullptr)) {
    demand(url->validate());
    set_all(*url, value);
  }
  ada::url_search_params parameters(rest);
  parameters.sort();
  const std::string written = parameters.to_string();
  demand(ada::url_search_params(written).to_string() == written);
  return 0;
}
