#include "apps/support_bundle.hpp"

#include <algorithm>
#include <archive.h>
#include <archive_entry.h>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <memory>
#include <unistd.h>

namespace nexus::apps {
namespace {

struct free_archive {
  void operator()(archive* what) const { archive_write_free(what); }
};
struct free_entry {
  void operator()(archive_entry* what) const { archive_entry_free(what); }
};

auto redacted(std::string_view text, redactor const& hidden) -> std::string {
  // A secret of several lines is hidden as a whole first.
  auto const whole = hidden.redact(text);
  auto result = std::string{};
  for (auto rest = std::string_view{whole}; !rest.empty();) {
    auto const end = std::min(rest.find('\n'), rest.size());
    result += hidden.redact(rest.substr(0, end));
    if (end < rest.size()) result += '\n';
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return result;
}

auto write_entries(archive* out, std::vector<bundle_entry> const& entries, redactor const& hidden, std::time_t now)
    -> bool {
  return std::ranges::all_of(entries, [&](bundle_entry const& each) {
    auto const text = redacted(each.text, hidden);
    auto const entry = std::unique_ptr<archive_entry, free_entry>{archive_entry_new()};
    archive_entry_set_pathname(entry.get(), ("nexus-support/" + each.name).c_str());
    archive_entry_set_size(entry.get(), static_cast<la_int64_t>(text.size()));
    archive_entry_set_filetype(entry.get(), AE_IFREG);
    archive_entry_set_perm(entry.get(), 0600);
    archive_entry_set_mtime(entry.get(), now, 0);
    return archive_write_header(out, entry.get()) == ARCHIVE_OK &&
           archive_write_data(out, text.data(), text.size()) == static_cast<la_ssize_t>(text.size());
  });
}

} // namespace

auto write_bundle(std::string const& file, std::vector<bundle_entry> const& entries, redactor const& hidden,
                  std::chrono::system_clock::time_point now) -> expected<void> {
  auto const descriptor = ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (descriptor < 0)
    return fail_at(file, errno == EEXIST ? errc::conflict : errc::storage, "cannot be made: {}", std::strerror(errno));
  auto const out = std::unique_ptr<archive, free_archive>{archive_write_new()};
  auto const good = archive_write_add_filter_gzip(out.get()) == ARCHIVE_OK &&
                    archive_write_set_format_pax_restricted(out.get()) == ARCHIVE_OK &&
                    archive_write_open_fd(out.get(), descriptor) == ARCHIVE_OK &&
                    write_entries(out.get(), entries, hidden, std::chrono::system_clock::to_time_t(now)) &&
                    archive_write_close(out.get()) == ARCHIVE_OK;
  auto const reason = std::string{good ? "" : archive_error_string(out.get()) ? archive_error_string(out.get()) : "?"};
  auto const closed = ::close(descriptor) == 0;
  if (good && closed) return {};
  auto ignored = std::error_code{};
  std::filesystem::remove(file, ignored);
  return fail_at(file, errc::storage, "cannot be written: {}", reason);
}

auto last_lines(std::string const& file, std::size_t bytes) -> expected<std::string> {
  auto stream = std::ifstream{file, std::ios::binary | std::ios::ate};
  if (!stream) return fail_at(file, errc::not_found, "cannot be opened: {}", std::strerror(errno));
  auto const size = static_cast<std::size_t>(std::max<std::streamoff>(stream.tellg(), 0));
  auto text = std::string(std::min(size, bytes), '\0');
  stream.seekg(static_cast<std::streamoff>(size - text.size()));
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(std::max<std::streamsize>(stream.gcount(), 0)));
  if (text.size() < size) text.erase(0, std::min(text.find('\n'), text.size() - 1) + 1);
  return text;
}

} // namespace nexus::apps
