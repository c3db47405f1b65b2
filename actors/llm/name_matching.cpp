#include "actors/llm/name_matching.hpp"

#include "messages/core/codec.hpp"

#include <algorithm>
#include <map>
#include <numeric>

namespace nexus::llm {

namespace {

constexpr std::size_t longest_run = 8;
constexpr std::size_t shortest_part = 3;
constexpr std::size_t shortest_misspelt = 5;
constexpr std::size_t most_misspelt = 32;

// How a name was found, the best last.
enum class found_as : std::uint8_t { nothing, everyday_word, misspelt, part, base, whole };

struct score {
  found_as kind = found_as::nothing;
  std::size_t length = 0;
  friend auto operator<=>(score const&, score const&) = default;
};

// Every run of neighbouring parts in the question, written together, and whether it says more than everyday words.
auto runs_of(std::vector<word> const& words) -> std::map<std::string, bool, std::less<>> {
  struct piece {
    std::string text;
    bool telling;
  };
  std::vector<piece> pieces;
  for (auto const& w : words) {
    auto const telling = w.compound || !is_common(w.lower);
    for (auto& part : name_parts(w.text)) pieces.push_back({std::move(part), telling});
  }
  std::map<std::string, bool, std::less<>> runs;
  for (std::size_t first = 0; first < pieces.size(); ++first) {
    std::string run;
    auto telling = false;
    for (std::size_t i = first; i < std::min(pieces.size(), first + longest_run); ++i) {
      run += pieces[i].text;
      telling = telling || pieces[i].telling;
      auto [entry, fresh] = runs.emplace(run, telling);
      if (!fresh) entry->second = entry->second || telling;
    }
  }
  return runs;
}

auto score_of(std::string const& name, std::vector<word> const& words,
              std::map<std::string, bool, std::less<>> const& runs) -> score {
  auto const parts = name_parts(name);
  if (parts.empty()) return {};
  auto const slash = name.rfind('/');
  auto const base_parts = slash == std::string::npos ? parts.size() : name_parts(name.substr(slash + 1)).size();
  auto const base = parts.size() - base_parts;
  // "OPS" written in capitals is a name, "ops" might be a word.
  auto const as_written =
      std::any_of(words.begin(), words.end(), [&](word const& w) { return w.text == name && w.text != w.lower; });

  score best;
  for (std::size_t first = 0; first < parts.size(); ++first) {
    std::string run;
    for (std::size_t last = first; last < std::min(parts.size(), first + longest_run); ++last) {
      run += parts[last];
      auto const seen = runs.find(run);
      if (seen == runs.end()) continue;
      auto const to_end = last + 1 == parts.size();
      auto const kind = first == 0 && to_end      ? found_as::whole
                        : first == base && to_end ? found_as::base
                                                  : found_as::part;
      if (seen->second || (kind == found_as::whole && as_written)) {
        if (kind != found_as::part || run.size() >= shortest_part) best = std::max(best, score{kind, run.size()});
      } else if (kind != found_as::part) {
        best = std::max(best, score{found_as::everyday_word, run.size()});
      }
    }
  }
  if (best.kind > found_as::misspelt) return best;
  for (std::size_t tried = 0; auto const& w : words) {
    if (w.compound || w.lower.size() < shortest_misspelt || is_common(w.lower)) continue;
    if (++tried > most_misspelt) break;
    for (auto const& part : parts)
      if (part.size() >= shortest_misspelt && !did_you_mean(w.lower, {part}).empty())
        best = std::max(best, score{found_as::misspelt, part.size()});
  }
  return best;
}

} // namespace

auto match_names(std::vector<word> const& words, std::vector<candidate> const& candidates) -> std::vector<std::size_t> {
  auto const runs = runs_of(words);
  std::vector<std::size_t> best;
  score highest;
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    score own;
    for (auto const& name : candidates[i].names) own = std::max(own, score_of(name, words, runs));
    if (own.kind == found_as::nothing || own < highest) continue;
    if (own > highest) best.clear();
    highest = own;
    best.push_back(i);
  }
  return best;
}

} // namespace nexus::llm
