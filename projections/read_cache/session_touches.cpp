#include "projections/read_cache/session_touches.h"

#include <algorithm>

namespace till {
namespace {

std::string key_of(const SessionTouches::Session& session) {
  std::string key(session.tenant);
  key.push_back('\0');
  key.append(session.session_id);
  return key;
}

}  // namespace

std::optional<Micros> SessionTouches::touch(const Session& session, Micros now, Micros until) {
  const std::lock_guard lock(mutex_);
  const std::string key = key_of(session);
  const auto known = entries_.find(key);
  const bool same = known != entries_.end() && known->second.version == session.version;
  if (same && known->second.idle_until <= now) return std::nullopt;
  if (known == entries_.end()) make_room(now);
  const Entry entry{session.version, std::min(until, session.expires_at), session.expires_at};
  entries_.insert_or_assign(key, entry);
  return entry.idle_until;
}

bool SessionTouches::has_idled_out(const Session& session, Micros now) {
  const std::lock_guard lock(mutex_);
  const auto known = entries_.find(key_of(session));
  return known != entries_.end() && known->second.version == session.version && known->second.idle_until <= now;
}

std::size_t SessionTouches::size() {
  const std::lock_guard lock(mutex_);
  return entries_.size();
}

// What is over goes first; a session that is not is forgotten rather than another one refused.
void SessionTouches::make_room(Micros now) {
  if (entries_.size() < most_) return;
  std::erase_if(entries_, [now](const auto& entry) { return entry.second.expires_at <= now; });
  if (entries_.size() >= most_ && !entries_.empty()) entries_.erase(entries_.begin());
}

}  // namespace till
