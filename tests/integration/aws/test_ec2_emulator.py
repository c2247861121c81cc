"""The emulator's networks do what EC2's documentation says."""

from __future__ import annotations

from tests.support.aws_behaviour import walk
from tests.support.aws_behaviour.ec2 import BEHAVIOUR


def test_networks_behave_as_documented(aws):
    walk(BEHAVIOUR, aws.apart())
