"""The emulator's SQS, as AWS's documentation has it."""

from __future__ import annotations

from tests.support.aws_behaviour import walk
from tests.support.aws_behaviour.sqs import BEHAVIOUR


def test_the_emulator_does_what_the_documentation_of_sqs_says(aws):
    walk(BEHAVIOUR, aws.apart())
