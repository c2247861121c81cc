-- The procedures of the schema mysql by which Aurora's admin does what SUPER would do elsewhere.
-- All run with the rights of their definer, but for run_statement: were it one of them, the admin had a way to
-- run any statement as root. It has the rights of its caller, which are root's only inside the others.
SET SESSION sql_log_bin = 0;
USE mysql;

CREATE TABLE IF NOT EXISTS rds_configuration (
  name VARCHAR(64) NOT NULL PRIMARY KEY,
  value VARCHAR(64) NULL,
  description VARCHAR(300) NOT NULL
);
INSERT IGNORE INTO rds_configuration (name, value, description) VALUES
  ('binlog retention hours', NULL, 'Hours for which binary logs are kept; NULL: as short as the service likes.'),
  ('source delay', '0', 'Seconds by which the replica stays behind its source.'),
  ('source ssl', '0', 'Whether replication uses TLS, as rds_set_binlog_source_ssl set it.');

DROP PROCEDURE IF EXISTS rds_run_statement;
DROP PROCEDURE IF EXISTS rds_note;
DROP PROCEDURE IF EXISTS rds_set_external_source;
DROP PROCEDURE IF EXISTS rds_set_external_source_with_auto_position;
DROP PROCEDURE IF EXISTS rds_set_binlog_source_ssl;
DROP PROCEDURE IF EXISTS rds_start_replication;
DROP PROCEDURE IF EXISTS rds_start_replication_until_gtid;
DROP PROCEDURE IF EXISTS rds_start_replication_until;
DROP PROCEDURE IF EXISTS rds_assign_gtids_to_anonymous_transactions;
DROP PROCEDURE IF EXISTS rds_stop_replication;
DROP PROCEDURE IF EXISTS rds_reset_external_source;
DROP PROCEDURE IF EXISTS rds_skip_repl_error;
DROP PROCEDURE IF EXISTS rds_gtid_purged;
DROP PROCEDURE IF EXISTS rds_set_read_only;
DROP PROCEDURE IF EXISTS rds_set_configuration;
DROP PROCEDURE IF EXISTS rds_show_configuration;
DROP PROCEDURE IF EXISTS rds_kill;

DELIMITER //

-- CHANGE REPLICATION SOURCE takes neither variables nor placeholders (error 1064), so its text is put together.
CREATE DEFINER = root@localhost PROCEDURE rds_run_statement(IN statement_text TEXT) SQL SECURITY INVOKER
BEGIN
  DECLARE EXIT HANDLER FOR SQLEXCEPTION
  BEGIN
    SET @rds_statement = NULL;
    RESIGNAL;
  END;
  SET @rds_statement = statement_text;
  PREPARE rds_prepared FROM @rds_statement;
  SET @rds_statement = NULL;
  EXECUTE rds_prepared;
  DEALLOCATE PREPARE rds_prepared;
END//

-- Notes a setting outside the binary log: gtid_executed shall hold what was replicated or loaded, nothing else.
CREATE DEFINER = root@localhost PROCEDURE rds_note(IN setting VARCHAR(64), IN new_value VARCHAR(64)) SQL SECURITY INVOKER
BEGIN
  DECLARE logging TINYINT DEFAULT @@SESSION.sql_log_bin;
  DECLARE EXIT HANDLER FOR SQLEXCEPTION
  BEGIN
    SET SESSION sql_log_bin = logging;
    RESIGNAL;
  END;
  SET SESSION sql_log_bin = 0;
  UPDATE mysql.rds_configuration SET value = new_value WHERE name = setting;
  SET SESSION sql_log_bin = logging;
END//

CREATE DEFINER = root@localhost PROCEDURE rds_set_external_source(
  IN host_name VARCHAR(255), IN host_port INT, IN user_name VARCHAR(96), IN user_password VARCHAR(255),
  IN log_file VARCHAR(255), IN log_position BIGINT UNSIGNED, IN ssl_encryption TINYINT
) SQL SECURITY DEFINER
CALL mysql.rds_run_statement(CONCAT(
  'CHANGE REPLICATION SOURCE TO SOURCE_HOST=', QUOTE(host_name), ', SOURCE_PORT=', host_port,
  ', SOURCE_USER=', QUOTE(user_name), ', SOURCE_PASSWORD=', QUOTE(user_password),
  ', SOURCE_LOG_FILE=', QUOTE(log_file), ', SOURCE_LOG_POS=', log_position, ', SOURCE_AUTO_POSITION=0',
  IF(ssl_encryption, ', SOURCE_SSL=1', ', SOURCE_SSL=0, GET_SOURCE_PUBLIC_KEY=1')
))//

-- The service ignores this one's last argument: TLS comes from rds_set_binlog_source_ssl.
CREATE DEFINER = root@localhost PROCEDURE rds_set_external_source_with_auto_position(
  IN host_name VARCHAR(255), IN host_port INT, IN user_name VARCHAR(96), IN user_password VARCHAR(255),
  IN ssl_encryption TINYINT
) SQL SECURITY DEFINER
CALL mysql.rds_run_statement(CONCAT(
  'CHANGE REPLICATION SOURCE TO SOURCE_HOST=', QUOTE(host_name), ', SOURCE_PORT=', host_port,
  ', SOURCE_USER=', QUOTE(user_name), ', SOURCE_PASSWORD=', QUOTE(user_password), ', SOURCE_AUTO_POSITION=1',
  IF((SELECT value = '1' FROM mysql.rds_configuration WHERE name = 'source ssl'),
     ', SOURCE_SSL=1', ', SOURCE_SSL=0, GET_SOURCE_PUBLIC_KEY=1')
))//

CREATE DEFINER = root@localhost PROCEDURE rds_set_binlog_source_ssl(IN ssl_mode INT) SQL SECURITY DEFINER
BEGIN
  IF ssl_mode IS NULL OR ssl_mode NOT IN (0, 1) THEN
    SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'The value for SSL must be 0 or 1';
  END IF;
  CALL mysql.rds_run_statement(CONCAT('CHANGE REPLICATION SOURCE TO SOURCE_SSL=', ssl_mode));
  CALL mysql.rds_note('source ssl', ssl_mode);
END//

-- Both threads are asked: the receiver goes on while the applier has stopped at an error.
CREATE DEFINER = root@localhost PROCEDURE rds_start_replication() SQL SECURITY DEFINER
BEGIN
  DECLARE receiver, applier VARCHAR(20);
  DECLARE tries INT DEFAULT 0;
  START REPLICA;
  REPEAT
    DO SLEEP(0.25);
    SET tries = tries + 1;
    SELECT service_state INTO receiver FROM performance_schema.replication_connection_status WHERE channel_name = '';
    SELECT service_state INTO applier FROM performance_schema.replication_applier_status WHERE channel_name = '';
  UNTIL tries >= 8 OR (tries >= 2 AND receiver = 'ON' AND applier = 'ON') OR applier = 'OFF' OR receiver = 'OFF' END REPEAT;
  IF receiver = 'ON' AND applier = 'ON' THEN
    SELECT 'Replica running normally.' AS Message;
  ELSE
    SELECT 'Replica has encountered an error. Run SHOW REPLICA STATUS to see the error.' AS Message;
  END IF;
END//

CREATE DEFINER = root@localhost PROCEDURE rds_start_replication_until_gtid(IN gtid_set TEXT) SQL SECURITY DEFINER
BEGIN
  CALL mysql.rds_run_statement(CONCAT('START REPLICA UNTIL SQL_AFTER_GTIDS = ', QUOTE(gtid_set)));
  SELECT CONCAT('Replication started until SQL_AFTER_GTIDS = ', gtid_set) AS Message;
END//

CREATE DEFINER = root@localhost PROCEDURE rds_start_replication_until(
  IN log_file VARCHAR(255), IN log_position BIGINT UNSIGNED
) SQL SECURITY DEFINER
BEGIN
  CALL mysql.rds_run_statement(CONCAT(
    'START REPLICA UNTIL SOURCE_LOG_FILE = ', QUOTE(log_file), ', SOURCE_LOG_POS = ', log_position
  ));
  SELECT CONCAT('Replication started until ', log_file, ' ', log_position) AS Message;
END//

CREATE DEFINER = root@localhost PROCEDURE rds_assign_gtids_to_anonymous_transactions(IN gtid_option VARCHAR(36))
SQL SECURITY DEFINER
CALL mysql.rds_run_statement(CONCAT(
  'CHANGE REPLICATION SOURCE TO ASSIGN_GTIDS_TO_ANONYMOUS_TRANSACTIONS = ',
  IF(gtid_option IN ('OFF', 'LOCAL'), gtid_option, QUOTE(gtid_option))
))//

CREATE DEFINER = root@localhost PROCEDURE rds_stop_replication() SQL SECURITY DEFINER
BEGIN
  STOP REPLICA;
  SELECT 'Replica is down or disabled' AS Message;
END//

CREATE DEFINER = root@localhost PROCEDURE rds_reset_external_source() SQL SECURITY DEFINER
BEGIN
  STOP REPLICA;
  RESET REPLICA ALL;
  SELECT 'Replica has been reset' AS Message;
END//

-- With GTIDs nothing can be counted away: the failing transaction is replaced by an empty one of the same name.
CREATE DEFINER = root@localhost PROCEDURE rds_skip_repl_error() SQL SECURITY DEFINER
BEGIN
  DECLARE failing TEXT;
  SELECT MAX(applying_transaction) INTO failing
    FROM performance_schema.replication_applier_status_by_worker
   WHERE channel_name = '' AND last_error_number <> 0 AND applying_transaction <> '';
  IF failing IS NULL THEN
    SELECT MAX(REGEXP_SUBSTR(last_error_message, '[0-9a-f-]{36}:[0-9]+')) INTO failing
      FROM performance_schema.replication_applier_status_by_coordinator
     WHERE channel_name = '' AND last_error_number <> 0;
  END IF;
  IF failing IS NULL THEN
    SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'There is no replication error to skip';
  END IF;
  STOP REPLICA SQL_THREAD;
  SET SESSION gtid_next = failing;
  COMMIT;
  SET SESSION gtid_next = 'AUTOMATIC';
  START REPLICA SQL_THREAD;
  SELECT CONCAT('Statement in error has been skipped: ', failing) AS Message;
END//

CREATE DEFINER = root@localhost PROCEDURE rds_gtid_purged(IN gtid_set TEXT) SQL SECURITY DEFINER
SET GLOBAL gtid_purged = gtid_set//

CREATE DEFINER = root@localhost PROCEDURE rds_set_read_only(IN mode TINYINT) SQL SECURITY DEFINER
SET GLOBAL read_only = mode//

CREATE DEFINER = root@localhost PROCEDURE rds_set_configuration(IN setting VARCHAR(30), IN new_value INT) SQL SECURITY DEFINER
BEGIN
  IF setting NOT IN ('binlog retention hours', 'source delay') THEN
    SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'Unknown configuration name; see rds_show_configuration';
  END IF;
  IF setting = 'binlog retention hours' AND new_value NOT BETWEEN 1 AND 2160 THEN
    SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'For binlog retention hours the value must be between 1 and 2160 inclusive or be NULL';
  END IF;
  IF setting = 'source delay' AND (new_value IS NULL OR new_value NOT BETWEEN 0 AND 86400) THEN
    SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'For source delay the value must be between 0 and 86400 inclusive';
  END IF;
  CALL mysql.rds_note(setting, new_value);
  IF setting = 'binlog retention hours' THEN
    SET GLOBAL binlog_expire_logs_seconds = IFNULL(new_value, 720) * 3600;
  ELSE
    CALL mysql.rds_run_statement(CONCAT('CHANGE REPLICATION SOURCE TO SOURCE_DELAY=', new_value));
  END IF;
END//

CREATE DEFINER = root@localhost PROCEDURE rds_show_configuration() SQL SECURITY DEFINER
SELECT name, value, description FROM mysql.rds_configuration WHERE name <> 'source ssl'//

CREATE DEFINER = root@localhost PROCEDURE rds_kill(IN thread_id BIGINT) SQL SECURITY DEFINER
KILL thread_id//

DELIMITER ;

GRANT EXECUTE ON mysql.* TO rds_superuser_role;
