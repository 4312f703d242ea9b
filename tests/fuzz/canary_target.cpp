// A fault put in on purpose, that the fuzzer has to find: five characters that no seed and no dictionary holds,
// compared one by one in what the decoder made of a path. Blind mutation would need some 2^40 runs; a fuzzer
// that sees which branches were taken needs thousands. Not found, the other targets have shown nothing.
#include <cstdio>
#include <cstdlib>
#include <string>

#include "api/routes.h"
#include "tests/fuzz/request_text.h"

namespace {

volatile int depth = 0;  // keeps the comparisons apart

void look(const std::string& value) {
  if (value.size() < 5) return;
  if (value[0] != 'q') return;
  depth = 1;
  if (value[1] != 'X') return;
  depth = 2;
  if (value[2] != '7') return;
  depth = 3;
  if (value[3] != '~') return;
  depth = 4;
  if (value[4] != 'k') return;
  std::fputs("the canary was found\n", stderr);
  std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string value;
  if (till::percent_decode(till::fuzz::text_of(data, size), false, value)) look(value);
  return 0;
}
