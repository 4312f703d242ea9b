// The folders of a data folder and who may look into them, whatever the umask says.
#pragma once

#include <string>

#include "engine/result.h"

namespace till {

// Makes the data folder itself where there is none. Others may at most pass through it (mode 0711), as MariaDB's user
// has to; a folder that is stricter stays so. kUnavailable where it cannot be made.
Status make_data_folder(const std::string& path);

// Makes a folder for its owner alone (mode 0700), or makes an existing one so. kUnavailable where it cannot be made.
Status make_private_folder(const std::string& path);

}  // namespace till
