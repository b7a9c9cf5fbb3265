#include "runtime/engine/script_code.h"

#include <memory>
#include <optional>
#include <string_view>

#include "base/digest.h"
#include "runtime/engine/code_file.h"
#include "runtime/engine/values.h"

namespace cwrangler::engine {

namespace {

constexpr std::string_view kExtension = ".bytecode";

std::string digest_of(v8::Isolate* isolate, v8::Local<v8::String> source) {
  const v8::String::Utf8Value text(isolate, source);
  return hex_digest({reinterpret_cast<const uint8_t*>(*text), static_cast<size_t>(text.length())});
}

}  // namespace

v8::MaybeLocal<v8::Function> ScriptCode::compile(v8::Local<v8::Context> context,
                                                 v8::Local<v8::String> source,
                                                 v8::Local<v8::String> name,
                                                 std::span<v8::Local<v8::String>> parameters) {
  v8::Isolate* const isolate = context->GetIsolate();
  const v8::ScriptOrigin origin(isolate, name);
  std::string digest;
  std::optional<std::string> code;
  if (!folder_.empty()) {
    digest = digest_of(isolate, source);
    code = read_code(code_file(folder_, digest, kExtension));
  }
  // Is owned by the source; what it points to is not.
  auto* const cached =
      code ? new v8::ScriptCompiler::CachedData(reinterpret_cast<const uint8_t*>(code->data()),
                                                static_cast<int>(code->size()))
           : nullptr;
  v8::ScriptCompiler::Source script(source, origin, cached);
  const auto function = v8::ScriptCompiler::CompileFunctionInContext(
      context, &script, parameters.size(), parameters.data(), 0, nullptr,
      code ? v8::ScriptCompiler::kConsumeCodeCache : v8::ScriptCompiler::kNoCompileOptions);
  if (!folder_.empty() && (cached == nullptr || cached->rejected)) {
    const std::lock_guard lock(mutex_);
    missing_.emplace(to_utf8(isolate, name), digest);
  }
  return function;
}

void ScriptCode::keep(v8::Isolate* isolate, v8::Local<v8::String> name,
                      v8::Local<v8::Function> function) {
  std::string digest;
  {
    const std::lock_guard lock(mutex_);
    const auto found = missing_.extract(to_utf8(isolate, name));
    if (!found) return;
    digest = found.mapped();
  }
  const std::unique_ptr<v8::ScriptCompiler::CachedData> code(
      v8::ScriptCompiler::CreateCodeCacheForFunction(function));
  if (code) {
    write_code(code_file(folder_, digest, kExtension),
               {code->data, static_cast<size_t>(code->length)});
  }
}

}  // namespace cwrangler::engine
