#define CATCH_CONFIG_MAIN
#include <catch2/catch.hpp>

// RocksDB 7.8 loses the memtable that it has just made where it cannot write the MANIFEST while a WAL becomes obsolete,
// which full disks and power cuts of the tests lead to. Nothing else may be lost (see <sanitizer/lsan_interface.h>).
extern "C" const char* __lsan_default_suppressions();
extern "C" const char* __lsan_default_suppressions() {
  return "leak:rocksdb::DBImpl::SwitchMemtable\n";
}
