#include "cli/config/diagnostics.h"

#include <algorithm>

namespace cwrangler::cli {
namespace {

/// Without the folder: the block's headline names the file.
std::string short_position(SourcePosition position) {
  position.file = std::filesystem::path(position.file).filename().string();
  return position.to_string();
}

using Findings = std::vector<Diagnostics::Finding> Diagnostics::*;

bool has(const Diagnostics& diagnostics, Findings findings) {
  return !(diagnostics.*findings).empty() ||
         std::any_of(diagnostics.children.begin(), diagnostics.children.end(),
                     [&](const Diagnostics& child) { return has(child, findings); });
}

/// The line a finding is about, unless it is too long to help, and a caret.
void add_frame(std::string& text, const SourcePosition& at, std::string_view source,
               size_t margin) {
  constexpr size_t kLongest = 100;
  std::string line = line_of(source, at.line);
  if (line.empty() || line.size() > kLongest) return;
  std::replace(line.begin(), line.end(), '\t', ' ');
  const std::string number = std::to_string(at.line);
  text.append(margin, ' ').append(number).append(" │ ").append(line).append("\n");
  if (at.column <= 0) return;
  text.append(margin + number.size() + 1, ' ').append("╵ ");
  text.append(static_cast<size_t>(at.column) - 1, ' ').append("^\n");
}

/// `message` as a bullet at `margin`; a position goes behind its first line.
void add_bullet(std::string& text, const Diagnostics::Finding& finding, std::string_view source,
                size_t margin) {
  const size_t end = finding.message.find('\n');
  text.append(margin, ' ').append("- ").append(finding.message.substr(0, end));
  if (!finding.at.file.empty()) text += " (" + short_position(finding.at) + ")";
  text += '\n';
  size_t start = end;
  while (start != std::string::npos) {
    const size_t next = finding.message.find('\n', start + 1);
    text.append(margin + 2, ' ');
    text += finding.message.substr(start + 1, next == std::string::npos ? next : next - start - 1);
    text += '\n';
    start = next;
  }
  if (!finding.at.file.empty()) add_frame(text, finding.at, source, margin + 2);
}

void add_findings(std::string& text, const Diagnostics& diagnostics, Findings findings,
                  std::string_view source, size_t margin) {
  if (!diagnostics.heading.empty()) {
    text.append(margin, ' ').append("- ").append(diagnostics.heading).append("\n");
    margin += 2;
  }
  for (const Diagnostics::Finding& finding : diagnostics.*findings) {
    add_bullet(text, finding, source, margin);
  }
  for (const Diagnostics& child : diagnostics.children) {
    if (has(child, findings)) add_findings(text, child, findings, source, margin);
  }
}

void collect(const Diagnostics& diagnostics, Findings findings,
             std::vector<Diagnostics::Finding>& all) {
  all.insert(all.end(), (diagnostics.*findings).begin(), (diagnostics.*findings).end());
  for (const Diagnostics& child : diagnostics.children) collect(child, findings, all);
}

std::string render(const Diagnostics& diagnostics, Findings findings, std::string_view source) {
  std::string text;
  add_findings(text, diagnostics, findings, source, 0);
  if (!text.empty()) text.pop_back();
  return text;
}

}  // namespace

bool Diagnostics::has_errors() const {
  return has(*this, &Diagnostics::errors);
}
bool Diagnostics::has_warnings() const {
  return has(*this, &Diagnostics::warnings);
}
std::string Diagnostics::render_errors(std::string_view source) const {
  return render(*this, &Diagnostics::errors, source);
}
std::string Diagnostics::render_warnings(std::string_view source) const {
  return render(*this, &Diagnostics::warnings, source);
}

std::vector<Diagnostics::Finding> Diagnostics::all_errors() const {
  std::vector<Finding> all;
  collect(*this, &Diagnostics::errors, all);
  return all;
}
std::vector<Diagnostics::Finding> Diagnostics::all_warnings() const {
  std::vector<Finding> all;
  collect(*this, &Diagnostics::warnings, all);
  return all;
}

}  // namespace cwrangler::cli
