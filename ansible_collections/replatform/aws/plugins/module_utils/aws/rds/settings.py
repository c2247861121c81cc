# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What there is in RDS, however it was made, as the options that would make it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ...diff import lines
from ...errors import ReplatformError
from ...parallel import each
from ...resource import Mode, Outcome, State
from . import api, transform
from .parameters import DEFAULT

MARK = "# Written by replatform.aws.rds_settings_info"
COMMENT = "from {what}, and again as long as this line stays."


def of_cluster(client: Any, name: str) -> dict[str, Any]:
    """The options of rds_cluster that find nothing to do on this cluster."""
    raw = api.cluster(client, name)
    if raw is None:
        raise _absent("cluster", name, client)
    if raw.get("Engine") != api.ENGINE:
        raise ReplatformError(
            f"Cluster {name} runs {raw.get('Engine')}; rds_cluster makes {api.ENGINE} only.", code="OtherEngine"
        )
    state = transform.cluster_from_api(raw)
    members = sorted(api.instances(client, [name]).values(), key=lambda one: str(one["DBInstanceIdentifier"]))
    instances = [_instance(one) for one in members]
    groups = dict.fromkeys(one["parameter_group"] for one in instances if one.get("parameter_group"))
    endpoints = [one for _name, one in sorted(api.endpoints(client, name).items())]
    found: State = {
        "name": name,
        **{option: state[option] for option in transform.CLUSTER if option != "manage_master_user_password"},
        "manage_master_user_password": state["manage_master_user_password"] or None,
        "subnet_group": _subnet_group(client, state["subnet_group"]),
        "parameter_group": _group(client, api.CLUSTER, state["parameter_group"]),
        "instance_parameter_groups": [
            _group(client, api.INSTANCE, group) for group in groups if not group.startswith(DEFAULT)
        ],
        "security_group_ids": state["security_group_ids"],
        "log_exports": state["log_exports"],
        "serverless_v2": _filled(state["serverless_v2"] or {}) or None,
        "instances": instances,
        "endpoints": [_endpoint(one) for one in endpoints],
        "tags": state["tags"] if _all_tagged(client, state, members, endpoints, groups) else None,
    }
    if not state["performance_insights"]:
        found |= {"performance_insights_kms_key_id": None, "performance_insights_retention_period": None}
    return {"clusters": [_filled(found)]}


def of_instance(client: Any, name: str) -> dict[str, Any]:
    """Those of its cluster; of one without a cluster, the options of rds_parameter_groups."""
    raw = api.instance(client, name)
    if raw is None:
        raise _absent("instance", name, client)
    if raw.get("DBClusterIdentifier"):
        return of_cluster(client, str(raw["DBClusterIdentifier"]))
    groups = [one["DBParameterGroupName"] for one in raw.get("DBParameterGroups") or ()]
    return {"groups": [_item(client, api.INSTANCE, group) for group in groups]}


def of_group(client: Any, name: str, kind: str) -> dict[str, Any]:
    """The options of rds_parameter_groups: only values that somebody has set, the others are the engine's defaults."""
    of = api.CLUSTER if kind == api.CLUSTER.kind else api.INSTANCE
    if api.parameter_group(client, of, name) is None:
        raise _absent(of.word, name, client)
    return {"groups": [_item(client, of, name)]}


def info(client: Any, params: Mapping[str, Any], mode: Mode) -> Outcome:
    """`variables` of what `params` names, also in the file at its `path`."""
    if params.get("cluster"):
        what, variables = f"cluster {params['cluster']}", of_cluster(client, params["cluster"].lower())
    elif params.get("instance"):
        what, variables = f"instance {params['instance']}", of_instance(client, params["instance"].lower())
        if "clusters" in variables:
            what = f"cluster {variables['clusters'][0]['name']}"
    else:
        name, kind = params["parameter_group"].lower(), params["kind"]
        what, variables = f"{kind} parameter group {name}", of_group(client, name, kind)
    outcome = Outcome(result={"variables": variables})
    if params.get("path"):
        _write(Path(params["path"]), document(variables, what, params["prefix"]), mode, outcome)
    return outcome


def document(variables: Mapping[str, Any], what: str, prefix: str) -> str:
    """The variables as a file of an inventory."""
    named = {f"{prefix}{name}": value for name, value in variables.items()}
    return "\n".join(["---", f"{MARK} {COMMENT.format(what=what)}", *lines(named)]) + "\n"


def _write(path: Path, text: str, mode: Mode, outcome: Outcome) -> None:
    try:
        has = path.read_text(encoding="utf-8") if path.exists() else None
        if has is not None and not any(line.startswith(MARK) for line in has.splitlines()[:2]):
            raise ReplatformError(
                f"{path} is there and was not written by this module; give another path, or take the file away.",
                code="NotOurs",
            )
        if has == text:
            return
        outcome.changed = True
        outcome.before, outcome.after = {str(path): _content(has)}, {str(path): _content(text)}
        outcome.actions = [f"write {path}"]
        if not mode.check:
            path.write_text(text, encoding="utf-8")
    except (OSError, UnicodeDecodeError) as exc:
        reason = exc.strerror if isinstance(exc, OSError) else "it is no text"
        raise ReplatformError(
            f"{path} cannot be written ({reason}); give a path in a folder that is there and may be written to.",
            code="Unwritable",
        ) from exc


def _content(text: str | None) -> list[str]:
    return (text or "").splitlines()


def _instance(raw: Mapping[str, Any]) -> State:
    state = transform.instance_from_api(raw)
    found = {option: state[option] for option in transform.INSTANCE if option != "cluster"}
    if not state["monitoring_interval"]:
        found["monitoring_role_arn"] = None
    return _filled({"name": state["name"], **found})


def _endpoint(raw: Mapping[str, Any]) -> State:
    state = transform.endpoint_from_api(raw)
    return _filled(
        {
            "name": state["name"],
            "type": state["type"],
            "static_members": state["static_members"] or None,
            "excluded_members": state["excluded_members"] or None,
        }
    )


def _all_tagged(
    client: Any,
    cluster: State,
    members: Iterable[api.Raw],
    endpoints: Iterable[api.Raw],
    groups: Iterable[str],
) -> bool:
    """Whether all that belongs to the cluster has its tags and no others, as rds_cluster would make it."""
    if any(transform.instance_from_api(one)["tags"] != cluster["tags"] for one in members):
        return False
    subnets = api.subnet_group(client, cluster["subnet_group"])
    arns = [one["DBClusterEndpointArn"] for one in endpoints]
    arns += [subnets["DBSubnetGroupArn"]] if subnets else []
    named = [(api.CLUSTER, cluster["parameter_group"]), *((api.INSTANCE, group) for group in groups)]
    for kind, group in named:
        raw = None if group.startswith(DEFAULT) else api.parameter_group(client, kind, group)
        arns += [raw[kind.arn]] if raw else []
    return all(has == cluster["tags"] for has in each(lambda arn: api.tags(client, arn), arns))


def _subnet_group(client: Any, name: str) -> State:
    raw = api.subnet_group(client, name)
    if raw is None:
        return {"name": name}
    state = transform.subnet_group_from_api(raw)
    return {"name": name, "description": state["description"], "subnet_ids": state["subnet_ids"]}


def _group(client: Any, kind: api.GroupKind, name: str) -> State:
    raw = None if name.startswith(DEFAULT) else api.parameter_group(client, kind, name)
    if raw is None:
        return {"name": name}
    listed = api.parameters(client, kind, name, "user")
    return {
        "name": name,
        "family": raw["DBParameterGroupFamily"],
        "description": raw["Description"],
        "parameters": {one["ParameterName"]: one.get("ParameterValue") or "" for one in listed},
    }


def _item(client: Any, kind: api.GroupKind, name: str) -> State:
    return {**_group(client, kind, name), "kind": kind.kind}


def _filled(state: Mapping[str, Any]) -> State:
    return {name: value for name, value in state.items() if value is not None}


def _absent(what: str, name: str, client: Any) -> ReplatformError:
    return ReplatformError(
        f"There is no {what} {name} in {client.meta.region_name}; correct the name or the region.", code="NotFound"
    )
