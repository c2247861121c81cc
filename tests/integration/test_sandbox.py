"""The sandbox itself: it comes up, stays, goes, and its servers refuse what hosted ones refuse."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from secrets import token_hex

import pymysql
import pytest

from sandbox import processes
from sandbox.errors import SandboxError
from sandbox.http import ask
from sandbox.mysqld import connect
from sandbox.sandbox import Sandbox
from sandbox.shop.seed import seed
from sandbox.shop.tables import TABLES, row_counts
from sandbox.shop.traps import TRAPS
from sandbox.state import CHECKOUT, port_is_free

PARTS = ("mysql_source", "mysql_target", "aws")
SCALE = 2000


def command(folder, *words, **variables):
    """A finished `python -m sandbox ...` on that folder."""
    return subprocess.run(
        [sys.executable, "-m", "sandbox", *words],
        cwd=CHECKOUT,
        env={**os.environ, "SANDBOX_DIR": str(folder), **variables},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    """A whole sandbox of this module's own, to be stopped and started at will."""
    sandbox = Sandbox(tmp_path_factory.mktemp("own"))
    sandbox.up()
    yield sandbox
    sandbox.down(purge=True)


@pytest.fixture(scope="module")
def shop(own):
    """A small shop in a server of this module's own."""
    endpoint = own.endpoints()["mysql_source"]
    seed(endpoint, SCALE)
    return endpoint


def pids(sandbox):
    return {process.pid for name in PARTS for process in processes.marked(sandbox.state.folder / name)}


def query(connection, *statements):
    """The rows of the last statement."""
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
        return list(cursor.fetchall())


class TestUpAndDown:
    def test_a_second_up_changes_nothing_and_takes_less_than_a_second(self, own):
        before, endpoints = pids(own), own.endpoints()
        began = time.monotonic()
        own.up()
        assert time.monotonic() - began < 1
        assert pids(own) == before
        assert own.endpoints() == endpoints

    def test_every_part_is_told_in_one_line(self, own):
        done = command(own.state.folder, "status")
        assert (done.returncode, done.stderr) == (0, "")
        assert [line.split()[:2] for line in done.stdout.splitlines()] == [
            *([name, "up"] for name in PARTS),
            ["web", "down"],
        ]

    def test_down_leaves_no_process_and_the_next_up_finds_data_ports_and_passwords_again(self, own):
        endpoints = own.endpoints()
        with connect(endpoints["mysql_source"]) as connection:
            query(connection, "CREATE DATABASE IF NOT EXISTS kept")
        down = command(own.state.folder, "down")
        assert down.stdout.count("stopped") == 3
        assert pids(own) == set()
        assert all(port_is_free(endpoints[name]["port"]) for name in ("mysql_source", "mysql_target"))
        assert own.endpoints() == {}
        assert command(own.state.folder, "down").stdout.count("was down") == 4

        up = command(own.state.folder, "up")
        assert (up.returncode, up.stderr) == (0, "")
        assert own.endpoints() == endpoints
        with connect(endpoints["mysql_source"]) as connection:
            assert query(connection, "SHOW DATABASES LIKE 'kept'") == [("kept",)]

    @pytest.mark.parametrize("after_s", [0.2, 0.35, 0.5, 0.75, 1.0, 1.6])
    def test_an_up_that_was_killed_is_completed_by_the_next(self, tmp_path, after_s):
        sandbox = Sandbox(tmp_path)
        first = subprocess.Popen(
            [sys.executable, "-m", "sandbox", "up"],
            cwd=CHECKOUT,
            env={**os.environ, "SANDBOX_DIR": str(tmp_path)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        time.sleep(after_s)
        first.send_signal(signal.SIGKILL)
        first.wait(10)
        try:
            endpoints = sandbox.up()
            assert len(pids(sandbox)) == 3
            with connect(endpoints["mysql_target"]) as connection:
                assert query(connection, "CALL mysql.rds_show_configuration")
        finally:
            sandbox.down(purge=True)
        assert pids(sandbox) == set()

    def test_two_ups_at_once_start_every_part_once(self, tmp_path):
        environment = {**os.environ, "SANDBOX_DIR": str(tmp_path)}
        both = [
            subprocess.Popen(
                [sys.executable, "-m", "sandbox", "up"], cwd=CHECKOUT, env=environment, stdout=subprocess.DEVNULL
            )
            for _ in range(2)
        ]
        sandbox = Sandbox(tmp_path)
        try:
            assert [process.wait(120) for process in both] == [0, 0]
            assert len(pids(sandbox)) == 3
        finally:
            sandbox.down(purge=True)

    @pytest.mark.parametrize(
        ("words", "variables", "sentence"),
        [
            (
                ["up", "mysql"],
                {},
                "The sandbox has no part 'mysql'; its parts are mysql_source, mysql_target, aws, web.",
            ),
            (["seed"], {}, "mysql_source is not up; run 'python -m sandbox up mysql_source' first."),
            (["seed"], {"SHOP_SCALE": "ten"}, "SHOP_SCALE is 'ten'; set it to a number of rows, 1000 or more."),
            (
                ["up", "mysql_source"],
                {"SANDBOX_SOURCE_RELOAD": "yes"},
                "SANDBOX_SOURCE_RELOAD is 'yes'; set it to 1 (RELOAD granted) or 0 (not granted).",
            ),
            (
                ["up", "mysql_target"],
                {"SANDBOX_MYSQL_TARGET_URL": "127.0.0.1"},
                "SANDBOX_MYSQL_TARGET_URL must look like mysql://user:password@host:port/; correct it or unset it.",
            ),
        ],
    )
    def test_bad_input_gets_one_clear_sentence(self, tmp_path, words, variables, sentence):
        done = command(tmp_path, *words, **variables)
        command(tmp_path, "down")
        assert done.returncode == 1
        assert done.stderr.splitlines()[-1].endswith(sentence)
        assert "Traceback" not in done.stderr

    def test_an_existing_server_is_used_and_never_stopped(self, own, tmp_path):
        endpoint = own.endpoints()["mysql_source"]
        variables = {"SANDBOX_MYSQL_SOURCE_URL": endpoint["url"]}
        done = command(tmp_path, "up", "mysql_source", **variables)
        assert (done.returncode, done.stderr) == (0, "")
        assert json.loads((tmp_path / "endpoints.json").read_text())["mysql_source"]["port"] == endpoint["port"]
        command(tmp_path, "down", "--purge", **variables)
        with connect(endpoint) as connection:
            assert query(connection, "SELECT 1") == [(1,)]


class TestSource:
    def test_it_has_tls_gtids_row_events_and_cascades_inside_innodb(self, source_admin):
        variables = "@@gtid_mode, @@binlog_format, @@innodb_native_foreign_keys, @@partial_revokes, @@log_bin"
        assert query(source_admin(), f"SELECT {variables}") == [("ON", "ROW", 1, 0, 1)]
        assert query(source_admin(), "SHOW STATUS LIKE 'Ssl_version'")[0][1].startswith("TLS")

    @pytest.mark.parametrize(
        "statement",
        [
            "SET GLOBAL super_read_only = 1",
            "SET GLOBAL read_only = 1",
            "SET GLOBAL offline_mode = 1",
            "LOCK INSTANCE FOR BACKUP",
            "SET SESSION sql_log_bin = 0",
            "CHANGE REPLICATION SOURCE TO SOURCE_HOST = 'elsewhere'",
            "SET GLOBAL gtid_purged = ''",
        ],
    )
    def test_its_admin_is_refused_what_a_hosted_one_is(self, source_admin, statement):
        with pytest.raises(pymysql.MySQLError) as refusal:
            query(source_admin(), statement)
        assert refusal.value.args[0] == 1227

    def test_its_admin_may_make_a_replication_user_and_fence_a_schema(self, source_admin, schema):
        user = f"{schema}_replica"
        query(
            source_admin(),
            f"CREATE USER {user} IDENTIFIED BY 'aB3-{schema}'",
            f"GRANT REPLICATION SLAVE ON *.* TO {user}",
            f"ALTER DATABASE {schema} READ ONLY = 1",
            f"ALTER DATABASE {schema} READ ONLY = 0",
            f"DROP USER {user}",
        )

    def test_reload_is_granted_and_revoked_by_a_switch_without_a_restart(self, own):
        folder = own.state.folder
        endpoint, before = own.endpoints()["mysql_source"], pids(own)
        locked = []
        for switch in ("0", "1"):
            assert command(folder, "up", "mysql_source", SANDBOX_SOURCE_RELOAD=switch).returncode == 0
            with connect(endpoint) as connection:
                try:
                    query(connection, "FLUSH TABLES WITH READ LOCK", "UNLOCK TABLES")
                    locked.append("granted")
                except pymysql.MySQLError as refusal:
                    locked.append(refusal.args[0])
        assert locked == [1227, "granted"]
        assert pids(own) == before


TARGET_REFUSALS = [
    ("SET GLOBAL gtid_purged = ''", 1227),
    ("SET GLOBAL read_only = 1", 1227),
    ("SET GLOBAL local_infile = 1", 1227),
    ("SET GLOBAL log_bin_trust_function_creators = 1", 1227),
    ("CHANGE REPLICATION SOURCE TO SOURCE_HOST = 'elsewhere'", 1227),
    ("START REPLICA", 1227),
    ("STOP REPLICA", 1227),
    ("SET SESSION sql_log_bin = 0", 1227),
    ("SET SESSION binlog_format = 'STATEMENT'", 1227),
    ("SET SESSION gtid_next = 'AUTOMATIC'", 1227),
    ("FLUSH TABLES WITH READ LOCK", 1227),
    ("FLUSH LOGS", 1227),
    ("RESET BINARY LOGS AND GTIDS", 1227),
    ("LOCK INSTANCE FOR BACKUP", 1227),
    ("CREATE DEFINER = root@localhost VIEW {schema}.v AS SELECT 1", 1227),
    ("LOAD DATA INFILE '/etc/hostname' INTO TABLE {schema}.t", 1045),
    ("UPDATE mysql.user SET account_locked = 'Y' WHERE user = 'nobody'", 1142),
    ("CALL mysql.rds_run_statement('STOP REPLICA')", 1227),
    ("CALL mysql.rds_note('source delay', '1')", 1227),
]


class TestTarget:
    @pytest.mark.parametrize(
        ("statement", "code"), TARGET_REFUSALS, ids=[statement for statement, _ in TARGET_REFUSALS]
    )
    def test_its_admin_is_refused_what_auroras_is(self, target_admin, schema, statement, code):
        admin = target_admin()
        query(admin, f"CREATE DATABASE {schema}", f"CREATE TABLE {schema}.t (a INT)")
        with pytest.raises(pymysql.MySQLError) as refusal:
            query(admin, statement.format(schema=schema))
        assert refusal.value.args[0] == code

    def test_its_parameter_group_lets_the_admin_create_triggers_and_functions(self, target_admin, schema):
        query(
            target_admin(),
            f"CREATE DATABASE {schema}",
            f"CREATE TABLE {schema}.t (a INT)",
            f"CREATE TRIGGER {schema}.tr BEFORE INSERT ON {schema}.t FOR EACH ROW SET NEW.a = 1",
            f"CREATE FUNCTION {schema}.f() RETURNS INT DETERMINISTIC RETURN 1",
        )

    def test_its_admin_may_load_local_files_and_use_a_missing_definer(self, target_admin, schema, tmp_path):
        (tmp_path / "rows").write_text("1\n2\n")
        admin = target_admin(local_infile=True)
        assert query(
            admin,
            "SET SESSION foreign_key_checks = 0, unique_checks = 0, sql_mode = ''",
            f"CREATE DATABASE {schema}",
            f"CREATE TABLE {schema}.t (a INT)",
            f"LOAD DATA LOCAL INFILE '{tmp_path / 'rows'}' INTO TABLE {schema}.t",
            f"CREATE DEFINER = nobody@nowhere VIEW {schema}.v AS SELECT * FROM {schema}.t",
            f"SELECT COUNT(*) FROM {schema}.t",
        ) == [(2,)]

    def test_provisioning_left_nothing_in_its_binary_log(self, tmp_path):
        sandbox = Sandbox(tmp_path)
        try:
            endpoint = sandbox.up(["mysql_target"])["mysql_target"]
            with connect(endpoint) as connection:
                assert query(connection, "SELECT @@GLOBAL.gtid_executed") == [("",)]
                query(connection, "CALL mysql.rds_set_configuration('binlog retention hours', 24)")
                assert query(connection, "SELECT @@GLOBAL.gtid_executed") == [("",)]
                assert query(connection, "SELECT @@GLOBAL.binlog_expire_logs_seconds") == [(86400,)]
        finally:
            sandbox.down(purge=True)

    def test_it_replicates_by_its_procedures_and_tells_when_the_applier_has_stopped(self, own):
        source, target = (own.endpoints()[name] for name in ("mysql_source", "mysql_target"))
        with connect(source) as at_source, connect(target) as at_target:
            query(
                at_source,
                "CREATE DATABASE moved",
                "CREATE TABLE moved.t (id INT PRIMARY KEY)",
                "CREATE USER replica IDENTIFIED BY 'aB3-replica'",
                "GRANT REPLICATION SLAVE ON *.* TO replica",
            )
            account = f"'127.0.0.1', {source['port']}, 'replica', 'aB3-replica'"
            purged = query(at_source, "SELECT @@GLOBAL.gtid_executed")[0][0].replace("\n", "")
            query(at_target, "CREATE DATABASE moved", "CREATE TABLE moved.t (id INT PRIMARY KEY)")
            query(at_target, f"CALL mysql.rds_gtid_purged(CONCAT('+', '{purged}'))")
            query(at_target, "CALL mysql.rds_set_binlog_source_ssl(1)")
            query(at_target, f"CALL mysql.rds_set_external_source_with_auto_position({account}, 0)")
            try:
                started = query(at_target, "CALL mysql.rds_start_replication")
                assert started == [("Replica running normally.",)]
                query(at_source, "INSERT INTO moved.t VALUES (1)")
                executed = query(at_source, "SELECT @@GLOBAL.gtid_executed")[0][0].replace("\n", "")
                assert query(at_target, f"SELECT WAIT_FOR_EXECUTED_GTID_SET('{executed}', 20)") == [(0,)]
                assert query(at_target, "SELECT * FROM moved.t") == [(1,)]

                query(at_target, "INSERT INTO moved.t VALUES (2)")
                query(at_source, "INSERT INTO moved.t VALUES (2)")
                deadline = time.monotonic() + 20
                running = "SELECT service_state FROM performance_schema.replication_applier_status"
                while query(at_target, running) == [("ON",)]:
                    assert time.monotonic() < deadline
                    time.sleep(0.1)
                assert "encountered an error" in query(at_target, "CALL mysql.rds_start_replication")[0][0]
                skipped = query(at_target, "CALL mysql.rds_skip_repl_error")[0][0]
                assert skipped.startswith("Statement in error has been skipped")
                query(at_source, "INSERT INTO moved.t VALUES (3)")
                executed = query(at_source, "SELECT @@GLOBAL.gtid_executed")[0][0].replace("\n", "")
                assert query(at_target, f"SELECT WAIT_FOR_EXECUTED_GTID_SET('{executed}', 20)") == [(0,)]
            finally:
                query(at_target, "CALL mysql.rds_reset_external_source")
            assert query(at_target, "SHOW REPLICA STATUS") == []


class TestAws:
    def test_the_databases_admins_lie_in_secrets_manager_in_the_shape_of_rds(self, own):
        for name in ("mysql_source", "mysql_target"):
            endpoint = own.endpoints()[name]
            secret = f"replatform/sandbox/{name.replace('_', '-')}"
            program = (
                "import boto3, sys; "
                "print(boto3.client('secretsmanager').get_secret_value(SecretId=sys.argv[1])['SecretString'])"
            )
            told = subprocess.run(
                [
                    "bash",
                    "-c",
                    f'. {own.state.environment_file}; exec "$@"',
                    "-",
                    sys.executable,
                    "-c",
                    program,
                    secret,
                ],
                capture_output=True,
                text=True,
                check=True,
                timeout=60,
            )
            expected = {key: endpoint[key] for key in ("host", "port", "username", "password")}
            assert json.loads(told.stdout) == {"engine": "mysql", **expected}

    def test_a_reset_emulator_gets_the_secrets_again(self, own):
        url = own.endpoints()["aws"]["url"]
        ask(f"{url}/moto-api/reset", method="POST")
        ask(f"{url}/sandbox/requests/reset", method="POST")
        own.up(["aws"])
        own.up(["aws"])
        assert ask(f"{url}/sandbox/requests")["calls"] == {
            "secretsmanager.CreateSecret": 3,
            "secretsmanager.GetSecretValue": 6,
        }

    def test_the_recorder_tells_reads_from_writes(self, aws):
        name = f"t-{token_hex(4)}"
        secrets, queues, buckets = (aws.client(service) for service in ("secretsmanager", "sqs", "s3"))
        secrets.create_secret(Name=name, SecretString="x")
        secrets.describe_secret(SecretId=name)
        url = queues.create_queue(QueueName=name)["QueueUrl"]
        queues.get_queue_attributes(QueueUrl=url)
        aws.client("rds").describe_db_clusters()
        buckets.list_buckets()
        secrets.delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True)
        queues.delete_queue(QueueUrl=url)
        counts = aws.recorder.counts()
        assert (counts["reads"], counts["writes"]) == (4, 4)
        assert counts["calls"]["sqs.CreateQueue"] == counts["calls"]["s3.ListBuckets"] == 1

    def test_an_aws_managed_policy_can_be_attached(self, aws):
        name = f"t-{token_hex(4)}"
        roles = aws.client("iam")
        trust = {"Version": "2012-10-17", "Statement": []}
        roles.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))
        policy = "arn:aws:iam::aws:policy/AmazonEKSClusterPolicy"
        roles.attach_role_policy(RoleName=name, PolicyArn=policy)
        roles.detach_role_policy(RoleName=name, PolicyArn=policy)
        roles.delete_role(RoleName=name)

    def test_an_extension_adds_an_operation_that_moto_lacks(self):
        # In a program of its own: moto's classes stay extended for as long as it lives.
        program = """
import json, threading
import boto3
from werkzeug.serving import make_server
from sandbox.aws_emulator import Extendable, application

emulator = Extendable()
emulator.route("eks", "/addons/supported-versions$")
emulator.operation("eks", "DescribeAddonVersions", lambda self: json.dumps({"addons": [{"addonName": "vpc-cni"}]}))
server = make_server("127.0.0.1", 0, application(), threaded=True)
threading.Thread(target=server.serve_forever, daemon=True).start()
client = boto3.client("eks", endpoint_url=f"http://127.0.0.1:{server.port}", region_name="eu-central-1",
                      aws_access_key_id="k", aws_secret_access_key="s")
print(client.describe_addon_versions()["addons"][0]["addonName"])
"""
        told = subprocess.run(
            [sys.executable, "-c", program], cwd=CHECKOUT, capture_output=True, text=True, check=False, timeout=60
        )
        assert told.stdout == "vpc-cni\n", told.stderr


class TestShop:
    def test_the_server_holds_every_table_row_and_foreign_key(self, shop):
        counts = row_counts(SCALE)
        with connect(shop) as connection:
            keys = "SELECT COUNT(*) FROM information_schema.referential_constraints WHERE constraint_schema = 'shop'"
            assert query(connection, keys)[0][0] >= 400
            found = {
                table.name: query(connection, f"SELECT COUNT(*) FROM {table.schema}.{table.name}")[0][0]
                for table in TABLES
            }
        assert found == counts

    def test_the_shop_has_every_kind_of_object_and_its_traps(self, shop):
        kinds = {"views": "table", "triggers": "trigger", "routines": "routine", "events": "event"}
        with connect(shop) as connection:
            for table, word in kinds.items():
                owners = query(
                    connection,
                    f"SELECT DISTINCT definer FROM information_schema.{table} WHERE {word}_schema = 'shop'",
                )
                assert owners == [("app@%",)], table
            assert query(connection, "SELECT COUNT(*) FROM shop.bestsellers")[0][0] > 0
            assert len(query(connection, "SHOW TABLES IN shop_traps")) == len(TRAPS)

    def test_seeding_again_does_nothing_and_another_scale_starts_anew(self, shop):
        assert seed(shop, SCALE).already
        assert not seed(shop, SCALE + 500).already
        assert not seed(shop, SCALE).already

    def test_an_interrupted_seed_starts_anew(self, shop):
        class Cut(Exception):
            pass

        def cut(done, total):
            raise Cut

        with pytest.raises(Cut):
            seed(shop, SCALE + 100, cut)
        seeded = seed(shop, SCALE)
        assert not seeded.already
        with connect(shop) as connection:
            assert query(connection, "SELECT COUNT(*) FROM shop.users") == [(row_counts(SCALE)["users"],)]

    def test_a_shop_that_the_sandbox_did_not_make_is_left_alone(self, mysqld):
        server = mysqld("--local-infile=ON")
        with server.connect() as connection:
            query(connection, "CREATE DATABASE shop", "CREATE TABLE shop.orders (id INT)")
            with pytest.raises(SandboxError, match="holds the schema shop, which the sandbox did not make"):
                seed(server.endpoint(), SCALE)
            assert query(connection, "SHOW TABLES IN shop") == [("orders",)]
