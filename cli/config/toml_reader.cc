#include "cli/config/toml_reader.h"

#include <algorithm>
#include <sstream>
#include <utility>

#include "cli/config/toml.h"

namespace cwrangler::cli {
namespace {

Spot spot_of(const toml::source_position& position) {
  return {static_cast<int>(position.line), static_cast<int>(position.column)};
}

class TreeBuilder {
 public:
  explicit TreeBuilder(const Document& document) : document_(document) {}

  Node build(const toml::node& source, int depth = 0) const {
    Node node;
    node.spot = spot_of(source.source().begin);
    if (depth > kDeepestNesting) {
      throw document_.error_at(node.spot, "nested too deeply").while_doing("Invalid TOML document");
    }
    if (const auto* table = source.as_table()) {
      node.kind = Node::Kind::table;
      for (const auto& [key, value] : *table) {
        node.members.push_back(
            {std::string(key.str()), spot_of(key.source().begin), build(value, depth + 1)});
      }
      // toml++ sorts by key; messages and bindings come in the order of the file.
      std::stable_sort(node.members.begin(), node.members.end(),
                       [](const Node::Member& a, const Node::Member& b) {
                         return std::pair(a.spot.line, a.spot.column) <
                                std::pair(b.spot.line, b.spot.column);
                       });
    } else if (const auto* array = source.as_array()) {
      node.kind = Node::Kind::array;
      for (const toml::node& item : *array) node.items.push_back(build(item, depth + 1));
    } else if (const auto* text = source.as_string()) {
      node.kind = Node::Kind::string;
      node.text = text->get();
    } else if (const auto* boolean = source.as_boolean()) {
      node.kind = Node::Kind::boolean;
      node.boolean = boolean->get();
    } else if (const auto* integer = source.as_integer()) {
      node.kind = Node::Kind::integer;
      node.integer = integer->get();
      node.number = static_cast<double>(node.integer);
    } else if (const auto* number = source.as_floating_point()) {
      node.kind = Node::Kind::number;
      node.number = number->get();
    } else {
      node.kind = Node::Kind::date;
      std::ostringstream written;
      source.visit([&written](const auto& value) { written << value; });
      node.text = written.str();
    }
    return node;
  }

 private:
  const Document& document_;
};

}  // namespace

Node read_toml(const Document& document) {
  return TreeBuilder(document).build(parse_toml(document.source, document.path));
}

}  // namespace cwrangler::cli
