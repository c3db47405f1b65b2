#pragma once

#include "messages/core/caf.hpp"

#include <set>
#include <string>

namespace nexus::cluster {

/// What the bytes of messages depend on, as text: every announced type with the names, kinds and order of its members.
/// CAF compares the names of types alone; nodes compare this before they link.
class layout_text {
public:
  void add(type_descriptor const& type);
  /// SHA-256 of the text, in hex.
  auto digest() const -> std::string;
  auto text() const -> std::string const& { return text_; }

private:
  std::string text_;
  std::set<std::string, std::less<>> seen_;
};

namespace detail {

template <class Block, std::size_t... Is>
void add_layouts(layout_text& to, std::index_sequence<Is...>) {
  auto const add = [&]<class T>(std::type_identity<T>) {
    if constexpr (described_struct<T> || described_enum<T>) to.add(descriptor_of<T>());
  };
  (add(std::type_identity<typename caf::type_by_id<static_cast<caf::type_id_t>(Block::begin + Is)>::type>{}), ...);
}

} // namespace detail

/// The digest over the types of CAF's blocks, in their order.
template <class... Blocks>
auto layouts_of() -> std::string {
  auto all = layout_text{};
  (detail::add_layouts<Blocks>(all, std::make_index_sequence<static_cast<std::size_t>(Blocks::end - Blocks::begin)>{}),
   ...);
  return all.digest();
}

} // namespace nexus::cluster
