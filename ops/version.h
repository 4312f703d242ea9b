// The program's version; CMakeLists.txt has the same, a test compares them.
#pragma once

namespace till {

inline constexpr const char* kVersion = "0.1.0";

}  // namespace till
