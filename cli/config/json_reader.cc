#include "cli/config/json_reader.h"

#include <rapidjson/error/en.h>
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

#include <algorithm>
#include <optional>

namespace cwrangler::cli {
namespace {

/// Where the lines of a text start, to turn byte offsets into spots.
class LineIndex {
 public:
  explicit LineIndex(std::string_view text) : text_(text) {
    for (size_t at = text.find('\n'); at != std::string_view::npos; at = text.find('\n', at + 1)) {
      starts_.push_back(at + 1);
    }
  }

  Spot spot(size_t offset) const {
    offset = std::min(offset, text_.size());
    const auto after = std::upper_bound(starts_.begin(), starts_.end(), offset);
    const auto line = after - starts_.begin();
    int column = 1;
    for (size_t at = *(after - 1); at < offset; ++at) {
      if ((static_cast<unsigned char>(text_[at]) & 0xc0) != 0x80) ++column;
    }
    return {static_cast<int>(line), column};
  }

 private:
  std::string_view text_;
  std::vector<size_t> starts_{0};
};

/// RapidJSON does not drop comments at the places where this needs to know about them: after a
/// token, where the next begins. Skips spaces, comments, and the punctuation between two tokens.
size_t next_token(std::string_view text, size_t at) {
  while (at < text.size()) {
    const char c = text[at];
    if (c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == ',' || c == ':') {
      ++at;
    } else if (text.substr(at, 2) == "//") {
      at = std::min(text.find('\n', at), text.size());
    } else if (text.substr(at, 2) == "/*") {
      const size_t end = text.find("*/", at + 2);
      at = end == std::string_view::npos ? text.size() : end + 2;
    } else {
      break;
    }
  }
  return at;
}

/// RapidJSON writes the escape of half a surrogate pair ("\\udc00") as three bytes that are no
/// UTF-8; U+FFFD, which has three bytes too, stands for it, as in TextEncoder.
std::string without_surrogates(std::string text) {
  for (size_t at = 0; at + 2 < text.size(); ++at) {
    if (text[at] == '\xed' && static_cast<unsigned char>(text[at + 1]) >= 0xa0) {
      text.replace(at, 3, "\xef\xbf\xbd");
    }
  }
  return text;
}

/// Builds the tree from the reader's events. RapidJSON reports where a value ends; where it starts
/// follows from where the token before it ended.
class TreeBuilder {
 public:
  TreeBuilder(std::string_view text, const rapidjson::MemoryStream& stream)
      : text_(text), stream_(stream), lines_(text) {}

  // The events of a SAX reader, called by rapidjson::Reader; false ends the parse.
  bool Null() { return scalar(Node::Kind::null) != nullptr; }
  bool Bool(bool value) {
    Node* node = scalar(Node::Kind::boolean);
    node->boolean = value;
    return true;
  }
  bool Int(int value) { return Int64(value); }
  bool Uint(unsigned value) { return Int64(value); }
  bool Int64(int64_t value) {
    Node* node = scalar(Node::Kind::integer);
    node->integer = value;
    node->number = static_cast<double>(value);
    return true;
  }
  bool Uint64(uint64_t value) { return Double(static_cast<double>(value)); }
  bool Double(double value) {
    Node* node = scalar(Node::Kind::number);
    node->number = value;
    return true;
  }
  bool RawNumber(const char*, rapidjson::SizeType, bool) { return false; }
  bool String(const char* value, rapidjson::SizeType size, bool /*copy*/) {
    scalar(Node::Kind::string)->text = without_surrogates(std::string(value, size));
    return true;
  }
  bool Key(const char* value, rapidjson::SizeType size, bool /*copy*/) {
    key_ = without_surrogates(std::string(value, size));
    key_spot_ = lines_.spot(next_token(text_, end_));
    end_ = stream_.Tell();
    return true;
  }
  bool StartObject() { return open(Node::Kind::table); }
  bool StartArray() { return open(Node::Kind::array); }
  bool EndObject(rapidjson::SizeType) { return close(); }
  bool EndArray(rapidjson::SizeType) { return close(); }

  const LineIndex& lines() const { return lines_; }
  bool too_deep() const { return too_deep_; }
  Spot last_spot() const { return last_spot_; }
  Node take_root() { return std::move(root_); }

 private:
  Node* scalar(Node::Kind kind) {
    Node* node = add(kind);
    end_ = stream_.Tell();
    return node;
  }

  bool open(Node::Kind kind) {
    Node* node = add(kind);
    ++end_;  // the bracket
    if (open_.size() >= static_cast<size_t>(kDeepestNesting)) {
      too_deep_ = true;
      return false;
    }
    open_.push_back(node);
    return true;
  }

  bool close() {
    end_ = next_token(text_, end_) + 1;  // the bracket
    open_.pop_back();
    return true;
  }

  /// A new node at its place in the tree. Nodes move when their array grows, but only the last
  /// child of each open node is open itself, and nothing is added beside it until it is closed.
  Node* add(Node::Kind kind) {
    end_ = next_token(text_, end_);
    last_spot_ = lines_.spot(end_);
    Node* node = &root_;
    if (!open_.empty() && open_.back()->is(Node::Kind::array)) {
      node = &open_.back()->items.emplace_back();
    } else if (!open_.empty()) {
      auto& members = open_.back()->members;
      // The last of two members with the same key counts.
      std::erase_if(members, [this](const Node::Member& member) { return member.key == key_; });
      node = &members.emplace_back(Node::Member{std::move(key_), key_spot_, {}}).value;
      key_.clear();
    }
    node->kind = kind;
    node->spot = last_spot_;
    return node;
  }

  const std::string_view text_;
  const rapidjson::MemoryStream& stream_;
  const LineIndex lines_;
  size_t end_ = 0;  ///< where the last token ended
  std::string key_;
  Spot key_spot_;
  Spot last_spot_;
  bool too_deep_ = false;
  Node root_;
  std::vector<Node*> open_;
};

constexpr unsigned kParseFlags =
    rapidjson::kParseCommentsFlag | rapidjson::kParseTrailingCommasFlag |
    rapidjson::kParseFullPrecisionFlag | rapidjson::kParseValidateEncodingFlag |
    rapidjson::kParseIterativeFlag;  // no recursion: nesting is safe

}  // namespace

Node read_json(const Document& document) {
  std::string_view text = document.source;
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);  // a byte order mark

  rapidjson::MemoryStream stream(text.data(), text.size());
  rapidjson::Reader reader;
  TreeBuilder builder(text, stream);
  const rapidjson::ParseResult result = reader.Parse<kParseFlags>(stream, builder);
  const std::string activity = "Invalid JSON document";
  if (builder.too_deep()) {
    throw document.error_at(builder.last_spot(), "nested too deeply").while_doing(activity);
  }
  if (result.IsError()) {
    std::string problem = rapidjson::GetParseError_En(result.Code());
    if (result.Code() == rapidjson::kParseErrorDocumentEmpty) problem = "The file is empty.";
    throw document.error_at(builder.lines().spot(result.Offset()), problem).while_doing(activity);
  }
  if (stream.Tell() < text.size()) {
    throw document.error_at(builder.lines().spot(stream.Tell()), "a zero byte")
        .while_doing(activity);
  }
  Node root = builder.take_root();
  if (!root.is(Node::Kind::table)) {
    throw document.error_at(root.spot, "the file must hold an object: { … }").while_doing(activity);
  }
  return root;
}

}  // namespace cwrangler::cli
