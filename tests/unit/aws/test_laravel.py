"""Jobs of Laravel as they are in a queue, and PHP's serialized values inside of them."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from ansible_collections.replatform.aws.plugins.module_utils import laravel
from ansible_collections.replatform.aws.plugins.module_utils.php_serialized import (
    NotSerialized,
    PhpObject,
    PhpReference,
    loads,
)


@pytest.mark.parametrize(
    ("written", "value"),
    [
        (b"N;", None),
        (b"b:1;", True),
        (b"b:0;", False),
        (b"i:-12;", -12),
        (b"d:0.5;", 0.5),
        (b"d:INF;", float("inf")),
        (b"d:-INF;", float("-inf")),
        (b's:0:"";', ""),
        ('s:6:"a"é;b";'.encode(), 'a"é;b'),
        (b's:2:"\xff\xfe";', "\ufffd\ufffd"),
        (b"a:0:{}", {}),
        (b'a:2:{i:0;s:1:"a";s:1:"k";a:1:{i:7;b:1;}}', {0: "a", "k": {7: True}}),
        (b'E:9:"Suit:Hear";', "Suit:Hear"),
        (b'O:8:"stdClass":0:{}', PhpObject("stdClass", {})),
        (
            b'O:1:"A":3:{s:6:"public";i:1;s:12:"\0*\0protected";i:2;s:10:"\0A\0private";i:3;}',
            PhpObject("A", {"public": 1, "protected": 2, "private": 3}),
        ),
        (b'a:2:{i:0;O:1:"A":0:{}i:1;r:2;}', {0: PhpObject("A", {}), 1: PhpReference(2)}),
        (b'C:11:"ArrayObject":21:{x:i:0;a:0:{};m:a:0:{}}', PhpObject("ArrayObject", {})),
    ],
)
def test_what_php_serializes_is_read_as_data(written, value):
    assert loads(written) == value


@pytest.mark.parametrize(
    "written",
    [
        b"", b"x", b"i:;", b"i:1", b"i:1;i:2;", b's:5:"a";', b's:-1:"a";', b's:1:"ab";', b"a:1:{}", b"a:9999999999:{",
        b"a:1:{a:0:{}i:1;}", b'O:1:"A":1:{s:1:"a";}', b"b:1", b"d:x;", b"X:1;", b"a:1:{i:0;" * 100,
        b's:99999999999:"a";',
    ],
)  # fmt: skip
def test_what_is_none_of_it_is_refused(written):
    with pytest.raises(NotSerialized):
        loads(written)


COMMAND = (
    'O:17:"App\\Jobs\\SendMail":5:{s:7:"address";s:9:"a@b.c.org";s:8:"attempts";i:3;s:5:"order";'
    'O:45:"Illuminate\\Contracts\\Database\\ModelIdentifier":2:{s:5:"class";s:16:"App\\Models\\Order";s:2:"id";i:77;}'
    's:5:"queue";s:4:"mail";s:4:"list";a:2:{i:0;i:1;i:1;i:2;}}'
)


def body(command: str = COMMAND, **more: Any) -> str:
    """As Illuminate\\Queue\\Queue::createObjectPayload writes it."""
    return json.dumps({
        "uuid": "5fea7756-0ea4-451a-a703-a558b933e274",
        "displayName": "App\\Jobs\\SendMail",
        "job": "Illuminate\\Queue\\CallQueuedHandler@call",
        "maxTries": 3,
        "maxExceptions": None,
        "failOnTimeout": False,
        "backoff": None,
        "timeout": 60,
        "retryUntil": None,
        "data": {"commandName": "App\\Jobs\\SendMail", "command": command},
        **more,
    })  # fmt: skip


def test_a_job_is_told_without_what_it_is_about():
    assert laravel.job(body(attempts=2), redact=True) == {
        **laravel.BLANK,
        "uuid": "5fea7756-0ea4-451a-a703-a558b933e274",
        "name": "App\\Jobs\\SendMail",
        "class": "App\\Jobs\\SendMail",
        "max_tries": 3,
        "attempts": 2,
        "timeout_s": 60,
        "properties": {
            "address": "(redacted)",
            "attempts": "(redacted)",
            "order": "App\\Models\\Order (redacted)",
            "list": "(array of 2)",
        },
    }


def test_a_job_is_told_in_full_when_asked_for():
    told = laravel.job(body(), redact=False)
    assert told
    assert told["properties"]["address"] == "a@b.c.org"
    assert told["properties"]["order"] == "App\\Models\\Order 77"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("no json", None),
        ("[1]", None),
        ('{"job": 1}', None),
        ('{"type": "Notification"}', None),
        ('{"@pointer": "laravel:sqs-payloads:1"}', {"stored_elsewhere": True, "name": None}),
        ('{"job": "App\\\\Old@fire", "data": [1]}', {"name": "App\\Old@fire", "properties": {}, "encrypted": False}),
        (body(base64.b64encode(b'{"iv":"a","value":"b","mac":"c","tag":""}').decode()), {"encrypted": True}),
        (body("not serialized"), {"properties": {}, "encrypted": False}),
        (body("i:1;"), {"unreadable": "its command is no object"}),
    ],
)
def test_other_messages_are_what_they_are(text, told):
    found = laravel.job(text, redact=True)
    if told is None:
        assert found is None
    else:
        assert found
        assert found.keys() == laravel.BLANK.keys()
        assert told.items() <= found.items()


def test_an_unreadable_command_says_why():
    told = laravel.job(body('O:1:"A":1:{'), redact=True)
    assert told
    assert told["unreadable"].startswith("its command is not what PHP's serialize() writes: it ends")
