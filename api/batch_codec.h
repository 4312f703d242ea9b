// Between command_codec.cpp and batch_codec.cpp: one command's body outside of a request of its own.
#pragma once

#include <string_view>

#include "api/command_codec.h"
#include "api/json_document.h"

namespace till {

DecodedCommand decode_command_value(const Route& route, const JsonValue& body, std::string_view instance);
DecodedCommand decode_command_bytes(const Route& route, std::string_view body, std::string_view instance);

}  // namespace till
