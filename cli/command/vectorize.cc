// `cwrangler vectorize …`: the account's vector indexes, and what is in them.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <fstream>
#include <memory>
#include <optional>

#include "cli/api/json_access.h"
#include "cli/api/multipart_form.h"
#include "cli/command/action.h"
#include "cli/command/api_session.h"
#include "cli/local/config_snippet.h"
#include "cli/local/resource_location.h"
#include "cli/terminal/prompt.h"
#include "cli/terminal/table.h"

namespace cwrangler::cli {
namespace {

/// The API's limits for one upload, and wrangler's for one run.
constexpr int kMostInBatch = 5000;
constexpr size_t kMostVectors = 100'000;

constexpr const char* kNoIndexes =
    "You haven't created any indexes on this account.\n"
    "Use 'cwrangler vectorize create <name>' to create one, or visit\n"
    "https://developers.cloudflare.com/vectorize/ to get started.";
constexpr const char* kNoMetadataIndexes =
    "You haven't created any metadata indexes on this index.\n"
    "Use 'cwrangler vectorize create-metadata-index <name>' to create one.";

struct Flags {
  std::string name;
  std::optional<int> dimensions;
  std::string metric;
  std::string preset;
  std::string description;
  std::string file;
  int batch_size = 1000;
  std::vector<double> vector;
  std::string vector_id;
  int top_k = 5;
  bool return_values = false;
  std::string return_metadata = "none";
  std::string space;
  std::string filter;
  std::vector<std::string> ids;
  std::string property;
  std::string type;
  std::optional<int> count;
  std::string cursor;
  bool force = false;
  bool json = false;
};

std::string dumped(const ApiJson& json) {
  return json.dump(2, ' ', false, ApiJson::error_handler_t::replace);
}

class VectorizeCommand {
 public:
  explicit VectorizeCommand(const CommandContext& context)
      : config_(load_config_or_none(
            {context.options.directory, context.options.config_file, context.options.environment})),
        session_(context, &config_) {}

  const Config& config() const { return config_; }
  const Account& account() { return session_.account(); }

  ApiJson get(const std::string& index, const std::string& below, const Query& query = {}) {
    return account().get(path(index, below), query);
  }
  ApiJson post(const std::string& index, const std::string& below, const ApiJson& body) {
    return account().post(path(index, below), body);
  }
  /// Vectors as lines of JSON; the API queues them, and says under which name.
  std::string upload(const std::string& index, const std::string& below, const std::string& lines) {
    MultipartForm form;
    form.add_file("vectors", "vectors.ndjson", "application/x-ndjson", lines);
    ApiCall call;
    call.method = "POST";
    call.path = account().path(path(index, below));
    call.content_type = form.content_type();
    call.body = form.finish();
    return string_at(session_.client().call(call), "mutationId");
  }

  static std::string path(const std::string& index, const std::string& below = "") {
    return "/vectorize/v2/indexes" + (index.empty() ? "" : "/" + percent_encoded(index)) + below;
  }

 private:
  const Config config_;
  ApiSession session_;
};

void say(const Flags& flags, const CommandContext& context, const std::string& text) {
  if (!flags.json) context.terminal.print(text);
}

/// A line of an answer, whatever type it has.
std::string cell(const ApiJson& object, const char* key) {
  const ApiJson& value = value_at(object, key);
  if (value.is_null()) return "";
  return value.is_string() ? value.get<std::string>() : value.dump();
}

std::string index_table(const std::vector<ApiJson>& indexes) {
  std::vector<std::vector<std::string>> rows;
  for (const ApiJson& index : indexes) {
    const ApiJson config = object_at(index, "config");
    rows.push_back({cell(index, "name"), cell(config, "dimensions"), cell(config, "metric"),
                    cell(index, "description"), cell(index, "created_on"),
                    cell(index, "modified_on")});
  }
  return boxed_table({"name", "dimensions", "metric", "description", "created", "modified"}, rows);
}

int create(const Flags& flags, const CommandContext& context) {
  ApiJson body{{"name", flags.name}};
  if (!flags.description.empty()) body["description"] = flags.description;
  if (!flags.preset.empty()) {
    body["config"] = {{"preset", flags.preset}};
    say(flags, context, "Configuring index based for the embedding model " + flags.preset + ".");
  } else if (flags.dimensions && !flags.metric.empty()) {
    body["config"] = {{"metric", flags.metric}, {"dimensions", *flags.dimensions}};
  } else {
    throw Error(
        "You must provide both dimensions and a metric, or a known model preset when creating an "
        "index.")
        .exit_with(ExitCode::usage);
  }
  VectorizeCommand command(context);
  say(flags, context, "🚧 Creating index: '" + flags.name + "'");
  const ApiJson made = command.account().post(VectorizeCommand::path(""), body);
  if (flags.json) {
    context.terminal.print(dumped(made));
    return static_cast<int>(ExitCode::ok);
  }
  context.terminal.print(
      "✅ Successfully created a new Vectorize index: '" + printable(string_at(made, "name")) +
      "'\nTo access your new Vectorize Index in your Worker, add the following "
      "snippet to your configuration file:\n" +
      config_snippet(command.config(), "vectorize",
                     {{"binding", "VECTORIZE"}, {"index_name", string_at(made, "name")}}));
  return static_cast<int>(ExitCode::ok);
}

int list(const Flags& flags, const CommandContext& context) {
  VectorizeCommand command(context);
  say(flags, context, "📋 Listing Vectorize indexes...");
  const Account& account = command.account();
  const std::vector<ApiJson> indexes =
      account.client().list(account.path(VectorizeCommand::path("")));
  if (flags.json) {
    context.terminal.print(dumped(ApiJson(indexes)));
  } else if (indexes.empty()) {
    context.terminal.print_warning(kNoIndexes);
  } else {
    context.terminal.print(index_table(indexes));
  }
  return static_cast<int>(ExitCode::ok);
}

int get(const Flags& flags, const CommandContext& context) {
  const ApiJson index = VectorizeCommand(context).get(flags.name, "");
  context.terminal.print(flags.json ? dumped(index) : index_table({index}));
  return static_cast<int>(ExitCode::ok);
}

int info(const Flags& flags, const CommandContext& context) {
  VectorizeCommand command(context);
  say(flags, context, "📋 Fetching index info...");
  const ApiJson info = command.get(flags.name, "/info");
  const std::vector<std::string> columns{"dimensions", "vectorCount", "processedUpToMutation",
                                         "processedUpToDatetime"};
  std::vector<std::string> row;
  for (const std::string& column : columns) row.push_back(cell(info, column.c_str()));
  context.terminal.print(flags.json ? dumped(info) : boxed_table(columns, {row}));
  return static_cast<int>(ExitCode::ok);
}

int remove(const Flags& flags, const CommandContext& context) {
  VectorizeCommand command(context);
  context.terminal.print("Deleting Vectorize index " + flags.name);
  if (!flags.force && !confirm(context.terminal, "OK to delete the index '" + flags.name + "'?")) {
    context.terminal.print("Deletion cancelled.");
    return static_cast<int>(ExitCode::ok);
  }
  command.account().remove(VectorizeCommand::path(flags.name));
  context.terminal.print("✅ Deleted index " + flags.name);
  return static_cast<int>(ExitCode::ok);
}

/// Calls `take` with the file's lines, some at a time, until it returns false.
void each_batch(const std::filesystem::path& path, int size,
                const std::function<bool(const std::string& lines, size_t count)>& take) {
  std::ifstream file(path);
  if (!file || file.peek() == std::ifstream::traits_type::eof()) {
    throw Error("Cannot read invalid or empty file: " + path.string())
        .hint("It has one vector a line: {\"id\": \"1\", \"values\": [0.1, 0.2]}");
  }
  std::string lines;
  std::string line;
  size_t count = 0;
  while (std::getline(file, line)) {
    if (line.empty()) continue;
    lines += (count == 0 ? "" : "\n") + line;
    if (++count < static_cast<size_t>(size)) continue;
    if (!take(lines, count)) return;
    lines.clear();
    count = 0;
  }
  if (count > 0) take(lines, count);
}

int upload(const Flags& flags, const CommandContext& context, const char* below,
           const std::string& purpose) {
  VectorizeCommand command(context);
  size_t sent = 0;
  each_batch(context.options.directory / flags.file, flags.batch_size,
             [&](const std::string& lines, size_t count) {
               const std::string mutation = command.upload(flags.name, below, lines);
               sent += count;
               say(flags, context,
                   "✨ Enqueued " + std::to_string(count) + " vectors into index '" + flags.name +
                       "' for " + purpose +
                       ". Mutation changeset identifier: " + printable(mutation));
               if (sent < kMostVectors) return true;
               context.terminal.print_warning("At most " + std::to_string(kMostVectors) +
                                              " vectors go into one run; run this again with the "
                                              "rest of the file.");
               return false;
             });
  if (flags.json) {
    context.terminal.print(dumped({{"index", flags.name}, {"count", sent}}));
  } else {
    context.terminal.print("✅ Successfully enqueued " + std::to_string(sent) +
                           " vectors into index '" + flags.name + "' for " + purpose + ".");
  }
  return static_cast<int>(ExitCode::ok);
}

int insert(const Flags& flags, const CommandContext& context) {
  return upload(flags, context, "/insert", "insertion");
}

int upsert(const Flags& flags, const CommandContext& context) {
  return upload(flags, context, "/upsert", "insertion");
}

/// What of a result has to hold: an object of fields, and values or {"$eq": …}.
ApiJson parsed_filter(const std::string& text) {
  ApiJson filter = parse_bounded(text);
  if (!filter.is_object() || filter.empty()) {
    throw Error("--filter is no JSON object: " + text)
        .exit_with(ExitCode::usage)
        .hint(R"(For example: --filter '{"genre": {"$ne": "documentary"}, "year": 1999}')");
  }
  return filter;
}

int query(const Flags& flags, const CommandContext& context) {
  if (flags.vector.empty() == flags.vector_id.empty()) {
    throw Error("Either vector or vector-id parameter must be provided, but not both.")
        .exit_with(ExitCode::usage);
  }
  ApiJson body{{"topK", flags.top_k},
               {"returnValues", flags.return_values},
               {"returnMetadata", flags.return_metadata}};
  if (!flags.space.empty()) body["namespace"] = flags.space;
  if (!flags.filter.empty()) body["filter"] = parsed_filter(flags.filter);
  if (flags.vector_id.empty()) {
    body["vector"] = flags.vector;
  } else {
    body["vectorId"] = flags.vector_id;
  }
  VectorizeCommand command(context);
  context.terminal.print("📋 Searching for relevant vectors...");
  const ApiJson found = command.post(flags.name, "/query", body);
  if (integer_at(found, "count").value_or(0) == 0) {
    context.terminal.print_warning("Could not find any relevant vectors");
  } else {
    context.terminal.print(dumped(found));
  }
  return static_cast<int>(ExitCode::ok);
}

int get_vectors(const Flags& flags, const CommandContext& context) {
  VectorizeCommand command(context);
  context.terminal.print("📋 Fetching vectors...");
  const ApiJson found = command.post(flags.name, "/get_by_ids", {{"ids", flags.ids}});
  if (!found.is_array() || found.empty()) {
    context.terminal.print_warning("The index does not contain vectors matching the provided ids");
  } else {
    context.terminal.print(dumped(found));
  }
  return static_cast<int>(ExitCode::ok);
}

int delete_vectors(const Flags& flags, const CommandContext& context) {
  VectorizeCommand command(context);
  context.terminal.print("📋 Deleting vectors...");
  const ApiJson mutation = command.post(flags.name, "/delete_by_ids", {{"ids", flags.ids}});
  context.terminal.print("✅ Successfully enqueued " + std::to_string(flags.ids.size()) +
                         " vectors from index '" + flags.name +
                         "' for deletion. Mutation changeset identifier: " +
                         printable(string_at(mutation, "mutationId")) + ".");
  return static_cast<int>(ExitCode::ok);
}

int list_vectors(const Flags& flags, const CommandContext& context) {
  VectorizeCommand command(context);
  say(flags, context, "📋 Listing vectors in index '" + flags.name + "'...");
  Query query;
  if (flags.count) query.emplace_back("count", std::to_string(*flags.count));
  if (!flags.cursor.empty()) query.emplace_back("cursor", flags.cursor);
  const ApiJson found = command.get(flags.name, "/list", query);
  if (flags.json) {
    context.terminal.print(dumped(found));
    return static_cast<int>(ExitCode::ok);
  }
  std::vector<std::vector<std::string>> rows;
  for (const ApiJson& vector : array_at(found, "vectors")) {
    rows.push_back({std::to_string(rows.size() + 1), cell(vector, "id")});
  }
  if (rows.empty()) {
    context.terminal.print_warning("No vectors found in this index.");
    return static_cast<int>(ExitCode::ok);
  }
  context.terminal.print(boxed_table({"#", "Vector ID"}, rows));
  context.terminal.print("\nShowing " + cell(found, "count") + " of " + cell(found, "totalCount") +
                         " total vectors");
  if (const std::string next = string_at(found, "nextCursor"); !next.empty()) {
    context.terminal.print("\n💡 To get the next page, run:\n   cwrangler vectorize list-vectors " +
                           flags.name + " --cursor " + printable(next));
  }
  return static_cast<int>(ExitCode::ok);
}

int create_metadata_index(const Flags& flags, const CommandContext& context) {
  VectorizeCommand command(context);
  context.terminal.print("📋 Creating metadata index...");
  const ApiJson mutation =
      command.post(flags.name, "/metadata_index/create",
                   {{"propertyName", flags.property}, {"indexType", flags.type}});
  context.terminal.print(
      "✅ Successfully enqueued metadata index creation request. Mutation changeset identifier: " +
      printable(string_at(mutation, "mutationId")) + ".");
  return static_cast<int>(ExitCode::ok);
}

int list_metadata_indexes(const Flags& flags, const CommandContext& context) {
  VectorizeCommand command(context);
  say(flags, context, "📋 Fetching metadata indexes...");
  const ApiJson indexes =
      array_at(command.get(flags.name, "/metadata_index/list"), "metadataIndexes");
  if (flags.json) {
    context.terminal.print(dumped(indexes));
  } else if (indexes.empty()) {
    context.terminal.print_warning(kNoMetadataIndexes);
  } else {
    std::vector<std::vector<std::string>> rows;
    for (const ApiJson& index : indexes) {
      rows.push_back({cell(index, "propertyName"), cell(index, "indexType")});
    }
    context.terminal.print(boxed_table({"propertyName", "type"}, rows));
  }
  return static_cast<int>(ExitCode::ok);
}

int delete_metadata_index(const Flags& flags, const CommandContext& context) {
  VectorizeCommand command(context);
  context.terminal.print("📋 Deleting metadata index...");
  const ApiJson mutation =
      command.post(flags.name, "/metadata_index/delete", {{"propertyName", flags.property}});
  context.terminal.print(
      "✅ Successfully enqueued metadata index deletion request. Mutation changeset identifier: " +
      printable(string_at(mutation, "mutationId")) + ".");
  return static_cast<int>(ExitCode::ok);
}

using FlagsRef = std::shared_ptr<Flags>;
using Action = int (*)(const Flags&, const CommandContext&);

CLI::App* add(CLI::App& group, CommandContext& context, const FlagsRef& flags, const char* name,
              const char* help, Action action) {
  CLI::App* const command = add_action(group, context, flags, name, help, action);
  command->add_option("name", flags->name, "Name of the index")->required();
  return command;
}

void add_json(CLI::App& command, const FlagsRef& flags) {
  command.add_flag("--json", flags->json, "Print JSON");
}

void add_index_commands(CLI::App& group, CommandContext& context, const FlagsRef& flags) {
  CLI::App* command = add(group, context, flags, "create", "Create an index", create);
  command->add_option("--dimensions", flags->dimensions, "Numbers of each vector")
      ->check(CLI::PositiveNumber);
  command->add_option("--metric", flags->metric, "How far two vectors are from each other")
      ->check(CLI::IsMember({"euclidean", "cosine", "dot-product"}));
  command->add_option("--preset", flags->preset, "An embedding model that stands for both")
      ->check(CLI::IsMember({"@cf/baai/bge-small-en-v1.5", "@cf/baai/bge-base-en-v1.5",
                             "@cf/baai/bge-large-en-v1.5", "openai/text-embedding-ada-002",
                             "cohere/embed-multilingual-v2.0"}));
  command->add_option("--description", flags->description, "What it is for");
  add_json(*command, flags);
  add_json(*add_action(group, context, flags, "list", "List the account's indexes", list), flags);
  add_json(*add(group, context, flags, "get", "Show an index", get), flags);
  add_json(*add(group, context, flags, "info", "How much is in an index", info), flags);
  add(group, context, flags, "delete", "Delete an index", remove)
      ->add_flag("-y,--force", flags->force, "Do not ask");
  command = add(group, context, flags, "create-metadata-index",
                "Let queries filter by a property of the metadata", create_metadata_index);
  command->add_option("--property-name,--propertyName", flags->property, "The property")
      ->required();
  command->add_option("--type", flags->type, "string, number or boolean")
      ->required()
      ->check(CLI::IsMember({"string", "number", "boolean"}));
  add_json(*add(group, context, flags, "list-metadata-index", "List these properties",
                list_metadata_indexes),
           flags);
  add(group, context, flags, "delete-metadata-index", "Filter by a property no more",
      delete_metadata_index)
      ->add_option("--property-name,--propertyName", flags->property, "The property")
      ->required();
}

void add_vector_commands(CLI::App& group, CommandContext& context, const FlagsRef& flags) {
  for (const auto& [name, help, action] :
       {std::tuple{"insert", "Add vectors that are not there yet", &insert},
        std::tuple{"upsert", "Add vectors, in place of those of their ids", &upsert}}) {
    CLI::App* const command = add(group, context, flags, name, help, action);
    command->add_option("--file", flags->file, "File with one vector of JSON a line")->required();
    command->add_option("--batch-size", flags->batch_size, "Vectors of one request")
        ->check(CLI::Range(1, kMostInBatch));
    add_json(*command, flags);
  }
  CLI::App* command = add(group, context, flags, "query", "Find the nearest vectors", query);
  command->add_option("--vector", flags->vector, "The numbers to look for");
  command->add_option("--vector-id", flags->vector_id, "Or the vector of the index with this id");
  command->add_option("--top-k", flags->top_k, "How many")->check(CLI::PositiveNumber);
  command->add_flag("--return-values", flags->return_values, "With their numbers");
  command->add_option("--return-metadata", flags->return_metadata, "With their metadata")
      ->check(CLI::IsMember({"all", "indexed", "none"}));
  command->add_option("--namespace", flags->space, "Of this namespace only");
  command->add_option("--filter", flags->filter, "Whose metadata is so: a JSON object");
  for (const auto& [name, help, action] :
       {std::tuple{"get-vectors", "Show vectors", &get_vectors},
        std::tuple{"delete-vectors", "Delete vectors", &delete_vectors}}) {
    add(group, context, flags, name, help, action)
        ->add_option("--ids", flags->ids, "Their ids")
        ->required();
  }
  command = add(group, context, flags, "list-vectors", "List the ids of vectors", list_vectors);
  command->add_option("--count", flags->count, "How many, at most 1000")
      ->check(CLI::Range(1, 1000));
  command->add_option("--cursor", flags->cursor, "From where the page before has ended");
  add_json(*command, flags);
}

}  // namespace

void add_vectorize_command(CLI::App& program, CommandContext& context) {
  CLI::App* group = program.add_subcommand("vectorize", "Work with the account's vector indexes");
  group->require_subcommand(1);
  const auto flags = std::make_shared<Flags>();
  add_index_commands(*group, context, flags);
  add_vector_commands(*group, context, flags);
}

}  // namespace cwrangler::cli
