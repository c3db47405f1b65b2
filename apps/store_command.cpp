#include "apps/settings_options.hpp"
#include "apps/spinner.hpp"
#include "apps/store_contents.hpp"
#include "runtime/store/sqlite_backup.hpp"

namespace nexus::apps {
namespace {

using nlohmann::ordered_json;

struct store_options {
  settings_options settings;
  std::string file;
  bool force = false;
};

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

auto back_up(store_options const& options, command_line const& shared) -> int {
  auto const directory = data_directory(options);
  if (!directory) return report(directory.error());
  auto line = progress_line{"copying"};
  auto const copied = store::back_up(*directory, options.file, options.force, line.listener());
  if (!copied) return report(copied.error());
  return done(shared, copy_json(options.file, *directory, *copied),
              fmt::format("{} holds the store of {} ({}).\n", options.file, *directory, size_text_of(copied->bytes)));
}

auto restore(store_options const& options, command_line const& shared) -> int {
  auto const directory = data_directory(options);
  if (!directory) return report(directory.error());
  auto line = progress_line{"restoring"};
  auto const copied = store::restore(options.file, *directory, options.force, line.listener());
  if (!copied) return report(copied.error());
  return done(shared, copy_json(options.file, *directory, *copied),
              fmt::format("{} holds the store of {} ({}).\n", *directory, options.file, size_text_of(copied->bytes)));
}

auto verify(store_options const& options, command_line const& shared) -> int {
  auto place = options.file.empty() ? data_directory(options) : expected<std::string>{options.file};
  if (!place) return report(place.error());
  auto line = progress_line{"reading"};
  auto counts = run_record_counts{};
  auto const found = store::verify(*place, content_checks(counts), line.listener());
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
  auto* group = add_command_group(
      app, "store", "Copy, restore and check the store of a node.",
      {"nexus store backup nexus-2026-03-02.db", "nexus store restore nexus-2026-03-02.db", "nexus store verify"});
  auto const add = [&](CLI::App* command, auto act) {
    auto const setting = [&](char const* name, auto& target, char const* description, char const* type) {
      command->add_option(name, target, description)->type_name(type)->group("Settings");
    };
    setting("--config", options->settings.file, "Settings file that names the data directory", "FILE");
    setting("--data-dir", options->settings.data_dir, "Directory of the store", "DIR");
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
  auto* verifying =
      add_command(*group, shared, "verify",
                  "Read everything in a store or a copy and say what is wrong. Exit code 1 when something is.",
                  {"nexus store verify", "nexus store verify nexus-2026-03-02.db --json"});
  verifying->add_option("file", options->file, "A copy; else the store in the data directory")->type_name("FILE");
  add(verifying, verify);
}

} // namespace nexus::apps
