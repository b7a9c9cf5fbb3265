// URLs and their search parameters, by ada: https://url.spec.whatwg.org/

#include <ada.h>

#include "runtime/web/op_tables.h"

namespace cwrangler::web {
namespace {

/// What a URL without a port has in its place in the components.
constexpr uint32_t NO_PORT = 65536;
constexpr size_t COMPONENTS = 8;

/// Which part a setter of the class URL changes; the numbers are in Deno's 00_url.js.
enum class Part { hash, host, hostname, password, pathname, port, protocol, search, username };

/// Writes the offsets in the layout of 00_url.js, which is that of Rust's url crate: the scheme
/// ends before its colon, the host starts after the "@", and 0 stands for an absent query or
/// fragment.
void write_components(const ada::url_aggregator& url, v8::Local<v8::Value> target) {
  const std::span<uint8_t> bytes = engine::bytes_of(target);
  if (bytes.size() < COMPONENTS * sizeof(uint32_t)) {
    throw engine::TypeErrorException("the components need a Uint32Array of 8");
  }
  const ada::url_components& parts = url.get_components();
  const std::string_view href = url.get_href();
  const uint32_t host_start =
      parts.host_start + (parts.host_start < href.size() && href[parts.host_start] == '@' ? 1 : 0);
  const auto or_zero = [](uint32_t offset) {
    return offset == ada::url_components::omitted ? 0 : offset;
  };
  auto* const components = reinterpret_cast<uint32_t*>(bytes.data());
  components[0] = parts.protocol_end - 1;
  components[1] = parts.username_end;
  components[2] = host_start;
  components[3] = parts.host_end;
  components[4] = parts.port == ada::url_components::omitted ? NO_PORT : parts.port;
  components[5] = parts.pathname_start;
  components[6] = or_zero(parts.search_start);
  components[7] = or_zero(parts.hash_start);
}

/// true when the URL's serialization is `input`, else the serialization.
void return_serialization(engine::Call call, const ada::url_aggregator& url,
                          std::string_view input) {
  const std::string_view href = url.get_href();
  if (href == input) {
    call.GetReturnValue().Set(true);
  } else {
    call.GetReturnValue().Set(engine::to_string(call.GetIsolate(), href));
  }
}

/// urlParse(text, base | undefined, components) → undefined: not valid | true: the text is the
/// serialization | the serialization
void url_parse(engine::Call call) {
  v8::Isolate* const isolate = call.GetIsolate();
  const std::string text = engine::to_utf8(isolate, call[0]);
  ada::result<ada::url_aggregator> base;
  if (!call[1]->IsUndefined()) {
    base = ada::parse<ada::url_aggregator>(engine::to_utf8(isolate, call[1]));
    if (!base) return;
  }
  const auto url = ada::parse<ada::url_aggregator>(text, call[1]->IsUndefined() ? nullptr : &*base);
  if (!url) return;
  write_components(*url, call[2]);
  return_serialization(call, *url, text);
}

void set_part(ada::url_aggregator& url, Part part, std::string_view value) {
  switch (part) {
    case Part::hash:
      url.set_hash(value);
      break;
    case Part::host:
      url.set_host(value);
      break;
    case Part::hostname:
      url.set_hostname(value);
      break;
    case Part::password:
      url.set_password(value);
      break;
    case Part::pathname:
      url.set_pathname(value);
      break;
    case Part::port:
      url.set_port(value);
      break;
    case Part::protocol:
      url.set_protocol(value);
      break;
    case Part::search:
      url.set_search(value);
      break;
    case Part::username:
      url.set_username(value);
      break;
  }
}

/// urlSet(href, part, value, components) → as urlParse. A value that is not valid for the part
/// leaves the URL as it is.
void url_set(engine::Call call) {
  v8::Isolate* const isolate = call.GetIsolate();
  const std::string href = engine::to_utf8(isolate, call[0]);
  auto url = ada::parse<ada::url_aggregator>(href);
  if (!url) return;
  set_part(*url, static_cast<Part>(call[1]->Int32Value(isolate->GetCurrentContext()).FromMaybe(0)),
           engine::to_utf8(isolate, call[2]));
  write_components(*url, call[3]);
  return_serialization(call, *url, href);
}

/// searchParamsParse(query without "?") → [[name, value], …]
void search_params_parse(engine::Call call) {
  v8::Isolate* const isolate = call.GetIsolate();
  // ada drops a leading "?", but here it would be part of a name; an empty pair changes nothing.
  ada::url_search_params params("&" + engine::to_utf8(isolate, call[0]));
  std::vector<v8::Local<v8::Value>> pairs;
  pairs.reserve(params.size());
  for (auto entries = params.get_entries(); entries.has_next();) {
    const auto entry = entries.next();
    v8::Local<v8::Value> pair[] = {engine::to_string(isolate, entry->first),
                                   engine::to_string(isolate, entry->second)};
    pairs.push_back(v8::Array::New(isolate, pair, std::size(pair)));
  }
  call.GetReturnValue().Set(v8::Array::New(isolate, pairs.data(), pairs.size()));
}

/// searchParamsSerialize([[name, value], …]) → text
void search_params_serialize(engine::Call call) {
  v8::Isolate* const isolate = call.GetIsolate();
  const v8::Local<v8::Context> context = isolate->GetCurrentContext();
  if (!call[0]->IsArray()) throw engine::TypeErrorException("a list of pairs is expected");
  const auto list = call[0].As<v8::Array>();
  ada::url_search_params params;
  for (uint32_t i = 0; i < list->Length(); ++i) {
    const auto pair = list->Get(context, i).ToLocalChecked().As<v8::Array>();
    params.append(engine::to_utf8(isolate, pair->Get(context, 0).ToLocalChecked()),
                  engine::to_utf8(isolate, pair->Get(context, 1).ToLocalChecked()));
  }
  call.GetReturnValue().Set(engine::to_string(isolate, params.to_string()));
}

}  // namespace

std::span<const engine::Op> url_ops() {
  static constexpr engine::Op OPS[] = {
      {"urlParse", engine::op<url_parse>},
      {"urlSet", engine::op<url_set>},
      {"searchParamsParse", engine::op<search_params_parse>},
      {"searchParamsSerialize", engine::op<search_params_serialize>},
  };
  return OPS;
}

}  // namespace cwrangler::web
