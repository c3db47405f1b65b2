#pragma once

#include "actors/evidence/report_file.hpp"

#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <fstream>
#include <stdlib.h>
#include <string>

namespace nexus::evidence {

/// A directory of its own for one test, removed afterwards.
class temporary_directory {
public:
  temporary_directory() {
    auto pattern = (std::filesystem::temp_directory_path() / "nexus-evidence-XXXXXX").string();
    BOOST_REQUIRE(mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
  }
  ~temporary_directory() {
    auto ignored = std::error_code{};
    std::filesystem::remove_all(path_, ignored);
  }
  temporary_directory(temporary_directory const&) = delete;
  auto operator=(temporary_directory const&) -> temporary_directory& = delete;

  auto path() const -> std::filesystem::path const& { return path_; }

  auto write(std::string const& name, std::string_view text) const -> std::string {
    auto const file = path_ / name;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream{file, std::ios::binary} << text;
    return file.string();
  }

private:
  std::filesystem::path path_;
};

/// A sample report from the data folder.
inline auto sample(std::string const& name) -> std::string {
  auto file = read_file(std::filesystem::path{NEXUS_SOURCE_DIR} / "tests/actors/evidence/data" / name);
  BOOST_REQUIRE_MESSAGE(file.has_value(), name);
  return file->text;
}

inline auto at(char const* text) -> timestamp { return observed_at(text, std::nullopt).value(); }

/// Hands every beginning of `text`, and `text` with each byte in turn replaced by NUL and by '<', to `parse`; only
/// survival counts.
template <class Parse>
void survives_damage(std::string const& text, Parse parse) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    parse(std::string_view{text}.substr(0, i));
    auto damaged = text;
    for (auto c : {'\0', '<', '"', '\xff'}) {
      damaged[i] = c;
      parse(std::string_view{damaged});
    }
  }
}

inline auto repeated(std::string_view text, std::size_t times) -> std::string {
  auto result = std::string{};
  for (std::size_t i = 0; i < times; ++i) result += text;
  return result;
}

} // namespace nexus::evidence
