// The sd_notify protocol: one datagram to the socket that the service manager names.
#pragma once

#include <string_view>

namespace till {

// Does nothing where NOTIFY_SOCKET is not set; trouble is ignored, since nobody waits for it.
void notify_service_manager(std::string_view state);

}  // namespace till
