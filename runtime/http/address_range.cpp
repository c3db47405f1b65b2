#include "runtime/http/address_range.hpp"

#include <boost/asio/ip/address.hpp>

#include <algorithm>
#include <charconv>

namespace nexus::http {
namespace {

/// Longer than any address, so that no long text is looked at.
constexpr std::size_t longest_text = 64;

/// The bits of byte `index` that belong to a prefix.
auto mask(unsigned prefix, std::size_t index) -> std::uint8_t {
  auto const bits = std::clamp(static_cast<int>(prefix) - static_cast<int>(index) * 8, 0, 8);
  return static_cast<std::uint8_t>(0xff << (8 - bits));
}

} // namespace

auto ip_address::parse(std::string_view text) -> std::optional<ip_address> {
  text = text.substr(0, text.find('%'));
  if (text.empty() || text.size() > longest_text) return std::nullopt;
  auto failure = boost::system::error_code{};
  auto read = boost::asio::ip::make_address(std::string{text}, failure);
  if (failure) return std::nullopt;
  if (read.is_v6() && read.to_v6().is_v4_mapped())
    read = boost::asio::ip::make_address_v4(boost::asio::ip::v4_mapped, read.to_v6());
  auto result = ip_address{};
  result.v4_ = read.is_v4();
  if (result.v4_) {
    auto const bytes = read.to_v4().to_bytes();
    std::copy(bytes.begin(), bytes.end(), result.bytes_.begin());
  } else {
    result.bytes_ = read.to_v6().to_bytes();
  }
  return result;
}

auto ip_address::is_loopback() const -> bool {
  if (v4_) return bytes_[0] == 127;
  return bytes_.back() == 1 && std::all_of(bytes_.begin(), bytes_.end() - 1, [](auto byte) { return byte == 0; });
}

auto ip_address::to_string() const -> std::string {
  if (v4_) return fmt::format("{}.{}.{}.{}", bytes_[0], bytes_[1], bytes_[2], bytes_[3]);
  return boost::asio::ip::address_v6{bytes_}.to_string();
}

auto address_range::parse(std::string_view text) -> expected<address_range> {
  auto const refuse = [&](std::string remedy) -> expected<address_range> {
    return tl::unexpected{
        error{errc::invalid_argument,
              fmt::format("'{}' is no address and no range of addresses", text.substr(0, longest_text)),
              {},
              std::move(remedy),
              {}}};
  };
  constexpr auto usual = "write it like 10.0.0.0/8, fd00::/8 or 192.0.2.7";
  auto const slash = text.find('/');
  auto const address =
      text.find('%') == std::string_view::npos ? ip_address::parse(text.substr(0, slash)) : std::nullopt;
  if (!address) return refuse(usual);
  auto result = address_range{};
  result.first_ = *address;
  auto const most = address->v4_ ? 32U : 128U;
  result.prefix_ = most;
  if (slash != std::string_view::npos) {
    auto const digits = text.substr(slash + 1);
    auto const [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), result.prefix_);
    if (problem != std::errc{} || end != digits.data() + digits.size() || result.prefix_ > most) return refuse(usual);
  }
  for (std::size_t i = 0; i < most / 8; ++i)
    result.first_.bytes_[i] = static_cast<std::uint8_t>(result.first_.bytes_[i] & mask(result.prefix_, i));
  if (result.first_ != *address)
    return refuse(fmt::format("the range is {}/{}", result.first_.to_string(), result.prefix_));
  return result;
}

auto address_range::contains(ip_address const& address) const -> bool {
  if (address.v4_ != first_.v4_) return false;
  for (std::size_t i = 0; i < (prefix_ + 7) / 8; ++i)
    if ((address.bytes_[i] & mask(prefix_, i)) != first_.bytes_[i]) return false;
  return true;
}

} // namespace nexus::http
