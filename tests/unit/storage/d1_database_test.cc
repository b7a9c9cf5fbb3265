#include "storage/d1_database.h"

#include <doctest/doctest.h>

#include <thread>

#include "tests/unit/cli/temporary_folder.h"

using namespace cwrangler;
using namespace cwrangler::storage;
using cwrangler::test::TemporaryFolder;

namespace {

struct Fixture {
  std::atomic<bool> done_{false};
  TemporaryFolder folder;
  D1Database database{folder.path() / "d1" / "test.sqlite"};

  D1Result run(const std::string& sql, std::vector<SqlValue> parameters = {}) {
    return database.run({{sql, std::move(parameters)}}).front();
  }
  std::string failure(const std::string& sql, std::vector<SqlValue> parameters = {}) {
    try {
      run(sql, std::move(parameters));
    } catch (const Error& error) {
      return error.problem();
    }
    return "";
  }
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "D1: rows, columns and meta of a query") {
  run("CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT, price REAL, raw BLOB)");
  const D1Result inserted = run("INSERT INTO t (name, price, raw) VALUES (?, ?, ?)",
                                {std::string("tea"), 2.5, Blob{1, 2}});
  CHECK(inserted.meta.changes == 1);
  CHECK(inserted.meta.last_row_id == 1);
  CHECK(inserted.meta.changed_db);
  CHECK(inserted.meta.rows_written == 1);
  CHECK(inserted.meta.size_after > 0);

  const D1Result selected = run("SELECT * FROM t");
  CHECK(selected.columns == std::vector<std::string>{"id", "name", "price", "raw"});
  CHECK(selected.cells == std::vector<SqlValue>{int64_t{1}, std::string("tea"), 2.5, Blob{1, 2}});
  CHECK(selected.meta.rows_read == 1);
  CHECK(selected.meta.changes == 0);
  CHECK_FALSE(selected.meta.changed_db);
}

TEST_CASE_FIXTURE(Fixture, "D1: what is quick gives the same; the rest is left alone") {
  run("CREATE TABLE t (id INTEGER PRIMARY KEY, a INT)");
  for (int i = 0; i < 2000; ++i) run("INSERT INTO t (a) VALUES (?)", {double(i)});
  const std::vector<D1Query> point{{"SELECT a FROM t WHERE id = ?", {7.0}}};
  CHECK_FALSE(database.run_quickly(point));  // has not run before
  const D1Result before = database.run(point).front();
  const auto quick = database.run_quickly(point);
  REQUIRE(quick);
  CHECK(quick->front().cells == before.cells);
  CHECK(quick->front().columns == before.columns);
  CHECK(quick->front().meta.rows_read == 1);

  for (const char* sql :
       {"SELECT sum(a) FROM t", "SELECT COUNT (*) FROM t", "INSERT INTO t (a) VALUES (1)",
        "PRAGMA integrity_check", "SELECT 1; SELECT 2"}) {
    run(sql);
    CHECK_MESSAGE(!database.run_quickly({{sql, {}}}), sql);
  }
  CHECK(run("SELECT count(*) FROM t").cells == std::vector<SqlValue>{int64_t{2001}});
  CHECK_FALSE(database.run_quickly({point.front(), point.front()}));
  CHECK_THROWS(database.run_quickly({{point.front().sql, {}}}));  // run() says what is missing

  // Neither does it leave its haste behind.
  CHECK(run("SELECT sum(a) FROM t").cells == std::vector<SqlValue>{int64_t{1999001}});
}

TEST_CASE_FIXTURE(Fixture, "D1: nothing quick waits for another connection") {
  run("CREATE TABLE t (id INTEGER PRIMARY KEY)");
  run("SELECT id FROM t");
  Connection other(folder.path() / "d1" / "test.sqlite");
  other.execute("BEGIN EXCLUSIVE");
  // In the write-ahead log readers go on; what they see is what was committed.
  CHECK(database.run_quickly({{"SELECT id FROM t", {}}}));
  other.execute("COMMIT");
}

TEST_CASE_FIXTURE(Fixture, "D1: rows read and written") {
  run("CREATE TABLE t (id INTEGER PRIMARY KEY, a INT, b INT)");
  run("CREATE INDEX t_a ON t (a)");
  std::vector<D1Query> inserts(50, {"INSERT INTO t (a, b) VALUES (?, ?)", {1.0, 2.0}});
  for (const D1Result& result : database.run(inserts)) CHECK(result.meta.rows_written == 2);
  CHECK(run("SELECT * FROM t").meta.rows_read == 50);
  CHECK(run("SELECT * FROM t WHERE b = 7").meta.rows_read == 50);
  CHECK(run("SELECT * FROM t WHERE id = 7").meta.rows_read == 1);
  CHECK(run("SELECT b FROM t WHERE a = 1").meta.rows_read == 50);
  CHECK(run("SELECT b FROM t WHERE a = 1 LIMIT 5").meta.rows_read == 5);
  CHECK(run("SELECT 1").meta.rows_read == 0);
  CHECK(run("UPDATE t SET b = 3 WHERE id = 1").meta.rows_written == 1);
  CHECK(run("UPDATE t SET a = 3, b = 4 WHERE id = 1").meta.rows_written == 2);
  CHECK(run("DELETE FROM t WHERE id < 11").meta.rows_written == 10);
}

TEST_CASE_FIXTURE(Fixture, "D1: a batch is all or nothing") {
  run("CREATE TABLE t (id INTEGER PRIMARY KEY)");
  CHECK_THROWS_AS(
      database.run({{"INSERT INTO t VALUES (1)", {}}, {"INSERT INTO t VALUES (1)", {}}}), Error);
  CHECK(run("SELECT * FROM t").row_count() == 0);
  // Later queries see what earlier ones made.
  const auto results = database.run({{"CREATE TABLE u (x)", {}},
                                     {"INSERT INTO u VALUES (?)", {std::string("a")}},
                                     {"SELECT * FROM u", {}}});
  CHECK(results.back().row_count() == 1);
}

TEST_CASE_FIXTURE(Fixture, "D1: several statements in one text give the last one's rows") {
  const D1Result result =
      run("CREATE TABLE t (x); INSERT INTO t VALUES (5); SELECT x FROM t; -- ok");
  CHECK(result.cells == std::vector<SqlValue>{int64_t{5}});
}

TEST_CASE_FIXTURE(Fixture, "D1: error texts") {
  CHECK(failure("SELECT * FROM nosuch") == "no such table: nosuch: SQLITE_ERROR");
  CHECK(failure("SELCT 1") == "near \"SELCT\": syntax error at offset 0: SQLITE_ERROR");
  run("CREATE TABLE t (id INTEGER PRIMARY KEY, u UNIQUE, n NOT NULL)");
  run("INSERT INTO t VALUES (1, 1, 1)");
  CHECK(failure("INSERT INTO t VALUES (2, 1, 1)") ==
        "UNIQUE constraint failed: t.u: SQLITE_CONSTRAINT (extended: SQLITE_CONSTRAINT_UNIQUE)");
  CHECK(failure("BEGIN").starts_with("To execute a transaction, please use"));
  CHECK(failure("") == "No SQL statements detected.");
  CHECK(failure("-- nothing") == "No SQL statements detected.");
  CHECK(failure("SELECT ?", {}) == "Wrong number of parameter bindings for SQL query.");
}

TEST_CASE_FIXTURE(Fixture, "D1: what it does not allow") {
  for (const char* sql :
       {"BEGIN TRANSACTION", "COMMIT", "SAVEPOINT s", "ATTACH ':memory:' AS other",
        "PRAGMA journal_mode = DELETE", "PRAGMA writable_schema = 1", "SELECT load_extension('x')",
        "CREATE TABLE _cf_mine (x)", "VACUUM INTO '/tmp/other'"}) {
    INFO(sql);
    CHECK_FALSE(failure(sql).empty());
  }
  CHECK(failure("SELECT * FROM pragma_table_info('t')").empty());
  CHECK(failure("PRAGMA table_list").empty());
}

TEST_CASE_FIXTURE(Fixture, "D1: limits") {
  CHECK(failure("SELECT '" + std::string(100'000, 'x') + "'") ==
        "SQL statement exceeds maximum size of 100000 bytes (100009 bytes)");
  std::string list = "?";
  for (int i = 0; i < 100; ++i) list += ",?";
  CHECK(failure("SELECT " + list, std::vector<SqlValue>(101, 1.0)) ==
        "Query has 101 bound parameters, exceeding the limit of 100");
  std::string columns = "c0";
  for (int i = 1; i <= 100; ++i) columns += ",c" + std::to_string(i);
  CHECK(failure("CREATE TABLE wide (" + columns + ")") == "too many columns on wide: SQLITE_ERROR");
  CHECK(failure("SELECT ?", {std::string(2'000'001, 'x')}) ==
        "string or blob too big: SQLITE_TOOBIG");
  CHECK(failure("SELECT 1 WHERE 'a' LIKE '" + std::string(51, 'a') + "'") ==
        "LIKE or GLOB pattern too complex: SQLITE_ERROR");
  std::vector<D1Query> many(1001, {"SELECT 1", {}});
  CHECK_THROWS_WITH_AS(
      database.run(many),
      "Your query batch has 1001 queries, exceeding the limit of 1000 queries per batch", Error);
}

TEST_CASE_FIXTURE(Fixture, "D1: text in double quotes is a string where no column has its name") {
  CHECK(run("SELECT \"hello\" AS x").cells == std::vector<SqlValue>{std::string("hello")});
}

TEST_CASE_FIXTURE(Fixture, "D1: foreign keys are checked") {
  run("CREATE TABLE a (id INTEGER PRIMARY KEY)");
  run("CREATE TABLE b (a REFERENCES a (id))");
  CHECK(
      failure("INSERT INTO b VALUES (5)") ==
      "FOREIGN KEY constraint failed: SQLITE_CONSTRAINT (extended: SQLITE_CONSTRAINT_FOREIGNKEY)");
}

TEST_CASE_FIXTURE(Fixture, "D1: another connection's change of the schema is seen") {
  D1Database other(folder.path() / "d1" / "test.sqlite");
  run("CREATE TABLE t (x)");
  run("INSERT INTO t VALUES (1)");
  CHECK(run("SELECT * FROM t").columns.size() == 1);
  other.run({{"ALTER TABLE t ADD COLUMN y DEFAULT 2", {}}});
  CHECK(run("SELECT * FROM t").columns.size() == 2);
}

TEST_CASE_FIXTURE(Fixture, "D1: two writers wait for each other") {
  run("CREATE TABLE t (x)");
  const auto write = [this] {
    D1Database own(folder.path() / "d1" / "test.sqlite");
    for (int i = 0; i < 20; ++i) {
      own.run({{"INSERT INTO t SELECT count(*) FROM t", {}}, {"SELECT * FROM t", {}}});
    }
  };
  std::thread first(write);
  std::thread second(write);
  first.join();
  second.join();
  CHECK(run("SELECT count(*) FROM t").cells == std::vector<SqlValue>{int64_t{40}});
}

TEST_CASE_FIXTURE(Fixture, "D1: a query can be interrupted") {
  std::thread other([this] {
    // The interrupt counts only while something runs.
    while (!done_) database.interrupt();
  });
  CHECK(failure("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) "
                "SELECT count(*) FROM n") == "interrupted: SQLITE_INTERRUPT");
  done_ = true;
  other.join();
}

TEST_CASE_FIXTURE(Fixture, "D1: bookmarks grow") {
  const std::string before = database.bookmark();
  run("CREATE TABLE t (x)");
  CHECK(database.bookmark() > before);
}

TEST_CASE_FIXTURE(Fixture, "D1: a dump is a database") {
  run("CREATE TABLE t (x)");
  const Blob bytes = database.dump();
  REQUIRE(bytes.size() >= 4096);
  CHECK(std::string(bytes.begin(), bytes.begin() + 15) == "SQLite format 3");
}
