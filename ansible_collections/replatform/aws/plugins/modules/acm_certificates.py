# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: acm_certificates
short_description: Request a set of certificates from AWS Certificate Manager and prove their domains
version_added: 0.1.0
description:
  - Has a certificate for every domain of the list, requested with DNS validation, all in one call and waited for once.
    Certificates not named are left alone; imported and private ones are never looked at.
  - Writes the records that prove the domains into the hosted zone in Route 53 (O(zone)) and has them there again when
    somebody took them away, since a certificate is renewed as long as they are there.
  - A certificate that failed, expired or timed out counts as none. A new one is requested in its place.
author: Replatform contributors (@replatform)
extends_documentation_fragment:
  - replatform.aws.attributes
  - replatform.aws.aws
  - replatform.aws.tags
  - replatform.aws.wait
options:
  certificates:
    description: The certificates; every domain once.
    type: list
    elements: dict
    required: true
    suboptions:
      domain:
        description:
          - The certificate's first name, such as V(shop.example) or V(*.shop.example). ASCII, up to 64 characters.
        type: str
        required: true
      subject_alternative_names:
        description:
          - Its other names, 9 by AWS's default quota. Cannot be changed afterwards; see O(certificates[].replace).
          - A wildcard stands for one level, and not for the domain itself.
        type: list
        elements: str
      key_algorithm:
        description:
          - Algorithm of the key pair, V(RSA_2048) for a new certificate. CloudFront and load balancers take all three.
            Cannot be changed afterwards; see O(certificates[].replace).
        type: str
        choices: [RSA_2048, EC_prime256v1, EC_secp384r1]
      transparency_logging:
        description:
          - Whether the certificate is written to the public transparency logs, as a new one is. Browsers distrust one
            that is not. A change counts for the next renewal.
        type: bool
      zone:
        description: As O(zone), for this certificate.
        type: str
      replace:
        description:
          - Whether other names or another key than those of the certificate that is there lead to a new certificate.
            The old one stays beside it, for what still uses it.
        type: bool
        default: false
      tags:
        description: Tags, up to 50. Values become text.
        type: dict
      purge_tags:
        description: As O(purge_tags), for this certificate.
        type: bool
      state:
        description:
          - V(present) makes the certificate so. V(absent) deletes all that ACM has issued for the domain in this
            region, and their records in O(zone) but those that another certificate of this region needs.
        type: str
        choices: [present, absent]
        default: present
  zone:
    description:
      - Name of the public hosted zone in Route 53 that holds all names of a certificate, such as V(shop.example).
      - Without it nothing is written there. RV(certificates[].validation_records) says what to write where the domain's
        DNS is, before O(wait_timeout) ends or the module runs again.
    type: str
seealso:
  - name: DNS validation
    description: How ACM finds out that a domain is yours.
    link: https://docs.aws.amazon.com/acm/latest/userguide/dns-validation.html
  - name: Quotas of ACM
    description: Certificates and names.
    link: https://docs.aws.amazon.com/acm/latest/userguide/acm-limits.html
notes:
  - Needs C(acm:ListCertificates), C(DescribeCertificate), C(ListTagsForCertificate), C(RequestCertificate),
    C(AddTagsToCertificate), C(RemoveTagsFromCertificate), C(UpdateCertificateOptions) and C(DeleteCertificate), and
    C(route53:ListHostedZonesByName), C(ListResourceRecordSets) and C(ChangeResourceRecordSets) on the zone.
  - A certificate for CloudFront is one of the region V(us-east-1).
  - Issuing takes some minutes once the records can be seen from the internet. ACM gives up after 72 hours.
  - The record of a domain is the same for all its certificates in all regions of the account. Leave out O(zone) with
    O(certificates[].state=absent) when another region has one for it.
  - In check mode a zone that is not there is taken for one that will be.
"""

EXAMPLES = r"""
- name: Have the zone that the records are written into
  amazon.aws.route53_zone:
    zone: shop.example

- name: Have the certificate of the shop's load balancer
  replatform.aws.acm_certificates:
    zone: shop.example
    certificates:
      - domain: shop.example
        subject_alternative_names: ["*.shop.example"]
    tags:
      app: shop
  register: shop

- name: Ask for one whose DNS is elsewhere, without waiting
  replatform.aws.acm_certificates:
    certificates:
      - domain: shop.example.org
        key_algorithm: EC_prime256v1
    wait: false
  register: other

- name: Show what to write there
  ansible.builtin.debug:
    var: other.certificates[0].validation_records

- name: Take both away
  replatform.aws.acm_certificates:
    certificates:
      - {domain: shop.example, zone: shop.example, state: absent}
      - {domain: shop.example.org, state: absent}
"""

RETURN = r"""
certificates:
  description: One entry for each certificate, in the order given; in check mode as it would be.
  returned: always
  type: list
  elements: dict
  contains:
    domain:
      description: The certificate's first name.
      returned: always
      type: str
      sample: shop.example
    arn:
      description: ARN; null where the certificate is not there (yet).
      returned: always
      type: str
      sample: arn:aws:acm:eu-central-1:123456789012:certificate/12345678-1234-1234-1234-123456789012
    subject_alternative_names:
      description: Its other names.
      returned: always
      type: list
      elements: str
    key_algorithm:
      description: Algorithm of the key pair.
      returned: always
      type: str
      sample: RSA_2048
    transparency_logging:
      description: Whether it is written to transparency logs.
      returned: always
      type: bool
    status:
      description: State of the certificate, C(PENDING_VALIDATION) or C(ISSUED).
      returned: always
      type: str
      sample: ISSUED
    validation_records:
      description: Records that prove its domains, each with RV(ignore:name), RV(ignore:type) and RV(ignore:value).
      returned: always
      type: list
      elements: dict
      sample: [{name: _ab12.shop.example, type: CNAME, value: _cd34.acm-validations.aws}]
    missing_records:
      description: Names of those that O(zone) lacks.
      returned: always
      type: list
      elements: str
    unvalidated:
      description: Names that are not proven yet, each with the record that it needs.
      returned: always
      type: list
      elements: str
      sample: ["shop.example: needs the record _ab12.shop.example CNAME _cd34.acm-validations.aws"]
    not_after:
      description: When it ends; null before it is issued.
      returned: always
      type: str
      sample: "2027-12-01T23:59:59+00:00"
    renewal_eligibility:
      description: Whether ACM will renew it, C(ELIGIBLE) while a service uses it, else C(INELIGIBLE).
      returned: always
      type: str
    in_use_by:
      description: ARNs of what uses it.
      returned: always
      type: list
      elements: str
    failure_reason:
      description: Why ACM did not issue it; null otherwise.
      returned: always
      type: str
    tags:
      description: Tags; empty when they were not looked at.
      returned: always
      type: dict
      sample: {app: shop}
    changed:
      description: Whether this certificate was changed.
      returned: always
      type: bool
    action:
      description: What was done, C(create), C(update), C(delete) or C(none).
      returned: always
      type: str
    failed:
      description: True when this certificate failed.
      returned: on failure of this certificate
      type: bool
    error:
      description: Why it failed, with RV(ignore:message), RV(ignore:code) and RV(ignore:request_id).
      returned: on failure of this certificate
      type: dict
actions:
  description: One line for each certificate written (in check mode, that would be written).
  returned: always
  type: list
  elements: str
  sample: ["create certificate shop.example"]
"""

from ..module_utils.aws.acm.certificates import ensure_all
from ..module_utils.aws.acm.transform import CERTIFICATE_OPTIONS
from ..module_utils.aws.tags import TAGS_OPTIONS
from ..module_utils.module import Module

OPTIONS = {
    **TAGS_OPTIONS,
    "certificates": {"type": "list", "elements": "dict", "required": True, "options": CERTIFICATE_OPTIONS},
    "zone": {"type": "str"},
}


def main() -> None:
    Module(OPTIONS).run(lambda m: ensure_all(m.client("acm"), lambda: m.client("route53"), m.given, m.params, m.mode))


if __name__ == "__main__":
    main()
