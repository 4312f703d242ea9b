// The program's version, which is that of the project in CMakeLists.txt.
#pragma once

namespace till {

extern const char* const kVersion;

}  // namespace till
