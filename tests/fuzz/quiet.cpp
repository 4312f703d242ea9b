// Part of each target: before the first input.
#include <google/protobuf/stubs/logging.h>

// Protobuf would write a line for every string that is not UTF-8, which costs more than decoding it.
extern "C" int LLVMFuzzerInitialize(int*, char***) {
  google::protobuf::SetLogHandler(nullptr);
  return 0;
}
