#include "cli/config/validation.h"

#include <algorithm>
#include <set>
#include <span>

#include "cli/config/schema.h"
#include "cli/terminal/suggestion.h"

namespace cwrangler::cli {
namespace {

bool has_type(const Node& node, ValueType type) {
  using Kind = Node::Kind;
  auto all = [&node](Kind kind) {
    return node.is(Kind::array) && std::all_of(node.items.begin(), node.items.end(),
                                               [kind](const Node& item) { return item.is(kind); });
  };
  switch (type) {
    case ValueType::any:
      return true;
    case ValueType::string:
      return node.is(Kind::string);
    case ValueType::boolean:
      return node.is(Kind::boolean);
    case ValueType::number:
      return node.is(Kind::integer) || node.is(Kind::number);
    case ValueType::string_list:
      return all(Kind::string);
    case ValueType::table:
      return node.is(Kind::table);
    case ValueType::table_list:
      return all(Kind::table);
    case ValueType::boolean_or_list:
      return node.is(Kind::boolean) || all(Kind::string);
    case ValueType::number_or_null:
      return node.is(Kind::null) || has_type(node, ValueType::number);
    case ValueType::string_or_table:
      return node.is(Kind::string) || node.is(Kind::table);
    case ValueType::string_or_table_list:
      return node.is(Kind::array) &&
             std::all_of(node.items.begin(), node.items.end(), [](const Node& item) {
               return has_type(item, ValueType::string_or_table);
             });
  }
  return false;
}

class SectionValidator {
 public:
  SectionValidator(const Document& document, const std::string& environment,
                   Diagnostics& diagnostics)
      : document_(document), environment_(environment), diagnostics_(diagnostics) {}

  void validate(const Node& section) {
    const std::string place = environment_.empty() ? "top-level" : "env." + environment_;
    warn_of_unknown(section, top_level_keys(), place);
    for (const Key& key : top_level_keys()) {
      const Node* value = section.find(key.name);
      if (value == nullptr) continue;
      if (!environment_.empty() && key.inheritance == Inheritance::top_level_only) {
        warn(*value,
             quoted(key.name) + " belongs at the top level of the file; here it has no effect.");
        continue;
      }
      if (!key.refused.empty()) {
        error(section.find_member(key.name)->spot, std::string(key.refused));
        continue;
      }
      validate_value(*value, key, std::string(key.name));
    }
    validate_variables(section);
    validate_observability(section);
    validate_queue_consumers(section);
  }

 private:
  static std::string quoted(std::string_view text) { return "\"" + std::string(text) + "\""; }

  void error(Spot where, std::string message) {
    diagnostics_.errors.push_back({std::move(message), document_.position(where)});
  }
  void error(const Node& where, std::string message) { error(where.spot, std::move(message)); }

  void warn(Spot where, std::string message) {
    diagnostics_.warnings.push_back({std::move(message), document_.position(where)});
  }
  void warn(const Node& where, std::string message) { warn(where.spot, std::move(message)); }

  /// `place` as wrangler names it: "top-level", "env.staging", "kv_namespaces[0]".
  void warn_of_unknown(const Node& table, std::span<const Key> known, const std::string& place) {
    for (const Node::Member& member : table.members) {
      if (find_key(known, member.key) != nullptr) continue;
      std::string message = "Unexpected fields found in " + place + " field: " + quoted(member.key);
      std::vector<std::string> names;
      for (const Key& key : known) names.emplace_back(key.name);
      const std::string nearest = nearest_word(member.key, names);
      if (!nearest.empty()) message += "\nDid you mean " + quoted(nearest) + "?";
      warn(member.spot, message);
    }
  }

  /// A value at a top-level key, or at a key of a table that is no list ("queues.producers").
  void validate_value(const Node& value, const Key& key, const std::string& path) {
    if (key.type == ValueType::table_list) {
      validate_table_list(value, key, path);
    } else if (!has_type(value, key.type)) {
      std::string message = "Expected " + quoted(path) + " to be of type " +
                            std::string(name_of(key.type)) + " but got " + shortened(value) + ".";
      if (value.is(Node::Kind::date)) message += "\nPut it in quotes: it is read as a TOML date.";
      error(value, message);
    } else {
      validate_inside(value, key, path);
    }
  }

  /// What a value of the right type holds.
  void validate_inside(const Node& value, const Key& key, const std::string& path) {
    if (value.is(Node::Kind::string)) {
      const std::string problem = format_problem(key.format, path, value.text);
      if (!problem.empty()) error(value, problem);
    }
    validate_choice(value, key, path);
    validate_range(value, key, path);
    if (key.fields.empty() || !value.is(Node::Kind::table)) return;
    warn_of_unknown(value, key.fields, path);
    if (key.binding != nullptr || has_required(key)) {
      validate_entry(value, key, path);
    } else {
      for (const Key& field : key.fields) {
        const Node* child = value.find(field.name);
        if (child != nullptr) validate_value(*child, field, path + "." + std::string(field.name));
      }
    }
  }

  void validate_choice(const Node& value, const Key& key, const std::string& path) {
    if (key.values.empty()) return;
    const std::string written = value.is(Node::Kind::string) ? value.text : shortened(value);
    if (std::find(key.values.begin(), key.values.end(), written) != key.values.end()) return;
    const bool is_text = key.type == ValueType::string;
    std::string list;
    std::vector<std::string> choices(key.values.begin(), key.values.end());
    for (const std::string& choice : choices) {
      list += (list.empty() ? "" : ",") + (is_text ? quoted(choice) : choice);
    }
    std::string message = "Expected " + quoted(path) + " field to be one of [" + list +
                          "] but got " + shortened(value) + ".";
    const std::string nearest = is_text ? nearest_word(written, choices) : "";
    if (!nearest.empty()) message += "\nDid you mean " + quoted(nearest) + "?";
    error(value, message);
  }

  /// wrangler lets the API refuse these; said here it is said in time.
  void validate_range(const Node& value, const Key& key, const std::string& path) {
    if (!key.range || !has_type(value, ValueType::number)) return;
    if (value.number >= static_cast<double>(key.range->least) &&
        value.number <= static_cast<double>(key.range->most)) {
      return;
    }
    warn(value, quoted(path) + " should be from " + std::to_string(key.range->least) + " to " +
                    std::to_string(key.range->most) + " but is " + shortened(value) + ".");
  }

  static bool has_required(const Key& key) {
    return std::any_of(key.fields.begin(), key.fields.end(),
                       [](const Key& field) { return field.required; });
  }

  void validate_table_list(const Node& value, const Key& key, const std::string& path) {
    if (!value.is(Node::Kind::array)) {
      error(value,
            "The field " + quoted(path) + " should be an array but got " + shortened(value) + ".");
      return;
    }
    for (size_t index = 0; index < value.items.size(); ++index) {
      const Node& item = value.items[index];
      const std::string item_path = path + "[" + std::to_string(index) + "]";
      if (!item.is(Node::Kind::table)) {
        error(item, quoted(item_path) + " should be an object but got " + shortened(item) + ".");
      } else if (!key.fields.empty()) {
        warn_of_unknown(item, key.fields, item_path);
        validate_entry(item, key, item_path);
      }
    }
  }

  /// A table whose keys wrangler checks one by one: a binding, a rule, a consumer.
  void validate_entry(const Node& table, const Key& key, const std::string& path) {
    std::string problems;  // of a Durable Object, which wrangler reports as one
    const bool is_durable_object =
        key.binding != nullptr && key.binding->type == "durable_object_namespace";
    for (const Key& field : key.fields) {
      const Node* value = table.find(field.name);
      if (value == nullptr ? !field.required : has_type(*value, field.type)) {
        if (value) validate_inside(*value, field, path + "." + std::string(field.name));
        continue;
      }
      const std::string_view type = name_of(field.type);
      const bool vowel = type.starts_with('o') || type.starts_with('a');
      const std::string what =
          std::string(field.required ? "should have " : "should, optionally, have ") +
          (vowel ? "an " : "a ") + std::string(type) + " " + quoted(field.name) + " field";
      if (is_durable_object) {
        problems += "\n- binding " + what + ".";
      } else {
        error(value ? *value : table, quoted(path) + (key.binding ? " bindings " : " ") + what +
                                          " but got " + shortened(table) + ".");
      }
    }
    if (!problems.empty()) error(table, quoted(path) + ": " + shortened(table) + problems);
  }

  /// A table that switches nothing on is a mistake.
  void validate_observability(const Node& section) {
    const Node* table = section.find("observability");
    if (table == nullptr || !table->is(Node::Kind::table)) return;
    auto inner = [table](std::string_view name) {
      const Node* part = table->find(name);
      return part && part->find("enabled");
    };
    if (table->find("enabled") || inner("logs") || inner("traces")) return;
    error(*table,
          "\"observability.enabled\" or \"observability.logs.enabled\" or "
          "\"observability.traces.enabled\" is required.");
  }

  /// A queue has one consumer, and its dead letters go elsewhere: they would come back for ever.
  void validate_queue_consumers(const Node& section) {
    const Node* queues = section.find("queues");
    const Node* consumers = queues == nullptr ? nullptr : queues->find("consumers");
    if (consumers == nullptr) return;
    std::set<std::string> seen;
    for (const Node& consumer : consumers->items) {
      const Node* queue = consumer.find("queue");
      if (queue == nullptr || !queue->is(Node::Kind::string)) continue;
      if (!seen.insert(queue->text).second) {
        error(*queue, "The queue " + quoted(queue->text) + " has two consumers; it can have one.");
      }
      const Node* dead_letters = consumer.find("dead_letter_queue");
      if (dead_letters != nullptr && dead_letters->text == queue->text) {
        error(*dead_letters, "The queue " + quoted(queue->text) +
                                 " cannot be its own dead letter queue: name another one.");
      }
    }
  }

  void validate_variables(const Node& section) {
    const Node* variables = section.find("vars");
    if (variables == nullptr) return;
    for (const Node::Member& member : variables->members) {
      if (contains_date(member.value)) {
        error(member.value, "The variable " + quoted(member.key) +
                                " is a TOML date, which a Worker cannot have.\n"
                                "Put it in quotes to make it a string.");
      }
    }
  }

  static bool contains_date(const Node& node) {
    return node.is(Node::Kind::date) ||
           std::any_of(node.items.begin(), node.items.end(), contains_date) ||
           std::any_of(node.members.begin(), node.members.end(),
                       [](const Node::Member& member) { return contains_date(member.value); });
  }

  const Document& document_;
  const std::string& environment_;
  Diagnostics& diagnostics_;
};

}  // namespace

void validate_section(const Document& document, const Node& section, const std::string& environment,
                      Diagnostics& diagnostics) {
  SectionValidator(document, environment, diagnostics).validate(section);
}

void warn_of_missing_in_environment(const Document& document, const Node& environment_section,
                                    const std::string& environment, Diagnostics& diagnostics) {
  const std::string place = "env." + environment;
  for (const Key& key : top_level_keys()) {
    if (key.inheritance != Inheritance::not_inherited) continue;
    const Node* top = document.root.find(key.name);
    if (top == nullptr) continue;
    const std::string name(key.name);
    const Node* own = environment_section.find(key.name);
    if (own == nullptr) {
      diagnostics.warnings.push_back(
          {"\"" + name + "\" exists at the top level, but not on \"" + place +
               "\".\nThis is not what you probably want, since \"" + name +
               "\" is not inherited by environments.\nPlease add \"" + name + "\" to \"" + place +
               "\".",
           document.position(top->spot)});
    } else if (name == "vars") {
      std::string missing;
      for (const Node::Member& member : top->members) {
        if (own->find(member.key) == nullptr) missing += "\n- \"" + member.key + "\"";
      }
      if (missing.empty()) continue;
      diagnostics.warnings.push_back(
          {"The following vars exist at the top level, but not on \"" + place + ".vars\"." +
               missing +
               "\nThis is not what you probably want, since \"vars\" configuration is not "
               "inherited by environments.\nPlease add these vars to \"" +
               place + ".vars\".",
           document.position(own->spot)});
    }
  }
}

}  // namespace cwrangler::cli
