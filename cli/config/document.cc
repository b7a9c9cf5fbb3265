#include "cli/config/document.h"

#include <algorithm>

#include "base/utf8.h"
#include "cli/config/json_reader.h"
#include "cli/config/toml_reader.h"

namespace cwrangler::cli {

const Node::Member* Node::find_member(std::string_view key) const {
  for (const Member& member : members) {
    if (member.key == key) return &member;
  }
  return nullptr;
}

const Node* Node::find(std::string_view key) const {
  const Member* member = find_member(key);
  return member ? &member->value : nullptr;
}

SourcePosition Document::position(Spot spot) const {
  return {path.string(), spot.line, spot.column};
}

std::string line_of(std::string_view rest, int number) {
  if (rest.starts_with("\xef\xbb\xbf")) rest.remove_prefix(3);
  for (int current = 1; !rest.empty(); ++current) {
    const size_t end = rest.find('\n');
    std::string_view text = rest.substr(0, end);
    if (current == number) {
      if (text.ends_with('\r')) text.remove_suffix(1);
      return std::string(text);
    }
    if (end == std::string_view::npos) break;
    rest.remove_prefix(end + 1);
  }
  return "";
}

std::string Document::line(int number) const {
  return line_of(source, number);
}

Error Document::error_at(Spot spot, std::string problem) const {
  Error error(std::move(problem));
  error.at(position(spot)).showing(line(spot.line));
  return error;
}

Document parse_document(std::filesystem::path path, std::string source) {
  Document document;
  document.format = path.extension() == ".toml" ? Format::toml : Format::json;
  document.path = std::move(path);
  document.source = std::move(source);
  if (const size_t at = first_invalid_utf8(document.source); at != std::string::npos) {
    const auto line = 1 + std::count(document.source.begin(),
                                     document.source.begin() + static_cast<ptrdiff_t>(at), '\n');
    throw Error("The file is not UTF-8.")
        .at(document.position({static_cast<int>(line), 0}))
        .hint("Save it as UTF-8: your editor's encoding setting does that.");
  }
  document.root = document.format == Format::toml ? read_toml(document) : read_json(document);
  return document;
}

nlohmann::json to_json(const Node& node) {
  switch (node.kind) {
    case Node::Kind::null:
      return nullptr;
    case Node::Kind::boolean:
      return node.boolean;
    case Node::Kind::integer:
      return node.integer;
    case Node::Kind::number:
      return node.number;
    case Node::Kind::string:
    case Node::Kind::date:
      return node.text;
    case Node::Kind::array: {
      nlohmann::json array = nlohmann::json::array();
      for (const Node& item : node.items) array.push_back(to_json(item));
      return array;
    }
    case Node::Kind::table: {
      nlohmann::json object = nlohmann::json::object();
      for (const Node::Member& member : node.members) object[member.key] = to_json(member.value);
      return object;
    }
  }
  return nullptr;
}

std::string shortened(const Node& node) {
  constexpr size_t kLongest = 80;
  std::string text = to_json(node).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  if (text.size() <= kLongest) return text;
  size_t end = kLongest;
  // Not inside a character.
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return text.substr(0, end) + "…";
}

}  // namespace cwrangler::cli
