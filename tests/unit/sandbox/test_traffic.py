from __future__ import annotations

import json
import threading

import pytest

from sandbox.errors import SandboxError
from sandbox.traffic import Ledger, from_env_file
from sandbox.traffic.audit import DOUBLED, INCONSISTENT, LOST, Audit, Finding, Found, account, findings, operations
from sandbox.traffic.clients import cut_off, usual_clients
from sandbox.traffic.document import document
from sandbox.traffic.operations import Customer, Customers, Order
from sandbox.traffic.settings import Settings

PARENTS = {
    name: [(number, 1) for number in range(1, 4)]
    for name in ("stores", "countries", "order_statuses", "currencies", "payment_methods", "product_variants", "stock")
}


class TestLedger:
    def test_it_is_read_as_it_was_written_also_by_many_at_once(self, tmp_path):
        ledger = Ledger(tmp_path / "ledger.jsonl")

        def write(client):
            for number in range(50):
                ledger.write(ack=f"{client}-{number}")

        with ledger:
            writers = [threading.Thread(target=write, args=(client,)) for client in range(4)]
            for writer in writers:
                writer.start()
            for writer in writers:
                writer.join()
        found = [entry["ack"] for entry in ledger.read()]
        assert sorted(found) == sorted(f"{client}-{number}" for client in range(4) for number in range(50))

    def test_half_a_line_of_a_killed_writer_is_left_out_and_cut_off_by_the_next(self, tmp_path):
        ledger = Ledger(tmp_path / "ledger.jsonl")
        with ledger:
            ledger.write(ack="a")
        with ledger.path.open("a") as file:
            file.write('{"ack":"b')
        assert [entry["ack"] for entry in ledger.read()] == ["a"]
        with ledger:
            ledger.write(ack="c")
        assert [entry["ack"] for entry in ledger.read()] == ["a", "c"]

    def test_its_time_never_goes_back(self, tmp_path, monkeypatch):
        ledger = Ledger(tmp_path / "ledger.jsonl")
        before = ledger.now()
        monkeypatch.setattr("time.time", lambda: 0.0)
        assert ledger.now() >= before > 0

    def test_it_is_its_owners_alone(self, tmp_path):
        with Ledger(tmp_path / "ledger.jsonl") as ledger:
            assert ledger.path.stat().st_mode & 0o777 == 0o600

    def test_none_and_a_broken_one_prove_nothing(self, tmp_path):
        ledger = Ledger(tmp_path / "ledger.jsonl")
        with pytest.raises(SandboxError, match=r"There is no ledger .* start the traffic first"):
            list(ledger.read())
        ledger.path.write_text('{"ack":"a"}\nnonsense\n')
        with pytest.raises(SandboxError, match=r"line 2, is not JSON .* nothing can be proven"):
            list(ledger.read())


def ask(name, kind, subject=None, client=0, at=0.0, **facts):
    return {"ask": name, "kind": kind, "subject": subject or name, "client": client, "at": at, **facts}


def order(name, **facts):
    return ask(name, "order", items=2, ticket=False, **facts)


def ack(name, at=0.0, server="s1"):
    return {"ack": name, "server": server, "at": at}


def refused(name, at=0.0):
    return {"refused": name, "at": at}


def row(note, items=2, history=1, payments=1, reference=None):
    return (note, items, history, payments, reference or note)


ORDERED = [order("a"), ack("a")]
TICKETED = [order("a") | {"ticket": True}, ack("a")]
CHANGED = [*ORDERED, ask("b", "change", "a"), ack("b")]
CANCELLED = [*ORDERED, ask("b", "cancel", "a")]
CUSTOMER = [ask("a", "register"), ack("a")]
LEFT = [*CUSTOMER, ask("b", "leave", "a"), ack("b")]
A, AB = {"a": 1}, {"a": 1, "b": 1}

# What was written down, what is there, and what is found.
FOUND = [
    ("as told", ORDERED, Found(A, {"a": row("a")}), []),
    ("lost", ORDERED, Found(), [LOST]),
    ("twice", ORDERED, Found({"a": 2}, {"a": row("a")}), [DOUBLED]),
    ("mark without row", ORDERED, Found(A), [LOST]),
    ("row without mark", ORDERED, Found({}, {"a": row("a")}), [LOST, INCONSISTENT]),
    ("an item too few", ORDERED, Found(A, {"a": row("a", items=1)}), [LOST]),
    ("an item too many", ORDERED, Found(A, {"a": row("a", items=3)}), [DOUBLED]),
    ("trigger fired twice", ORDERED, Found(A, {"a": row("a", history=2)}), [DOUBLED]),
    ("update", CHANGED, Found(AB, {"a": row("b")}), []),
    ("update lost", CHANGED, Found(AB, {"a": row("a")}), [LOST, LOST]),
    ("half of an update", CHANGED, Found(AB, {"a": row("b", reference="a")}), [LOST]),
    ("update without its order", CHANGED, Found({"b": 1}), [LOST, LOST]),
    ("unanswered and not there", ORDERED[:1], Found(), []),
    ("unanswered and there", ORDERED[:1], Found(A, {"a": row("a")}), []),
    ("unanswered and there twice", ORDERED[:1], Found({"a": 2}, {"a": row("a")}), [DOUBLED]),
    ("unanswered and torn", ORDERED[:1], Found(A), [LOST]),
    ("unanswered delete done", CANCELLED, Found(AB), []),
    ("unanswered delete not done", CANCELLED, Found(A, {"a": row("a")}), []),
    ("delete undone", [*CANCELLED, ack("b")], Found(AB, {"a": row("a")}), [LOST]),
    ("refused", [order("a"), refused("a")], Found(), []),
    ("refused and there", [order("a"), refused("a")], Found(A, {"a": row("a")}), [INCONSISTENT]),
    ("refused, then done", [order("a"), refused("a"), order("a"), ack("a")], Found(A, {"a": row("a")}), []),
    ("refused, then lost", [order("a"), refused("a"), order("a"), ack("a")], Found(), [LOST]),
    ("of nobody", [], Found(A), [INCONSISTENT]),
    ("a ticket", TICKETED, Found(A, {"a": row("a")}, tickets={"a": ["a"]}), []),
    ("no ticket", TICKETED, Found(A, {"a": row("a")}), [LOST]),
    ("a ticket too many", ORDERED, Found(A, {"a": row("a")}, tickets={"a": ["a"]}), [DOUBLED]),
    ("a ticket astray", TICKETED, Found(A, {"a": row("a")}, tickets={"a": [None]}), [INCONSISTENT]),
    ("a customer", CUSTOMER, Found(A, customers={"a": (2, 2)}), []),
    ("a customer lost", CUSTOMER, Found(A), [LOST]),
    ("an address lost, a wish twice", CUSTOMER, Found(A, customers={"a": (1, 3)}), [LOST, DOUBLED]),
    ("a customer left", LEFT, Found(AB), []),
    ("a customer came back", LEFT, Found(AB, customers={"a": (0, 0)}), [LOST]),
    ("wrong stock", [], Found(stock=[(7, 99, 100)]), [INCONSISTENT]),
    ("orphans", [], Found(orphans=[("payments", "orders", 3)]), [INCONSISTENT]),
]  # fmt: skip


@pytest.mark.parametrize(("entries", "found", "kinds"), [case[1:] for case in FOUND], ids=[case[0] for case in FOUND])
def test_what_a_database_holds_is_compared_with_what_customers_were_told(entries, found, kinds):
    assert [finding.kind for finding in findings(operations(entries), found)] == kinds


def test_what_is_acknowledged_while_a_running_shop_is_audited_may_be_there_or_not():
    entries = [order("a"), ack("a"), order("b"), ack("b")]
    assert list(findings(operations(entries, certain=3), Found(A, {"a": row("a")}))) == []
    assert [finding.subject for finding in findings(operations(entries), Found(A, {"a": row("a")}))] == ["b"]


def beats(*times, client=0, server="s1", prefix="o"):
    entries = []
    for at in times:
        name = f"{prefix}{client}-{at}"
        entries += [order(name, client=client, at=at), ack(name, at, server)]
    return entries


def test_the_gap_is_when_nobody_got_a_commit_and_a_pause_when_one_client_got_none():
    entries = [{"run": "r", "at": 0.0}, *beats(1.0, 5.0), *beats(1.5, 3.0, client=1), {"stop": "r", "at": 5.0}]
    seen = account(sorted(entries, key=lambda entry: entry["at"]))
    assert (seen.gap.ms, seen.gap.began) == (2000, 3.0)
    assert [(client.number, client.gap.ms) for client in seen.clients] == [(0, 4000), (1, 2000)]
    assert seen.longest_pause_ms == 4000
    assert (seen.acknowledged, seen.unknown, seen.errors) == (4, 0, {})


def test_who_gets_no_answer_until_the_end_waited_until_then_and_no_traffic_is_no_gap():
    first = [{"run": "r", "at": 0.0}, *beats(1.0, 1.1), {"stop": "r", "at": 4.1}]
    second = [{"run": "q", "at": 100.0}, *beats(100.5, prefix="p"), {"stop": "q", "at": 101.0}]
    assert account([*first, *second]).gap.ms == pytest.approx(3000)


def test_the_account_of_a_switch_says_from_where_to_where_and_only_its_time_counts():
    entries = [{"run": "r", "at": 0.0}, *beats(1.0, 9.0), *beats(10.0), *beats(10.25, 11.0, server="s2")]
    entries.insert(4, {"error": 3989, "client": 0, "operation": "o0-10.25", "at": 10.1})
    seen = account(sorted(entries, key=lambda entry: entry["at"]), since=9.5, until=10.5)
    assert (seen.gap.ms, seen.gap.servers) == (250, ("s1", "s2"))
    assert (seen.retried, seen.errors, seen.servers) == (1, {3989: 1}, {"s1": 1, "s2": 1})


def test_an_audit_is_told_as_json_with_the_commits_and_errors_of_every_second():
    entries = [{"run": "r", "at": 0.0}, *beats(1.0, 9.0), *beats(10.0, 10.5), *beats(12.25, 12.75, server="s2")]
    entries.insert(8, {"error": 3989, "client": 0, "operation": "o0-12.25", "at": 11.1})
    entries.sort(key=lambda entry: entry["at"])
    seen = account(entries, since=9.5)
    told = document(Audit("s2", seen, 0, (Finding(LOST, "o0-1.0", "It is gone."),)), entries)
    assert json.loads(json.dumps(told)) == told
    assert told["per_second"] == [[0, 2, 0], [1, 0, 1], [2, 2, 0]]
    assert (told["began"], told["seconds"]) == ("1970-01-01T00:00:10.000Z", 2.75)
    assert (told["gap_ms"], told["gap_began"]) == (1750.0, "1970-01-01T00:00:10.500Z")
    assert (told["closely"]["began"], told["closely"]["step_ms"]) == ("1970-01-01T00:00:07.500Z", 50)
    counts = told["closely"]["counts"]
    assert {step: count for step, count in enumerate(counts) if any(count)} == {
        30: [1, 0], 50: [1, 0], 60: [1, 0], 71: [0, 1], 95: [1, 0], 105: [1, 0],
    }  # fmt: skip
    assert (told["lost"], told["doubled"], told["errors"], told["servers"]) == (1, 0, {"3989": 1}, {"s1": 2, "s2": 2})


@pytest.mark.parametrize(("code", "lost"), [(2013, True), (0, True), (1053, True), (1213, False), (3989, False)])
def test_only_a_broken_connection_leaves_a_commit_in_doubt(code, lost):
    assert cut_off(code) is lost


@pytest.mark.parametrize(("rate", "clients"), [(1, 8), (200, 8), (201, 9), (500, 20)])
def test_a_higher_rate_has_more_clients(rate, clients):
    assert usual_clients(rate) == clients


class TestCustomers:
    def test_what_is_in_doubt_is_never_touched_again_and_what_was_refused_is(self):
        customers = Customers("c", PARENTS)
        first = next(work for work in iter(customers.next, None) if work.kind == "order")
        customers.acknowledged(first)
        change = next(work for work in iter(customers.next, None) if work.kind in ("change", "cancel"))
        assert change.thing is first.thing
        assert all(customers.next().thing is not first.thing for _ in range(200))
        customers.refused(change)
        assert any(customers.next().thing is first.thing for _ in range(200))

    def test_what_they_do_is_all_kinds_on_things_of_their_own(self):
        customers, made = Customers("c", PARENTS), set()
        kinds = set()
        for _ in range(300):
            work = customers.next()
            kinds.add((work.kind, type(work.thing)))
            made |= {work.name} if work.creates else set()
            assert work.thing.subject in made
            customers.acknowledged(work)
        assert kinds == {
            ("order", Order), ("change", Order), ("cancel", Order), ("register", Customer), ("leave", Customer),
        }  # fmt: skip


class TestSettings:
    def test_an_env_file_is_read_as_the_application_does(self, tmp_path):
        file = tmp_path / ".env"
        file.write_text(
            "APP_KEY=x=y\n# DB_HOST=no\nDB_HOST=127.0.0.1\nDB_PORT='3307'\nDB_USERNAME=app\nDB_PASSWORD=\"a=b\"\n"
        )
        assert from_env_file(file)() == {"host": "127.0.0.1", "port": 3307, "username": "app", "password": "a=b"}
        file.write_text("DB_HOST=127.0.0.1\n")
        with pytest.raises(SandboxError, match="does not say the database's port and username and password"):
            from_env_file(file)()

    def test_a_question_is_answered_at_once_and_a_failure_leaves_what_was_known(self, capsys):
        answers = [{"port": 1}, OSError("gone"), {"port": 2}]
        switched = threading.Event()

        def read():
            answer = answers.pop(0) if len(answers) > 1 else answers[0]
            if isinstance(answer, OSError):
                raise answer
            return answer

        settings = Settings(read, lambda endpoint: switched.set())
        settings.start()
        while not switched.wait(0.01):
            settings.ask()
        settings.stop()
        assert settings.endpoint == {"port": 2}
        assert "could not be read: gone" in capsys.readouterr().err


def test_a_ledger_entry_is_one_line_of_json(tmp_path):
    with Ledger(tmp_path / "ledger.jsonl") as ledger:
        ledger.write(error=1045, text="a\nb", client=1)
    (line,) = ledger.path.read_text().splitlines()
    assert json.loads(line)["text"] == "a\nb"
    assert ledger.path.stat().st_size == len(line) + 1
