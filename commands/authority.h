// Who may do what at a terminal. A key of scope MANAGER or above, and a timer, may do everything; a key of scope
// TERMINAL needs a session of an employee who has the permission, or to whom another employee lent it.
#pragma once

#include <string_view>
#include <vector>

#include "commands/rules.h"

namespace till {

// For needs(): the session of the command, where it names one.
void need_session(std::string_view session_id, std::vector<EntityRef>& out);

// Null where there is none.
const schema::SessionState* find_session(const Deciding& deciding, std::string_view session_id);

// The employee of a session; empty where there is none.
std::string_view employee_of(const Deciding& deciding, std::string_view session_id);

// SESSION_NOT_FOUND, TERMINAL_NOT_PERMITTED (the key is bound to another terminal than the session's) or
// SESSION_EXPIRED (its time is over at `at`, or it was ended or revoked), at /session_id. `at` is when the command
// happened: what was done before the time was over counts, however late it comes in (E2). E1: expiry is decided here.
// Offline, a session that is over is noted and not refused: when the till used it, it could not know.
Refusal check_session_open(const Deciding& deciding, std::string_view session_id, Micros at);

// The session may be used at `at`: what check_session_open() refuses, and SESSION_LOCKED (offline noted), at
// /session_id.
Refusal check_session(const Deciding& deciding, std::string_view session_id, Micros at);

// The same at the moment of recording, where the command names a session at all.
Refusal check_named_session(const Deciding& deciding, std::string_view session_id);

// PERMISSION_DENIED where the sender may not do what needs `permission`; the refusals of check_session() where the
// command names a session. An elevation for one use is used up by an event of `acceptance`. Without a session a
// key of scope TERMINAL is refused. A permission holds in the store of its session: PERMISSION_DENIED where `store_id`,
// unless empty, is another.
Refusal authorize(const Deciding& deciding, std::string_view session_id, schema::Permission permission, Micros at,
                  Acceptance& acceptance, std::string_view store_id = {});

}  // namespace till
