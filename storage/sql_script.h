// A text of SQL, statement by statement, as a file of any size is read.

#pragma once

#include <functional>
#include <istream>
#include <string>
#include <string_view>

namespace cwrangler::storage {

/// Calls `run` with each statement of the stream, without its final semicolon and without blanks
/// and comments around it. Only one statement is in memory at a time. Semicolons in strings, names,
/// comments and bodies of triggers end no statement.
void for_each_statement(std::istream& text, const std::function<void(const std::string&)>& run);

}  // namespace cwrangler::storage
