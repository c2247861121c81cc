"""How fast an AWS environment is made so, beside loops of the stock modules: make bench NAME=aws.

Each case runs against an emulator of its own, on this machine: so the seconds are those of Ansible and the modules, and
the case `latency` adds what AWS takes to answer. What was measured stands in reports/bench/aws.json after each run, and
goes on from there: ARGS="--anew" forgets it, ARGS="--cases items" measures these alone, ARGS="--queues 4 --secrets 3
--runs 1" is for a quick look.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from sandbox.http import ask
from sandbox.secrets_store import client
from sandbox.state import CHECKOUT, LOOPBACK, free_port, sandbox_folder
from tests.support.modules import run_module

from .meter import Cost, measured
from .report import Report, say, table

PLAYBOOKS = CHECKOUT / "tests" / "bench" / "aws"
ENVIRONMENT = CHECKOUT / "playbooks" / "aws.yml"
INVENTORY = CHECKOUT / "inventories" / "sandbox"
REGION, ACCOUNT = "eu-central-1", "123456789012"
LATENCY_S = 0.04
"""Of one call to AWS from another region, the handshake not counted."""
MANY = (500, 1000, 2000)
RUNS = 3
CASES = ("items", "latency", "many", "environment")
SIDES = {"ours": "replatform.aws, 2 calls", "stock": "amazon.aws and community.aws, a call for each item"}


@dataclass(frozen=True)
class Emulator:
    """One for this benchmark alone."""

    process: psutil.Process
    url: str

    @property
    def endpoint(self) -> dict[str, Any]:
        return {"url": self.url, "region": REGION, "access_key": "bench", "secret_key": "bench"}

    @property
    def environment(self) -> dict[str, str]:
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": "bench",
            "AWS_SECRET_ACCESS_KEY": "bench",
            "AWS_DEFAULT_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def empty(self) -> None:
        """Nothing is in it, and every answer comes at once."""
        ask(f"{self.url}/moto-api/reset", method="POST")
        self.recount()

    def recount(self) -> None:
        ask(f"{self.url}/sandbox/requests/reset", method="POST")

    def counts(self) -> dict[str, Any]:
        return ask(f"{self.url}/sandbox/requests")

    @contextmanager
    def slow(self) -> Iterator[None]:
        """Every call takes as long as one to AWS."""
        ask(f"{self.url}/sandbox/faults", method="POST", content=[{"kind": "delay", "seconds": LATENCY_S}])
        try:
            yield
        finally:
            ask(f"{self.url}/sandbox/faults", method="DELETE")


@contextmanager
def emulator() -> Iterator[Emulator]:
    """It ends with the benchmark, however that ends."""
    port = free_port()
    log = sandbox_folder() / "bench" / "aws.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    program = [sys.executable, "-m", "sandbox.aws_emulator", "--host", LOOPBACK, "--port", str(port)]
    with log.open("w") as output:
        running = subprocess.Popen(
            ["setpriv", "--pdeathsig", "TERM", *program], cwd=CHECKOUT, stdout=output, stderr=output
        )
    made = Emulator(psutil.Process(running.pid), f"http://{LOOPBACK}:{port}")
    try:
        _wait_for(made, running)
        yield made
    finally:
        running.terminate()
        running.wait(30)


def _wait_for(made: Emulator, running: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            made.counts()
        except OSError:
            if running.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(
                    f"The emulator on {made.url} does not answer; {sandbox_folder()}/bench/aws.log"
                ) from None
            time.sleep(0.05)
        else:
            return


@dataclass(frozen=True)
class Done:
    """What a playbook came to."""

    changed: int
    made: int
    """Things that were created: the `create` lines of our modules' actions, and the changed items of stock ones."""
    counts: dict[str, Any]

    def facts(self, items: int) -> dict[str, Any]:
        calls = self.counts["reads"] + self.counts["writes"]
        return {
            "changed": self.changed,
            "reads": self.counts["reads"],
            "writes": self.counts["writes"],
            "calls_per_resource": round(calls / items, 2) if items else None,
        }


class Bench:
    """The cases against one emulator."""

    def __init__(self, report: Report, cloud: Emulator, queues: int, secrets: int) -> None:
        self._report, self._cloud = report, cloud
        self._items = 3 * queues + secrets
        self._variables = sandbox_folder() / "bench" / "aws.json"
        self._variables.write_text(json.dumps(wanted(queues, secrets)))

    def items(self, run: int) -> None:
        """Both sides, each on an empty emulator and then again with nothing to do; who begins alternates."""
        states = {}
        for side in ("ours", "stock") if run % 2 == 0 else ("stock", "ours"):
            self._cloud.empty()
            for step in ("converge", "no change"):
                done = self._playbook(f"{side} {step}", SIDES[side], self._play(side))
                self._proof(f"{side} {step}", done, self._items)
                expect(step == "converge" or done.changed == 0, f"{side}: a second run changed {done.changed} things")
            expect(side == "stock" or self._cloud.counts()["writes"] == 0, "ours: a second run sent writes")
            states[side] = state(self._cloud)
        self._report.results["same_result"] = states["ours"] == states["stock"]
        expect(states["ours"] == states["stock"], f"the sides differ: {difference(**states)}")
        self._ratios()

    def latency(self) -> None:
        """Ours only, at the latency of AWS: the stock loop's calls are one after the other, so theirs can be told."""
        self._cloud.empty()
        with self._cloud.slow():
            for step in ("converge", "no change"):
                case = f"ours {step}, 40 ms a call"
                self._proof(case, self._playbook(case, SIDES["ours"], self._play("ours")), self._items)

    def many(self) -> None:
        """One call for each number of queues: seconds and memory of the module alone."""
        for count in MANY:
            self._cloud.empty()
            queues = [{"name": f"many-{number:04}", "visibility_timeout": 60} for number in range(count)]
            for step in ("converge", "no change"):
                case = f"{count} queues {step}"
                self._cloud.recount()
                with measured(emulator=self._cloud.process) as cost:
                    result = run_module(
                        "sqs_queues", {"queues": queues}, diff=False, env=self._cloud.environment, timeout_s=1800
                    )
                expect(not result.get("failed"), f"{case}: {result.get('msg')}")
                expect(result["changed"] == (step == "converge"), f"{case}: changed is {result['changed']}")
                self._note(case, "replatform.aws.sqs_queues, one call", cost, Done(0, 0, self._cloud.counts()), count)
        least, most = MANY[0], MANY[-1]
        for step in ("converge", "no change"):
            per_queue = {count: (self._report.median(f"{count} queues {step}") or 0) / count for count in (least, most)}
            name = f"seconds_a_queue_of_{most}_to_{least}_{step.replace(' ', '_')}"
            self._report.ratio(name, per_queue[most], per_queue[least])
        self._report.write()

    def environment(self) -> None:
        """The whole sandbox environment by its playbook: made, made again, and again at the latency of AWS."""
        play = ["-i", str(INVENTORY), str(ENVIRONMENT)]
        tool = "playbooks/aws.yml"
        self._cloud.empty()
        done = self._playbook("environment converge", tool, play)
        made = done.made
        self._proof("environment converge", done, made)
        self._report.results["environment_resources"] = made
        again = self._playbook("environment no change", tool, play)
        self._proof("environment no change", again, made)
        expect(again.changed == 0, f"the environment's second run changed {again.changed} things")
        expect(again.counts["writes"] == 0, f"the environment's second run wrote: {again.counts['calls']}")
        with self._cloud.slow():
            case = "environment no change, 40 ms a call"
            self._proof(case, self._playbook(case, tool, play), made)

    def _play(self, side: str) -> list[str]:
        return ["-i", "localhost,", "-c", "local", "-e", f"@{self._variables}", str(PLAYBOOKS / f"{side}.yml")]

    def _playbook(self, case: str, tool: str, play: list[str]) -> Done:
        """Runs it, and notes what it took."""
        self._cloud.recount()
        environment = {
            **os.environ,
            **self._cloud.environment,
            "ANSIBLE_CONFIG": str(CHECKOUT / "ansible.cfg"),
            "ANSIBLE_PYTHON_INTERPRETER": sys.executable,
            "ANSIBLE_STDOUT_CALLBACK": "ansible.posix.json",
            "ANSIBLE_LOCALHOST_WARNING": "false",
        }
        program = Path(sys.executable).with_name("ansible-playbook")
        with measured(emulator=self._cloud.process) as cost:
            ended = subprocess.run(
                [program, *play], cwd=CHECKOUT, env=environment, capture_output=True, text=True, check=False
            )
        expect(ended.returncode == 0, f"{case}: {(ended.stdout + ended.stderr)[-3000:]}")
        # The project's own callbacks may say something behind it.
        told, _ = json.JSONDecoder().raw_decode(ended.stdout[ended.stdout.index("{\n") :])
        done = Done(sum(one["changed"] for one in told["stats"].values()), made_by(told), self._cloud.counts())
        self._note(case, tool, cost, done, self._items)
        return done

    def _proof(self, case: str, done: Done, items: int) -> None:
        self._report.results.setdefault("calls", {})[case] = {**done.facts(items), **done.counts["calls"]}
        self._report.write()

    def _note(self, case: str, tool: str, cost: Cost, done: Done, items: int) -> None:
        self._report.measured(case, tool, cost.seconds, done.facts(items), **cost.numbers())
        say(f"{case}: {cost.seconds:.1f} s, {cost.client:.1f} CPU s, {cost.peak_bytes >> 20} MiB, {done.facts(items)}")

    def _ratios(self) -> None:
        for step in ("converge", "no change"):
            stock, ours = (self._report.median(f"{side} {step}") for side in ("stock", "ours"))
            name = f"stock_to_ours_{step.replace(' ', '_')}"
            self._report.ratio(name, stock, ours)
            # Says the same on a machine that does other things meanwhile.
            cpu = (self._report.median(f"{side} {step}", "client_cpu_seconds") for side in ("stock", "ours"))
            self._report.ratio(f"{name}_cpu", *cpu)
        self._report.write()


def wanted(queues: int, secrets: int) -> dict[str, Any]:
    """The variables of both playbooks."""
    return {
        "region": REGION,
        "account": ACCOUNT,
        "common_tags": {"environment": "bench", "owner": "platform"},
        "queues": [
            {
                "name": f"bench-{number:03}",
                "visibility_timeout": 120,
                "message_retention_period": 345600,
                "dead_letter": {"max_receive_count": 5},
                "alarms": {"dlq_depth": 1},
            }
            for number in range(queues)
        ],
        "secrets": [{"name": f"bench/{number:03}", "value": f"value of {number}"} for number in range(secrets)],
    }


def state(cloud: Emulator) -> dict[str, Any]:
    """What both sides must come to, as boto3 reads it. RedriveAllowPolicy is left out: no stock module sets it."""
    queues, alarms, secrets = (client(cloud.endpoint, name) for name in ("sqs", "cloudwatch", "secretsmanager"))
    urls = [url for page in queues.get_paginator("list_queues").paginate() for url in page.get("QueueUrls", ())]
    names = ("VisibilityTimeout", "MessageRetentionPeriod", "RedrivePolicy")
    pages = alarms.get_paginator("describe_alarms").paginate()
    fields = ("MetricName", "Statistic", "Threshold", "ComparisonOperator", "Period", "TreatMissingData", "Dimensions")
    listed = [one["Name"] for page in secrets.get_paginator("list_secrets").paginate() for one in page["SecretList"]]
    return {
        **{url.rpartition("/")[2]: _queue(queues, url, names) for url in urls},
        **{
            alarm["AlarmName"]: {field: alarm.get(field) for field in fields}
            for page in pages
            for alarm in page["MetricAlarms"]
        },
        **{name: secrets.get_secret_value(SecretId=name)["SecretString"] for name in listed},
    }


def _queue(queues: Any, url: str, names: tuple[str, ...]) -> dict[str, Any]:
    has = queues.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    policy = json.loads(has.get("RedrivePolicy", "{}"))
    # As text with one module, as a number with the other; SQS takes both.
    return {name: has.get(name) for name in names[:2]} | {key: str(value) for key, value in policy.items()}


def difference(ours: dict[str, Any], stock: dict[str, Any]) -> dict[str, Any]:
    """The first three things that differ."""
    names = [name for name in ours.keys() | stock.keys() if ours.get(name) != stock.get(name)]
    return {name: {"ours": ours.get(name), "stock": stock.get(name)} for name in sorted(names)[:3]}


def made_by(told: dict[str, Any]) -> int:
    """How many things a run created, from the results of its tasks."""
    results = [result for play in told["plays"] for task in play["tasks"] for result in task["hosts"].values()]
    each = [one for result in results for one in (result.get("results") or [result])]
    return sum(
        sum(action.startswith("create ") for action in one["actions"]) if "actions" in one else bool(one.get("changed"))
        for one in each
    )


def expect(holds: bool, otherwise: str) -> None:
    """Ends the benchmark: its numbers would be of something else."""
    if not holds:
        raise SystemExit(otherwise)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench NAME=aws")
    parser.add_argument("--cases", default=",".join(CASES), help="which, of %(default)s")
    parser.add_argument("--queues", type=int, default=40, help="each with dead-letter queue and alarm (%(default)s)")
    parser.add_argument("--secrets", type=int, default=30, help="(%(default)s)")
    parser.add_argument("--runs", type=int, default=RUNS, help="of the paired case (%(default)s)")
    parser.add_argument("--anew", action="store_true", help="forget what was measured before")
    options = parser.parse_args()
    options.cases = options.cases.split(",")
    if unknown := set(options.cases) - set(CASES):
        parser.error(f"no case {', '.join(sorted(unknown))}; there are {', '.join(CASES)}")
    return options


def main() -> None:
    options = _options()
    report = Report("aws", asked={"queues": options.queues, "secrets": options.secrets}, anew=options.anew)
    with emulator() as cloud:
        bench = Bench(report, cloud, options.queues, options.secrets)
        if "items" in options.cases:
            for run in range(report.runs("stock no change"), options.runs):
                say(f"items: run {run + 1} of {options.runs}")
                bench.items(run)
        if "latency" in options.cases and not report.runs("ours no change, 40 ms a call"):
            bench.latency()
        if "many" in options.cases and not report.runs(f"{MANY[-1]} queues no change"):
            bench.many()
        if "environment" in options.cases and not report.runs("environment no change, 40 ms a call"):
            if ENVIRONMENT.exists():
                bench.environment()
            else:
                say("environment: there is no playbooks/aws.yml yet")
    print(table(report.as_dict()))


if __name__ == "__main__":
    main()
