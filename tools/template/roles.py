"""What each function may do in AWS: write its own log, read its own parameter, and nothing else.

A role names its log group and its parameter by their own names, so it holds for a stack of any name.
"""

from __future__ import annotations

from tools.template.document import APP, Release, Template, functions_of


def give_roles(document: Template, release: Release) -> Template:
    """A role for each function."""
    made = {}
    for name, resource in functions_of(document).items():
        made[f"{resource}Role"] = _role(resource, f"parameter/{APP}/{release.stage}/{name}")
        made[resource] = {"Properties": {"Role": {"Fn::GetAtt": [f"{resource}Role", "Arn"]}}}
    return {"Resources": made}


def _role(resource: str, parameter: str) -> Template:
    own = {"Fn::Sub": f"arn:${{AWS::Partition}}:ssm:${{AWS::Region}}:${{AWS::AccountId}}:{parameter}"}
    statements = [
        {
            "Sid": "WriteOwnLog",
            "Effect": "Allow",
            "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
            "Resource": {"Fn::GetAtt": [f"{resource}LogGroup", "Arn"]},
        },
        {"Sid": "ReadOwnConfiguration", "Effect": "Allow", "Action": "ssm:GetParameter", "Resource": own},
        {
            "Sid": "DecryptOwnConfiguration",
            "Effect": "Allow",
            "Action": "kms:Decrypt",
            # Whatever key encrypts the parameter: what it decrypts is decided by the condition.
            "Resource": "*",
            "Condition": {"StringEquals": {"kms:EncryptionContext:PARAMETER_ARN": own}},
        },
    ]
    assume = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    return {
        "Type": "AWS::IAM::Role",
        "Properties": {
            "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [assume]},
            "Policies": [{"PolicyName": "Own", "PolicyDocument": {"Version": "2012-10-17", "Statement": statements}}],
        },
    }
