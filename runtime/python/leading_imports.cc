#include "runtime/python/leading_imports.h"

#include <algorithm>
#include <set>
#include <unordered_map>
#include <unordered_set>

#include "base/error.h"
#include "base/files.h"

namespace cwrangler::python {
namespace {

/// The Python language reference, 2 (lexical analysis) and 7.11 (the import statement).
class Scanner {
 public:
  explicit Scanner(std::string_view source) : rest_(source) {
    constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
    if (rest_.starts_with(kByteOrderMark)) rest_.remove_prefix(kByteOrderMark.size());
  }

  FileBeginning scan() {
    FileBeginning beginning;
    while (next_statement()) {
      if (rest_.empty()) {
        beginning.complete = true;
        break;
      }
      std::vector<Import> imports;
      if (!string_statement() && !import_statement(imports) && !from_statement(imports)) break;
      if (!end_of_statement()) break;
      beginning.imports.insert(beginning.imports.end(), imports.begin(), imports.end());
    }
    return beginning;
  }

 private:
  static bool is_newline(char c) { return c == '\n' || c == '\r'; }
  static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\f'; }
  static bool starts_name(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  }
  static bool is_in_name(char c) { return starts_name(c) || (c >= '0' && c <= '9'); }

  bool take(char c) {
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }

  void skip_comment() {
    if (rest_.starts_with('#')) {
      rest_.remove_prefix(std::min(rest_.find_first_of("\r\n"), rest_.size()));
    }
  }

  /// Between the words of a statement.
  void skip_space() {
    while (!rest_.empty()) {
      if (is_blank(rest_.front()) || (parentheses_ && is_newline(rest_.front()))) {
        rest_.remove_prefix(1);
      } else if (parentheses_ && rest_.front() == '#') {
        skip_comment();
      } else if (rest_.starts_with("\\\r\n")) {
        rest_.remove_prefix(3);
      } else if (rest_.starts_with("\\\n") || rest_.starts_with("\\\r")) {
        rest_.remove_prefix(2);
      } else {
        return;
      }
    }
  }

  /// Over empty lines and comments. False where the next statement is indented: the file is
  /// not well formed.
  bool next_statement() {
    for (;;) {
      const std::string_view line = rest_;
      while (!rest_.empty() && is_blank(rest_.front())) rest_.remove_prefix(1);
      skip_comment();
      if (rest_.empty()) return true;
      if (is_newline(rest_.front())) {
        rest_.remove_prefix(1);
        begins_line_ = true;
        continue;
      }
      return !begins_line_ || line.size() == rest_.size();
    }
  }

  bool end_of_statement() {
    skip_space();
    begins_line_ = !take(';');
    if (!begins_line_) return true;
    skip_comment();
    return rest_.empty() || is_newline(rest_.front());
  }

  /// A string that nobody uses.
  bool string_statement() {
    std::string_view at = rest_;
    if (!at.empty() && std::string_view("rRuU").find(at.front()) != std::string_view::npos) {
      at.remove_prefix(1);
    }
    if (at.empty() || (at.front() != '"' && at.front() != '\'')) return false;
    const bool triple = at.size() >= 3 && at[1] == at[0] && at[2] == at[0];
    const std::string_view quotes = at.substr(0, triple ? 3 : 1);
    at.remove_prefix(quotes.size());
    while (!at.starts_with(quotes)) {
      if (at.empty() || (!triple && is_newline(at.front()))) return false;
      at.remove_prefix(std::min<size_t>(at.front() == '\\' ? 2 : 1, at.size()));
    }
    at.remove_prefix(quotes.size());
    rest_ = at;
    return true;
  }

  std::optional<std::string> name() {
    if (rest_.empty() || !starts_name(rest_.front())) return std::nullopt;
    const auto end = std::find_if_not(rest_.begin(), rest_.end(), is_in_name);
    std::string word(rest_.begin(), end);
    rest_.remove_prefix(word.size());
    // The name goes on in another alphabet.
    if (!rest_.empty() && static_cast<unsigned char>(rest_.front()) >= 0x80) return std::nullopt;
    skip_space();
    return word;
  }

  bool keyword(std::string_view word) {
    const std::string_view before = rest_;
    if (name() == word) return true;
    rest_ = before;
    return false;
  }

  std::optional<std::string> dotted_name() {
    std::optional<std::string> dotted = name();
    while (dotted && take('.')) {
      skip_space();
      const std::optional<std::string> part = name();
      if (!part) return std::nullopt;
      *dotted += "." + *part;
    }
    return dotted;
  }

  /// What `as` calls it makes no difference here.
  bool alias() { return !keyword("as") || name(); }

  bool import_statement(std::vector<Import>& imports) {
    if (!keyword("import")) return false;
    do {
      skip_space();
      std::optional<std::string> module = dotted_name();
      if (!module || !alias()) return false;
      imports.push_back({std::move(*module), {}});
    } while (take(','));
    return true;
  }

  bool from_statement(std::vector<Import>& imports) {
    if (!keyword("from")) return false;
    Import import;
    while (take('.')) {
      import.module += '.';
      skip_space();
    }
    const std::string_view before = rest_;
    if (!keyword("import")) {
      rest_ = before;
      const std::optional<std::string> module = dotted_name();
      if (!module || !keyword("import")) return false;
      import.module += *module;
    } else if (import.module.empty()) {
      return false;
    }
    if (take('*')) {
      import.names = {"*"};
    } else {
      parentheses_ = take('(');
      const bool well_formed = names(import.names);
      if (parentheses_ && !take(')')) return false;
      parentheses_ = false;
      if (!well_formed) return false;
    }
    // What it asks for is the language's own, at compile time.
    if (import.module != "__future__") imports.push_back(std::move(import));
    return true;
  }

  bool names(std::vector<std::string>& names) {
    do {
      skip_space();
      if (parentheses_ && rest_.starts_with(')') && !names.empty()) return true;
      std::optional<std::string> word = name();
      if (!word || !alias()) return false;
      names.push_back(std::move(*word));
    } while (take(','));
    return true;
  }

  std::string_view rest_;
  bool parentheses_ = false;
  bool begins_line_ = true;
};

std::string top_level_name(std::string_view module) {
  return std::string(module.substr(0, module.find('.')));
}

/// Walks through the Worker's modules as Python's import does.
class Walk {
 public:
  explicit Walk(std::span<const Module> modules) {
    for (const Module& module : modules) {
      if (const auto package = name_in_packages(module.name)) {
        packages_.insert(std::string(package->substr(0, package->find_first_of("./"))));
        continue;
      }
      own_names_.insert(module.name.substr(0, module.name.find_first_of("./")));
      for (size_t end = module.name.find('/'); end != std::string::npos;
           end = module.name.find('/', end + 1)) {
        own_folders_.insert(module.name.substr(0, end));
      }
      if (module.type == ModuleType::python) files_.emplace(module.name, &module);
    }
  }

  LeadingImports run(const std::string& main_module) {
    const std::string name = main_module.substr(0, main_module.rfind('.'));
    begun_.insert(name);
    visit(name, main_module);
    return {std::move(found_), {entered_.begin(), entered_.end()}};
  }

 private:
  /// Other people's modules go before the Worker's own.
  bool is_own(const std::string& module) const {
    const std::string top = top_level_name(module);
    return own_names_.contains(top) && !packages_.contains(top);
  }

  /// The file of a module of the Worker's own; empty: it has none, because it is a folder, or not
  /// a module. The extension of a package's ends in "/__init__.py".
  std::string file_of(const std::string& module) const {
    for (const char* const form : {"/__init__.py", ".py"}) {
      if (std::string file = path_of(module) + form; files_.contains(file)) return file;
    }
    return {};
  }

  static std::string path_of(std::string module) {
    std::replace(module.begin(), module.end(), '.', '/');
    return module;
  }

  // Each of these returns whether the walk goes on.

  bool visit(const std::string& module, const std::string& file) {
    FileBeginning beginning;
    try {
      const Module& source = *files_.at(file);
      beginning = beginning_of(source.content ? *source.content : read_file(source.path));
    } catch (const Error&) {
      return false;
    }
    if (beginning.complete && beginning.imports.empty()) empty_.insert(module);
    const bool is_package = file.ends_with("/__init__.py");
    for (Import& import : beginning.imports) {
      if (!make_absolute(import.module, module, is_package)) return false;
      if (!is_own(import.module)) {
        found_.push_back(std::move(import));
      } else if (!enter(import)) {
        return false;
      }
    }
    return beginning.complete;
  }

  static bool make_absolute(std::string& name, const std::string& module, bool is_package) {
    const size_t dots = std::min(name.find_first_not_of('.'), name.size());
    if (dots == 0) return true;
    std::string package = module;
    for (size_t level = is_package ? 1 : 0; level < dots; ++level) {
      const size_t end = package.rfind('.');
      if (end == std::string::npos) return false;
      package.resize(end);
    }
    const std::string rest = name.substr(dots);
    name = rest.empty() ? package : package + "." + rest;
    return true;
  }

  /// Imports modules of the Worker's own: the packages on the way, the module, and those of the
  /// names that are modules as well.
  bool enter(const Import& import) {
    for (size_t end = import.module.find('.');; end = import.module.find('.', end + 1)) {
      if (!enter(import.module.substr(0, end))) return false;
      if (end == std::string::npos) break;
    }
    for (const std::string& name : import.names) {
      if (name == "*") return false;
      const std::string member = import.module + "." + name;
      if (begun_.contains(member)) continue;
      if (file_of(member).empty() && !own_folders_.contains(path_of(member))) continue;
      // The package may have something else of that name.
      if (!empty_.contains(import.module) || !enter(member)) return false;
    }
    return true;
  }

  bool enter(const std::string& module) {
    if (!begun_.insert(module).second) return true;
    entered_.insert(top_level_name(module));
    if (const std::string file = file_of(module); !file.empty()) return visit(module, file);
    empty_.insert(module);
    return own_folders_.contains(path_of(module));
  }

  std::unordered_set<std::string> packages_;   // top-level names of other people's
  std::unordered_set<std::string> own_names_;  // and of the Worker's
  std::unordered_set<std::string> own_folders_;
  std::unordered_map<std::string, const Module*> files_;
  std::unordered_set<std::string> begun_;
  std::unordered_set<std::string> empty_;  // packages that define nothing
  std::set<std::string> entered_;
  std::vector<Import> found_;
};

}  // namespace

std::optional<std::string_view> name_in_packages(std::string_view module) {
  for (const std::string_view folder : {"python_modules/", "vendor/"}) {
    if (module.starts_with(folder)) return module.substr(folder.size());
  }
  return std::nullopt;
}

FileBeginning beginning_of(std::string_view source) {
  return Scanner(source).scan();
}

LeadingImports leading_imports(const std::string& main_module, std::span<const Module> modules) {
  return Walk(modules).run(main_module);
}

}  // namespace cwrangler::python
