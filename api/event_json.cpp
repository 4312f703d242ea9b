#include "api/event_json.h"

#include "api/json_codec.h"

namespace till {

void append_event_json(const google::protobuf::Message& event, std::uint32_t type, std::string& out) {
  const auto* const field = event.GetDescriptor()->FindFieldByNumber(static_cast<int>(type));
  const bool known = field != nullptr && field->cpp_type() == google::protobuf::FieldDescriptor::CPPTYPE_MESSAGE;
  encode_json(known ? event.GetReflection()->GetMessage(event, field) : event, out);
}

}  // namespace till
