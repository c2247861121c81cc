-- The admin of a hosted MySQL, as DigitalOcean gives `doadmin`: almost everything, but neither SUPER nor what replaced it.
-- partial_revokes stays off: with it the binary log carries GRANTs that a replica cannot apply (error 3836).
SET SESSION sql_log_bin = 0;

CREATE USER IF NOT EXISTS doadmin@'%' IDENTIFIED BY ${admin_password};
ALTER USER doadmin@'%' IDENTIFIED BY ${admin_password} ACCOUNT UNLOCK;

GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, REFERENCES, INDEX, ALTER, CREATE TEMPORARY TABLES, LOCK TABLES,
      CREATE VIEW, SHOW VIEW, CREATE ROUTINE, ALTER ROUTINE, EXECUTE, EVENT, TRIGGER, SHOW DATABASES, PROCESS,
      REPLICATION SLAVE, REPLICATION CLIENT, CREATE USER, CREATE ROLE, DROP ROLE
   ON *.* TO doadmin@'%' WITH GRANT OPTION;

GRANT APPLICATION_PASSWORD_ADMIN, CONNECTION_ADMIN, ROLE_ADMIN, SHOW_ROUTINE, XA_RECOVER_ADMIN
   ON *.* TO doadmin@'%' WITH GRANT OPTION;
