#include "ops/version.h"

namespace till {

const char* const kVersion = TILL_VERSION;

}  // namespace till
