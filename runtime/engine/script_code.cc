#include "runtime/engine/script_code.h"

#include <memory>
#include <string_view>

#include "base/digest.h"
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
  v8::MaybeLocal<v8::Function> function;
  /// Returns whether the code was of use, or there is nothing to compile.
  const auto compile_with = [&](const std::string* code) {
    // Is owned by the source; what it points to is not.
    auto* const cached = code == nullptr ? nullptr
                                         : new v8::ScriptCompiler::CachedData(
                                               reinterpret_cast<const uint8_t*>(code->data()),
                                               static_cast<int>(code->size()));
    v8::ScriptCompiler::Source script(source, origin, cached);
    function = v8::ScriptCompiler::CompileFunctionInContext(
        context, &script, parameters.size(), parameters.data(), 0, nullptr,
        code ? v8::ScriptCompiler::kConsumeCodeCache : v8::ScriptCompiler::kNoCompileOptions);
    return function.IsEmpty() || (cached != nullptr && !cached->rejected);
  };
  const std::string digest = digest_of(isolate, source);
  if (files_.read(digest, kExtension,
                  [&](const std::string& code) { return compile_with(&code); })) {
    return function;
  }
  compile_with(nullptr);
  if (files_.can_write()) {
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
    files_.write(digest, kExtension, {code->data, static_cast<size_t>(code->length)});
  }
}

}  // namespace cwrangler::engine
