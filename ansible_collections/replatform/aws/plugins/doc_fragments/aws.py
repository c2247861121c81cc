# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations


class ModuleDocFragment:
    """How a module reaches AWS: AWS_OPTIONS of module_utils/aws/session.py."""

    DOCUMENTATION = r"""
options:
  endpoint_url:
    description:
      - URL that is called in place of the service's own, such as an emulator's or a VPC endpoint's.
      - Without it, boto3 also reads E(AWS_ENDPOINT_URL), E(AWS_ENDPOINT_URL_SECRETS_MANAGER) and the like.
    type: str
    aliases: [aws_endpoint_url]
  region:
    description:
      - The AWS region, such as V(eu-west-1).
      - Without it E(AWS_REGION), then E(AWS_DEFAULT_REGION), then the profile's region is taken.
    type: str
    aliases: [aws_region]
  access_key:
    description:
      - Access key id; give it together with O(secret_key).
      - Without it boto3 looks where it always does, in E(AWS_ACCESS_KEY_ID), the profile and the machine's or pod's
        role. Prefer those, as nothing has to be kept secret then.
    type: str
    aliases: [aws_access_key_id]
  secret_key:
    description: Secret access key of O(access_key); without both, boto3 reads E(AWS_SECRET_ACCESS_KEY).
    type: str
    aliases: [aws_secret_access_key]
  session_token:
    description: Session token of temporary credentials; without O(access_key), boto3 reads E(AWS_SESSION_TOKEN).
    type: str
    aliases: [aws_session_token]
  profile:
    description: Profile of the AWS configuration files; without it boto3 reads E(AWS_PROFILE).
    type: str
    aliases: [aws_profile]
requirements:
  - boto3 >= 1.40
notes:
  - A call that is throttled or meets a passing fault is sent up to 6 times, with growing pauses.
"""
