#include "runtime/web/fetches.h"
#include "runtime/web/op_tables.h"

namespace cwrangler::web {
namespace {

Fetches& fetches(engine::Call call) {
  return engine::Isolate::from(call).state<Fetches>();
}

int32_t id_of(engine::Call call) {
  return call[0]->Int32Value(call.GetIsolate()->GetCurrentContext()).FromMaybe(0);
}

std::vector<uint8_t> copy_of(v8::Local<v8::Value> view) {
  const std::span<const uint8_t> bytes = engine::bytes_of(view);
  return {bytes.begin(), bytes.end()};
}

/// A header's bytes: its characters are code points up to U+00FF.
std::string latin1(v8::Isolate* isolate, v8::Local<v8::Value> value) {
  const auto string = value.As<v8::String>();
  std::string bytes(static_cast<size_t>(string->Length()), '\0');
  string->WriteOneByte(isolate, reinterpret_cast<uint8_t*>(bytes.data()), 0, string->Length(),
                       v8::String::NO_NULL_TERMINATION);
  return bytes;
}

/// fetchStart(method, url, flat headers,
///            body: null | Uint8Array | true (it follows) | number (it follows, so many bytes),
///            direct: through no proxy) → id
void fetch_start(engine::Call call) {
  v8::Isolate* const isolate = call.GetIsolate();
  const v8::Local<v8::Context> context = isolate->GetCurrentContext();
  FetchRequest request;
  request.method = engine::to_utf8(isolate, call[0]);
  request.url = engine::to_utf8(isolate, call[1]);
  const auto headers = call[2].As<v8::Array>();
  for (uint32_t i = 0; i + 1 < headers->Length(); i += 2) {
    const std::string name = latin1(isolate, headers->Get(context, i).ToLocalChecked());
    const std::string value = latin1(isolate, headers->Get(context, i + 1).ToLocalChecked());
    request.headers.push_back(value.empty() ? name + ";" : name + ": " + value);
  }
  request.has_body = !call[3]->IsNull();
  request.streams_body = call[3]->IsTrue() || call[3]->IsNumber();
  if (call[3]->IsNumber()) {
    request.streamed_length = static_cast<int64_t>(call[3].As<v8::Number>()->Value());
  }
  if (request.has_body && !request.streams_body) request.body = copy_of(call[3]);
  request.direct = call[4]->IsTrue();
  call.GetReturnValue().Set(fetches(call).start(std::move(request)));
}

/// fetchResponse(id) → Promise<[status, status text, flat headers]>
void fetch_response(engine::Call call) {
  call.GetReturnValue().Set(fetches(call).response(id_of(call)));
}

/// fetchRead(id) → Promise<Uint8Array | null>
void fetch_read(engine::Call call) {
  call.GetReturnValue().Set(fetches(call).read(id_of(call)));
}

/// fetchWrite(id, Uint8Array) → Promise<whether another chunk is wanted>
void fetch_write(engine::Call call) {
  call.GetReturnValue().Set(fetches(call).write(id_of(call), copy_of(call[1])));
}

/// fetchEndBody(id)
void fetch_end_body(engine::Call call) {
  fetches(call).end_body(id_of(call));
}

/// fetchCancel(id)
void fetch_cancel(engine::Call call) {
  fetches(call).cancel(id_of(call));
}

}  // namespace

std::span<const engine::Op> fetch_ops() {
  static constexpr engine::Op OPS[] = {
      {"fetchStart", engine::op<fetch_start>},      {"fetchResponse", engine::op<fetch_response>},
      {"fetchRead", engine::op<fetch_read>},        {"fetchWrite", engine::op<fetch_write>},
      {"fetchEndBody", engine::op<fetch_end_body>}, {"fetchCancel", engine::op<fetch_cancel>},
  };
  return OPS;
}

}  // namespace cwrangler::web
