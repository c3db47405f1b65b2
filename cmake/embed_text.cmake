# cmake -D input=... -D output=... -D name=... -P embed_text.cmake: writes C++ that holds a text file. See embed.cmake.
file(READ ${input} text)
string(FIND "${text}" ")nexus_text\"" clash)
if(NOT clash EQUAL -1)
  message(FATAL_ERROR "${input} holds the mark that ends a raw string here")
endif()
file(WRITE ${output} "#include \"embedded/${name}.hpp\"

namespace nexus::embedded {

using namespace std::string_view_literals;

auto ${name}() -> std::string_view { return R\"nexus_text(${text})nexus_text\"sv; }

} // namespace nexus::embedded
")
