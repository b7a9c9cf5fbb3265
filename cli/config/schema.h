// The keys of a configuration file, as data: name, type, where it may stand, what it holds, what it
// becomes in the upload. Validation, "did you mean" and the making of bindings all read this one
// table; to support a new key or binding, add a line to schema.cc.

#pragma once

#include <span>
#include <string_view>

namespace cwrangler::cli {

enum class ValueType {
  any,  ///< several types are allowed; whoever reads the value checks it
  string,
  boolean,
  number,
  string_list,
  table,
  table_list,
};

/// What an environment section (`env.NAME`) means for a top-level key.
enum class Inheritance {
  inherited,       ///< the top level's value holds unless the environment has its own
  not_inherited,   ///< the environment starts without it and must repeat it: all bindings
  top_level_only,  ///< makes no sense in an environment
};

/// A resource that the Worker reaches through `env`.
struct BindingKind {
  std::string_view type;      ///< the upload API's name: "kv_namespace"
  std::string_view label;     ///< as messages call it: "KV Namespace"
  std::string_view name_key;  ///< the key that holds the binding's name
};

struct Key {
  std::string_view name;
  ValueType type = ValueType::any;
  std::string_view description = {};
  Inheritance inheritance = Inheritance::inherited;  ///< of top-level keys
  bool required = false;
  /// The keys inside a table, or inside each table of a list. None: anything is allowed.
  std::span<const Key> fields = {};
  /// Set on a key whose table, or tables, are bindings.
  const BindingKind* binding = nullptr;

  // On keys inside a binding:
  /// The property of the upload API's binding object that carries the value; empty: not uploaded.
  std::string_view property = {};
  /// The value stands for `property` in local runs only ("preview_id").
  bool local_only = false;
  /// The value names the resource. A local run without one takes the binding's name.
  bool names_resource = false;
};

/// The keys of the top level. Lives as long as the program.
std::span<const Key> top_level_keys();

/// The key called `name`, or null.
const Key* find_key(std::span<const Key> keys, std::string_view name);

/// "string", "boolean", …: the type in a message's words.
std::string_view name_of(ValueType type);

}  // namespace cwrangler::cli
