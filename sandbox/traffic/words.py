"""What customers saw and an audit found, in words for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from .audit import Account, Audit, Gap

FINDINGS = 20


def account_words(account: Account) -> str:
    """`12,345 commits, 199/s, longest gap 31 ms, no errors`"""
    return (
        f"{account.acknowledged:,} commits, {account.rate:.0f}/s, longest gap {account.gap.ms:.0f} ms, "
        f"{errors_words(account.errors)}"
    )


def errors_words(errors: Mapping[int, int]) -> str:
    return ", ".join(f"{count} x error {code}" for code, count in sorted(errors.items())) or "no errors"


def gap_words(gap: Gap) -> str:
    """When it was, and from which server to which."""
    if not gap.ms:
        return "none"
    at = datetime.fromtimestamp(gap.began).astimezone().strftime("%H:%M:%S.%f")[:-3]
    moved = (
        f", from server {gap.servers[0]} to {gap.servers[1]}" if len(set(gap.servers)) > 1 and all(gap.servers) else ""
    )
    return f"{gap.ms:.0f} ms at {at}{moved}"


def audit_lines(audit: Audit) -> Iterator[tuple[str, str]]:
    """Topics with what there is to say of them: the verdict, the gap, each client, the first findings."""
    account = audit.account
    found = f"{audit.lost} lost, {audit.doubled} doubled, {audit.inconsistent} inconsistent"
    unanswered = f"{audit.present_unknown} of {account.unknown} unanswered ones are there"
    yield "audit", f"{account.acknowledged:,} acknowledged commits: {found}; {unanswered}"
    yield "gap", f"{gap_words(account.gap)}; {account.retried} operations retried, {errors_words(account.errors)}"
    for client in account.clients:
        seen = f"longest pause {gap_words(client.gap)}, {client.retried} retried, {errors_words(client.errors)}"
        yield f"client {client.number}", f"{client.acknowledged:,} commits, {seen}"
    for finding in audit.findings[:FINDINGS]:
        yield finding.kind, finding.sentence
    more = len(audit.findings) - FINDINGS
    if more > 0:
        yield "more", f"{more} further findings"
