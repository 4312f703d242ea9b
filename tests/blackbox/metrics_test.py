"""/metrics on the admin address."""

import time

from support.case import ContractTest
from support.client import Api
from support.prometheus import Exposition, Sample, parse
from support.shop import Item, Shop
from support.world import world


class Metrics(ContractTest):
    @classmethod
    def setUpClass(cls) -> None:
        cls.shop = Shop.open(world())
        cls.sku = cls.shop.product()
        cls.till = cls.shop.terminal()

    def scrape(self) -> Exposition:
        answer = Api(self.world.up["admin_url"], None).send("GET", "/metrics")
        self.assertEqual(answer.status, 200)
        self.assertTrue(answer.headers["content-type"].startswith("text/plain"))
        return parse(answer.body.decode())

    def some(self, name: str, **labels: str) -> list[Sample]:
        samples = self.scrape().of(name, **labels)
        self.assertTrue(samples, f"no {name}{labels or ''}")
        return samples

    def test_every_sample_has_type_and_help(self) -> None:
        exposition = self.scrape()
        for family in {exposition.family(sample) for sample in exposition.samples}:
            with self.subTest(family):
                self.assertIn(family, exposition.types)
                self.assertTrue(exposition.help.get(family))

    def test_no_sample_twice(self) -> None:
        keys = [(s.name, tuple(sorted(s.labels.items()))) for s in self.scrape().samples]
        self.assertEqual(len(keys), len(set(keys)))

    def test_counters_end_in_total(self) -> None:
        for name, kind in self.scrape().types.items():
            if kind == "counter":
                self.assertTrue(name.endswith("_total"), name)

    def test_histograms_are_whole(self) -> None:
        exposition = self.scrape()
        for name in (n for n, kind in exposition.types.items() if kind == "histogram"):
            for count in exposition.of(f"{name}_count"):
                buckets = [(float(s.labels["le"]), s.value) for s in exposition.of(f"{name}_bucket", **count.labels)]
                with self.subTest(f"{name}{count.labels}"):
                    self.assertEqual(buckets, sorted(buckets))
                    self.assertEqual([v for _, v in buckets], sorted(v for _, v in buckets))
                    self.assertEqual(buckets[-1], (float("inf"), count.value))
                    self.assertTrue(exposition.of(f"{name}_sum", **count.labels))

    def test_latency_by_endpoint_group(self) -> None:
        self.shop.sell(self.till, [Item(self.sku)])
        exposition = self.scrape()
        histograms = [n for n, kind in exposition.types.items() if kind == "histogram"]
        groups = {s.labels["group"] for n in histograms for s in exposition.of(f"{n}_count") if "group" in s.labels}
        self.assertLessEqual({"sales", "stores", "catalog"}, groups)

    def test_latency_counts_requests(self) -> None:
        def count() -> float:
            return sum(s.value for s in self.scrape().of("till_http_request_duration_seconds_count", group="sales"))

        before = count()
        for _ in range(3):
            self.shop.sell(self.till, [Item(self.sku)])
        self.assertEqual(count() - before, 3)

    def test_group_size(self) -> None:
        self.some("till_commit_group_size")

    def test_sync_time(self) -> None:
        self.assertGreater(self.some("till_sync_seconds_total")[0].value, 0)

    def test_queue_wait(self) -> None:
        self.some("till_queue_wait_seconds_total")

    def test_positions_and_lag_of_followers(self) -> None:
        for view in ("read_cache", "reporting", "relay"):
            with self.subTest(view):
                self.assertGreater(self.some("till_view_position", view=view)[0].value, 0)
                self.assertGreaterEqual(self.some("till_view_lag", view=view)[0].value, 0)

    def test_transactions_by_tenant_grow(self) -> None:
        tenant = self.world.up["tenant"]
        before = self.some("till_tenant_transactions_total", tenant=tenant)[0].value
        self.shop.sell(self.till, [Item(self.sku)])
        # Counted by what follows the log, so a moment later.
        end = time.monotonic() + 5
        while time.monotonic() < end and self.some("till_tenant_transactions_total", tenant=tenant)[0].value <= before:
            time.sleep(0.02)
        self.assertGreater(self.some("till_tenant_transactions_total", tenant=tenant)[0].value, before)

    def test_bytes_by_tenant(self) -> None:
        self.assertGreater(self.some("till_tenant_bytes_total", tenant=self.world.up["tenant"])[0].value, 0)

    def test_hottest_streams(self) -> None:
        self.assertTrue(all("stream" in s.labels for s in self.some("till_hot_stream_events")))

    def test_no_personal_data_and_no_secret(self) -> None:
        text = Api(self.world.up["admin_url"], None).send("GET", "/metrics").body.decode()
        for key in self.world.up["keys"].values():
            self.assertNotIn(key, text)
