# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One EKS cluster's context in a kubeconfig file, beside the others that the file has."""

from __future__ import annotations

import base64
import copy
import datetime as dt
import hashlib
import os
import stat
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from ...errors import ReplatformError
from ...libraries import StandIn, require
from ...resource import CHANGED, HIDDEN, Outcome
from ..errors import calling, region
from . import api

try:
    import yaml
except ImportError:
    yaml = StandIn("PyYAML")  # type: ignore[assignment]

PREFIX = "k8s-aws-v1."
LIFE = dt.timedelta(minutes=14)
"""EKS takes a token for 15 minutes; the AWS CLI counts on 14."""
URL_SECONDS = 60
"""For how long the URL in a token could be called; the AWS CLI's value. EKS does not go by it."""
CLUSTER_HEADER = "x-k8s-aws-id"
OWN_TLS = ("certificate-authority", "certificate-authority-data", "insecure-skip-tls-verify", "server")

Config = dict[str, Any]


@dataclass
class File:
    """A kubeconfig file as it is."""

    path: str
    real: Path
    config: Config
    mode: int | None
    """None when there is no file."""

    @classmethod
    def read(cls, path: str) -> File:
        require(yaml)
        real = Path(os.path.realpath(path))
        try:
            if not real.exists():
                return cls(path, real, {}, None)
            mode = stat.S_IMODE(real.stat().st_mode)
            config = yaml.safe_load(real.read_text(encoding="utf-8"))
        except OSError as exc:
            raise _unusable(path, f"cannot be read by user id {os.geteuid()} ({exc.strerror})", "Unreadable") from exc
        except (yaml.YAMLError, UnicodeDecodeError) as exc:
            # Not the reason itself: it shows the text around the place, which may be a token.
            raise _unusable(path, "is no YAML", "NoKubeconfig") from exc
        if config is not None and not _is_config(config):
            raise _unusable(
                path, "is no kubeconfig: clusters, contexts and users must be lists of names", "NoKubeconfig"
            )
        return cls(path, real, config or {}, mode)

    def write(self, config: Config, mode: int) -> None:
        """The file has this content and mode; whoever reads it meanwhile sees the old or the new one."""
        text = yaml.safe_dump(config, sort_keys=False, default_flow_style=False, width=2**20)
        try:
            self.real.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor, name = tempfile.mkstemp(prefix=f"{self.real.name}.", dir=self.real.parent)
            partial = Path(name)
            try:
                with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
                    stream.write(text)
                partial.chmod(mode)
                partial.replace(self.real)
            except BaseException:
                partial.unlink(missing_ok=True)
                raise
        except OSError as exc:
            raise _unusable(
                self.path, f"cannot be written by user id {os.geteuid()} ({exc.strerror})", "Unwritable"
            ) from exc


def ensure_kubeconfig(
    eks: Any, sts: Callable[[], Any], options: Mapping[str, Any], *, check: bool, hide: Callable[[str], None]
) -> Outcome:
    """The context made so, or taken away. `sts` makes the client whose credentials a token stands for."""
    file = File.read(options["path"])
    name = options.get("context") or options["cluster_name"]
    if options["state"] == "absent":
        return _outcome(file, name, without(file.config, name), file.mode or 0o600, None, check)
    cluster, warnings = _cluster(eks, options["cluster_name"], check)
    old = _entry(file.config, "users", name)
    expires = None
    if options["auth"] == "token":
        token = make_token(sts(), options["cluster_name"])
        kept = old.get("token", "")
        same_server = _entry(file.config, "clusters", name).get("server") == cluster["server"]
        if kept and same_server and still_good(kept, token, options["seconds_left"]):
            token = kept
        hide(token)
        expires = expiry(token)
        user: Config = {"token": token}
    else:
        user = {"exec": exec_plugin(options, eks.meta.region_name)}
    if old.get("token"):
        hide(str(old["token"]))
    config = merged(file.config, name, cluster, user, options)
    mode = 0o600 if file.mode is None or options["auth"] == "token" else file.mode
    outcome = _outcome(file, name, config, mode, expires, check)
    outcome.warnings += warnings
    return outcome


def merged(config: Config, name: str, cluster: Config, user: Config, options: Mapping[str, Any]) -> Config:
    """`config` with the context `name`; what else is in the file, also in its own context, stays."""
    new = {"apiVersion": "v1", "kind": "Config", **copy.deepcopy(config)}
    kept = {key: value for key, value in _entry(config, "clusters", name).items() if key not in OWN_TLS}
    _set(new, "clusters", name, {**cluster, **kept})
    context = {**_entry(config, "contexts", name), "cluster": name, "user": name}
    if options.get("namespace"):
        context["namespace"] = options["namespace"]
    _set(new, "contexts", name, context)
    _set(new, "users", name, user)
    if options.get("set_current") or not new.get("current-context"):
        new["current-context"] = name
    return new


def without(config: Config, name: str) -> Config:
    """`config` without the context `name`, its cluster and its user."""
    new = copy.deepcopy(config)
    for kind in KINDS:
        if kind in new:
            new[kind] = [one for one in new[kind] or () if one["name"] != name]
    if new.get("current-context") == name:
        new["current-context"] = ""
    return new


def exec_plugin(options: Mapping[str, Any], where: str) -> Config:
    """What kubectl runs to get a token: the AWS CLI, with whatever credentials it finds then."""
    arguments = ["--region", where, "eks", "get-token", "--cluster-name", options["cluster_name"], "--output", "json"]
    if options.get("role_arn"):
        arguments += ["--role-arn", options["role_arn"]]
    plugin: Config = {
        "apiVersion": "client.authentication.k8s.io/v1beta1",
        "command": "aws",
        "args": arguments,
        "interactiveMode": "Never",
    }
    if options.get("profile"):
        plugin["env"] = [{"name": "AWS_PROFILE", "value": options["profile"]}]
    return plugin


def make_token(sts: Any, cluster: str) -> str:
    """A token for the cluster: a signed call of GetCallerIdentity, which EKS sends to see who it is. Sends nothing."""

    def name_cluster(request: Any, **_more: Any) -> None:
        request.headers[CLUSTER_HEADER] = cluster

    event = "before-sign.sts.GetCallerIdentity"
    with calling(f"sign a token for EKS cluster {cluster} {region(sts)}"):
        sts.meta.events.register(event, name_cluster)
        try:
            url = sts.generate_presigned_url("get_caller_identity", ExpiresIn=URL_SECONDS, HttpMethod="GET")
        finally:
            sts.meta.events.unregister(event, name_cluster)
    return PREFIX + base64.urlsafe_b64encode(url.encode()).decode().rstrip("=")


def expiry(token: str) -> dt.datetime | None:
    """When EKS no longer takes the token; None when it is none of EKS's."""
    signed = _query(token).get("X-Amz-Date", [""])[0]
    try:
        return dt.datetime.strptime(signed, "%Y%m%dT%H%M%SZ").replace(tzinfo=dt.UTC) + LIFE
    except ValueError:
        return None


def still_good(kept: str, new: str, seconds_left: int) -> bool:
    """Whether the kept token is the same identity's as the new one and holds for so many seconds more."""
    ends, now = expiry(kept), expiry(new)
    if ends is None or now is None or _signer(kept) != _signer(new):
        return False
    return ends - (now - LIFE) > dt.timedelta(seconds=seconds_left)


KINDS = {"clusters": "cluster", "contexts": "context", "users": "user"}


def _query(token: str) -> dict[str, list[str]]:
    encoded = token.removeprefix(PREFIX)
    try:
        url = base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)).decode()
    except ValueError:
        return {}
    return parse_qs(urlsplit(url).query)


def _signer(token: str) -> tuple[str, str]:
    """Access key and session of a token, where a temporary access key has both."""
    query = _query(token)
    key = query.get("X-Amz-Credential", [""])[0].partition("/")[0]
    return key, query.get("X-Amz-Security-Token", [""])[0]


def _cluster(client: Any, name: str, check: bool) -> tuple[Config, list[str]]:
    found = api.cluster(client, name)
    if found and found.get("endpoint"):
        return {"server": found["endpoint"], "certificate-authority-data": found["certificateAuthority"]["data"]}, []
    if check:
        missing = f"EKS cluster {name} has no endpoint yet; what is said of its kubeconfig has placeholders."
        return {"server": f"(endpoint of {name})", "certificate-authority-data": f"(authority of {name})"}, [missing]
    why = f"is {found['status']} and has no endpoint yet" if found else f"does not exist {region(client)}"
    raise ReplatformError(
        f"EKS cluster {name} {why}, so that no kubeconfig can lead to it; make it with replatform.aws.eks_cluster and"
        " wait for it, or correct cluster_name and region.",
        code="NoCluster",
    )


def _entry(config: Config, kind: str, name: str) -> Config:
    found: Config = next((one for one in config.get(kind) or () if one["name"] == name), {})
    return dict(found.get(KINDS[kind]) or {})


def _set(config: Config, kind: str, name: str, value: Config) -> None:
    entries = list(config.get(kind) or ())
    new = {"name": name, KINDS[kind]: value}
    places = [number for number, one in enumerate(entries) if one["name"] == name]
    if places:
        entries[places[0]] = new
    else:
        entries.append(new)
    config[kind] = entries


def _is_config(config: Any) -> bool:
    return isinstance(config, dict) and all(_has_names(config.get(kind) or []) for kind in KINDS)


def _has_names(entries: Any) -> bool:
    return isinstance(entries, list) and all(
        isinstance(one, dict) and isinstance(one.get("name"), str) for one in entries
    )


def _unusable(path: str, why: str, code: str) -> ReplatformError:
    return ReplatformError(f"{path} {why}; correct the path or the file, or become its user.", code=code)


def _outcome(file: File, name: str, config: Config, mode: int, expires: dt.datetime | None, check: bool) -> Outcome:
    what = f"context {name} in {file.path}"
    before, after = _shown(file.config, name, file.mode), _shown(config, name, mode)
    differ = [key for key in {**before, **after} if before.get(key) != after.get(key)]
    changed = config != file.config or (file.mode is not None and mode != file.mode)
    if changed and not check:
        file.write(config, mode)
    gone = not _entry(config, "contexts", name)
    verb = "remove" if gone else "update" if _entry(file.config, "contexts", name) else "add"
    seen = _hidden(before, after)
    return Outcome(
        changed=changed,
        result={
            # Not "path": Ansible adds what it knows of the file to a result that has one.
            "kubeconfig": file.path,
            "context": None if gone else name,
            "server": after.get("server"),
            "token_expires": expires.isoformat() if expires else None,
        },
        before={what: {key: seen[0][key] for key in differ if key in before}} if changed and verb != "add" else {},
        after={what: {key: seen[1][key] for key in differ if key in after}} if changed and not gone else {},
        actions=[f"{verb} {what}"] if changed else [],
    )


def _shown(config: Config, name: str, mode: int | None) -> Config:
    """What a person would check of the context, on one level."""
    if not _entry(config, "contexts", name):
        return {}
    cluster, user = _entry(config, "clusters", name), _entry(config, "users", name)
    return {
        "server": cluster.get("server"),
        "certificate-authority-data": _fingerprint(cluster.get("certificate-authority-data")),
        "namespace": _entry(config, "contexts", name).get("namespace"),
        "user": user,
        "current": config.get("current-context") == name,
        "mode": f"{mode:04o}" if mode is not None else None,
    }


def _fingerprint(data: Any) -> str | None:
    """Long data so that a person can compare it."""
    return f"sha256:{hashlib.sha256(str(data).encode()).hexdigest()[:16]}" if data else None


def _hidden(before: Config, after: Config) -> tuple[Config, Config]:
    """Both with every login but an exec plugin hidden: a user may have a token, a password or a key."""
    return (
        {key: _login(value, HIDDEN) if key == "user" else value for key, value in before.items()},
        {key: _login(value, CHANGED) if key == "user" else value for key, value in after.items()},
    )


def _login(user: Config, instead: str) -> Config:
    return {key: value if key == "exec" else instead for key, value in user.items()}
