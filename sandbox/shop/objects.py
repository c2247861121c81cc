# ruff: noqa: E501 - a definition a line
"""The shop's views, triggers, routines and events, made by the application's account once its rows are in."""

from __future__ import annotations

ACCOUNT_NAME = "app"
DEFINER = f"`{ACCOUNT_NAME}`@`%`"
"""An account that the target lacks: what becomes of it is the migration's to say."""

ACCOUNT = (
    f"CREATE USER IF NOT EXISTS {DEFINER} IDENTIFIED BY RANDOM PASSWORD ACCOUNT LOCK",
    f"GRANT SELECT, INSERT, UPDATE, DELETE, EXECUTE, TRIGGER, EVENT ON `shop`.* TO {DEFINER}",
    f"GRANT SELECT, INSERT ON `shop_traffic`.* TO {DEFINER}",
)

OBJECTS = (
    f"CREATE DEFINER = {DEFINER} FUNCTION gross(net DECIMAL(14,2), rate DECIMAL(5,3)) RETURNS DECIMAL(14,2) DETERMINISTIC COMMENT 'net and tax' RETURN ROUND(net * (1 + rate), 2)",
    # Views need one of a later name, which needs the function.
    f"CREATE DEFINER = {DEFINER} VIEW sold_lines AS SELECT i.order_id, i.line_no, i.product_id, i.variant_no, i.quantity, gross(i.price, 0.190) AS price FROM order_items AS i",
    f"CREATE DEFINER = {DEFINER} VIEW bestsellers AS SELECT product_id, SUM(quantity) AS sold, SUM(quantity * price) AS revenue FROM sold_lines GROUP BY product_id",
    f"CREATE DEFINER = {DEFINER} SQL SECURITY INVOKER VIEW open_orders AS SELECT id, number, note FROM orders WHERE note IS NOT NULL WITH CASCADED CHECK OPTION",
    f"""CREATE DEFINER = {DEFINER} PROCEDURE close_returns(IN days INT)
BEGIN
  -- Comments; with "quotes", and € stay as they are.
  DECLARE done INT DEFAULT 0;
  UPDATE `returns` SET requested_at = requested_at WHERE requested_at < NOW() - INTERVAL days DAY;
  SET done = ROW_COUNT();
  SELECT done AS closed;
END""",
    f"CREATE DEFINER = {DEFINER} TRIGGER orders_history AFTER INSERT ON orders FOR EACH ROW INSERT INTO order_status_history (order_id, order_status_id, changed_at, comment) VALUES (NEW.id, NEW.order_status_id, NOW(6), 'ordered')",
    f"CREATE DEFINER = {DEFINER} TRIGGER orders_trimmed BEFORE UPDATE ON orders FOR EACH ROW SET NEW.note = TRIM(NEW.note)",
    # Fires before the one above, though it is younger.
    f"CREATE DEFINER = {DEFINER} TRIGGER orders_taxed BEFORE UPDATE ON orders FOR EACH ROW PRECEDES orders_trimmed SET NEW.tax = GREATEST(NEW.tax, 0)",
    "SET SESSION sql_mode = 'ANSI_QUOTES,PIPES_AS_CONCAT', time_zone = '+01:00'",
    f"""CREATE DEFINER = {DEFINER} FUNCTION "label of"(number VARCHAR(40)) RETURNS VARCHAR(60) CHARACTER SET utf8mb4 NO SQL RETURN 'Nº ' || number""",
    f"CREATE DEFINER = {DEFINER} EVENT nightly_returns ON SCHEDULE EVERY 1 DAY STARTS '2030-01-01 03:00:00' COMMENT 'not while the shop moves' DO CALL close_returns(30)",
    f"CREATE DEFINER = {DEFINER} EVENT anniversary ON SCHEDULE AT '2035-01-01 00:00:00' ON COMPLETION PRESERVE DISABLE DO SELECT 1",
)
