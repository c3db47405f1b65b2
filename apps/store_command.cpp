#include "apps/settings_options.hpp"
#include "apps/spinner.hpp"
#include "apps/store_contents.hpp"
#include "runtime/store/sqlite_backup.hpp"
#include "runtime/store/store_contents.hpp"

namespace nexus::apps {
namespace {

using nlohmann::ordered_json;

struct store_options {
  settings_options settings;
  std::string file;
  bool force = false;
  bool redis = false;
  std::string from;
  std::string to;
};

/// Names the server that the environment names, so that its password is in no command line.
constexpr auto redis_of_environment = "redis:";
/// How long a server may take for a part of a copy.
constexpr auto copy_patience = std::chrono::seconds{15};

/// The data directory as a node would have it; named on the command line, it needs no settings that are right.
auto data_directory(store_options const& options) -> expected<std::string> {
  if (options.settings.data_dir) return *options.settings.data_dir;
  auto const settings = load_node_settings(options.settings);
  if (!settings) {
    auto problem = settings.error().front();
    problem.remedy += problem.remedy.empty() ? "or name the directory with --data-dir" : ", or use --data-dir";
    return tl::unexpected{problem};
  }
  return settings->value.data_dir;
}

auto is_redis(std::string const& place) -> bool { return place.starts_with("redis:") || place.starts_with("rediss:"); }

auto redis_at(std::string const& place) -> expected<store::redis_options> {
  auto const* const named = std::getenv("REDIS_URL");
  if (place == redis_of_environment && (named == nullptr || *named == '\0'))
    return tl::unexpected{
        error{errc::invalid_argument, "REDIS_URL is not set", {}, "set it to redis://host:6379/0", {}}};
  auto address = store::parse_redis_url(place == redis_of_environment ? named : place);
  if (!address) return tl::unexpected{address.error()};
  return store::redis_options{.address = std::move(*address), .patience = copy_patience};
}

auto source_at(std::string const& place) -> expected<std::unique_ptr<store::contents_source>> {
  if (!is_redis(place)) return store::open_sqlite_source(place);
  auto server = redis_at(place);
  if (!server) return tl::unexpected{server.error()};
  return store::open_redis_source(std::move(*server));
}

auto target_at(std::string const& place) -> expected<std::unique_ptr<store::contents_target>> {
  if (!is_redis(place)) return store::create_sqlite_store(place);
  auto server = redis_at(place);
  if (!server) return tl::unexpected{server.error()};
  return store::create_redis_target(std::move(*server));
}

/// A place as it may be shown: without a password.
auto shown(std::string const& place) -> std::string {
  if (!is_redis(place)) return place;
  auto const server = redis_at(place);
  return server ? server->address.text() : redis_of_environment;
}

auto size_text_of(std::uint64_t bytes) -> std::string {
  if (bytes < 10'240) return fmt::format("{} bytes", bytes);
  if (bytes < (10u << 20)) return fmt::format("{} KiB", bytes >> 10);
  return fmt::format("{} MiB", bytes >> 20);
}

/// Shows somebody waiting how far it is.
class progress_line {
public:
  explicit progress_line(std::string what) : what_(std::move(what)), line_(what_) {}
  auto listener() -> store::progress {
    return [this](std::uint64_t done, std::uint64_t all) {
      auto const now = std::chrono::steady_clock::now();
      if (now - shown_ < spinner::interval) return;
      shown_ = now;
      line_.say(fmt::format("{}: {} %", what_, all == 0 ? 100 : done * 100 / all));
      line_.turn();
    };
  }

private:
  std::string what_;
  spinner line_;
  std::chrono::steady_clock::time_point shown_ = std::chrono::steady_clock::now();
};

auto done(command_line const& shared, ordered_json const& document, std::string const& text) -> int {
  print(shared.json ? document.dump(-1, ' ', false, ordered_json::error_handler_t::replace) + "\n" : text);
  return success;
}

auto copy_json(std::string const& file, std::string const& directory, store::copy_report const& copied)
    -> ordered_json {
  return {{"file", file}, {"data_dir", directory}, {"bytes", copied.bytes}, {"schema_version", copied.schema_version}};
}

/// Copies all of `from`; at rest, it must not change meanwhile.
auto copy_all(expected<std::unique_ptr<store::contents_source>> from,
              expected<std::unique_ptr<store::contents_target>> to, bool at_rest, std::string const& source,
              std::string const& target, command_line const& shared) -> int {
  if (!from) return report(from.error());
  if (!to) return report(to.error());
  auto const copied = [&] {
    auto line = progress_line{"copying"};
    return store::copy_contents(**from, **to, at_rest, line.listener());
  }();
  if (!copied) return report(copied.error());
  return done(shared,
              {{"from", source},
               {"to", target},
               {"documents", copied->documents},
               {"streams", copied->streams},
               {"records", copied->records}},
              fmt::format("{} holds the store of {}: {} documents, {} records in {} streams.\n", target, source,
                          copied->documents, copied->records, copied->streams));
}

/// Opens the source first: a wrong name there must leave nothing at the target.
auto copy(store_options const& options, command_line const& shared) -> int {
  auto from = source_at(options.from);
  if (!from) return report(from.error());
  return copy_all(std::move(from), target_at(options.to), true, shown(options.from), shown(options.to), shared);
}

auto back_up(store_options const& options, command_line const& shared) -> int {
  if (options.redis) {
    auto from = source_at(redis_of_environment);
    if (!from) return report(from.error());
    return copy_all(std::move(from), store::create_sqlite_target(options.file, options.force), false,
                    shown(redis_of_environment), options.file, shared);
  }
  auto const directory = data_directory(options);
  if (!directory) return report(directory.error());
  auto line = progress_line{"copying"};
  auto const copied = store::back_up(*directory, options.file, options.force, line.listener());
  if (!copied) return report(copied.error());
  return done(shared, copy_json(options.file, *directory, *copied),
              fmt::format("{} holds the store of {} ({}).\n", options.file, *directory, size_text_of(copied->bytes)));
}

auto restore(store_options const& options, command_line const& shared) -> int {
  if (options.redis) {
    auto from = source_at(options.file);
    if (!from) return report(from.error());
    return copy_all(std::move(from), target_at(redis_of_environment), true, options.file, shown(redis_of_environment),
                    shared);
  }
  auto const directory = data_directory(options);
  if (!directory) return report(directory.error());
  auto line = progress_line{"restoring"};
  auto const copied = store::restore(options.file, *directory, options.force, line.listener());
  if (!copied) return report(copied.error());
  return done(shared, copy_json(options.file, *directory, *copied),
              fmt::format("{} holds the store of {} ({}).\n", *directory, options.file, size_text_of(copied->bytes)));
}

auto read_server(run_record_counts& counts, store::progress const& tell) -> expected<store::verification> {
  auto const source = source_at(redis_of_environment);
  if (!source) return tl::unexpected{source.error()};
  auto found = store::verify_contents(**source, content_checks(counts), tell);
  if (found) found->schema_version = store::redis_schema_version;
  return found;
}

auto verify(store_options const& options, command_line const& shared) -> int {
  auto place = options.redis          ? expected<std::string>{shown(redis_of_environment)}
               : options.file.empty() ? data_directory(options)
                                      : expected<std::string>{options.file};
  if (!place) return report(place.error());
  auto line = progress_line{"reading"};
  auto counts = run_record_counts{};
  auto const found = options.redis ? read_server(counts, line.listener())
                                   : store::verify(*place, content_checks(counts), line.listener());
  if (!found) return report(found.error());
  auto const sound = found->problem_count == 0;
  if (shared.json) {
    auto const document = ordered_json{
        {"store", *place},
        {"sound", sound},
        {"bytes", found->bytes},
        {"schema_version", found->schema_version},
        {"documents", found->documents},
        {"records", found->records},
        {"run_records", {{"turns", counts.turns}, {"intents", counts.intents}, {"outcomes", counts.outcomes}}},
        {"problem_count", found->problem_count},
        {"problems", found->problems}};
    print(document.dump(-1, ' ', false, ordered_json::error_handler_t::replace) + "\n");
    return sound ? success : failure;
  }
  for (auto const& problem : found->problems) note(problem);
  if (found->problem_count > found->problems.size())
    note(fmt::format("and {} problems more", found->problem_count - found->problems.size()));
  print(fmt::format("{} is {}: {} documents, {} records, {}.\nRuns: {} turns, {} intents to write, {} outcomes.\n",
                    *place, sound ? "sound" : "damaged", found->documents, found->records, size_text_of(found->bytes),
                    counts.turns, counts.intents, counts.outcomes));
  return sound ? success : failure;
}

} // namespace

void add_store(CLI::App& app, command_line& shared) {
  auto options = std::make_shared<store_options>();
  auto* group = add_command_group(app, "store", "Copy, restore and check the store of a node.",
                                  {"nexus store backup nexus-2026-03-02.db", "nexus store restore nexus-2026-03-02.db",
                                   "nexus store verify",
                                   "nexus store copy /var/lib/nexus redis:   # to the server that REDIS_URL names"});
  auto const add = [&](CLI::App* command, auto act) {
    auto const setting = [&](char const* name, auto& target, char const* description, char const* type) {
      command->add_option(name, target, description)->type_name(type)->group("Settings");
    };
    setting("--config", options->settings.file, "Settings file that names the data directory", "FILE");
    setting("--data-dir", options->settings.data_dir, "Directory of the store", "DIR");
    command
        ->add_flag("--redis", options->redis,
                   "The shared store in the server that the environment's REDIS_URL names, not a data directory")
        ->excludes(command->get_option("--data-dir"));
    command->callback([=, &shared] { shared.run = [=, &shared] { return act(*options, shared); }; });
  };
  auto* backup = add_command(*group, shared, "backup", "Copy the store to a file. A server may go on using it.",
                             {"nexus store backup nexus-2026-03-02.db",
                              "nexus store backup /backups/nexus.db --force --data-dir /var/lib/nexus"});
  backup->add_option("file", options->file, "The file to write")->required()->type_name("FILE");
  backup->add_flag("--force", options->force, "Overwrite the file");
  add(backup, back_up);
  auto* restoring =
      add_command(*group, shared, "restore", "Put a copy in the place of the store. The server must have stopped.",
                  {"nexus store restore nexus-2026-03-02.db",
                   "nexus store restore nexus.db --force   # keeps the old one as nexus.db.replaced"});
  restoring->add_option("file", options->file, "The copy")->required()->type_name("FILE");
  restoring->add_flag("--force", options->force, "Also where there is a store, which is kept beside it");
  add(restoring, restore);
  // What is in a server is not moved aside: it must be empty.
  restoring->get_option("--redis")->excludes(restoring->get_option("--force"));
  auto* verifying =
      add_command(*group, shared, "verify",
                  "Read everything in a store or a copy and say what is wrong. Exit code 1 when something is.",
                  {"nexus store verify", "nexus store verify nexus-2026-03-02.db --json"});
  verifying->add_option("file", options->file, "A copy; else the store in the data directory")->type_name("FILE");
  add(verifying, verify);
  verifying->get_option("--redis")->excludes(verifying->get_option("file"));
  auto* copying = add_command(
      *group, shared, "copy",
      "Copy a store to another place, which must be empty: a data directory, or a Redis server. No server may use "
      "either meanwhile. Leases are not copied.",
      {"nexus store copy /var/lib/nexus redis:          # to the server that REDIS_URL names",
       "nexus store copy redis://127.0.0.1:6379/1 /var/lib/nexus",
       "nexus store copy nexus-2026-03-02.db redis: --json"});
  copying->add_option("from", options->from, "Data directory, backup, redis://HOST:PORT/DATABASE or redis:")
      ->required()
      ->type_name("FROM");
  copying->add_option("to", options->to, "Data directory, redis://HOST:PORT/DATABASE or redis:")
      ->required()
      ->type_name("TO");
  copying->callback([=, &shared] { shared.run = [=, &shared] { return copy(*options, shared); }; });
}

} // namespace nexus::apps
