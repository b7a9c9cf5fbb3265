// `cwrangler queues …`: the account's queues, and who consumes them.

#include <CLI/CLI.hpp>
#include <memory>
#include <optional>

#include "cli/api/json_access.h"
#include "cli/command/action.h"
#include "cli/command/api_session.h"
#include "cli/local/config_snippet.h"
#include "cli/local/resource_location.h"
#include "cli/terminal/prompt.h"
#include "cli/terminal/table.h"

namespace cwrangler::cli {
namespace {

struct Flags {
  std::string name;
  std::string worker;
  std::string dead_letter_queue;
  std::optional<int> page;
  std::optional<int> batch_size;
  std::optional<int> batch_timeout;
  std::optional<int> retries;
  std::optional<int> concurrency;
  std::optional<int> retry_delay;
  std::optional<int> delivery_delay;
  std::optional<int> retention;
  bool force = false;
  bool json = false;
};

class QueueCommand {
 public:
  explicit QueueCommand(const CommandContext& context)
      : config_(load_config_or_none(
            {context.options.directory, context.options.config_file, context.options.environment})),
        session_(context, &config_) {}

  const Config& config() const { return config_; }
  const Account& account() { return session_.account(); }

  /// The queue of that name. Throws Error when there is none.
  ApiJson find(const std::string& name) {
    const ApiJson found = account().get("/queues", {{"page", "1"}, {"name", name}});
    if (found.is_array()) {
      for (const ApiJson& queue : found) {
        if (string_at(queue, "queue_name") == name) return queue;
      }
    }
    throw Error("Queue \"" + name + "\" does not exist.")
        .hint("To create it, run: cwrangler queues create " + name);
  }

  static std::string path_of(const ApiJson& queue, const std::string& below = "") {
    return "/queues/" + percent_encoded(string_at(queue, "queue_id")) + below;
  }

 private:
  const Config config_;
  ApiSession session_;
};

ApiJson settings_of(const Flags& flags) {
  ApiJson settings = ApiJson::object();
  if (flags.delivery_delay) settings["delivery_delay"] = *flags.delivery_delay;
  if (flags.retention) settings["message_retention_period"] = *flags.retention;
  return settings;
}

int create(const Flags& flags, const CommandContext& context) {
  QueueCommand command(context);
  Terminal& terminal = context.terminal;
  terminal.print("🌀 Creating queue '" + flags.name + "'");
  ApiJson body{{"queue_name", flags.name}};
  if (ApiJson settings = settings_of(flags); !settings.empty()) body["settings"] = settings;
  command.account().post("/queues", body);
  terminal.print("✅ Created queue '" + flags.name +
                 "'\n\nTo send messages to it, add it to queues.producers of the configuration "
                 "with a binding, and to queues.consumers of the Worker that gets them:\n");
  terminal.print("  {\"producers\": [{\"queue\": \"" + flags.name + "\", \"binding\": \"" +
                 binding_name(flags.name) + "\"}],\n   \"consumers\": [{\"queue\": \"" +
                 flags.name + "\"}]}");
  return static_cast<int>(ExitCode::ok);
}

std::string count_at(const ApiJson& queue, const char* key) {
  return std::to_string(integer_at(queue, key).value_or(0));
}

int list(const Flags& flags, const CommandContext& context) {
  QueueCommand command(context);
  const ApiJson queues =
      command.account().get("/queues", {{"page", std::to_string(flags.page.value_or(1))}});
  if (flags.json) {
    context.terminal.print(queues.dump(2, ' ', false, ApiJson::error_handler_t::replace));
    return static_cast<int>(ExitCode::ok);
  }
  std::vector<std::vector<std::string>> rows;
  for (const ApiJson& queue : queues) {
    rows.push_back({string_at(queue, "queue_id"), string_at(queue, "queue_name"),
                    string_at(queue, "created_on"), string_at(queue, "modified_on"),
                    count_at(queue, "producers_total_count"),
                    count_at(queue, "consumers_total_count")});
  }
  context.terminal.print(
      boxed_table({"id", "name", "created_on", "modified_on", "producers", "consumers"}, rows));
  return static_cast<int>(ExitCode::ok);
}

int info(const Flags& flags, const CommandContext& context) {
  QueueCommand command(context);
  const ApiJson queue = command.find(flags.name);
  if (flags.json) {
    context.terminal.print(queue.dump(2, ' ', false, ApiJson::error_handler_t::replace));
    return static_cast<int>(ExitCode::ok);
  }
  std::string text = "Queue Name: " + string_at(queue, "queue_name") +
                     "\nQueue ID: " + string_at(queue, "queue_id") +
                     "\nCreated On: " + string_at(queue, "created_on") +
                     "\nLast Modified: " + string_at(queue, "modified_on") +
                     "\nNumber of Producers: " + count_at(queue, "producers_total_count");
  for (const ApiJson& producer : array_at(queue, "producers")) {
    text += "\n  " + string_at(producer, "type") + ":" + string_at(producer, "script");
  }
  text += "\nNumber of Consumers: " + count_at(queue, "consumers_total_count");
  for (const ApiJson& consumer : array_at(queue, "consumers")) {
    text += "\n  " + string_at(consumer, "type") + ":" + string_at(consumer, "script");
  }
  context.terminal.print(printable(text));
  return static_cast<int>(ExitCode::ok);
}

int update(const Flags& flags, const CommandContext& context) {
  QueueCommand command(context);
  const ApiJson queue = command.find(flags.name);
  command.account().patch(QueueCommand::path_of(queue),
                          {{"queue_name", flags.name}, {"settings", settings_of(flags)}});
  context.terminal.print("Updated queue " + flags.name + ".");
  return static_cast<int>(ExitCode::ok);
}

int remove(const Flags& flags, const CommandContext& context) {
  QueueCommand command(context);
  const ApiJson queue = command.find(flags.name);
  if (!flags.force &&
      !confirm(context.terminal, "Delete the queue " + flags.name + " and the messages in it?")) {
    return static_cast<int>(ExitCode::ok);
  }
  command.account().remove(QueueCommand::path_of(queue));
  context.terminal.print("Deleted queue " + flags.name + ".");
  return static_cast<int>(ExitCode::ok);
}

int purge(const Flags& flags, const CommandContext& context) {
  QueueCommand command(context);
  const ApiJson queue = command.find(flags.name);
  if (!flags.force && !can_ask()) {
    throw Error("Purging a queue deletes all its messages, and there is nobody to ask")
        .hint("--force purges it all the same.");
  }
  if (!flags.force && !confirm(context.terminal, "Delete all messages of " + flags.name + "?")) {
    return static_cast<int>(ExitCode::ok);
  }
  command.account().post(QueueCommand::path_of(queue, "/purge"),
                         {{"delete_messages_permanently", true}});
  context.terminal.print("Purged queue '" + flags.name + "'");
  return static_cast<int>(ExitCode::ok);
}

int set_paused(const Flags& flags, const CommandContext& context, bool paused) {
  QueueCommand command(context);
  const ApiJson queue = command.find(flags.name);
  command.account().patch(QueueCommand::path_of(queue),
                          {{"settings", {{"delivery_paused", paused}}}});
  context.terminal.print((paused ? "Paused" : "Resumed") + std::string(" message delivery for ") +
                         "queue " + flags.name + ".");
  return static_cast<int>(ExitCode::ok);
}

int pause(const Flags& flags, const CommandContext& context) {
  return set_paused(flags, context, true);
}

int resume(const Flags& flags, const CommandContext& context) {
  return set_paused(flags, context, false);
}

int add_consumer(const Flags& flags, const CommandContext& context) {
  QueueCommand command(context);
  context.terminal.print("Adding consumer to queue " + flags.name + ".");
  const ApiJson queue = command.find(flags.name);
  ApiJson body{{"type", "worker"}, {"script_name", flags.worker}};
  if (!flags.dead_letter_queue.empty()) body["dead_letter_queue"] = flags.dead_letter_queue;
  ApiJson settings = ApiJson::object();
  const auto add = [&settings](const char* key, const std::optional<int>& value, int factor = 1) {
    if (value) settings[key] = *value * factor;
  };
  constexpr int kMilliseconds = 1000;
  add("batch_size", flags.batch_size);
  add("max_retries", flags.retries);
  add("max_wait_time_ms", flags.batch_timeout, kMilliseconds);
  add("max_concurrency", flags.concurrency);
  add("retry_delay", flags.retry_delay);
  body["settings"] = settings;
  command.account().post(QueueCommand::path_of(queue, "/consumers"), body);
  context.terminal.print("Added consumer to queue " + flags.name + ".");
  return static_cast<int>(ExitCode::ok);
}

int remove_consumer(const Flags& flags, const CommandContext& context) {
  QueueCommand command(context);
  context.terminal.print("Removing consumer from queue " + flags.name + ".");
  const ApiJson queue = command.find(flags.name);
  for (const ApiJson& consumer : array_at(queue, "consumers")) {
    for (const char* key : {"script", "service", "script_name"}) {
      if (string_at(consumer, key) != flags.worker) continue;
      command.account().remove(QueueCommand::path_of(
          queue, "/consumers/" + percent_encoded(string_at(consumer, "consumer_id"))));
      context.terminal.print("Removed consumer from queue " + flags.name + ".");
      return static_cast<int>(ExitCode::ok);
    }
  }
  throw Error("No worker consumer '" + flags.worker + "' exists for queue " + flags.name)
      .hint("`cwrangler queues info " + flags.name + "` lists them.");
}

using Action = int (*)(const Flags&, const CommandContext&);

CLI::App* add_named(CLI::App& group, CommandContext& context, const std::shared_ptr<Flags>& flags,
                    const std::string& name, const std::string& help, Action action) {
  CLI::App* command = add_action(group, context, flags, name, help, action);
  command->add_option("name", flags->name, "Name of the queue")->required();
  return command;
}

void add_settings(CLI::App& command, const std::shared_ptr<Flags>& flags) {
  command.add_option("--delivery-delay-secs", flags->delivery_delay,
                     "Seconds before a message is delivered");
  command.add_option("--message-retention-period-secs", flags->retention,
                     "Seconds for which messages are kept");
}

void add_consumer_commands(CLI::App& queues, CommandContext& context,
                           const std::shared_ptr<Flags>& flags) {
  CLI::App* group = queues.add_subcommand("consumer", "Workers that get a queue's messages");
  group->require_subcommand(1);
  CLI::App* command = add_named(*group, context, flags, "add", "Add one", add_consumer);
  command->add_option("worker", flags->worker, "Name of the Worker")->required();
  command->add_option("--batch-size", flags->batch_size, "Most messages of a batch");
  command->add_option("--batch-timeout", flags->batch_timeout, "Seconds to wait for a full batch");
  command->add_option("--message-retries", flags->retries, "How often a message is tried again");
  command->add_option("--dead-letter-queue", flags->dead_letter_queue,
                      "Queue of those that fail too often");
  command->add_option("--max-concurrency", flags->concurrency, "Most calls at the same time");
  command->add_option("--retry-delay-secs", flags->retry_delay, "Seconds before it is tried again");
  command = add_named(*group, context, flags, "remove", "Remove one", remove_consumer);
  command->add_option("worker", flags->worker, "Name of the Worker")->required();
}

}  // namespace

void add_queues_command(CLI::App& program, CommandContext& context) {
  auto flags = std::make_shared<Flags>();
  CLI::App* queues = program.add_subcommand("queues", "Work with the account's queues");
  queues->require_subcommand(1);
  add_settings(*add_named(*queues, context, flags, "create", "Create one", create), flags);
  CLI::App* command = add_action(*queues, context, flags, "list", "List them", list);
  command->add_option("--page", flags->page, "Which page of the list");
  command->add_flag("--json", flags->json, "As the API has them");
  add_named(*queues, context, flags, "info", "Show one, with its producers and consumers", info)
      ->add_flag("--json", flags->json, "As the API has it");
  add_settings(*add_named(*queues, context, flags, "update", "Change its settings", update), flags);
  add_named(*queues, context, flags, "delete", "Delete one", remove)
      ->add_flag("-y,--skip-confirmation,--force", flags->force, "Do not ask");
  add_named(*queues, context, flags, "purge", "Delete all its messages", purge)
      ->add_flag("--force", flags->force, "Do not ask");
  add_named(*queues, context, flags, "pause-delivery", "Deliver no messages for now", pause);
  add_named(*queues, context, flags, "resume-delivery", "Deliver messages again", resume);
  add_consumer_commands(*queues, context, flags);
}

}  // namespace cwrangler::cli
