-- What the shop does not have: wide rows, values that text formats lose, and one object of every kind.
CREATE DATABASE shop_archive CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;
USE shop_archive;
SET SESSION cte_max_recursion_depth = 100000000, sql_mode = 'NO_AUTO_VALUE_ON_ZERO';

CREATE TABLE documents (
  id BINARY(16) NOT NULL PRIMARY KEY,
  number INT UNSIGNED NOT NULL,
  previous INT UNSIGNED NULL,
  title VARCHAR(190) NOT NULL,
  body MEDIUMTEXT NOT NULL,
  scan LONGBLOB NOT NULL,
  meta JSON NOT NULL,
  kind VARCHAR(20) GENERATED ALWAYS AS (meta->>'$$.kind') STORED,
  pages INT GENERATED ALWAYS AS (meta->>'$$.pages') VIRTUAL,
  UNIQUE KEY documents_number (number),
  KEY documents_kind (kind, number),
  FULLTEXT KEY documents_search (title),
  CONSTRAINT documents_previous FOREIGN KEY (previous) REFERENCES documents (number) ON DELETE SET NULL ON UPDATE CASCADE
);
INSERT INTO documents (id, number, previous, title, body, scan, meta)
  WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${documents})
  SELECT UNHEX(LEFT(SHA2(i, 256), 32)), i, IF(i % 3, NULL, i DIV 3),
         CONCAT_WS(' ', ELT(1 + i % 5, 'oak', 'linen', 'harbour', 'amber', 'Straße'), ELT(1 + i % 7, 'invoice', 'label',
                   'letter', 'contract', 'receipt', 'photograph', 'plan'), i),
         REPEAT(CONCAT('Zeile ', SHA2(i, 224), '\n\ttab \\ back'), 1 + i % 50),
         REPEAT(UNHEX(SHA2(i, 512)), 1 + i % 150),
         JSON_OBJECT('kind', ELT(1 + i % 3, 'scan', 'mail', 'fax'), 'pages', i % 40, 'tags', JSON_ARRAY(i % 11, i % 13))
    FROM n;

-- 16777217 and pi need more than the six digits that a FLOAT shows as text.
CREATE TABLE readings (id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, temperature FLOAT NOT NULL, pressure DOUBLE);
INSERT INTO readings (temperature, pressure)
  WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${readings})
  SELECT 16777217 + i / 3.1415927, i / 7 FROM n;

-- The invalid value of an ENUM, number 0, beside a member that looks like it.
CREATE TABLE answers (id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, answer ENUM('', 'yes', 'no') NOT NULL);
INSERT IGNORE INTO answers (answer)
  WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)
  SELECT ELT(1 + i % 4, '', 'yes', 'no', 'perhaps') FROM n;

CREATE FUNCTION label (number INT UNSIGNED) RETURNS VARCHAR(20) DETERMINISTIC RETURN CONCAT('D-', number);
DELIMITER //
CREATE PROCEDURE forget_documents (IN before_number INT UNSIGNED)
BEGIN
  DELETE FROM documents WHERE number < before_number;
  DELETE FROM readings WHERE id < before_number;
END//
DELIMITER ;
CREATE VIEW z_scans AS SELECT number, title FROM documents WHERE kind = 'scan';
CREATE VIEW a_labels AS SELECT label(number) AS label, title FROM z_scans;
CREATE TRIGGER documents_titled BEFORE INSERT ON documents FOR EACH ROW SET NEW.title = TRIM(NEW.title);
CREATE EVENT tidy ON SCHEDULE EVERY 1 DAY STARTS '2030-01-01' DO DELETE FROM answers WHERE id < 0;
