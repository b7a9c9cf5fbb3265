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

/// `message` as a bullet at `margin`; a position goes behind its first line.
void add_bullet(std::string& text, const Diagnostics::Finding& finding, size_t margin) {
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
}

void add_findings(std::string& text, const Diagnostics& diagnostics, Findings findings,
                  size_t margin) {
  if (!diagnostics.heading.empty()) {
    text.append(margin, ' ').append("- ").append(diagnostics.heading).append("\n");
    margin += 2;
  }
  for (const Diagnostics::Finding& finding : diagnostics.*findings) {
    add_bullet(text, finding, margin);
  }
  for (const Diagnostics& child : diagnostics.children) {
    if (has(child, findings)) add_findings(text, child, findings, margin);
  }
}

std::string render(const Diagnostics& diagnostics, Findings findings) {
  std::string text;
  add_findings(text, diagnostics, findings, 0);
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
std::string Diagnostics::render_errors() const {
  return render(*this, &Diagnostics::errors);
}
std::string Diagnostics::render_warnings() const {
  return render(*this, &Diagnostics::warnings);
}

}  // namespace cwrangler::cli
