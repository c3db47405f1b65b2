#include "runtime/store/sqlite_backup.hpp"

#include "runtime/store/database_files.hpp"
#include "runtime/store/directory_lock.hpp"
#include "runtime/store/sqlite_connection.hpp"
#include "runtime/store/sqlite_schema.hpp"

namespace nexus::store {
namespace {

namespace fs = std::filesystem;

/// Copies a database into a new file, complete and on the disk.
auto copy_database(fs::path const& from, fs::path const& to, progress const& tell) -> expected<copy_report> {
  auto source = sqlite_connection::open_to_read(from.string());
  if (!source) return tl::unexpected{source.error()};
  auto const version = schema_version_of(**source);
  if (!version) return tl::unexpected{version.error()};
  if (*version == 0) return fail_at(from.string(), errc::refused, "the file holds no store of nexus");
  discard(to);
  auto result = copy_report{.bytes = 0, .schema_version = static_cast<int>(*version)};
  auto const copy = [&]() -> expected<void> {
    if (auto made = directory_lock::create_private(to); !made) return made;
    auto target = sqlite_connection::open(to.string());
    if (!target) return tl::unexpected{target.error()};
    if (auto done = (*source)->copy_to(**target, tell); !done) return done;
    // One file that can be read anywhere, with no log beside it.
    return (*target)->run("PRAGMA journal_mode = DELETE");
  };
  if (auto done = copy(); !done) {
    discard(to);
    return tl::unexpected{done.error()};
  }
  auto ignored = std::error_code{};
  result.bytes = fs::file_size(to, ignored);
  return result;
}

auto kept_beside(fs::path const& database) -> std::string { return database.string() + ".replaced"; }

/// Moves a store aside with its log. The log is moved last: SQLite ignores one without its database.
auto move_aside(fs::path const& database) -> expected<void> {
  if (!is_there(database)) return {};
  auto const kept = kept_beside(database);
  discard(kept);
  for (auto const* suffix : {"", "-wal", "-shm"})
    if (is_there(database.string() + suffix))
      if (auto done = move(database.string() + suffix, kept + suffix); !done) return done;
  return {};
}

/// Undoes move_aside(), as far as that came.
void move_back(fs::path const& database) {
  auto const kept = kept_beside(database);
  for (auto const* suffix : {"-shm", "-wal", ""})
    if (is_there(kept + suffix) && !is_there(database.string() + suffix))
      (void)move(kept + suffix, database.string() + suffix);
}

} // namespace

auto back_up(fs::path const& directory, fs::path const& file, bool overwrite, progress const& tell)
    -> expected<copy_report> {
  if (!overwrite && is_there(file))
    return tl::unexpected{
        error{errc::conflict, "the file exists already", file.string(), "choose another name, or use --force", {}}};
  auto ignored = std::error_code{};
  if (fs::equivalent(file, directory / database_name, ignored))
    return tl::unexpected{error{
        errc::refused, "the file is the store itself", file.string(), "choose a file outside the data directory", {}}};
  auto const unfinished = fs::path{file.string() + ".unfinished"};
  auto result = copy_database(directory / database_name, unfinished, tell);
  if (!result) return result;
  // SQLite would take the log of the file that is replaced for the copy's.
  for (auto const* suffix : {"-journal", "-wal", "-shm"}) fs::remove(file.string() + suffix, ignored);
  if (auto done = move(unfinished, file); !done) {
    discard(unfinished);
    return tl::unexpected{done.error()};
  }
  if (auto done = sync_directory(file.parent_path()); !done) return tl::unexpected{done.error()};
  return result;
}

auto restore(fs::path const& file, fs::path const& directory, bool overwrite, progress const& tell)
    -> expected<copy_report> {
  auto const lock = directory_lock::take(directory);
  if (!lock) return tl::unexpected{lock.error()};
  auto const database = directory / database_name;
  if (!overwrite && is_there(database))
    return tl::unexpected{error{errc::conflict,
                                "the data directory holds a store already",
                                directory.string(),
                                "choose another directory, or use --force, which keeps the old one beside it",
                                {}}};
  auto const unfinished = fs::path{database.string() + ".unfinished"};
  auto result = copy_database(file, unfinished, tell);
  if (!result) return result;
  auto const put_in_place = [&]() -> expected<void> {
    {
      auto copy = sqlite_connection::open_to_read(unfinished.string());
      if (!copy) return tl::unexpected{copy.error()};
      if (auto sound = check_pages(**copy); !sound) {
        sound.error().where = file.string();
        return sound;
      }
    }
    auto done = move_aside(database);
    if (done) done = move(unfinished, database);
    if (!done) {
      move_back(database);
      return done;
    }
    return sync_directory(directory);
  };
  if (auto done = put_in_place(); !done) {
    discard(unfinished);
    return tl::unexpected{done.error()};
  }
  return result;
}

} // namespace nexus::store
