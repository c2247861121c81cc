# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A network as the user describes it, as the parts that it is made of; no client, no clock."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ...errors import ReplatformError
from .. import tags
from . import blocks, rules
from .network import OWNER, TIERS, short_service

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from ipaddress import IPv4Network

    from ...resource import State

ROUTE_OPTIONS: dict[str, dict[str, Any]] = {
    "cidr": {"type": "str", "required": True},
    "target": {"type": "str", "required": True},
}
TIER_OPTIONS: dict[str, dict[str, Any]] = {
    "cidrs": {"type": "list", "elements": "str"},
    "internet": {"type": "str", "choices": ["gateway", "nat", "none"]},
    "public_ips": {"type": "bool", "default": False},
    "routes": {"type": "list", "elements": "dict", "default": [], "options": ROUTE_OPTIONS},
    "tags": {"type": "dict"},
}


def _rule_options(direction: str) -> dict[str, dict[str, Any]]:
    return {
        "protocol": {"type": "str", "choices": list(rules.PROTOCOLS), "default": "tcp"},
        "ports": {"type": "list", "elements": "str"},
        direction: {"type": "list", "elements": "str", "required": True},
        "description": {"type": "str"},
    }


GROUP_OPTIONS: dict[str, dict[str, Any]] = {
    "name": {"type": "str", "required": True},
    "description": {"type": "str"},
    "ingress": {"type": "list", "elements": "dict", "options": _rule_options("from")},
    "egress": {"type": "list", "elements": "dict", "options": _rule_options("to")},
    **tags.ITEM_TAGS_OPTIONS,
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
}
FLOW_LOG_OPTIONS: dict[str, dict[str, Any]] = {
    "destination": {"type": "str", "required": True},
    "role_arn": {"type": "str"},
    "traffic": {"type": "str", "choices": ["all", "accept", "reject"], "default": "all"},
    "interval_seconds": {"type": "int", "choices": [60, 600], "default": 600},
}
NETWORK_OPTIONS: dict[str, dict[str, Any]] = {
    "name": {"type": "str", "required": True},
    "cidr": {"type": "str"},
    "zones": {"type": "list", "elements": "str"},
    "dns_support": {"type": "bool", "default": True},
    "dns_hostnames": {"type": "bool", "default": True},
    "subnets": {"type": "dict", "options": {tier: {"type": "dict", "options": TIER_OPTIONS} for tier in TIERS}},
    "nat": {"type": "str", "choices": ["none", "one", "per_zone"], "default": "one"},
    "cluster": {"type": "str"},
    "gateway_endpoints": {"type": "list", "elements": "str", "choices": ["s3", "dynamodb"]},
    "interface_endpoints": {"type": "list", "elements": "str"},
    "security_groups": {"type": "list", "elements": "dict", "options": GROUP_OPTIONS},
    "flow_logs": {"type": "dict", "options": FLOW_LOG_OPTIONS},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
}
REQUIRED_IF = [("state", "present", ["cidr", "zones", "subnets"])]

INTERNET = {"public": "gateway", "private": "nat", "database": "none"}
"""How a tier reaches the internet when nothing is said."""
CLUSTER_TAGS = {
    "public": {"kubernetes.io/role/elb": "1"},
    "private": {"kubernetes.io/role/internal-elb": "1", "karpenter.sh/discovery": "{cluster}"},
}
"""Tags that the load balancer controller and Karpenter look for (EKS user guide, "Network requirements")."""
EVERYWHERE = "0.0.0.0/0"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")
TARGETS = ("igw-", "vgw-", "nat-", "tgw-", "pcx-", "eni-", "(")
"""What a route may lead to; a text in parentheses stands in check mode for what is not there yet."""
ENDPOINTS_GROUP = "endpoints"
GATEWAY_SERVICES = ("s3", "dynamodb")


@dataclass(frozen=True)
class Parts:
    """What a described network consists of: for each kind the wanted states, every reference by name."""

    vpc: State
    internet_gateways: list[State] = field(default_factory=list)
    subnets: list[State] = field(default_factory=list)
    nat_gateways: list[State] = field(default_factory=list)
    elastic_ips: list[State] = field(default_factory=list)
    route_tables: list[State] = field(default_factory=list)
    security_groups: list[State] = field(default_factory=list)
    security_group_rules: list[State] = field(default_factory=list)
    interface_endpoints: list[State] | None = None
    """None: not asked about."""
    gateway_endpoints: list[State] | None = None
    flow_logs: list[State] | None = None


def parts(options: Mapping[str, Any], region: str) -> Parts:
    """The parts of the network that `options` (Module.given) describe.

    Raises: ReplatformError with the path of what is wrong, before anything was looked up.
    """
    return _Describer(options, region).parts()


class _Describer:
    def __init__(self, options: Mapping[str, Any], region: str) -> None:
        self._options = options
        self._region = region
        self._name = str(options["name"])
        self._zones = [str(zone) for zone in options["zones"]]
        self._tiers = {tier: options["subnets"][tier] for tier in TIERS if options["subnets"].get(tier) is not None}
        self._internet = {tier: one.get("internet") or INTERNET[tier] for tier, one in self._tiers.items()}
        self._cidrs: dict[str, list[str]] = {}
        """Blocks by tier, known when the subnets are."""
        self._nat_zones = {"none": [], "one": self._zones[:1], "per_zone": self._zones}[options["nat"]]

    def parts(self) -> Parts:
        self._refuse()
        options = self._options
        public = "gateway" in self._internet.values()
        subnets = self._subnets()
        nats = [self._full(f"nat-{zone}") for zone in self._nat_zones]
        groups = self._groups()
        vpc = self._part(
            self._name,
            cidr=str(blocks.block(options["cidr"], "cidr")),
            dns_support=options["dns_support"],
            dns_hostnames=options["dns_hostnames"],
        )
        return Parts(
            vpc=vpc,
            internet_gateways=[self._part(self._name, vpc=self._name)] if public else [],
            subnets=subnets,
            elastic_ips=[self._part(nat) for nat in nats],
            nat_gateways=[
                self._part(nat, subnet=self._full(f"public-{zone}"), elastic_ip=nat)
                for nat, zone in zip(nats, self._nat_zones, strict=True)
            ],
            route_tables=self._route_tables(),
            security_groups=[self._group(one) for one in groups],
            security_group_rules=[self._rules(one) for one in groups]
            + [{"name": "default", "ingress": {}, "egress": {}}],
            interface_endpoints=self._interface_endpoints(),
            gateway_endpoints=self._gateway_endpoints(),
            flow_logs=self._flow_logs(),
        )

    def _full(self, short: str) -> str:
        return f"{self._name}-{short}"

    def _part(self, name: str, given: Mapping[str, Any] | None = None, **attributes: Any) -> State:
        """A wanted state; `given` are the item's own options, whose tags stand before the module's."""
        own = {
            key: value for key, value in (given or {}).items() if key in ("tags", "purge_tags") and value is not None
        }
        (item,) = tags.beside([own], self._options)
        purge = item["purge_tags"] if "tags" in item else False
        wanted = {**(item.get("tags") or {}), "Name": name, OWNER: self._name}
        return {"name": name, **attributes, "tags": wanted, "purge_tags": purge}

    def _refuse(self) -> None:
        if not NAME.fullmatch(self._name):
            raise _invalid("name", self._name, "use up to 100 letters, digits, ., _ and -")
        if not self._zones:
            raise _invalid("zones", "[]", f"name at least one, such as {self._region}a")
        for zone in self._zones:
            if not zone.startswith(self._region):
                raise _invalid("zones", zone, f"it is not in {self._region}")
            if self._zones.count(zone) > 1:
                raise _invalid("zones", zone, "it stands there more than once")
        if not self._tiers:
            raise _invalid("subnets", "{}", f"describe at least one of {', '.join(TIERS)}")
        self._refuse_ways_out()
        self._refuse_dns()

    def _refuse_ways_out(self) -> None:
        if self._nat_zones and "public" not in self._tiers:
            raise _invalid("nat", self._options["nat"], "NAT gateways need public subnets; describe them, or say none")
        if self._nat_zones and self._internet["public"] != "gateway":
            raise _invalid("subnets.public.internet", self._internet["public"], "the NAT gateways need the gateway")
        for tier, way in self._internet.items():
            if way == "nat" and not self._nat_zones and self._tiers[tier].get("internet"):
                raise _invalid(f"subnets.{tier}.internet", "nat", "there is no NAT gateway, as nat is none")

    def _refuse_dns(self) -> None:
        if self._options["dns_hostnames"] and not self._options["dns_support"]:
            raise _invalid("dns_support", "false", "dns_hostnames needs it")
        if self._options.get("interface_endpoints") and not self._options["dns_hostnames"]:
            raise _invalid("dns_hostnames", "false", "the private names of interface_endpoints need it")

    def _subnets(self) -> list[State]:
        vpc = blocks.block(self._options["cidr"], "cidr")
        cidrs: dict[str, IPv4Network] = {}
        for tier, options in self._tiers.items():
            of_tier = self._blocks(vpc, tier, options)
            self._cidrs[tier] = [str(one) for one in of_tier]
            cidrs |= {self._full(f"{tier}-{zone}"): one for zone, one in zip(self._zones, of_tier, strict=True)}
        blocks.refuse_outside_and_overlaps(vpc, cidrs)
        return [
            self._part(
                name,
                {"tags": self._tier_tags(tier, options)} if self._tier_tags(tier, options) else None,
                cidr=str(cidrs[name]),
                zone=zone,
                public_ips=bool(options.get("public_ips")),
            )
            for tier, options in self._tiers.items()
            for zone in self._zones
            for name in [self._full(f"{tier}-{zone}")]
        ]

    def _blocks(self, vpc: IPv4Network, tier: str, options: Mapping[str, Any]) -> list[IPv4Network]:
        given = options.get("cidrs")
        if given is None:
            return blocks.derived(vpc, tier, len(self._zones))
        if len(given) != len(self._zones):
            path = f"subnets.{tier}.cidrs"
            raise _invalid(path, ", ".join(given), f"there must be one for each of the {len(self._zones)} zones")
        return [blocks.block(one, f"subnets.{tier}.cidrs[{number}]") for number, one in enumerate(given)]

    def _tier_tags(self, tier: str, options: Mapping[str, Any]) -> dict[str, Any]:
        cluster = self._options.get("cluster")
        for_cluster = CLUSTER_TAGS.get(tier, {}) if cluster else {}
        return {
            **{key: value.replace("{cluster}", str(cluster)) for key, value in for_cluster.items()},
            **(options.get("tags") or {}),
        }

    def _route_tables(self) -> list[State]:
        found = []
        for tier, options in self._tiers.items():
            for zone in [None] if tier == "public" else self._zones:
                name = self._full(f"{tier}-{zone}" if zone else tier)
                subnets = [self._full(f"{tier}-{one}") for one in ([zone] if zone else self._zones)]
                found.append(self._part(name, routes=self._routes(tier, zone, options), subnets=sorted(subnets)))
        return found

    def _routes(self, tier: str, zone: str | None, options: Mapping[str, Any]) -> dict[str, str]:
        found = {}
        if self._internet[tier] == "gateway":
            found[EVERYWHERE] = f"internet gateway {self._name}"
        elif self._internet[tier] == "nat" and self._nat_zones:
            near = zone if zone in self._nat_zones else self._nat_zones[0]
            found[EVERYWHERE] = f"nat gateway {self._full(f'nat-{near}')}"
        for number, route in enumerate(options.get("routes") or ()):
            path = f"subnets.{tier}.routes[{number}]"
            cidr = rules.block_text(route["cidr"], f"{path}.cidr")
            if cidr in found:
                raise _invalid(f"{path}.cidr", cidr, "there is a route for it already")
            if not route["target"].startswith(TARGETS):
                known = ", ".join(TARGETS[:-1])
                raise _invalid(f"{path}.target", route["target"], f"give an id that begins with {known}")
            found[cidr] = route["target"]
        return found

    def _groups(self) -> list[Mapping[str, Any]]:
        groups = list(self._options.get("security_groups") or ())
        names = [str(one["name"]) for one in groups]
        for name in names:
            if not NAME.fullmatch(name) or name == "default" or rules.is_outside(name):
                raise _invalid(
                    "security_groups[].name", name, "use letters, digits, ., _ and -, not default, sg-... or pl-..."
                )
            if names.count(name) > 1:
                raise _invalid("security_groups", name, "it stands there more than once; keep one item for each name")
        if self._options.get("interface_endpoints") and ENDPOINTS_GROUP not in names:
            https = {"protocol": "tcp", "ports": ["443"], "from": [self._options["cidr"]]}
            groups.append({"name": ENDPOINTS_GROUP, "ingress": [https], "egress": []})
        return groups

    def _group(self, options: Mapping[str, Any]) -> State:
        if options.get("state") == "absent":
            return {"name": self._full(options["name"]), "state": "absent"}
        attributes = {}
        if options.get("description") is not None:
            attributes["description"] = str(options["description"])
            if not rules.DESCRIPTION.fullmatch(attributes["description"]) or not attributes["description"]:
                raise _invalid(
                    f"security_groups[{options['name']}].description",
                    attributes["description"],
                    "use 1 to 255 letters, digits, spaces and ._-:/()#,@",
                )
        return self._part(self._full(options["name"]), options, **attributes)

    def _rules(self, options: Mapping[str, Any]) -> State:
        wanted: State = {"name": self._full(options["name"])}
        if options.get("state") == "absent":
            return {**wanted, "state": "absent"}
        for name, direction in (("ingress", "from"), ("egress", "to")):
            if options.get(name) is not None:
                path = f"security_groups[{options['name']}].{name}"
                wanted[name] = rules.wanted(options[name], direction, path, self._cidrs)
        return wanted

    def _interface_endpoints(self) -> list[State] | None:
        services: Sequence[str] | None = self._options.get("interface_endpoints")
        if services is None:
            return None
        for service in services:
            if services.count(service) > 1:
                raise _invalid("interface_endpoints", service, "it stands there more than once")
            if service in GATEWAY_SERVICES:
                raise _invalid("interface_endpoints", service, "name it in gateway_endpoints, which cost nothing")
        tier = next(one for one in ("private", "database", "public") if one in self._tiers)
        return [
            self._part(
                self._full(short_service(service)),
                service=self._service(service),
                type="Interface",
                subnets=sorted(self._full(f"{tier}-{zone}") for zone in self._zones),
                security_groups=[self._full(ENDPOINTS_GROUP)],
                private_dns=True,
            )
            for service in services
        ]

    def _gateway_endpoints(self) -> list[State] | None:
        services: Sequence[str] | None = self._options.get("gateway_endpoints")
        if services is None:
            return None
        tables = sorted(table["name"] for table in self._route_tables())
        return [
            self._part(self._full(service), service=self._service(service), type="Gateway", route_tables=tables)
            for service in dict.fromkeys(services)
        ]

    def _service(self, short: str) -> str:
        return short if short.startswith("com.") else f"com.amazonaws.{self._region}.{short}"

    def _flow_logs(self) -> list[State] | None:
        """None when nothing is said; an explicit null takes the flow log away."""
        if "flow_logs" not in self._options:
            return None
        options = self._options["flow_logs"]
        if options is None:
            return []
        destination = log_destination(options["destination"])
        to_group = not destination.startswith("arn:")
        if to_group and not options.get("role_arn"):
            raise _invalid("flow_logs.role_arn", "none", "a role is needed that may write to the log group")
        role = {"role_arn": options["role_arn"]} if options.get("role_arn") else {}
        return [
            self._part(
                self._name,
                destination=destination,
                traffic=str(options["traffic"]).upper(),
                interval_seconds=options["interval_seconds"],
                **role,
            )
        ]


def log_destination(text: str) -> str:
    """Where flow logs go, of one form: the ARN of a bucket or stream, or the name of a log group."""
    parts = text.split(":", 6)
    if text.startswith("arn:") and len(parts) > 6 and parts[2] == "logs":
        return parts[6].removesuffix(":*")
    return text


def _invalid(path: str, value: Any, why: str) -> ReplatformError:
    return ReplatformError(f"{path} cannot be {value}: {why}.", code="InvalidOptions", path=path)
