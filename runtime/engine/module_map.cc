#include "runtime/engine/module_map.h"

#include <algorithm>
#include <filesystem>
#include <utility>
#include <vector>

#include "base/error.h"
#include "runtime/engine/isolate.h"
#include "runtime/engine/values.h"

namespace cwrangler::engine {

/// A module that has been defined or compiled.
struct ModuleMap::Entry {
  v8::Global<v8::Module> module;
  v8::Global<v8::Object> exports;  // of a built-in one
};

ModuleMap::ModuleMap(Isolate& isolate) : isolate_(isolate) {
  isolate_.v8()->SetHostImportModuleDynamicallyCallback(import_dynamically);
  isolate_.v8()->SetHostInitializeImportMetaObjectCallback(initialize_import_meta);
}

ModuleMap::~ModuleMap() = default;

void ModuleMap::define(std::string name, v8::Local<v8::Object> exports) {
  v8::Isolate* const v8 = isolate_.v8();
  const auto context = v8->GetCurrentContext();
  const auto keys = exports->GetOwnPropertyNames(context).ToLocalChecked();
  std::vector<v8::Local<v8::String>> names;
  for (uint32_t i = 0; i < keys->Length(); ++i) {
    names.push_back(keys->Get(context, i).ToLocalChecked().As<v8::String>());
  }
  const auto module =
      v8::Module::CreateSyntheticModule(v8, to_string(v8, name), names, evaluate_built_in);
  names_.emplace(module->GetIdentityHash(), name);
  entries_.insert_or_assign(std::move(name), Entry{v8::Global<v8::Module>(v8, module),
                                                   v8::Global<v8::Object>(v8, exports)});
}

v8::MaybeLocal<v8::Value> ModuleMap::evaluate_built_in(v8::Local<v8::Context> context,
                                                       v8::Local<v8::Module> module) {
  v8::Isolate* const v8 = context->GetIsolate();
  ModuleMap& self = Isolate::from(v8).modules();
  const auto exports = self.entries_.at(self.name_of(module)).exports.Get(v8);
  const auto keys = exports->GetOwnPropertyNames(context).ToLocalChecked();
  for (uint32_t i = 0; i < keys->Length(); ++i) {
    const auto key = keys->Get(context, i).ToLocalChecked().As<v8::String>();
    v8::Local<v8::Value> value;
    if (!exports->Get(context, key).ToLocal(&value)) return {};
    if (module->SetSyntheticModuleExport(v8, key, value).IsNothing()) return {};
  }
  const auto resolver = v8::Promise::Resolver::New(context).ToLocalChecked();
  resolver->Resolve(context, v8::Undefined(v8)).Check();
  return resolver->GetPromise();
}

std::string ModuleMap::resolve(std::string_view specifier, std::string_view referrer) {
  const bool relative = specifier.starts_with("./") || specifier.starts_with("../");
  if (!relative && specifier.find(':') != std::string_view::npos) return std::string(specifier);
  namespace fs = std::filesystem;
  const fs::path base = relative ? fs::path("/") / fs::path(referrer).parent_path() : fs::path("/");
  const std::string path = (base / fs::path(specifier)).lexically_normal().generic_string();
  return path.substr(1);
}

v8::MaybeLocal<v8::Module> ModuleMap::load(v8::Local<v8::Context> context,
                                           const std::string& name) {
  v8::Isolate* const v8 = isolate_.v8();
  if (const auto found = entries_.find(name); found != entries_.end()) {
    return found->second.module.Get(v8);
  }
  std::optional<Source> source;
  try {
    if (loader_) source = loader_(name);
  } catch (const Error& error) {
    throw_error(v8, error.what());
    return {};
  }
  if (!source) {
    throw_error(v8, "No such module \"" + name + "\".");
    return {};
  }
  if (source->kind != Source::Kind::script) {
    v8::Local<v8::Value> value;
    if (!content_value(context, *source).ToLocal(&value)) return {};
    const auto exports = v8::Object::New(v8);
    set(context, exports, "default", value);
    define(name, exports);
    return entries_.at(name).module.Get(v8);
  }
  v8::Local<v8::Module> module;
  if (!compile(context, source->content, name).ToLocal(&module)) return {};
  entries_.insert_or_assign(name, Entry{v8::Global<v8::Module>(v8, module), {}});
  return module;
}

v8::MaybeLocal<v8::Value> ModuleMap::content_value(v8::Local<v8::Context> context,
                                                   const Source& source) {
  v8::Isolate* const v8 = context->GetIsolate();
  switch (source.kind) {
    case Source::Kind::bytes: {
      const auto buffer = v8::ArrayBuffer::New(v8, source.content.size());
      std::ranges::copy(source.content, static_cast<char*>(buffer->GetBackingStore()->Data()));
      return buffer;
    }
    case Source::Kind::json:
      return parse_json(context, source.content);
    case Source::Kind::wasm: {
      const auto* const bytes = reinterpret_cast<const uint8_t*>(source.content.data());
      v8::Local<v8::WasmModuleObject> module;
      if (!v8::WasmModuleObject::Compile(v8, {bytes, source.content.size()}).ToLocal(&module)) {
        return {};
      }
      return module;
    }
    default:
      return to_string(v8, source.content);
  }
}

v8::MaybeLocal<v8::Module> ModuleMap::compile(v8::Local<v8::Context>, std::string_view source,
                                              const std::string& name) {
  v8::Isolate* const v8 = isolate_.v8();
  const v8::ScriptOrigin origin(v8, to_string(v8, name), 0, 0, false, -1, {}, false, false,
                                /*is_module=*/true);
  v8::ScriptCompiler::Source compiled(to_string(v8, source), origin);
  v8::Local<v8::Module> module;
  if (!v8::ScriptCompiler::CompileModule(v8, &compiled).ToLocal(&module)) return {};
  names_.emplace(module->GetIdentityHash(), name);
  return module;
}

std::string ModuleMap::name_of(v8::Local<v8::Module> module) const {
  // Hashes may collide; the entry's own module decides.
  const auto [first, last] = names_.equal_range(module->GetIdentityHash());
  for (auto it = first; it != last; ++it) {
    const auto entry = entries_.find(it->second);
    if (entry != entries_.end() && entry->second.module == module) return it->second;
  }
  return first == last ? std::string() : first->second;
}

v8::MaybeLocal<v8::Module> ModuleMap::resolve_import(v8::Local<v8::Context> context,
                                                     v8::Local<v8::String> specifier,
                                                     v8::Local<v8::FixedArray>,
                                                     v8::Local<v8::Module> referrer) {
  v8::Isolate* const v8 = context->GetIsolate();
  ModuleMap& self = Isolate::from(v8).modules();
  return self.load(context, resolve(to_utf8(v8, specifier), self.name_of(referrer)));
}

v8::MaybeLocal<v8::Promise> ModuleMap::run(v8::Local<v8::Context> context,
                                           v8::Local<v8::Module> module) {
  v8::Local<v8::Value> evaluated;
  if (!module->InstantiateModule(context, resolve_import).FromMaybe(false) ||
      !module->Evaluate(context).ToLocal(&evaluated)) {
    return {};
  }
  const auto give_namespace = v8::Function::New(
                                  context,
                                  [](const v8::FunctionCallbackInfo<v8::Value>& call) {
                                    call.GetReturnValue().Set(call.Data());
                                  },
                                  module->GetModuleNamespace())
                                  .ToLocalChecked();
  return evaluated.As<v8::Promise>()->Then(context, give_namespace);
}

v8::MaybeLocal<v8::Promise> ModuleMap::import(v8::Local<v8::Context> context,
                                              std::string_view specifier,
                                              std::string_view referrer) {
  v8::TryCatch caught(isolate_.v8());
  v8::Local<v8::Module> module;
  v8::Local<v8::Promise> promise;
  if (load(context, resolve(specifier, referrer)).ToLocal(&module) &&
      run(context, module).ToLocal(&promise)) {
    return promise;
  }
  if (caught.HasTerminated()) return {};
  const auto resolver = v8::Promise::Resolver::New(context).ToLocalChecked();
  if (resolver->Reject(context, caught.Exception()).IsNothing()) return {};
  return resolver->GetPromise();
}

v8::MaybeLocal<v8::Promise> ModuleMap::evaluate(v8::Local<v8::Context> context,
                                                std::string_view source, const std::string& name) {
  v8::Local<v8::Module> module;
  if (!compile(context, source, name).ToLocal(&module)) return {};
  return run(context, module);
}

v8::MaybeLocal<v8::Promise> ModuleMap::import_dynamically(v8::Local<v8::Context> context,
                                                          v8::Local<v8::Data>,
                                                          v8::Local<v8::Value> resource_name,
                                                          v8::Local<v8::String> specifier,
                                                          v8::Local<v8::FixedArray>) {
  v8::Isolate* const v8 = context->GetIsolate();
  return Isolate::from(v8).modules().import(context, to_utf8(v8, specifier),
                                            to_utf8(v8, resource_name));
}

void ModuleMap::initialize_import_meta(v8::Local<v8::Context> context, v8::Local<v8::Module> module,
                                       v8::Local<v8::Object> meta) {
  v8::Isolate* const v8 = context->GetIsolate();
  const std::string name = Isolate::from(v8).modules().name_of(module);
  set(context, meta, "url", to_string(v8, "file:///" + name));
}

}  // namespace cwrangler::engine
