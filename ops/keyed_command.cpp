#include "ops/keyed_command.h"

#include "api/json_codec.h"
#include "engine/json_writer.h"
#include "engine/result.h"

namespace till {

const google::protobuf::Message& body_of(const schema::Command& command) {
  const auto* oneof = schema::Command::descriptor()->oneof_decl(0);
  const auto* field = command.GetReflection()->GetOneofFieldDescriptor(command, oneof);
  TILL_ASSERT(field != nullptr);
  return command.GetReflection()->GetMessage(command, field);
}

void append_batch_item(const KeyedCommand& keyed, std::string& out) {
  const auto& body = body_of(keyed.command);
  out += R"({"idempotency_key":)";
  append_json_string(keyed.idempotency_key, out);
  out += R"(,"command":)";
  append_json_string(body.GetDescriptor()->name(), out);
  out += R"(,"body":)";
  encode_json(body, out);
  out += '}';
}

}  // namespace till
