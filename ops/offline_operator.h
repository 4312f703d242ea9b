// The operator routes of a data folder that no server runs on, answered in this process.
#pragma once

#include "ops/operator_client.h"

namespace till {

// Takes the directory lock and opens every store as `serve` does; closed with the client.
Result<std::unique_ptr<OperatorClient>> open_offline_operator(const std::string& data);

}  // namespace till
