"""The whole of a view as something to compare."""

from __future__ import annotations

import hashlib
from typing import Any

from support.check import check, equal
from support.http_client import Api
from support.mariadb import MariaDb
from support.program import Till

SKUS_A_REQUEST = 200  # of availability


def reporting_tables(database: MariaDb, till: Till, tenant: str = "") -> dict[str, str]:
    """Rows and a hash of each table of the serving generation, in the order of its key. The tables that say which
    generation this is and where it stands are left out."""
    prefix = f"g{till.views()['reporting']['generation']}_"
    keys: dict[str, list[str]] = {}
    for table, column in database.query(
            "SELECT table_name, column_name FROM information_schema.key_column_usage WHERE table_schema = 'till' "
            f"AND constraint_name = 'PRIMARY' AND table_name LIKE '{prefix[:-1]}\\_%' "
            "ORDER BY table_name, ordinal_position"):
        keys.setdefault(table, []).append(column)
    check(keys, f"no table {prefix}…")
    dump = {}
    for table, columns in keys.items():
        name = table.removeprefix(prefix)
        if "tenant_id" not in columns:
            continue
        where = f" WHERE tenant_id = '{tenant}'" if tenant else ""
        text = database.text(f"SELECT * FROM `{table}`{where} ORDER BY {', '.join(columns)};")
        dump[name] = f"{text.count(chr(10))} rows {hashlib.sha256(text.encode()).hexdigest()}"
    check("f_sale" in dump, f"no f_sale among {list(dump)}")
    return dump


def cache_contents(api: Api, boards: list[tuple[str, str]], stores: list[str], skus: list[str],
                   sales: list[str]) -> dict[str, Any]:
    """What the read cache answers: dashboards by (store or "", day), stock and sales."""
    contents: dict[str, Any] = {}

    def keep(path: str, **query: Any) -> None:
        answer = api.get(path, **query)
        equal(answer.status, 200, f"{path} {query} ({answer})")
        contents[f"{path} {query}"] = answer.body
    for store, day in boards:
        keep(f"/v1/dashboards/stores/{store}" if store else "/v1/dashboards/tenant", business_date=day)
    for store in stores:
        for first in range(0, len(skus), SKUS_A_REQUEST):
            keep("/v1/inventory/availability", store_id=store, sku=skus[first:first + SKUS_A_REQUEST])
    for sale in sales:
        keep(f"/v1/sales/{sale}")
    return contents
