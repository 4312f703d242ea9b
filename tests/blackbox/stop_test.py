"""The end of the server that all other tests used; runs last."""

from support.case import ContractTest
from support.server import Stopped
from support.world import world


class Stop(ContractTest):
    end: Stopped

    @classmethod
    def setUpClass(cls) -> None:
        server = world().server
        if server:
            cls.end = server.stop()

    def setUp(self) -> None:
        if not self.world.server:
            self.skipTest("the server was started by somebody else")

    def test_sigterm_ends_with_0(self) -> None:
        self.assertEqual(self.end.status, 0)

    def test_no_child_is_left(self) -> None:
        self.assertEqual(self.end.children, [])

    def test_up_json_is_removed(self) -> None:
        self.assertFalse(self.end.up_json_left)
