// JSON bodies of commands and batches.
#include "tests/fuzz/command_checks.h"
#include "tests/fuzz/request_text.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  till::fuzz::check_request(till::WireForm::kJson, till::fuzz::text_of(data, size));
  return 0;
}
