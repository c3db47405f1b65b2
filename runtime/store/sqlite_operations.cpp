#include "runtime/store/sqlite_operations.hpp"

#include "runtime/store/stored_values.hpp"

namespace nexus::store {
namespace {

/// A stream's row. `id` is 0 when there is no such stream.
struct stream_row {
  std::int64_t id = 0;
  std::uint64_t next = 1;
  std::int64_t bytes = 0;
};

/// A document's row without its body. `id` is 0 when there is no such document.
struct document_row {
  std::int64_t id = 0;
  std::uint64_t revision = 0;
  std::int64_t bytes = 0;
  std::string attributes;
};

auto record_id(std::int64_t stream, std::uint64_t sequence) -> std::int64_t {
  return (stream << 28) | static_cast<std::int64_t>(sequence);
}

auto find_stream(sqlite_connection& connection, std::string const& name) -> expected<stream_row> {
  auto rows = connection.query("SELECT id, next, bytes FROM streams WHERE name = ?", name);
  if (!rows) return tl::unexpected{rows.error()};
  auto const row = rows->next();
  if (!row) return tl::unexpected{row.error()};
  if (!*row) return stream_row{};
  return stream_row{rows->integer(0), static_cast<std::uint64_t>(rows->integer(1)), rows->integer(2)};
}

auto find_row(sqlite_connection& connection, std::string const& collection, std::string const& key)
    -> expected<document_row> {
  auto rows = connection.query(
      "SELECT id, revision, length(body), attributes FROM documents WHERE collection = ? AND key = ?", collection, key);
  if (!rows) return tl::unexpected{rows.error()};
  auto const row = rows->next();
  if (!row) return tl::unexpected{row.error()};
  if (!*row) return document_row{};
  return document_row{rows->integer(0), static_cast<std::uint64_t>(rows->integer(1)), rows->integer(2),
                      std::string{rows->text(3)}};
}

/// Columns: key, revision, updated_at, attributes, body.
auto document_of(sqlite_rows const& rows, std::string const& collection) -> expected<document> {
  auto attributes = decode(rows.text(3));
  if (!attributes) return tl::unexpected{attributes.error()};
  return document{collection,
                  std::string{rows.text(0)},
                  std::string{rows.text(4)},
                  std::move(*attributes),
                  static_cast<std::uint64_t>(rows.integer(1)),
                  from_database(rows.integer(2))};
}

auto add_usage(sqlite_connection& connection, std::string_view collection, std::int64_t bytes) -> expected<void> {
  if (bytes == 0) return {};
  return connection.run("INSERT INTO usage (collection, bytes) VALUES (?, ?) ON CONFLICT (collection) DO UPDATE SET "
                        "bytes = bytes + excluded.bytes",
                        collection, bytes);
}

/// Whether the stream already holds exactly these bodies from that sequence on.
auto holds(sqlite_connection& connection, std::int64_t stream, std::uint64_t from,
           std::vector<std::string> const& bodies) -> expected<bool> {
  auto rows = connection.query("SELECT body FROM records WHERE id BETWEEN ? AND ? ORDER BY id", record_id(stream, from),
                               record_id(stream, from + bodies.size() - 1));
  if (!rows) return tl::unexpected{rows.error()};
  for (auto const& body : bodies) {
    auto const row = rows->next();
    if (!row) return row;
    if (!*row || rows->text(0) != body) return false;
  }
  return true;
}

/// True when the records are there already, false when they are to be appended, errc::conflict when neither fits.
auto check_sequence(sqlite_connection& connection, append const& work, stream_row const& stream) -> expected<bool> {
  if (!work.expected_next || *work.expected_next == stream.next) return false;
  if (!work.bodies.empty() && *work.expected_next + work.bodies.size() <= stream.next) {
    auto const same = holds(connection, stream.id, *work.expected_next, work.bodies);
    if (!same || *same) return same;
  }
  return fail(errc::conflict, "stream '{}': the next sequence is {}, not {}", work.stream, stream.next,
              *work.expected_next);
}

auto check_fence(sqlite_connection& connection, append const& work) -> expected<void> {
  if (work.lease.empty()) return {};
  auto const token = connection.number("SELECT token FROM leases WHERE name = ?", 0, work.lease);
  if (!token) return tl::unexpected{token.error()};
  if (*token != 0 && static_cast<std::uint64_t>(*token) == work.fencing_token) return {};
  return fail(errc::conflict, "stream '{}': token {} of lease '{}' is stale", work.stream, work.fencing_token,
              work.lease);
}

auto apply_one(sqlite_connection& connection, append const& work, std::int64_t now) -> expected<void> {
  if (auto good = check_fence(connection, work); !good) return good;
  auto stream = find_stream(connection, work.stream);
  if (!stream) return tl::unexpected{stream.error()};
  auto const present = check_sequence(connection, work, *stream);
  if (!present) return tl::unexpected{present.error()};
  if (*present || work.bodies.empty()) return {};
  auto const next = stream->next + work.bodies.size();
  if (next - 1 > limits::sequence)
    return fail(errc::too_large, "stream '{}' is full: it holds {} records at most", work.stream, limits::sequence);

  auto bytes = std::int64_t{0};
  for (auto const& body : work.bodies) bytes += static_cast<std::int64_t>(body.size());
  if (stream->id == 0) {
    auto const id = connection.number("INSERT INTO streams (name, next, bytes) VALUES (?, ?, ?) RETURNING id", 0,
                                      work.stream, next, bytes);
    if (!id) return tl::unexpected{id.error()};
    stream->id = *id;
  } else if (auto good =
                 connection.run("UPDATE streams SET next = ?, bytes = bytes + ? WHERE id = ?", next, bytes, stream->id);
             !good) {
    return good;
  }
  auto sequence = stream->next;
  for (auto const& body : work.bodies)
    if (auto good = connection.run("INSERT INTO records (id, at, body) VALUES (?, ?, ?)",
                                   record_id(stream->id, sequence++), now, body);
        !good)
      return good;
  return add_usage(connection, collection_of(work.stream), bytes);
}

/// Brings the index rows of a document from the attributes it had to those it gets.
auto index_attributes(sqlite_connection& connection, std::string const& collection, std::string const& key,
                      std::string const& encoded, std::map<std::string, std::string> const& after) -> expected<void> {
  auto const before = decode(encoded);
  if (!before) return tl::unexpected{before.error()};
  auto const missing_in = [](auto const& attributes, auto const& entry) {
    auto const found = attributes.find(entry.first);
    return found == attributes.end() || found->second != entry.second;
  };
  for (auto const& entry : *before)
    if (missing_in(after, entry))
      if (auto good =
              connection.run("DELETE FROM attributes WHERE collection = ? AND name = ? AND value = ? AND key = ?",
                             collection, entry.first, entry.second, key);
          !good)
        return good;
  for (auto const& entry : after)
    if (missing_in(*before, entry))
      if (auto good = connection.run("INSERT INTO attributes (collection, name, value, key) VALUES (?, ?, ?, ?)",
                                     collection, entry.first, entry.second, key);
          !good)
        return good;
  return {};
}

/// True when the document is as it should become, false when it is to be written, errc::conflict when neither fits.
auto check_revision(sqlite_connection& connection, put const& work, document_row const& row,
                    std::string const& attributes) -> expected<bool> {
  if (!work.expected_revision || *work.expected_revision == row.revision) return false;
  if (*work.expected_revision + 1 == row.revision && row.attributes == attributes) {
    auto const same =
        connection.number("SELECT body = ? FROM documents WHERE id = ?", 0, std::string_view{work.body}, row.id);
    if (!same) return tl::unexpected{same.error()};
    if (*same != 0) return true;
  }
  return fail(errc::conflict, "document '{}/{}': the revision is {}, not {}", work.collection, work.key, row.revision,
              *work.expected_revision);
}

auto apply_one(sqlite_connection& connection, put const& work, std::int64_t now) -> expected<void> {
  auto const row = find_row(connection, work.collection, work.key);
  if (!row) return tl::unexpected{row.error()};
  auto const attributes = encode(work.attributes);
  auto const present = check_revision(connection, work, *row, attributes);
  if (!present) return tl::unexpected{present.error()};
  if (*present) return {};
  auto const written =
      row->id == 0
          ? connection.run(
                "INSERT INTO documents (collection, key, revision, updated_at, attributes, body) VALUES (?, ?, "
                "1, ?, ?, ?)",
                work.collection, work.key, now, attributes, work.body)
          : connection.run(
                "UPDATE documents SET revision = revision + 1, updated_at = ?, attributes = ?, body = ? WHERE "
                "id = ?",
                now, attributes, work.body, row->id);
  if (!written) return written;
  if (row->attributes != attributes)
    if (auto good = index_attributes(connection, work.collection, work.key, row->attributes, work.attributes); !good)
      return good;
  return add_usage(connection, work.collection, static_cast<std::int64_t>(work.body.size()) - row->bytes);
}

auto erase_row(sqlite_connection& connection, std::string const& collection, std::string const& key,
               document_row const& row) -> expected<void> {
  if (row.id == 0) return {};
  if (auto good = connection.run("DELETE FROM documents WHERE id = ?", row.id); !good) return good;
  if (auto good = index_attributes(connection, collection, key, row.attributes, {}); !good) return good;
  return add_usage(connection, collection, -row.bytes);
}

auto drop_row(sqlite_connection& connection, std::string const& name, stream_row const& stream) -> expected<void> {
  if (stream.id == 0) return {};
  if (auto good = connection.run("DELETE FROM records WHERE id BETWEEN ? AND ?", record_id(stream.id, 0),
                                 record_id(stream.id, limits::sequence));
      !good)
    return good;
  if (auto good = connection.run("DELETE FROM streams WHERE id = ?", stream.id); !good) return good;
  return add_usage(connection, collection_of(name), -stream.bytes);
}

auto apply_one(sqlite_connection& connection, erase const& work, std::int64_t) -> expected<void> {
  auto const row = find_row(connection, work.collection, work.key);
  if (!row) return tl::unexpected{row.error()};
  return erase_row(connection, work.collection, work.key, *row);
}

auto apply_one(sqlite_connection& connection, drop_stream const& work, std::int64_t) -> expected<void> {
  auto const stream = find_stream(connection, work.stream);
  if (!stream) return tl::unexpected{stream.error()};
  return drop_row(connection, work.stream, *stream);
}

/// The oldest documents that the rule does not keep, one more than a step may remove: (updated_at, key).
auto oldest(sqlite_connection& connection, retention const& rule)
    -> expected<std::vector<std::pair<std::int64_t, std::string>>> {
  auto sql = std::string{"SELECT updated_at, key FROM documents d WHERE collection = ?"};
  auto arguments = std::vector<std::string_view>{rule.collection};
  for (auto const& [name, value] : rule.keep) {
    sql += " AND NOT EXISTS (SELECT 1 FROM attributes a WHERE a.collection = d.collection AND a.name = ? AND "
           "a.value = ? AND a.key = d.key)";
    arguments.insert(arguments.end(), {name, value});
  }
  sql += " ORDER BY updated_at, key LIMIT ?";
  auto rows = connection.query(sql, arguments, rule.limit + 1);
  if (!rows) return tl::unexpected{rows.error()};
  auto found = std::vector<std::pair<std::int64_t, std::string>>{};
  while (true) {
    auto const row = rows->next();
    if (!row) return tl::unexpected{row.error()};
    if (!*row) return found;
    found.emplace_back(rows->integer(0), rows->text(1));
  }
}

} // namespace

auto apply(sqlite_connection& connection, batch const& work, time_point now) -> expected<void> {
  for (auto const& step : work.operations) {
    auto const good = std::visit([&](auto const& x) { return apply_one(connection, x, to_database(now)); }, step);
    if (!good) return good;
  }
  return {};
}

auto read_records(sqlite_connection& connection, std::string const& stream, std::uint64_t from, std::size_t limit)
    -> expected<std::vector<record>> {
  auto const found = find_stream(connection, stream);
  if (!found) return tl::unexpected{found.error()};
  auto records = std::vector<record>{};
  if (found->id == 0 || from >= found->next) return records;
  auto rows = connection.query("SELECT id, body, at FROM records WHERE id BETWEEN ? AND ? ORDER BY id LIMIT ?",
                               record_id(found->id, from), record_id(found->id, limits::sequence), limit);
  if (!rows) return tl::unexpected{rows.error()};
  for (auto bytes = std::size_t{0}; bytes < limits::bytes; bytes += records.back().body.size()) {
    auto const row = rows->next();
    if (!row) return tl::unexpected{row.error()};
    if (!*row) break;
    records.push_back({static_cast<std::uint64_t>(rows->integer(0)) & limits::sequence, std::string{rows->text(1)},
                       from_database(rows->integer(2))});
  }
  return records;
}

auto find_document(sqlite_connection& connection, std::string const& collection, std::string const& key)
    -> expected<std::optional<document>> {
  auto rows = connection.query("SELECT key, revision, updated_at, attributes, body FROM documents WHERE collection = ? "
                               "AND key = ?",
                               collection, key);
  if (!rows) return tl::unexpected{rows.error()};
  auto const row = rows->next();
  if (!row) return tl::unexpected{row.error()};
  if (!*row) return std::optional<document>{};
  return document_of(*rows, collection);
}

auto list_documents(sqlite_connection& connection, listing const& query) -> expected<page> {
  // The first condition is walked in key order through its index, the others are looked up for each of its rows.
  auto const indexed = !query.where.empty();
  auto sql = std::string{"SELECT d.key, d.revision, d.updated_at, d.attributes, d.body FROM "};
  sql += indexed ? "attributes a CROSS JOIN documents d ON d.collection = a.collection AND d.key = a.key "
                   "WHERE a.collection = ?"
                 : "documents d WHERE d.collection = ?";
  auto arguments = std::vector<std::string_view>{query.collection};
  for (auto const& condition : query.where) {
    sql += condition == *query.where.begin() ? " AND a.name = ? AND a.value = ?"
                                             : " AND EXISTS (SELECT 1 FROM attributes b WHERE b.collection = "
                                               "a.collection AND b.name = ? AND b.value = ? AND b.key = a.key)";
    arguments.insert(arguments.end(), {condition.first, condition.second});
  }
  auto const key = std::string_view{indexed ? "a.key" : "d.key"};
  if (!query.after.empty()) {
    sql += fmt::format(" AND {} {} ?", key, query.newest_first ? '<' : '>');
    arguments.emplace_back(query.after);
  }
  sql += fmt::format(" ORDER BY {} {} LIMIT ?", key, query.newest_first ? "DESC" : "ASC");

  auto rows = connection.query(sql, arguments, query.limit + 1);
  if (!rows) return tl::unexpected{rows.error()};
  auto result = page{};
  auto bytes = std::size_t{0};
  while (true) {
    auto const row = rows->next();
    if (!row) return tl::unexpected{row.error()};
    if (!*row) return result;
    if (result.documents.size() == query.limit || bytes >= limits::bytes) {
      result.next = result.documents.back().key;
      return result;
    }
    auto found = document_of(*rows, query.collection);
    if (!found) return tl::unexpected{found.error()};
    bytes += found->body.size();
    result.documents.push_back(std::move(*found));
  }
}

auto prune_documents(sqlite_connection& connection, retention const& rule, time_point now) -> expected<prune_report> {
  auto usage = connection.number("SELECT bytes FROM usage WHERE collection = ?", 0, rule.collection);
  if (!usage) return tl::unexpected{usage.error()};
  auto const candidates = oldest(connection, rule);
  if (!candidates) return tl::unexpected{candidates.error()};
  auto report = prune_report{};
  for (auto const& [updated_at, key] : *candidates) {
    auto const age = std::chrono::microseconds{to_database(now) - updated_at};
    auto const too_old = rule.older_than && std::chrono::floor<std::chrono::seconds>(age) >= *rule.older_than;
    auto const too_much = rule.max_bytes && *usage > 0 && static_cast<std::uint64_t>(*usage) > *rule.max_bytes;
    if (!too_old && !too_much) break;
    if (report.documents == rule.limit) {
      report.more = true;
      break;
    }
    auto const row = find_row(connection, rule.collection, key);
    if (!row) return tl::unexpected{row.error()};
    if (auto good = erase_row(connection, rule.collection, key, *row); !good) return tl::unexpected{good.error()};
    auto const name = rule.collection + '/' + key;
    auto const stream = find_stream(connection, name);
    if (!stream) return tl::unexpected{stream.error()};
    if (auto good = drop_row(connection, name, *stream); !good) return tl::unexpected{good.error()};
    auto const bytes = row->bytes + stream->bytes;
    *usage -= bytes;
    report.documents += 1;
    report.records += stream->next - 1;
    report.bytes += static_cast<std::uint64_t>(bytes);
  }
  return report;
}

auto acquire_lease(sqlite_connection& connection, std::string const& name, std::string const& holder,
                   std::chrono::milliseconds ttl, time_point now) -> expected<lease> {
  // Holders that vanished leave their rows behind.
  if (auto good = connection.run("DELETE FROM leases WHERE expires < ?", to_database(now - std::chrono::hours{24}));
      !good)
    return tl::unexpected{good.error()};
  {
    auto rows = connection.query("SELECT holder, expires FROM leases WHERE name = ?", name);
    if (!rows) return tl::unexpected{rows.error()};
    auto const row = rows->next();
    if (!row) return tl::unexpected{row.error()};
    if (*row && rows->text(0) != holder && rows->integer(1) > to_database(now)) {
      auto const left = from_database(rows->integer(1)) - now;
      auto problem = error{errc::conflict, fmt::format("lease '{}' is held by '{}'", name, rows->text(0)), {}, {}, {}};
      problem.retry_after = std::chrono::ceil<std::chrono::milliseconds>(left);
      return tl::unexpected{std::move(problem)};
    }
  }
  auto const token = connection.number("UPDATE tokens SET last = last + 1 RETURNING last", 0);
  if (!token) return tl::unexpected{token.error()};
  auto const expires = to_database(now + ttl);
  if (auto good = connection.run("INSERT OR REPLACE INTO leases (name, holder, token, expires) VALUES (?, ?, ?, ?)",
                                 name, holder, *token, expires);
      !good)
    return tl::unexpected{good.error()};
  return lease{name, holder, static_cast<std::uint64_t>(*token), from_database(expires)};
}

auto renew_lease(sqlite_connection& connection, std::string const& name, std::uint64_t token,
                 std::chrono::milliseconds ttl, time_point now) -> expected<lease> {
  auto const expires = to_database(now + ttl);
  auto rows = connection.query("UPDATE leases SET expires = ? WHERE name = ? AND token = ? RETURNING holder", expires,
                               name, token);
  if (!rows) return tl::unexpected{rows.error()};
  auto const row = rows->next();
  if (!row) return tl::unexpected{row.error()};
  if (!*row) return fail(errc::conflict, "token {} of lease '{}' is stale", token, name);
  return lease{name, std::string{rows->text(0)}, token, from_database(expires)};
}

auto release_lease(sqlite_connection& connection, std::string const& name, std::uint64_t token) -> expected<void> {
  return connection.run("DELETE FROM leases WHERE name = ? AND token = ?", name, token);
}

} // namespace nexus::store
