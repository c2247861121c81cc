"""The schema that the shop's traffic marks its writes in, so that an audit can tell what became of each of them."""

from __future__ import annotations

from .tables import SCHEMA as SHOP

SCHEMA = "shop_traffic"

STATEMENTS = (
    # Which ledger the marks belong to: a shop that is seeded anew gets another one with its first traffic.
    f"CREATE TABLE {SCHEMA}.ledger (id TINYINT PRIMARY KEY, name CHAR(36) NOT NULL)",
    f"CREATE TABLE {SCHEMA}.stock_counts (stock_level_id BIGINT UNSIGNED PRIMARY KEY, quantity INT NOT NULL)",
    # No unique key over `operation`: what is written twice must be there twice.
    f"""CREATE TABLE {SCHEMA}.operations (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  operation VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  kind VARCHAR(20) NOT NULL,
  stock_level_id BIGINT UNSIGNED NULL,
  taken INT NOT NULL DEFAULT 0,
  KEY operations_operation (operation),
  CONSTRAINT operations_stock_level_id_foreign FOREIGN KEY (stock_level_id) REFERENCES stock_counts (stock_level_id)
)""",
    f"INSERT INTO {SCHEMA}.stock_counts SELECT id, quantity FROM {SHOP}.stock_levels",
)
