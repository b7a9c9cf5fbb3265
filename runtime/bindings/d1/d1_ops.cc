// D1 databases for JavaScript:
//
//   d1Open(stateFolder, id) → handle
//   d1Run(handle, [[sql, [parameter, …]], …]) → {results: [{columns, rows, meta}, …], bookmark},
//       or a promise of it when it takes a while; parameters are null, number, string, Uint8Array
//       or an array of bytes
//   d1Dump(handle) → Promise<Uint8Array>

#include <array>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "runtime/bindings/arguments.h"
#include "runtime/bindings/op_tables.h"
#include "runtime/bindings/stores.h"
#include "runtime/web/delivery.h"

namespace cwrangler::bindings {
namespace {

using engine::Call;
using engine::Isolate;
using engine::PendingPromise;
using engine::ScriptScope;
using storage::Blob;
using storage::D1Query;
using storage::D1Result;
using storage::SqlValue;
using web::Delivery;

/// State of an isolate: what it has opened, by handle.
struct Databases {
  std::vector<std::shared_ptr<OpenDatabase>> open;
};

const std::shared_ptr<OpenDatabase>& database_of(Call call) {
  const auto& open = Isolate::from(call).state<Databases>().open;
  return open.at(static_cast<size_t>(integer_argument(call, 0)));
}

Blob bytes_of_array(v8::Local<v8::Context> context, v8::Local<v8::Array> array) {
  Blob bytes(array->Length());
  for (uint32_t i = 0; i < array->Length(); ++i) {
    v8::Local<v8::Value> item;
    uint32_t byte = 0;
    if (array->Get(context, i).ToLocal(&item) && item->Uint32Value(context).To(&byte)) {
      bytes[i] = static_cast<uint8_t>(byte);
    }
  }
  return bytes;
}

SqlValue parameter(v8::Local<v8::Context> context, v8::Local<v8::Value> value) {
  if (value->IsNull()) return std::monostate();
  // As in production, where every number of JavaScript arrives as a REAL; the column's affinity
  // makes it an INTEGER.
  if (value->IsNumber()) return value.As<v8::Number>()->Value();
  if (value->IsString()) return engine::to_utf8(context->GetIsolate(), value);
  if (value->IsArray()) return bytes_of_array(context, value.As<v8::Array>());
  const auto bytes = engine::bytes_of(value);
  return Blob(bytes.begin(), bytes.end());
}

v8::Local<v8::Array> array_argument(v8::Local<v8::Value> value) {
  if (!value->IsArray()) throw engine::TypeErrorException("an array is expected");
  return value.As<v8::Array>();
}

std::vector<D1Query> queries_argument(Call call) {
  const v8::Local<v8::Context> context = call.GetIsolate()->GetCurrentContext();
  const v8::Local<v8::Array> list = array_argument(call[1]);
  std::vector<D1Query> queries(list->Length());
  for (uint32_t i = 0; i < list->Length(); ++i) {
    const auto pair = array_argument(list->Get(context, i).ToLocalChecked());
    queries[i].sql = engine::to_utf8(call.GetIsolate(), pair->Get(context, 0).ToLocalChecked());
    const auto parameters = array_argument(pair->Get(context, 1).ToLocalChecked());
    for (uint32_t j = 0; j < parameters->Length(); ++j) {
      queries[i].parameters.push_back(
          parameter(context, parameters->Get(context, j).ToLocalChecked()));
    }
  }
  return queries;
}

/// An SQL value as D1 gives it: a blob is an array of numbers.
struct ToJavaScript {
  v8::Isolate* isolate;
  v8::Local<v8::Value> operator()(std::monostate) const { return v8::Null(isolate); }
  v8::Local<v8::Value> operator()(int64_t number) const {
    return v8::Number::New(isolate, static_cast<double>(number));
  }
  v8::Local<v8::Value> operator()(double number) const { return v8::Number::New(isolate, number); }
  v8::Local<v8::Value> operator()(const std::string& text) const {
    return engine::to_string(isolate, text);
  }
  v8::Local<v8::Value> operator()(const Blob& bytes) const {
    std::vector<v8::Local<v8::Value>> numbers;
    numbers.reserve(bytes.size());
    for (const uint8_t byte : bytes) numbers.push_back(v8::Integer::New(isolate, byte));
    return v8::Array::New(isolate, numbers.data(), numbers.size());
  }
};

class ResultWriter {
 public:
  explicit ResultWriter(v8::Local<v8::Context> context)
      : isolate_(context->GetIsolate()), context_(context) {}

  v8::Local<v8::Object> write(const std::vector<D1Result>& results, const std::string& bookmark) {
    std::vector<v8::Local<v8::Value>> list;
    for (const D1Result& result : results) list.push_back(write_result(result));
    const auto object = v8::Object::New(isolate_);
    set(object, "results", v8::Array::New(isolate_, list.data(), list.size()));
    set(object, "bookmark", engine::to_string(isolate_, bookmark));
    return object;
  }

 private:
  void set(v8::Local<v8::Object> object, const char* name, v8::Local<v8::Value> value) {
    engine::set(context_, object, name, value);
  }

  v8::Local<v8::Value> write_result(const D1Result& result) {
    v8::EscapableHandleScope scope(isolate_);
    std::vector<v8::Local<v8::Value>> columns;
    for (const std::string& name : result.columns) {
      columns.push_back(engine::to_name(isolate_, name));
    }
    std::vector<v8::Local<v8::Value>> rows;
    rows.reserve(result.row_count());
    std::vector<v8::Local<v8::Value>> row(columns.size());
    for (size_t i = 0; i < result.row_count(); ++i) {
      v8::EscapableHandleScope row_scope(isolate_);
      for (size_t j = 0; j < row.size(); ++j) {
        row[j] = std::visit(ToJavaScript{isolate_}, result.cells[i * row.size() + j]);
      }
      rows.push_back(row_scope.Escape(v8::Array::New(isolate_, row.data(), row.size())));
    }
    const auto object = v8::Object::New(isolate_);
    set(object, "columns", v8::Array::New(isolate_, columns.data(), columns.size()));
    set(object, "rows", v8::Array::New(isolate_, rows.data(), rows.size()));
    set(object, "meta", write_meta(result.meta));
    return scope.Escape(object);
  }

  v8::Local<v8::Object> write_meta(const storage::D1Meta& meta) {
    const auto object = v8::Object::New(isolate_);
    const auto number = [&](const char* name, double value) {
      set(object, name, v8::Number::New(isolate_, value));
    };
    set(object, "served_by", engine::to_name(isolate_, "cwrangler.db"));
    number("duration", meta.duration_ms);
    number("changes", static_cast<double>(meta.changes));
    number("last_row_id", static_cast<double>(meta.last_row_id));
    set(object, "changed_db", v8::Boolean::New(isolate_, meta.changed_db));
    number("size_after", static_cast<double>(meta.size_after));
    number("rows_read", static_cast<double>(meta.rows_read));
    number("rows_written", static_cast<double>(meta.rows_written));
    return object;
  }

  v8::Isolate* isolate_;
  v8::Local<v8::Context> context_;
};

void d1_open(Call call) {
  auto& open = Isolate::from(call).state<Databases>().open;
  open.push_back(open_database(text_argument(call, 0), text_argument(call, 1)));
  call.GetReturnValue().Set(static_cast<uint32_t>(open.size() - 1));
}

void d1_run(Call call) {
  const std::shared_ptr<OpenDatabase>& database = database_of(call);
  auto queries = queries_argument(call);
  std::optional<std::vector<D1Result>> now;
  std::string bookmark;
  const bool is_run = database->try_now([&](storage::D1Database& store) {
    now = store.run_quickly(queries);
    if (now) bookmark = store.bookmark();
    return now.has_value();
  });
  if (is_run) {
    ResultWriter writer(call.GetIsolate()->GetCurrentContext());
    return call.GetReturnValue().Set(writer.write(*now, bookmark));
  }
  const Delivery::Reply reply = Isolate::from(call).state<Delivery>().promise(call);
  database->post(
      [reply, queries = std::move(queries)](storage::D1Database& store) {
        auto results = std::make_shared<const std::vector<D1Result>>(store.run(queries));
        reply.send(
            [results, bookmark = store.bookmark()](ScriptScope& scope, PendingPromise& promise) {
              promise.resolve(ResultWriter(scope.context()).write(*results, bookmark));
            });
      },
      [reply](const std::string& problem) { reply.fail(problem); });
}

void d1_dump(Call call) {
  const Delivery::Reply reply = Isolate::from(call).state<Delivery>().promise(call);
  database_of(call)->post(
      [reply](storage::D1Database& store) {
        auto bytes = std::make_shared<Blob>(store.dump());
        reply.send([bytes](ScriptScope& scope, PendingPromise& promise) {
          promise.resolve(engine::move_to_uint8array(scope.v8(), std::move(*bytes)));
        });
      },
      [reply](const std::string& problem) { reply.fail(problem); });
}

constexpr std::array<engine::Op, 3> kOps{{
    {"d1Open", engine::op<d1_open>},
    {"d1Run", engine::op<d1_run>},
    {"d1Dump", engine::op<d1_dump>},
}};

}  // namespace

std::span<const engine::Op> d1_ops() {
  return kOps;
}

void install_d1(Isolate& isolate) {
  isolate.set_state<Databases>();
}

}  // namespace cwrangler::bindings
