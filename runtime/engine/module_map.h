// The ES modules of one isolate: built-in ones that exist as objects ("cloudflare:workers"), and
// those whose source is loaded when they are first imported (the bundle's .js and .mjs files).
//
// Source: ECMAScript, "HostResolveImportedModule" and "HostImportModuleDynamically".

#pragma once

#include <v8.h>

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace cwrangler::engine {

class Isolate;

class ModuleMap {
 public:
  /// A module's file. What is no script has its content as the default export: a string, an
  /// ArrayBuffer, what the JSON stands for, or a WebAssembly.Module.
  struct Source {
    enum class Kind { script, text, bytes, json, wasm };
    Kind kind = Kind::script;
    std::string content;
  };
  /// The source of the module with this resolved name, or nothing when there is none. Called on the
  /// isolate's thread; may throw Error for a file that cannot be read.
  using Loader = std::function<std::optional<Source>(const std::string& name)>;

  explicit ModuleMap(Isolate& isolate);
  ModuleMap(const ModuleMap&) = delete;
  ModuleMap& operator=(const ModuleMap&) = delete;
  ~ModuleMap();

  /// Where sources of modules that are not built in come from.
  void set_loader(Loader loader) { loader_ = std::move(loader); }

  /// A module whose exports are the own enumerable properties that `exports` has now; their values
  /// are read when the module is first imported.
  void define(std::string name, v8::Local<v8::Object> exports);

  /// Imports as if by `import(specifier)` in the module `referrer` (empty: from the bundle's root).
  /// The promise is for the namespace object; rejects with an Error `No such module "…".`
  v8::MaybeLocal<v8::Promise> import(v8::Local<v8::Context> context, std::string_view specifier,
                                     std::string_view referrer);

  /// Compiles and evaluates a source of our own under a name that other modules cannot import, and
  /// returns the promise of its namespace. Empty when it does not compile or link (exception
  /// pending).
  v8::MaybeLocal<v8::Promise> evaluate(v8::Local<v8::Context> context, std::string_view source,
                                       const std::string& name);

 private:
  struct Entry;

  /// "./x.mjs" and "../x.mjs" relative to the referrer; "/x.mjs" and "x.mjs" from the root.
  static std::string resolve(std::string_view specifier, std::string_view referrer);
  v8::MaybeLocal<v8::Module> load(v8::Local<v8::Context> context, const std::string& name);
  /// The default export of a module that is no script.
  static v8::MaybeLocal<v8::Value> content_value(v8::Local<v8::Context> context,
                                                 const Source& source);
  v8::MaybeLocal<v8::Module> compile(v8::Local<v8::Context> context, std::string_view source,
                                     const std::string& name);
  /// Links and runs; the promise of the namespace.
  v8::MaybeLocal<v8::Promise> run(v8::Local<v8::Context> context, v8::Local<v8::Module> module);
  std::string name_of(v8::Local<v8::Module> module) const;

  static v8::MaybeLocal<v8::Module> resolve_import(v8::Local<v8::Context> context,
                                                   v8::Local<v8::String> specifier,
                                                   v8::Local<v8::FixedArray> assertions,
                                                   v8::Local<v8::Module> referrer);
  static v8::MaybeLocal<v8::Promise> import_dynamically(v8::Local<v8::Context> context,
                                                        v8::Local<v8::Data> host_options,
                                                        v8::Local<v8::Value> resource_name,
                                                        v8::Local<v8::String> specifier,
                                                        v8::Local<v8::FixedArray> assertions);
  static void initialize_import_meta(v8::Local<v8::Context> context, v8::Local<v8::Module> module,
                                     v8::Local<v8::Object> meta);
  static v8::MaybeLocal<v8::Value> evaluate_built_in(v8::Local<v8::Context> context,
                                                     v8::Local<v8::Module> module);

  Isolate& isolate_;
  Loader loader_;
  std::unordered_map<std::string, Entry> entries_;
  std::unordered_multimap<int, std::string> names_;  // by Module::GetIdentityHash
};

}  // namespace cwrangler::engine
