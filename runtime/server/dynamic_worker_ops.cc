// The ops of Worker Loader bindings: bindings/worker_loader/ calls them.

#include "runtime/engine/values.h"
#include "runtime/server/dynamic_workers.h"

namespace cwrangler::server {

namespace {

using engine::Call;

std::string text(Call call, v8::Local<v8::Object> object, std::string_view name) {
  const v8::Local<v8::Value> value =
      engine::get(call.GetIsolate()->GetCurrentContext(), object, name);
  if (!value->IsString()) {
    throw engine::TypeErrorException("the " + std::string(name) + " is not a string");
  }
  return engine::to_utf8(call.GetIsolate(), value);
}

v8::Local<v8::Array> list(Call call, v8::Local<v8::Object> object, std::string_view name) {
  const v8::Local<v8::Value> value =
      engine::get(call.GetIsolate()->GetCurrentContext(), object, name);
  if (!value->IsArray()) {
    throw engine::TypeErrorException("the " + std::string(name) + " are not a list");
  }
  return value.As<v8::Array>();
}

ModuleType module_type(const std::string& name) {
  if (name == "py") return ModuleType::python;
  if (name == "js") return ModuleType::esm;
  if (name == "text") return ModuleType::text;
  if (name == "json") return ModuleType::json;
  return ModuleType::data;
}

/// A module's content: a string, or bytes.
std::string content(Call call, v8::Local<v8::Value> value) {
  if (value->IsString()) return engine::to_utf8(call.GetIsolate(), value);
  const std::span<const uint8_t> bytes = engine::bytes_of(value);
  return {bytes.begin(), bytes.end()};
}

/// dynamicWorkerStart({name, mainModule, compatibilityDate, compatibilityFlags: [flag, …],
/// modules: [name, type, string or bytes, …], cpuLimit}) → number. Types: py, js, text, json, data.
void start(Call call) {
  const v8::Local<v8::Context> context = call.GetIsolate()->GetCurrentContext();
  if (!call[0]->IsObject()) throw engine::TypeErrorException("the Worker's code is not an object");
  const auto source = call[0].As<v8::Object>();
  WorkerConfig config;
  config.name = text(call, source, "name");
  config.main_module = text(call, source, "mainModule");
  config.compatibility_date = text(call, source, "compatibilityDate");
  const v8::Local<v8::Value> cpu_limit = engine::get(context, source, "cpuLimit");
  config.cpu_limit_ms = static_cast<int>(cpu_limit->Int32Value(context).FromMaybe(0));
  const auto flags = list(call, source, "compatibilityFlags");
  for (uint32_t i = 0; i < flags->Length(); ++i) {
    const auto flag = flags->Get(context, i).ToLocalChecked();
    config.compatibility_flags.push_back(engine::to_utf8(call.GetIsolate(), flag));
  }
  const auto modules = list(call, source, "modules");
  for (uint32_t i = 0; i + 2 < modules->Length(); i += 3) {
    const auto at = [&](uint32_t index) { return modules->Get(context, index).ToLocalChecked(); };
    config.modules.push_back({engine::to_utf8(call.GetIsolate(), at(i)),
                              module_type(engine::to_utf8(call.GetIsolate(), at(i + 1))),
                              {},
                              std::make_shared<const std::string>(content(call, at(i + 2)))});
  }
  const uint64_t number =
      engine::Isolate::from(call).state<DynamicWorkers>().start(std::move(config));
  call.GetReturnValue().Set(static_cast<double>(number));
}

uint64_t number_argument(Call call) {
  if (!call[0]->IsNumber()) throw engine::TypeErrorException("a Worker's number is expected");
  return static_cast<uint64_t>(call[0].As<v8::Number>()->Value());
}

/// dynamicWorkerEnd(number)
void end(Call call) {
  engine::Isolate::from(call).state<DynamicWorkers>().end(number_argument(call));
}

/// dynamicWorkerLimit() → how many may run at once
void limit(Call call) {
  call.GetReturnValue().Set(
      static_cast<double>(engine::Isolate::from(call).state<DynamicWorkers>().limit()));
}

/// channelSend(number, value, [Uint8Array, …]): to the Worker of this number, or with 0 to the one
/// that made this. Throws what V8 throws for a value that cannot be cloned.
void channel_send(Call call) {
  v8::Isolate* const isolate = call.GetIsolate();
  const v8::Local<v8::Context> context = isolate->GetCurrentContext();
  const uint64_t number = number_argument(call);
  v8::ValueSerializer writer(isolate);
  writer.WriteHeader();
  if (!writer.WriteValue(context, call[1]).FromMaybe(false)) return;  // it threw
  const auto [bytes, size] = writer.Release();
  WorkerMessage message{std::unique_ptr<uint8_t, WorkerMessage::FreeBytes>(bytes), size, {}};
  const auto attachments = call[2].As<v8::Array>();
  for (uint32_t i = 0; i < attachments->Length(); ++i) {
    const auto attached = engine::bytes_of(attachments->Get(context, i).ToLocalChecked());
    message.attachments.emplace_back(attached.begin(), attached.end());
  }
  engine::Isolate& self = engine::Isolate::from(call);
  if (number == kParent) {
    self.state<ParentChannel>().send(std::move(message));
  } else {
    self.state<DynamicWorkers>().send(number, std::move(message));
  }
}

}  // namespace

std::span<const engine::Op> dynamic_worker_ops() {
  using engine::op;
  static constexpr engine::Op kOps[] = {
      {"dynamicWorkerStart", op<&start>},
      {"dynamicWorkerEnd", op<&end>},
      {"dynamicWorkerLimit", op<&limit>},
      {"channelSend", op<&channel_send>},
  };
  return kOps;
}

}  // namespace cwrangler::server
