#include "cli/config/validation.h"

#include <algorithm>
#include <chrono>
#include <span>

#include "cli/config/names.h"
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
      validate_value(*value, key, std::string(key.name));
    }
    validate_name(section);
    validate_date(section);
    validate_variables(section);
  }

 private:
  static std::string quoted(std::string_view text) { return "\"" + std::string(text) + "\""; }

  std::string short_position(Spot spot) const {
    return SourcePosition{document_.path.filename().string(), spot.line, spot.column}.to_string();
  }

  void error(const Node& where, std::string message) {
    diagnostics_.errors.push_back({std::move(message), document_.position(where.spot)});
  }

  void warn(const Node& where, std::string message) {
    diagnostics_.warnings.push_back({std::move(message), document_.position(where.spot)});
  }

  void warn_of_unknown(const Node& table, std::span<const Key> known, const std::string& place) {
    std::string list;
    std::string details;
    for (const Node::Member& member : table.members) {
      if (find_key(known, member.key) != nullptr) continue;
      std::vector<std::string> names;
      for (const Key& key : known) names.emplace_back(key.name);
      list += (list.empty() ? "" : ",") + quoted(member.key);
      details += "\n- " + quoted(member.key) + " at " + short_position(member.spot);
      const std::string nearest = nearest_word(member.key, names);
      if (!nearest.empty()) details += ", did you mean " + quoted(nearest) + "?";
    }
    if (list.empty()) return;
    diagnostics_.warnings.push_back(
        {"Unexpected fields found in " + place + " field: " + list + details, {}});
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
    } else if (key.type == ValueType::table && !key.fields.empty()) {
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
      if (value == nullptr ? !field.required : has_type(*value, field.type)) continue;
      const std::string should = field.required ? "should have a " : "should, optionally, have a ";
      const std::string what =
          should + std::string(name_of(field.type)) + " " + quoted(field.name) + " field";
      if (is_durable_object) {
        problems += "\n- binding " + what + ".";
      } else {
        error(value ? *value : table, quoted(path) + (key.binding ? " bindings " : " ") + what +
                                          " but got " + shortened(table) + ".");
      }
    }
    if (!problems.empty()) error(table, quoted(path) + ": " + shortened(table) + problems);
  }

  void validate_name(const Node& section) {
    const Node* name = section.find("name");
    if (name == nullptr || !name->is(Node::Kind::string) || is_worker_name(name->text)) return;
    std::string message =
        "Expected \"name\" to be of type string, alphanumeric and lowercase with dashes only but "
        "got " +
        shortened(*name) + ".";
    const std::string possible = to_worker_name(name->text);
    if (!possible.empty()) message += "\nFor example: " + quoted(possible);
    error(*name, message);
  }

  void validate_date(const Node& section) {
    const Node* date = section.find("compatibility_date");
    if (date == nullptr || !date->is(Node::Kind::string)) return;
    if (is_date(date->text)) return;
    std::string message = "\"compatibility_date\" should be a date in YYYY-MM-DD format but got " +
                          shortened(*date) + ".";
    // U+2012 to U+2015: dashes that a word processor makes of a hyphen.
    if (date->text.find("\xe2\x80\x92") != std::string::npos ||
        date->text.find("\xe2\x80\x93") != std::string::npos ||
        date->text.find("\xe2\x80\x94") != std::string::npos ||
        date->text.find("\xe2\x80\x95") != std::string::npos) {
      message += "\nIt has a long dash where a hyphen (-) must be.";
    }
    error(*date, message);
  }

  static bool is_date(const std::string& text) {
    if (text.size() != 10 || text[4] != '-' || text[7] != '-') return false;
    auto number = [&text](size_t at, size_t size) {
      int value = 0;
      for (size_t i = at; i < at + size; ++i) {
        if (text[i] < '0' || text[i] > '9') return -1;
        value = value * 10 + (text[i] - '0');
      }
      return value;
    };
    const int year = number(0, 4);
    const int month = number(5, 2);
    const int day = number(8, 2);
    return year >= 0 && month >= 1 && day >= 1 &&
           std::chrono::year_month_day(std::chrono::year(year),
                                       std::chrono::month(static_cast<unsigned>(month)),
                                       std::chrono::day(static_cast<unsigned>(day)))
               .ok();
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
