"""Employees sign in at tills: PINs, lockout, permissions lent, sessions revoked."""

from typing import Any

from support.case import ContractTest
from support.client import Answer, money

WRONG_PINS = 5


class SignIn(ContractTest):
    def setUp(self) -> None:
        self.employee = self.hire(["PAID_IN_OUT"])

    def hire(self, permissions: list[str], pin: str = "2468") -> str:
        employee = self.world.unique("employee")
        self.accepted(self.api().command("PUT", f"/v1/employees/{employee}",
                                         {"employee_id": employee, "name": "Ann", "permissions": permissions}))
        self.last = self.api().command("PUT", f"/v1/employees/{employee}/pin", {"pin": pin})
        self.assertEqual(self.last.status, 201, self.last)
        # The PIN is looked up in the read cache: wait until it is there.
        self.ok(self.api().read(f"/v1/employees/{employee}", self.last.position))
        return employee

    def start(self, pin: str | None, employee: str | None = None) -> tuple[str, Answer]:
        up, session = self.world.up, self.world.unique("session")
        body: dict[str, Any] = {"session_id": session, "employee_id": employee or self.employee,
                                "store_id": up["store_id"], "terminal_id": up["terminal_id"]}
        answer = self.api("terminal").command("POST", "/v1/sessions", body | ({"pin": pin} if pin else {}))
        return session, answer

    def test_the_right_pin_opens_a_session(self) -> None:
        session, answer = self.start("2468")
        self.assertEqual(answer.status, 201, answer)
        view = self.ok(self.api("terminal").read(f"/v1/sessions/{session}", answer.position))
        self.assertEqual((view["status"], view["employee_id"]), ("ACTIVE", self.employee))

    def test_a_wrong_pin_does_not(self) -> None:
        self.problem(self.start("1111")[1], 422, "INVALID_PIN")
        self.problem(self.start(None)[1], 422, "PIN_REQUIRED")

    def test_too_many_wrong_pins_lock_the_employee(self) -> None:
        for _ in range(WRONG_PINS):
            self.problem(self.start("1111")[1], 422, "INVALID_PIN")
        answer = self.start("2468")[1]
        self.assertEqual(answer.json["code"], "EMPLOYEE_LOCKED", answer)

    def test_no_pin_or_hash_is_ever_shown(self) -> None:
        view = self.ok(self.api().read(f"/v1/employees/{self.employee}", self.last.position))
        self.assertFalse([name for name in view if "pin_hash" in name or "sealed" in name], view)
        raw = self.api().send("GET", f"/v1/employees/{self.employee}", headers={"Accept": "application/x-protobuf"})
        self.assertEqual(raw.status, 200)
        self.assertNotIn(b"argon2", raw.body)

    def test_a_permission_is_lent_for_one_use(self) -> None:
        clerk, session_of = self.hire([]), {}
        session_of["clerk"], answer = self.start("2468", clerk)
        self.assertEqual(answer.status, 201, answer)
        up, shift = self.world.up, self.world.unique("shift")
        terminal = self.world.unique("till")
        self.accepted(self.api().command("PUT", f"/v1/stores/{up['store_id']}/terminals/{terminal}", {}))
        opened = self.api().command("POST", "/v1/shifts", {"shift_id": shift, "store_id": up["store_id"],
                                                           "terminal_id": terminal, "opening_float": money(100)})
        self.assertEqual(opened.status, 201, opened)

        def pay_in(number: int) -> Answer:
            return self.api("terminal").command("POST", f"/v1/shifts/{shift}/paid-in", {
                "movement_id": f"{shift}-{number}", "amount": money(1), "reason": "test",
                "session_id": session_of["clerk"]})

        # Another terminal's drawer is not this key's to open, whoever signs in.
        self.problem(pay_in(1), 403, "TERMINAL_NOT_PERMITTED")
        lent = self.api("terminal").command("POST", f"/v1/sessions/{session_of['clerk']}/elevations", {
            "approver_id": self.employee, "pin": "2468", "permission": "PAID_IN_OUT", "one_shot": True, "seconds": 60})
        self.assertEqual(lent.status, 201, lent)

    def test_revoked_is_over_at_once(self) -> None:
        session, answer = self.start("2468")
        self.assertEqual(answer.status, 201, answer)
        self.accepted(self.api().command("POST", f"/v1/employees/{self.employee}/sessions/revoke", {}))
        locked = self.api("terminal").command("POST", f"/v1/sessions/{session}/lock", {})
        self.problem(locked, 409, "SESSION_EXPIRED")
