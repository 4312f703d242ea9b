// The section [mail] of the configuration.
#pragma once

#include <string>

namespace till {

struct MailSettings {
  std::string url;  // empty: no mail is sent
  std::string from;
  std::string from_name;              // empty: of receipts the store's
  std::string starttls = "required";  // or "if_offered", "none"
  std::string user;
  std::string password_file;
  std::string ca_file;
};

}  // namespace till
