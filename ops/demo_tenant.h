// The tenant that a first start makes: keys, a small chain, one day of trade.
#pragma once

#include <string>

#include "engine/result.h"

namespace till {

struct DemoTenant {
  std::string tenant;
  std::string store_id;
  std::string terminal_id;  // has not traded yet: its sequence begins with 1
  std::string terminal_key;
  std::string manager_key;
  std::string reporting_key;
  std::string admin_key;
};

// Reads `data`/demo-keys.json, or makes the tenant on the running server of `data` and writes that file (mode 0600).
// What a start cut short left undone is done now.
Result<DemoTenant> prepare_demo_tenant(const std::string& data, const std::string& url);

}  // namespace till
