// Which sessions of employees are in use: the sliding end of a session, kept in memory alone, since a touch a minute of
// every till would flood the log. A session that was never touched ends by its event only.
#pragma once

#include <cstddef>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "engine/vocabulary.h"

namespace till {

// Thread safe.
class SessionTouches {
 public:
  // Of sessions that are kept at once; one that is forgotten counts as never touched.
  explicit SessionTouches(std::size_t most = 200'000) : most_(most) {}

  struct Session {
    std::string_view tenant;
    std::string_view session_id;
    StreamVersion version;  // a session that was unlocked, say, since it was touched begins its idle time anew
    Micros expires_at;      // whatever is touched
  };

  // The session is in use at `now` and idles out at `until`, or at its end if that comes first. The moment at which it
  // idles out now; nothing where it had idled out already.
  std::optional<Micros> touch(const Session& session, Micros now, Micros until);
  // Whether it was touched and has idled out.
  bool has_idled_out(const Session& session, Micros now);
  std::size_t size();

 private:
  struct Entry {
    StreamVersion version;
    Micros idle_until;
    Micros expires_at;
  };
  void make_room(Micros now);

  const std::size_t most_;
  std::mutex mutex_;
  std::map<std::string, Entry, std::less<>> entries_;  // by tenant, NUL, session
};

}  // namespace till
