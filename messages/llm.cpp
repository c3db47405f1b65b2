#include "messages/llm.hpp"

namespace nexus {

NEXUS_DEFINE_CODECS(chat_role, tool_call, chat_message, tool_definition, finish_reason, chat_completion, complete_chat)

} // namespace nexus
