// The program `till`.
#include "ops/commands.h"

int main(int argc, char** argv) {
  return till::run_program(argc, argv);
}
