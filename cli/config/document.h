// A configuration file as written: a tree of values, each of which knows its line and column.
// TOML, JSON and JSONC are read into the same tree, so that everything after the parser is written
// once and every message can point into the user's file.

#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace cwrangler::cli {

/// A place in the document. Both count from 1; columns count characters, not bytes.
struct Spot {
  int line = 0;
  int column = 0;
};

/// One value. Plain data: `kind` says which of the fields mean something.
struct Node {
  enum class Kind { null, boolean, integer, number, string, date, array, table };
  struct Member;

  Kind kind = Kind::null;
  Spot spot;                    ///< where the value starts
  bool boolean = false;         ///< Kind::boolean
  int64_t integer = 0;          ///< Kind::integer
  double number = 0;            ///< Kind::number, and Kind::integer as well
  std::string text;             ///< Kind::string; Kind::date (TOML only) as written
  std::vector<Node> items;      ///< Kind::array
  std::vector<Member> members;  ///< Kind::table, in the order of the file

  bool is(Kind wanted) const { return kind == wanted; }

  /// The member called `key`, or null: also when this is no table.
  const Node* find(std::string_view key) const;
  const Member* find_member(std::string_view key) const;
};

struct Node::Member {
  std::string key;
  Spot spot;  ///< where the key is written
  Node value;
};

enum class Format { toml, json };

struct Document {
  std::filesystem::path path;
  Format format = Format::json;
  std::string source;
  Node root;  ///< always a table

  /// `spot` as a position in the file, for an Error.
  SourcePosition position(Spot spot) const;
  /// The text of a line (from 1), without its end; empty when there is none.
  std::string line(int number) const;
  /// An Error that points at `spot` and shows its line.
  Error error_at(Spot spot, std::string problem) const;
};

/// Deeper nesting is refused: no configuration needs it, and recursion over the tree stays bounded.
inline constexpr int kDeepestNesting = 64;

/// Parses `source`, which was read from `path`; ".toml" is TOML, anything else JSON with comments
/// and trailing commas. Any input is safe: it is parsed, or refused with an Error that shows the
/// place.
Document parse_document(std::filesystem::path path, std::string source);

/// Line `number` (from 1) of `source`, without its end and a byte order mark; empty when there is
/// none.
std::string line_of(std::string_view source, int number);

/// The value as JSON. A date becomes its text.
nlohmann::json to_json(const Node& node);

/// The value on one line as JSON, cut to about 80 bytes, for messages ("but got …").
std::string shortened(const Node& node);

}  // namespace cwrangler::cli
