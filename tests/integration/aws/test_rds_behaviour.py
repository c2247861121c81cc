"""The emulator's RDS against what AWS documents of it."""

from __future__ import annotations

from tests.support.aws_behaviour import walk
from tests.support.aws_behaviour.rds import BEHAVIOUR


def test_rds_is_as_documented(aws):
    walk(BEHAVIOUR, aws.apart())


def test_parameters_come_in_pages_and_subnet_groups_want_two_zones(aws):
    make = aws.apart()
    ec2, rds = make("ec2"), make("rds")
    pages = list(
        rds.get_paginator("describe_engine_default_cluster_parameters").paginate(
            DBParameterGroupFamily="aurora-mysql8.0", PaginationConfig={"PageSize": 20}
        )
    )
    names = [one["ParameterName"] for page in pages for one in page["EngineDefaults"]["Parameters"]]
    assert len(pages) > 3
    assert len(names) == len(set(names)) > 60
    vpc = ec2.create_vpc(CidrBlock="10.7.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.7.{number}.0/24", AvailabilityZone=f"eu-central-1{zone}")["Subnet"]
        for number, zone in enumerate("abb")
    ]
    a, b, other_b = (subnet["SubnetId"] for subnet in subnets)
    code = None
    try:
        rds.create_db_subnet_group(DBSubnetGroupName="g", DBSubnetGroupDescription="d", SubnetIds=[b, other_b])
    except rds.exceptions.DBSubnetGroupDoesNotCoverEnoughAZs as error:
        code = error.response["Error"]["Code"]
    assert code == "DBSubnetGroupDoesNotCoverEnoughAZs"
    rds.create_db_subnet_group(DBSubnetGroupName="g", DBSubnetGroupDescription="d", SubnetIds=[a, b])
    rds.modify_db_subnet_group(DBSubnetGroupName="g", SubnetIds=[a, other_b])
    (group,) = rds.describe_db_subnet_groups(DBSubnetGroupName="g")["DBSubnetGroups"]
    assert {one["SubnetIdentifier"] for one in group["Subnets"]} == {a, other_b}
