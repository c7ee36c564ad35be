"""
Makes the roles of the JSON array on standard input ({name, policies, document, exists}: managed policies, one of its
own, and whether there is such a role), which anyone of the account may take, and prints an object of temporary
credentials by role name.
"""
import json
import sys

import boto3

iam, sts = boto3.client('iam'), boto3.client('sts')
account = sts.get_caller_identity()['Account']
trust = json.dumps({'Version': '2012-10-17', 'Statement': [
    {'Effect': 'Allow', 'Principal': {'AWS': account}, 'Action': 'sts:AssumeRole'}]})
credentials = {}
for role in json.load(sys.stdin):
    name = role['name']
    if role.get('exists'):
        before = iam.get_role(RoleName=name)['Role']['AssumeRolePolicyDocument']
        iam.update_assume_role_policy(RoleName=name, PolicyDocument=trust)
    else:
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)
    for policy in role['policies']:
        iam.attach_role_policy(RoleName=name, PolicyArn=policy)
    if role.get('document'):
        iam.put_role_policy(RoleName=name, PolicyName='Own', PolicyDocument=json.dumps(role['document']))
    taken = sts.assume_role(RoleArn=f'arn:aws:iam::{account}:role/{name}', RoleSessionName='conformance')
    credentials[name] = {key: str(value) for key, value in taken['Credentials'].items()}
    if role.get('exists'):
        iam.update_assume_role_policy(RoleName=name, PolicyDocument=json.dumps(before))
print(json.dumps(credentials))
