# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Node groups as the user writes them and as the service answers, made comparable; no client, no clock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...errors import ReplatformError
from ...resource import State
from .. import tags
from .cluster_transform import VERSION, minor, refuse_no_arn
from .updates import issues

UPDATE_CONFIG = {
    "max_unavailable": "maxUnavailable",
    "max_unavailable_percentage": "maxUnavailablePercentage",
    "strategy": "updateStrategy",
}
NODE_REPAIR = {
    "enabled": "enabled",
    "max_unhealthy_count": "maxUnhealthyNodeThresholdCount",
    "max_unhealthy_percentage": "maxUnhealthyNodeThresholdPercentage",
    "max_parallel_count": "maxParallelNodesRepairedCount",
    "max_parallel_percentage": "maxParallelNodesRepairedPercentage",
}
PAIRS = (
    ("max_unavailable", "max_unavailable_percentage"),
    ("max_unhealthy_count", "max_unhealthy_percentage"),
    ("max_parallel_count", "max_parallel_percentage"),
)
"""A number of nodes or a percentage; EKS takes one of each pair, and giving one takes the other away."""

BLANK: State = {
    "name": None,
    "arn": None,
    "status": None,
    "version": None,
    "release_version": None,
    "ami_type": None,
    "capacity_type": None,
    "instance_types": [],
    "disk_size": None,
    "node_role": None,
    "subnet_ids": [],
    "min_size": None,
    "max_size": None,
    "desired_size": None,
    "labels": {},
    "taints": [],
    "update_config": {},
    "node_repair": {"enabled": False},
    "launch_template_id": None,
    "launch_template_name": None,
    "launch_template_version": None,
    "autoscaling_groups": [],
    "health_issues": [],
    "created": None,
    "tags": {},
}

TAINT_OPTIONS: dict[str, dict[str, Any]] = {
    # Names of taints, which are no secrets.
    "key": {"type": "str", "required": True, "no_log": False},
    "value": {"type": "str", "default": ""},
    "effect": {"type": "str", "required": True, "choices": ["NO_SCHEDULE", "NO_EXECUTE", "PREFER_NO_SCHEDULE"]},
}
NODEGROUP_OPTIONS: dict[str, dict[str, Any]] = {
    "name": {"type": "str", "required": True},
    "node_role": {"type": "str"},
    "subnet_ids": {"type": "list", "elements": "str"},
    "ami_type": {"type": "str"},
    "instance_types": {"type": "list", "elements": "str"},
    "capacity_type": {"type": "str", "choices": ["ON_DEMAND", "SPOT", "CAPACITY_BLOCK"]},
    "disk_size": {"type": "int"},
    "min_size": {"type": "int"},
    "max_size": {"type": "int"},
    "desired_size": {"type": "int"},
    "enforce_desired_size": {"type": "bool", "default": False},
    "labels": {"type": "dict"},
    "taints": {"type": "list", "elements": "dict", "options": TAINT_OPTIONS},
    "update_config": {
        "type": "dict",
        "options": {
            "max_unavailable": {"type": "int"},
            "max_unavailable_percentage": {"type": "int"},
            "strategy": {"type": "str", "choices": ["DEFAULT", "MINIMAL"]},
        },
        "mutually_exclusive": [PAIRS[0]],
    },
    "node_repair": {
        "type": "dict",
        "options": {
            "enabled": {"type": "bool"},
            "max_unhealthy_count": {"type": "int"},
            "max_unhealthy_percentage": {"type": "int"},
            "max_parallel_count": {"type": "int"},
            "max_parallel_percentage": {"type": "int"},
        },
        "mutually_exclusive": list(PAIRS[1:]),
    },
    "launch_template": {
        "type": "dict",
        "options": {"id": {"type": "str"}, "name": {"type": "str"}, "version": {"type": "str"}},
        "mutually_exclusive": [("id", "name")],
        "required_one_of": [("id", "name")],
    },
    "version": {"type": "str"},
    "release_version": {"type": "str"},
    "force_update": {"type": "bool", "default": False},
    **tags.ITEM_TAGS_OPTIONS,
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
}

PLAIN = ("node_role", "ami_type", "capacity_type", "disk_size", "version", "release_version")
IMMUTABLE = frozenset(
    {"node_role", "subnet_ids", "ami_type", "instance_types", "capacity_type", "disk_size", "launch_template_id",
     "launch_template_name"}
)  # fmt: skip
UPGRADES = ("version", "release_version", "launch_template_version")
CONFIG = ("labels", "taints", "min_size", "max_size", "desired_size", "update_config", "node_repair")


def state_from_api(group: Mapping[str, Any]) -> State:
    """What ensure() compares and the module returns, from DescribeNodegroup."""
    scaling = group.get("scalingConfig") or {}
    template = group.get("launchTemplate") or {}
    return {
        "name": group["nodegroupName"],
        "arn": group.get("nodegroupArn"),
        "status": group.get("status"),
        "version": group.get("version"),
        "release_version": group.get("releaseVersion"),
        "ami_type": group.get("amiType"),
        "capacity_type": group.get("capacityType"),
        "instance_types": list(group.get("instanceTypes") or ()),
        "disk_size": group.get("diskSize"),
        "node_role": group.get("nodeRole"),
        "subnet_ids": sorted(group.get("subnets") or ()),
        "min_size": scaling.get("minSize"),
        "max_size": scaling.get("maxSize"),
        "desired_size": scaling.get("desiredSize"),
        "labels": dict(group.get("labels") or {}),
        "taints": _taints(group.get("taints") or ()),
        "update_config": _renamed(group.get("updateConfig"), UPDATE_CONFIG),
        "node_repair": {"enabled": False, **_renamed(group.get("nodeRepairConfig"), NODE_REPAIR)},
        "launch_template_id": template.get("id"),
        "launch_template_name": template.get("name"),
        "launch_template_version": template.get("version"),
        "autoscaling_groups": [
            one["name"] for one in (group.get("resources") or {}).get("autoScalingGroups") or () if one.get("name")
        ],
        "health_issues": issues((group.get("health") or {}).get("issues") or ()),
        "created": group["createdAt"].isoformat() if group.get("createdAt") else None,
        "tags": tags.own(group.get("tags")),
    }


def desired(options: Mapping[str, Any], current: State | None) -> State:
    """The attributes that `options` asks for, next to what there is.

    Raises: ReplatformError for what EKS would refuse.
    """
    given = {name: value for name, value in options.items() if value is not None}
    _refuse_invalid(given)
    wanted: State = {"name": given["name"]}
    wanted |= {name: given[name] for name in PLAIN if name in given}
    if "subnet_ids" in given:
        wanted["subnet_ids"] = sorted(set(given["subnet_ids"]))
    if "instance_types" in given:
        # Not sorted: EKS takes On-Demand types in the order given (User Guide, "Managed node group capacity types").
        wanted["instance_types"] = list(given["instance_types"])
    if "labels" in given:
        wanted["labels"] = {str(name): tags.text(value) for name, value in given["labels"].items()}
    if "taints" in given:
        wanted["taints"] = _taints(given["taints"])
    for name, parameters in (("update_config", UPDATE_CONFIG), ("node_repair", NODE_REPAIR)):
        if name in given:
            wanted[name] = _merged((current or BLANK)[name], given[name], parameters)
    for name, value in (given.get("launch_template") or {}).items():
        if value is not None:
            wanted[f"launch_template_{name}"] = value
    if "tags" in options:
        wanted["tags"] = tags.wanted(options, current["tags"] if current else None)
    if current is None:
        _refuse_incomplete(given)
        if "update_config" in wanted and not set(PAIRS[0]) & wanted["update_config"].keys():
            # EKS takes no strategy without one of the two; 1 is its default.
            wanted["update_config"]["max_unavailable"] = 1
        return {**wanted, **_scaling_at_creation(given)}
    _refuse_downgrade(wanted, current)
    return {**wanted, **_scaling(given, current)}


def _refuse_invalid(given: Mapping[str, Any]) -> None:
    name = given["name"]
    refuse_no_arn(f"node group {name}", given)
    template = given.get("launch_template")
    problem = None
    if "version" in given and not VERSION.fullmatch(given["version"]):
        problem = f'version is {given["version"]}; write a Kubernetes version in quotes, such as "1.35"'
    elif template and template.get("version") and not template["version"].isdecimal():
        problem = (
            f"launch_template.version is {template['version']}; give its number, as EKS keeps $Latest and $Default as"
            " the number that they meant at the time"
        )
    elif template and "disk_size" in given:
        problem = "disk_size stands beside launch_template; say it in the launch template, as EKS refuses both"
    elif given.get("min_size", 0) > given.get("max_size", given.get("min_size", 0)):
        problem = f"min_size {given['min_size']} is larger than max_size {given['max_size']}"
    elif given.get("max_size") == 0:
        problem = "max_size is 0; EKS takes 1 or more, and min_size 0 for a group that may be empty"
    elif "desired_size" in given and not (
        given.get("min_size", 0) <= given["desired_size"] <= given.get("max_size", given["desired_size"])
    ):
        problem = f"desired_size {given['desired_size']} is not from min_size to max_size"
    elif twice := _taints_twice(given.get("taints") or ()):
        problem = f"taints has {twice} more than once; keep one of each key and effect"
    if problem:
        raise ReplatformError(f"Node group {name} cannot be made so: {problem}.", code="InvalidOptions")


def _refuse_incomplete(given: Mapping[str, Any]) -> None:
    lacking = [name for name in ("node_role", "subnet_ids") if not given.get(name)]
    if ("min_size" in given) != ("max_size" in given):
        lacking.append("max_size" if "min_size" in given else "min_size")
    if lacking:
        raise ReplatformError(
            f"Node group {given['name']} does not exist and cannot be created without {' and '.join(lacking)}; give"
            " them.",
            code="InvalidOptions",
        )


def _refuse_downgrade(wanted: State, current: State) -> None:
    if "version" in wanted and current["version"] and minor(wanted["version"]) < minor(current["version"]):
        raise ReplatformError(
            f"Node group {wanted['name']} has version {current['version']} and EKS takes none back to"
            f" {wanted['version']}; give {current['version']}, or create a group of another name.",
            code="Downgrade",
        )


def _scaling_at_creation(given: Mapping[str, Any]) -> State:
    if "max_size" not in given:
        return {}
    desired_size = given.get("desired_size", given["min_size"])
    return {"min_size": given["min_size"], "max_size": given["max_size"], "desired_size": desired_size}


def _scaling(given: Mapping[str, Any], current: State) -> State:
    """Sizes asked for; the number of nodes belongs to the autoscaler, as long as it is inside of the limits."""
    found = {name: given[name] for name in ("min_size", "max_size") if name in given}
    if given.get("enforce_desired_size") and "desired_size" in given:
        return {**found, "desired_size": given["desired_size"]}
    has = current["desired_size"]
    if has is not None:
        least = found.get("min_size", current["min_size"])
        most = found.get("max_size", current["max_size"])
        inside = max(has if least is None else least, min(has if most is None else most, has))
        if inside != has:
            found["desired_size"] = inside
    return found


def _taints(listed: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    found = [{"key": one["key"], "value": one.get("value") or "", "effect": one["effect"]} for one in listed]
    return sorted(found, key=_taint)


def _taint(one: Mapping[str, Any]) -> tuple[str, str]:
    return (one["key"], one["effect"])


def _taints_twice(listed: Sequence[Mapping[str, Any]]) -> str | None:
    keys = [_taint(one) for one in listed]
    return next((f"{key} with {effect}" for key, effect in keys if keys.count((key, effect)) > 1), None)


def _renamed(config: Mapping[str, Any] | None, parameters: Mapping[str, str]) -> dict[str, Any]:
    found = config or {}
    return {name: found[there] for name, there in parameters.items() if found.get(there) is not None}


def _merged(current: Mapping[str, Any], given: Mapping[str, Any], parameters: Mapping[str, str]) -> dict[str, Any]:
    new = {name: value for name, value in given.items() if value is not None}
    other = {two: one for pair in PAIRS for one, two in (pair, pair[::-1])}
    kept = {name: value for name, value in current.items() if name in parameters and other.get(name) not in new}
    return {**kept, **new}


def fields_of_creation(wanted: State) -> dict[str, Any]:
    """Parameters of CreateNodegroup but the names."""
    plain = {
        "nodeRole": "node_role", "subnets": "subnet_ids", "amiType": "ami_type", "instanceTypes": "instance_types",
        "capacityType": "capacity_type", "diskSize": "disk_size", "version": "version",
        "releaseVersion": "release_version", "labels": "labels", "tags": "tags",
    }  # fmt: skip
    fields = {there: wanted[name] for there, name in plain.items() if wanted.get(name)}
    if wanted.get("taints"):
        fields["taints"] = [_sent_taint(one) for one in wanted["taints"]]
    if "max_size" in wanted:
        fields["scalingConfig"] = _sizes(wanted)
    if template := launch_template(wanted):
        fields["launchTemplate"] = template
    return {**fields, **_configs(wanted)}


def config_fields(current: State, changes: State) -> dict[str, Any]:
    """Parameters of the one UpdateNodegroupConfig that `changes` take; empty when they take none."""
    fields = _configs(changes)
    if any(name in changes for name in ("min_size", "max_size", "desired_size")):
        # All three, so that the call says the same whatever EKS has for those that are left out.
        fields["scalingConfig"] = _sizes({**current, **changes})
    if "labels" in changes:
        new, gone = tags.difference(current["labels"], changes["labels"])
        fields["labels"] = _filled({"addOrUpdateLabels": new, "removeLabels": list(gone)})
    if "taints" in changes:
        has = {_taint(one): one for one in current["taints"]}
        wanted = {_taint(one): one for one in changes["taints"]}
        new_taints = [_sent_taint(one) for key, one in wanted.items() if has.get(key) != one]
        gone_taints = [_sent_taint(one) for key, one in has.items() if key not in wanted]
        fields["taints"] = _filled({"addOrUpdateTaints": new_taints, "removeTaints": gone_taints})
    return fields


def upgrade_fields(current: State, changes: State, force: bool) -> dict[str, Any]:
    """Parameters of the one UpdateNodegroupVersion that `changes` take; empty when they take none."""
    if not any(name in changes for name in UPGRADES):
        return {}
    parameters = {"version": "version", "releaseVersion": "release_version"}
    fields: dict[str, Any] = {there: changes[name] for there, name in parameters.items() if name in changes}
    if "launch_template_version" in changes:
        fields["launchTemplate"] = {
            "id": current["launch_template_id"],
            "version": changes["launch_template_version"],
        }
    if force:
        fields["force"] = True
    return fields


def launch_template(state: Mapping[str, Any]) -> dict[str, str]:
    """A launchTemplate parameter: by its id where it is known, as EKS takes no name beside it."""
    by = "id" if state.get("launch_template_id") else "name"
    found = {by: state.get(f"launch_template_{by}"), "version": state.get("launch_template_version")}
    return {name: value for name, value in found.items() if value} if found[by] else {}


def _configs(state: Mapping[str, Any]) -> dict[str, Any]:
    kinds = (("update_config", "updateConfig", UPDATE_CONFIG), ("node_repair", "nodeRepairConfig", NODE_REPAIR))
    return {
        parameter: {there: state[name][here] for here, there in parameters.items() if here in state[name]}
        for name, parameter, parameters in kinds
        if state.get(name)
    }


def _sizes(state: Mapping[str, Any]) -> dict[str, int]:
    parameters = {"minSize": "min_size", "maxSize": "max_size", "desiredSize": "desired_size"}
    return {there: state[name] for there, name in parameters.items() if state.get(name) is not None}


def _sent_taint(taint: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in taint.items() if value or name != "value"}


def _filled(payload: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in payload.items() if value}
