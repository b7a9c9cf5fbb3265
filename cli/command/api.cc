// `cwrangler api METHOD PATH`: any call of the v4 API, with the user's credentials.

#include <CLI/CLI.hpp>
#include <array>
#include <iostream>
#include <iterator>
#include <memory>

#include "base/files.h"
#include "cli/command/api_session.h"
#include "cli/local/resource_location.h"

namespace cwrangler::cli {
namespace {

struct Flags {
  std::string method;
  std::string path;
  std::vector<std::string> fields;
  std::vector<std::string> typed_fields;
  std::vector<std::string> headers;
  std::string input;
  bool paginate = false;
};

constexpr std::array<std::string_view, 5> kMethods{"GET", "POST", "PUT", "PATCH", "DELETE"};

std::string checked_method(const std::string& given) {
  std::string method = given;
  for (char& c : method) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  for (const std::string_view known : kMethods) {
    if (method == known) return method;
  }
  throw Error("Unknown method: " + given)
      .exit_with(ExitCode::usage)
      .hint("It is GET, POST, PUT, PATCH or DELETE.");
}

std::pair<std::string, std::string> split(const std::string& text, char mark, const char* flag) {
  const size_t at = text.find(mark);
  if (at == text.npos || at == 0) {
    throw Error(std::string(flag) + " takes NAME" + mark + "VALUE, not " + text)
        .exit_with(ExitCode::usage);
  }
  return {text.substr(0, at), text.substr(at + 1)};
}

std::string content_of(const std::string& file, const CommandContext& context) {
  if (file == "-") return {std::istreambuf_iterator<char>(std::cin), {}};
  return read_file(context.options.directory / file);
}

/// A value of -F: a file's content, or JSON where it is that, or text.
ApiJson typed_value(const std::string& text, const CommandContext& context) {
  if (text.starts_with('@')) return content_of(text.substr(1), context);
  ApiJson json = ApiJson::parse(text, nullptr, /*allow_exceptions=*/false);
  return json.is_discarded() ? ApiJson(text) : json;
}

ApiJson all_fields(const Flags& flags, const CommandContext& context) {
  ApiJson fields = ApiJson::object();
  for (const std::string& field : flags.fields) {
    const auto [name, value] = split(field, '=', "-f");
    fields[name] = value;
  }
  for (const std::string& field : flags.typed_fields) {
    const auto [name, value] = split(field, '=', "-F");
    fields[name] = typed_value(value, context);
  }
  return fields;
}

/// With the account's id in place of {account_id}, which is only looked for where it stands.
std::string full_path(std::string path, ApiSession& session) {
  constexpr std::string_view kPlace = "{account_id}";
  if (!path.starts_with('/')) path.insert(0, "/");
  for (size_t at = path.find(kPlace); at != path.npos; at = path.find(kPlace)) {
    path.replace(at, kPlace.size(), session.account().id());
  }
  return path;
}

int api(const Flags& flags, const CommandContext& context) {
  const Config config = load_config_or_none(
      {context.options.directory, context.options.config_file, context.options.environment});
  ApiSession session(context, &config);
  ApiCall call;
  call.method = checked_method(flags.method);
  call.path = full_path(flags.path, session);
  for (const std::string& header : flags.headers) {
    auto [name, value] = split(header, ':', "-H");
    value.erase(0, value.find_first_not_of(' '));
    call.headers.push_back({std::move(name), std::move(value)});
  }
  const ApiJson fields = all_fields(flags, context);
  std::string body;
  if (call.method == "GET" || call.method == "DELETE" || !flags.input.empty()) {
    for (const auto& [name, value] : fields.items()) {
      call.query.emplace_back(name, value.is_string() ? value.get<std::string>() : value.dump());
    }
    if (!flags.input.empty()) body = content_of(flags.input, context);
  } else if (!fields.empty()) {
    body = fields.dump(-1, ' ', false, ApiJson::error_handler_t::replace);
  }
  call.body = body;
  if (!body.empty()) call.content_type = "application/json";

  ApiJson result;
  if (flags.paginate) {
    if (call.method != "GET") {
      throw Error("--paginate is for GET").exit_with(ExitCode::usage);
    }
    result = session.client().list(call.path, call.query);
  } else {
    result = session.client().call(call);
  }
  context.terminal.print(result.dump(2, ' ', false, ApiJson::error_handler_t::replace));
  return static_cast<int>(ExitCode::ok);
}

}  // namespace

void add_api_command(CLI::App& program, CommandContext& context) {
  auto flags = std::make_shared<Flags>();
  CLI::App* command = program.add_subcommand("api", "Make any call of Cloudflare's v4 API");
  command->add_option("method", flags->method, "GET, POST, PUT, PATCH or DELETE")->required();
  command
      ->add_option("path", flags->path,
                   "Below /client/v4; {account_id} stands for the account's id")
      ->required();
  command->add_option("-f,--field", flags->fields, "NAME=VALUE: text of the query or the body")
      ->expected(1)
      ->take_all();
  command
      ->add_option("-F,--typed-field", flags->typed_fields,
                   "NAME=VALUE: JSON, or @FILE for a file's content")
      ->expected(1)
      ->take_all();
  command->add_option("-H,--header", flags->headers, "NAME: VALUE, one more header")
      ->expected(1)
      ->take_all();
  command->add_option("--input", flags->input,
                      "File with the body, - for the standard input; fields go to the query");
  command->add_flag("--paginate", flags->paginate, "All pages of a list");
  command->callback(
      [flags, &context] { context.run = [flags, &context] { return api(*flags, context); }; });
}

}  // namespace cwrangler::cli
