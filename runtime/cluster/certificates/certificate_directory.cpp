#include "runtime/cluster/certificates/certificate_directory.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <fstream>
#include <sys/stat.h>
#include <unistd.h>

namespace nexus::cluster {
namespace {

namespace fs = std::filesystem;

constexpr auto largest_file = std::size_t{1} << 20;
/// Clocks of nodes differ.
constexpr auto earlier = std::chrono::minutes{5};
constexpr auto longest = std::chrono::days{36'525};
constexpr auto authority_name = "ca";

struct pair_of_files {
  fs::path certificate;
  fs::path key;
};

auto files_of(fs::path const& directory, std::string_view name) -> pair_of_files {
  return {directory / (std::string{name} + ".pem"), directory / (std::string{name} + ".key")};
}

auto failed(fs::path const& file, std::string_view what, int number) -> tl::unexpected<error> {
  return fail_at(file.string(), number == ENOENT ? errc::not_found : errc::storage, "cannot {}: {}", what,
                 std::generic_category().message(number));
}

auto text_of(fs::path const& file) -> expected<std::string> {
  auto source = std::ifstream{file, std::ios::binary};
  if (!source) return failed(file, "read the file", errno);
  auto text = std::string(largest_file, '\0');
  source.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(source.gcount()));
  return text;
}

auto write_all(int descriptor, std::string_view text) -> bool {
  while (!text.empty()) {
    auto const written = ::write(descriptor, text.data(), text.size());
    if (written < 0 && errno != EINTR) return false;
    if (written > 0) text.remove_prefix(static_cast<std::size_t>(written));
  }
  return ::fsync(descriptor) == 0;
}

/// Never readable by others, not even while it is being written.
auto put(fs::path const& file, std::string_view text, mode_t mode) -> expected<void> {
  auto const fresh = fs::path{file.string() + ".new"};
  ::unlink(fresh.c_str());
  auto const descriptor = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
  if (descriptor < 0) return failed(fresh, "write the file", errno);
  auto good = ::fchmod(descriptor, mode) == 0 && write_all(descriptor, text);
  auto number = errno;
  ::close(descriptor);
  if (good && ::rename(fresh.c_str(), file.c_str()) != 0) {
    good = false;
    number = errno;
  }
  if (good) return {};
  ::unlink(fresh.c_str());
  return failed(file, "write the file", number);
}

auto facts_in(std::string const& pem) -> expected<certificate_facts> {
  auto const found = read_certificates(pem);
  if (!found) return tl::unexpected{found.error()};
  return facts_of(found->front().get());
}

/// The key first: a node that reads in between finds a key that does not match, and keeps what it has.
auto store(fs::path const& directory, std::string_view name, credentials const& made) -> expected<issued_files> {
  auto const files = files_of(directory, name);
  if (auto const written = put(files.key, made.key, 0600); !written) return tl::unexpected{written.error()};
  if (auto const written = put(files.certificate, made.certificate, 0644); !written)
    return tl::unexpected{written.error()};
  auto facts = facts_in(made.certificate);
  if (!facts) return tl::unexpected{facts.error()};
  return issued_files{files.certificate.string(), files.key.string(),
                      files_of(directory, authority_name).certificate.string(), std::move(*facts)};
}

auto check_absent(pair_of_files const& files, std::string_view remedy) -> expected<void> {
  for (auto const& file : {files.certificate, files.key}) {
    auto ignored = std::error_code{};
    if (fs::exists(fs::symlink_status(file, ignored)))
      return tl::unexpected{error{errc::conflict, "is there already", file.string(), std::string{remedy}, {}}};
  }
  return {};
}

auto check_time(std::chrono::days valid) -> expected<void> {
  if (valid < std::chrono::days{1} || valid > longest)
    return fail(errc::invalid_argument, "a certificate is valid for 1 to {} days, not {}", longest.count(),
                valid.count());
  return {};
}

auto check_name(std::string_view name) -> expected<void> {
  if (name == authority_name)
    return fail(errc::invalid_argument, "'{}' is the name of the authority's own files", name);
  if (!is_node_name(name))
    return fail(
        errc::invalid_argument,
        "'{}' is no name for a node: 1 to 63 letters, digits, '-', '_' and '.', beginning with a letter or digit",
        name);
  return {};
}

auto authority_in(fs::path const& directory) -> expected<credentials> {
  auto const files = files_of(directory, authority_name);
  auto result = credentials{};
  for (auto const& [file, target] : {std::pair{files.certificate, &result.certificate}, {files.key, &result.key}}) {
    auto text = text_of(file);
    if (!text) {
      auto problem = std::move(text.error());
      if (problem.code == errc::not_found)
        problem.remedy = fmt::format("make an authority with 'nexus certs init {}'", directory.string());
      return tl::unexpected{std::move(problem)};
    }
    *target = std::move(*text);
  }
  return result;
}

/// A certificate that outlived its authority would be refused all the same.
auto end_of(credentials const& authority, std::chrono::days valid, timestamp now) -> expected<timestamp> {
  auto const facts = facts_in(authority.certificate);
  if (!facts) return tl::unexpected{facts.error()};
  if (facts->not_after <= now)
    return tl::unexpected{error{errc::conflict,
                                fmt::format("the authority '{}' has expired", facts->name),
                                {},
                                "make a new one with 'nexus certs init', and give it to all nodes",
                                {}}};
  return std::min(facts->not_after, now + valid);
}

auto issue(fs::path const& directory, std::string_view name, std::vector<std::string> const& hosts,
           std::chrono::days valid, timestamp now) -> expected<issued_files> {
  auto const authority = authority_in(directory);
  if (!authority) return tl::unexpected{authority.error()};
  auto const until = end_of(*authority, valid, now);
  if (!until) return tl::unexpected{until.error()};
  auto const made = issue_certificate(*authority, name, hosts, now - earlier, *until);
  if (!made) return tl::unexpected{made.error()};
  return store(directory, name, *made);
}

} // namespace

auto make_authority_in(fs::path const& directory, std::string_view name, std::chrono::days valid, timestamp now,
                       overwriting existing) -> expected<issued_files> {
  if (auto const good = check_time(valid); !good) return tl::unexpected{good.error()};
  if (name.empty() || name.size() > 64)
    return fail(errc::invalid_argument, "an authority's name has 1 to 64 bytes, not {}", name.size());
  if (existing == overwriting::never)
    if (auto const absent = check_absent(files_of(directory, authority_name),
                                         "use --force to replace it: all certificates must then be issued anew");
        !absent)
      return tl::unexpected{absent.error()};
  auto problem = std::error_code{};
  if (fs::create_directories(directory, problem)) fs::permissions(directory, fs::perms::owner_all, problem);
  if (problem) return failed(directory, "make the directory", problem.value());
  auto const made = make_authority(name, now - earlier, now + valid);
  if (!made) return tl::unexpected{made.error()};
  return store(directory, authority_name, *made);
}

auto issue_in(fs::path const& directory, std::string_view name, std::vector<std::string> const& hosts,
              std::chrono::days valid, timestamp now, overwriting existing) -> expected<issued_files> {
  if (auto const good = check_name(name); !good) return tl::unexpected{good.error()};
  if (auto const good = check_time(valid); !good) return tl::unexpected{good.error()};
  if (existing == overwriting::never)
    if (auto const absent = check_absent(
            files_of(directory, name),
            fmt::format("renew it with 'nexus certs rotate {} {}', or use --force", name, directory.string()));
        !absent)
      return tl::unexpected{absent.error()};
  return issue(directory, name, hosts, valid, now);
}

auto rotate_in(fs::path const& directory, std::string_view name, std::chrono::days valid, timestamp now)
    -> expected<issued_files> {
  if (auto const good = check_name(name); !good) return tl::unexpected{good.error()};
  if (auto const good = check_time(valid); !good) return tl::unexpected{good.error()};
  auto const text = text_of(files_of(directory, name).certificate);
  if (!text) {
    auto problem = text.error();
    if (problem.code == errc::not_found)
      problem.remedy = fmt::format("issue the first one with 'nexus certs issue {} {}'", name, directory.string());
    return tl::unexpected{std::move(problem)};
  }
  auto const former = facts_in(*text);
  if (!former)
    return fail_at(files_of(directory, name).certificate.string(), former.error().code, "{}", former.error().message);
  auto hosts = former->names;
  std::erase(hosts, name);
  return issue(directory, name, hosts, valid, now);
}

auto read_facts(fs::path const& file) -> expected<std::vector<certificate_facts>> {
  auto const text = text_of(file);
  if (!text) return tl::unexpected{text.error()};
  auto const found = read_certificates(*text);
  if (!found) return fail_at(file.string(), found.error().code, "{}", found.error().message);
  auto all = std::vector<certificate_facts>{};
  for (auto const& certificate : *found) all.push_back(facts_of(certificate.get()));
  return all;
}

} // namespace nexus::cluster
