// The program `till`.
#ifdef TILL_MIMALLOC
#include <mimalloc.h>
#endif

#include "ops/commands.h"

int main(int argc, char** argv) {
#ifdef TILL_MIMALLOC
  // What is given back to the system at once is wanted again a moment later, at a page fault for every 4 KiB: a third
  // of a sale's cost. After a busy time it goes back with this delay.
  constexpr long kGiveBackAfterMs = 10'000;
  mi_option_set_default(mi_option_decommit_delay, kGiveBackAfterMs);
#endif
  return till::run_program(argc, argv);
}
