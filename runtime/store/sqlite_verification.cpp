#include "runtime/store/sqlite_verification.hpp"

#include "runtime/store/sqlite_connection.hpp"
#include "runtime/store/sqlite_schema.hpp"
#include "runtime/store/stored_values.hpp"

namespace nexus::store {
namespace {

constexpr std::size_t most_shown = 100;
/// How often progress is told, in rows.
constexpr std::uint64_t told_each = 256;

/// One reading of a store from its first page to its last record.
class verifier {
public:
  verifier(sqlite_connection& connection, content_checks const& checks, progress const& tell)
      : connection_(connection), checks_(checks), tell_(tell) {}

  auto run() && -> expected<verification> {
    auto const version = schema_version_of(connection_);
    if (!version) return tl::unexpected{version.error()};
    found_.schema_version = static_cast<int>(*version);
    // Everything is read as of one moment.
    if (auto good = connection_.run("BEGIN"); !good) return tl::unexpected{good.error()};
    auto const pages = connection_.number("PRAGMA page_count", 0), size = connection_.number("PRAGMA page_size", 0);
    if (pages && size) found_.bytes = static_cast<std::uint64_t>(*pages * *size);
    for (auto const step : {&verifier::check_file, &verifier::check_streams, &verifier::check_usage,
                            &verifier::read_documents, &verifier::read_records}) {
      auto good = (this->*step)();
      if (good) continue;
      // A damaged page ends the step that comes upon it; the next one may still find something.
      if (good.error().code != errc::corrupt) return tl::unexpected{good.error()};
      problem(good.error().message);
    }
    return std::move(found_);
  }

private:
  void problem(std::string text) {
    ++found_.problem_count;
    if (found_.problems.size() < most_shown) found_.problems.push_back(std::move(text));
  }

  /// Calls `take` with each row.
  template <class Take>
  auto each(std::string_view sql, Take take) -> expected<void> {
    auto rows = connection_.query(sql);
    if (!rows) return tl::unexpected{rows.error()};
    while (true) {
      auto const row = rows->next();
      if (!row) return tl::unexpected{row.error()};
      if (!*row) return {};
      take(*rows);
    }
  }

  auto check_file() -> expected<void> {
    auto const documents = connection_.number("SELECT count(*) FROM documents", 0);
    auto const records = connection_.number("SELECT count(*) FROM records", 0);
    if (documents && records) all_ = static_cast<std::uint64_t>(*documents + *records);
    return each("PRAGMA quick_check(100)", [this](sqlite_rows const& row) {
      if (row.text(0) != "ok") problem(fmt::format("the file is damaged: {}", row.text(0)));
    });
  }

  auto check_streams() -> expected<void> {
    auto const lost = connection_.number(
        "SELECT count(*) FROM records r WHERE NOT EXISTS (SELECT 1 FROM streams s WHERE s.id = r.id >> 28)", 0);
    if (!lost) return tl::unexpected{lost.error()};
    if (*lost > 0) problem(fmt::format("{} records belong to no stream", *lost));
    return each(
        "SELECT s.name, s.next, (SELECT count(*) FROM records r WHERE r.id BETWEEN (s.id << 28) AND (s.id << 28) "
        "+ 268435455) FROM streams s",
        [this](sqlite_rows const& row) {
          if (row.integer(1) - 1 != row.integer(2))
            problem(fmt::format("the stream '{}' should have {} records and has {}", row.text(0), row.integer(1) - 1,
                                row.integer(2)));
        });
  }

  auto check_usage() -> expected<void> {
    auto counted = std::map<std::string, std::int64_t>{};
    auto good = each("SELECT collection, sum(length(body)) FROM documents GROUP BY collection",
                     [&](sqlite_rows const& row) { counted[std::string{row.text(0)}] += row.integer(1); });
    if (good)
      good = each("SELECT name, bytes FROM streams",
                  [&](sqlite_rows const& row) { counted[std::string{collection_of(row.text(0))}] += row.integer(1); });
    if (!good) return good;
    auto noted = std::map<std::string, std::int64_t>{};
    good = each("SELECT collection, bytes FROM usage",
                [&](sqlite_rows const& row) { noted[std::string{row.text(0)}] = row.integer(1); });
    if (!good) return good;
    for (auto const& [collection, bytes] : counted)
      if (auto const found = noted[collection]; found != bytes)
        problem(fmt::format("the collection '{}' holds {} bytes and is noted with {}", collection, bytes, found));
    return {};
  }

  auto read_documents() -> expected<void> {
    return each("SELECT collection, key, revision, updated_at, attributes, body FROM documents ORDER BY id",
                [this](sqlite_rows const& row) {
                  ++found_.documents;
                  advance();
                  auto attributes = decode(row.text(4));
                  auto const place = fmt::format("{}/{}", row.text(0), row.text(1));
                  if (!attributes) return problem(fmt::format("{}: {}", place, attributes.error().message));
                  auto const whole = document{std::string{row.text(0)},
                                              std::string{row.text(1)},
                                              std::string{row.text(5)},
                                              std::move(*attributes),
                                              static_cast<std::uint64_t>(row.integer(2)),
                                              from_database(row.integer(3))};
                  if (!checks_.document) return;
                  if (auto const good = checks_.document(whole); !good)
                    problem(fmt::format("{}: {}", place, good.error().render()));
                });
  }

  auto read_records() -> expected<void> {
    return each("SELECT s.name, r.id, r.body, r.at FROM records r JOIN streams s ON s.id = r.id >> 28 ORDER BY r.id",
                [this](sqlite_rows const& row) {
                  ++found_.records;
                  advance();
                  auto const stream = std::string{row.text(0)};
                  auto const entry = record{static_cast<std::uint64_t>(row.integer(1)) & limits::sequence,
                                            std::string{row.text(2)}, from_database(row.integer(3))};
                  if (!checks_.record) return;
                  if (auto const good = checks_.record(stream, entry); !good)
                    problem(fmt::format("{}, record {}: {}", stream, entry.sequence, good.error().render()));
                });
  }

  void advance() {
    auto const done = found_.documents + found_.records;
    if (tell_ && (done % told_each == 0 || done == all_)) tell_(done, all_);
  }

  sqlite_connection& connection_;
  content_checks const& checks_;
  progress const& tell_;
  verification found_;
  std::uint64_t all_ = 0;
};

} // namespace

auto verify(std::filesystem::path const& directory_or_file, content_checks const& checks, progress const& tell)
    -> expected<verification> {
  auto ignored = std::error_code{};
  auto const file =
      std::filesystem::is_directory(directory_or_file, ignored) ? directory_or_file / "nexus.db" : directory_or_file;
  auto connection = sqlite_connection::open_to_read(file.string());
  if (!connection) return tl::unexpected{connection.error()};
  return verifier{**connection, checks, tell}.run();
}

} // namespace nexus::store
