#include "cli/deploy/report.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <map>

#include "cli/api/json_access.h"
#include "cli/dev/binding_table.h"
#include "cli/terminal/columns.h"
#include "cli/terminal/table.h"

namespace cwrangler::cli {
namespace {

constexpr std::string_view kVendored = "python_modules/";

std::string kibibytes(size_t bytes) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.2f KiB", static_cast<double>(bytes) / 1024);
  return text.data();
}

/// Counts what deflate makes of the modules without keeping it.
class CompressedCounter {
 public:
  CompressedCounter() {
    constexpr int kGzip = 15 + 16;
    constexpr int kMemory = 8;
    if (deflateInit2(&stream_, Z_DEFAULT_COMPRESSION, Z_DEFLATED, kGzip, kMemory,
                     Z_DEFAULT_STRATEGY) != Z_OK) {
      throw Error("no memory").while_doing("measuring the upload");
    }
  }
  CompressedCounter(const CompressedCounter&) = delete;
  CompressedCounter& operator=(const CompressedCounter&) = delete;
  ~CompressedCounter() { deflateEnd(&stream_); }

  void add(const std::string& content) {
    // zlib takes lengths of 32 bits; modules are far below.
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(content.data()));
    stream_.avail_in = static_cast<uInt>(content.size());
    run(Z_NO_FLUSH);
  }

  size_t finish() {
    run(Z_FINISH);
    return count_;
  }

 private:
  void run(int flush) {
    do {
      stream_.next_out = buffer_.data();
      stream_.avail_out = static_cast<uInt>(buffer_.size());
      deflate(&stream_, flush);
      count_ += buffer_.size() - stream_.avail_out;
    } while (stream_.avail_out == 0);
  }

  z_stream stream_{};
  std::array<Bytef, 1 << 16> buffer_{};
  size_t count_ = 0;
};

/// Types whose parentheses hold a property of theirs.
const std::map<std::string, std::string>& detail_properties() {
  static const std::map<std::string, std::string> kProperties{
      {"kv_namespace", "namespace_id"},
      {"durable_object_namespace", "class_name"},
      {"workflow", "class_name"},
      {"queue", "queue_name"},
      {"r2_bucket", "bucket_name"},
      {"vectorize", "index_name"},
      {"hyperdrive", "id"},
      {"analytics_engine", "dataset"},
      {"secrets_store_secret", "secret_name"},
      {"dispatch_namespace", "namespace"},
      {"mtls_certificate", "certificate_id"},
  };
  return kProperties;
}

const ConfiguredBinding* configured(const Config& config, const std::string& name) {
  const auto found =
      std::find_if(config.bindings.begin(), config.bindings.end(),
                   [&name](const ConfiguredBinding& each) { return each.binding.name == name; });
  return found != config.bindings.end() ? &*found : nullptr;
}

std::string detail_of(const ApiJson& binding, const ConfiguredBinding* known) {
  const std::string type = string_at(binding, "type");
  if (type == "inherit") return "inherited";
  if (type == "d1") {
    const std::string name = known ? string_at(ApiJson(known->settings), "database_name") : "";
    return name.empty() ? string_at(binding, "id") : name;
  }
  if (type == "service") {
    const std::string entrypoint = string_at(binding, "entrypoint");
    return string_at(binding, "service") + (entrypoint.empty() ? "" : "#" + entrypoint);
  }
  if (type == "ratelimit") {
    const ApiJson simple = object_at(binding, "simple");
    return std::to_string(integer_at(simple, "limit").value_or(0)) + " requests/" +
           std::to_string(integer_at(simple, "period").value_or(0)) + "s";
  }
  if (type == "send_email") {
    const std::string to = string_at(binding, "destination_address");
    return to.empty() ? "unrestricted" : to;
  }
  const auto property = detail_properties().find(type);
  return property != detail_properties().end() ? string_at(binding, property->second) : "";
}

/// Variables and secrets are shown behind the resources.
bool is_value(const ApiJson& binding) {
  const std::string type = string_at(binding, "type");
  return type == "plain_text" || type == "json" || type == "secret_text";
}

BindingRow row_of(const ApiJson& binding, const Config& config,
                  const std::vector<NamedText>& hidden) {
  const std::string name = string_at(binding, "name");
  if (is_value(binding)) {
    const bool is_secret = string_at(binding, "type") == "secret_text";
    const bool is_hidden =
        is_secret || std::any_of(hidden.begin(), hidden.end(),
                                 [&name](const NamedText& entry) { return entry.first == name; });
    const char* key = string_at(binding, "type") == "json" ? "json" : "text";
    const std::string value =
        value_at(binding, key).dump(-1, ' ', false, ApiJson::error_handler_t::replace);
    return {name, is_hidden ? "\"(hidden)\"" : shown_value(value),
            is_secret ? "Secret" : "Environment Variable", ""};
  }
  const ConfiguredBinding* known = configured(config, name);
  return {name, detail_of(binding, known),
          known != nullptr ? known->label : string_at(binding, "type"), ""};
}

}  // namespace

std::string module_table(const std::vector<UploadModule>& modules) {
  if (modules.size() < 2) return {};
  std::vector<std::vector<std::string>> rows;
  size_t vendored = 0;
  size_t total = 0;
  for (auto module = modules.begin() + 1; module != modules.end(); ++module) {
    total += module->content.size();
    if (module->name.starts_with(kVendored)) {
      vendored += module->content.size();
    } else {
      rows.push_back({module->name, module->type, kibibytes(module->content.size())});
    }
  }
  if (vendored > 0) rows.push_back({"Vendored Modules", "", kibibytes(vendored)});
  const size_t count = modules.size() - 1;
  rows.push_back({"Total (" + std::to_string(count) + (count == 1 ? " module)" : " modules)"), "",
                  kibibytes(total)});
  return boxed_table({"Name", "Type", "Size"}, rows);
}

UploadSize upload_size(const std::vector<UploadModule>& modules) {
  UploadSize size;
  CompressedCounter counter;
  for (const UploadModule& module : modules) {
    size.bytes += module.content.size();
    counter.add(module.content);
  }
  size.compressed = counter.finish();
  return size;
}

std::string size_line(const UploadSize& size) {
  return "Total Upload: " + kibibytes(size.bytes) + " / gzip: " + kibibytes(size.compressed);
}

std::vector<std::string> largest_modules(const std::vector<UploadModule>& modules, size_t count) {
  std::vector<const UploadModule*> sorted;
  for (const UploadModule& module : modules) sorted.push_back(&module);
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const UploadModule* left, const UploadModule* right) {
                     return left->content.size() > right->content.size();
                   });
  std::vector<std::string> lines;
  for (size_t i = 0; i < std::min(count, sorted.size()); ++i) {
    lines.push_back("- " + sorted[i]->name + " - " + kibibytes(sorted[i]->content.size()));
  }
  return lines;
}

std::vector<std::string> deployed_bindings(const std::vector<ApiJson>& bindings,
                                           const Config& config,
                                           const std::vector<NamedText>& hidden) {
  std::vector<BindingRow> rows;
  for (const bool values : {false, true}) {
    for (const ApiJson& binding : bindings) {
      if (is_value(binding) == values) rows.push_back(row_of(binding, config, hidden));
    }
  }
  return binding_table(rows, terminal_columns());
}

}  // namespace cwrangler::cli
