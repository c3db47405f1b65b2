#include "runtime/store/sqlite_schema.hpp"

#include <array>
#include <string>
#include <vector>

namespace nexus::store {
namespace {

/// "NXS1": says to `file` and to us whose database it is.
constexpr std::int64_t application_id = 0x4e585331;

/// Entry n brings a file from version n to n + 1. Entries are never changed once released; new ones are added behind.
///
/// A record's id is its stream's id * 2^28 + its sequence: one b-tree in the order of reading, and no second index.
/// usage.bytes counts the bodies of a collection's documents and of the streams named after it.
/// The attributes of a document stand in it, encoded, for reading, and in `attributes` for listing.
auto const migrations = std::array<std::vector<char const*>, 1>{{
    {
        "CREATE TABLE streams (id INTEGER PRIMARY KEY AUTOINCREMENT, name BLOB NOT NULL UNIQUE, next INTEGER NOT NULL, "
        "bytes INTEGER NOT NULL)",
        "CREATE TABLE records (id INTEGER PRIMARY KEY, at INTEGER NOT NULL, body BLOB NOT NULL)",
        "CREATE TABLE documents (id INTEGER PRIMARY KEY, collection BLOB NOT NULL, key BLOB NOT NULL, revision INTEGER "
        "NOT "
        "NULL, updated_at INTEGER NOT NULL, attributes BLOB NOT NULL, body BLOB NOT NULL, UNIQUE (collection, key))",
        "CREATE INDEX documents_by_age ON documents (collection, updated_at, key)",
        "CREATE TABLE attributes (collection BLOB NOT NULL, name BLOB NOT NULL, value BLOB NOT NULL, key BLOB NOT "
        "NULL, "
        "PRIMARY KEY (collection, name, value, key)) WITHOUT ROWID",
        "CREATE TABLE usage (collection BLOB PRIMARY KEY, bytes INTEGER NOT NULL) WITHOUT ROWID",
        "CREATE TABLE leases (name BLOB PRIMARY KEY, holder BLOB NOT NULL, token INTEGER NOT NULL, expires INTEGER NOT "
        "NULL) WITHOUT ROWID",
        "CREATE INDEX leases_by_expiry ON leases (expires)",
        "CREATE TABLE tokens (id INTEGER PRIMARY KEY CHECK (id = 1), last INTEGER NOT NULL)",
        "INSERT INTO tokens VALUES (1, 0)",
    },
}};

auto migrate(sqlite_connection& connection, std::int64_t version) -> expected<void> {
  for (auto const count = static_cast<std::int64_t>(migrations.size()); version < count; ++version) {
    if (auto good = connection.run("BEGIN IMMEDIATE"); !good) return good;
    for (auto const* statement : migrations[static_cast<std::size_t>(version)])
      if (auto good = connection.run(statement); !good) return good;
    if (auto good = connection.run(fmt::format("PRAGMA application_id = {}", application_id)); !good) return good;
    if (auto good = connection.run(fmt::format("PRAGMA user_version = {}", version + 1)); !good) return good;
    if (auto good = connection.run("COMMIT"); !good) return good;
  }
  return {};
}

} // namespace

auto schema_version_of(sqlite_connection& connection) -> expected<std::int64_t> {
  auto const owner = connection.number("PRAGMA application_id", 0);
  if (!owner) return owner;
  auto const tables = connection.number("SELECT count(*) FROM sqlite_schema", 0);
  if (!tables) return tables;
  auto const version = connection.number("PRAGMA user_version", 0);
  if (!version) return version;
  if (*owner != application_id && *tables != 0)
    return tl::unexpected{error{errc::refused,
                                "the file is a database of another program",
                                connection.file(),
                                "choose another data directory",
                                {}}};
  if (*version > sqlite_schema_version())
    return tl::unexpected{error{errc::refused,
                                fmt::format("the file has schema version {}, this program knows versions up to {}",
                                            *version, sqlite_schema_version()),
                                connection.file(),
                                "use the newer nexus that wrote it, or restore an older backup",
                                {}}};
  return version;
}

auto check_pages(sqlite_connection& connection) -> expected<void> {
  auto rows = connection.query("PRAGMA quick_check(1)");
  if (!rows) return tl::unexpected{rows.error()};
  auto const row = rows->next();
  if (!row) return tl::unexpected{row.error()};
  // The verdict is TEXT; read as a blob it is the same bytes.
  if (*row && rows->text(0) == "ok") return {};
  return tl::unexpected{error{errc::corrupt,
                              fmt::format("the file is damaged: {}", *row ? rows->text(0) : "no verdict"),
                              connection.file(),
                              "keep a copy of the file and its -wal, then restore a backup or try the sqlite3 shell's "
                              ".recover",
                              {}}};
}

auto sqlite_schema_version() -> int { return static_cast<int>(migrations.size()); }

auto prepare_schema(sqlite_connection& connection, bool check_first) -> expected<void> {
  auto const version = schema_version_of(connection);
  if (!version) return tl::unexpected{version.error()};
  if (check_first)
    if (auto sound = check_pages(connection); !sound) return sound;
  return migrate(connection, *version);
}

} // namespace nexus::store
