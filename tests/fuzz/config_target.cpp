// DIR/till.toml: whatever its text, it is taken or refused with a sentence.
#include "engine/result.h"
#include "ops/config.h"
#include "tests/fuzz/request_text.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto config = till::parse_config(till::fuzz::text_of(data, size), "till.toml");
  if (config.ok()) {
    TILL_ASSERT(till::check_config(config.value()).ok());
  } else {
    TILL_ASSERT(config.error().kind == till::ErrorKind::kInvalid && !config.error().message.empty());
  }
  return 0;
}
