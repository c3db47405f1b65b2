#include "actors/llm/words.hpp"

#include "messages/core/text.hpp"

#include <algorithm>
#include <array>
#include <set>

namespace nexus::llm {

namespace {

constexpr std::size_t longest_question = 2 * 1024;

auto is_alphanumeric(char c) -> bool {
  // Bytes above 127 belong to letters of other scripts.
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         static_cast<unsigned char>(c) >= 0x80;
}

// Joins the parts of a name when it stands between them.
auto is_joint(char c) -> bool { return c == '-' || c == '_' || c == '/' || c == '.' || c == '+'; }

// Written with a joint, and yet vocabulary.
constexpr std::array<std::pair<std::string_view, std::string_view>, 12> joined_vocabulary{{
    {"go/no-go", "go-no-go"},
    {"go/nogo", "go-no-go"},
    {"go/no", "go-no-go"},
    {"no-go", "no-go"},
    {"nogo", "no-go"},
    {"go-live", "go-live"},
    {"sub-task", "subtask"},
    {"sub-tasks", "subtasks"},
    {"break-down", "breakdown"},
    {"ci/cd", "ci"},
    {"to-do", "todo"},
    {"in-progress", "progress"},
}};

constexpr std::string_view vocabulary =
    "a about above after again ago all already alright also am an and another any anybody anyone anything approval "
    "approvals approve approved are around as ask assess assessment assigned assignee at available away be because "
    "become been before behind being belong belongs below between blocked blocker blockers blocking blocks blocked "
    "board both branch branches break breakdown breaking broke broken bug bugs build building builds built burn "
    "burndown burned but by can cause changes check checked checks child children ci clean close closed code come "
    "comes commit commits compile compiled complete completed completion console contain contains could count "
    "coverage critical current currently cut cve cves date day days decision defect defects deploy deployed describe "
    "description detail details detected did display do does doing done down due during duration each else epic epics "
    "error errors estimate ever every everybody everyone everything exist exists explain exploitable exposed fail "
    "failed failing fails failure failures far figures find findings fine finish finished first fix fixed flaky folks "
    "for found from full further gate get give go go-live go-no-go going gone good got green had happen happened "
    "happening has have he health healthy hear hello help her here hey hi hierarchy high highest him his history hold "
    "holding hours how i if important in incident incidents info information insecure into is issue issues it item "
    "items its jenkins jira job jobs just keep kind know known lack last late lately later latest launch leak leaked "
    "least left let like list live log long look looking looks low lowest main major make many master may me mean "
    "medium merge mergeable merged message met metrics might minutes missing month months more most much must my "
    "name named names need needed needs never new newest news next no no-go nobody none normal not now number "
    "numbers of off often ok okay old on once one ones only open opened or other our out outstanding overall overdue "
    "overview own owned owner owns page part pass passed passes passing past pending people per percent percentage "
    "person pipeline pipelines plan planned please point points pr previous priority problem problems production "
    "progress project projects protected protection provide prs publish pull quality question quick rate rating read "
    "readiness ready really reason recent recently red release released releases releasing remain remaining report "
    "repo repos repositories repository request requests required resolve resolved resolution result results review "
    "reviewed reviewer reviewers reviews right risk risks risky rollout run running runs safe said say scan scans "
    "score secret secrets secure security see sha share ship shipped shipping should show sign since sit situation "
    "size small so solved some somebody someone something soon source sprint sprints stability stable staging stale "
    "stand standing stands start started state statistics stats status still stop stopped stopping stories story "
    "subtask subtasks succeed succeeded success successful suite summarise summarize summary sure take taken takes "
    "target task tasks team tell test tested tests than thanks that the their them then there these they thing things "
    "think this those threshold through ticket tickets till time times to today todo together tomorrow total track "
    "tree trend triggered trunk try turn two type unassigned under unhealthy unresolved unstable until up update "
    "updated updates upcoming urgent us use used velocity verdict version versions very view vulnerabilities "
    "vulnerability vulnerable wait waiting want wanted was way we week weeks well went were what what's when where "
    "whether which while who whole whom whose why will with within without work working works worried worry would "
    "write written wrong wrote yes yesterday yet you your "
    "monday tuesday wednesday thursday friday saturday sunday morning afternoon evening night tonight";

auto common_words() -> std::set<std::string_view> const& {
  static auto const set = [] {
    std::set<std::string_view> result;
    for (std::size_t at = 0; at < vocabulary.size();) {
      auto const end = std::min(vocabulary.find(' ', at), vocabulary.size());
      result.insert(vocabulary.substr(at, end - at));
      at = end + 1;
    }
    return result;
  }();
  return set;
}

} // namespace

auto split_words(std::string_view text) -> std::vector<word> {
  std::string source{text.substr(0, longest_question)};
  // A typographic apostrophe is an apostrophe.
  for (std::size_t at; (at = source.find("\xe2\x80\x99")) != std::string::npos;) source.replace(at, 3, "'");

  std::vector<word> words;
  for (std::size_t at = 0; at < source.size();) {
    auto const numbered = source[at] == '#' && at + 1 < source.size() && is_alphanumeric(source[at + 1]);
    if (!numbered && !is_alphanumeric(source[at])) {
      ++at;
      continue;
    }
    auto const glued = numbered && at > 0 && is_alphanumeric(source[at - 1]);
    auto end = at + 1;
    while (end < source.size() && (is_alphanumeric(source[end]) || (is_joint(source[end]) && end + 1 < source.size() &&
                                                                    is_alphanumeric(source[end + 1]))))
      ++end;
    if (glued && !words.empty()) words.back().number_follows = true;
    auto piece = source.substr(at, end - at);
    at = end;
    // "ORCA's": the possessive is no word.
    if (at + 1 < source.size() && source[at] == '\'' && (source[at + 1] == 's' || source[at + 1] == 'S') &&
        (at + 2 == source.size() || !is_alphanumeric(source[at + 2])))
      at += 2;
    word next{.text = piece, .lower = lower_case(piece)};
    auto const joined = std::find_if(joined_vocabulary.begin(), joined_vocabulary.end(),
                                     [&](auto const& entry) { return entry.first == next.lower; });
    if (joined != joined_vocabulary.end())
      next.lower = joined->second;
    else
      next.compound = std::any_of(piece.begin(), piece.end(), is_joint);
    words.push_back(std::move(next));
  }
  return words;
}

auto name_parts(std::string_view name) -> std::vector<std::string> {
  std::vector<std::string> parts;
  std::string part;
  for (auto c : name) {
    if (is_alphanumeric(c)) {
      part += c;
    } else if (!part.empty()) {
      parts.push_back(lower_case(part));
      part.clear();
    }
  }
  if (!part.empty()) parts.push_back(lower_case(part));
  return parts;
}

auto is_common(std::string_view lower) -> bool { return common_words().contains(lower); }

auto is_foreign(std::vector<word> const& words) -> bool {
  static std::set<std::string_view> const foreign{"wie",
                                                  "ist",
                                                  "der",
                                                  "die",
                                                  "das",
                                                  "und",
                                                  "warum",
                                                  "wer",
                                                  "welche",
                                                  "welcher",
                                                  "gibt",
                                                  "sind",
                                                  "kann",
                                                  "nicht",
                                                  "von",
                                                  "im",
                                                  "den",
                                                  "dem",
                                                  "ein",
                                                  "eine",
                                                  "für",
                                                  "zeige",
                                                  "est",
                                                  "le",
                                                  "la",
                                                  "les",
                                                  "pourquoi",
                                                  "quel",
                                                  "quelle",
                                                  "qui",
                                                  "des",
                                                  "une",
                                                  "dans",
                                                  "que",
                                                  "el",
                                                  "los",
                                                  "cuál",
                                                  "cual",
                                                  "por",
                                                  "qué",
                                                  "quién",
                                                  "está",
                                                  "estado",
                                                  "del",
                                                  "il",
                                                  "perché",
                                                  "quali",
                                                  "stato",
                                                  "wann",
                                                  "wo",
                                                  "hat",
                                                  "bereit",
                                                  "fehlgeschlagen",
                                                  "comment",
                                                  "sont",
                                                  "cuales",
                                                  "cuáles",
                                                  "como",
                                                  "cómo"};
  static std::set<std::string_view> const english{"is",  "the", "of",   "what", "why",  "which", "who", "how",
                                                  "are", "did", "does", "has",  "have", "show",  "and", "was"};
  auto const count = [&](auto const& set) {
    return std::count_if(words.begin(), words.end(), [&](word const& w) { return set.contains(w.lower); });
  };
  // One foreign word may be a name, or all that is strange about a question that can be answered.
  return count(foreign) >= 2 && count(foreign) > count(english);
}

} // namespace nexus::llm
