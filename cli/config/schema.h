// The keys of a configuration file, as data: name, type, where it may stand, what it holds, what it
// becomes in the upload. Validation, "did you mean", the making of bindings, the JSON Schema for
// editors and the reference page of the docs all read this one table; to support a new key or
// binding, add a line to schema.cc.

#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "cli/config/text_format.h"

namespace cwrangler::cli {

enum class ValueType {
  any,  ///< several types are allowed; whoever reads the value checks it
  string,
  boolean,
  number,
  string_list,
  table,
  table_list,
  boolean_or_list,       ///< a boolean or a list of strings
  number_or_null,        ///< a number, or null for "no limit"
  string_or_table,       ///< a string, or a table with more to say
  string_or_table_list,  ///< a list of such
};

/// The numbers that are allowed, both ends included.
struct Range {
  int64_t least;
  int64_t most;
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
  /// The only values allowed, as the file writes them without quotes. None: any of the type.
  std::span<const std::string_view> values = {};
  TextFormat format = TextFormat::any;  ///< of a string
  std::optional<Range> range = {};      ///< of a number: outside it production refuses
  std::string_view default_value = {};  ///< what holds without the key, as the reference shows it
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

  /// Not empty: the key is an error, and this says why and what to do instead.
  std::string_view refused = {};
};

/// The keys of the top level. Lives as long as the program.
std::span<const Key> top_level_keys();

/// The key called `name`, or null.
const Key* find_key(std::span<const Key> keys, std::string_view name);

/// "string", "boolean", …: the type in a message's words.
std::string_view name_of(ValueType type);

}  // namespace cwrangler::cli
